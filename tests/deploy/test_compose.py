"""compose.yaml keeps our rules. Each rule is shown to bite: the same file, broken, is refused."""

import json
import re
import shutil
import subprocess

import pytest

SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "BABELMILL_PASSWORD")
DONE, HEALTHY = "service_completed_successfully", "service_healthy"
WAITS = {  # who starts after whom, and after what
    "migrate": {"postgres": HEALTHY},
    "api": {"migrate": DONE, "redis": HEALTHY},
    "services": {"migrate": DONE, "redis": HEALTHY},
    "deployments": {"api": HEALTHY},
    "worker-cpu": {"deployments": HEALTHY},
    "worker-gpu": {"deployments": HEALTHY},
    "proxy": {"api": HEALTHY, "migrate": DONE},
}


def faults(compose):
    """What is against the rules, one line each."""
    found = []
    for name, service in compose["services"].items():
        image, user = service["image"], service.get("user", "")
        if not re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", image):
            found.append(f"{name}: image {image} is not pinned")
        if not image.startswith("babelmill:") and user.split(":")[0] in ("", "0", "root"):
            found.append(f"{name}: runs as root")
        if service.get("ports") and (name != "proxy" or not service["ports"][0].startswith("${BABELMILL_LISTEN:-127.0.0.1}:")):
            found.append(f"{name}: publishes {service['ports']}")
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service["security_opt"]:
            found.append(f"{name}: not hardened")
        waits = {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        if waits != WAITS.get(name, {}):
            found.append(f"{name}: waits for {waits}")
        if set(waits.values()) & {HEALTHY} and any(
            "healthcheck" not in compose["services"][o] for o, how in waits.items() if how == HEALTHY
        ):
            found.append(f"{name}: waits for the health of what has no check")
        if (service["restart"] == "no") != (name == "migrate"):
            found.append(f"{name}: restart {service['restart']}")
        of = json.dumps(service.get("environment", {}))
        if ("HF_TOKEN" in of) != name.startswith("worker"):
            found.append(f"{name}: HF_TOKEN is for workers")
        if name.startswith(("worker", "deployments", "proxy")) and re.search("POSTGRES_PASSWORD|REDIS_PASSWORD", of):
            found.append(f"{name}: has the key to the database")
        if name in ("postgres", "redis", "api", "migrate") and service["networks"] != ["inner"]:
            found.append(f"{name}: leaves the inner network")
    if compose["networks"]["inner"] != {"internal": True}:
        found.append("the inner network is open")
    return found


def test_it_keeps_the_rules(compose):
    assert faults(compose) == []


@pytest.mark.parametrize(
    ("service", "change", "fault"),
    [
        ("postgres", {"ports": ["5432:5432"]}, "postgres: publishes"),
        ("proxy", {"ports": ["8443:8443"]}, "proxy: publishes"),
        ("redis", {"image": "redis"}, "redis: image"),
        ("redis", {"image": "redis:latest"}, "redis: image"),
        ("redis", {"user": "0"}, "redis: runs as root"),
        ("api", {"depends_on": {"redis": {"condition": HEALTHY}}}, "api: waits"),
        ("services", {"read_only": False}, "services: not hardened"),
        ("migrate", {"restart": "always"}, "migrate: restart"),
        ("api", {"environment": {"HF_TOKEN": ""}}, "api: HF_TOKEN"),
        ("worker-cpu", {"environment": {"HF_TOKEN": "", "X": "${POSTGRES_PASSWORD}"}}, "worker-cpu: has the key"),
        ("api", {"networks": ["inner", "outer"]}, "api: leaves"),
    ],
)
def test_a_broken_one_is_refused(service, change, fault, compose):
    compose["services"][service] |= change
    assert any(line.startswith(fault) for line in faults(compose))


def test_secrets_have_no_default_and_are_asked_for(deploy):
    text = (deploy / "compose.yaml").read_text("utf-8")
    for name in SECRETS:
        assert re.search(rf"\$\{{{name}:\?set it in deploy/\.env", text), name
        assert not re.search(rf"\$\{{{name}:?-", text), name
        assert re.search(rf"^{name}=$", (deploy / "env.example").read_text("utf-8"), re.MULTILINE), name


def test_what_it_asks_for_stands_in_the_example(deploy):
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", (deploy / "compose.yaml").read_text("utf-8")))
    example = set(re.findall(r"^#?(\w+)=", (deploy / "env.example").read_text("utf-8"), re.MULTILINE))
    assert asked == example - {"COMPOSE_PROJECT_NAME", "COMPOSE_PROFILES"}  # compose's own


def test_its_variables_and_files_exist(compose, known, deploy):
    for service in compose["services"].values():
        names = {name for name in service.get("environment", {}) if name.startswith("PREFECT_") and "_REDIS_" not in name}
        assert names - known - {"PREFECT_SERVER_ENCRYPTION_KEY"} == set()  # read by prefect.server.utilities.encryption, no setting
        for file in service.get("env_file", []):
            assert (deploy / file).is_file(), file


def test_every_part_of_the_server_finds_redis(compose):
    """One that is not told looks at localhost, fails every five seconds, and the server goes on without it."""
    for name in ("migrate", "api", "services"):
        found = {key for key, value in compose["services"][name]["environment"].items() if "@redis:6379/" in value}
        assert found == {"PREFECT_REDIS_MESSAGING_URL", "PREFECT_REDIS_WORKER_CLEANUP_QUEUE_URL", "PREFECT_SERVER_DOCKET_URL"}


def test_the_image_is_of_this_version(compose):
    import tomllib
    from pathlib import Path

    version = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    ours = {service["image"] for service in compose["services"].values() if service["image"].startswith("babelmill:")}
    assert ours == {f"babelmill:{version}", f"babelmill:{version}-gpu"}


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="no docker-compose here")
@pytest.mark.parametrize("lacking", [None, *SECRETS])
def test_docker_compose_takes_it(lacking, deploy, tmp_path):
    text = (deploy / "env.example").read_text("utf-8")
    values = re.sub(r"(?m)^(\w+_PASSWORD)=$", lambda found: found[0] if found[1] == lacking else f"{found[0]}abc123", text)
    (tmp_path / ".env").write_text(values, "utf-8")
    command = ["docker-compose", "--env-file", str(tmp_path / ".env"), "-f", str(deploy / "compose.yaml"), "config", "-q"]
    said = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert (said.returncode == 0) == (lacking is None), said.stderr
    assert lacking is None or (lacking in said.stderr and "set it in deploy/.env" in said.stderr)
