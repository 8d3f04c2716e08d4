"""The Hub: whether it answers, and what the token may do there. The token itself is never said."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from flows.doctor.finding import Finding, absent, bad, ok
from flows.settings import settings
from schemas.errors import RecipeError
from schemas.recipe import HubRelease
from schemas.recipe_file import load, named

SECONDS = 5.0  # for an answer
ENOUGH = ("repo.", "discussion.", "collection.read", "org.read")  # how the rights begin that building and publishing may use

WRITERS = ("admin", "write", "contributor")  # roles in an organisation


def look() -> Iterator[Finding]:
    """One call, which tells both."""
    from huggingface_hub import constants, get_session, get_token
    from huggingface_hub.utils import build_hf_headers, httpx  # type: ignore[attr-defined]  # it lists nothing that it exports

    endpoint, token = constants.ENDPOINT, get_token()
    if constants.HF_HUB_OFFLINE:
        yield absent("hub", "HF_HUB_OFFLINE is set: only what the cache has can be read, and nothing published")
        return
    try:
        answer = get_session().get(f"{endpoint}/api/whoami-v2", headers=build_hf_headers(), timeout=SECONDS)
        told = answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        need = "only recipes with sources or models on the Hub, census and publish need it"
        if token:
            yield bad(
                "hub", f"{endpoint} does not answer ({reason}), and there is a token for it: {need}. Is the network up, HF_ENDPOINT right?"
            )
        else:
            yield absent("hub", f"{endpoint} does not answer ({reason}): {need}")
        return
    yield from judged(endpoint, answer.status_code, told, has_token=bool(token), named="HF_TOKEN" if os.environ.get("HF_TOKEN") else "")
    if answer.status_code in (200, 401, 403):
        yield from publishing(told, targets(settings().added))


def judged(endpoint: str, status: int, told: Any, *, has_token: bool, named: str = "HF_TOKEN") -> Iterator[Finding]:
    """What an answer of /api/whoami-v2 means. told: its JSON, if the status is 200. named: the variable that has the token, if one has."""
    source = named or "the token of `hf auth login`"
    page = f"{endpoint}/settings/tokens"
    if status >= 500 or status == 429:
        yield bad("hub", f"{endpoint} answers {status}: it has trouble of its own, or too many calls came from here. Try again later.")
        return
    yield ok("hub", f"{endpoint} answers")
    if not has_token:
        yield absent("token", f"none: public datasets and models can be read; to publish, set HF_TOKEN to one with write access ({page})")
    elif status in (401, 403):
        yield bad(
            "token",
            f"{source} is refused ({status}): expired, revoked or cut off. Make a new one at {page} and set HF_TOKEN.",
        )
    elif not isinstance(told, dict):
        yield bad("token", f"{endpoint}/api/whoami-v2 answers {status}, and not who the token belongs to. Is HF_ENDPOINT a Hub?")
    else:
        yield rights(told, source, page)


def targets(added: Path) -> dict[str, str]:
    """Repository -> the recipe that publishes to it, of all that have a name; what does not load is said elsewhere."""
    found: dict[str, str] = {}
    for name, path in named(added).items():
        with suppress(RecipeError):
            release = load(path).release
            found |= {release.repo: name} if isinstance(release, HubRelease) else {}
    return found


def publishing(told: Any, wanted: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the token may write where recipes publish: else a build would end with a refusal. wanted: repository -> recipe."""
    places = writable(told) if isinstance(told, dict) else set()
    if wanted and places is not None:
        barred = [f"{name} to {repo}" for repo, name in sorted(wanted.items()) if not {repo, repo.partition("/")[0]} & places]
        if barred:
            way_out = "Set HF_TOKEN to one that may, or take release out of the recipe."
            yield bad("publishing", f"the token may not write where recipes publish: {', '.join(barred)}. {way_out}")
        else:
            yield ok("publishing", f"the token may write where recipes publish: {', '.join(sorted(wanted))}")


def writable(told: dict[str, Any]) -> set[str] | None:
    """Owners and repositories that a token may write, by the answer of /api/whoami-v2; None where it does not say."""
    access = (told.get("auth") or {}).get("accessToken") or {}
    if access.get("role") == "write":
        return {str(told.get("name")), *(str(org["name"]) for org in told.get("orgs") or [] if org.get("roleInOrg") in WRITERS)}
    if access.get("role") == "fineGrained":
        return {str(entity.get("name")).removeprefix("datasets/") for entity, may in _scoped(access) if "repo.write" in may}
    return set() if access.get("role") == "read" else None


def rights(told: dict[str, Any], source: str, page: str) -> Finding:
    """What a token may do, by the answer of /api/whoami-v2; and whether less would be enough."""
    owner = str(told.get("name"))
    access = (told.get("auth") or {}).get("accessToken") or {}
    role = access.get("role")
    if role == "read":
        return ok("token", f"{source} is of {owner} and may read; to publish it takes one with write access ({page})")
    if role == "write":
        places = ", ".join(sorted(writable(told) or ()))
        return ok("token", f"{source} is of {owner} and may write everything of {places}; a fine-grained one would be enough ({page})")
    if role == "fineGrained":
        return ok("token", f"{source} is of {owner}, fine-grained: {_fine(told, page)}")
    kind = (told.get("auth") or {}).get("type") or "unknown"
    return ok("token", f"{source} is of {owner}, of kind {kind}: what it may do is not told")


def _fine(told: dict[str, Any], page: str) -> str:
    access = told["auth"]["accessToken"]
    every = set((access.get("fineGrained") or {}).get("global") or ()).union(*(may for _, may in _scoped(access)))
    more = sorted(may for may in every if not may.startswith(ENOUGH))
    places = ", ".join(sorted(writable(told) or ()))
    what = f"may write to {places}" if places else f"may write nowhere; publishing takes write access to the repositories ({page})"
    return f"{what}; it can also {', '.join(more)}, which Babelmill never needs" if more else what


def _scoped(access: dict[str, Any]) -> list[tuple[dict[str, Any], set[str]]]:
    """What a fine-grained token is for: user, organisation or repository, and what it may do there."""
    scoped = (access.get("fineGrained") or {}).get("scoped") or []
    return [(each.get("entity") or {}, set(each.get("permissions") or ())) for each in scoped]
