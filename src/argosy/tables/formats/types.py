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
import re
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from argosy.tables.formats.reading import PreviewColumn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.model import Json, JsonObject

TEXT: pa.DataType = pa.string()
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
_DIGITS = re.compile(r"^-?[0.]*([\d.]*)")
_MOST_DIGITS = 17
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
    """Return the narrowest type that all texts of a sample have; null where there is no value."""
    first = typed(texts, pa.null(), meanings)[1]
    if first < 0:
        return pa.null()
    text = str(texts[first].as_py())
    types = [*_PATTERNS] if text.startswith(_BEGINNINGS) else []  # what most texts do not
    if text in meanings.true_values + meanings.false_values:
        types.insert(0, pa.bool_())
    for type_ in types:
        misfit = typed(texts, type_, meanings)[1]
        if misfit < 0 and (type_ != pa.float64() or _has_exact(texts)):
            return type_
    return TEXT


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
    """Return rows as JSON; texts are cut to `most_text` characters."""
    return tuple(
        {name: preview_cell(cell, most_text) for name, cell in row.items()} for row in rows
    )


def preview_cell(value: Any, most_text: int) -> Json:
    """Return a value as JSON that says the same: large integers and decimals as text.

    Texts of more than `most_text` characters are cut, bytes are base64.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): preview_cell(one, most_text) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [preview_cell(one, most_text) for one in value]
    text = _as_text(value, most_text)
    return text if len(text) <= most_text else f"{text[:most_text]}…"


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


def _first_changed(texts: pa.Array[Any], numbers: pa.Array[Any]) -> int:
    """Return where the first number stands that is infinite, or an integer that was rounded."""
    is_large = pc.greater_equal(pc.abs(numbers), pa.scalar(float(_EXACT)))
    if not pc.any(is_large).as_py():
        return -1
    is_integer = pc.invert(pc.match_substring_regex(texts, "[.eE]"))
    is_changed = pc.or_(pc.and_(is_large, is_integer), pc.is_inf(numbers))
    return int(pc.index(is_changed, True).as_py())


def _has_exact(texts: pa.Array[Any]) -> bool:
    """Whether numbers hold all the digits that their texts have."""
    return all(text is None or _digits(text) <= _MOST_DIGITS for text in texts.to_pylist())


def _digits(text: str) -> int:
    found = _DIGITS.match(text)
    return len(found.group(1).replace(".", "")) if found else 0
