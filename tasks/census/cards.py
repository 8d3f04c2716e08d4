"""Cards: what a README.md says of itself, without keeping it.

Kept are a digest, the number of words and the sections of the Hub's template that have text of their own. The text is its authors', under
whatever licence; a copy of 100,000 cards would be half a gigabyte that nobody may pass on, and all figures of the census come from these.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from huggingface_hub import get_session
from huggingface_hub.errors import HTTPError as WireError  # type: ignore[attr-defined]  # what its HTTP library raises
from huggingface_hub.errors import RemoteEntryNotFoundError
from huggingface_hub.utils import hf_raise_for_status  # type: ignore[attr-defined]  # public: its documentation has them

from tasks.census.budget import Budget
from tasks.census.crawl import headers
from tasks.patience import Patience, passing, patiently, reason

LONGEST = 1 << 20  # bytes that are read of a card
LONGEST_HEADING = 200  # characters that are looked at
TROUBLE = 3  # cards in a row that do not come, after which the rest is left for the next crawl
SECTIONS = {  # of the template of huggingface_hub 2.4; with it the headings of the one before, which most older cards have
    "description": "dataset description|dataset details|dataset summary|summary|description|overview|introduction",
    "uses": "uses|direct use|out-of-scope use|intended uses?|supported tasks( and leaderboards)?",
    "structure": "dataset structure|data structure|data instances|data fields|data splits",
    "creation": "dataset creation|curation rationale|source data|data collection and processing|initial data collection and normalization"
    "|who are the source (data|language) producers",
    "annotations": "annotations|annotation process|who are the annotators",
    "personal": "personal and sensitive information",
    "limitations": "bias, risks,? and limitations|limitations|recommendations|considerations for using the data|social impact of dataset"
    "|discussion of biases|other known limitations",
    "citation": "citation|citation information",
    "contact": "dataset card authors|dataset card contact|dataset curators|contributions|contact",
}
# A card may be hostile: each of these takes time in proportion to its length.
_HEADING = re.compile(r"^#{1,6}[ \t]+(\S[^\n]*)$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
_FRONT = re.compile(r"\A\s*---\s*\n.*?\n---\s*(\n|\Z)", re.DOTALL)
_EMPTY = re.compile(  # what the template has where nobody wrote
    r"<!--.*?(?:-->|\Z)|\[?(more information needed|needs more information)\]?|\*\*[^*\n]*:?\*\*:?|<[^>]{0,300}>|"
    r"users should be made aware of the risks, biases and limitations of the dataset\."
    r"( more information needed for further recommendations\.)?",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_KNOWN = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in SECTIONS.items()]


def taken(text: str) -> dict[str, Any]:
    """card_digest (sha256 of the UTF-8), card_words and card_sections of a README.md.

    A word is a run of letters and digits; a Chinese character or a kana is one by itself. The YAML header has none. A section counts if
    under its heading, before the next, stands more than the template has there.
    """
    body = _FRONT.sub("", text.replace("\r\n", "\n"), count=1)
    prose = _FENCE.sub("code", body)  # a comment in a script is no heading, but a script says something
    headings = [*_HEADING.finditer(prose)]
    ends = [*(heading.start() for heading in headings), len(prose)][1:]
    under = [(section(heading[1]), prose[heading.end() : end]) for heading, end in zip(headings, ends, strict=False)]
    found = {name for name, said in under if name and _WORD.search(_EMPTY.sub("", said))}
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"card_digest": digest, "card_words": len(_WORD.findall(body)), "card_sections": [name for name in SECTIONS if name in found]}


def section(heading: str) -> str | None:
    """The section of the template that a heading begins, if any; emphasis, emoji, numbers and [optional] do not matter."""
    plain = re.sub(r"\[optional\]|\[([^]]*)\]\([^)]*\)", r"\1", heading[:LONGEST_HEADING])
    plain = re.sub(r"^[\W\d_]+|[\W_]+$", "", plain)
    return next((name for name, pattern in _KNOWN if pattern.fullmatch(plain)), None)


def read_cards(endpoint: str, wanted: Iterable[tuple[str, str]], budget: Budget, patience: Patience) -> Iterator[dict[str, Any]]:
    """What is taken of the card of each (id, sha), as CARDS has it; one call each. What does not come is left out, for the next crawl.

    No card: digest null, no words, no sections. A card that may not be read: all null.
    """
    trouble = 0
    for name, sha in wanted:
        if trouble == TROUBLE:
            return
        try:
            text = _text(endpoint, name, sha, budget, replace(patience, tries=2) if trouble else patience)
        except RemoteEntryNotFoundError:
            yield {"id": name, "card_sha": sha, "card_digest": None, "card_words": 0, "card_sections": []}
        except (WireError, OSError, ValueError) as error:
            if passing(error):
                trouble += 1
                patience.say(f"card of {name}: {reason(error)}")
            else:  # gated, disabled, or gone since its page came
                yield {"id": name, "card_sha": sha, "card_digest": None, "card_words": None, "card_sections": None}
        else:
            trouble = 0
            yield {"id": name, "card_sha": sha, **taken(text)}


def _text(endpoint: str, name: str, sha: str, budget: Budget, patience: Patience) -> str:
    def call() -> str:
        budget.take()
        address = f"{endpoint}/datasets/{quote(name)}/resolve/{quote(sha)}/README.md"
        with get_session().stream("GET", address, headers=headers(endpoint)) as answer:
            budget.heard(answer.headers)
            if answer.is_error:
                answer.read()
            hf_raise_for_status(answer)
            content = b""
            for part in answer.iter_bytes():
                content += part
                if len(content) > LONGEST:
                    break
        return content[:LONGEST].decode("utf-8", "replace")

    return patiently(call, what=f"card of {name}", patience=patience)
