"""What JSON values have in common: the shape of a column, found in rows and in declarations.

A shape that is found in the first rows is widened by what is known of the column: a price that
happens to be whole in them is a number all the same. What no shape holds together, a text here
and a number there, is text: texts as they are, other values as JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from argosy.tables.formats.reading import PreviewColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argosy.model import Json, JsonObject

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})?"
)
_TEXTS = frozenset({"text", "date", "timestamp", "binary"})
_LARGEST = 2**63
#: Objects and lists that are nested deeper are kept as JSON in a text.
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a column's values.

    `kind` is null, boolean, integer, number, text, date, timestamp, binary, object, list or json,
    which is text that takes every value. `members` are those of an object, `item` is the shape of
    a list's items. `word` is the type for people where it is not the kind: a decimal number that
    comes as text. An object that is `loose` holds whatever somebody has put there: its values come
    as text. `large` says that there is an integer among them that no number holds exactly.
    """

    kind: str
    members: Mapping[str, Shape] | None = None
    item: Shape | None = None
    nullable: bool = True
    word: str = ""
    loose: bool = False
    large: bool = False

    def columns(self) -> tuple[PreviewColumn, ...]:
        """Return an object's members as columns."""
        return tuple(one.column(name) for name, one in (self.members or {}).items())

    def column(self, name: str) -> PreviewColumn:
        """Return it as a column of that name."""
        word = self.word or ("text" if self.kind == "json" else self.kind)
        return PreviewColumn(name, word, self.nullable, self.columns())


NULL = Shape("null")
_JSON = Shape("json")
_SIMPLE: Mapping[type, Shape] = {
    type(None): NULL,
    bool: Shape("boolean"),
    float: Shape("number"),
}


def shape_of_rows(rows: Iterable[JsonObject], known: Shape | None = None) -> Shape:
    """Return the shape of rows: an object. Its members stand as `known` has them, then as found."""
    found = reduce(widen, map(shape_of, rows), Shape("object", {}))
    return found if known is None else widen(known, found)


def shape_of(value: Json, deep: int = 0) -> Shape:
    """Return the shape of one value."""
    simple = _SIMPLE.get(type(value))
    if simple is not None:
        return simple
    if isinstance(value, int):
        is_known = -_LARGEST <= value < _LARGEST
        return Shape("integer", large=not is_exact(value)) if is_known else _JSON
    if isinstance(value, str):
        return Shape(_kind_of_text(value))
    if deep >= _DEEPEST:
        return _JSON
    if isinstance(value, dict):
        return Shape("object", {name: shape_of(one, deep + 1) for name, one in value.items()})
    return Shape("list", item=reduce(widen, (shape_of(one, deep + 1) for one in value), NULL))


def is_exact(value: int) -> bool:
    """Tell whether a floating number of 64 bits is the same."""
    try:
        return int(float(value)) == value
    except OverflowError:
        return False


def widen(known: Shape, found: Shape) -> Shape:
    """Return the shape that holds the values of two; what is only known of one is kept."""
    if found.kind == "null" or found == known:
        return known
    if known.kind == "null":
        return found
    if known.kind == found.kind == "object":
        return _widen_objects(known, found)
    if known.kind == found.kind == "list":
        return replace(known, item=widen(known.item or NULL, found.item or NULL))
    is_large = known.large or found.large
    kind = _wider(known, found)
    return replace(known, kind=kind, members=None, item=None, large=is_large)


def _wider(known: Shape, found: Shape) -> str:
    """Return the kind that holds two that are no objects and no lists both."""
    kinds = {known.kind, found.kind}
    if len(kinds) == 1 or (kinds <= _TEXTS and (known.word or known.kind == "binary")):
        return known.kind
    if kinds == {"integer", "number"}:
        return "json" if known.large or found.large else "number"
    return "text" if kinds <= _TEXTS else "json"


def _widen_objects(known: Shape, found: Shape) -> Shape:
    members = dict(known.members or {})
    for name, one in (found.members or {}).items():
        members[name] = widen(members[name], one) if name in members else one
    if known.loose:
        members = dict.fromkeys(members, _JSON)
    return replace(known, members=members)


def _kind_of_text(text: str) -> str:
    if len(text) > 40 or not text[:1].isdigit():
        return "text"
    if _DATE.fullmatch(text):
        return "date"
    return "timestamp" if _TIMESTAMP.fullmatch(text) else "text"


def shape_of_columns(columns: Mapping[str, str]) -> Shape:
    """Return the shape that declared columns say, each the word of its type."""
    return Shape("object", {name: declared_shape(word) for name, word in columns.items()})


def declared_shape(word: str, *, nullable: bool = True) -> Shape:
    """Return the shape of a column of a declared type; `loose` is an object that is loose."""
    is_loose = word == "loose"
    kind = "object" if is_loose else word
    return Shape(
        kind,
        members={} if kind == "object" else None,
        item=NULL if kind == "list" else None,
        nullable=nullable,
        loose=is_loose,
    )
