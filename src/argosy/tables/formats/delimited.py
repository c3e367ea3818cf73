"""CSV files: read quickly, and slowly where something is wrong, to say where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.content import Refusal
from argosy.tables.formats.csv_batches import BlockParser, Parsed
from argosy.tables.formats.csv_blocks import Blocks
from argosy.tables.formats.csv_dialect import read_dialect
from argosy.tables.formats.csv_findings import Findings
from argosy.tables.formats.csv_header import read_header
from argosy.tables.formats.in_order import InOrder, Once
from argosy.tables.formats.reading import FilePreview
from argosy.tables.formats.text import as_utf8, lines_in, refuse_nul, size_in_words
from argosy.tables.formats.types import (
    INTEGERS,
    LARGE,
    TEXT,
    column_of,
    infer_type,
    preview_rows,
    typed,
)

if TYPE_CHECKING:
    from argosy.tables.content import FileSpec, Limits, Tally
    from argosy.tables.formats.csv_blocks import Block
    from argosy.tables.formats.csv_dialect import Dialect
    from argosy.tables.formats.csv_records import Record
    from argosy.tables.formats.streams import ByteStream

#: As many rows tell the type of a column, in a preview and in a reading alike.
SAMPLE = 1_000
#: Columns' types by their names.
Types = Mapping[str, pa.DataType]
_LONG_ROW = "{}: the first row is longer than the {} that a preview reads of it; no row is shown."
_NO_ROW = "{}: only empty lines follow in the {} that a preview reads; no row is shown."
_NO_HEADER = (
    "{}: the {} that a preview reads are lines that are empty or skipped, so no column is shown."
)


class Source(Protocol):
    """A file of rows, whose bytes can be taken more than once."""

    @property
    def name(self) -> str:
        """The file for errors."""
        ...

    def expanded(
        self, *, most_fetched: int | None = None, most_expanded: int | None = None
    ) -> ByteStream:
        """Return its bytes, decompressed."""
        ...


def open_csv(
    source: Source, spec: FileSpec, limits: Limits, tally: Tally, types: Types | None = None
) -> CsvReader:
    """Return a reader of a CSV file, which must be closed. Raises TableError.

    `types` are the columns' where they are inferred of more than this file; else they are what a
    preview finds.
    """
    dialect = read_dialect(spec.options, source.name)
    if dialect.infer and types is None:
        found = sample_csv(source, spec, limits, tally)
        types = found if any(not pa.types.is_null(one) for one in found.values()) else None
    stream = source.expanded()
    try:
        return CsvReader(stream, dialect, limits, tally, types)
    except BaseException:
        stream.close()
        raise


def preview_csv(
    source: Source,
    spec: FileSpec,
    limits: Limits,
    tally: Tally,
    rows: int = 20,
    types: Types | None = None,
) -> FilePreview:
    """Return the columns and the first rows of a CSV file. Raises TableError.

    `types` are as in `open_csv`.
    """
    with _previewed(source, spec, limits, tally, types) as reader:
        return reader.preview(rows)


def sample_csv(source: Source, spec: FileSpec, limits: Limits, tally: Tally) -> Types:
    """Return the columns of a CSV file, as far as a preview sees it; nothing is counted but bytes.

    There are none where it does not see the header. Raises TableError.
    """
    before = len(tally.warnings)
    try:
        with _previewed(source, spec, limits, tally, None) as reader:
            return reader.types
    except TableError as error:
        if error.reason != "too_large":  # which it may be for a preview only
            raise
        return {}
    finally:
        del tally.warnings[before:]


@contextmanager
def _previewed(
    source: Source, spec: FileSpec, limits: Limits, tally: Tally, types: Types | None
) -> Iterator[CsvReader]:
    dialect = read_dialect(spec.options, source.name)
    further = limits.preview_further
    stream = source.expanded(
        most_fetched=limits.preview_fetched + further,
        most_expanded=limits.preview_expanded + further,
    )
    try:
        yield CsvReader(stream, dialect, limits, tally, types)
    finally:
        stream.close()


class CsvReader(Once):
    """Reads a CSV file once: its header when it is made, its rows when it is iterated.

    `types` are those of the columns where types are inferred, null for one without a value; if
    there are none, they are those of the first rows. Raises TableError when it is made, for what
    is wrong before the first row.
    """

    def __init__(
        self,
        stream: ByteStream,
        dialect: Dialect,
        limits: Limits,
        tally: Tally,
        types: Types | None = None,
    ) -> None:
        super().__init__()
        self._go_on = partial(tally.go_on, stream.name)
        self._stream = stream
        self._dialect = dialect
        self._limits = limits
        self._tally = tally
        text = as_utf8(stream, dialect.encoding)
        self._blocks = Blocks(stream, text, dialect, limits, self._go_on)
        self._header = read_header(self._blocks, dialect, limits, stream.name)
        self._findings = Findings(stream.name, self._header, dialect, limits, self._go_on)
        self._blocks.pass_empty_lines()
        self._first = self._blocks.next()
        self._seen: tuple[list[pa.Array[Any]], list[Record]] | None = None
        #: What the columns' values are; text unless that is inferred, and null where there is none.
        self.types = self._find_types(types)
        self._types = tuple(map(_readable, self.types.values()))
        self._parser = BlockParser(self._header.names, self._types, dialect, limits)
        self._work: InOrder[Block, Parsed] | None = None
        self._warn()

    @property
    def schema(self) -> pa.Schema:
        """The columns of the file."""
        return self._parser.schema

    def _give(self) -> Iterator[pa.RecordBatch]:
        self._seen = None
        for batch in self._batches():
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
        if not self._header.names:
            self._tell(_NO_HEADER, self._blocks.text.passed)
            return FilePreview((), (), is_whole=False)
        texts, records = self._seen or self._sample()
        self._refuse_nul()
        names, infers = self._header.names, self._dialect.infer
        types = [*self.types.values()] if infers else self._infer(texts)
        shown = 0
        for record in records:
            if shown == rows:
                break
            self._tally.rows_read += 1
            if misfit := self._findings.misfit(record):
                self._tally.refuse(Refusal(self._stream.name, record.line, misfit))
            shown += not misfit
        is_whole = (
            len(texts[0]) <= rows and not self._blocks.has_more() and self._blocks.text.is_whole
        )
        if not records and not is_whole:
            cut_off = len(self._blocks.text.cut_off)
            self._tell(_LONG_ROW if cut_off else _NO_ROW, cut_off or self._blocks.text.passed)
        columns = []
        for text, type_ in zip(texts, self._types, strict=True):
            column, wrong = typed(text.slice(0, rows), type_, self._dialect)
            if wrong >= 0 and self._first:
                raise self._findings.explain(Parsed(self._first), self._types)
            columns.append(column.to_pylist())
        lines = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        return FilePreview(
            tuple(column_of(name, type_) for name, type_ in zip(names, types, strict=True)),
            preview_rows(lines, self._limits.preview_text),
            is_whole,
        )

    def _tell(self, warning: str, size: int) -> None:
        self._tally.warnings.append(warning.format(self._stream.name, size_in_words(size)))

    def _refuse_nul(self) -> None:
        """Refuse a NUL byte in all that a preview has seen. Raises TableError."""
        first = self._first
        if first and (at := first.text.find(b"\0")) >= 0:
            refuse_nul(first.line + lines_in(first.text[:at]), self._stream.name)
        self._blocks.text.refuse_nul()

    def _sample(self) -> tuple[list[pa.Array[Any]], list[Record]]:
        """Return the columns of the first rows as texts, and all of their records.

        Raises TableError for what is wrong with one of them.
        """
        records, rows = self._first_rows()
        while self._first and len(rows) < SAMPLE and not self._findings.is_cut_well(self._first):
            self._blocks.put_back([self._first])
            self._first = self._blocks.next()
            records, rows = self._first_rows()
        columns = zip(*rows, strict=True) if rows else ((),) * len(self._header.names)
        return [pa.array(column, TEXT) for column in columns], records

    def _first_rows(self) -> tuple[list[Record], list[list[str]]]:
        """Return the records of the first block, up to the sample's end, and the rows in them."""
        records: list[Record] = []
        rows: list[list[str]] = []
        for record in self._findings.rows(self._first) if self._first else ():
            records.append(record)
            if not self._findings.misfit(record):
                rows.append(record.cells)
            elif not self._dialect.leave_out_misfits:
                raise self._findings.wrong_row(record)
            if len(rows) == SAMPLE:
                break
        return records, rows

    def _find_types(self, known: Types | None) -> Types:
        names = self._header.names
        if not self._dialect.infer:
            return dict.fromkeys(names, TEXT)
        if known:
            return {name: known.get(name, TEXT) for name in names}
        self._seen = self._sample()
        return dict(zip(names, self._infer(self._seen[0]), strict=True))

    def _infer(self, sample: list[pa.Array[Any]]) -> list[pa.DataType]:
        types: list[pa.DataType] = []
        for texts in sample:
            self._go_on()
            types.append(infer_type(texts, self._dialect))
        return types

    def _warn(self) -> None:
        name, warnings = self._stream.name, self._tally.warnings
        if likely := self._header.likely_delimiter:
            only = self._header.names[0]
            warnings.append(f"{name} has one column, {only!r}. Is {likely!r} its delimiter?")

    def _batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what comes of the blocks, in order; some are parsed ahead."""
        self._work = work = InOrder(self._next_block, self._parser.parse)
        while (parsed := work.take()) is not None:
            if self._is_cut_wrong(parsed):
                later = [one.block for one in work.withdraw()]
                self._blocks.put_back((parsed.block, *later))
            else:
                yield self._settle(parsed)

    def _next_block(self) -> Block | None:
        first, self._first = self._first, None
        return first or self._blocks.next()

    def _is_cut_wrong(self, parsed: Parsed) -> bool:
        if parsed.batch is not None and not parsed.is_doubtful:
            return False
        try:
            return not self._findings.is_cut_well(parsed.block)
        except TableError as error:
            raise self._findings.explain(parsed, self._types, error) from None

    def _settle(self, parsed: Parsed) -> pa.RecordBatch:
        """Count the rows that were refused, and return the others. Raises TableError."""
        if parsed.batch is None:
            raise self._findings.explain(parsed, self._types)
        block, lines = parsed.block, parsed.lines
        block.end.knows(lines if lines >= 0 else lines_in(block.text))
        if parsed.misfits:
            self._refuse(parsed)
        return parsed.batch

    def _refuse(self, parsed: Parsed) -> None:
        self._tally.rows_read += parsed.misfits
        left = parsed.misfits
        refusals = self._findings.refusals(parsed.block)
        for refusal in refusals:
            before = len(self._tally.refusals)
            self._tally.refuse(refusal)
            left -= 1
            if len(self._tally.refusals) == before:  # there is no room for more
                break
        self._tally.rows_refused += left


def _readable(type_: pa.DataType) -> pa.DataType:
    """Return the type of a column; one that had no value yet may get any text."""
    if type_ == LARGE:
        return INTEGERS
    return TEXT if pa.types.is_null(type_) else type_
