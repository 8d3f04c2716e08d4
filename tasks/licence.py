"""Licence: where a release may go, by the licences of what it was made of and the one that it promises.

What is asked of the result, by input. The source and other texts: no derivatives = forbidden, since a translation is one;
no distribution = forbidden without a permission in writing; share-alike, non-commercial, research only and lists of forbidden
uses go over to the result. Weights: whether a translation is bound by their licence is not settled everywhere; here
non-commercial weights (NLLB: cc-by-nc-4.0) make a non-commercial result, and the rest binds those who run the model alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from schemas.errors import RecipeError
from schemas.licences import Licence, licence, licences
from schemas.manifest import Manifest

Level = Literal["public", "gated", "private", "forbidden"]
Role = Literal["source", "model", "other"]
LEVELS: tuple[Level, ...] = ("public", "gated", "private", "forbidden")
FEWEST = 3  # words of a reason: "yes" is none


@dataclass(frozen=True)
class Input:
    """Something that a release was made of."""

    role: Role
    name: str
    licences: tuple[Licence, ...]  # several where its parts, or its users' choices, differ

    @property
    def what(self) -> str:
        """What reasons call it."""
        return f"{'the weights of' if self.role == 'model' else f'the {self.role}' if self.role == 'source' else 'the input'} {self.name}"

    def barring(self) -> Licence | None:
        """Its licence that bars commercial use, if any."""
        return next((each for each in self.licences if each.commercial == "no"), None)

    @property
    def for_research(self) -> bool:
        """Whether it is a text that only those may use who do research."""
        return self.role != "model" and any(each.kind == "research" for each in self.licences)


@dataclass(frozen=True)
class Verdict:
    """Where a release may go at most."""

    level: Level
    licence: str  # the freest that the inputs leave to the result, as the Hub names it; unknown where nothing can be said
    reasons: tuple[str, ...]  # gravest first
    acceptable: bool  # whether a reason in writing (--accept-licence) would lift the level


@dataclass(frozen=True)
class _Finding:
    level: Level
    text: str
    lifted: Level | None = None  # where a reason in writing takes it; None: nowhere


def verdict(manifest: Manifest, accepted: str | None = None) -> Verdict:
    """Where a release may go; `accepted`: the reason in writing why more is allowed than the licences say.

    Raises RecipeError where `accepted` is no reason.
    """
    return judge(inputs(manifest), licence(manifest.license), accepted)


def warnings(manifest: Manifest) -> list[str]:
    """What to tell those who build: why nothing of this may be published as it is."""
    return [f.text for f in _findings(inputs(manifest), licence(manifest.license)) if f.level == "forbidden"]


def inputs(manifest: Manifest) -> list[Input]:
    """What a release was made of; an echo has no weights."""
    source, engine = manifest.source, manifest.engine
    made_of = [Input("source", source.name, _several(source.license))]
    return made_of if engine.model == "echo" else [*made_of, Input("model", engine.model, _several(engine.license))]


def judge(inputs: Sequence[Input], result: Licence, accepted: str | None = None) -> Verdict:
    """The verdict over inputs and the licence of what was made of them. Raises RecipeError where `accepted` is no reason."""
    if accepted is not None and len(accepted.split()) < FEWEST:
        raise RecipeError(
            f"--accept-licence {accepted!r} is no reason. Say who permits it and where that is written; the words go onto the card."
        )
    found = sorted(_findings(inputs, result), key=lambda finding: -LEVELS.index(finding.level))
    strict, lifted = _gravest([f.level for f in found]), _gravest([f.lifted or f.level for f in found])
    reasons = [f.text for f in found] or ["every input allows it: " + ", ".join(f"{i.what} ({_named(i.licences)})" for i in inputs)]
    if accepted is not None:
        return Verdict(lifted, _right(inputs), tuple(reasons), False)
    return Verdict(strict, _right(inputs), tuple(reasons), lifted != strict)


def _gravest(levels: Sequence[Level]) -> Level:
    return max(levels, key=LEVELS.index, default="public")


def _findings(inputs: Sequence[Input], result: Licence) -> Iterator[_Finding]:
    for each in inputs:
        yield from _of_input(each)
    yield from _of_result(inputs, result)


def _of_input(each: Input) -> Iterator[_Finding]:
    """What an input says by itself."""
    for terms in each.licences:
        if not terms.known:
            stated = "says nothing that is known" if terms.name in ("Unknown", "Other (see the source)") else f"is {terms.name!r}"
            text = f"the licence of {each.what} {stated}; ask its makers, or name it in the recipe"
            yield _Finding("private", text, "public")
        elif each.role != "model" and terms.distribution == "no":
            text = f"{each.what} is under {terms.name}, which forbids to pass it on; only a permission in writing lifts this"
            yield _Finding("forbidden", text, "gated")
        elif each.role != "model" and terms.derivatives != "yes":
            yield _Finding("forbidden", f"{each.what} is {terms.id}, which allows no derivatives, and a translation is one")
        elif each.role != "model" and terms.kind == "research":
            yield _Finding("gated", f"{each.what} is under {terms.name}, for research only: let readers agree to that first")


def _of_result(inputs: Sequence[Input], result: Licence) -> Iterator[_Finding]:
    """What the result promises beyond its inputs."""
    right, promised = _right(inputs), result.id if result.id != "unknown" else repr(result.name)
    advice = f"license: {right} would be right" if right != "unknown" else "ask its makers"
    texts = [each for each in inputs if each.role != "model"]
    options = _options(texts)
    if options is not None and not _allowed(options, inputs):
        yield _conflict(options, inputs)
    if not result.known:
        named = result.id == "unknown" and result.name != "Unknown"
        text = f"what {promised} allows is not known; {advice}" if named else f"the recipe names no licence of the result; {advice}"
        yield _Finding("private", text, "public" if named else None)
        return
    if options is not None and result.id not in options:
        alike = ", ".join(f"{each.what} is {_named(each.licences)}" for each in texts if _carries(each))
        yield _Finding("forbidden", f"{alike}, which has to be passed on as it is; the result says {promised}; {advice}")
    for each in inputs:
        barring = each.barring()
        if barring and not each.for_research and result.commercial != "no" and (options is None or _allowed(options, inputs)):
            text = f"{_subject(each)} {barring.id}, which bars commercial use; the result says {promised}, which allows it; {advice}"
            yield _Finding("forbidden", text)
        for terms in each.licences if each.role != "model" else ():
            if terms.kind == "research" and result.id != terms.id:
                text = f"{each.what} is for research only; the result says {promised}, which allows more; {advice}"
                yield _Finding("forbidden", text, "gated")
            if terms.kind == "use-restricted" and result.id != terms.id:
                text = f"{each.what} is {terms.id}, whose forbidden uses have to be passed on; the result says {promised}; {advice}"
                yield _Finding("forbidden", text)
            if result.kind == "public-domain" and terms.known and terms.kind != "public-domain":
                yield _Finding("forbidden", f"{each.what} is {terms.id}, which asks for a name; the result says {promised}; {advice}")


def _conflict(options: Sequence[str], inputs: Sequence[Input]) -> _Finding:
    """No licence is left for the result."""
    alike = [f"{each.what} ({_named(each.licences)})" for each in inputs if _carries(each)]
    if not options:
        return _Finding("forbidden", f"each of {' and '.join(alike)} has to be passed on as it is, and no licence is both")
    barring = [each for each in inputs if each.barring()]
    text = f"{' and '.join(alike)} has to be passed on as it is, which allows commercial use; " + ", ".join(
        f"{_subject(each)} {_named(each.licences)}, which bars it" for each in barring
    )
    return _Finding("forbidden", text, "public" if all(each.role == "model" for each in barring) else None)


def _right(inputs: Sequence[Input]) -> str:
    """The freest licence that the inputs leave to the result: the source's own where that is one."""
    texts = [terms for each in inputs if each.role != "model" for terms in each.licences]
    own = [terms.id for terms in texts]
    options = _options([each for each in inputs if each.role != "model"])
    if options is not None:
        allowed = _allowed(options, inputs)
        return next((name for name in own if name in allowed), allowed[-1]) if allowed else "unknown"
    if not texts or not all(terms.known and terms.derivatives == "yes" for terms in texts):
        return "unknown"
    barred = any(each.barring() for each in inputs)
    kinds = {terms.kind: terms.id for terms in reversed(texts)}
    for kind in ("research", "use-restricted", "non-commercial"):
        if kind in kinds:
            return "unknown" if kind == "use-restricted" and barred else kinds[kind]
    if barred:
        return "cc-by-nc-4.0"
    return kinds.get("permissive") or own[0]


def _options(texts: Sequence[Input]) -> list[str] | None:
    """The licences that share-alike leaves to the result, freest first; None where nothing asks for it."""
    carried = [names for each in texts if (names := _carries(each))]
    return [name for name in carried[0] if all(name in other for other in carried)] if carried else None


def _carries(each: Input) -> list[str]:
    """What a text that is share-alike may become; with several licences any of them will do."""
    return list(dict.fromkeys(name for terms in each.licences for name in terms.carries)) if each.role != "model" else []


def _allowed(options: Sequence[str], inputs: Sequence[Input]) -> list[str]:
    """Of the options those that also bar commercial use where an input does."""
    barred = any(each.barring() for each in inputs)
    return [name for name in options if not barred or licence(name).commercial == "no"]


def _several(names: str | None) -> tuple[Licence, ...]:
    """A card may name several licences, separated by commas."""
    whole = licence(names)
    return (
        (whole,)
        if whole.known
        else tuple(licence(name) for name in (names or "unknown").split(",") if name.strip()) or (licences()["unknown"],)
    )


def _named(found: Sequence[Licence]) -> str:
    return ", ".join(each.id if each.known else each.name for each in found)


def _subject(each: Input) -> str:
    return f"{each.what} {'are' if each.role == 'model' else 'is'}"
