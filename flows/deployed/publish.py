"""A publication as a flow run."""

from typing import Any

from prefect import flow

from flows.deployed import pages
from flows.deployed.build import show_published
from flows.deployed.choices import Release, releases
from flows.deployed.reports import done, explained, given, key_of, show_table, show_text, tag
from flows.deployed.runner import Logged
from schemas.errors import PublishError, RecipeError


def _name() -> str:
    asked = given()
    which, repo = asked.get("release") or "no release", asked.get("repo") or "no repo"  # the run says that it needs both
    version, dry = asked.get("version"), " (dry run)" if asked.get("dry_run") else ""
    return f"{which}@{version} to {repo}{dry}" if version else f"{which} to {repo}{dry}"


@flow(name="publish-release", flow_run_name=_name, persist_result=False)
@explained
def publish_release(
    release: Release | None = None,
    repo: str | None = None,
    version: str | None = None,
    public: bool = False,
    dry_run: bool = False,
    accept_licence: str | None = None,
) -> Any:
    """Put a version on the Hub: one commit, then its tag; safe to run again after any interruption.

    Args:
        release: Which release of the warehouse; needed.
        repo: Dataset on the Hub, as OWNER/NAME; made, private, if it is not there. Needed.
        version: Which version, as 1.2.0; the newest if not given.
        public: Let everybody read it, where the licences allow that.
        dry_run: Only say what would be sent, and whether the licences allow it.
        accept_licence: Who permits what the licences alone do not, and where; goes onto the card.
    """
    from flows.publish_commands import publish_named
    from tasks.publish import Target

    if not release or not repo:
        raise RecipeError(f"name release and repo: which of {', '.join(releases()) or 'no releases yet'} goes to which OWNER/NAME?")
    tag(release)
    target = Target(repo, public, accept_licence or None)
    told = publish_named(f"{release}@{version}" if version else release, target, None, dry_run, Logged().say)
    if not dry_run:
        return show_publication(told)
    what = f"{told['name']} {told['version']} to {repo} would {told['would']}"
    show_table(told["files"], key_of(told["name"], "files"), what)
    show_text(pages.rehearsed(told), key_of(told["name"], "publication"), what)
    if told["refused"]:
        raise PublishError(told["refused"])
    return done(what, told)


def show_publication(told: dict[str, Any]) -> Any:
    """What was sent, file by file, the summary and the link; the state that says so."""
    what = f"{told['name']} {told['version']} ({told['change']}): {told['url']}/tree/{told['tag']}"
    files = [{"path": path, "state": "sent", **sizes} for path, sizes in told["sent"].items()]
    files += [{"path": path, "state": "deleted", "bytes": 0, "new_bytes": 0} for path in told["deleted"]]
    if files:
        show_table(files, key_of(told["name"], "files"), f"{what}; {told['files'] - len(told['sent']):,} files were there")
    show_text(pages.published(told), key_of(told["name"], "publication"), what)
    show_published(told)
    return done(what, told)
