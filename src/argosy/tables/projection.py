"""Batches of a source become batches of a table: fields in the place of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from argosy.errors import TableError
from argosy.tables.formats.reading import PreviewColumn
from argosy.tables.formats.types import word_of
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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

    Its types may be others where nothing is lost: null, whole numbers among others, smaller ones,
    objects that lack members. Raises TableError where it has other columns, or columns or values
    that the first file's types do not hold as they are.
    """
    if its.equals(wanted):
        yield from batches
        return
    if set(its.names) != set(wanted.names):
        raise differing(its.names, wanted.names, file, first)
    order = [its.get_field_index(name) for name in wanted.names]
    for batch in batches:
        try:
            columns = [
                _as_type(batch.column(at), field.type, field.name)
                for at, field in zip(order, wanted, strict=True)
            ]
        except _LossError as loss:
            raise _mixed(loss, file, first) from None
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


class _LossError(ValueError):
    """Values would be others in another type; `path` leads to them from the column."""

    def __init__(self, told: str, path: str, why: str = "") -> None:
        super().__init__(told)
        self.path = path
        self.why = why


def _as_type(column: Any, wanted: Any, path: str) -> Any:
    """Return a column with the same values as another type. Raises _LossError."""
    found = column.type
    if found == wanted:
        return column
    if column.null_count == len(column):  # whatever the file has made of a column without values
        return pa.nulls(len(column), wanted)
    if pa.types.is_list(found) and pa.types.is_list(wanted):
        items = _as_type(column.flatten(), wanted.value_type, f"{path}[]")
        ends = pc.cumulative_sum(pc.fill_null(pc.list_value_length(column), 0))
        starts = pa.concat_arrays([pa.array([0], ends.type), ends])
        return pa.ListArray.from_arrays(starts, items, type=wanted, mask=column.is_null())
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        _check(found, wanted, path, is_deep=False)
        members = dict(zip((one.name for one in found), column.flatten(), strict=True))
        made = [
            _as_type(members[one.name], one.type, f"{path}.{one.name}")
            if one.name in members
            else pa.nulls(len(column), one.type)
            for one in wanted
        ]
        return pa.StructArray.from_arrays(made, fields=list(wanted), mask=column.is_null())
    _check(found, wanted, path)
    try:
        return column.cast(wanted)
    except pa.ArrowException as error:
        why = str(error).partition("\n")[0].rstrip(".")[:200]
        raise _LossError(f"it is {_named(found)} here and {_named(wanted)}", path, why) from None


def _check(found: Any, wanted: Any, path: str, *, is_deep: bool = True) -> None:
    """Raise _LossError where values of one type are not the same as values of another.

    Some need a look at each value too, which a safe cast has.
    """
    if found == wanted or pa.types.is_null(found):
        return
    if pa.types.is_struct(found) and pa.types.is_struct(wanted):
        within = {one.name: one.type for one in wanted}
        further = [one.name for one in found if one.name not in within]
        if further:
            told = f"its objects have {list_words(further)} here besides what they have"
            raise _LossError(told, path)
        for one in found if is_deep else ():
            _check(one.type, within[one.name], f"{path}.{one.name}")
    elif pa.types.is_map(found) and pa.types.is_map(wanted):
        _check(found.key_type, wanted.key_type, f"{path}.key")
        _check(found.item_type, wanted.item_type, f"{path}.value")
    elif _is_list(found) and _is_list(wanted):
        _check(found.value_type, wanted.value_type, f"{path}[]")
    elif not any(is_kept(found, wanted) for is_kept in _KEPT):
        raise _LossError(f"it is {_named(found)} here and {_named(wanted)}", path)


def _is_list(type_: pa.DataType) -> bool:
    return pa.types.is_nested(type_) and hasattr(type_, "value_type")


def _is_wider(found: Any, wanted: Any) -> bool:
    """Tell whether a number becomes a floating one; whole ones are looked at when they are cast."""
    if not pa.types.is_floating(wanted):
        return False
    if pa.types.is_integer(found):
        return not pa.types.is_float16(wanted)  # a cast to those rounds without a word
    return pa.types.is_floating(found) and found.bit_width <= wanted.bit_width


def _have_zones(found: Any, wanted: Any) -> bool:
    """Tell whether two types are moments that are both told with their zone, or both without."""
    is_moment = pa.types.is_timestamp(found) and pa.types.is_timestamp(wanted)
    return is_moment and (found.tz is None) == (wanted.tz is None)


def _is_said(found: Any, wanted: Any) -> bool:
    """Tell whether single values become texts that say the same."""
    is_single = pa.types.is_primitive(found) or pa.types.is_decimal(found)
    return pa.types.is_string(wanted) and is_single


def _both(fits: Callable[[pa.DataType], bool]) -> Callable[[Any, Any], bool]:
    return lambda found, wanted: fits(found) and fits(wanted)


#: The pairs of types of which a safe cast keeps every value or raises.
_KEPT: tuple[Callable[[Any, Any], bool], ...] = (
    _is_wider,
    _have_zones,
    _is_said,
    lambda found, wanted: pa.types.is_floating(found) and pa.types.is_integer(wanted),
    lambda found, wanted: pa.types.is_integer(found) and pa.types.is_decimal(wanted),
    *map(
        _both,
        (
            pa.types.is_integer,
            pa.types.is_decimal,
            pa.types.is_date,
            pa.types.is_time,
            pa.types.is_duration,
            lambda type_: word_of(type_) == "binary",
        ),
    ),
)


def _named(type_: pa.DataType) -> str:
    word = "map" if pa.types.is_map(type_) else word_of(type_)
    is_plain = pa.types.is_nested(type_) or word == str(type_)
    return word if is_plain else f"{word} ({type_})"


def _mixed(loss: _LossError, file: str, first: str) -> TableError:
    why = f", and not every value is the same in both ({loss.why})" if loss.why else ""
    return TableError(
        detail=f"{loss} in {first}{why}.",
        remedy="Write it with one type in all files, or make a table of each form by path, prefix "
        "or glob.",
        reason="mixed_files",
        file=file,
        column=loss.path,
        field="connection_table_params",
    )
