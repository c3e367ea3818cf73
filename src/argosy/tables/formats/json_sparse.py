"""Rows that have few of the columns: only what they have is parsed, the rest is null.

To pass over each value that is not there, row by row, takes long where there are many columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.formats.json_values import Widening

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.tables.formats.json_values import Shape

ROWS = msgspec.json.Decoder(dict[str, Any])
#: What decoding rows raises, and holding them against each other.
ODD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TableError)
_Fields = list[tuple[str, Any]]


class Sparse:
    """The columns that rows have, of all those of `schema`. Threads may share it."""

    def __init__(self, schema: pa.Schema, go_on: Callable[[], None]) -> None:
        self._schema = schema
        self._go_on = go_on
        self._fields = [(field.name, field.type) for field in schema]

    def narrow(self, rows: bytes) -> pa.Schema:
        """Return what there is in any of the rows; all that there may be where a row is odd."""
        found: dict[str, Shape] = {}
        widen = Widening(found, self._go_on)
        try:
            for row in ROWS.decode_lines(rows):
                widen(row)
        except ODD:
            return self._schema
        return pa.schema(_narrow_fields(self._fields, found))

    def fill(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch with all columns. What is null throughout shares the same memory."""
        given = dict(zip(batch.schema.names, batch.columns, strict=True))
        columns = _fill_fields(given, self._fields, batch.num_rows, {})
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)


def _narrow_fields(fields: _Fields, shape: dict[str, Shape]) -> list[tuple[str, pa.DataType]]:
    return [(name, _narrow(type_, shape[name])) for name, type_ in fields if name in shape]


def _narrow(type_: Any, shape: Shape) -> pa.DataType:
    if isinstance(shape, dict) and pa.types.is_struct(type_):
        return pa.struct(_narrow_fields(_fields_of(type_), shape))
    if isinstance(shape, list) and pa.types.is_list(type_):
        element = {} if shape[0] == "null" else shape[0]  # lists of nulls alone are parsed wrongly
        return pa.list_(_narrow(type_.value_type, element))
    return pa.null() if shape == "null" else type_


def _fill_fields(
    given: dict[str, Any], fields: _Fields, size: int, nulls: dict[Any, Any]
) -> list[Any]:
    return [
        _fill(given[name], type_, nulls) if name in given else _none(size, type_, nulls)
        for name, type_ in fields
    ]


def _fill(column: Any, type_: Any, nulls: dict[Any, Any]) -> Any:
    if column.type == type_:
        return column
    if pa.types.is_null(column.type):
        return _none(len(column), type_, nulls)
    if pa.types.is_list(type_):
        values = _fill(column.values, type_.value_type, nulls)
        return pa.ListArray.from_arrays(column.offsets, values, type=type_, mask=column.is_null())
    given = {name: column.field(at) for at, (name, _) in enumerate(_fields_of(column.type))}
    members = _fill_fields(given, _fields_of(type_), len(column), nulls)
    return pa.StructArray.from_arrays(members, type=type_, mask=column.is_null())


def _none(size: int, type_: Any, nulls: dict[Any, Any]) -> Any:
    found = nulls.get((size, type_))
    if found is None:
        nulls[size, type_] = found = pa.nulls(size, type_)
    return found


def _fields_of(type_: Any) -> _Fields:
    return [(one.name, one.type) for one in map(type_.field, range(type_.num_fields))]
