"""The manifest of a release: what it was made of and what its files hold. It is written last; without it there is no version."""

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class File(Part):
    """A file of the release."""

    path: str
    sha256: str
    bytes: int
    rows: int | None = None
    """Rows, of Parquet files; null of pages."""


class Projection(Part):
    """What became of the spans of the source: spans = projected + dropped."""

    spans: int
    projected: int
    dropped: dict[str, int]
    """Spans that have no place in the translation, by reason."""
    methods: dict[str, int]
    """Projected spans by what found their place."""


class Split(Part):
    """The account of one split of one config: rows_in = rows_out + set_aside + rejected."""

    rows_in: int
    """Rows the source has, unreadable ones included."""
    rows_out: int
    """Rows in the files."""
    set_aside: int
    """Rows that could not be read, in rejected/source.parquet."""
    rejected: int
    """Rows that a check kept back, in rejected/."""
    sentences: int = 0
    """Sentences of the source that a translation was made from, at every place where they stand."""
    fields: int
    """Translated fields that had something to translate."""
    verdicts: dict[str, int]
    """Fields by verdict: accept, flag, reject."""
    reasons: dict[str, int]
    """Fields by the name of each check that fired."""
    tried: dict[str, int] = {}
    """Fields with a sentence that needed a second try, by verdict."""
    projection: Projection | None = None
    """Of translations with projected annotations."""
    counts: dict[str, int] = {}
    """What else a config counts: switches and the rows that have one; of behaviours, references and those to no article."""
    files: tuple[File, ...]


class Config(Part):
    """One loadable table: a language, a language's variant, or the behaviours of MIND."""

    language: str
    kind: Literal["source", "translation", "code-switch", "transliterate", "behaviors"]
    columns: dict[str, str]
    """Arrow type of each column."""
    splits: dict[str, Split]


class Source(Part):
    """Where the rows come from."""

    name: str
    format: str
    id: str
    """Column that identifies a row, the same in all configs."""
    digest: str
    """sha256 over the names and bytes of its files."""
    normalised: int
    """Fields that were not in NFC and now are."""
    license: str | None = None
    """As the recipe or the repository's card names it."""
    repo: str | None = None
    """OWNER/NAME of a source from the Hub."""
    revision: str | None = None
    """Its commit."""


class Engine(Part):
    """What translated."""

    model: str
    revision: str | None = None
    """Commit of a model from the Hub."""
    license: str | None = None
    """Of the weights, where it is known."""
    digest: str
    library: str
    options: dict[str, str | int | float]


class Rows(Part):
    """Rows of a config that differ from those of the version before, by their ids."""

    added: int = 0
    removed: int = 0
    changed: int = 0


class Change(Part):
    """What a version changed."""

    version: str
    reason: str
    """Why it has this number."""
    rows: dict[str, Rows] = {}
    """Configs that differ from the version before; of the first version none."""


class Manifest(Part):
    """All of a release but the data."""

    format: Literal[1] = 1
    name: str
    version: str = Field(pattern=r"^(auto|\d+\.\d+\.\d+)$")
    title: str
    license: str
    signature: str
    """One line from which the release can be made again."""
    language: str
    """Source language."""
    source: Source
    engine: Engine
    recipe: dict[str, Any]
    """The recipe as it was read; paths shortened to their last part."""
    tools: dict[str, str]
    """Versions of the libraries that decide the bytes."""
    learnt: dict[str, Any]
    """What was learnt from the whole corpus; kept by the next version unless `refit: true`."""
    configs: dict[str, Config]
    files: tuple[File, ...] = ()
    """The other files: card and rejects."""
    changes: tuple[Change, ...] = ()
    """History up to this version, the oldest first."""

    def content(self) -> str:
        """Digest of all but the version and its history: equal content is the same release."""
        values = self.model_dump(mode="json", exclude={"version", "files", "signature", "changes"})
        values["recipe"] = self.made_by
        values["rejects"] = [file.model_dump() for file in self.rejected]
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()

    @property
    def made_by(self) -> dict[str, Any]:
        """The recipe as far as it decides the content: a version pin does not."""
        return {key: value for key, value in self.recipe.items() if key != "release"}

    @property
    def rejected(self) -> list[File]:
        """The files of what was not released."""
        return [file for file in self.files if file.path.startswith("rejected/")]

    def text(self) -> str:
        """As it stands in manifest.json."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
