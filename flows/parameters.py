"""Parameters of a flow by its JSON schema: from a word of the shell to a value, and what is wrong with a value, in words.

Takes what a flat form has: strings, numbers, booleans, choices, lists of them, and null.
"""

from collections.abc import Callable, Mapping
from typing import Any

from schemas.errors import RecipeError, did_you_mean
from schemas.languages import language

Schema = Mapping[str, Any]
SHOWN = 12  # choices named in a message; near matches say more than a list of all languages
WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
NUMBERS: dict[str, Callable[[str], Any]] = {"integer": int, "number": float}
TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "string": (str,),
}


def members(schema: Schema, whole: Schema | None = None) -> list[Schema]:
    """What a parameter may be: the alternatives of a union, or itself. `whole` is the flow's schema, for references."""
    found = schema.get("anyOf") or schema.get("allOf") or [schema]
    definitions = (whole or {}).get("definitions") or (whole or {}).get("$defs") or {}
    return [definitions.get(each["$ref"].rpartition("/")[2], {}) if "$ref" in each else each for each in found]


def values_of(words: list[str], whole: Schema) -> dict[str, Any]:
    """{name: value} of NAME=VALUE words. Raises RecipeError naming the parameter, what it takes and near matches."""
    known = whole.get("properties", {})
    values: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise RecipeError(f"{word}: expected NAME=VALUE, as in limit=20. There are {', '.join(known)}.{did_you_mean(word, known)}")
        if name not in known:
            raise RecipeError(f"no parameter {name!r}; there are {', '.join(known)}.{did_you_mean(name, known)}")
        if name in values:
            raise RecipeError(f"{name} is given twice; a list is one word, as in languages=fin,swh.")
        values[name] = value_of(name, text, members(known[name], whole))
    lacking = [name for name in whole.get("required", ()) if name not in values]
    if lacking:
        raise RecipeError(f"{', '.join(lacking)}: needed, as in {lacking[0]}=VALUE.")
    return values


def value_of(name: str, text: str, kinds: list[Schema]) -> Any:
    """The value that a word means for a parameter of these kinds; aliases of languages become codes."""
    types = {str(kind.get("type", "")) for kind in kinds}
    if "null" in types and text in ("", "null", "none"):
        return None
    for kind in kinds:
        if kind.get("type") == "array":
            parts = [part.strip() for part in text.split(",") if part.strip()]
            return [value_of(name, part, members(kind.get("items", {}))) for part in parts]
    if "boolean" in types and text.lower() in WORDS:
        return WORDS[text.lower()]
    for kind in kinds:
        read = NUMBERS.get(str(kind.get("type")))
        if read:
            try:
                return checked(name, read(text), kinds)
            except ValueError:
                pass
    return checked(name, _code(text, kinds), kinds)


def checked(name: str, value: Any, kinds: list[Schema]) -> Any:
    """The value. Raises RecipeError if it fits none of the kinds."""
    fault = wrong(value, kinds)
    if fault:
        raise RecipeError(f"{name}={value}: {fault}")
    return value


def wrong(value: Any, kinds: list[Schema]) -> str | None:
    """What is wrong with a value of a parameter of these kinds, or None."""
    faults = [_misfit(value, kind) for kind in kinds]
    if None in faults:
        return None
    return next((fault for fault in faults if fault and fault.startswith("not a choice")), None) or _expected(kinds)


def _misfit(value: Any, kind: Schema) -> str | None:
    type_ = kind.get("type")
    if "enum" in kind or "const" in kind:
        choices = kind.get("enum", [kind.get("const")])
        return None if value in choices else _no_choice(str(value), [str(choice) for choice in choices])
    if type_ == "null":
        return None if value is None else "not null."
    if type_ in TYPES and (not isinstance(value, TYPES[type_]) or (isinstance(value, bool) and type_ != "boolean")):
        return f"not of type {type_}."
    if type_ == "array":
        return next((fault for each in value for fault in [wrong(each, members(kind.get("items", {})))] if fault), None)
    if "minimum" in kind and value < kind["minimum"]:
        return f"at least {kind['minimum']}."
    if "maximum" in kind and value > kind["maximum"]:
        return f"at most {kind['maximum']}."
    return None


def _no_choice(value: str, choices: list[str]) -> str:
    near = did_you_mean(value, choices)
    if len(choices) > SHOWN:
        return f"not a choice.{near}" if near else f"not a choice; there are {', '.join(choices[:SHOWN])} and {len(choices) - SHOWN} more."
    return f"not a choice; there are {', '.join(choices)}.{near}"


def _expected(kinds: list[Schema]) -> str:
    told = {
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "array": "a list",
        "null": "null",
        "string": "text",
    }
    parts = [told.get(str(kind.get("type")), "a value") + _bounds(kind) for kind in kinds]
    return f"expected {' or '.join(parts)}."


def _bounds(kind: Schema) -> str:
    limits = (("from", "minimum"), ("to", "maximum"))
    return "".join(f" {word} {kind[key]}" for word, key in limits if key in kind)


def _code(text: str, kinds: list[Schema]) -> str:
    """The code of a language where only codes are choices."""
    choices = {choice for kind in kinds for choice in kind.get("enum", ())}
    if not choices or text in choices:
        return text
    try:
        code = language(text).code
    except RecipeError:
        return text
    return code if code in choices else text
