"""The recipe: one YAML file says what a dataset is made of. Every key is described; unknown keys are refused.

The command line, the Prefect form and the card all come from this model.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from schemas import languages
from schemas.errors import RecipeError
from schemas.sources import Source, Strict


def _code(alias: str) -> str:
    try:
        return languages.language(alias).code
    except RecipeError as error:
        raise ValueError(str(error)) from None


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} named twice")
    return names


HUB_NAME = r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*"  # OWNER/NAME
Code = Annotated[str, AfterValidator(_code)]
CheckName = Literal["empty", "loop", "truncated", "script", "copied", "length-ratio", "language"]


class Annotation(Strict):
    """A column that points into a field."""

    field: str
    """The field whose text the offsets count in."""
    column: str
    """The column that holds them."""
    format: Literal["mind", "spans", "squad"]
    """How they are written: MIND's entities, a list of {start, end, label}, or SQuAD's {text, answer_start}."""


class _Translate(Strict):
    into: tuple[Code, ...] = Field(min_length=1)
    """Target languages, under any alias of the registry."""

    @field_validator("into")
    @classmethod
    def _languages_distinct(cls, into: tuple[str, ...]) -> tuple[str, ...]:
        return _distinct(into)


class Shortlist(Strict):
    """A part of the vocabulary for each target language, where the model says the same with it: about twice as fast with NLLB."""

    text: str | None = None
    """A file of text in the language, a line a sentence; {language} in it stands for the code. Only pieces seen in it are listed
    (beside single letters and what has no letters); without it every piece of the script is."""
    floor: float = Field(98.0, ge=0, le=100)
    """Least chrF against the whole vocabulary, over a sample of the corpus; a language that falls below is translated without."""
    sample: int = Field(100, ge=1, le=100_000)
    """Sentences in the sample."""


class CTranslate2(_Translate):
    """A CTranslate2 model of the families of NLLB-200, M2M100, MADLAD-400 or OPUS-MT."""

    engine: Literal["ctranslate2"] = "ctranslate2"
    """What translates."""
    model: str = "demo"
    """`demo`, a folder with model.bin and its tokenizer, or OWNER/NAME on the Hub: a CTranslate2 model, or a checkpoint to convert."""
    revision: str | None = Field(None, min_length=1)
    """Commit, tag or branch of a model on the Hub; without it main as it was when first fetched. The release names the commit."""
    compute_type: Literal["auto", "int8", "int8_float32", "float32", "int8_float16", "float16", "bfloat16"] = "auto"
    """Number format; auto is int8 on a CPU, float16 on a GPU."""
    beam_size: int = Field(4, ge=1, le=32)
    """Hypotheses kept while decoding; 1 is greedy, faster and without scores."""
    length_penalty: float = Field(1.0, ge=0, le=5)
    """Exponent of the length in the score of a beam."""
    repetition_penalty: float = Field(1.0, ge=1, le=5)
    """Above 1 makes repeating a token less likely."""
    max_decoding_length: int = Field(256, ge=1, le=4096)
    """Most tokens of one translated sentence; a sentence that reaches it counts as truncated."""
    shortlist: Shortlist | None = None
    """Restricts what may be written in each language; off unless given."""
    second_tries: tuple[Literal["clauses", "repetition"], ...] = ("clauses", "repetition")
    """What is tried, in this order, with sentences whose translation is empty, a loop, truncated, in the wrong script or a copy:
    `clauses` cuts them at the marks between clauses, or at spaces, `repetition` leaves them whole; both penalise repetition."""

    @field_validator("second_tries")
    @classmethod
    def _tries_distinct(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return _distinct(names)

    @property
    def on_hub(self) -> bool:
        """Whether `model` is OWNER/NAME on the Hub, and neither `demo` nor a folder."""
        return re.fullmatch(HUB_NAME, self.model) is not None and not Path(self.model).is_dir()


class Echo(_Translate):
    """No model: every sentence comes back marked with its target language. For trying a recipe out."""

    engine: Literal["echo"]
    """What translates."""


Translate = Annotated[CTranslate2 | Echo, Field(discriminator="engine")]


class Project(Strict):
    """How spans are carried over to the translations."""

    aligner: Literal["statistical", "attention"] = "statistical"
    """What links words: fitted on the corpus itself, or the model's own attention (of models trained for it)."""


class CodeSwitch(Strict):
    """The source text with entities in the target language: config LANGUAGE.code-switch-entity."""

    kind: Literal["code-switch"]
    """What is derived."""
    method: Literal["entity"] = "entity"
    """What is switched."""
    rate: float = Field(1.0, gt=0, le=1)
    """Share of the entities that are switched, drawn for each."""
    seed: int = 13
    """Drawn from with the row's id."""
    markers: bool = True
    """Whether switched entities stand in <xx>...</xx>, xx the language, as in EntityCS."""

    @property
    def name(self) -> str:
        """What its configs are called after the language."""
        return f"{self.kind}-{self.method}"


class Transliterate(Strict):
    """The translation in another script: config LANGUAGE.transliterate-Latn. Languages written in it have none."""

    kind: Literal["transliterate"]
    """What is derived."""
    to: Literal["Latn"] = "Latn"
    """Script (ISO 15924)."""
    romaniser: Literal["uroman"] = "uroman"
    """Library."""

    @property
    def name(self) -> str:
        """What its configs are called after the language."""
        return f"{self.kind}-{self.to}"


Variant = Annotated[CodeSwitch | Transliterate, Field(discriminator="kind")]


class Checks(Strict):
    """What is looked at in every translated field."""

    reject: tuple[CheckName, ...] = ("empty", "loop", "truncated", "script", "copied")
    """Hard faults: the translation is not released."""
    flag: tuple[CheckName, ...] = ("length-ratio", "language")
    """Doubts: released, and named in the quality column."""
    on_reject: Literal["field", "row"] = "field"
    """`field` empties the field; `row` sends the row to rejected/."""
    identifier: Literal["py3langid", "langdetect"] = "py3langid"
    """Library behind the language check."""


class _Release(Strict):
    version: str = Field("auto", pattern=r"^(auto|(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2})$")
    """`auto` raises the last version by what changed; or a version of your own."""


class LocalRelease(_Release):
    """A version in the warehouse."""

    store: Literal["local"] = "local"
    """Where the release goes."""


class HubRelease(_Release):
    """A version in the warehouse, and then on the Hub: one commit, and its tag."""

    store: Literal["hub"]
    """Where the release goes."""
    repo: str = Field(pattern=rf"^{HUB_NAME}$")
    """OWNER/NAME of the dataset; it is made if it is not there."""
    private: bool = True
    """Whether only its owner may read it; false where the licences allow everybody to."""
    accept_licence: str | None = None
    """Who permits, and where, what the licences of source and model alone do not; goes onto the card."""


Release = Annotated[LocalRelease | HubRelease, Field(discriminator="store")]


class Recipe(Strict):
    """One dataset."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    """Name of the release: small letters, digits, dot, dash."""
    title: str
    """One line that says what the dataset is."""
    license: str = "unknown"
    """Licence of the result, as the Hub names it (cc-by-4.0, ...)."""
    source: Source
    """What is translated."""
    language: Code
    """Language of the source."""
    fields: tuple[str, ...] = Field(min_length=1)
    """Columns that are translated; every other column is carried over."""
    annotations: tuple[Annotation, ...] = ()
    """Columns that point into the fields."""
    translate: Translate
    """Engine, model and target languages."""
    project: Project | None = None
    """How the annotations are carried over; without it they stay with the source."""
    variants: tuple[Variant, ...] = ()
    """What else is derived from each translation."""
    checks: Checks = Checks()
    """What is looked at in every translation."""
    release: Release = LocalRelease()
    """Where the result goes and under which version."""
    chunk_rows: int = Field(10_000, ge=1, le=1_000_000)
    """Source rows per chunk: the unit of parallel work, and what is repeated after a crash."""
    refit: bool = False
    """Learn corpus statistics anew instead of keeping those of the last version."""

    @field_validator("fields")
    @classmethod
    def _fields_distinct(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        return _distinct(fields)

    @model_validator(mode="before")
    @classmethod
    def _default_engine(cls, values: Any) -> Any:
        """A union needs its tag: ctranslate2 is the engine and local the store where none is named."""
        if isinstance(values, dict) and isinstance(values.get("translate"), dict):
            values = {**values, "translate": {"engine": "ctranslate2", **values["translate"]}}
        if isinstance(values, dict) and isinstance(values.get("release"), dict):
            values = {**values, "release": {"store": "local", **values["release"]}}
        return values

    @model_validator(mode="after")
    def _consistent(self) -> "Recipe":
        if self.language in self.translate.into:
            raise ValueError(f"translate.into names {self.language}, the language of the source")
        strangers = [a.field for a in self.annotations if a.field not in self.fields]
        if strangers:
            raise ValueError(f"annotations point at {strangers[0]!r}, which is not among fields")
        columns = [a.column for a in self.annotations]
        if twice := sorted({name for name in columns if columns.count(name) > 1}):
            raise ValueError(f"annotations name the column {twice[0]!r} twice; its offsets count in one field")
        if self.project and not self.annotations:
            raise ValueError("project needs annotations: which columns point into the fields")
        kinds = [v.kind for v in self.variants]
        if "code-switch" in kinds and not self.project:
            raise ValueError("a code-switch variant puts projected entities in; add project: {aligner: statistical}")
        if len(set(kinds)) < len(kinds):
            raise ValueError("variants: one of each kind")
        return self

    def variants_of(self, code: str) -> list[CodeSwitch | Transliterate]:
        """The variants of a target language: what is in a script already is not transliterated to it."""
        script = languages.language(code).script
        return [v for v in self.variants if not (isinstance(v, Transliterate) and v.to == script)]

    def added(self) -> set[str]:
        """Columns that a release has and the source does not."""
        annotated = [a.field for a in self.annotations if any(isinstance(v, CodeSwitch) for v in self.variants)]
        names = {f"{field}_quality" for field in self.fields}
        names |= {f"{a.column}_projection" for a in self.annotations if self.project}
        return names | {f"{field}_{name}" for field in annotated for name in ("switches", "tokens", "language_tags")}

    def bound(self) -> list[str]:
        """Columns that point into the source text and are not carried over: they may stand beside no other text."""
        carried = {a.column for a in self.annotations} if self.project else set()
        return [c for c in dict.fromkeys((*(a.column for a in self.annotations), *self.source.bound)) if c not in carried]
