"""What kinds of values columns hold, in words for people and as Arrow's types.

The types of texts are found apart from the texts: a column whose values look like numbers stays
text, unless the table asks for more. Whatever would not come back as it was written stays text:
leading zeros, integers of more than 64 bits.
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from argosy.tables.formats.reading import PreviewColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from argosy.model import Json, JsonObject

TEXT: pa.DataType = pa.string()
#: Integers of 64 bits some of which a number would round: only samples have it, columns INTEGERS.
INTEGERS: pa.DataType = pa.int64()
LARGE: pa.DataType = pa.uint64()
#: How many items a preview shows of a list, and what stands for those behind them.
MOST_ITEMS = 100
MORE = "…"
#: How many levels it shows of lists and objects, and how many long texts' worth of characters; a
#: value counts as so many besides its text. In wide tables cells show less, but never too little.
_MOST_LEVELS = 20
_TEXTS_SHOWN = 10
_VALUE = 10
_MOST_SHOWN = 2_000_000
_LEAST_SHOWN = 200
_EXACT = 2**53
_DAY = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?"
_PATTERNS: dict[pa.DataType, str] = {
    pa.int64(): r"^(0|-?[1-9]\d*)$",
    pa.float64(): r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$",
    pa.date32(): rf"^{_DAY}$",
    pa.timestamp("us"): rf"^{_DAY}[T ]{_TIME}$",
    pa.timestamp("us", "UTC"): rf"^{_DAY}[T ]{_TIME}(Z|[+-]\d{{2}}:?\d{{2}})$",
}
_MOST_DIGITS = 17
#: A number's text with more of them, from the first that is not zero.
_MANY_DIGITS = rf"^-?[0.]*[1-9](\.?\d){{{_MOST_DIGITS}}}"
_BEGINNINGS = tuple("-0123456789")
_WORDS = (
    (pa.types.is_null, "null"),
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_decimal, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "timestamp"),
    (pa.types.is_struct, "object"),
    (pa.types.is_map, "object"),
    (pa.types.is_nested, "list"),
    (pa.types.is_binary, "binary"),
    (pa.types.is_large_binary, "binary"),
    (pa.types.is_binary_view, "binary"),
    (pa.types.is_fixed_size_binary, "binary"),
)


class Meanings(Protocol):
    """Which texts stand for something else; a CSV dialect is one."""

    @property
    def null_values(self) -> tuple[str, ...]:
        """Those for no value."""
        ...

    @property
    def true_values(self) -> tuple[str, ...]:
        """Those for true."""
        ...

    @property
    def false_values(self) -> tuple[str, ...]:
        """Those for false."""
        ...

    @property
    def strings_can_be_null(self) -> bool:
        """Whether `null_values` are no values among texts, too."""
        ...


def word_of(type_: pa.DataType) -> str:
    """Return what people call a type, such as text, integer or object."""
    if pa.types.is_dictionary(type_):
        return word_of(type_.value_type)
    return next((word for fits, word in _WORDS if fits(type_)), "text")


def column_of(name: str, type_: pa.DataType, *, nullable: bool = True) -> PreviewColumn:
    """Return a column as a preview shows it, with what is within an object."""
    members: tuple[PreviewColumn, ...] = ()
    if pa.types.is_struct(type_):
        fields = [type_.field(at) for at in range(type_.num_fields)]
        members = tuple(column_of(one.name, one.type, nullable=one.nullable) for one in fields)
    return PreviewColumn(name, word_of(type_), nullable, members)


def infer_type(texts: pa.Array[Any], meanings: Meanings) -> pa.DataType:
    """Return the narrowest type that all texts of a sample have; null where there is no value.

    It is LARGE for integers that are no numbers, too.
    """
    first = typed(texts, pa.null(), meanings)[1]
    if first < 0:
        return pa.null()
    text = str(texts[first].as_py())
    types = [*_PATTERNS] if text.startswith(_BEGINNINGS) else []  # what most texts do not
    if text in meanings.true_values + meanings.false_values:
        types.insert(0, pa.bool_())
    for type_ in types:
        if typed(texts, type_, meanings)[1] < 0:
            is_large = type_ == INTEGERS and typed(texts, pa.float64(), meanings)[1] >= 0
            return LARGE if is_large else type_
    return TEXT


def common_type(types: Iterable[pa.DataType]) -> pa.DataType:
    """Return the narrowest type that holds the texts of all these types; null if there is none."""
    found = {type_ for type_ in types if not pa.types.is_null(type_)}
    if found == {INTEGERS, LARGE}:
        return LARGE
    if len(found) > 1:
        return pa.float64() if found == {INTEGERS, pa.float64()} else TEXT
    return next(iter(found), pa.null())


def typed(
    texts: pa.Array[Any], type_: pa.DataType, meanings: Meanings
) -> tuple[pa.Array[Any], int]:
    """Return texts as values of a type, and the index of the first that is none, or -1.

    No text is null unless `meanings` says so; in other types an empty one is, too.
    """
    is_text = type_ == TEXT
    if not is_text or meanings.strings_can_be_null:
        nulls = meanings.null_values if is_text else ("", *meanings.null_values)
        texts = _without(texts, nulls)
    if is_text:
        return texts, -1
    if pa.types.is_null(type_):
        return texts, pc.index(pc.is_valid(texts), True).as_py()
    if pa.types.is_boolean(type_):
        return _booleans(texts, meanings)
    fits = pc.match_substring_regex(texts, _PATTERNS[type_])
    misfit = pc.index(fits, False).as_py()
    if misfit < 0:
        return _cast(texts, type_)
    before = _cast(texts.slice(0, misfit), type_)[1]  # one that is too large, perhaps
    return texts, before if before >= 0 else misfit


def preview_rows(rows: Sequence[Mapping[str, Any]], most_text: int) -> tuple[JsonObject, ...]:
    """Return rows as JSON; texts are cut to `most_text` characters, and cells as `preview_cell`.

    The more cells there are, the less each shows of its lists and objects.
    """
    share = _MOST_SHOWN // max(1, sum(map(len, rows)))
    most = max(_LEAST_SHOWN, min(_TEXTS_SHOWN * most_text, share))
    return tuple(
        {name: preview_cell(cell, most_text, most) for name, cell in row.items()} for row in rows
    )


def preview_cell(value: Any, most_text: int, most: int | None = None) -> Json:
    """Return a value as JSON that says the same: large integers and decimals as text.

    Texts of more than `most_text` characters are cut, bytes are base64. Of lists and objects the
    first items are shown, to some levels, and about `most` characters in all; an ellipsis stands
    for the rest.
    """
    if isinstance(value, dict | list | tuple):
        return _Cell(most_text, _TEXTS_SHOWN * most_text if most is None else most).shown(value, 0)
    return _single(value, most_text)


@dataclass(slots=True)
class _Cell:
    """What a preview shows of one list or object; `left` is how many characters it still may."""

    most_text: int
    left: int

    def shown(self, value: Any, level: int) -> Json:
        self.left -= _VALUE
        if isinstance(value, dict):
            return self._members(value, level)
        if isinstance(value, list | tuple):
            return self._items(value, level)
        return self._spent(_single(value, self.most_text))

    def _members(self, value: Mapping[Any, Any], level: int) -> Json:
        made: JsonObject = {}
        for name, one in value.items():
            if self._is_enough(len(made), level):
                made[MORE] = MORE
                break
            made[str(self._spent(_single(str(name), self.most_text)))] = self.shown(one, level + 1)
        return made

    def _items(self, value: Sequence[Any], level: int) -> Json:
        made: list[Json] = []
        for one in value:
            if self._is_enough(len(made), level):
                made.append(MORE)
                break
            made.append(self.shown(one, level + 1))
        return made

    def _is_enough(self, count: int, level: int) -> bool:
        return count == MOST_ITEMS or self.left <= 0 or level == _MOST_LEVELS

    def _spent(self, shown: Json) -> Json:
        self.left -= len(shown) if isinstance(shown, str) else 0
        return shown


def _single(value: Any, most_text: int) -> Json:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = _as_text(value, most_text)
    return text if len(text) <= most_text else f"{text[:most_text]}{MORE}"


def _as_text(value: Any, most_text: int) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value[: most_text + 3]).decode()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return f"{value:f}"
    return str(value)


def _without(texts: pa.Array[Any], nulls: Sequence[str]) -> pa.Array[Any]:
    if not nulls:
        return texts
    is_null = pc.is_in(texts, pa.array(nulls, TEXT))
    made: pa.Array[Any] = pc.if_else(is_null, pa.scalar(None, TEXT), texts)
    return made


def _booleans(texts: pa.Array[Any], meanings: Meanings) -> tuple[pa.Array[Any], int]:
    truths = pc.is_in(texts, pa.array(meanings.true_values, TEXT))
    known = pc.or_(truths, pc.is_in(texts, pa.array(meanings.false_values, TEXT)))
    misfit = pc.index(pc.or_(known, pc.is_null(texts)), False).as_py()
    return pc.if_else(pc.is_valid(texts), truths, pa.scalar(None, pa.bool_())), misfit


def _cast(texts: pa.Array[Any], type_: pa.DataType) -> tuple[pa.Array[Any], int]:
    try:
        column = pc.cast(texts, type_)
    except pa.ArrowInvalid:
        return texts, _first_unlike(texts, type_)
    if pa.types.is_floating(type_):
        return column, _first_changed(texts, column)
    if pa.types.is_temporal(type_):
        return column, _first_beyond(column)
    return column, -1


def _first_unlike(texts: pa.Array[Any], type_: pa.DataType) -> int:
    """Return where the first text stands that does not become a value; by halves."""
    start, end = 0, len(texts)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            pc.cast(texts.slice(start, middle - start), type_)
        except pa.ArrowInvalid:
            end = middle
        else:
            start = middle
    return start


def _first_changed(texts: Any, numbers: pa.Array[Any]) -> int:
    """Return where the first number stands that says less than its text.

    It is infinite, or zero where the text is not, or was rounded: it is large without an exponent,
    or has too many digits.
    """
    sizes: Any = pc.abs(numbers)
    found = (
        pc.index(pc.is_inf(numbers), True).as_py(),
        _first_match(texts, pc.greater_equal(sizes, pa.scalar(float(_EXACT))), r"^[^eE]*$"),
        _first_match(texts, pc.equal(sizes, pa.scalar(0.0)), r"^-?[0.]*[1-9]"),
        _first_match(
            texts, pc.greater(pc.binary_length(texts), pa.scalar(_MOST_DIGITS)), _MANY_DIGITS
        ),
    )
    return min((at for at in found if at >= 0), default=-1)


def _first_match(texts: Any, mask: Any, pattern: str) -> int:
    """Return where the first text stands that is chosen and matches a pattern, which is slow."""
    chosen = texts.filter(mask)
    at = pc.index(pc.match_substring_regex(chosen, pattern), True).as_py() if len(chosen) else -1
    return pc.indices_nonzero(mask)[at].as_py() if at >= 0 else -1


def _first_beyond(column: pa.Array[Any]) -> int:
    """Return where the first date or time stands that is in none of the years 1 to 9999."""
    first, last = (pa.scalar(one, column.type) for one in _years(column.type))
    is_beyond = pc.or_(pc.less(column, first), pc.greater(column, last))
    return int(pc.index(is_beyond, True).as_py())


def _years(type_: Any) -> tuple[Any, Any]:
    if pa.types.is_date(type_):
        return dt.date.min, dt.date.max
    zone = dt.UTC if type_.tz else None
    return dt.datetime.min.replace(tzinfo=zone), dt.datetime.max.replace(tzinfo=zone)
