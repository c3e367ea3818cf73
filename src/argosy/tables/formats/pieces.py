"""Batches in parts that memory holds, whatever they come to once dictionaries are decoded.

A file of a few bytes can say that millions of rows have the same long text. So a batch is parted
while it is small, and each part is decoded by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from argosy.errors import TableError
from argosy.tables.formats.plain import plain_batch
from argosy.tables.formats.text import size_in_words

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from argosy.tables.content import Limits, Tally


def plain_pieces(
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
    limits: Limits,
    tally: Tally,
    name: str,
) -> Generator[pa.RecordBatch]:
    """Yield the rows of batches in their plain form, in parts within the limits, and count them.

    `schema` is the plain one, `name` the file. Raises TableError, also where a row or a value is
    larger than it may be, and for whatever the batches raise.
    """
    row = 0
    try:
        for batch in batches:
            for piece in in_pieces(batch, limits):
                _check(piece, row, limits, name)
                made = plain_batch(piece, schema)
                row += piece.num_rows
                tally.rows_read += piece.num_rows
                yield made
                del made, piece
            del batch
    except (OSError, ValueError, OverflowError, MemoryError, pa.ArrowException) as error:
        raise unreadable(name, row, error) from None


def check_texts(batch: pa.RecordBatch, before: int, name: str) -> None:
    """Raise TableError where a text of a batch is not UTF-8, which has so many rows before it."""
    for column, field in zip(batch.columns, batch.schema, strict=True):
        if _has_text(field.type) and not _is_valid(column):
            # taken, not sliced: of what is nested a slice has the texts of all rows
            rows = (column.take(pa.array([at])) for at in range(len(column)))
            row = next((at for at, one in enumerate(rows) if not _is_valid(one)), 0)
            raise TableError(
                detail=f"the text of row {before + row + 1:,} is not UTF-8.",
                file=name,
                column=field.name,
                remedy="Write it as UTF-8, or the column as binary.",
                reason="wrong_encoding",
            )


def _has_text(type_: Any) -> bool:
    if pa.types.is_dictionary(type_):
        return _has_text(type_.value_type)
    if not pa.types.is_nested(type_):
        return pa.types.is_string(type_) or pa.types.is_large_string(type_)
    return any(_has_text(type_.field(at).type) for at in range(type_.num_fields))


def _is_valid(column: pa.Array[Any]) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def unreadable(name: str, row: int, error: BaseException) -> TableError:
    """Return the error of what a library raised behind so many rows."""
    why = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    return TableError(
        detail=f"cannot be read behind row {row:,} ({why[:200]}).",
        file=name,
        reason="broken_file",
        remedy="Write the file again.",
    )


def in_pieces(batch: pa.RecordBatch, limits: Limits) -> Iterator[pa.RecordBatch]:
    """Yield a batch in parts within the limits of one; a row is never parted."""
    most = max(-(-batch.nbytes // limits.batch_bytes), -(-batch.num_rows // limits.batch_rows), 1)
    rows = max(1, -(-batch.num_rows // most))
    for start in range(0, batch.num_rows, rows):
        yield from _halves(batch.slice(start, rows), limits)


def _halves(batch: pa.RecordBatch, limits: Limits) -> Iterator[pa.RecordBatch]:
    waiting = [batch]
    while waiting:
        batch = waiting.pop()
        rows = batch.num_rows
        if rows <= 1 or sum(map(decoded_size, batch.columns)) <= limits.batch_bytes:
            yield batch
        else:
            waiting += [batch.slice(rows // 2), batch.slice(0, rows // 2)]


def decoded_size(column: pa.Array[Any]) -> int:
    """Return how many bytes a column has once its dictionaries are decoded; a little less at most.

    What is null is counted as what stands there.
    """
    if isinstance(column, pa.ExtensionArray):
        return decoded_size(column.storage)
    if isinstance(column, pa.DictionaryArray):
        return _dictionary_size(column)
    if not _has_dictionary(column.type):
        return column.nbytes
    return len(column) + sum(decoded_size(part) for part in _parts(column))


def _dictionary_size(column: pa.DictionaryArray[Any, Any]) -> int:
    values: Any = column.dictionary
    indices = column.indices
    if not len(values) or not len(indices):
        return indices.nbytes
    if not _is_long(values.type):
        return len(indices) * max(1, decoded_size(values) // len(values))
    chosen = pc.sum(pc.binary_length(values).take(indices)).as_py()
    return 4 * len(indices) + int(chosen or 0)


def _has_dictionary(type_: pa.DataType) -> bool:
    if isinstance(type_, pa.BaseExtensionType):
        return _has_dictionary(type_.storage_type)
    fields: Any = type_
    return pa.types.is_dictionary(type_) or any(
        _has_dictionary(fields.field(at).type) for at in range(type_.num_fields)
    )


def _parts(column: Any) -> list[pa.Array[Any]]:
    """Return the columns directly within a nested one, of its own rows."""
    if pa.types.is_struct(column.type):
        return list(column.flatten())
    if pa.types.is_map(column.type):
        start, end = column.offsets[0].as_py(), column.offsets[-1].as_py()
        return [column.keys.slice(start, end - start), column.items.slice(start, end - start)]
    return [column.flatten()]


def _is_long(type_: pa.DataType) -> bool:
    return (
        pa.types.is_string(type_)
        or pa.types.is_binary(type_)
        or pa.types.is_large_string(type_)
        or pa.types.is_large_binary(type_)
    )


def _check(batch: pa.RecordBatch, before: int, limits: Limits, name: str) -> None:
    """Raise TableError where a row or a value of a part is larger than it may be."""
    sizes = [decoded_size(column) for column in batch.columns]
    for column, its_name, size in zip(batch.columns, batch.schema.names, sizes, strict=True):
        if size > limits.cell and (row := _first_over(column, limits.cell)) is not None:
            raise TableError(
                detail=f"the value of row {before + row + 1:,} is longer than "
                f"{size_in_words(limits.cell)}.",
                file=name,
                column=its_name,
                remedy="Shorten it, or leave the column out.",
                reason="too_large",
            )
    if batch.num_rows == 1 and sum(sizes) > limits.row:
        raise TableError(
            detail=f"row {before + 1:,} is longer than {size_in_words(limits.row)}.",
            file=name,
            remedy="Shorten its values, or leave columns out.",
            reason="too_large",
        )


def _first_over(column: pa.Array[Any], most: int) -> int | None:
    """Return where the first value of more than so many bytes stands."""
    bounds = [0, len(column)]
    while len(bounds) > 1:
        start, end = bounds[0], bounds[1]
        part = column.slice(start, end - start)
        if (decoded_size(part) if end - start > 1 else _exact_size(part)) <= most:
            bounds.pop(0)
        elif end - start == 1:
            return start
        else:
            bounds.insert(1, (start + end) // 2)
    return None


def _exact_size(column: Any) -> int:
    """Return how many bytes the one value of a column has, without what goes with it."""
    if isinstance(column, pa.ExtensionArray):
        return _exact_size(column.storage)
    if column.null_count:
        return 0
    if isinstance(column, pa.DictionaryArray):
        return _exact_size(column.dictionary.slice(column.indices[0].as_py(), 1))
    if _is_long(column.type):
        return int(pc.binary_length(column)[0].as_py())
    return decoded_size(column)
