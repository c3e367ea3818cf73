"""How values are written as text and as path segments."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

if TYPE_CHECKING:
    from argosy.model import Json


def to_text(value: Json) -> str:
    """Write a value as text: text as it is, booleans and null as JSON has them, the rest as JSON.

    `str()` would write Python's `True` and `None`, which no API reads.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, float | int) and not isinstance(value, bool):
        return repr(value)
    return orjson.dumps(value).decode()


def percent_encode(value: Json) -> str:
    """Write a value as one path segment: everything but unreserved characters is encoded.

    Raises ValueError for an empty segment and for `.` and `..`, which cannot be
    encoded and would lead to another path.
    """
    text = to_text(value)
    if text in {"", ".", ".."}:
        raise ValueError(f"{text!r} cannot stand in a path")
    return quote(text, safe="")
