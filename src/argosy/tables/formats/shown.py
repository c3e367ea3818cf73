"""Arrow's columns as a preview shows them: cut in Arrow, before they are values of Python.

Of a list of millions nothing but the first items is ever made, and of a long text its beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from argosy.tables.formats.plain import values_of
from argosy.tables.formats.reading import FilePreview
from argosy.tables.formats.types import MORE, MOST_ITEMS, column_of, preview_rows
from argosy.tables.formats.uuids import uuid_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.tables.content import Limits

#: How many fewer items a preview shows of a list within a list.
_FEWER = 4


def preview_of(
    schema: pa.Schema, batches: Sequence[pa.RecordBatch], limits: Limits, *, is_whole: bool
) -> FilePreview:
    """Return the preview that these batches are; `schema` is their plain one."""
    columns = tuple(column_of(one.name, one.type, nullable=one.nullable) for one in schema)
    rows: list[dict[str, Any]] = []
    for batch in batches:
        plain = [
            uuid_texts(column) if isinstance(column, pa.UuidArray) else column
            for column in batch.columns
        ]
        values = [shown(column, limits.preview_text) for column in plain]
        rows += [dict(zip(schema.names, row, strict=True)) for row in zip(*values, strict=True)]
    return FilePreview(columns, preview_rows(rows, limits.preview_text), is_whole)


def shown(column: Any, most_text: int, most_items: int = MOST_ITEMS) -> list[Any]:
    """Return a column's values, long ones cut a little behind what a preview shows of them."""
    type_ = column.type
    if isinstance(column, pa.ExtensionArray):
        return shown(column.storage, most_text, most_items)
    if isinstance(column, pa.DictionaryArray):
        return _of_dictionary(column, most_text, most_items)
    if pa.types.is_struct(type_):
        names = [type_.field(at).name for at in range(type_.num_fields)]
        parts = [shown(part, most_text, most_items) for part in column.flatten()]
        rows = zip(*parts, strict=True) if parts else ((),) * len(column)
        is_valid = column.is_valid().to_pylist()
        return [
            dict(zip(names, row, strict=True)) if valid else None
            for row, valid in zip(rows, is_valid, strict=True)
        ]
    if pa.types.is_nested(type_) and not pa.types.is_union(type_):
        return [_items(one, most_text, most_items) for one in column]
    return values_of(_cut(column, most_text))


def _of_dictionary(
    column: pa.DictionaryArray[Any, Any], most_text: int, most_items: int
) -> list[Any]:
    indices = column.indices.to_pylist()
    texts = {
        at: shown(column.dictionary.slice(at, 1), most_text, most_items)[0]
        for at in set(indices)
        if at is not None
    }
    return [texts.get(at) for at in indices]


def _items(cell: Any, most_text: int, most_items: int) -> Any:
    """Return the first items of a list, or the first members of a map."""
    if not cell.is_valid or cell.values is None:
        return None
    values = cell.values.slice(0, most_items)
    fewer = max(1, most_items // _FEWER)
    has_more = len(cell.values) > len(values)
    if isinstance(cell, pa.MapScalar):
        keys, items = (shown(part, most_text, fewer) for part in values.flatten())
        pairs = {str(key): item for key, item in zip(keys, items, strict=True)}
        return {**pairs, MORE: MORE} if has_more else pairs
    first = shown(values, most_text, fewer)
    return [*first, MORE] if has_more else first


def _cut(column: pa.Array[Any], most_text: int) -> pa.Array[Any]:
    """Return texts and bytes with their beginnings only; bytes become longer as base64."""
    type_ = column.type
    try:
        if pa.types.is_string(type_) or pa.types.is_large_string(type_):
            return pc.utf8_slice_codeunits(column, 0, most_text + 1)
        if pa.types.is_fixed_size_binary(type_):
            column, type_ = column.cast(pa.binary()), pa.binary()
        if pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
            return pc.binary_slice(column, 0, most_text + 3)
    except pa.ArrowException:
        pass  # it is no UTF-8, and shown as what it is
    return column
