"""Says what is wrong with a block of CSV text, by reading its records one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.content import Refusal
from argosy.tables.formats.csv_blocks import never_closed
from argosy.tables.formats.csv_dialect import OPTIONS
from argosy.tables.formats.csv_records import read_records
from argosy.tables.formats.text import refuse_nul, refuse_surrogate, size_in_words
from argosy.tables.formats.types import TEXT, typed, word_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argosy.tables.content import Limits
    from argosy.tables.formats.csv_batches import Parsed
    from argosy.tables.formats.csv_blocks import Block
    from argosy.tables.formats.csv_dialect import Dialect
    from argosy.tables.formats.csv_header import Header
    from argosy.tables.formats.csv_records import Record

_PLURALS = {
    "integer": "integers",
    "number": "numbers",
    "boolean": "booleans",
    "date": "dates",
    "timestamp": "timestamps",
}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Findings:
    """Reads blocks of one file slowly."""

    name: str
    header: Header
    dialect: Dialect
    limits: Limits
    go_on: Callable[[], None]

    def rows(self, block: Block) -> Iterator[Record]:
        """Yield the records of a block, also those with another number of values.

        One that does not end with the block is yielded only if the file ends there. Raises
        TableError for what is no text.
        """
        text = block.text.decode("utf-8", "surrogateescape")
        for record in read_records(text, self.dialect, block.line, self.go_on):
            if not record.is_ended and not block.is_final:
                return
            self._check(record)
            yield record

    def is_cut_well(self, block: Block) -> bool:
        """Return whether a block ends where a record does. Raises TableError like `rows`."""
        text = block.text.decode("utf-8", "surrogateescape")
        for record in read_records(text, self.dialect, block.line, self.go_on):
            if not self.dialect.newlines_in_values:
                self._check(record)
            if not record.is_ended and not block.is_final:
                return False
            if record.open_line:
                raise never_closed(record.open_line, self.name)
        return True

    def misfit(self, record: Record) -> str:
        """Return how many values a row has, if that is another number than the columns'."""
        found, wanted = len(record.cells), len(self.header.names)
        if found == wanted:
            return ""
        values = f"{found:,} value{'' if found == 1 else 's'}"
        names = "has" if self.header.namer == "the first row" else "names"
        return f"{values} where {self.header.namer} {names} {wanted:,}."

    def refusals(self, block: Block) -> Iterator[Refusal]:
        """Yield the rows of a block that have another number of values."""
        for record in self.rows(block):
            if misfit := self.misfit(record):
                yield Refusal(self.name, record.line, misfit)

    def wrong_row(self, record: Record) -> TableError:
        """Return the error of a row that has another number of values."""
        detail = self.misfit(record)
        if record.last_line > record.line:
            detail = f"{detail} The row ends on line {record.last_line}: is a quote not closed?"
        remedy = (
            "Put values that hold the delimiter in quotes, or set the option "
            "ignore_errors_on_fields_mismatch to leave such rows out."
        )
        field = f"{OPTIONS}.ignore_errors_on_fields_mismatch"
        if likely := self.header.likely_delimiter:
            remedy = f"Is {likely!r} the delimiter? Then set the option delimiter to it."
            field = f"{OPTIONS}.delimiter"
        return TableError(
            detail=detail,
            file=self.name,
            line=record.line,
            remedy=remedy,
            field=field,
            reason="wrong_row",
        )

    def explain(
        self, parsed: Parsed, types: tuple[pa.DataType, ...], found: TableError | None = None
    ) -> TableError:
        """Return what is wrong with a block that could not be parsed: the first of it.

        `found` is what is known to be wrong; something else may be so before it.
        """
        fitting: list[Record] = []
        try:
            for record in self.rows(parsed.block):
                if not self.misfit(record):
                    fitting.append(record)
                elif not self.dialect.leave_out_misfits:
                    found = self.wrong_row(record)
                    break
        except TableError as error:
            found = error
        return (
            self._first_wrong_value(fitting, types)
            or found
            or TableError(
                detail=f"the rows from here on cannot be read: {parsed.trouble}.",
                file=self.name,
                line=parsed.block.line,
                reason="wrong_row",
            )
        )

    def _first_wrong_value(
        self, records: Sequence[Record], types: tuple[pa.DataType, ...]
    ) -> TableError | None:
        first, column = len(records), -1
        for at, type_ in enumerate(types):
            if type_ == TEXT:
                continue
            texts = pa.array([one.cells[at] for one in records[:first]], TEXT)
            misfit = typed(texts, type_, self.dialect)[1]
            if misfit >= 0:
                first, column = misfit, at
        return self._wrong_value(records[first], column, types[column]) if column >= 0 else None

    def _wrong_value(self, record: Record, at: int, type_: pa.DataType) -> TableError:
        cell = record.cells[at]
        shown = cell if len(cell) <= _SHOWN else f"{cell[:_SHOWN]}…"
        word = word_of(type_)
        return TableError(
            detail=f"{shown!r} in a column of {_PLURALS.get(word, word)}.",
            file=self.name,
            line=record.line,
            column=self.header.names[at],
            remedy="Correct it, add it to the option null_values if it stands for no value, "
            "or set infer to false to take all values as text.",
            field=f"{OPTIONS}.infer",
            reason="wrong_value",
        )

    def _check(self, record: Record) -> None:
        if not self.dialect.newlines_in_values and record.last_line > record.line:
            raise TableError(
                detail="a value goes on in the next line.",
                file=self.name,
                line=record.line,
                remedy="Close its quote, or set the option newlines_in_values to true.",
                field=f"{OPTIONS}.newlines_in_values",
                reason="wrong_row",
            )
        if record.open_line:
            raise never_closed(record.open_line, self.name)
        names = self.header.names
        for at, cell in enumerate(record.cells):
            column = names[at] if at < len(names) else None
            if "\0" in cell:
                refuse_nul(record.line, self.name, column)
            refuse_surrogate(cell, record.line, self.name, column)
            is_long = len(cell) * 4 > self.limits.cell
            if is_long and len(cell.encode()) > self.limits.cell:
                raise TableError(
                    detail=f"a value is longer than {size_in_words(self.limits.cell)}.",
                    file=self.name,
                    line=record.line,
                    column=column,
                    remedy="Shorten it; if it is no single value, check the quotes.",
                    reason="too_large",
                )
