"""Account: the manifest of a release, from the shards as they were read back. Every row has its place or the build fails."""

from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Literal

from flows.steps import Derived, Job, Learnt
from schemas import manifest as m
from schemas.errors import IntegrityError
from schemas.plan import Part, Plan
from schemas.recipe import Recipe
from tasks.materialise import Shard
from tasks.translate import Translator

TOOLS = ("babelmill", "ctranslate2", "sentencepiece", "icu4py", "pyarrow", "polars", "py3langid", "langdetect", "uroman")
Kind = Literal["source", "translation", "code-switch", "transliterate"]


def manifest(job: Job, configs: dict[str, m.Config], learnt: Learnt) -> m.Manifest:
    """The manifest without its files beside the configs."""
    recipe, plan, identity = job.recipe, job.plan, job.engine.identity
    values = recipe.model_dump(mode="json", exclude={"refit"})
    if "path" in values["source"]:
        values["source"]["path"] = recipe.source.name
    if "model" in values["translate"]:
        values["translate"]["model"] = identity.model
    return m.Manifest(
        name=recipe.name,
        version=recipe.release.version,
        title=recipe.title,
        license=recipe.license,
        signature=job.signature,
        language=recipe.language,
        source=m.Source(
            name=recipe.source.name,
            format=recipe.source.format,
            id=plan.id,
            digest=plan.digest,
            normalised=plan.normalised,
            license=recipe.source.license,
            repo=getattr(recipe.source, "repo", None),
            revision=getattr(recipe.source, "revision", None),
        ),
        engine=m.Engine(
            model=identity.model,
            revision=identity.revision,
            license=identity.license,
            digest=identity.digest,
            library=identity.library,
            options=identity.options,
        ),
        recipe=values,
        tools={name: version(name) for name in TOOLS},
        learnt=learnt,
        configs=configs,
    )


def parts(recipe: Recipe, plan: Plan) -> list[Part]:
    """What a release consists of, source first."""
    return [Part(config, code, split) for config, (code, _) in _kinds(recipe).items() for split in plan.splits]


def configs(job: Job, derived: Sequence[Derived], written: Sequence[tuple[Part, Sequence[Shard]]]) -> dict[str, m.Config]:
    """Source, translations, variants: their rows as the files have them."""
    found: dict[str, m.Config] = {}
    for config, (code, kind) in _kinds(job.recipe).items():
        mine = {part: shards for part, shards in written if part.config == config}
        splits = {part.split: _account(job, part, shards, derived) for part, shards in mine.items()}
        found[config] = m.Config(language=code, kind=kind, columns=next(iter(mine.values()))[0].columns, splits=splits)
    return found


def _kinds(recipe: Recipe) -> dict[str, tuple[str, Kind]]:
    kinds: dict[str, tuple[str, Kind]] = {recipe.language: (recipe.language, "source")}
    kinds |= {code: (code, "translation") for code in recipe.translate.into}
    return kinds | {f"{code}.{v.name}": (code, v.kind) for code in recipe.translate.into for v in recipe.variants_of(code)}


def _account(job: Job, part: Part, shards: Sequence[Shard], derived: Sequence[Derived]) -> m.Split:
    """Raises IntegrityError unless rows in = rows out + set aside + rejected."""
    ranges = job.plan.splits[part.split]
    files = tuple(shard.file for shard in shards)
    chunks = [d for d in derived if (d.chunk.language, d.chunk.split) == (part.language, part.split)]
    told = [*shards, *(chunks if part.config == part.language else ())]
    account = m.Split(
        rows_in=sum(r.rows_in for r in ranges),
        rows_out=sum(file.rows or 0 for file in files),
        set_aside=sum(r.set_aside for r in ranges),
        rejected=sum(d.rejected_rows for d in chunks),
        sentences=sum(r.segments for r in ranges) if part.config in job.recipe.translate.into else 0,
        fields=sum(each.verdicts.total() for each in told),
        verdicts=_total(each.verdicts for each in told),
        reasons=_total(each.reasons for each in told),
        tried=_total(each.tried for each in told),
        projection=_projection(shards) if job.recipe.project and part.config in job.recipe.translate.into else None,
        counts=_total(shard.counts for shard in shards),
        files=files,
    )
    if account.rows_in != account.rows_out + account.set_aside + account.rejected:
        raise IntegrityError(f"{job.recipe.name} {part}: rows were lost: {account.model_dump(exclude={'files'})}. Report this.")
    return account


def _projection(shards: Sequence[Shard]) -> m.Projection:
    """Of the rows that were released."""
    methods, dropped = _total(s.projected for s in shards), _total(s.dropped for s in shards)
    projected = sum(methods.values())
    return m.Projection(spans=projected + sum(dropped.values()), projected=projected, dropped=dropped, methods=methods)


def _total(counters: Iterable[Counter[str]]) -> dict[str, int]:
    return dict(sorted(sum(counters, Counter()).items()))


def signature(recipe: Recipe, plan: Plan, engine: Translator) -> str:
    """One line from which the release can be made again."""
    identity = engine.identity
    options = [f"{k}:{v}" for k, v in identity.options.items() if k in ("beam_size", "compute_type")]
    name = recipe.source.name  # of the Hub with its commit, which says more than a digest
    source = f"src:{name}" if recipe.source.format == "hub" else f"src:{name}@{plan.digest[:12]}"
    aligner = [f"align:{recipe.project.aligner}"] if recipe.project else []
    return "|".join([source, f"mt:{identity.model}@{identity.digest[:12]}", identity.library.replace(" ", ":"), *options, *aligner])
