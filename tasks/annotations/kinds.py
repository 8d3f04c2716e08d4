"""Kinds: what Arrow types the values of an annotation may have. A column that is null throughout may be anything."""

from collections.abc import Callable

import pyarrow as pa
from pyarrow import types

Fits = Callable[[pa.DataType], bool]


def whole(kind: pa.DataType) -> bool:
    """Whole numbers."""
    return bool(types.is_null(kind) or types.is_integer(kind))


def words(kind: pa.DataType) -> bool:
    """Text."""
    return bool(types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind))


def several(inner: Fits) -> Fits:
    """Lists of what `inner` says."""
    return lambda kind: bool(types.is_null(kind) or ((types.is_list(kind) or types.is_large_list(kind)) and inner(kind.value_type)))


def struct(needed: dict[str, Fits], allowed: dict[str, Fits] | None = None) -> Fits:
    """Structs with the keys of `needed`, perhaps those of `allowed`, and any others."""

    def fits(kind: pa.DataType) -> bool:
        if not types.is_struct(kind):
            return bool(types.is_null(kind))
        keys = {field.name: field.type for field in kind}
        return needed.keys() <= keys.keys() and all(fit(keys[key]) for key, fit in (needed | (allowed or {})).items() if key in keys)

    return fits
