"""The sources of a recipe: where the rows come from, and how they are written."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _one_split(split: str) -> str:
    if split == "all":
        raise ValueError("'all' stands for every split together in the library datasets; name another, such as train")
    return split


Split = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,40}$"), AfterValidator(_one_split)]


class _Source(Strict):
    license: str | None = None
    """Licence of the source, as the Hub names it; where nothing says it the result stays private."""

    @property
    def bound(self) -> tuple[str, ...]:
        """Columns that spell out or point into the source's text, so that they may not stand beside a translation."""
        return ()


class _Bounded(Strict):
    max_bytes: int = Field(64 << 30, ge=1)
    """Bytes that a split may hold once it is unpacked, 64 GiB unless changed; a guard against files made to fill the memory."""


class _File(_Source):
    path: Path
    """File or folder; relative to the recipe, else to the current folder, else `data/...` of the installation."""
    split: Split = "train"
    """Name of the split that the rows go to."""

    @property
    def name(self) -> str:
        """What signature and manifest call it: the same wherever it lies."""
        return self.path.name

    @property
    def where(self) -> str:
        """What messages call it."""
        return str(self.path)


class MindSource(_File):
    """MIND: a folder with news.tsv, or with one folder per split (train, dev, test) that has one."""

    format: Literal["mind"]
    """How the source is written."""
    license: str | None = "mind"
    """Licence of the source; without it that of MIND, which forbids to pass the corpus on."""

    @property
    def bound(self) -> tuple[str, ...]:
        return ("title_entities", "abstract_entities")


class JsonlSource(_File, _Bounded):
    """JSON lines: one object per line; .jsonl.gz and .jsonl.zst too."""

    format: Literal["jsonl"]
    """How the source is written."""
    id: str | None = None
    """Column that identifies a row; without it a column `id`, else the row's number."""


class DelimitedSource(_File, _Bounded):
    """CSV (RFC 4180) or TSV with a header line; .gz and .zst too."""

    format: Literal["csv", "tsv"]
    """How the source is written: separated by commas or by tabs."""
    id: str | None = None
    """Column that identifies a row; without it a column `id`, else the row's number."""
    quoted: bool = True
    """Whether double quotes protect separators and line ends; false takes quotes as text."""


class ParquetSource(_File, _Bounded):
    """One Parquet file, or a folder of them read in the order of their names."""

    format: Literal["parquet"]
    """How the source is written."""
    id: str | None = None
    """Column that identifies a row; without it a column `id`, else the row's number."""


class ConllSource(_File):
    """CoNLL: a token a line, its tag last, a blank line after each sentence. Columns text, tokens, tags and spans."""

    format: Literal["conll"]
    """How the source is written."""
    token_column: int = 0
    """Column of the tokens, from 0; negative counts from the last."""
    tag_column: int = -1
    """Column of the tags (IOB1, BIO, BIOES or BILOU)."""

    @property
    def bound(self) -> tuple[str, ...]:
        return ("tokens", "tags", "spans")


class SquadSource(_File):
    """SQuAD 1.1 or 2.0: JSON; a row for each question, with its context and answers."""

    format: Literal["squad"]
    """How the source is written."""

    @property
    def bound(self) -> tuple[str, ...]:
        return ("answers", "plausible_answers")


class HubSource(_Source, _Bounded):
    """A dataset repository of the Hugging Face Hub: Parquet, JSON lines, CSV or TSV files, never scripts. Fetched as they are read."""

    format: Literal["hub"]
    """How the source is written."""
    repo: str = Field(pattern=r"^([A-Za-z0-9][\w.-]*/)?[A-Za-z0-9][\w.-]*$", max_length=96)
    """OWNER/NAME."""
    revision: str | None = Field(None, min_length=1)
    """Commit, tag or branch; without it main. The release names the commit."""
    config: str | None = None
    """Which of the configs on the repository's card; needed where it has several and no default."""
    files: dict[Split, str] = {}
    """Split -> pattern of its files (data/train-*.parquet), instead of what the card or the names of the files say."""
    split: Split | None = None
    """The one split to read; without it all."""
    id: str | None = None
    """Column that identifies a row; without it a column `id`, else the row's number."""

    @property
    def name(self) -> str:
        """What signature and manifest call it; with the commit once the source is pinned (tasks.read.pinned)."""
        return f"{self.repo}@{self.revision}" if self.revision else self.repo

    @property
    def where(self) -> str:
        """What messages call it."""
        return self.name


Source = Annotated[
    MindSource | JsonlSource | DelimitedSource | ParquetSource | ConllSource | SquadSource | HubSource, Field(discriminator="format")
]
