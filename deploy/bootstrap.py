"""Make the work pool, its queues and the automations on the server at PREFECT_API_URL: `python deploy/bootstrap.py [TYPE/BLOCK]`."""

import asyncio
import sys

from flows.deployed.bootstrap import bootstrap
from schemas.errors import BabelmillError

try:
    print("\n".join(asyncio.run(bootstrap(*sys.argv[1:2]))))
except BabelmillError as error:
    sys.exit(f"{type(error).__name__}: {error}")
