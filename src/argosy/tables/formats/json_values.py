"""JSON values of rows, one by one: read strictly, and held against what columns are.

Slow, and knows what is wrong where. `shape` of values: a word for a single value, a list of one
shape, or a dictionary of shapes by member.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Shape = str | list[Any] | dict[str, Any]
#: How deep objects and lists may lie within each other.
MOST_LEVELS = 100
_EXACT = 2**53
_LEAST, _MOST = -(2**63), 2**63 - 1
_SHOWN = 60
_WORDS = {bool: "boolean", int: "integer", float: "number", str: "text"}
_PLURALS = {
    "boolean": "booleans", "integer": "integers", "number": "numbers", "text": "texts",
    "list": "lists", "object": "objects",
}  # fmt: skip
_TYPES: dict[str, pa.DataType] = {
    "null": pa.string(), "boolean": pa.bool_(), "integer": pa.int64(), "number": pa.float64(),
    "text": pa.string(),
}  # fmt: skip
_ALIKE: tuple[set[type], ...] = ({int}, {str}, {bool}, {type(None)})
_SURE_DIGITS = 19
#: After as many elements of a list it is asked whether there is time for more.
_STRIDE = 1_000
_AS_TEXT = "Write it as text, in quotes."
ALIKE = "Write the same kind of value in all rows."


class Large(str):
    """The shape of integers some of which a number would round."""

    __slots__ = ()


_SINGLE = frozenset((int, float, str, bool, type(None), Large))


@dataclass(frozen=True, slots=True)
class _Odd:
    """A value that JSON's grammar or ours does not hold; refused where its place is known."""

    text: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return self.text

    @property
    def detail(self) -> str:
        """What is wrong."""
        return f"{self.text} {self.problem}"


def parse_row(text: str) -> dict[str, Any]:
    """Return the object that a text is. Raises TableError."""
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise broken(error) from None
    except RecursionError:
        raise _too_deep("") from None
    if not isinstance(value, dict):
        raise no_object(value)
    row: dict[str, Any] = value
    if "\\u" in text:
        _check_characters(row)
    return row


def scan_row(text: str, start: int) -> tuple[Any, int]:
    """Return the value that begins in a text, and where it ends.

    Raises TableError, and JSONDecodeError for what may be the beginning of one.
    """
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise _too_deep("") from None


def scan_end(text: str, start: int) -> tuple[Any, int]:
    """Return a value, not as it is to be read, and where it ends: quicker than `scan_row`.

    Raises what that raises.
    """
    try:
        return _QUICK_DECODER.raw_decode(text, start)
    except RecursionError:
        raise _too_deep("") from None


def broken(error: json.JSONDecodeError) -> TableError:
    """Return what is wrong with a text that is not JSON."""
    message = error.msg[:1].lower() + error.msg[1:]
    detail = f"is not JSON: {message}, at character {error.colno}."
    return _wrong(detail, "Write each row as one JSON object.", reason="wrong_row")


def no_object(value: Any) -> TableError:
    """Return what is wrong with a row that is a value of another kind."""
    detail = f"{_show(value)} where an object was expected."
    remedy = 'Write each row as an object, such as {"id": 1}.'
    return _wrong(detail, remedy, reason="wrong_row")


class Widening:
    """Makes the shape of columns wider, row by row. Most rows look like others before.

    Only what loses nothing is wider: null becomes anything, integers become numbers.
    """

    def __init__(self, shape: dict[str, Shape], go_on: Callable[[], None]) -> None:
        self._shape = shape
        self._go_on = go_on
        self._known: set[tuple[Any, ...]] = set()

    def __call__(self, row: dict[str, Any]) -> None:
        """Take one more row. Raises TableError for a value that does not fit those before."""
        types = [Large if _is_large(one) else type(one) for one in row.values()]
        looks = (*row, *types)
        if looks not in self._known:
            self._go_on()
            self._merge(self._shape, row, "", 0)
            if _SINGLE.issuperset(types):
                self._known.add(looks)

    def _merge(self, shape: Shape, value: Any, path: str, level: int) -> Shape:
        """Return the shape of values once there is one more; those of objects are changed."""
        if value is None:
            return shape
        if level > MOST_LEVELS:
            raise _too_deep(path)
        if isinstance(value, dict):
            return self._merge_object(shape, value, path, level)
        if isinstance(value, list):
            return self._merge_list(shape, value, path, level)
        word = _word(value, path)
        if shape in (word, "null"):
            return Large(word) if _is_large(value) else word if shape == "null" else shape
        if {word, str(shape)} == {"integer", "number"}:
            if word == "integer":
                _check_exact(value, path)
            elif isinstance(shape, Large):
                detail = f"{_show(value)} in a column of integers, some too large for a fraction."
                raise _wrong(detail, ALIKE, path)
            return "number"
        raise _misfit(value, shape, path)

    def _merge_object(self, shape: Shape, value: dict[str, Any], path: str, level: int) -> Shape:
        if not isinstance(shape, dict):
            if shape != "null":
                raise _misfit(value, shape, path)
            shape = {}
        for name, one in value.items():
            within = _within(path, name)
            shape[name] = self._merge(shape.get(name, "null"), one, within, level + 1)
        return shape

    def _merge_list(self, shape: Shape, value: list[Any], path: str, level: int) -> Shape:
        if not isinstance(shape, list):
            if shape != "null":
                raise _misfit(value, shape, path)
            shape = ["null"]
        if len(value) > 1 and set(map(type, value)) in _ALIKE and shape[0] != "number":
            # what holds for one of them holds for all
            are_fitting = type(value[0]) is int and shape[0] in ("null", "integer")
            value = [max(value, key=abs)] if are_fitting else value[:1]
        for at, one in enumerate(value):
            if at % _STRIDE == _STRIDE - 1:
                self._go_on()
            shape[0] = self._merge(shape[0], one, f"{path}[{at}]", level + 1)
        return shape


def leaves(shape: Shape) -> int:
    """Return how many single values there are in a row whose lists have one element each."""
    if isinstance(shape, dict):
        return max(sum(map(leaves, shape.values())), 1)
    return leaves(shape[0]) if isinstance(shape, list) else 1


def leaves_in_lists(shape: Shape) -> int:
    """Return how many of those are members of objects that are in lists."""
    if isinstance(shape, dict):
        return sum(map(leaves_in_lists, shape.values()))
    if isinstance(shape, list):
        return leaves(shape) if isinstance(shape[0], dict) else leaves_in_lists(shape[0])
    return 0


def to_arrow(shape: Shape) -> pa.DataType:
    """Return the type of values of a shape; where there was none yet, text."""
    if isinstance(shape, dict):
        return pa.struct([(name, to_arrow(one)) for name, one in shape.items()])
    if isinstance(shape, list):
        return pa.list_(to_arrow(shape[0]))
    return _TYPES[shape]


def unknown_members(
    shape: Shape, value: Any, go_on: Callable[[], None], path: str = "", level: int = 0
) -> Iterator[str]:
    """Yield the paths of members that a shape does not have. Raises TableError.

    Everything else is held against the shape, and must fit it without making it wider.
    """
    if value is None:
        return
    if level > MOST_LEVELS:
        raise _too_deep(path)
    if isinstance(value, dict) and isinstance(shape, dict):
        for name, one in value.items():
            if name in shape:
                yield from unknown_members(shape[name], one, go_on, _within(path, name), level + 1)
            else:
                yield _within(path, name)
    elif isinstance(value, list) and isinstance(shape, list):
        for at, one in enumerate(value):
            if at % _STRIDE == _STRIDE - 1:
                go_on()
            yield from unknown_members(shape[0], one, go_on, f"{path}[{at}]", level + 1)
    else:
        _check_single(value, shape, path)


def _check_single(value: Any, shape: Shape, path: str) -> None:
    word = _word(value, path)
    wanted = "text" if shape == "null" else shape
    if word == "integer" and wanted == "number":
        _check_exact(value, path)
    elif word != wanted:
        raise _misfit(value, shape, path)


def _within(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_large(value: Any) -> bool:
    return type(value) is int and not -_EXACT <= value <= _EXACT


def _check_exact(value: int, path: str) -> None:
    if _is_large(value):
        detail = f"{value} in a column of numbers, which would round it."
        raise _wrong(detail, _AS_TEXT, path)


def _word(value: Any, path: str) -> str:
    if isinstance(value, _Odd):
        raise _wrong(value.detail, value.remedy, path)
    return _WORDS.get(type(value), "")


def _misfit(value: Any, shape: Shape, path: str) -> TableError:
    word = "object" if isinstance(shape, dict) else "list" if isinstance(shape, list) else shape
    plural = _PLURALS.get(word, "texts")
    if word == "null":
        plural = "texts (the first rows have no value in it)"
    return _wrong(f"{_show(value)} in a column of {plural}.", ALIKE, path)


def _too_deep(path: str) -> TableError:
    detail = f"is nested deeper than {MOST_LEVELS} levels."
    column = path.split(".", 1)[0].split("[", 1)[0]
    return _wrong(detail, "Flatten it, or write it as text.", column, "wrong_row")


def _show(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a list" if isinstance(value, list) else "an object"
    shown = str(value) if isinstance(value, _Odd) else json.dumps(value, ensure_ascii=False)
    return f"the text {_cut(shown)}" if isinstance(value, str) else _cut(shown)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise _wrong("the key stands twice in one object.", "Write it once.", twice, "wrong_row")
    return found


def _check_characters(row: dict[str, Any]) -> None:
    """Refuse what stands for half a character. Raises TableError."""
    for name, value in row.items():
        try:
            json.dumps([name, value], ensure_ascii=False, default=repr).encode()
        except UnicodeEncodeError as error:
            half = f"\\u{ord(error.object[error.start]):04x}"
            column = name.encode("ascii", "backslashreplace").decode()
            detail = f"{half} is half of a surrogate pair, and no character."
            raise _wrong(detail, "Write both halves, or leave it out.", column) from None


def _integer(digits: str) -> int | _Odd:
    if len(digits) < _SURE_DIGITS:
        return int(digits)
    if len(digits) <= _SURE_DIGITS + 1 and _LEAST <= (value := int(digits)) <= _MOST:
        return value
    return _Odd(_cut(digits), "is an integer of more than 64 bits.", _AS_TEXT)


def _number(digits: str) -> float | _Odd:
    value = float(digits)
    return value if math.isfinite(value) else _Odd(_cut(digits), "is too large.", _AS_TEXT)


def _constant(word: str) -> _Odd:
    return _Odd(word, "is no value of JSON.", "Write null for no value.")


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _wrong(detail: str, remedy: str, column: str = "", reason: str = "wrong_value") -> TableError:
    """Return an error that has no file and no line yet."""
    return TableError(detail=detail, remedy=remedy, column=_cut(column), reason=reason)


_QUICK_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_number,
    parse_constant=_constant,
)
