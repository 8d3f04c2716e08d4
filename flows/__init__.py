"""Flows: what a person or a schedule runs, as sentences made of tasks."""

import os

# Milliseconds after which the memory that Arrow has freed goes back to the system (Arrow's allocator reads this when it is loaded).
# By its own choice it keeps that of threads which have ended: a build of a million rows then peaks at 550-590 MB and not at 480-500.
os.environ.setdefault("MIMALLOC_PURGE_DELAY", "10")
