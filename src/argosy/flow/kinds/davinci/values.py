"""Values as DaVinci has them: texts for the most part, other types where something says so."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from argosy.model import parse_json
from argosy.rendering import to_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.model import Json, JsonObject

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?")
_LONGEST_NUMBER = 400
_BOOLEANS = {"true": True, "false": False}


def text_of(value: Json) -> str:
    """Return a value as text: null is empty, a number whole where it is, an object is JSON."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    try:
        return to_text(value)
    except (TypeError, ValueError):  # beyond what JSON can say
        return str(value)


def number_of(value: Json) -> int | float | None:
    """Return a value as a number, None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value if not isinstance(value, float) or math.isfinite(value) else None
    if not isinstance(value, str):
        return None
    text = value.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        return int(text)
    found = float(text)
    return found if math.isfinite(found) else None


def boolean_of(value: Json) -> bool | None:
    """Return a value as true or false, None where it is neither."""
    if isinstance(value, bool):
        return value
    return _BOOLEANS.get(value.strip().lower()) if isinstance(value, str) else None


def is_void(value: Json) -> bool:
    """Tell whether a value is what DaVinci makes of one that is not there."""
    return value is None or value == ""


def is_on(value: Json) -> bool:
    """Tell whether a switch is on; what is neither on nor off is off."""
    return boolean_of(value) is True


def convert(value: Json, type_: Json) -> Json:
    """Return a value as the type that DaVinci names; what does not convert stays as it is."""
    match type_:
        case "number" | "integer":
            found: Json = number_of(value)
        case "boolean":
            found = boolean_of(value)
        case "object" | "array":
            found = _parsed(value)
        case "string" | "secret":
            return value if value is None else text_of(value)
        case _:
            return value
    return value if found is None else found


def _parsed(value: Json) -> Json:
    if not isinstance(value, str) or value.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return parse_json(value)
    except ValueError:
        return None


def list_of(value: Json) -> list[Json] | None:
    """Return a list, also one that is written as JSON; None where it is none."""
    found = convert(value, "array")
    return found if isinstance(found, list) else None


def rows_of(value: Json, mark: str) -> Iterator[tuple[str, JsonObject]]:
    """Yield the rows of a list with what tells them apart; rows without it are left out."""
    for row in value if isinstance(value, list) else ():
        if isinstance(row, dict) and not is_void(row.get(mark)):
            yield text_of(row[mark]), row


def typed_members(value: Json) -> JsonObject:
    """Return rows of a name, a value and a type as one object."""
    return {
        name: convert(row.get("value"), row.get("type")) for name, row in rows_of(value, "name")
    }
