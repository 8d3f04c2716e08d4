"""The census: what is asked of the Hub, what is kept of each dataset, and the manifest of a census as a release."""

import hashlib
import json
import re
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from schemas.languages import Language, language
from schemas.manifest import File

WORD = r"^[A-Za-z0-9][\w.-]*$"  # what a tag's value or an owner may be: it goes into an address and a folder's name
LONGEST = 60  # of a census's name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Query(_Strict):
    """Which datasets a census counts. Equal queries are snapshots of one census."""

    languages: tuple[str, ...] = ()
    """Any of these, under any alias of the registry. The script is not looked at: the Hub's tags seldom name it."""
    tasks: tuple[str, ...] = ()
    """Any of these task categories."""
    modality: str | None = Field(None, pattern=WORD)
    """text, audio, image, ..."""
    author: str | None = Field(None, pattern=WORD)
    """Datasets of this user or organisation alone."""
    endpoint: str = "https://huggingface.co"
    """Address of the Hub."""
    limit: int | None = Field(None, ge=1)
    """So many of the most downloaded of each listing: a trial, which enters no history."""

    @field_validator("endpoint")
    @classmethod
    def _address(cls, given: str) -> str:
        if not re.fullmatch(r"https?://[\w.:-]+(/[\w./-]*)?", given):
            raise ValueError("an address of a Hub without user and password, as in https://huggingface.co")
        return given.rstrip("/")

    @field_validator("languages")
    @classmethod
    def _codes(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({language(alias).iso639_3: language(alias).code for alias in given}.values()))

    @field_validator("tasks")
    @classmethod
    def _words(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [task for task in given if not re.match(WORD, task)]:
            raise ValueError(f"no task category: {wrong[0]!r}; they look like text-classification")
        return tuple(sorted(set(given)))

    @property
    def wanted(self) -> list[Language]:
        """The languages asked for."""
        return [language(code) for code in self.languages]

    @property
    def name(self) -> str:
        """The same for the same query, and fit for a folder: census-jpn-kor, with a digest where it would be long."""
        host = self.endpoint.partition("://")[2]
        where = [] if host == "huggingface.co" else ["at", host]
        author = ["by", self.author] if self.author else []
        parts = [*(lang.iso639_3 for lang in self.wanted), *self.tasks, *filter(None, [self.modality]), *author, *where]
        name = re.sub(r"[^a-z0-9]+", "-", "-".join(["census", *parts]).lower()).strip("-")
        if len(name) > LONGEST or re.search(r"[._]", self.author or ""):  # a_b, a.b and a-b are three authors
            digest = hashlib.sha256(self.model_dump_json(exclude={"limit"}).encode()).hexdigest()[:8]
            name = f"{name[: LONGEST - 9].rstrip('-')}-{digest}"
        return name


class Listing(_Strict):
    """What came of one listing of the Hub."""

    filters: tuple[str, ...]
    """Tags that every dataset of it has."""
    found: int
    """Datasets on the pages that came."""
    failed: str | None = None
    """Why it is not complete; what was known of it and not found stays as it was."""


class Account(_Strict):
    """What a crawl did."""

    query: Query
    listings: tuple[Listing, ...]
    pages: int
    """Pages that came."""
    cards: int
    """README cards that were read, or found to be missing or closed."""
    found: int
    """Datasets, each once."""
    kept: int
    """Datasets not seen because a page failed, and kept as they were."""


class CensusManifest(_Strict):
    """census.json of a census's release. Version 1.N.0 is snapshot N in format 1 of the table."""

    format: Literal[1] = 1
    kind: Literal["census"] = "census"
    name: str
    version: str
    snapshot: int
    crawled: str
    """UTC, when the crawl began."""
    account: Account
    tools: dict[str, str]
    files: tuple[File, ...]

    def text(self) -> str:
        """As it stands in census.json."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


_TIME = pa.timestamp("us", tz="UTC")
_STRINGS = pa.list_(pa.string())

LISTED = pa.schema(
    [
        ("id", pa.string()),
        ("author", pa.string()),
        ("sha", pa.string()),  # of main
        ("created", _TIME),
        ("modified", _TIME),
        ("private", pa.bool_()),
        ("gated", pa.string()),  # no, auto, manual
        ("disabled", pa.bool_()),
        ("tags", _STRINGS),  # in order of the alphabet
        ("downloads", pa.int64()),  # of the last 30 days: goes up and down
        ("downloads_all_time", pa.int64()),
        ("likes", pa.int64()),
        ("under", pa.string()),  # the filters it was found by
    ]
)
"""A dataset as one page of a listing has it."""

CARDS = pa.schema(
    [
        ("id", pa.string()),
        ("card_sha", pa.string()),  # the commit it was read at
        ("card_digest", pa.string()),  # sha256 of the README.md; null where there is none
        ("card_words", pa.int64()),  # without the YAML header
        ("card_sections", _STRINGS),  # of the Hub's template, those that have text of their own
    ]
)
"""What is kept of a README card."""

HISTORY = pa.schema(
    [
        ("snapshot", pa.int32()),  # 1, 2, ...
        ("crawled", _TIME),  # when the crawl began
        ("event", pa.string()),  # new, changed, returned, noted (card or list), seen, removed; crawl: the account
        ("id", pa.string()),
        ("downloads", pa.int64()),
        ("downloads_all_time", pa.int64()),
        ("likes", pa.int64()),
        *[field for field in LISTED if field.name in ("author", "sha", "created", "modified", "private", "gated", "disabled", "tags")],
        ("under", _STRINGS),
        *[field for field in CARDS if field.name != "id"],
        ("changed", _STRINGS),  # the columns of CENSUS that differ
        ("crawl", pa.string()),  # of the event `crawl`: which crawl, and its account as JSON
    ]
)
"""History: a row for each dataset and crawl. Counters always; the rest is null where the event is `seen` or `removed`."""

CENSUS = pa.schema(
    [
        ("id", pa.string()),
        ("author", pa.string()),
        ("organisation", pa.string()),  # company, research, community, unknown: by the author's name, see normalise
        ("languages", _STRINGS),  # codes of the registry
        ("other_languages", _STRINGS),  # tags of language that the registry does not know
        ("language_kind", pa.string()),  # none, mono, bi, multi
        ("licences", _STRINGS),  # all that the card names
        ("licence_class", pa.string()),  # the gravest of them
        ("tasks", _STRINGS),
        ("task_groups", _STRINGS),
        ("modalities", _STRINGS),
        ("size", pa.string()),  # the largest class that the tags name, 10K<n<100K
        ("arxiv", _STRINGS),
        ("gated", pa.string()),  # no, auto, manual
        ("private", pa.bool_()),
        ("disabled", pa.bool_()),
        ("created", _TIME),
        ("modified", _TIME),
        ("sha", pa.string()),
        ("tags", _STRINGS),  # all others
        ("downloads", pa.int64()),
        ("downloads_all_time", pa.int64()),
        ("likes", pa.int64()),
        ("card_sha", pa.string()),
        ("card_digest", pa.string()),
        ("card_words", pa.int64()),
        ("card_sections", _STRINGS),
        ("card_coverage", pa.float64()),  # share of the template's sections, 2 digits; null where no card was read
        ("found_under", _STRINGS),
        ("first_seen", _TIME),
        ("last_seen", _TIME),
    ]
)
"""The census, a row for each dataset, in order of id."""

CHANGES = pa.schema(
    [
        ("id", pa.string()),
        ("change", pa.string()),  # new, removed, changed
        ("field", pa.string()),  # of changed: the column of the census
        ("old", pa.string()),
        ("new", pa.string()),
    ]
)
"""Changelog between two snapshots, a row for each field that changed. Counters are no changes."""
