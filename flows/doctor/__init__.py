"""Doctor: look at every part of this installation and say what to do about what is wrong. Imports no Prefect."""

from typing import Any

from flows.doctor import engines, hub, installation, runs, server, warehouse
from flows.doctor.finding import Finding, Look, bad, gather
from flows.settings import settings
from schemas.errors import RecipeError

SECONDS = 15  # for all looks, which run at once
LOOKS: dict[str, dict[str, Look]] = {  # group -> name -> look
    "installation": {"python": installation.python, "packages": installation.packages, "recipes": installation.recipes},
    "engines": {"model": engines.demo, "gpu": engines.gpu, "models": engines.kept},
    "warehouse": {
        "warehouse": warehouse.folder,
        "disk": warehouse.disk,
        "memory": warehouse.memory,
        "releases": warehouse.releases,
    },
    "hub": {"hub": hub.look},
    "server": {"server": server.look},
    "runs": {"runs": runs.look},
}


def examine(seconds: float = SECONDS) -> list[dict[str, Any]]:
    """One finding per part: group, what, state (ok, BAD, --), ok (whether it is not BAD), found."""
    try:
        settings()
    except RecipeError as error:  # everything else would say the same
        return [_told("installation", bad("settings", str(error)))]
    found = gather({name: look for looks in LOOKS.values() for name, look in looks.items()}, seconds)
    return [_told(group, each) for group, looks in LOOKS.items() for name in looks for each in found[name]]


def text(findings: list[dict[str, Any]]) -> str:
    """The findings by group, a line each."""
    lines, last = [], ""
    for each in findings:
        if each["group"] != last:
            lines.append(each["group"])
            last = each["group"]
        lines.append(f"  {each['state']:3} {each['what']:13} {each['found']}")
    return "\n".join(lines)


def _told(group: str, finding: Finding) -> dict[str, Any]:
    return {"group": group, "what": finding.what, "state": finding.state, "ok": finding.state != "BAD", "found": finding.found}
