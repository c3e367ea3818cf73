"""Batches of a source become batches of a table: fields in the place of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from argosy.errors import TableError
from argosy.tables.formats.reading import PreviewColumn
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from typing import Any

    from argosy.tables.mapping import Selection


def columns_of(fields: Iterable[pa.Field[Any]]) -> tuple[PreviewColumn, ...]:
    """Return Arrow's fields as columns, with what is within objects."""
    return tuple(
        PreviewColumn(
            field.name,
            str(field.type),
            field.nullable,
            columns_of(field.type) if pa.types.is_struct(field.type) else (),
        )
        for field in fields
    )


class Projection:
    """Makes the fields of a table of the columns of batches that all have one schema."""

    def __init__(self, schema: pa.Schema, selections: Sequence[Selection]) -> None:
        self._ways = [(one.field, _indices(schema, one.path)) for one in selections]
        self.schema = pa.schema([_field(schema, name, way) for name, way in self._ways])

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch of the fields; nothing is copied that need not be."""
        columns = [_reach(batch.column(way[0]), way[1:]) for _, way in self._ways]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


def alike(
    batches: Iterable[pa.RecordBatch], its: pa.Schema, wanted: pa.Schema, file: str, first: str
) -> Iterator[pa.RecordBatch]:
    """Yield the batches of another file of the same table with the columns of the first.

    Raises TableError where it has others, or values that the first file's types do not hold.
    """
    if its.equals(wanted):
        yield from batches
        return
    if set(its.names) != set(wanted.names):
        raise differing(its.names, wanted.names, file, first)
    order = [its.get_field_index(name) for name in wanted.names]
    for batch in batches:
        columns = [
            _cast(batch.column(at), field, file) for at, field in zip(order, wanted, strict=True)
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=wanted)


def _indices(schema: pa.Schema, path: Sequence[str]) -> tuple[int, ...]:
    found = [schema.get_field_index(path[0])]
    type_ = schema.field(found[0]).type
    for name in path[1:]:
        at = type_.get_field_index(name)
        found.append(at)
        type_ = type_.field(at).type
    return tuple(found)


def _field(schema: pa.Schema, name: str, way: Sequence[int]) -> pa.Field[Any]:
    type_ = schema.field(way[0]).type
    for at in way[1:]:
        type_ = type_.field(at).type
    return pa.field(name, type_)


def _reach(column: pa.Array[Any], way: Sequence[int]) -> pa.Array[Any]:
    return pc.struct_field(column, list(way)) if way else column


def differing(found: Collection[str], wanted: Collection[str], file: str, first: str) -> TableError:
    """Return the error for a file whose columns are not those of the first."""
    lacks = [name for name in wanted if name not in found]
    further = [name for name in found if name not in wanted]
    told = [f"lacks {list_words(lacks)}"] if lacks else []
    told += [f"has {list_words(further)} besides"] if further else []
    return TableError(
        detail=f"its columns are not those of {first}: it {' and '.join(told)}.",
        remedy="Name files of one form by path, prefix or glob, and make a table of each form.",
        reason="mixed_files",
        file=file,
        field="connection_table_params",
    )


def _cast(column: pa.Array[Any], field: pa.Field[Any], file: str) -> pa.Array[Any]:
    try:
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise TableError(
            detail=f"it is {column.type} here and {field.type} in the first file.",
            remedy="Write the files of a table with one schema.",
            reason="mixed_files",
            file=file,
            column=field.name,
        ) from None
