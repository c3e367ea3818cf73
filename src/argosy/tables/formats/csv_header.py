"""What the columns of a CSV file are called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.formats.csv_blocks import never_closed
from argosy.tables.formats.csv_dialect import OPTIONS
from argosy.tables.formats.text import refuse_nul, refuse_surrogate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from argosy.tables.content import Limits
    from argosy.tables.formats.csv_blocks import Blocks
    from argosy.tables.formats.csv_dialect import Dialect
    from argosy.tables.formats.csv_records import Record

#: What stands between the values of text files, the usual one last.
_DELIMITERS = (";", "\t", "|", ",")
_RENAME = (
    "Give each column a name of its own in the header, or leave the header out (has_header false, "
    "skip_rows_before_header) and name the columns with column_names."
)


@dataclass(frozen=True, slots=True)
class Header:
    """The columns' names, and in words where they come from: "the header", "column_names".

    There are no names where a preview ends before the header.
    """

    names: tuple[str, ...]
    namer: str

    @property
    def likely_delimiter(self) -> str:
        """What the delimiter may be where the file seems to have one column; empty for none."""
        return likely_delimiter(self.names)


def likely_delimiter(names: Collection[str]) -> str:
    """Return what the delimiter may be where the only column seems to be a whole line, or ""."""
    line = next(iter(names), "") if len(names) == 1 else ""
    likely = max(_DELIMITERS, key=line.count)
    return likely if likely in line else ""


def read_header(blocks: Blocks, dialect: Dialect, limits: Limits, name: str) -> Header:
    """Read what stands before the first row, and return the columns' names.

    Raises TableError where there are none, or not each has its own.
    """
    blocks.take_lines(dialect.skip_before)
    record = blocks.take_record(keep=not dialect.has_header)
    if record is not None:
        _check_text(record, name, is_cut=not blocks.text.is_whole)
    given = dialect.column_names
    if record is None and not blocks.text.is_whole:
        return Header(given or (), "column_names")
    if record is None and (given is None or dialect.has_header):
        raise _no_columns(dialect, name)
    line = record.line if record is not None else 1
    if given is not None:
        header = Header(given, "column_names")
        if dialect.has_header and record is not None:
            _check_count(record, given, name)
    elif dialect.has_header and record is not None:
        header = Header(tuple(record.cells), "the header")
    else:
        width = len(record.cells) if record is not None else 0
        header = Header(tuple(f"column_{at + 1}" for at in range(width)), "the first row")
    _check_names(header, limits, name, line)
    blocks.take_lines(dialect.skip_after)
    return header


def _no_columns(dialect: Dialect, name: str) -> TableError:
    skipped = dialect.skip_before
    found = f"has no more than {skipped:,} lines, which are skipped." if skipped else "is empty."
    return TableError(
        detail=found,
        file=name,
        remedy="A CSV file begins with a line that names the columns; "
        "without one, set has_header to false and column_names.",
        field=f"{OPTIONS}.skip_rows_before_header" if skipped else "",
        reason="no_columns",
    )


def _check_text(record: Record, name: str, *, is_cut: bool) -> None:
    if not record.is_ended and is_cut:
        raise TableError(
            detail="the line is longer than what is read of it for a preview.",
            file=name,
            line=record.line,
            remedy="Check the line ends of the file, and the options delimiter and quote.",
            reason="too_large",
        )
    if record.open_line:
        raise never_closed(record.open_line, name)
    for cell in record.cells:
        if "\0" in cell:
            refuse_nul(record.line, name)
        refuse_surrogate(cell, record.line, name)


def _check_count(record: Record, given: Sequence[str], name: str) -> None:
    if len(record.cells) != len(given):
        raise TableError(
            detail=f"the header names {_columns(len(record.cells))}, "
            f"column_names {_columns(len(given))}.",
            file=name,
            line=record.line,
            remedy="Name as many, or set has_header to false if this is no header.",
            field=f"{OPTIONS}.column_names",
            reason="wrong_row",
        )


def _check_names(header: Header, limits: Limits, name: str, line: int) -> None:
    names, namer = header.names, header.namer
    field = f"{OPTIONS}.column_names" if namer == "column_names" else ""
    place = {"file": name, "line": None if field else line, "field": field}
    if len(names) > limits.columns:
        raise TableError(
            detail=f"{_columns(len(names))} where a table has at most {limits.columns:,}.",
            remedy="Write fewer columns; if these are too many, check the option delimiter.",
            reason="too_many_columns",
            **place,
        )
    seen: dict[str, int] = {}
    for at, one in enumerate(names, 1):
        if not one:
            detail = f"column {at} has no name in {namer}."
            raise TableError(detail=detail, remedy=_RENAME, reason="no_columns", **place)
        if one in seen:
            detail = f"columns {seen[one]} and {at} are both named {one!r}."
            raise TableError(detail=detail, remedy=_RENAME, reason="duplicate_columns", **place)
        seen[one] = at


def _columns(count: int) -> str:
    return f"{count:,} column{'' if count == 1 else 's'}"
