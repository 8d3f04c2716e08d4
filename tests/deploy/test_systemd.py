"""The units: where they lead, what they may do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = ["babelmill-serve", "babelmill-migrate", "babelmill-api", "babelmill-services", "babelmill-deployments", "babelmill-worker@"]


SYSTEM = Path("/usr/lib/systemd/system")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze") or not SYSTEM.is_dir(), reason="no systemd here")


@pytest.fixture
def root(deploy, tmp_path):
    """A machine's root with the units and the programs that they start."""
    shutil.copytree(SYSTEM, tmp_path / SYSTEM.relative_to("/"), symlinks=True)
    shutil.copytree(deploy / "systemd", tmp_path / "etc/systemd/system")
    programs = tmp_path / "opt/babelmill/bin"
    programs.mkdir(parents=True)
    for name in ("babelmill", "prefect"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    return tmp_path


def test_every_unit_is_known_here(deploy):
    assert sorted(path.stem for path in (deploy / "systemd").glob("*.service")) == sorted(UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_settings_come_from_our_files_and_secrets_from_none(unit, deploy):
    text = (deploy / "systemd" / f"{unit}.service").read_text("utf-8")
    files = re.findall(r"^EnvironmentFile=-?/etc/babelmill/(.*)$", text, re.MULTILINE)
    assert files
    assert all((deploy / file).is_file() != file.endswith("-secrets.env") for file in files)
    assert not re.search("PASSWORD|TOKEN=|AUTH_STRING", text)
    if unit != "babelmill-serve":  # which reads it itself
        assert files[0] == "server.env"  # what comes later wins


def verify(root, unit):
    """What systemd says against a unit of ours; it only warns of a misspelt key."""
    name = f"{unit}build.service" if unit.endswith("@") else f"{unit}.service"
    said = subprocess.run(["systemd-analyze", "verify", "--man=no", f"--root={root}", name], capture_output=True, text=True)
    return said.returncode, [line for line in (said.stdout + said.stderr).splitlines() if "babelmill" in line]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_it(unit, root):
    assert verify(root, unit) == (0, [])


@needs_systemd
def test_a_misspelt_key_is_seen(root):
    file = root / "etc/systemd/system/babelmill-.service.d/10-hardened.conf"
    file.write_text(file.read_text("utf-8").replace("ProtectSystem", "ProtectSytem"), "utf-8")
    _, lines = verify(root, "babelmill-api")
    assert any("ProtectSytem" in line for line in lines)


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_it_may_do_little(unit, root):
    """systemd's own figure, 10 = as a root shell; below 3 for all of ours: 1.6 to 1.8 with systemd 252."""
    name = f"{unit}build.service" if unit.endswith("@") else f"{unit}.service"
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", f"--root={root}", name]
    assert subprocess.run(command, capture_output=True).returncode == 0
