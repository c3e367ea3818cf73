"""Texts that can be sent: none holds half a character (a lone surrogate)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from argosy.model import Json


def with_whole_texts(value: Json) -> Json:
    """Return a value that can be written as UTF-8: itself, or with half characters replaced.

    What came from elsewhere and was stored must not make an answer impossible.
    """
    try:
        orjson.dumps(value)
    except TypeError:
        return _mended(value)
    return value


def _mended(value: Json) -> Json:
    if isinstance(value, str):
        # two halves that stand side by side are one character
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(name): _mended(member) for name, member in value.items()}
    return [_mended(one) for one in value] if isinstance(value, list | tuple) else value
