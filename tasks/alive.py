"""Alive: whether a process of this machine still runs. Imports nothing heavy."""

import os
from pathlib import Path


def alive(pid: int) -> bool:
    """Whether it runs, whoever owns it; one that ended and that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not Path("/proc/self/stat").exists()
