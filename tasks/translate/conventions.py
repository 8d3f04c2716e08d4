"""Conventions: how a model is told which language it reads and which it is to write.

nllb     source = [language] pieces </s>; the target begins with [language]: FLORES-200 codes (NLLB Team 2022, arXiv 2207.04672)
m2m100   the same with __en__, __zh__ (Fan et al. 2020, arXiv 2010.11125)
madlad   source = (space) <2xx> of the target, pieces, </s>; nothing before the target (Kudugunta et al. 2023, arXiv 2309.04662)
opus     source = pieces </s>, with >>xxx<< of the target first if the model has several (Tiedemann and Thottingal 2020,
         https://aclanthology.org/2020.eamt-1.61); the languages of a pair stand in its name alone

Each is what the tokenizer of transformers makes of the same sentence; tests/tasks/models/test_checkpoints.py compares them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from schemas.errors import EngineError, RecipeError
from schemas.languages import Language, language, languages
from schemas.model_file import ConventionName

END = "</s>"
SHAPES = {"m2m100": r"__([a-z]{2,3})__", "madlad": r"<2([A-Za-z_]+)>", "opus": r">>([A-Za-z_]+)<<", "nllb": r"([a-z]{3}_[A-Z][a-z]{3})"}
# Codes that some models use and the registry gives to no one, or to another script: MADLAD's table 8, M2M100's language list.
OTHER_CODES = {"heb_Hebr": "iw", "jav_Latn": "jw", "nso_Latn": "ns", "ydd_Hebr": "yi"}
PAIR = re.compile(r"opus-mt-(?:tc-(?:bible-)?(?:big|base|small|tiny)-)?([a-z_]+)-([a-z_]+)", re.IGNORECASE)
SHOWN = 12  # languages named in a message


@dataclass(frozen=True)
class Convention:
    """What one model is told. Both mappings: canonical code -> the token of the language, empty where the model is told none."""

    name: ConventionName
    sources: Mapping[str, str]
    targets: Mapping[str, str]
    controls: frozenset[str] = field(default=frozenset(), repr=False)  # every token of the vocabulary that steers the model
    lead: tuple[str, ...] = ()  # what the tokenizer puts before a language of MADLAD: the space that begins any text

    def before(self, source: Language, target: Language) -> list[str]:
        """The tokens before the pieces of a source sentence; one END follows them."""
        token = self.sources[source.code] if self._prefixed else self.targets[target.code]
        return [*self.lead, token] if token else []

    def prefix(self, target: Language) -> list[str]:
        """The tokens that the target is made to begin with. They come back at the head of a hypothesis."""
        return [self.targets[target.code]] if self._prefixed else []

    def source(self, pieces: Sequence[str], source: Language, target: Language) -> list[str]:
        """A source sentence as the model takes it."""
        return [*self.before(source, target), *pieces, END]

    def strip(self, hypothesis: Sequence[str], target: Language) -> list[str]:
        """The pieces of a hypothesis: without its prefix, and without other tokens that steer, which a model gone astray may write."""
        return [token for token in hypothesis[len(self.prefix(target)) :] if token not in self.controls]

    def require(self, model: str, source: Language, target: Language) -> None:
        """Raises EngineError, with the languages there are, unless the model reads `source` and writes `target`."""
        both = self.sources.keys() == self.targets.keys()
        for spoken, known, does, has in ((source, self.sources, "read", "reads"), (target, self.targets, "write", "writes")):
            if spoken.code not in known:
                lacks, knows = ("has no", "has") if both else (f"does not {does}", has)
                raise EngineError(f"model {model!r} {lacks} {spoken.code} ({spoken.name}); it {knows} {_some(spoken, known)}.")

    @property
    def _prefixed(self) -> bool:
        return self.name in ("nllb", "m2m100")


def convention(
    vocabulary: Iterable[str],
    *,
    name: ConventionName | None = None,
    pair: tuple[Sequence[str], Sequence[str]] | None = None,
    spoken: Sequence[str] = (),
) -> Convention | None:
    """The convention of a model with this vocabulary, or None if nothing tells it.

    name: if it is known otherwise. pair: the languages that a model of OPUS-MT reads and writes, under any alias.
    spoken: all that its card names, which stand in for a group of languages (gem, mul) in the pair.
    """
    known = set(vocabulary)
    name = name or _recognised(known) or ("opus" if pair else None)
    if name is None:
        return None
    controls = frozenset(token for token in known if re.fullmatch(SHAPES[name], token))
    told = _told(name, controls)
    if name != "opus":
        return Convention(name, told, told, controls)
    sources, targets = (_codes(side) for side in pair or ((), ()))
    everyone = _codes(spoken)
    written = told if controls else dict.fromkeys(targets or everyone.keys() - sources.keys(), "")
    return Convention(
        name, sources or dict.fromkeys(sorted(everyone.keys() - (set() if controls else written.keys())), ""), written, controls
    )


def pair_of(name: str) -> tuple[Sequence[str], Sequence[str]] | None:
    """The languages that the name of an OPUS-MT model gives: opus-mt-en-de, opus-mt-tc-big-eng-cat_oci_spa."""
    found = PAIR.search(name)
    return (parts(found[1]), parts(found[2])) if found else None


def _recognised(vocabulary: set[str]) -> ConventionName | None:
    """By a language that every model of the family has."""
    if "__en__" in vocabulary:
        return "m2m100"
    if "<2en>" in vocabulary:
        return "madlad"
    if any(entry.flores in vocabulary or entry.code in vocabulary for entry in languages()):
        return "nllb"
    return "opus" if any(re.fullmatch(SHAPES["opus"], token) for token in vocabulary) else None


def _told(name: ConventionName, controls: frozenset[str]) -> dict[str, str]:
    """Canonical code -> its token, of the languages of the registry that have one."""
    tokens = {_plain(re.fullmatch(SHAPES[name], token)[1]): token for token in sorted(controls)}  # type: ignore[index]
    found = {}
    for entry in languages():
        token = next((tokens[code] for code in _names(entry) if code in tokens), None)
        if token:
            found[entry.code] = token
    return found


@cache
def _names(entry: Language) -> tuple[str, ...]:
    """The codes that mean this entry and no other, the surest first. `zh` is cmn_Hans: a model that has it alone writes no cmn_Hant."""
    own = {_plain(name) for name in entry.known_as()}
    first = [_plain(name) for name in (entry.flores, entry.code, entry.bcp47, entry.iso639_1, entry.iso639_3) if name]
    return tuple(
        dict.fromkeys([*(name for name in first if name in own), *sorted(own), OTHER_CODES.get(entry.code, entry.code.casefold())])
    )


def _plain(code: str) -> str:
    return code.casefold().replace("_", "-")


def _codes(aliases: Sequence[str]) -> dict[str, str]:
    """Canonical code -> no token, of the aliases that mean a language; groups of languages mean none."""
    found = {}
    for alias in aliases:
        try:
            found[language(alias).code] = ""
        except RecipeError:
            continue
    return found


def parts(text: str) -> list[str]:
    """The languages of one side of a name: `zh_cn` is one, `deu_fra_por` are three."""
    return [text] if re.fullmatch(r"[a-z]{2,3}_([A-Z][a-z]{3}|[A-Za-z]{2})", text) else text.split("_")


def _some(wanted: Language, known: Mapping[str, str]) -> str:
    """The languages there are, those near the wanted one first, and no more than a message can hold."""
    if not known:
        return "none that the registry knows"
    if len(known) <= SHOWN:
        return ", ".join(sorted(known))

    def distance(code: str) -> tuple[bool, ...]:  # another script of it, its macrolanguage, its family
        other = language(code)
        same_macro = wanted.macrolanguage is not None and other.macrolanguage == wanted.macrolanguage
        return other.iso639_3 != wanted.iso639_3, not same_macro, other.family != wanted.family

    first = sorted(sorted(known), key=distance)[:SHOWN]
    return f"{', '.join(first)} and {len(known) - len(first)} more (babelmill models lists them)"
