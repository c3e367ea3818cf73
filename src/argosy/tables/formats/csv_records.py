"""Reads CSV text record by record: slowly, and knows the line of everything.

The rules are those of the quick reader, so that both see the same records: a quote means something
only where a cell begins, what follows its end belongs to the cell, and empty lines are no records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.tables.formats.csv_dialect import Dialect


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file.

    `line` and `last_line` are where it begins and ends, `end` is the place in the text after its
    line end. `open_line` is the line of a quote that is not closed before the text ends, or 0;
    `is_ended` says that the line end was there.
    """

    line: int
    last_line: int
    cells: list[str]
    end: int
    is_ended: bool
    open_line: int = 0


def read_records(text: str, dialect: Dialect, line: int = 1) -> Iterator[Record]:
    """Yield the records of a text that begins with one, on `line`."""
    return _Scanner(text, dialect, line).records()


class _Scanner:
    """A place in a text."""

    def __init__(self, text: str, dialect: Dialect, line: int) -> None:
        self._text = text
        self._dialect = dialect
        self._at = 0
        self._line = line
        special = re.escape(dialect.escape)
        self._bare = re.compile(f"[^{re.escape(dialect.delimiter)}{special}\r\n]*")
        self._quoted = re.compile(f"[^{re.escape(dialect.quote or dialect.delimiter)}{special}]*")

    def records(self) -> Iterator[Record]:
        while self._at < len(self._text):
            if self._text[self._at] in "\r\n":
                self._step_over_line_end()
                continue
            yield self._record()

    def _record(self) -> Record:
        line, cells = self._line, list[str]()
        while True:
            cell, open_line = self._cell()
            cells.append(cell)
            last_line = self._line
            if self._at >= len(self._text):
                return Record(line, last_line, cells, self._at, is_ended=False, open_line=open_line)
            if self._text[self._at] != self._dialect.delimiter:
                self._step_over_line_end()
                return Record(line, last_line, cells, self._at, is_ended=True)
            self._at += 1

    def _cell(self) -> tuple[str, int]:
        """Return a cell, and the line of its quote if the text ends before that is closed."""
        parts: list[str] = []
        quote = self._dialect.quote
        if quote and self._text.startswith(quote, self._at):
            opened = self._line
            self._at += 1
            if not self._take_quoted(parts):
                return "".join(parts), opened
        while True:
            self._take(self._bare, parts)
            if not self._take_escaped(parts):
                return "".join(parts), 0

    def _take_quoted(self, parts: list[str]) -> bool:
        """Take up to the closing quote and over it; return False where there is none."""
        text, quote = self._text, self._dialect.quote
        while True:
            self._line += _lines_in(self._take(self._quoted, parts))
            if self._at >= len(text):
                return False
            if self._take_escaped(parts):
                continue
            self._at += 1
            if not (self._dialect.double_quote and text.startswith(quote, self._at)):
                return True
            parts.append(quote)
            self._at += 1

    def _take(self, pattern: re.Pattern[str], parts: list[str]) -> str:
        found = pattern.match(self._text, self._at)
        taken = found.group() if found else ""
        if taken:
            parts.append(taken)
            self._at += len(taken)
        return taken

    def _take_escaped(self, parts: list[str]) -> bool:
        escape = self._dialect.escape
        if not escape or not self._text.startswith(escape, self._at):
            return False
        escaped = self._text[self._at + 1 : self._at + 2]
        self._at = min(self._at + 2, len(self._text))
        parts.append(escaped or escape)
        is_within = self._text.startswith("\n", self._at)  # the line feed of both still follows
        if escaped == "\n" or (escaped == "\r" and not is_within):
            self._line += 1
        return True

    def _step_over_line_end(self) -> None:
        self._at += 2 if self._text.startswith("\r\n", self._at) else 1
        self._line += 1


def _lines_in(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n") if text else 0
