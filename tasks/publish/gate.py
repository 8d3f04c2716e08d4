"""The gate: who may read a release, by its licences and by how open the repository is."""

from dataclasses import dataclass

from schemas.errors import PublishError
from schemas.manifest import Manifest
from tasks.licence import Verdict, verdict
from tasks.publish.plan import Head


@dataclass(frozen=True)
class Target:
    """Where a release goes."""

    repo: str  # OWNER/NAME
    public: bool = False  # whether everybody may read it
    accepted: str | None = None  # the reason in writing why the licences allow it


def gate(manifest: Manifest, target: Target) -> Verdict:
    """The verdict over the licences. Raises PublishError where it bars what is asked for."""
    found = verdict(manifest, target.accepted)
    if found.level == "forbidden":
        raise PublishError(f"{_name(manifest)} may not be published: {found.reasons[0]}. {_lifted(found)}")
    if target.public and found.level != "public":
        raise PublishError(
            f"{_name(manifest)} may not be public ({found.level} at most): {found.reasons[0]}. "
            f"Publish it without --public. {_lifted(found)}"
        )
    return found


def permission(manifest: Manifest, target: Target) -> str | None:
    """The reason in writing, where the release would be less open without it: then it goes onto the card."""
    return target.accepted if target.accepted and verdict(manifest).level != verdict(manifest, target.accepted).level else None


def opened(manifest: Manifest, target: Target, found: Verdict, head: Head) -> None:
    """Raises PublishError where a repository that is there is more open than asked for, or than the licences allow."""
    if head.private:
        return
    kind = "gated" if head.gated else "public"
    if found.level == "private" or (found.level == "gated" and not head.gated):
        raise PublishError(
            f"{target.repo} is {kind}, and {_name(manifest)} must be {found.level}: {found.reasons[0]}. Nothing was published. "
            f"Make {target.repo} {found.level}, or name another --repo. {_lifted(found)}"
        )
    if not head.gated and not target.public:
        raise PublishError(
            f"{target.repo} is public. Nothing was published. Add --public (in a recipe private: false), or make the repository private."
        )


def _name(manifest: Manifest) -> str:
    return f"{manifest.name} {manifest.version}"


def _lifted(found: Verdict) -> str:
    return (
        "With a permission in writing: --accept-licence 'WHO PERMITS IT, AND WHERE'." if found.acceptable else "No permission lifts this."
    )
