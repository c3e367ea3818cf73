"""Parses blocks of CSV text quickly: whole columns at once, in threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from argosy.tables.formats.text import is_utf8, lines_in
from argosy.tables.formats.types import typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.tables.content import Limits
    from argosy.tables.formats.csv_blocks import Block
    from argosy.tables.formats.csv_dialect import Dialect

#: What stands in for a mark beyond ASCII, which the parser does not know. No text has them all.
_STAND_INS = [bytes([code]) for code in (*range(1, 9), 11, 12, *range(14, 32))]
_LINE_ENDS = ("\n", "\r")


@dataclass(slots=True)
class Parsed:
    """What came of a block.

    `batch` holds the rows; without it the block is to be read slowly, to say what is wrong with
    it: `trouble` is what the parser said. `misfits` are rows with another number of values, which
    the batch does not have. `is_doubtful` says that the block may not end where a record does.
    `lines` are those of the block where the parser saw how many they are, else -1.
    """

    block: Block
    batch: pa.RecordBatch | None = None
    misfits: int = 0
    lines: int = -1
    is_doubtful: bool = False
    trouble: str = ""
    column: str = ""
    row: int = -1


@dataclass(frozen=True, slots=True)
class BlockParser:
    """Makes record batches of blocks; threads may share it.

    `types` are those of the columns, all of them strings but where they are inferred.
    """

    names: tuple[str, ...]
    types: tuple[pa.DataType, ...]
    dialect: Dialect
    limits: Limits
    _convert: csv.ConvertOptions = field(init=False, repr=False)
    _convert_ascii: csv.ConvertOptions = field(init=False, repr=False)
    _schema: pa.Schema = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_convert", self._conversion({}))
        object.__setattr__(self, "_convert_ascii", self._conversion({}, check_utf8=False))
        fields = zip(self.names, self.types, strict=True)
        object.__setattr__(self, "_schema", pa.schema(list(fields)))

    def _conversion(
        self, stand_ins: Mapping[str, str], *, check_utf8: bool = True
    ) -> csv.ConvertOptions:
        """Return how texts are read while marks are written as what stands in for them."""
        reads_nulls = self.dialect.strings_can_be_null and not self.dialect.infer
        table = str.maketrans(dict(stand_ins))
        nulls = [one.translate(table) for one in self.dialect.null_values]
        return csv.ConvertOptions(
            column_types={_key(at): pa.string() for at in range(len(self.names))},
            null_values=nulls if reads_nulls else [],
            strings_can_be_null=reads_nulls,
            check_utf8=check_utf8,
        )

    @property
    def schema(self) -> pa.Schema:
        """The columns of every batch."""
        return self._schema

    def parse(self, block: Block) -> Parsed:
        """Return what comes of a block of whole records; never raises for what is in it."""
        made, text = Parsed(block), block.text
        if text[:1] in b"\r\n" and not text.strip(b"\r\n"):
            made.batch = pa.RecordBatch.from_pylist([], schema=self._schema)
            return made
        if b"\0" in text:
            made.trouble = "there is a NUL byte"
            return made
        if self.dialect.leave_out_misfits and not is_utf8(text):  # who is told of misfits needs it
            made.trouble = "there is a byte that is not UTF-8"
            return made
        try:
            texts = self._texts(text, made)
        except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
            made.trouble = str(error)
            return made
        if len(text) > self.limits.cell and self._has_long_cell(texts):
            made.trouble = "a cell is too long"
            return made
        if not self.dialect.newlines_in_values:
            made.is_doubtful |= self._may_hold_line_ends(text, made.misfits + len(texts[0]))
        self._convert_types(texts, made)
        return made

    def _may_hold_line_ends(self, text: bytes, rows: int) -> bool:
        marks = [one.encode() for one in (self.dialect.quote, self.dialect.escape) if one]
        is_open = not text.endswith((b"\n", b"\r"))
        return any(one in text for one in marks) and rows != lines_in(text) + is_open

    def _texts(self, block: bytes, made: Parsed) -> list[pa.Array[Any]]:
        last_misfit = ""

        def leave_out(row: csv.InvalidRow) -> Literal["skip"]:
            nonlocal last_misfit
            made.misfits += 1
            last_misfit = row.text
            return "skip"

        dialect = self.dialect
        block, stand_ins = _with_stand_ins(block, dialect)
        quote, escape = (_if_used(one, stand_ins, block) for one in (dialect.quote, dialect.escape))
        options = csv.ParseOptions(
            delimiter=stand_ins.get(dialect.delimiter, dialect.delimiter),
            quote_char=quote,
            escape_char=escape,
            double_quote=dialect.double_quote,
            newlines_in_values=True,
            invalid_row_handler=leave_out if dialect.leave_out_misfits else None,
        )
        if not block.endswith((b"\n", b"\r")):
            # so that a quote that is still open shows; a last escape has nothing to escape
            block += escape.encode() + b"\n" if escape and _is_odd(block, escape) else b"\n"
        convert = self._convert_ascii if block.isascii() else self._convert
        if stand_ins:
            convert = self._conversion(stand_ins)
        # without these each line is a row, if none is empty: there is no need to count lines
        are_lines = not (quote or escape or dialect.leave_out_misfits)
        options.ignore_empty_lines = not are_lines
        table = self._table(block, options, convert)
        if are_lines and _may_be_empty(table.column(0)) and _has_empty_line(block):
            options.ignore_empty_lines, are_lines = True, False
            table = self._table(block, options, convert)
        made.lines = table.num_rows if are_lines else -1
        columns: list[Any] = [
            column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
            for column in table.columns
        ]
        for mark, stand_in in stand_ins.items():
            columns = [pc.replace_substring(column, stand_in, mark) for column in columns]
        made.is_doubtful = _may_end_with_line_end(columns, dialect) or (
            made.misfits > 0
            and block.rstrip(b"\r\n").endswith(last_misfit.encode().rstrip(b"\r\n"))
        )
        return columns

    def _table(
        self, block: bytes, options: csv.ParseOptions, convert: csv.ConvertOptions
    ) -> pa.Table:
        names = [_key(at) for at in range(len(self.names))]
        return csv.read_csv(
            cast("IO[bytes]", pa.BufferReader(block)),
            csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            options,
            convert,
        )

    def _has_long_cell(self, columns: Sequence[Any]) -> bool:
        most = self.limits.cell
        return any((pc.max(pc.binary_length(one)).as_py() or 0) > most for one in columns)

    def _convert_types(self, texts: list[pa.Array[Any]], made: Parsed) -> None:
        columns = []
        for text, name, type_ in zip(texts, self.names, self.types, strict=True):
            column, row = typed(text, type_, self.dialect)
            if row >= 0:
                made.trouble, made.column, made.row = "a value of another type", name, row
                return
            columns.append(column)
        made.batch = pa.RecordBatch.from_arrays(columns, schema=self._schema)


def _key(at: int) -> str:
    """Return a name that no two columns share while they are parsed."""
    return str(at)


def _may_be_empty(column: Any) -> bool:
    """Whether a value of a column is empty, as all those of an empty line are."""
    return column.null_count > 0 or not pc.min(pc.binary_length(column)).as_py()


def _has_empty_line(block: bytes) -> bool:
    if block[:1] in b"\r\n" or b"\n\n" in block:
        return True
    return b"\r" in block and (b"\r\r" in block or b"\n\r" in block)


def _may_end_with_line_end(columns: Sequence[pa.Array[Any]], dialect: Dialect) -> bool:
    """Whether the last cell may do: then it may be one whose quote is still open."""
    last = columns[-1]
    cell = last[-1].as_py() if len(last) else ""
    texts = dialect.null_values if cell is None else (str(cell),)
    return any(text.endswith(_LINE_ENDS) for text in texts)


def _with_stand_ins(block: bytes, dialect: Dialect) -> tuple[bytes, dict[str, str]]:
    """Return a block with marks of one byte, and what stands in for which of them."""
    stand_ins: dict[str, str] = {}
    for mark in dialect.marks:
        if mark.isascii():
            continue
        taken = {*dialect.marks, *stand_ins.values()}
        free = (one for one in _STAND_INS if one not in block and one.decode() not in taken)
        stand_in = next(free, b"")
        if not stand_in:
            raise pa.ArrowInvalid(f"no character is left to stand in for {mark!r}")
        block = block.replace(mark.encode(), stand_in)
        stand_ins[mark] = stand_in.decode()
    return block, stand_ins


def _is_odd(block: bytes, escape: str) -> bool:
    return (len(block) - len(block.rstrip(escape.encode()))) % 2 == 1


def _if_used(mark: str, stand_ins: Mapping[str, str], block: bytes) -> str | Literal[False]:
    """Return a mark as the parser takes it; one that does not come up only slows it."""
    mark = stand_ins.get(mark, mark)
    return mark if mark and mark.encode() in block else False
