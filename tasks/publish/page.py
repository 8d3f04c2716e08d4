"""The card on the Hub: our part, and below a line of its own what people wrote themselves, which every later version keeps."""

import re

from tasks.card import plain

END = "<!-- babelmill: end -->"
_END = re.compile(rf"^{re.escape(END)}[ \t]*\r?\n?", re.MULTILINE)
_HEADER = re.compile(r"\A---[ \t]*\r?\n.*?^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)


def readme(card: str, there: str | None = None, accepted: str | None = None) -> str:
    """The card as it is published.

    card: of the release. there: the README that the Hub has; of one without our line all below its YAML header is people's own.
    accepted: the publisher's reason why the release may be published although the licences of its inputs do not say so.
    """
    ours = _END.sub("", card).rstrip("\n") + "\n"
    if accepted:
        ours += (
            f"\n## Permission\n\nThe licences of the inputs alone do not allow this publication. The publisher states: {plain(accepted)}\n"
        )
    return f"{ours}\n{END}\n{own(there or '')}"


def own(there: str) -> str:
    """What people wrote into a README of the Hub."""
    end = _END.search(there)
    kept = there[end.end() :] if end else _HEADER.sub("", there)
    return kept if kept.strip() else ""
