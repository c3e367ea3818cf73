"""Untyped JSON: its names, how a text is parsed, and what JSON asks of a value."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from typing import Any, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def parse_json(text: str) -> Json:
    """Parse JSON strictly.

    Raises ValueError, with the line where it is known, for what is no JSON, NaN and infinities,
    half characters, values nested too deeply, and an object that repeats a key, since one of the
    two values would silently win.
    """
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a byte order mark")
    try:
        value = _DECODER.decode(text)
        _ENCODER.encode(value).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise ValueError("a text holds half a character (a lone surrogate)") from error
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        if "int_max_str_digits" in str(error):  # Python's limit: so many digits take long to read
            most = sys.get_int_max_str_digits()
            raise ValueError(f"a whole number has more than {most} digits") from None
        raise
    return value


def is_whole_text(text: str) -> bool:
    """Tell whether a text holds whole characters only; half of one cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_deeper(value: Json, levels: int) -> bool:
    """Tell whether a value has more than so many levels of objects and lists."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        if not level:
            return False
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
    return bool(level)


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    result = dict(pairs)
    if len(result) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return result


def _refuse_number(name: str) -> Json:
    raise ValueError(f"{name} has no form in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse_number(digits)


# Made once: `json.loads` would make them anew for each text.
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_number, parse_float=_finite
)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
