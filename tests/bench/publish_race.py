"""Two publishers at once on one repository, again and again; see publish_faults."""

import itertools
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from schemas.errors import BabelmillError
from tasks.store import LocalStore, Release
from tests.bench.publishing import send, serving
from tests.hub.server import Hub
from tests.tasks.publish.making import BASE, made, titles, version_at, whole


def race(place: Path, rounds: int) -> int:
    """Two publishers at once: of different versions, of one version with different content, of the same content."""
    kinds = {
        "1.1.0 and 1.2.0": ("1.1.0", "1.2.0"),
        "1.1.0 twice, other content": ("1.1.0", "1.1.0"),
        "1.1.0 twice, same content": ("1.1.0", "1.1.0"),
    }
    stores: dict[str, tuple[tuple[LocalStore, Release], ...]] = {}
    for number, (kind, versions) in enumerate(kinds.items()):
        pair = []
        for who, version in enumerate(versions):
            store = LocalStore(place / f"race{number}{who}")
            made(store, BASE, "1.0.0", {"eng_Latn": 50, "fin_Latn": 200})
            word = "other" if who and "other" in kind else version
            pair.append((store, made(store, BASE, version, {"eng_Latn": 50, "fin_Latn": 200, "ron_Latn": 100}, word=word)))
        stores[kind] = tuple(pair)
    first = stores["1.1.0 and 1.2.0"][0][0]
    bad, told, start = 0, Counter[str](), time.monotonic()
    with serving(Hub()) as hub:
        for number, kind in zip(range(rounds), itertools.cycle(kinds), strict=False):
            repo = f"owner/race-{number}"
            send(first, first.versions("trial")[0], repo)
            said: dict[int, str] = {}
            gate = threading.Barrier(2)

            def run(who: int, pair: Any = stores[kind], repo: str = repo, said: dict[int, str] = said, gate: Any = gate) -> None:
                gate.wait()
                try:
                    said[who] = send(*pair[who], repo).change
                except BabelmillError as error:
                    said[who] = str(error)

            threads = [threading.Thread(target=run, args=(who,)) for who in (0, 1)]
            [each.start() for each in threads]
            [each.join() for each in threads]
            fault = judged(hub, repo, [release for _, release in stores[kind]], said)
            bad += bool(fault)
            ends = ["refused, both versions named" if said[who].startswith(repo) else said[who] for who in (0, 1)]
            told[f"{kind}: {' | '.join(ends)}{': ' + fault if fault else ''}"] += 1
    for what, count in sorted(told.items()):
        print(f"{count:4} {what}")
    print(f"{rounds} rounds, {time.monotonic() - start:.0f} s, {bad} wrong")
    return bad


def judged(hub: Hub, repo: str, pair: list[Release], said: dict[int, str]) -> str:
    """What is wrong after a race; empty if nothing: a line of commits, each a whole version, each tag at its own, nobody's word untrue."""
    it, line = hub.repos[repo], titles(hub, repo)
    if len(line) != len(set(line)):
        return f"a version twice: {line}"
    for sha in it.commits:
        version = version_at(hub, sha, repo)
        if version not in ("none", "1.0.0") and not any(whole(hub, each, sha, repo) for each in pair):
            return f"half a version {version} at {sha}"
    for who, release in enumerate(pair):
        tag = f"v{release.manifest.version}"
        published = not said[who].startswith(repo)
        if published and not (tag in it.tags and whole(hub, release, it.tags[tag], repo)):
            return f"{release.manifest.version} was said to be {said[who]}, and its tag does not hold it"
        if not published and not (release.manifest.version in said[who] and "Nothing was published" in said[who]):
            return said[who]
    return "" if version_at(hub, "main", repo) == max(version_at(hub, sha, repo) for sha in it.tags.values()) else "main is not the newest"
