"""Reads CSV text record by record: slowly, and knows the line of everything.

The rules are those of the quick reader, so that both see the same records: a quote means something
only where a cell begins, what follows its end belongs to the cell, and empty lines are no records.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.tables.formats.csv_dialect import Dialect


_LINE_ENDS = re.compile("[\r\n]+")
_LINE = re.compile("[^\r\n]*")
#: How many steps are taken between two questions whether to go on: a few milliseconds.
_STEPS = 4096


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


def read_records(
    text: str, dialect: Dialect, line: int = 1, go_on: Callable[[], None] | None = None
) -> Iterator[Record]:
    """Yield the records of a text that begins with one, on `line`.

    `go_on` is called now and then, and raises what is to end the reading.
    """
    return _Scanner(text, dialect, line, go_on).records()


class _Scanner:
    """A place in a text."""

    def __init__(
        self, text: str, dialect: Dialect, line: int, go_on: Callable[[], None] | None
    ) -> None:
        self._go_on = go_on
        self._steps = 0
        self._text = text
        self._dialect = dialect
        self._at = 0
        self._line = line
        special = re.escape(dialect.escape)
        self._bare = re.compile(f"[^{re.escape(dialect.delimiter)}{special}\r\n]*")
        self._escaped = re.compile(f"(?:{special}[^\r\n]){{1,{_STEPS}}}")
        quote = re.escape(dialect.quote or dialect.delimiter)
        self._within = re.compile(f"{quote}+|[{special}]" if special else f"{quote}+")

    def records(self) -> Iterator[Record]:
        while self._at < len(self._text):
            self._step()
            if ends := _LINE_ENDS.match(self._text, self._at):
                self._at = ends.end()
                self._line += _lines_in(ends.group())
                continue
            yield self._bare_record() or self._record()

    def _step(self) -> None:
        self._steps += 1
        if self._go_on is not None and self._steps % _STEPS == 0:
            self._go_on()

    def _bare_record(self) -> Record | None:
        """Return a record that is one line without any quotes, the quick way, or None."""
        found = _LINE.match(self._text, self._at)
        text, dialect = found.group() if found else "", self._dialect
        if any(mark and mark in text for mark in (dialect.quote, dialect.escape)):
            return None
        self._at += len(text)
        line, is_ended = self._line, self._at < len(self._text)
        if is_ended:
            self._step_over_line_end()
        return Record(line, line, text.split(dialect.delimiter), self._at, is_ended=is_ended)

    def _record(self) -> Record:
        line, cells = self._line, list[str]()
        while True:
            self._step()
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
            self._step()
            self._take(self._bare, parts)
            if not self._take_escaped(parts):
                return "".join(parts), 0

    def _take_quoted(self, parts: list[str]) -> bool:
        """Take up to the closing quote and over it; return False where there is none."""
        text, quote, start = self._text, self._dialect.quote, self._at
        while found := self._within.search(text, self._at):
            self._step()
            self._at = found.end()
            if found.group()[0] != quote:
                self._at = found.start()
                self._take_inner(start, self._at, parts)
                self._take_escaped(parts)
                start = self._at
                continue
            if not self._dialect.double_quote:
                self._at = found.start() + 1
            elif (self._at - found.start()) % 2 == 0:
                continue  # each two stand for one
            self._take_inner(start, self._at - 1, parts)
            return True
        self._at = len(text)
        self._take_inner(start, self._at, parts)
        return False

    def _take_inner(self, start: int, end: int, parts: list[str]) -> None:
        inner, quote = self._text[start:end], self._dialect.quote
        self._line += _lines_in(inner)
        parts.append(inner.replace(quote * 2, quote) if self._dialect.double_quote else inner)

    def _take(self, pattern: re.Pattern[str], parts: list[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found and found.group():
            parts.append(found.group())
            self._at = found.end()

    def _take_escaped(self, parts: list[str]) -> bool:
        escape = self._dialect.escape
        if not escape or not self._text.startswith(escape, self._at):
            return False
        if found := self._escaped.match(self._text, self._at):
            parts.append(found.group()[1::2])
            self._at = found.end()
            return True
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
