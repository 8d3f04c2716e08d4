"""Where secrets come to lie: `python -m tests.bench.prefect_canary [--json FILE]` gives a server distinctive ones and looks everywhere.

Secrets: HF_TOKEN of the worker, the server's password, the path of a notification webhook, the value of a Secret block. Runs: a build, a
build whose source the Hub refuses, a census, a publication to the loopback Hub. Looked at: every file of the server and the worker
(logs, database), of the warehouse, what the API tells a signed-in caller, and the arguments of all processes. It ends with 1 if a secret
stands anywhere but in the environment of a process.
"""

import argparse
import base64
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import psutil
import yaml

from tests.bench.prefect_server import Server, bootstrapped, end
from tests.hub.server import Hub

SECRETS = {
    "HF_TOKEN": "hf_CanaryTokenOfTheHub01",
    "password": "CanaryPasswordOfTheServer02",
    "webhook": "CanaryPathOfTheWebhook03",
    "Secret block": "CanaryValueOfTheBlock04",
}
TOLD = ("flow_runs", "task_runs", "logs", "artifacts", "events", "block_documents", "automations", "deployments", "variables", "work_pools")


def forms(secret: str) -> list[bytes]:
    """A secret as it stands, and as a basic sign-in carries it, which depends on where it begins."""
    plain = secret.encode()
    return [plain, *(base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3))]


def among(texts: Iterable[tuple[str, bytes]], secrets: Mapping[str, str]) -> dict[str, list[str]]:
    """By secret, the places where it stands."""
    wanted = {name: forms(secret) for name, secret in secrets.items()}
    found: dict[str, list[str]] = {name: [] for name in secrets}
    for place, text in texts:
        for name, each in wanted.items():
            found[name] += [place] if any(form in text for form in each) else []
    return found


def files(folder: Path) -> Iterable[tuple[str, bytes]]:
    return ((str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file())


def processes() -> Iterable[tuple[str, bytes]]:
    """Arguments of processes, which every user of a machine can read."""
    for process in psutil.process_iter():
        try:
            yield f"arguments of {process.name()}", "\0".join(process.cmdline()).encode()
        except psutil.Error:
            continue


def answers(server: Server) -> Iterable[tuple[str, bytes]]:
    """What the API tells a signed-in caller who does not ask for secrets."""
    for kind in TOLD:
        yield f"POST /{kind}/filter", json.dumps(server.ask("POST", f"/{kind}/filter", {})).encode()
    for path in ("/admin/settings", "/work_pools/babelmill"):
        yield f"GET {path}", json.dumps(server.ask("GET", path)).encode()
    yield "POST /work_pools/babelmill/workers/filter", json.dumps(server.ask("POST", "/work_pools/babelmill/workers/filter", {})).encode()


def keep_secret(server: Server, value: str) -> None:
    """A Secret block as people make it in the UI."""
    kind = server.ask("GET", "/block_types/slug/secret")["id"]
    [schema, *_] = server.ask("POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [kind]}}})
    body = {"name": "canary", "data": {"value": value}, "block_type_id": kind, "block_schema_id": schema["id"]}
    server.ask("POST", "/block_documents/", body)


def refused(folder: Path) -> str:
    """A recipe whose source the Hub does not have."""
    values = {"name": "refused", "title": "Refused", "language": "eng", "fields": ["text"]}
    values |= {"source": {"format": "hub", "repo": "owner/none"}, "translate": {"engine": "echo", "into": ["fin"]}}
    path = folder / "refused.yaml"
    path.write_text(yaml.safe_dump(values), "utf-8")
    return str(path)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.prefect_canary", description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, Hub() as hub:
        folder = Path(name)
        hub.writers[SECRETS["HF_TOKEN"]] = ("owner", "team")
        server = Server(folder / "server", auth=f"babelmill:{SECRETS['password']}")
        server.start()
        told: dict[str, Any] = {}
        try:
            hook = f"{hub.url.replace('http', 'json')}/{SECRETS['webhook']}"  # answers 404: a notification that fails
            told["bootstrap"] = bootstrapped(server, BABELMILL_NOTIFY_URL=hook)
            keep_secret(server, SECRETS["Secret block"])
            home = {"BABELMILL_HOME": str(folder / "home"), "HF_HOME": str(folder / "hf"), "HF_ENDPOINT": hub.url}
            worker = server.worker("--name", "canary", HF_TOKEN=SECRETS["HF_TOKEN"], **home)
            try:
                told["runs"] = runs(server, folder)
                told["found"] = among([*answers(server), *files(folder), *processes()], SECRETS)
            finally:
                end(worker)
        finally:
            server.stop()
        late = among(files(folder), SECRETS)  # what is flushed at the end
        told["found"] = {name: sorted({*places, *late[name]}) for name, places in told["found"].items()}
    print(json.dumps(told, indent=1))
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    sys.exit(1 if any(told["found"].values()) else 0)


def runs(server: Server, folder: Path) -> dict[str, str]:
    """The runs, one after the other: their last state and its message."""
    flows = {
        "build": ("build_dataset", {"recipe": "xmind-sample"}),
        "build refused": ("build_dataset", {"recipe": refused(folder)}),
        "census": ("crawl_hub", {"languages": ["swh"]}),
        "publish": ("publish_release", {"release": "xmind-sample", "repo": "owner/canary"}),
    }
    said = {}
    for what, (flow, parameters) in flows.items():
        run = server.run(server.deployment(f"flows.deployed.{flow}"), **parameters)
        state = server.until_state(run, "Completed", "Failed", "Crashed", seconds=300)
        said[what] = f"{state['name']}: {state['message']}"
    return said


if __name__ == "__main__":
    main()
