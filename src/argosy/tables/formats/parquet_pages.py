"""The heads of Parquet's pages: what they expand to, known before anything is expanded."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.tables.formats.parquet_thrift import read_struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argosy.tables.formats.parquet_thrift import Fields
    from argosy.tables.formats.ranged import RangedFile

#: The longest head that is looked at; texts that pages begin and end with may stand in it.
_LONGEST = 64 * 1024
_SHORT = 512
_DICTIONARY = 2
#: In so many pages the first rows are looked for; they are in the second, or the first, mostly.
_MOST_FIRST = 16
_NO_HEAD = "a page has no head that can be read"


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the bytes that it expands to, and how many values it has, those of lists too."""

    size: int
    values: int
    is_dictionary: bool


@dataclass(slots=True)
class _Passing:
    """A column whose bytes pass: where its next head begins, and what has come of that.

    `size` is what the page before comes to, as long as it has not passed as a whole.
    """

    at: int
    end: int
    rest: bytes = b""
    size: int = 0


class PageWatch:
    """Looks at the pages of columns while their bytes pass, each before it is expanded.

    `spans` are where the columns' bytes begin and end; `judge` is given a column's place among
    them, and how many bytes its page expands to, and raises what is to stop that. Columns may be
    read beside each other, each from its beginning and in order, and again. Raises ValueError
    where that is not so, or where heads are not to be read.
    """

    def __init__(self, spans: Sequence[tuple[int, int]], judge: Callable[[int, int], None]) -> None:
        self._judge = judge
        order = sorted((start, end, at) for at, (start, end) in enumerate(spans) if start < end)
        self._columns = [at for _, _, at in order]
        self._starts = [start for start, _, _ in order]
        self._passing = [_Passing(start, end) for start, end, _ in order]
        if any(
            one.end > start for one, start in zip(self._passing, self._starts[1:], strict=False)
        ):
            raise ValueError("its columns lie within each other")

    def __call__(self, start: int, data: bytes) -> None:
        """Take the bytes that are read from a place on."""
        place = bisect_right(self._starts, start) - 1
        if place < 0 or start >= self._passing[place].end:
            return
        one, stop = self._passing[place], start + len(data)
        while one.at <= stop:
            if one.size:
                self._judge(self._columns[place], one.size)
                one.size = 0
            known = one.at + len(one.rest)
            if known >= min(stop, one.end):
                return
            if known < start:
                raise ValueError("its pages are not read in their order")
            found = _passing_head(one.rest, data, known - start)
            if found is None:
                one.rest += data[known - start :]
                return
            page, length = _page(*found)
            one.at, one.rest, one.size = one.at + length, b"", page.size


def _passing_head(rest: bytes, data: bytes, at: int) -> tuple[Fields, int] | None:
    """Return the head that begins with `rest` and goes on in the data, or None if that ends."""
    for longest in (_SHORT, _LONGEST):
        head = rest + data[at : at + longest]
        try:
            return read_struct(head, 0)
        except IndexError:
            continue
    if len(head) >= _LONGEST:
        raise ValueError(_NO_HEAD)
    return None


def pages(file: RangedFile, start: int, end: int) -> Iterator[Page]:
    """Yield the pages of a column from `start`; ValueError where their heads are not to be read."""
    while start < end:
        page, length = _page(*_head(file, start, end))
        yield page
        start += length


def end_of_first(file: RangedFile, start: int, end: int, rows: int, further: int) -> int:
    """Return how far a column is to be held so that its first rows are, as far as is known.

    Where the next head is not held yet that is `further` bytes behind its beginning. A few pages
    are looked at. Raises ValueError where a head is not to be read.
    """
    at = start
    for _ in range(_MOST_FIRST):
        if at >= end or rows <= 0:
            break
        try:
            page, length = _page(*read_struct(file.held_from(at, _LONGEST), 0))
        except IndexError:
            at += further
            break
        at += length
        rows -= 0 if page.is_dictionary else page.values
    return min(at, end)


def _page(fields: Fields, length: int) -> tuple[Page, int]:
    """Return the page that a head tells of, and the length of both."""
    described: Fields = next(
        (fields[at] for at in (5, 7, 8) if isinstance(fields.get(at), dict)), {}
    )
    numbers = size, packed, values = fields.get(2, 0), fields.get(3, -1), described.get(1, 0)
    if not all(isinstance(one, int) for one in numbers):
        raise ValueError("a page has something else where a number belongs")
    if packed < 0 or size < 0:
        raise ValueError("a page has a negative length")
    return Page(size, values, fields.get(1) == _DICTIONARY), length + packed


def _head(file: RangedFile, start: int, end: int) -> tuple[Fields, int]:
    for longest in (_SHORT, _LONGEST):
        data = file.read_at(start, min(longest, end - start))
        try:
            return read_struct(data, 0)
        except IndexError:
            continue
    raise ValueError(_NO_HEAD)
