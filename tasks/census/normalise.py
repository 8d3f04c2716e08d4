"""Normalise: the tags of datasets as columns. Pure, frame to frame.

The rules. `language_kind` counts languages by ISO 639-3, known to the registry or else valid in ISO 639; `code` and other words are none,
`multilingual` and `mul` mean multi. `licence_class` is the gravest of all licences named, for parts of a dataset may stand under each.
`organisation` goes by the author's name.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache

import polars as pl

from schemas.census import CENSUS
from schemas.languages import code_of, language
from schemas.licences import licence
from tasks.census.cards import SECTIONS

CODED = ("language", "license", "task_categories", "modality", "size_categories", "arxiv")  # prefixes with columns of their own
GRAVE = ("unknown", "research", "no-derivatives", "non-commercial", "share-alike", "use-restricted", "permissive", "public-domain")
MULTI = {"multilingual", "mul"}
SIZES = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B"]
SIZES += ["1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"]
GROUPS = {
    "generation": ("text-generation", "text2text-generation", "summarization", "table-to-text", "fill-mask", "conversational"),
    "question answering": ("question-answering", "table-question-answering", "multiple-choice"),
    "classification": ("text-classification", "zero-shot-classification", "token-classification", "tabular-classification"),
    "translation": ("translation",),
    "retrieval": ("text-retrieval", "sentence-similarity", "feature-extraction", "text-ranking"),
}
SPEECH, VISION = re.compile(r"audio|speech|voice"), re.compile(r"image|visual|video|object-|depth|3d|document|mask-gen|keypoint")
KNOWN = {  # first words of authors' names
    "company": "google microsoft nvidia facebook amazon apple openai anthropic cohere naver kakao kakaobrain samsung lgai upstage nexdata "
    "alibaba qwen tencent baidu bytedance huawei ibm intel salesforce snowflake databricks sony rakuten cyberagent huggingface mistralai "
    "unbabel appen shaip fujitsu servicenow basf ntt zhipu deepseek moonshotai stabilityai",
    "research": "helsinki princeton masakhane wuenlp klue neulab allenai bsc kaist snu postech yonsei stanford berkeley cmu eth inria cnrs "
    "etri keti michigannlp zurichnlp tsinghua waseda",
    "community": "bigscience openassistant opengvlab eleutherai openfoodfacts mteb laion mozilla wikimedia wikipedia",
}
WORDS = {
    "research": "univ university lab labs nlp institute research academy college school",
    "community": "community foundation org collective association commons masakhane hackathon",
    "company": "corp corporation inc ltd llc gmbh company technologies bank",
}
_RULES = [(kind, frozenset(words.split()), known) for known, table in ((True, KNOWN), (False, WORDS)) for kind, words in table.items()]


def normalise(state: pl.DataFrame) -> pl.DataFrame:
    """The census of datasets as the history has them: all columns of CENSUS, of lists those in order of the alphabet, in order of id.

    state: id, author, tags (List of String, distinct), under, and the columns that are taken over as they are.
    """
    state = state.sort("id").with_row_index("row")
    split = _split(state)
    lists = [
        _list(split, "language", "languages", code_of),
        _list(split, "language", "other_languages", lambda tag: None if code_of(tag) else tag),
        _list(split, "license", "licences", str),
        _list(split, "task_categories", "tasks", str),
        _list(split, "task_categories", "task_groups", group),
        _list(split, "modality", "modalities", str),
        _list(split, "arxiv", "arxiv", str),
        _list(split, None, "tags", str),
    ]
    frame = state.drop("tags", "arxiv", strict=False)
    for each in (*lists, _kinds(split), _classes(split), _sizes(split)):
        frame = frame.join(each, on="row", how="left", maintain_order="left")
    names = [each.columns[1] for each in lists]
    frame = frame.with_columns(pl.col(names).fill_null([]), pl.col("language_kind").fill_null("none"))
    frame = frame.with_columns(
        pl.col("licence_class").fill_null("unknown"),
        pl.col("author").replace_strict(*_mapped(frame["author"], organisation), return_dtype=pl.String).alias("organisation"),
        (pl.col("card_sections").list.len() / len(SECTIONS)).round(2).alias("card_coverage"),
        pl.col("under").alias("found_under"),
    )
    return frame.select(CENSUS.names)


def language_of(tag: str) -> str | None:
    """The ISO 639-3 code that a language tag counts as, the tag itself of a language that the registry lacks; None for what is none."""
    if code := code_of(tag):
        return language(code).iso639_3
    return tag.lower() if tag.lower() not in MULTI and _valid(tag) else None


def group(task: str) -> str:
    """The group of a task category: one of GROUPS, speech, vision, other."""
    for name, tasks in GROUPS.items():
        if task in tasks:
            return name
    return "speech" if SPEECH.search(task) else "vision" if VISION.search(task) else "other"


def organisation(author: str) -> str:
    """company, research, community or unknown: by the first word of an author's name if it is KNOWN, else by any of WORDS in it.

    KAIST-AI is research, AmazonScience a company, jaeyong2 unknown: lists do not say whether an author is a person.
    """
    words = [word.casefold() for word in re.findall(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+", author)]
    first = {author.casefold(), re.split(r"[-_.]", author.casefold())[0], *words[:1]}
    for kind, names, known in _RULES:
        if names & (first if known else set(words)):
            return kind
    return "unknown"


def gravest(licences: Iterable[str]) -> str:
    """The class of several licences together."""
    return min((licence(name).kind for name in licences), key=GRAVE.index, default="unknown")


def _split(state: pl.DataFrame) -> pl.DataFrame:
    """row, prefix (null of what has no column of its own) and value of every tag; each distinct tag is looked at once."""
    rows = state.select("row", pl.col("tags").alias("tag")).explode("tag").drop_nulls("tag")
    prefix = pl.col("tag").str.extract(r"^([a-z_]+):", 1)
    tags = rows.select(pl.col("tag").unique()).with_columns(pl.when(prefix.is_in(CODED)).then(prefix).alias("prefix"))
    value = pl.col("tag").str.strip_prefix(pl.col("prefix") + ":")
    tags = tags.with_columns(pl.when(pl.col("prefix").is_null()).then("tag").otherwise(value).alias("value"))
    return rows.join(tags, on="tag").select("row", "prefix", "value")


def _list(split: pl.DataFrame, prefix: str | None, name: str, of: Callable[[str], str | None]) -> pl.DataFrame:
    """row and a list of the distinct values that `of` gives for the tags of one prefix; it is asked once for each distinct tag."""
    rows = split.filter(pl.col("prefix").eq_missing(pl.lit(prefix)))
    if of is not str:
        rows = rows.with_columns(pl.col("value").replace_strict(*_mapped(rows["value"], of), return_dtype=pl.String)).drop_nulls("value")
    return rows.group_by("row").agg(pl.col("value").unique().sort().alias(name))


def _mapped(values: pl.Series, of: Callable[[str], str | None]) -> tuple[pl.Series, pl.Series]:
    distinct = values.unique().drop_nulls()
    return distinct, pl.Series([of(value) for value in distinct], dtype=pl.String)


def _kinds(split: pl.DataFrame) -> pl.DataFrame:
    rows = split.filter(pl.col("prefix") == "language")
    multi = rows.group_by("row").agg(pl.col("value").str.to_lowercase().is_in(list(MULTI)).any().alias("multi"))
    count = _list(split, "language", "found", language_of)
    found = multi.join(count, on="row", how="left").with_columns(pl.col("found").list.len().fill_null(0))
    several = pl.col("multi") | (pl.col("found") > 2)
    kind = (
        pl.when(several)
        .then(pl.lit("multi"))
        .otherwise(pl.col("found").replace_strict([0, 1, 2], ["none", "mono", "bi"], default="multi", return_dtype=pl.String))
    )
    return found.select("row", kind.alias("language_kind"))


def _classes(split: pl.DataFrame) -> pl.DataFrame:
    rows = split.filter(pl.col("prefix") == "license")
    kinds = pl.Series("kind", [GRAVE.index(licence(name).kind) for name in rows["value"].unique(maintain_order=True)], dtype=pl.UInt32)
    rows = rows.join(rows.select(pl.col("value").unique(maintain_order=True)).with_columns(kinds), on="value")
    worst = rows.group_by("row").agg(pl.col("kind").min())
    return worst.select(
        "row", pl.col("kind").replace_strict(list(range(len(GRAVE))), list(GRAVE), return_dtype=pl.String).alias("licence_class")
    )


def _sizes(split: pl.DataFrame) -> pl.DataFrame:
    rows = split.filter(pl.col("prefix") == "size_categories")
    rank = pl.col("value").replace_strict(SIZES, list(range(len(SIZES))), default=None, return_dtype=pl.UInt32)
    largest = rows.with_columns(rank.alias("rank")).drop_nulls("rank").group_by("row").agg(pl.col("rank").max())
    return largest.select("row", pl.col("rank").replace_strict(list(range(len(SIZES))), SIZES, return_dtype=pl.String).alias("size"))


@cache
def _valid(tag: str) -> bool:
    """Whether a tag is a code of ISO 639; names and invented codes are not."""
    import langcodes

    return bool(re.fullmatch(r"[A-Za-z]{2,3}([-_]\w+)*", tag)) and langcodes.tag_is_valid(tag)
