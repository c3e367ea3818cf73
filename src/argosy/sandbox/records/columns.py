"""Column types: which one a JSON value needs, what two of them widen to, how a value is kept.

| JSON value | column |
| --- | --- |
| whole number of 64 bits | BIGINT |
| longer whole number | VARCHAR, so that no digit is lost |
| other number | DOUBLE |
| true, false | BOOLEAN |
| text | VARCHAR |
| object, array | JSON |
| null | none by itself |

A column that meets another type widens: BIGINT and DOUBLE to DOUBLE, everything else to
VARCHAR, which keeps each earlier value as text. A column that was declared as a list or map
stays one; what can't be read as one is null in it. The vendor doesn't document its own rules.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, Literal

import orjson

from argosy.sandbox.records.errors import RefusedRecordError

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

ColumnType = Literal["BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR", "JSON"]

_BY_CLASS: Final[dict[type, ColumnType | None]] = {
    bool: "BOOLEAN",
    int: "BIGINT",
    float: "DOUBLE",
    str: "VARCHAR",
    dict: "JSON",
    list: "JSON",
    type(None): None,
}
_DIGITS: Final = bytes(
    ord("0") if chr(byte).isdigit() and byte < 128 else 32 for byte in range(256)
)
_LONG: Final = b"0" * 19
_WHOLE: Final = frozenset({"BIGINT", "INTEGER", "SMALLINT", "TINYINT"})
_NUMBERS: Final = frozenset({"BIGINT", "DOUBLE"})
_ALIKE: Final = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER"), "BIGINT"),
    **dict.fromkeys(("FLOAT",), "DOUBLE"),
}


def needed_type(value: Json) -> ColumnType | None:
    """Give the type a column needs to hold a value; None for null."""
    if type(value) is int and not -(2**63) <= value < 2**63:
        return "VARCHAR"
    return _BY_CLASS[type(value)]


def has_long_number(text: bytes) -> bool:
    """Say whether a text has so many digits in a row that they may be more than 64 bits."""
    return _LONG in text.translate(_DIGITS)


def widened(known: str, needed: ColumnType) -> str:
    """Give the narrowest type that holds what both types hold."""
    if known == needed or (needed == "JSON" and is_nested(known)):
        return known
    known = _ALIKE.get(known, known)  # queries make tables with these
    if known == needed or (known, needed) == ("DOUBLE", "BIGINT"):
        return known
    if known in _WHOLE and needed in _NUMBERS:
        return needed
    if known == "FLOAT" and needed in _NUMBERS:
        return "DOUBLE"
    return "JSON" if needed == "JSON" and _is_nested(known) else "VARCHAR"


def _is_nested(column: str) -> bool:
    return column.endswith("]") or column.startswith(("MAP", "STRUCT"))


def is_nested(column: str) -> bool:
    """Say whether a column was declared to hold lists or maps, which come as JSON."""
    return column.endswith("[]") or column.startswith("MAP(")


def kept(value: Json, column: str) -> Json:
    """Give a value in the form a column of this (wide enough) type takes."""
    if value is None or column in {"BIGINT", "BOOLEAN"}:
        return value
    if column == "DOUBLE":
        return float(value)
    return value if isinstance(value, str) else json_text(value)


def json_text(value: Json) -> str:
    """Write a value as compact JSON; refuse one that is nested too deep to be kept."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # a number longer than 64 bits, or deep nesting
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        text = "A value is nested too deep."
        raise RefusedRecordError("InvalidPropertyValueError", text) from None
