"""How values are written: as JSON bytes, as text, as path segments.

All raise ValueError for what JSON cannot say.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from argosy.model import is_deeper

if TYPE_CHECKING:
    from argosy.model import Json

_DEEPEST = 200
_is_unreserved = re.compile("[A-Za-z0-9_.~-]+").fullmatch
_TOO_DEEP = "its objects and lists are nested too deeply"


def encode_json(value: Json) -> bytes:
    """Encode a value as JSON, compactly.

    Raises ValueError for NaN and infinities, half characters, and what is no JSON value. The
    quick encoder writes NaN as null without a word, so what has a null in it is looked through;
    integers beyond 64 bits, which it refuses, are written by the standard one.
    """
    try:
        data = orjson.dumps(value)
        if b"null" in data and not _is_finite(value):
            raise ValueError("NaN and infinity have no form in JSON")
    except TypeError:
        return _encode_slowly(value)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    return data


def to_text(value: Json) -> str:
    """Write a value as text: text as it is, everything else as JSON.

    `str()` would write Python's `True` and `None`, which no API reads.
    """
    return value if isinstance(value, str) else encode_json(value).decode()


def percent_encode(value: Json) -> str:
    """Write a value as one path segment: everything but unreserved characters is encoded.

    Raises ValueError for an empty segment and for `.` and `..`, which cannot be
    encoded and would lead to another path.
    """
    text = to_text(value)
    if text in {"", ".", ".."}:
        raise ValueError(f"{text!r} cannot stand in a path")
    return text if _is_unreserved(text) else quote(text, safe="")


def _encode_slowly(value: Json) -> bytes:
    if is_deeper(value, _DEEPEST):
        raise ValueError(_TOO_DEEP)
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("a text holds half a character (a lone surrogate)") from None
    except TypeError as error:
        raise ValueError(f"it is not JSON: {error}") from error


def _is_finite(value: Json) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(_is_finite(member) for member in value.values())
    return not isinstance(value, list | tuple) or all(_is_finite(item) for item in value)
