"""JSON files: an object on each line, a top-level array of them, or one object.

The columns are the members of the first rows' objects, with the types that JSON has. They do not
change on the way: a value that does not fit is an error, and a member that comes up later is told
of and left out.
"""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.formats.in_order import InOrder, Once
from argosy.tables.formats.json_blocks import Blocks, placed
from argosy.tables.formats.json_quick import Parsed, Quick
from argosy.tables.formats.json_sparse import ODD, ROWS
from argosy.tables.formats.json_values import (
    Widening,
    leaves,
    leaves_in_lists,
    parse_row,
    to_arrow,
    unknown_members,
)
from argosy.tables.formats.reading import FilePreview, PreviewColumn
from argosy.tables.formats.text import (
    as_utf8,
    refuse_nul,
    refuse_surrogate,
    size_in_words,
)
from argosy.tables.formats.types import preview_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from argosy.tables.content import FileSpec, Limits, Tally
    from argosy.tables.formats.delimited import Source
    from argosy.tables.formats.json_blocks import Block
    from argosy.tables.formats.json_values import Shape
    from argosy.tables.formats.streams import ByteStream

#: The columns are those of the rows in the first bytes of the text: so many that a preview surely
#: has them (of what it fetches, less what a bad compression adds), and so a reading finds the same.
_SAMPLE = 15 / 16
#: Bytes of a letter, in encodings of which a preview has fewer letters.
_LETTERS = {"utf-16": 2, "utf-32": 4}
#: How many columns there may be for each that a table may have, counted within objects and lists.
_LEAVES = 5
#: The most bytes of a value in a batch, but for the text that it has in the file.
_VALUE = 8
#: Rows are parsed as sparse if their values come to as many bytes for each of their text.
_SPARSE = 8
#: How many times as large as its text may be a row may become.
_SWOLLEN = 2
_LONG_ROW = (
    "{}: its first row is longer than the {} that a preview reads of it; so no column is shown."
)
_NO_ROW = "{}: the {} that a preview reads hold no row but only space, so no column is shown."


def open_json(
    source: Source,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    shape: Mapping[str, Shape] | None = None,
    *,
    is_final: bool = False,
) -> JsonReader:
    """Return a reader of a JSON or NDJSON file, which must be closed. Raises TableError.

    `shape` is the columns' where more than this file tells it; else the first rows do. Columns that
    it lacks, and the first rows have, are there besides, if it is not final.
    """
    stream = source.expanded()
    try:
        reader = JsonReader(stream, spec, limits, tally, shape, is_final=is_final)
        reader.demand_columns()
    except BaseException:
        stream.close()
        raise
    return reader


def preview_json(
    source: Source,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    rows: int = 20,
    shape: Mapping[str, Shape] | None = None,
) -> FilePreview:
    """Return the columns and the first rows of a JSON or NDJSON file. Raises TableError.

    `shape` is as in `open_json`.
    """
    with _previewed(source, spec, limits, tally, shape) as reader:
        reader.demand_columns()
        return reader.preview(rows)


def sample_json(
    source: Source, spec: FileSpec, limits: Limits, tally: Tally
) -> Mapping[str, Shape]:
    """Return the columns of a JSON or NDJSON file, as far as a preview sees it.

    There are none where it sees no row as a whole, or there is none. Raises TableError.
    """
    with _previewed(source, spec, limits, tally, None) as reader:
        return reader.shape


@contextmanager
def _previewed(
    source: Source,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    shape: Mapping[str, Shape] | None,
) -> Iterator[JsonReader]:
    further = limits.preview_further
    stream = source.expanded(
        most_fetched=limits.preview_fetched + further,
        most_expanded=limits.preview_expanded + further,
    )
    try:
        yield JsonReader(stream, spec, limits, tally, shape, is_preview=True)
    finally:
        stream.close()


class JsonReader(Once):
    """Reads a JSON file once: its first rows when it is made, all of them when it is iterated.

    Raises TableError when it is made, for what is wrong with the first rows. One for a preview
    gives that only, and others give none.
    """

    def __init__(
        self,
        stream: ByteStream,
        spec: FileSpec,
        limits: Limits,
        tally: Tally,
        shape: Mapping[str, Shape] | None = None,
        *,
        is_preview: bool = False,
        is_final: bool = False,
    ) -> None:
        super().__init__()
        self._go_on = partial(tally.go_on, stream.name)
        self._stream = stream
        self._limits = limits
        self._tally = tally
        encoding = str(spec.options.get("encoding") or "utf-8")
        pieces = as_utf8(stream, encoding)
        self._sample_size = _sample_size(limits, encoding)
        is_lines = spec.file_format == "NDJSON"
        self._blocks = Blocks(
            stream, pieces, limits, self._go_on, first=self._sample_size, is_lines=is_lines
        )
        self._first = self._blocks.next()
        self._parts: Iterator[Block] = iter(())
        self._shape: dict[str, Shape] = {}
        self._preview_rows: Iterator[dict[str, Any]] = iter(())
        if is_preview or not self._merge_quickly():
            self._preview_rows = self._merge_sample()
        if shape:
            self._shape = {**shape, **({} if is_final else self._shape), **shape}
        self._check_columns()
        self._object_cost = leaves_in_lists(self._shape) * _VALUE
        self._row_cost = leaves(self._shape) * _VALUE - self._object_cost
        self._schema = pa.schema([(name, to_arrow(one)) for name, one in self._shape.items()])
        self._quick = Quick(self._schema, stream.size, limits.cell, self._go_on)
        self._work: InOrder[Block, Parsed] | None = None

    @property
    def shape(self) -> Mapping[str, Shape]:
        """The columns as JSON has them."""
        return self._shape

    @property
    def schema(self) -> pa.Schema:
        """The columns of the file."""
        return self._schema

    def _give(self) -> Iterator[pa.RecordBatch]:
        self._preview_rows = iter(())
        self._work = InOrder(self._next_block, partial(self._parse, self._quick.parse))
        while (parsed := self._work.take()) is not None:
            self._go_on()
            batch = self._settle(parsed)
            for start in range(0, batch.num_rows, self._limits.batch_rows):
                part = batch.slice(start, self._limits.batch_rows)
                self._tally.rows_read += part.num_rows
                yield part

    def _let_go(self) -> None:
        self._stream.close()
        self._blocks.text.close()
        if self._work is not None:
            self._work.close()

    def preview(self, rows: int) -> FilePreview:
        """Return the columns and the first rows; those are all that is counted."""
        found = list(islice(self._preview_rows, rows + 1))
        shown = [{name: row.get(name) for name in self._shape} for row in found[:rows]]
        self._tally.rows_read += len(shown)
        is_whole = len(found) <= rows and not self._blocks.has_more() and self._blocks.text.is_whole
        self._blocks.text.refuse_nul()
        if not found and not is_whole:
            cut_off = len(self._blocks.text.cut_off)
            size = size_in_words(cut_off or self._blocks.text.passed)
            warning = _LONG_ROW if cut_off else _NO_ROW
            self._tally.warnings.append(warning.format(self._stream.name, size))
        columns = tuple(_column(name, one) for name, one in self._shape.items())
        return FilePreview(columns, preview_rows(shown, self._limits.preview_text), is_whole)

    def _merge_sample(self) -> Iterator[dict[str, Any]]:
        """Make the shape of the columns; return the rows, those of the sample first.

        Raises TableError for what is wrong with the sample.
        """
        if self._first is None:
            return iter(())
        widen = Widening(self._shape, self._go_on)
        elements = self._first.elements()
        sample: list[dict[str, Any]] = []
        for line, text in islice(elements, 1 if self._is_long else None):
            self._go_on()
            try:
                sample.append(row := self._parse_row(line, text))
                widen(row)
            except TableError as error:
                raise placed(error, self._stream.name, line) from None
        return chain(sample, self._later_rows(elements))

    def _later_rows(self, elements: Iterator[tuple[int, str]]) -> Iterator[dict[str, Any]]:
        yield from (row for row, _ in self._checked(elements))
        while (block := self._blocks.next()) is not None:
            yield from (row for row, _ in self._checked(block.elements()))

    def _merge_quickly(self) -> bool:
        """Make the shape of the columns without a look at what only the slow way sees.

        That is seen once the rows are given. Returns False, and leaves no shape, where there is
        anything wrong.
        """
        shape: dict[str, Shape] = {}
        widen = Widening(shape, self._go_on)
        sample = self._first.rows if self._first else b""
        try:
            for row in ROWS.decode_lines(sample[: sample.find(b"\n")] if self._is_long else sample):
                widen(row)
        except ODD:
            return False
        self._shape = shape
        return True

    @property
    def _is_long(self) -> bool:
        """Whether the first row is so long that it is the sample: a preview may have no more."""
        return self._first is not None and len(self._first.text) > self._sample_size

    def _parse_row(self, line: int, text: str) -> dict[str, Any]:
        """Return a row. Raises TableError, without its place where the row's JSON is at fault."""
        refuse_surrogate(text, line, self._stream.name)
        if "\0" in text:
            refuse_nul(line, self._stream.name)
        return parse_row(text)

    def _check_columns(self) -> None:
        count, most = len(self._shape), self._limits.columns
        if count > most:
            raise TableError(
                detail=f"{count:,} columns where a table has at most {most:,}.",
                file=self._stream.name,
                remedy="Write fewer members, or some of them as an object.",
                reason="too_many_columns",
            )
        most *= _LEAVES
        if (count := leaves(self._shape)) > most:
            raise TableError(
                detail=f"{count:,} columns, counted within objects and lists, where a table has at "
                f"most {most:,} of those.",
                file=self._stream.name,
                remedy="Write fewer members, or objects with many of them as text.",
                reason="too_many_columns",
            )

    def demand_columns(self) -> None:
        """Raise TableError where there is no column, in the whole file if it is a preview's."""
        if not self._shape and (self._first or self._blocks.text.is_whole):
            raise TableError(
                detail="there are no rows, or they have no members.",
                file=self._stream.name,
                remedy="The columns are the members of the rows' objects: there must be one.",
                reason="no_columns",
            )

    def _next_block(self) -> Block | None:
        """Return the next rows, as many as come to one batch. Raises TableError."""
        part, most = next(self._parts, None), self._limits.batch_bytes
        if part is None:
            self._blocks.resize(self._quick.block_size)
            part, self._first = self._first or self._blocks.next(), None
            if part is None or self._cost(part.rows, part.count) <= most:
                return part
            self._parts = part.split(self._cost, most)
            part = next(self._parts)
        if (size := self._cost(part.rows, part.count)) > _SWOLLEN * self._limits.row:
            raise TableError(
                detail=f"it takes {size_in_words(size)} to hold all members of all the objects in "
                "the row's lists, most of which have no value.",
                file=self._stream.name,
                line=part.line,
                remedy="Write each of the objects as a row.",
                reason="too_large",
            )
        return part

    def _cost(self, rows: bytes, count: int = 1) -> int:
        """Return how many bytes the values of rows take at most, their texts left aside."""
        cost = count * self._row_cost
        if not self._object_cost:
            return cost
        return cost + max(rows.count(b"{") - count, 0) * self._object_cost

    def _parse(self, parse: Callable[..., Parsed], block: Block) -> Parsed:
        cost = self._cost(block.rows, block.count)
        return parse(block, is_sparse=cost > _SPARSE * len(block.rows))

    def _settle(self, parsed: Parsed) -> pa.RecordBatch:
        """Return the rows of a block, all of which fit. Raises TableError."""
        if parsed.block and parsed.is_strict and self._quick.leaves_out:
            parsed = self._parse(self._quick.parse, parsed.block)  # it was parsed before that
        if (block := parsed.block) is not None:
            texts = [text for _, text in self._checked(block.elements())]
            if parsed.batch is None:  # what was in the way was no fault
                rows = "".join(f"{_on_one_line(text)}\n" for text in texts).encode()
                again = replace(block, rows=rows, count=len(texts))
                parsed = self._parse(self._quick.parse_checked, again)
        if parsed.batch is None:
            raise TableError(
                detail=f"the rows from here on cannot be read: {parsed.trouble}.",
                file=self._stream.name,
                line=block.line if block else None,
                reason="wrong_row",
            )
        return parsed.batch

    def _checked(self, elements: Iterable[tuple[int, str]]) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield the rows with their texts. Raises TableError for one that is wrong."""
        for line, text in elements:
            self._go_on()
            try:
                row = self._parse_row(line, text)
                unknown = list(unknown_members(self._shape, row, self._go_on))
                self._check_length(row, text)
            except TableError as error:
                raise placed(error, self._stream.name, line) from None
            if unknown:
                self._tell_unknown(unknown, line)
            yield row, text

    def _check_length(self, row: dict[str, Any], text: str) -> None:
        most = self._limits.cell
        if len(text) * 4 <= most:
            return
        for name, value in row.items():
            if isinstance(value, str) and len(value.encode()) > most:
                raise TableError(
                    detail=f"a value is longer than {size_in_words(most)}.",
                    column=name,
                    remedy="Shorten it.",
                    reason="too_large",
                )

    def _tell_unknown(self, paths: list[str], line: int) -> None:
        if not self._quick.leaves_out:
            self._quick.leaves_out = True
            self._tally.warnings.append(
                f"{self._stream.name}, line {line}: {paths[0]!r} is not among the columns, which "
                "are those of the first rows; it is left out, as all that come up later."
            )


def _sample_size(limits: Limits, encoding: str) -> int:
    """Return how many bytes of text a preview has, as UTF-8, whatever it is a preview of."""
    letter = _LETTERS.get(codecs.lookup(encoding).name[:6], 1)
    return max(int(limits.preview_fetched * _SAMPLE) // letter, 1)


def _column(name: str, shape: Shape) -> PreviewColumn:
    if isinstance(shape, dict):
        members = tuple(_column(within, one) for within, one in shape.items())
        return PreviewColumn(name, "object", members=members)
    return PreviewColumn(name, "list" if isinstance(shape, list) else shape)


def _on_one_line(text: str) -> str:
    return text.strip().replace("\r", " ").replace("\n", " ")
