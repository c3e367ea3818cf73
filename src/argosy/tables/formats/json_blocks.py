"""Cuts JSON text into blocks of whole rows: lines, elements of one array, or one object."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from argosy.errors import TableError
from argosy.tables.formats.counting import count_of
from argosy.tables.formats.json_values import broken, no_object, scan_end, scan_row
from argosy.tables.formats.text import Buffer, lines_in, refuse_surrogate, size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from argosy.tables.content import Limits
    from argosy.tables.formats.text import Stream

_BLOCK = 1024 * 1024
_GUESSES = 32
_GUESSES_IN_LONG = 2
_SPACE = b" \t\r\n"
_SPACES = re.compile("[ \t\r\n]*")
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_FORMAT_FIELD = "connection_table_params.file_format"


@dataclass(frozen=True, slots=True)
class Block:
    """Rows: as they stand in the file from `line` on, and one on each line as `rows`.

    `count` is how many lines those are; some may be empty.
    """

    text: bytes
    line: int
    rows: bytes
    count: int
    is_array: bool = False

    def elements(self) -> Iterator[tuple[int, str]]:
        """Yield each row's text with its line. Bytes that are no UTF-8 become surrogates."""
        text = self.text.decode("utf-8", "surrogateescape")
        if self.is_array:
            yield from _elements(text, self.line)
            return
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        for line, row in enumerate(text.split("\n"), self.line):
            if row.strip():
                yield line, row

    def split(self, cost: Callable[[bytes], int], most: int) -> Iterator[Block]:
        """Yield its rows in parts, each of which costs no more than `most` or is one row."""
        text = self.text if self.is_array else self.rows
        flat, line, end = _flat(text), self.line, 0
        for rows in _portions(self.rows.splitlines(keepends=True), cost, most):
            start = flat.index(rows[0][:-1], end)
            line += lines_in(text[end:start])
            end = start
            for row in rows:
                end = flat.index(row[:-1], end) + len(row) - 1
            yield Block(text[start:end], line, b"".join(rows), len(rows), self.is_array)
            line += lines_in(text[start:end])


class Blocks:
    """The blocks of a file, in their order; `pieces` is the text of its stream.

    `text` is what was taken and not yet given. Where the stream ends before the file does, the last
    row is cut off. The first block is no longer than `first` bytes, unless its first row is.
    """

    def __init__(
        self,
        stream: Stream,
        pieces: Iterable[bytes],
        limits: Limits,
        go_on: Callable[[], None],
        *,
        first: int,
        is_lines: bool,
    ) -> None:
        self._go_on = go_on
        self._limits = limits
        self._name = stream.name
        self._size = self._fitting(_BLOCK)
        self._window = max(min(self._size, first), 1)
        self.text = Buffer(stream, pieces, self._size, go_on)
        self._is_after_element = False
        self._is_begun = False  # the first block is as long as can be: it tells the columns
        self._next = self._find_way(is_lines=is_lines)

    def resize(self, size: int) -> None:
        """Make the next blocks about so long, as far as the limits allow it."""
        self._size = self._fitting(size)
        if self._is_begun:
            self._window = self._size

    def _fitting(self, size: int) -> int:
        return max(min(size, self._limits.chunk, self._limits.row), 1)

    def next(self) -> Block | None:
        """Return the next block, or None where there is no more.

        Raises TableError for a row that is longer than rows may be, for an array that is not well
        formed, and what the text raises.
        """
        return self._next()

    def has_more(self) -> bool:
        """Return whether there is any more text. Raises TableError."""
        return self._skip_space()

    def _find_way(self, *, is_lines: bool) -> Callable[[], Block | None]:
        """Return what gives the next block. Raises TableError where the file has no rows."""
        if not self._skip_space():
            if not self.text.is_whole:
                return _nothing
            raise TableError(
                detail="is empty.",
                file=self._name,
                remedy="The columns are those of the rows: there must be one.",
                reason="no_columns",
            )
        text = self.text
        if text.held.startswith(b"["):
            if is_lines:
                raise self._wrong(
                    "an array where a line with one object was expected.",
                    "Set file_format to JSON, which reads arrays.",
                    field=_FORMAT_FIELD,
                )
            text.take(1)
            return self._next_of_array
        if not text.held.startswith(b"{"):
            begins = text.held[:20].decode("utf-8", "replace").split("\n")[0]
            raise self._wrong(
                f"begins with {begins!r}, which is no JSON object.",
                'Each row is an object, such as {"id": 1}; set file_format to what the file is.',
                field=_FORMAT_FIELD,
            )
        return self._next_of_lines if is_lines or self._is_line_whole() else self._next_single

    def _is_line_whole(self) -> bool:
        """Whether the first line is an object by itself, so that others may follow."""
        text, size = self.text, self._size
        while text.fill(size + 1) and b"\n" not in text.held[:size] and not text.is_done:
            size *= 2
            if size > self._limits.row:
                return True  # and too long
        line = text.held.split(b"\n", 1)[0].decode("utf-8", "surrogateescape")
        try:
            scan_row(line, 0)
        except json.JSONDecodeError:
            return False
        except TableError:
            return True
        return True

    def _next_of_lines(self) -> Block | None:
        text, size, start = self.text, self._window, self.text.place
        if self._is_begun and (lines := text.take_lines(size)):
            return self._block(lines, start.line)
        while text.fill(size + 1):
            is_last = text.is_done and len(text.held) <= size
            if is_last and text.is_whole:
                return self._give(size, is_array=False)
            cut = text.held.rfind(b"\n", 0, size) + 1
            if cut := cut or text.held.rfind(b"\r", 0, size - 1) + 1:
                return self._give(cut, is_array=False)
            if is_last:
                text.cut()
                continue  # a failure may be what ended it
            if size >= self._limits.row:
                raise self._too_long()
            size = min(size * 2, self._limits.row)
        return None

    def _next_of_array(self) -> Block | None:
        if not self._step_to_element():
            return None
        text, size = self.text, self._window
        while text.fill(size + 1):
            is_last = text.is_done and len(text.held) <= size
            is_cut = not (is_last and text.is_whole)
            if cut := self._array_cut(text.held[:size], is_cut=is_cut):
                self._is_after_element = True
                return self._give(cut, is_array=True)
            if is_last:
                text.cut()
                continue
            if size >= self._limits.row:
                raise self._too_long()
            size = min(size * 2, self._limits.row)
        return None

    def _step_to_element(self) -> bool:
        """Pass over what stands between elements; return whether there is another.

        Raises TableError.
        """
        text = self.text
        if not self._has_more_of_array():
            return False
        if text.held.startswith(b"]"):
            text.take(1)
            if self._skip_space():
                detail = "the file goes on after the end of its array."
                raise self._wrong(detail, "Put all rows into one array, or one on each line.")
            self._next = _nothing
            return False
        if self._is_after_element:
            if not text.held.startswith(b","):
                raise self._wrong("a comma or the array's end is missing.", "Correct the file.")
            text.take(1)
            self._is_after_element = False
            if not self._has_more_of_array():
                return False
            if text.held.startswith(b"]"):
                raise self._wrong("a comma stands before the array's end.", "Leave it out.")
        return True

    def _has_more_of_array(self) -> bool:
        """Return whether there is more text, as there must be. Raises TableError."""
        if self._skip_space():
            return True
        if not self.text.is_whole:
            return False
        raise self._wrong(
            "the array is not closed: the file ends within it.",
            "Put the whole file there.",
            reason="broken_file",
        )

    def _array_cut(self, window: bytes, *, is_cut: bool) -> int:
        """Return where the last whole element of a window ends, or 0. Raises TableError."""
        end = len(window)
        # A longer window is one whose first row is long: it has few ends, and each guess is dear.
        for _ in range(_GUESSES if end <= self._window else _GUESSES_IN_LONG):
            self._go_on()
            end = window.rfind(b"}", 0, end)
            if end < 0:
                break
            try:
                _RAWS.decode(b"[%b]" % window[: end + 1])
            except (msgspec.DecodeError, RecursionError):
                continue
            return end + 1
        return self._exact_array_cut(window, is_cut=is_cut)

    def _exact_array_cut(self, window: bytes, *, is_cut: bool) -> int:
        text, at = window.decode("utf-8", "surrogateescape"), 0
        start, line = 0, self.text.line
        try:
            while True:
                self._go_on()
                found, end = scan_end(text, start)
                if not isinstance(found, dict) and not (is_cut and end == len(text)):
                    raise no_object(scan_row(text, start)[0])
                at = end
                start = _after(text, end)
                if start >= len(text) or text[start] != ",":
                    break
                start = _after(text, start + 1)
        except json.JSONDecodeError as error:
            is_end = error.pos >= len(text) - 16 or error.msg.startswith("Unterminated")
            if not at and not (is_cut and is_end):
                raise self._placed(broken(error), line + text.count("\n", 0, error.pos)) from None
        except TableError as error:
            if not at:
                raise self._placed(error, line + text.count("\n", 0, start)) from None
        return len(text[:at].encode("utf-8", "surrogateescape"))

    def _next_single(self) -> Block | None:
        text, most = self.text, self._limits.row
        if not text.fill(most + 1):
            return None
        if not text.is_done or len(text.held) > most:
            raise self._too_long()
        if not text.is_whole:
            text.cut()
            return None
        whole, line = text.held.decode("utf-8", "surrogateescape"), text.line
        try:
            _, end = scan_row(whole, 0)
        except json.JSONDecodeError as error:
            refuse_surrogate(whole, line, self._name)
            raise self._placed(broken(error), line + error.lineno - 1) from None
        except TableError as error:
            raise self._placed(error, line) from None
        block = self._give(len(whole[:end].encode("utf-8", "surrogateescape")), is_array=True)
        if self._skip_space():
            detail = "the file goes on after the end of its object."
            raise self._wrong(detail, "Put each row on one line, or all into an array.")
        return block

    def _give(self, cut: int, *, is_array: bool) -> Block:
        self._window, self._is_begun = self._size, True
        line = self.text.line
        text = self.text.take_uncounted(cut)
        if is_array:
            self.text.place.knows(lines_in(text))
            return Block(text, line, *_one_on_each_line(text), is_array)
        return self._block(text, line)

    def _block(self, text: bytes, line: int) -> Block:
        """Return what was just taken as a block of lines."""
        rows = _in_lines(text)
        count = count_of(b"\n", rows)
        self.text.place.knows(count - (not text.endswith((b"\n", b"\r"))))
        return Block(text, line, rows, count)

    def _skip_space(self) -> bool:
        text = self.text
        while text.fill(self._size):
            if length := len(text.held) - len(text.held.lstrip(_SPACE)):
                text.take(length)
            if text.held:
                return True
        return False

    def _too_long(self) -> TableError:
        detail = f"the row is longer than {size_in_words(self._limits.row)}."
        return self._wrong(detail, "Check the line ends of the file.", reason="too_large")

    def _wrong(
        self, detail: str, remedy: str, reason: str = "wrong_format", field: str = ""
    ) -> TableError:
        line = self.text.line
        return TableError(
            detail=detail, file=self._name, line=line, remedy=remedy, reason=reason, field=field
        )

    def _placed(self, error: TableError, line: int) -> TableError:
        return placed(error, self._name, line)


def placed(error: TableError, name: str, line: int) -> TableError:
    """Return an error with the file and the line that it is about."""
    return TableError(**{**error.facts, "file": name, "line": line})


def _elements(text: str, line: int) -> Iterator[tuple[int, str]]:
    """Yield the elements of an array's middle with their lines; what is broken is the last."""
    start = counted = 0
    while (start := _after(text, start)) < len(text):
        line += text.count("\n", counted, start)
        counted = start
        try:
            _, end = scan_row(text, start)
        except (json.JSONDecodeError, TableError):
            end = len(text)
        yield line, text[start:end]
        start = _after(text, end) + 1


def _after(text: str, start: int) -> int:
    """Return where there is something else than space."""
    found = _SPACES.match(text, start)
    return found.end() if found else start


def _nothing() -> None:
    """Give no block: the text is at its end."""


def _in_lines(text: bytes) -> bytes:
    r"""Return lines that end with \n, all of them."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return text if text.endswith(b"\n") else text + b"\n"


def _one_on_each_line(text: bytes) -> tuple[bytes, int]:
    """Return the elements of an array's middle, one on each line, and how many they are."""
    flat = _flat(text)
    try:
        rows = _RAWS.decode(b"[%b]" % flat)
    except (msgspec.DecodeError, RecursionError):
        return flat + b"\n", 1  # refused by whoever reads it
    return b"\n".join(map(bytes, rows)) + b"\n", len(rows)


def _flat(text: bytes) -> bytes:
    """Return a text of as many bytes that is one line."""
    return text.replace(b"\n", b" ").replace(b"\r", b" ")


def _portions(rows: list[bytes], cost: Callable[[bytes], int], most: int) -> Iterator[list[bytes]]:
    portion: list[bytes] = []
    spent = 0
    for row in rows:
        price = cost(row)
        if portion and spent + price > most:
            yield portion
            portion, spent = [], 0
        portion.append(row)
        spent += price
    if portion:
        yield portion
