"""The words of problems: values as shown, lists of what is allowed, one sentence a keyword.

Present tense, the value found first, then what would be right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from argosy.model import Json

_LONGEST_SHOWN = 60
_MOST_LISTED = 7
#: A word that is compared with others is cut here.
_LONGEST_COMPARED = 200


def sentence(keyword: str, found: Json, wanted: Json) -> str:
    """Say how a value fails a schema's keyword; empty for a keyword that has no sentence here."""
    write = _SENTENCES.get(keyword)
    return write(found, wanted) if write else ""


def show(value: Json) -> str:
    """Write a value for a message, shortened where it is long."""
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def list_words(words: Iterable[Json], found: str = "", *, count: int = 0) -> str:
    """List what is allowed, at most seven, those nearest to what was found first.

    `count` is how many there are where only some of them are given.
    """
    from difflib import SequenceMatcher  # noqa: PLC0415

    allowed = [word if isinstance(word, str) else show(word) for word in words]
    if found:
        near = found[:_LONGEST_COMPARED]
        allowed.sort(key=lambda word: -SequenceMatcher(None, near, word).ratio())
    more = max(len(allowed), count) - _MOST_LISTED
    listed = ", ".join(allowed[:_MOST_LISTED])
    return f"{listed} and {more:,} more" if more > 0 else listed


def kind(kinds: str | Sequence[str]) -> str:
    """Name one JSON type, or several as alternatives."""
    words = {"array": "a list", "object": "an object", "integer": "an integer", "null": "null"}
    names = [kinds] if isinstance(kinds, str) else kinds
    return either([words.get(name, f"a {name}") for name in names])


def either(words: Sequence[str]) -> str:
    """Join words as alternatives: `a, b or c`."""
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _has(found: Any, thing: str, wanted: int, at: str) -> str:
    """Say how many there are and how many there should be."""
    count = len(found)
    are = "is" if wanted == 1 else "are"
    what = thing if count == 1 else f"{thing}s"
    need = "needed" if at == "least" else "allowed"
    return f"has {count} {what}, at {at} {wanted} {are} {need}"


_SENTENCES: Mapping[str, Callable[[Any, Any], str]] = {
    "type": lambda found, wanted: f"{show(found)} is not {kind(wanted)}",
    "enum": lambda found, wanted: (
        f"{show(found)} is not one of {list_words(wanted, found if isinstance(found, str) else '')}"
    ),
    "const": lambda found, wanted: f"{show(found)} is not {show(wanted)}",
    "pattern": lambda found, wanted: f"{show(found)} does not match {wanted}",
    "minimum": lambda found, wanted: f"{show(found)} is less than {show(wanted)}",
    "maximum": lambda found, wanted: f"{show(found)} is more than {show(wanted)}",
    "exclusiveMinimum": lambda found, wanted: f"{show(found)} is not more than {show(wanted)}",
    "exclusiveMaximum": lambda found, wanted: f"{show(found)} is not less than {show(wanted)}",
    "multipleOf": lambda found, wanted: f"{show(found)} is not a multiple of {show(wanted)}",
    "minLength": lambda found, wanted: f"{show(found)} {_has(found, 'character', wanted, 'least')}",
    "maxLength": lambda found, wanted: f"{show(found)} {_has(found, 'character', wanted, 'most')}",
    "minItems": lambda found, wanted: f"the list {_has(found, 'item', wanted, 'least')}",
    "maxItems": lambda found, wanted: f"the list {_has(found, 'item', wanted, 'most')}",
    "minProperties": lambda found, wanted: f"the object {_has(found, 'member', wanted, 'least')}",
    "maxProperties": lambda found, wanted: f"the object {_has(found, 'member', wanted, 'most')}",
    "oneOf": lambda _found, _wanted: "it fits several alternatives where one is meant",
    "uniqueItems": lambda found, _wanted: f"{show(found)} has the same item twice",
    "not": lambda found, _wanted: f"{show(found)} is not allowed here",
    "propertyNames": lambda found, _wanted: f"{show(found)} is not allowed as a name here",
}
