"""BigQuery's schemas and cells: what its REST API writes as text becomes JSON with types."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.sources.rows_shapes import NULL, Shape
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from argosy.model import Json, JsonObject

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - written as UTC below
_MICRO = 1_000_000


def shape_of_schema(fields: Iterable[JsonObject]) -> Shape:
    """Return the shape of rows with these fields."""
    return Shape("object", {one["name"]: _shape(one) for one in fields})


def row_reader(fields: Sequence[JsonObject], place: str = "") -> Callable[[JsonObject], JsonObject]:
    """Return what makes JSON with types of a row with these fields.

    Decimals are text, times ISO 8601, bytes base64. It raises TableError for a cell that is not of
    its column's type; `place` is the table.
    """
    readers = [(one["name"], _reader(one, place)) for one in fields]

    def read(row: JsonObject) -> JsonObject:
        cells = row.get("f", [])
        if len(cells) != len(readers):
            raise TableError(
                detail=f"BigQuery gives a row of {len(cells)} cells for {len(readers)} columns.",
                status="unknown_error",
                reason="unreadable",
                file=place,
            )
        return {name: one(cell["v"]) for (name, one), cell in zip(readers, cells, strict=True)}

    return read


def _shape(field: JsonObject) -> Shape:
    kind, word = _KINDS.get(field["type"], ("text", ""))
    if kind == "object":
        one = Shape("object", shape_of_schema(field.get("fields", ())).members)
    else:
        one = Shape(kind, word=word)
    if field.get("mode") == "REPEATED":
        return Shape("list", item=one, nullable=False)
    return Shape(one.kind, one.members, one.item or NULL, field.get("mode") != "REQUIRED", one.word)


def _reader(field: JsonObject, place: str) -> Callable[[Json], Json]:
    """Return what reads a cell of a field."""
    if field.get("mode") == "REPEATED":
        item = _reader({**field, "mode": "NULLABLE"}, place)
        return lambda value: [] if value is None else [item(one["v"]) for one in value]
    if field["type"] in {"RECORD", "STRUCT"}:
        record = row_reader(field.get("fields", []), place)
        return lambda value: None if value is None else record(value)
    convert = _READ.get(field["type"])
    if convert is None:
        return lambda value: value

    def read(value: Json) -> Json:
        try:
            return None if value is None else convert(value)
        except (ValueError, TypeError, KeyError, OverflowError, InvalidOperation):
            raise TableError(
                detail=f"BigQuery gives {show(value)} for a value of the type {field['type']}.",
                status="unknown_error",
                reason="unreadable",
                file=place,
                column=field["name"],
            ) from None

    return read


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _timestamp(text: str) -> str:
    """Return seconds since 1970, which BigQuery writes as a floating number, as ISO 8601."""
    micros = int((Decimal(text) * _MICRO).to_integral_value())
    moment = _EPOCH + timedelta(microseconds=micros)
    return f"{moment.isoformat(timespec='microseconds' if micros % _MICRO else 'seconds')}Z"


def _datetime(text: str) -> str:
    return text.replace(" ", "T", 1)


_READ: Mapping[str, Callable[[str], Json]] = {
    "INTEGER": int,
    "INT64": int,
    "FLOAT": float,
    "FLOAT64": float,
    "BOOLEAN": _boolean,
    "BOOL": _boolean,
    "TIMESTAMP": _timestamp,
    "DATETIME": _datetime,
}

#: The kind of a column by BigQuery's type, and the word for people where it is another.
_KINDS: Mapping[str, tuple[str, str]] = {
    "INTEGER": ("integer", ""),
    "INT64": ("integer", ""),
    "FLOAT": ("number", ""),
    "FLOAT64": ("number", ""),
    "NUMERIC": ("text", "number"),
    "BIGNUMERIC": ("text", "number"),
    "BOOLEAN": ("boolean", ""),
    "BOOL": ("boolean", ""),
    "TIMESTAMP": ("timestamp", ""),
    "DATETIME": ("timestamp", ""),
    "DATE": ("date", ""),
    "BYTES": ("binary", ""),
    "RECORD": ("object", ""),
    "STRUCT": ("object", ""),
}
