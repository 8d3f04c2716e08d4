"""The tables of a chunk: its language's config and those of its variants."""

from collections.abc import Sequence

import pyarrow as pa

from schemas.languages import language
from schemas.plan import Chunk
from schemas.recipe import CodeSwitch, Recipe
from tasks.annotate import Annotated, accounts
from tasks.derive import Rows, without
from tasks.romanise import romaniser
from tasks.vary import code_switched, replaced, transliterated


def tables(
    recipe: Recipe, chunk: Chunk, ids: Sequence[str], records: pa.Table, rows: Rows, annotated: Sequence[Annotated]
) -> dict[str, pa.Table]:
    """Config -> its rows, the language's own first.

    ids: of the source rows. annotated: the annotations of `records`, carried over to `rows.translations`.
    """
    translated = rows.table
    for each in annotated:
        column, texts = each.annotation.column, rows.translations[each.annotation.field]
        translated = replaced(translated, column, each.values).append_column(f"{column}_projection", accounts(each, texts))
    found = {chunk.language: translated}
    for variant in recipe.variants_of(chunk.language):
        if isinstance(variant, CodeSwitch):
            embedded, matrix = language(chunk.language), language(recipe.language)
            free = records.drop_columns([name for name in recipe.bound() if name in records.column_names])
            table = code_switched(free, rows.translations, annotated, ids, variant, matrix, embedded)
        else:
            own = [a.annotation for a in annotated]
            table = transliterated(translated, recipe.fields, own, language(chunk.language), romaniser(variant.romaniser))
            table = table.drop_columns([f"{a.column}_projection" for a in own])
        found[f"{chunk.language}.{variant.name}"] = table
    return {config: without(table, rows.gone) for config, table in found.items()}
