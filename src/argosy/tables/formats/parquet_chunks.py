"""The columns of Parquet's row groups, as the footer tells of them, before they are decoded.

A file of a few hundred bytes can hold a list of fifty million values, or a text that a million
rows share. What the footer says, and the heads of pages, tell that in time.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from argosy.errors import TableError
from argosy.tables.formats.parquet_pages import PageWatch, end_of_first, pages
from argosy.tables.formats.parquet_thrift import read_list_head, read_struct, read_value
from argosy.tables.formats.text import size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    import pyarrow.parquet as pq

    from argosy.tables.content import Limits
    from argosy.tables.formats.parquet_thrift import Fields
    from argosy.tables.formats.ranged import RangedFile

#: The least bytes that a value takes once it is decoded.
_WIDTHS = {0: 1, 2: 8, 3: 8, 5: 8}
_WIDTH = 4
_BYTE_ARRAY = 6
_DOT_OR_END = re.compile(r"\.|\Z")
_DICTIONARIES = {2, 8}
#: The fields of the footer that are read, by their numbers.
_ROW_GROUPS = 4
_STRUCT = 12
#: The most values of a column that a preview decodes, and how much more than its usual bound it
#: expands where pages are so large: they are expanded as a whole or not at all.
_MOST_VALUES = 1_000_000
_TIMES = 16
#: The first pages of a column are a dictionary and one with values; each has a head before it.
_ROUNDS = 4
#: The most bytes of one page, expanded.
_MOST_PAGE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Chunk:
    """A column of a row group; sizes are in bytes, `values` counts those of lists too."""

    path: str
    type: int
    values: int
    size: int
    start: int
    end: int
    has_dictionary: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A row group."""

    rows: int
    chunks: tuple[Chunk, ...]


class Chunks:
    """What the row groups of a file have in their columns. `footer` is as it lies in the file.

    Row groups are read of it as they come. Threads may share it. All raise ValueError where the
    footer cannot be read.
    """

    def __init__(
        self,
        footer: bytes,
        metadata: pq.FileMetaData,
        names: Sequence[str],
        name: str,
        limits: Limits,
    ) -> None:
        self._name, self._limits = name, limits
        columns: list[Any] = [metadata.schema.column(at) for at in range(metadata.num_columns)]
        self._is_list = [one.max_repetition_level > 0 for one in columns]
        known = frozenset(names)
        self._tops = [top_of(one.path, known) for one in columns]
        self._groups: list[Group] = []
        self._coming = _groups(footer, len(columns))
        self._lock = threading.Lock()

    def group(self, at: int) -> Group:
        """Return a row group."""
        with self._lock:
            while len(self._groups) <= at:
                try:
                    self._groups.append(next(self._coming))
                except (StopIteration, IndexError, KeyError, TypeError, AttributeError):
                    raise ValueError("the footer does not tell of it") from None
            return self._groups[at]

    def range(self, group: int) -> tuple[int, int]:
        """Return where the bytes of a row group begin and end, or would."""
        chunks = self.group(group).chunks
        starts, ends = [one.start for one in chunks], [one.end for one in chunks]
        return min(starts, default=0), max(ends, default=0)

    def check(self, group: int) -> None:
        """Raise TableError where the values of a column are larger than they may be, on average.

        Then one of them is; which, nobody knows before it is decoded.
        """
        rows = max(1, self.group(group).rows)
        for at, chunk in enumerate(self.group(group).chunks):
            size = self._size(at, chunk)
            if size // rows <= self._limits.cell:
                continue
            what = "lists" if self._is_list[at] else "values"
            raise TableError(
                detail=f"the {what} of row group {group + 1} have {size // rows:,} bytes on "
                f"average, and a value has at most {size_in_words(self._limits.cell)}.",
                file=self._name,
                column=self._tops[at],
                remedy="Shorten them, or leave the column out.",
                reason="too_large",
            )

    def _size(self, at: int, chunk: Chunk) -> int:
        """Return the least that a column comes to, with its dictionary coded."""
        if not self._is_list[at]:
            return chunk.size
        width = _WIDTHS.get(chunk.type, _WIDTH)
        return max(chunk.size, chunk.values * width)

    def row_size(self, group: int) -> int:
        """Return how many bytes a row has on average, at least 1."""
        size = sum(self._size(at, chunk) for at, chunk in enumerate(self.group(group).chunks))
        return int(max(1, size // max(1, self.group(group).rows)))

    def coded(self, group: int, rows: int) -> tuple[str, ...]:
        """Return the paths of texts with dictionaries that may be large in so many rows."""
        found: list[str] = []
        for at, chunk in enumerate(self.group(group).chunks):
            values = chunk.values if self._is_list[at] else min(chunk.values, rows)
            if (
                chunk.type == _BYTE_ARRAY
                and chunk.has_dictionary
                and values * chunk.size > self._limits.batch_bytes
            ):
                found.append(chunk.path)
        return tuple(found)

    def with_more(
        self, group: int, paths: Sequence[str], most: int, file: RangedFile
    ) -> tuple[str, ...]:
        """Return those of the columns whose dictionaries have more than so many bytes."""
        found: list[str] = []
        for chunk in self.group(group).chunks:
            if chunk.path in paths:
                first = next(pages(file, chunk.start, chunk.end), None)
                if first is None or not first.is_dictionary or first.size > most:
                    found.append(chunk.path)
        return tuple(found)

    def watch(self, group: int) -> PageWatch:
        """Return what raises TableError where a page expands to more than is expanded at once."""

        def judge(at: int, size: int) -> None:
            if size > _MOST_PAGE:
                raise TableError(
                    detail=f"a page of row group {group + 1} expands to {size:,} bytes, and at "
                    f"most {size_in_words(_MOST_PAGE)} are expanded at once.",
                    file=self._name,
                    column=self._tops[at],
                    remedy="Write it in smaller pages, of some megabytes each.",
                    reason="too_large",
                )

        return self._watch(group, judge)

    def watch_first(self, group: int) -> PageWatch:
        """Return what raises TableError where pages come to more than a preview expands at once."""
        sizes = dict[int, int]()
        left = self._most_first

        def judge(at: int, size: int) -> None:
            nonlocal left
            left -= size - sizes.get(at, 0)
            sizes[at] = size
            if left < 0:
                raise self._too_large_first(at)

        return self._watch(group, judge)

    def _watch(self, group: int, judge: Callable[[int, int], None]) -> PageWatch:
        return PageWatch([(one.start, one.end) for one in self.group(group).chunks], judge)

    def check_first(self, group: int, rows: int, file: RangedFile) -> None:
        """Raise TableError where the first rows would be far too much for a preview."""
        chunks = self.group(group).chunks
        of_group = max(1, self.group(group).rows)
        for at, chunk in enumerate(chunks):
            values = chunk.values * min(rows, of_group) // of_group
            if self._is_list[at] and values > _MOST_VALUES:
                raise TableError(
                    detail=f"its first rows have lists of {values:,} values.",
                    file=self._name,
                    column=self._tops[at],
                    reason="too_large",
                )
        if sum(chunk.size for chunk in chunks) > self._most_first:
            self._check_pages(chunks, rows, file)

    def hold_first(self, group: int, rows: int, file: RangedFile) -> None:
        """Have a file hold the first rows' pages: requests one after another take long.

        Where heads of pages cannot be read it ends; whoever needs them tells why.
        """
        for _ in range(_ROUNDS):
            try:
                spans = [
                    (one.start, end_of_first(file, one.start, one.end, rows, file.ahead))
                    for one in self.group(group).chunks
                ]
            except (ValueError, KeyError):
                return
            missing = [
                (start, end)
                for start, end in spans
                if len(file.held_from(start, end - start)) < end - start
            ]
            if not missing or not file.hold(_joined(missing)):
                return

    @property
    def _most_first(self) -> int:
        return _TIMES * self._limits.preview_expanded

    def _check_pages(self, chunks: Sequence[Chunk], rows: int, file: RangedFile) -> None:
        size = 0
        for at, chunk in enumerate(chunks):
            values = 0
            for page in pages(file, chunk.start, chunk.end):
                size += page.size
                values += 0 if page.is_dictionary else page.values
                if size > self._most_first:
                    raise self._too_large_first(at)
                if values >= rows:
                    break

    def _too_large_first(self, at: int) -> TableError:
        return TableError(
            detail=f"its first rows expand to more than {size_in_words(self._most_first)}.",
            file=self._name,
            column=self._tops[at],
            reason="too_large",
        )


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans without those that touch others, which become one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def top_of(path: str, names: AbstractSet[str]) -> str:
    """Return which of these columns a path lies in; empty where in none."""
    ends = (found.start() for found in _DOT_OR_END.finditer(path))
    return next((name for at in ends if (name := path[:at]) in names), "")


def _groups(footer: bytes, columns: int) -> Iterator[Group]:
    """Yield the row groups of a footer, each when it is asked for."""
    at = field = 0
    while byte := footer[at]:
        at += 1
        if not byte >> 4:
            raise ValueError("its footer has a field that is not known")
        field += byte >> 4
        if field != _ROW_GROUPS:
            _, at = read_value(footer, at, byte & 15)
            continue
        count, kind, at = read_list_head(footer, at)
        if kind != _STRUCT:
            break
        for _ in range(count):
            found, at = read_struct(footer, at)
            if len(found[1]) != columns:
                raise ValueError(f"it has {len(found[1]):,} columns, and the file {columns:,}")
            rows = _numbers(found, 3)[0]
            if rows < 0:
                raise ValueError("it has a negative number of rows")
            yield Group(rows, tuple(_chunk(one[3]) for one in found[1]))
        return
    raise ValueError("its footer has no row groups")


def _chunk(found: Fields) -> Chunk:
    type_, values, size, packed, start = _numbers(found, 1, 5, 6, 7, 9)
    dictionary = _numbers({11: 0, **found}, 11)[0]
    if 0 < dictionary < start:
        start = dictionary
    if min(values, size, packed) < 0:
        raise ValueError("a column has a negative length")
    has_dictionary = dictionary > 0 or bool(_DICTIONARIES.intersection(found[2]))
    path = b".".join(found[3]).decode("utf-8", "replace")
    return Chunk(path, type_, values, size, start, start + packed, has_dictionary)


def _numbers(found: Fields, *fields: int) -> list[int]:
    numbers = [found[field] for field in fields]
    if all(isinstance(one, int) for one in numbers):
        return numbers
    raise ValueError("its footer has something else where a number belongs")


def longest_word(column: Any) -> int:
    """Return the length in bytes of the longest word in the dictionaries of a column."""
    type_ = column.type
    if isinstance(column, pa.ExtensionArray):
        return longest_word(column.storage)
    if isinstance(column, pa.DictionaryArray):
        words: Any = column.dictionary
        is_text = not pa.types.is_primitive(words.type)
        found = pc.max(pc.binary_length(words)).as_py() if is_text else 0
        return int(found or 0)
    if pa.types.is_struct(type_):
        parts = [column.field(at) for at in range(type_.num_fields)]
    elif pa.types.is_map(type_):
        parts = [column.keys, column.items]
    elif pa.types.is_nested(type_) and not pa.types.is_union(type_):
        parts = [column.values]
    else:
        return 0
    return max(map(longest_word, parts), default=0)
