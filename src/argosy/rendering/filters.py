"""The filters of expressions, `{{ value | filter(argument) }}`: pure functions, all listed here.

A filter raises ValueError or TypeError where a value is not one it takes, with the reason; none
makes a value larger than `LARGEST`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from argosy.rendering.text import to_text
from argosy.sdk import values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from argosy.model import Json

#: The largest text or list that an expression may make, in characters or items.
LARGEST = 16 * 1024 * 1024


def join_texts(parts: Iterable[Json], separator: str = "") -> str:
    """Write values as text, one after the other. Raises ValueError where that is too large."""
    texts = [to_text(part) for part in parts]
    size = sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0)
    if size > LARGEST:
        raise ValueError(f"the text would be too large ({size} characters)")
    return separator.join(texts)


def size_of(value: Json) -> int:
    """Return how many characters and items a value holds, all levels together."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(len(key) + size_of(member) for key, member in value.items())
    if isinstance(value, list):
        return len(value) + sum(map(size_of, value))
    return 1


def _join(value: Json, separator: str = "") -> str:
    if not isinstance(value, list | tuple):
        raise TypeError("only a list can be joined")
    return join_texts(value, separator)


def _first(value: Json) -> Json:
    return value[0] if value else None


def _last(value: Json) -> Json:
    return value[-1] if value else None


FILTERS: Mapping[str, Callable[..., Json]] = {
    "as_list": values.as_list,
    "as_object": values.as_object,
    "first": _first,
    "join": _join,
    "last": _last,
    "length": len,
    "lower": lambda value: to_text(value).lower(),
    "prefix_keys": values.prefix_keys,
    "to_json": lambda value: join_texts([value]) if not isinstance(value, str) else _quote(value),
    "trim": lambda value: to_text(value).strip(),
    "upper": lambda value: to_text(value).upper(),
    "with_default": values.with_default,
    "with_integer": values.with_integer,
}


def _quote(text: str) -> str:
    return to_text([text])[1:-1]
