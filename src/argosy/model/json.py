"""Names for untyped JSON, the one door by which `Any` enters, and what JSON asks of a text."""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def is_whole_text(text: str) -> bool:
    """Tell whether a text holds whole characters only; half of one cannot be encoded."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
