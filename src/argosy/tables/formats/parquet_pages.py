"""The heads of Parquet's pages: what they expand to, known before anything is expanded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.tables.formats.parquet_thrift import read_struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.tables.formats.parquet_thrift import Fields
    from argosy.tables.formats.ranged import RangedFile

#: The longest head that is looked at; texts that pages begin and end with may stand in it.
_LONGEST = 64 * 1024
_SHORT = 512
_DICTIONARY = 2


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the bytes that it expands to, and how many values it has, those of lists too."""

    size: int
    values: int
    is_dictionary: bool


def pages(file: RangedFile, start: int, end: int) -> Iterator[Page]:
    """Yield the pages of a column from `start`; ValueError where their heads are not to be read."""
    while start < end:
        fields, length = _head(file, start, end)
        size, packed = fields.get(2, 0), fields.get(3, -1)
        if packed < 0 or size < 0:
            raise ValueError("a page has a negative length")
        is_dictionary = fields.get(1) == _DICTIONARY
        described = next(
            (fields[at] for at in (5, 7, 8) if isinstance(fields.get(at), dict)), {1: 0}
        )
        yield Page(size, described.get(1, 0), is_dictionary)
        start += length + packed


def _head(file: RangedFile, start: int, end: int) -> tuple[Fields, int]:
    for longest in (_SHORT, _LONGEST):
        data = file.read_at(start, min(longest, end - start))
        try:
            return read_struct(data, 0)
        except IndexError:
            continue
    raise ValueError("a page has no head that can be read")
