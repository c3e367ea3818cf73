"""Rows of JSON as Arrow batches, and as a preview.

The columns are those that a source tells, widened by the rows of its first page. A later value
that does not fit ends the reading and is named. A member that first comes later has no column; it
is told in a warning, once. Dates and times stay the texts that they come as.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError
from argosy.rendering import encode_json
from argosy.tables.formats import types
from argosy.tables.formats.reading import FilePreview
from argosy.tables.sources.rows_shapes import Shape, is_exact, shape_of_rows
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from argosy.model import Json, JsonObject
    from argosy.tables.content import Limits, Tally
    from argosy.tables.sources.rows import RowSource

    Fit = Callable[[Json], Json]

_MOST_WARNED = 20
_LARGEST = 2**63
#: What a column of a kind holds, as an error says it.
_WORDS = {
    "boolean": "true or false",
    "integer": "whole numbers",
    "number": "numbers",
    "object": "objects",
    "list": "lists",
}
_REMEDY = "Mend the value in the other system, or leave the column out with a query."
#: The type of nearly all values of a kind, which need no second look.
_PLAIN: Mapping[str, type] = {"boolean": bool, "integer": int, "number": float}
_CONVERT: Mapping[str, Callable[[Any], Json]] = {"integer": int, "number": float}
_SIMPLE: Mapping[str, pa.DataType] = {
    "boolean": pa.bool_(),
    "integer": pa.int64(),
    "number": pa.float64(),
}


class MisfitError(ValueError):
    """A value is not of its column's type; `path` leads to it from the column."""

    def __init__(self, found: str, path: tuple[str, ...]) -> None:
        super().__init__(found)
        self.path = path


class RowReader:
    """Reads a source of rows once, from its beginning to its end."""

    def __init__(self, source: RowSource, limits: Limits, tally: Tally) -> None:
        self._source = source
        self._limits = limits
        self._tally = tally
        self._pages = source.pages(None, tally)
        self._first = next(self._pages, [])
        # after the first page: what that took to find out is known by then, patiently
        self._shape = shape_of_rows(self._first, source.shape())
        _check_columns(self._shape, limits, source.name)
        self._news = _News(self._shape, tally)
        self._fits = {
            name: _fit(one, self._news, (name,)) for name, one in _members(self._shape).items()
        }
        self.schema = pa.schema(
            [pa.field(name, arrow_type(one)) for name, one in _members(self._shape).items()]
        )

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield the batches that are left. Raises TableError."""
        rows: list[JsonObject] = []
        begins: list[tuple[int, int]] = []
        begun = self._tally.bytes_read
        for page, found in enumerate(chain([self._first], self._pages), 1):
            begins.append((len(rows), page))
            rows += (self._row(one, page, at) for at, one in enumerate(found, 1))
            self._first = []
            is_full = self._tally.bytes_read - begun >= self._limits.batch_bytes
            if rows and (is_full or len(rows) >= self._limits.batch_rows):
                yield self._batch(rows, begins)
                rows, begins, begun = [], [], self._tally.bytes_read
        if rows:
            yield self._batch(rows, begins)

    def close(self) -> None:
        """End the reading."""
        close = getattr(self._pages, "close", None)
        if close is not None:
            close()

    def _batch(self, rows: list[JsonObject], begins: list[tuple[int, int]]) -> pa.RecordBatch:
        """Return a batch; `begins` says where in `rows` pages begin, and their numbers."""
        try:
            made = pa.RecordBatch.from_pylist(rows, schema=self.schema)
        except UnicodeEncodeError:
            ends = [begin for begin, _ in begins[1:]] + [len(rows)]
            for (begin, page), end in zip(begins, ends, strict=True):
                _check_texts(rows[begin:end], page, self._source.name)
            raise
        self._tally.rows_read += len(rows)
        return made

    def _row(self, row: JsonObject, page: int, at: int) -> JsonObject:
        """Return a row whose values have the types of the columns."""
        fits, made = self._fits, {}
        try:
            for name, value in row.items():
                fit = fits.get(name)
                if fit is None:
                    self._news.tell((name,))
                elif value is not None:
                    made[name] = fit(value)
        except MisfitError as error:
            remedy = f"The first page decides the types. {_REMEDY}"
            raise _wrong(error, remedy, page, at, self._source.name) from None
        return made


@dataclass(slots=True)
class _News:
    """Members that first came after the columns were fixed; each is told once."""

    shape: Shape
    tally: Tally
    told: set[tuple[str, ...]] | None = None

    def tell(self, path: tuple[str, ...]) -> None:
        """Warn of a member that has no column."""
        told = self.told = self.told or set()
        if path in told or len(told) > _MOST_WARNED:
            return
        told.add(path)
        if len(told) > _MOST_WARNED:
            text = "Further members came after the first page and are left out."
        else:
            text = f"{_plain('.'.join(path))} first came after the first page and is left out."
        self.tally.warnings.append(text)


def arrow_batches(source: RowSource, limits: Limits, tally: Tally) -> RowReader:
    """Return a reader of all rows of a source. Raises TableError where its first page fails."""
    return RowReader(source, limits, tally)


def preview_rows(source: RowSource, limits: Limits, tally: Tally, rows: int = 20) -> FilePreview:
    """Return the first rows of a source and its columns. Raises TableError."""
    known = source.shape()
    found = []
    for number, page in enumerate(source.pages(rows + 1, tally), 1):
        _check_texts(page, number, source.name)
        found += page
    shape = shape_of_rows(found, known)
    _check_columns(shape, limits, source.name)
    taken = found[:rows]
    tally.rows_read += len(taken)
    shown = types.preview_rows(taken, limits.preview_text)
    return FilePreview(shape.columns(), shown, is_whole=len(found) <= rows)


def arrow_type(shape: Shape) -> pa.DataType:
    """Return the Arrow type of a shape; an object without members is text."""
    if shape.kind == "object" and shape.members:
        return pa.struct([pa.field(n, arrow_type(one)) for n, one in shape.members.items()])
    if shape.kind == "list":
        return pa.list_(arrow_type(shape.item or Shape("null")))
    return _SIMPLE.get(shape.kind, pa.string())


def _fit(shape: Shape, news: _News, path: tuple[str, ...]) -> Fit:
    """Return what makes a value one of the type of a shape, or raises MisfitError."""
    if shape.kind == "object" and shape.members:
        return _fit_object(shape, news, path)
    if shape.kind == "list":
        return _fit_list(shape, news, path)
    if shape.kind in {"json", "null", "object"}:
        return _fit_text(path)
    usual, kind = _PLAIN.get(shape.kind, str), shape.kind
    convert = _CONVERT.get(kind)

    def fit(value: Json) -> Json:
        if type(value) is usual and usual is not int:
            return value
        if not _is_of(kind, value):
            raise _misfit(value, shape, path)
        return value if convert is None else convert(value)

    return fit


def _fit_text(path: tuple[str, ...]) -> Fit:
    def fit(value: Json) -> Json:
        try:
            return value if isinstance(value, str) else encode_json(value).decode()
        except ValueError as error:
            raise MisfitError(f"a value that is no JSON: {error}", path) from None

    return fit


def _misfit(value: Json, shape: Shape, path: tuple[str, ...]) -> MisfitError:
    words = _WORDS.get(shape.kind, "text")
    if isinstance(value, int) and not isinstance(value, bool) and shape.kind in _CONVERT:
        words += " of 64 bits, which do not hold it"
    return MisfitError(f"{show(value)} in place of {words}", path)


def _fit_object(shape: Shape, news: _News, path: tuple[str, ...]) -> Fit:
    fits = {name: _fit(one, news, (*path, name)) for name, one in _members(shape).items()}

    def fit(value: Json) -> Json:
        if not isinstance(value, dict):
            raise _misfit(value, shape, path)
        made = {}
        for name, one in value.items():
            inner = fits.get(name)
            if inner is None:
                news.tell((*path, name))
            elif one is not None:
                made[name] = inner(one)
        return made

    return fit


def _fit_list(shape: Shape, news: _News, path: tuple[str, ...]) -> Fit:
    item = _fit(shape.item or Shape("null"), news, path)

    def fit(value: Json) -> Json:
        if not isinstance(value, list):
            raise _misfit(value, shape, path)
        return [None if one is None else item(one) for one in value]

    return fit


def _is_of(kind: str, value: Json) -> bool:
    if kind == "boolean" or isinstance(value, bool):
        return kind == "boolean" and isinstance(value, bool)
    if kind == "integer":
        is_whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        return is_whole and -_LARGEST <= value < _LARGEST
    if kind == "number":
        return isinstance(value, float) or (isinstance(value, int) and is_exact(value))
    return isinstance(value, str)


def _members(shape: Shape) -> Mapping[str, Shape]:
    return shape.members or {}


def _check_columns(shape: Shape, limits: Limits, place: str) -> None:
    _check_names(shape, place)
    count = len(_members(shape))
    if count > limits.columns:
        raise TableError(
            detail=f"it has {count} columns, and {limits.columns} are the most.",
            remedy="Leave some out, with a query for instance.",
            reason="too_many_columns",
            file=place,
        )


def _check_names(shape: Shape, place: str) -> None:
    """Raise TableError where a column, or a member within one, has a name that is no text."""
    for name, one in _members(shape).items():
        if _is_half(name):
            detail = f"it has a column named {_plain(name)}, which holds half a character."
            raise TableError(detail=detail, remedy=_REMEDY, reason="wrong_value", file=place)
        _check_names(one, place)
    if shape.item is not None:
        _check_names(shape.item, place)


def _check_texts(rows: Iterable[JsonObject], page: int, place: str) -> None:
    """Raise TableError where a text of a page is none, since it holds half a character."""
    for at, row in enumerate(rows, 1):
        path = _path_of_half(row)
        if path is not None:
            error = MisfitError("a text that holds half a character (a lone surrogate)", path)
            raise _wrong(error, _REMEDY, page, at, place)


def _path_of_half(value: Json) -> tuple[str, ...] | None:
    """Return the way to the first text that UTF-8 cannot say, None where there is none."""
    if isinstance(value, str):
        return () if _is_half(value) else None
    if isinstance(value, dict):
        within = ((name, _path_of_half(one)) for name, one in value.items())
        return next(((_plain(name), *path) for name, path in within if path is not None), None)
    if isinstance(value, list):
        return next((path for one in value if (path := _path_of_half(one)) is not None), None)
    return None


def _is_half(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _plain(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _wrong(error: MisfitError, remedy: str, page: int, row: int, place: str) -> TableError:
    return TableError(
        detail=f"row {row} of page {page} has {error}.",
        remedy=remedy,
        reason="wrong_value",
        file=place,
        column=".".join(error.path),
        page=page,
        row=row,
    )
