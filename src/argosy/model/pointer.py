"""JSON Pointers (RFC 6901): write them, split them, follow them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.model.json import Json


def join_pointer(parts: Iterable[str | int]) -> str:
    """Write a path of keys and indexes as a JSON Pointer; the empty path is the empty text."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def split_pointer(pointer: str) -> list[str]:
    """Return the keys of a JSON Pointer, unescaped; indexes stay text."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def lookup_pointer(value: Json, pointer: str) -> Json:
    """Follow a JSON Pointer into a value; None where it leads nowhere."""
    for part in split_pointer(pointer):
        if isinstance(value, Mapping) and part in value:
            value = value[part]
        elif (
            isinstance(value, Sequence)
            and part.isascii()
            and part.isdecimal()
            and int(part) < len(value)
        ):
            value = None if isinstance(value, str) else value[int(part)]
        else:
            return None
    return value
