"""Aliases: every tag under which the Hub may hold datasets of a language."""

import re

from schemas.census import Query
from schemas.errors import RecipeError
from schemas.languages import Language, language, languages

CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def listings(query: Query) -> list[tuple[str, ...]]:
    """The filters of each listing that a query needs, one listing after the other: every alias, with every task.

    Tags given together must all hold, so that alternatives are listings of their own.
    """
    names: list[tuple[str, ...]] = [(tag,) for lang in query.wanted for tag in tags(lang)] or [()]
    tasks: list[tuple[str, ...]] = [(f"task_categories:{task}",) for task in query.tasks] or [()]
    modality = (f"modality:{query.modality}",) if query.modality else ()
    return [(*name, *task, *modality) for name in names for task in tasks]


def tags(wanted: Language) -> list[str]:
    """`language:ko`, `language:kor`, ..., and the bare tag `korean` that authors add; the likeliest first, all scripts of the language."""
    names = _names(wanted)
    return [*(f"language:{alias}" for alias in aliases(wanted)), *([min(names, key=len).lower()] if names else [])]


def aliases(wanted: Language) -> list[str]:
    """Codes of ISO 639, tags of BCP-47 and FLORES, names of one word as written and in small letters; each means this language alone."""
    import langcodes  # here, for it is slow to import

    main = language(wanted.iso639_3)
    tag = langcodes.Language.get(main.iso639_1 or main.iso639_3)
    old = [code for code, new in langcodes.data_dicts.LANGUAGE_REPLACEMENTS.items() if len(code) == 2 and new == main.iso639_1]
    codes = [
        main.iso639_1,
        main.iso639_3,
        main.macrolanguage,
        tag.to_alpha3(variant="B"),
        *old,
        f"{tag.language}-{tag.maximize().territory}",
    ]
    for entry in _entries(wanted):
        codes += [entry.bcp47, entry.code, entry.flores, *(alias for alias in entry.aliases if CODE.fullmatch(alias))]
    names = _names(wanted)
    every = dict.fromkeys([*filter(None, codes), *names, *(name.lower() for name in names)])
    return [alias for alias in every if _means(alias) == wanted.iso639_3]


def _entries(wanted: Language) -> list[Language]:
    """The language in all its scripts, the one it is mostly written in first."""
    main = language(wanted.iso639_3)
    return [main, *(entry for entry in languages() if entry.iso639_3 == main.iso639_3 and entry is not main)]


def _names(wanted: Language) -> list[str]:
    return [name for entry in _entries(wanted) for name in (entry.name, *entry.aliases) if name.isalpha() and name[0].isupper()]


def _means(alias: str) -> str | None:
    try:
        return language(alias).iso639_3
    except RecipeError:
        return None
