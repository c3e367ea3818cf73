"""Cuts CSV text into blocks that end where records end.

Where a record ends depends on all quotes before. So a cut is a guess, which whoever parses the
block judges: a block that does not end with a record is given back with all that came after it.
The first guess is that values have no line ends; once that was wrong, quotes are counted, which is
right unless one stands where it means nothing (`5" pipe`). After that was wrong, too, a block with
a wrong guess is cut again by reading its records one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.formats.csv_records import read_records
from argosy.tables.formats.text import Buffer, lines_in, size_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from argosy.tables.content import Limits
    from argosy.tables.formats.csv_dialect import Dialect
    from argosy.tables.formats.csv_records import Record
    from argosy.tables.formats.text import Place, Stream

#: Fewer blocks cost less, and smaller ones stay in a core's cache and hold memory down.
_BLOCK = 2 * 1024 * 1024
_HEADER = 64 * 1024
#: Ways to guess where the last record of a block ends: where a line does, or where one does that
#: has an even number of quotes before it.
_LINES, _QUOTES = "lines", "quotes"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole records, as far as can be told, between two places; `is_final` are the last.

    Whoever parses them tells `end` how many lines they are.
    """

    text: bytes
    start: Place
    end: Place
    is_final: bool = False

    @property
    def line(self) -> int:
        """The line on which they begin."""
        return self.start.line


class Blocks:
    """The blocks of a file, in their order; `pieces` is the text of its stream.

    `text` is what was taken and not yet given. Where the stream ends before the file does, the last
    row is cut off.
    """

    def __init__(
        self,
        stream: Stream,
        pieces: Iterable[bytes],
        dialect: Dialect,
        limits: Limits,
        go_on: Callable[[], None],
    ) -> None:
        self._go_on = go_on
        self._dialect = dialect
        self._limits = limits
        self._name = stream.name
        self._way = _LINES
        self._is_exact = self._was_misled = False
        self._is_begun = False  # the first block is as long as can be: it tells the types
        self._size = max(min(_BLOCK, limits.chunk, limits.row), 1)
        self.text = Buffer(stream, pieces, self._size, go_on)

    def pass_empty_lines(self) -> None:
        """Pass over lines that hold nothing. Raises TableError."""
        self.text.take_line_ends()

    def has_more(self) -> bool:
        """Return whether there is any more text. Raises TableError."""
        return self.text.fill(1)

    def take_lines(self, count: int) -> None:
        """Pass over lines, whatever they hold. Raises TableError where one is too long."""
        text, left, size = self.text, count, self._size
        while left and text.fill(size):
            self._go_on()
            whole = _line_cut(text.held, len(text.held), len(text.held))
            if not whole and text.is_done:
                text.take(len(text.held))
                return
            if not whole and len(text.held) >= self._limits.row:
                raise self._too_long(text.held)
            size = self._size if whole else len(text.held) * 2
            lines = lines_in(text.held[:whole])
            if lines > left:
                text.take(_end_of_line(text.held, left))
                return
            text.take(whole)
            left -= lines

    def take_record(self, *, keep: bool = False) -> Record | None:
        """Return the first record of what is left, and pass over it unless it is to be kept.

        Text that is not UTF-8 is in it as surrogates. Raises TableError where it is too long.
        """
        text, size = self.text, min(_HEADER, self._limits.row)
        text.take_line_ends()
        while text.fill(size + 1):
            window = text.held[:size]
            is_all = text.is_done and len(window) == len(text.held)
            decoded = window.decode("utf-8", "surrogateescape")
            record = next(read_records(decoded, self._dialect, text.line, self._go_on), None)
            if is_all and text.failure is not None and not (record and record.is_ended):
                raise text.failure
            if is_all or (record and record.is_ended and record.end < len(decoded)):
                if not keep:
                    text.take(len(_encoded(decoded[: record.end])) if record else size)
                return record
            if size >= self._limits.row:
                raise self._too_long(window)
            size = min(size * 2, self._limits.row)
        return None

    def next(self) -> Block | None:
        """Return the next block, or None where there is no more.

        Raises TableError for a row that is longer than rows may be, and what the text raises.
        """
        text, size = self.text, self._size
        start = text.place
        is_sure = self._is_begun and self._way == _LINES and not self._is_exact
        if is_sure and (lines := text.take_lines(size)):
            return Block(lines, start, text.place)
        while text.fill(size + 1):
            is_last = text.is_done and len(text.held) <= size
            if is_last and text.is_whole:
                return self._give(len(text.held), is_final=True)
            if cut := self._cut(text.held, size):
                return self._give(cut)
            if is_last:
                text.cut()
                continue  # a failure may be what ended it
            if size >= self._limits.row:
                raise self._too_long(text.held[:size])
            size = min(size * 2, self._limits.row)
        return None

    def put_back(self, blocks: Sequence[Block]) -> None:
        """Take back blocks, the first of which was not cut where a record ends."""
        self.text.put_back((one.text for one in blocks), blocks[0].line)
        if self._way == _LINES and not self._was_misled and self._dialect.newlines_in_values:
            self._way = _QUOTES
            return
        self._is_exact, self._was_misled, self._way = True, True, _LINES

    def _give(self, cut: int, *, is_final: bool = False) -> Block:
        self._is_exact, self._is_begun = False, True
        start = self.text.place
        return Block(self.text.take_uncounted(cut), start, self.text.place, is_final)

    def _cut(self, held: bytes, size: int) -> int:
        """Return where the last record ends within so many bytes, as far as can be told, or 0."""
        cut = 0 if self._is_exact else self._guess(held, size)
        window = b"" if cut else held[:size]
        if cut or (b"\n" not in window and b"\r" not in window):
            return cut
        cut = self._exact_cut(window)
        if cut and not self._is_exact:  # counting was misled
            self._was_misled, self._way = True, _LINES
        return cut

    def _guess(self, held: bytes, size: int) -> int:
        quote, end = self._dialect.quote.encode(), _line_cut(held, size, size)
        if self._way == _LINES or not quote or held.find(quote, 0, size) < 0:
            return end
        inside, last = self._quotes(held, 0, size) % 2, size
        while end:
            inside ^= self._quotes(held, end, last) % 2
            if not inside:
                return end
            # within quotes: go on before the quote that opened them
            opened = max(held.rfind(quote, 0, end), 0)
            last, end = end, _line_cut(held, opened, size)
        return 0

    def _quotes(self, held: bytes, start: int, end: int) -> int:
        """Return how many quotes there are that are not escaped."""
        quote, escape = self._dialect.quote.encode(), self._dialect.escape.encode()
        count = held.count(quote, start, end)
        if escape and count and held.find(escape, start, end) >= 0:
            count -= held[start:end].replace(escape * 2, b"").count(escape + quote)
        return count

    def _exact_cut(self, window: bytes) -> int:
        end = 0
        text = window.decode("utf-8", "surrogateescape")
        for record in read_records(text, self._dialect, go_on=self._go_on):
            is_half = record.end == len(text) and text.endswith("\r")
            if record.is_ended and not is_half:
                end = record.end
        return len(_encoded(text[:end]))

    def _too_long(self, window: bytes) -> TableError:
        text, line = window.decode("utf-8", "surrogateescape"), self.text.line
        for record in read_records(text, self._dialect, line, self._go_on):
            if record.open_line:
                return never_closed(record.open_line, self._name)
            line = record.line
        return TableError(
            detail=f"the row is longer than {size_in_words(self._limits.row)}.",
            file=self._name,
            line=line,
            remedy="Check the line ends and the quotes of the file.",
            reason="too_large",
        )


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def never_closed(line: int, name: str) -> TableError:
    """Return the error of a quote without its end."""
    return TableError(
        detail="a quote opens here and is never closed.",
        file=name,
        line=line,
        remedy="Close it, or set the option quote to an empty text if values have no quotes.",
        field="connection_table_params.options.quote",
        reason="wrong_row",
    )


def _line_cut(held: bytes, end: int, size: int) -> int:
    r"""Return where the last line ends before `end`; a \r just before `size` may be half an end."""
    feed = held.rfind(b"\n", 0, end) + 1
    return feed or held.rfind(b"\r", 0, min(end, size - 1)) + 1


def _end_of_line(held: bytes, count: int) -> int:
    r"""Return where as many lines end, which are there; by halves, so each byte is seen twice."""
    start, end = 0, len(held)
    while end - start > 1:
        middle = (start + end) // 2
        is_told = held[start - 1 : start + 1] == b"\r\n"  # this end was counted before its half
        lines = lines_in(held[start:middle]) - is_told
        if lines < count:
            start, count = middle, count - lines
        else:
            end = middle
    return end + (held[end - 1 : end + 1] == b"\r\n")
