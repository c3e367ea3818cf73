"""Arrow's columns in their plain forms, and as values of Python.

Files keep texts in several forms (dictionaries, 64-bit offsets, views); whoever reads tables meets
one form of each.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.formats.uuids import uuid_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.tables.content import Limits

_PLAIN = (
    ((pa.types.is_large_string, pa.types.is_string_view), pa.string()),
    ((pa.types.is_large_binary, pa.types.is_binary_view), pa.binary()),
)


def plain_type(type_: pa.DataType) -> pa.DataType:
    """Return the plain form of a type, within lists and objects too."""
    if isinstance(type_, pa.BaseExtensionType):
        return plain_type(type_.storage_type)
    if pa.types.is_dictionary(type_) or pa.types.is_run_end_encoded(type_):
        return plain_type(type_.value_type)
    if pa.types.is_nested(type_):
        return _plain_nested(type_)
    return next((plain for fit, plain in _PLAIN if any(one(type_) for one in fit)), type_)


def _plain_nested(type_: Any) -> pa.DataType:
    made: pa.DataType = type_
    if pa.types.is_struct(type_):
        made = pa.struct([_plain_field(type_.field(at)) for at in range(type_.num_fields)])
    elif pa.types.is_map(type_):
        made = pa.map_(_plain_field(type_.key_field), _plain_field(type_.item_field))  # type: ignore[call-overload]
    elif pa.types.is_fixed_size_list(type_):
        made = pa.list_(_plain_field(type_.value_field), type_.list_size)
    elif pa.types.is_list(type_) or pa.types.is_large_list(type_):
        made = pa.list_(_plain_field(type_.value_field))
    return made


def _plain_field(field: pa.Field[Any]) -> pa.Field[Any]:
    return pa.field(field.name, plain_type(field.type), field.nullable)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Return a schema with the plain forms of its types, and without its writer's notes."""
    return pa.schema(
        [
            field.with_type(pa.string()).remove_metadata()
            if isinstance(field.type, pa.UuidType)
            else _plain_field(field)
            for field in schema
        ]
    )


def plain_batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with the columns of `schema`, which is its own schema's plain one."""
    columns = [
        column if column.type == field.type else _plain(column, field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _plain(column: pa.Array[Any], type_: pa.DataType) -> pa.Array[Any]:
    if isinstance(column, pa.UuidArray) and pa.types.is_string(type_):
        return uuid_texts(column)
    if isinstance(column, pa.ExtensionArray):
        return _plain(column.storage, type_)
    if isinstance(column, pa.DictionaryArray):
        return _plain(column.dictionary_decode(), type_)
    return column if column.type == type_ else column.cast(type_)


def check_names(names: Sequence[str], name: str, limits: Limits) -> None:
    """Raise TableError where there are no columns, too many, or two of one name."""
    if not names:
        raise TableError(
            detail="has no columns.",
            file=name,
            reason="no_columns",
            remedy="Write at least one column.",
        )
    if len(names) > limits.columns:
        raise TableError(
            detail=f"{len(names):,} columns where a table has at most {limits.columns:,}.",
            file=name,
            reason="too_many_columns",
            remedy="Write fewer columns.",
        )
    seen: dict[str, int] = {}
    for at, one in enumerate(names, 1):
        if one in seen:
            raise TableError(
                detail=f"columns {seen[one]} and {at} are both named {one!r}.",
                file=name,
                reason="duplicate_columns",
                remedy="Give each column a name of its own.",
            )
        seen[one] = at


def check_members(schema: pa.Schema, name: str) -> None:
    """Raise TableError where an object has two members of one name."""
    for field in schema:
        if (twice := _twice(field.type)) is not None:
            raise TableError(
                detail=f"two members of its objects are both named {twice!r}.",
                file=name,
                column=field.name,
                reason="duplicate_columns",
                remedy="Give each member a name of its own.",
            )


def _twice(type_: Any) -> str | None:
    """Return the name that two members within a type share, if some do."""
    within = [type_.field(at) for at in range(type_.num_fields)]
    names: list[str] = [one.name for one in within]
    if pa.types.is_struct(type_) and len(set(names)) < len(names):
        return Counter(names).most_common(1)[0][0]
    return next((twice for one in within if (twice := _twice(one.type)) is not None), None)


def values_of(column: pa.Array[Any]) -> list[Any]:
    """Return a column as Python has it; what Python has no value for as text.

    Raises TableError for a text that is not UTF-8, which Arrow holds as it came.
    """
    try:
        return column.to_pylist(maps_as_pydicts="lossy")
    except (ValueError, OverflowError, KeyError, pa.ArrowException):
        return [_value(one) for one in column]


def _value(value: pa.Scalar[Any]) -> Any:
    try:
        return value.as_py(maps_as_pydicts="lossy")
    except (ValueError, OverflowError, KeyError, pa.ArrowException):
        pass
    if isinstance(value, pa.StructScalar):
        return {name: _value(one) for name, one in value.items()}
    if isinstance(value, pa.ListScalar) and value.values is not None:
        return [_value(one) for one in value.values]
    try:
        return str(value.cast(pa.string()).as_py())
    except UnicodeDecodeError as error:
        raise TableError(
            detail=f"a text is not UTF-8: it begins {error.object[:20]!r}.",
            reason="wrong_encoding",
            remedy="Write it as UTF-8, or its column as binary.",
        ) from None
    except pa.ArrowException:
        return None
