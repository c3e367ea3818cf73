"""Rows of Arrow as JSON objects."""

from __future__ import annotations

import base64
import math
from datetime import date, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.tables.formats.plain import values_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.model import Json, JsonObject


def json_rows(batch: pa.RecordBatch) -> list[JsonObject]:
    """Return the rows of a batch as JSON.

    Decimals become text, since a number would round them; times are ISO 8601, bytes are base64,
    and what is no number (NaN, infinity) is null.
    """
    columns = [_column(batch.column(at), field.type) for at, field in enumerate(batch.schema)]
    names = batch.schema.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(column: pa.Array[Any], type_: pa.DataType) -> list[Json]:
    values: list[Json] = values_of(column)
    if pa.types.is_string(type_) or pa.types.is_integer(type_) or pa.types.is_boolean(type_):
        return values
    return [json_value(value) for value in values]


def json_value(value: Any) -> Json:
    """Return a value of Arrow as JSON."""
    if value is None or isinstance(value, bool | int | str):
        return value
    shown = next((show for type_, show in _SHOWN if isinstance(value, type_)), str)
    return shown(value)


def _listed(values: Any) -> Json:
    return [json_value(one) for one in values]


_SHOWN: tuple[tuple[Any, Callable[[Any], Json]], ...] = (
    (float, lambda value: value if math.isfinite(value) else None),
    (Decimal, str),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value.total_seconds()),
    (bytes, lambda value: base64.b64encode(value).decode()),
    (dict, lambda value: {str(name): json_value(one) for name, one in value.items()}),
    ((list, tuple), _listed),  # a tuple is an entry of a map
)
