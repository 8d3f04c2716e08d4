"""The set-up of deploy/compose.yaml as processes on loopback: `python -m tests.bench.prefect_cluster [--json FILE]` prints what it saw.

PostgreSQL 15, Redis, the server in two processes (`--no-services`, and the services), a worker, with the variables of deploy/server.env,
deploy/cluster.env and compose.yaml. Bootstrap twice, `prefect deploy --all` of deploy/prefect.yaml, a schedule that fires, a run that is
triggered, a run killed with its worker, the services killed and started again. Asks for the programs of PostgreSQL 15 and Redis and the
library prefect-redis, on PYTHONPATH or in the environment; run by root it gives PostgreSQL to the user nobody, as it must not be root.
"""

import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.bench.fault_trials import FLOWS, process_of, told
from tests.bench.prefect_canary import among, files, processes
from tests.bench.prefect_server import ROOT, Server, bootstrapped, children, end, free_port, prefect, resident, settings, until

POSTGRES = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "trial-database-password"
AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []


def lacking() -> list[str]:
    """What this machine lacks of what the trial needs."""
    programs = [str(POSTGRES / "postgres"), "redis-server"]
    return [each for each in programs if not shutil.which(each)] + [
        each for each in ["prefect_redis"] if not importlib.util.find_spec(each)
    ]


@contextmanager
def postgres(folder: Path) -> Iterator[int]:
    """A database server with a user and a database named babelmill, which wants a password; its port."""
    port, password = free_port(), folder / "password"
    folder.mkdir()
    password.write_text(PASSWORD)
    if AS_NOBODY:
        for each in (folder, password):
            shutil.chown(each, "nobody", "nogroup")
    data = str(folder / "data")
    made = ["initdb", "-D", data, "-U", "babelmill", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8", "--locale=C.UTF-8"]
    subprocess.run([*AS_NOBODY, str(POSTGRES / made[0]), *made[1:]], check=True, stdout=subprocess.DEVNULL, cwd="/")
    with (folder / "postgres.log").open("wb") as log:
        command = [*AS_NOBODY, str(POSTGRES / "postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", str(folder)]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/")
    with ended(process, signal.SIGINT):  # fast: it does not wait for clients
        address = f"postgresql://babelmill:{PASSWORD}@127.0.0.1:{port}"
        until(lambda: subprocess.run([POSTGRES / "psql", f"{address}/postgres", "-c", "SELECT 1"], capture_output=True).returncode == 0, 60)
        subprocess.run([POSTGRES / "createdb", f"--maintenance-db={address}/postgres", "babelmill"], check=True)
        yield port


@contextmanager
def redis(folder: Path) -> Iterator[int]:
    """A Redis that wants a password, told by standard input as compose.yaml tells it; its port."""
    port = free_port()
    folder.mkdir()
    lines = f"port {port}\nbind 127.0.0.1\ndir {folder}\nappendonly yes\nmaxmemory-policy noeviction\nrequirepass {PASSWORD}\n"
    process = subprocess.Popen(["redis-server", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin
    process.stdin.write(lines.encode())
    process.stdin.close()
    ping = ["redis-cli", "-p", str(port), "ping"]
    with ended(process):
        until(lambda: b"PONG" in subprocess.run(ping, capture_output=True, env=os.environ | {"REDISCLI_AUTH": PASSWORD}).stdout, 60)
        yield port


@contextmanager
def ended(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block, and all below it."""
    try:
        yield process
    finally:
        below = children(process) if process.poll() is None else []
        end(process, number)
        for each in below:
            if each.is_running():
                each.kill()


def variables(database: int, broker: int) -> dict[str, str]:
    """What compose.yaml gives the server's processes beside server.env."""
    return settings(ROOT / "deploy" / "cluster.env") | {
        "PREFECT_SERVER_DATABASE_HOST": "127.0.0.1",
        "PREFECT_SERVER_DATABASE_PORT": str(database),
        "PREFECT_SERVER_DATABASE_USER": "babelmill",
        "PREFECT_SERVER_DATABASE_NAME": "babelmill",
        "PREFECT_SERVER_DATABASE_PASSWORD": PASSWORD,
        "PREFECT_REDIS_MESSAGING_URL": f"redis://:{PASSWORD}@127.0.0.1:{broker}/0",
        "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL": f"redis://:{PASSWORD}@127.0.0.1:{broker}/0",
        "PREFECT_SERVER_DOCKET_URL": f"redis://:{PASSWORD}@127.0.0.1:{broker}/1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }


@contextmanager
def cluster(folder: Path) -> Iterator[tuple[Server, subprocess.Popen[bytes], dict[str, Any]]]:
    """A server in two processes: the server, the process of its services, and how they started."""
    folder.chmod(0o755)  # for nobody
    with ExitStack() as stack:
        database, broker = stack.enter_context(postgres(folder / "postgres")), stack.enter_context(redis(folder / "redis"))
        server = Server(folder / "server", changes=variables(database, broker), arguments=("--no-services",))
        began = time.monotonic()
        migration = prefect(["server", "database", "upgrade", "-y"], server.environment, server.folder / "migrate.log")
        if migration.wait(300):
            raise SystemExit((server.folder / "migrate.log").read_text())
        migrated = time.monotonic() - began
        stack.callback(server.stop)
        start = server.start()
        services = stack.enter_context(ended(services_of(server)))
        assert server.process
        time.sleep(15)
        yield (
            server,
            services,
            {"migration": migrated, "start": start, "API MB": resident(server.process), "services MB": resident(services)},
        )


def services_of(server: Server) -> subprocess.Popen[bytes]:
    secret = {"PREFECT_SERVER_API_AUTH_STRING": server.auth, "PREFECT_UI_URL": f"http://127.0.0.1:{server.port}"}
    return prefect(["server", "services", "start"], server.environment | secret, server.folder / "services.log")


def deployed(server: Server) -> dict[str, Any]:
    """`prefect deploy --all` in deploy/, as compose.yaml's bootstrap does it."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    done = subprocess.run(command, cwd=ROOT / "deploy", env=server.environment, capture_output=True, text=True, timeout=600)
    names = [each["entrypoint"] for each in server.ask("POST", "/deployments/filter", {})]
    return {"rc": done.returncode, "deployments": sorted(names)} | (
        {"said": done.stdout[-2000:] + done.stderr[-2000:]} if done.returncode else {}
    )


def completed(server: Server, deployment: str) -> int:
    runs = server.ask("POST", "/flow_runs/filter", {"deployments": {"id": {"any_": [deployment]}}})
    return sum(run["state_type"] == "COMPLETED" for run in runs)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.prefect_cluster", description=__doc__.split("\n")[0])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if missing := lacking():
        raise SystemExit(f"skipped: this machine lacks {', '.join(missing)}")
    answer: dict[str, Any] = {}

    def say(name: str, value: Any) -> None:
        answer[name] = value
        print(name, json.dumps(value), flush=True)

    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        server, services, how = stack.enter_context(cluster(Path(name)))
        say("cluster", how)
        say("bootstrap", bootstrapped(server))
        say("bootstrap again", bootstrapped(server))
        say("deploy --all", deployed(server))
        worker = stack.enter_context(ended(server.worker("--limit", "4", BABELMILL_HOME=str(server.folder / "home"))))
        form = server.ask("GET", "/deployments/name/build-dataset/default")["id"]
        since, run = time.monotonic(), server.run(form, recipe="xmind-sample")
        say("build-dataset", told(server, run, since, "Completed", "Failed", "Crashed"))
        own = server.deployment(f"{FLOWS}.end_now")
        since, run = time.monotonic(), server.run(own)
        say("triggered", told(server, run, since, "Completed", "Failed", "Crashed"))
        server.ask("POST", f"/deployments/{own}/schedules", [{"schedule": {"interval": 30.0}, "active": True}])
        since = time.monotonic()
        until(lambda: completed(server, own) >= 3, 300)
        say("two runs of a schedule of 30 s after", time.monotonic() - since)

        services.kill()
        services.wait()
        before, since = completed(server, own), time.monotonic()
        time.sleep(120)
        say("runs in two minutes without services", completed(server, own) - before)
        services = stack.enter_context(ended(services_of(server)))
        before, since = completed(server, own), time.monotonic()
        until(lambda: completed(server, own) > before, 300)
        say("next scheduled run after the services' start", time.monotonic() - since)

        run = server.run(server.deployment(f"{FLOWS}.sleep_through"))
        server.until_state(run, "Running")
        process = until(lambda: process_of(run), 60)
        time.sleep(5)
        worker.kill()
        process.kill()
        say("zombie", told(server, run, time.monotonic(), "Crashed", "Failed"))
        secrets = {"database and Redis": PASSWORD, "server": server.auth.partition(":")[2]}
        say("passwords stand in", among([*files(server.folder), *processes()], secrets))
    if options.json:
        options.json.write_text(json.dumps(answer, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
