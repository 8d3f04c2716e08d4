"""`make hub`: the Hub of the tests by hand, at this machine's loopback; it forgets all when it ends."""

import argparse
import json
import secrets
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.hub.server import Hub

FIELDS = ("id", "author", "downloads", "likes", "tags", "description")


def seeds(path: Path) -> dict[str, dict[str, Any]]:
    """Records by name, from a file `{"datasets": [{"id", "author", "created_at", "last_modified", "downloads", "likes", "tags", ...}]}`."""
    return {each["id"]: _record(each) for each in json.loads(path.read_text("utf-8"))["datasets"]}


def _record(each: dict[str, Any]) -> dict[str, Any]:
    told = {key: each[key] for key in FIELDS if key in each}
    dates = {"createdAt": each["created_at"], "lastModified": each["last_modified"]}
    return {**told, **{key: datetime.fromisoformat(date).strftime("%Y-%m-%dT%H:%M:%S.000Z") for key, date in dates.items()}}


def main(arguments: list[str]) -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m tests.hub", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="of loopback; default: a free one")
    parser.add_argument("--records", type=Path, help="JSON file of datasets to list")
    options = parser.parse_args(arguments)
    token = f"hf_{secrets.token_hex(12)}"
    with Hub(options.port) as hub:
        hub.writers[token] = ("owner", "team")
        if options.records:
            hub.records |= seeds(options.records)
        print(f"# {len(hub.records)} datasets; Ctrl-C ends it. In another terminal:")
        print(f"export HF_ENDPOINT={hub.url} HF_TOKEN={token}  # the user `owner`, who may write for `team` too", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main(sys.argv[1:])
