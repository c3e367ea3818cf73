"""The bytes of a text file as UTF-8, whatever its encoding is."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NoReturn, Protocol

from argosy.errors import TableError
from argosy.tables.formats import beginnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

ENCODING_FIELD = "connection_table_params.options.encoding"
_ENCODING_REMEDY = "Set the option encoding to the file's own, such as latin-1 or cp1252."
_SURROGATE = re.compile("[\udc80-\udcff]")
_PIECE = 1024 * 1024
#: The longer marks first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Stream(Protocol):
    """The bytes of a file; `ended` says once they are out that they were all."""

    name: str
    ended: bool

    def __iter__(self) -> Iterator[bytes]:
        """Return itself."""
        ...


def as_utf8(stream: Stream, encoding: str) -> Iterator[bytes]:
    """Return the text of a stream in pieces of UTF-8, without the byte order mark.

    What claims to be UTF-8 passes as it is, so that whoever reads it says where it is not. Raises
    TableError for an encoding that nobody knows, and while iterating for bytes that are not of it.
    """
    known = _known_encoding(encoding, stream.name)
    if known in {"utf-8", "utf-8-sig", "ascii"}:
        return _without_mark(stream, stream.name)
    return _transcoded(stream, known)


class Place:
    """A place in a text; which line it is on is counted when somebody asks.

    Where whoever read what lies before it `knows` how many lines that is, it is not counted.
    """

    __slots__ = ("_before", "_line", "_text")

    def __init__(self, line: int = 1) -> None:
        self._line = line
        self._before: Place | None = None
        self._text = b""

    def after(self, text: bytes) -> Place:
        """Return the place behind a text that begins here."""
        place = Place()
        place._before, place._text = self, text
        return place

    @property
    def line(self) -> int:
        """The number of its line, from 1."""
        if self._before is not None:
            self.knows(lines_in(self._text))
        return self._line

    def knows(self, lines: int) -> None:
        """Take it that so many lines end in the text before; what that was is let go of."""
        if self._before is not None:
            self._line = self._before.line + lines
            self._before, self._text = None, b""


class Buffer:
    """Text that was taken of a file and not yet read, and the `place` where it begins.

    `pieces` is the stream's text. An error of it is kept as `failure` until what came before it
    was read. `passed` counts the bytes that were taken; `cut_off` is the beginning of a row whose
    end the stream does not have.
    """

    def __init__(
        self, stream: Stream, pieces: Iterable[bytes], step: int, go_on: Callable[[], None]
    ) -> None:
        self.held = b""
        self.cut_off = b""
        self.passed = 0
        self._cut_line = 1
        self._go_on = go_on
        self.place = Place()
        self.is_done = False
        self.failure: TableError | None = None
        self._stream = stream
        self._pieces = iter(pieces)
        self._step = step
        self._chunk = b""
        self._at = 0

    @property
    def line(self) -> int:
        """The line on which what is held begins."""
        return self.place.line

    @property
    def is_whole(self) -> bool:
        """Whether what is held is followed by nothing, since the file ends there."""
        return self.is_done and self.failure is None and self._stream.ended

    def fill(self, size: int) -> bool:
        """Hold at least so many bytes, if there are; return whether there are any.

        Raises TableError, once there are none, for what ended the text.
        """
        if len(self.held) < size and not self.is_done:
            parts: list[bytes | memoryview] = [self.held]
            length = len(self.held)
            while length < size and (piece := self._next_piece(size)):
                self._go_on()
                parts.append(piece)
                length += len(piece)
            self.is_done = length < size
            self.held = b"".join(parts)
        if not self.held and self.failure is not None:
            raise self.failure
        return bool(self.held)

    def take(self, size: int) -> bytes:
        """Return the first bytes of what is held, and pass over them."""
        taken = self.take_uncounted(size)
        self.place.knows(lines_in(taken))
        return taken

    def take_uncounted(self, size: int) -> bytes:
        """Do the same, and leave it to others to tell the new `place` how many lines those are.

        Who does not soon holds the text in memory.
        """
        taken, self.held = self.held[:size], self.held[size:]
        self.place = self.place.after(taken)
        self.passed += len(taken)
        return taken

    def take_lines(self, most: int) -> bytes:
        r"""Take whole lines that end with \n, uncounted, of no more than so many bytes.

        Only if that needs no more than one copy of them: otherwise there are none, and `fill`,
        which copies more, is the way to more.
        """
        if cut := self.held.rfind(b"\n", 0, most) + 1:
            return self.take_uncounted(cut)
        room = most - len(self.held)
        if room <= 0 or not self._has_chunk():
            return b""
        start, end = self._at, min(self._at + room, len(self._chunk))
        cut = self._chunk.rfind(b"\n", start, end) + 1
        if not cut:
            return b""
        self._go_on()
        self.held, self._at = b"".join((self.held, memoryview(self._chunk)[start:cut])), cut
        return self.take_uncounted(len(self.held))

    def take_line_ends(self) -> None:
        """Pass over empty lines. Raises TableError like `fill`."""
        while self.fill(self._step):
            length = len(self.held) - len(self.held.lstrip(b"\r\n"))
            if length == len(self.held) and not self.is_done and self.held.endswith(b"\r"):
                length -= 1  # it may be half an end
                self.take(length)
                self.fill(max(self._step, 2))
                continue
            self.take(length)
            if self.held:
                return

    def cut(self) -> None:
        """Pass over all that is held: the beginning of a row that goes on beyond it."""
        self._cut_line = self.line
        self.cut_off = self.take(len(self.held))

    def refuse_nul(self) -> None:
        """Refuse a NUL byte in what was cut off and in what is held. Raises TableError."""
        for text, line in ((self.cut_off, self._cut_line), (self.held, self.line)):
            if (at := text.find(b"\0")) >= 0:
                refuse_nul(line + lines_in(text[:at]), self._stream.name)

    def put_back(self, texts: Iterable[bytes], line: int) -> None:
        """Take back what was taken last, which begins on `line`."""
        before = len(self.held)
        self.held = b"".join((*texts, self.held))
        self.passed -= len(self.held) - before
        self.place = Place(line)

    def close(self) -> None:
        """Hold nothing, and take nothing more."""
        self.is_done, self.held, self._chunk = True, b"", b""

    def _has_chunk(self) -> bool:
        """Whether there is more than what is held; what ended it is kept."""
        if self._at >= len(self._chunk) and not self.is_done:
            self._chunk, self._at = b"", 0
            try:
                self._chunk = next(self._pieces, b"")
            except TableError as error:
                self.failure = error
        return self._at < len(self._chunk)

    def _next_piece(self, size: int) -> memoryview:
        """Return what comes next, not much more than `size`: joining long texts is slow."""
        self._has_chunk()
        start, self._at = self._at, min(self._at + max(size, self._step), len(self._chunk))
        return memoryview(self._chunk)[start : self._at]


def is_utf8(text: bytes) -> bool:
    """Return whether a text is UTF-8."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def lines_in(text: bytes) -> int:
    r"""Return how many lines end in a text: with \n, \r\n or \r."""
    ends = text.count(b"\n")
    if b"\r" in text:
        ends += text.count(b"\r") - text.count(b"\r\n")
    return ends


def size_in_words(size: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{size // _PIECE} MiB" if size >= _PIECE else f"{size:,} bytes"


def refuse_surrogate(text: str, line: int, name: str, column: str | None = None) -> None:
    """Refuse a text with bytes that are no UTF-8, which are in it as surrogates.

    Raises TableError.
    """
    if text.isascii() or not (found := _SURROGATE.search(text)):
        return
    raise TableError(
        detail=f"the byte 0x{ord(found.group()) - 0xDC00:02X} is not UTF-8.",
        file=name,
        line=line,
        column=column,
        remedy=_ENCODING_REMEDY,
        field=ENCODING_FIELD,
        reason="wrong_encoding",
    )


def refuse_nul(line: int, name: str, column: str | None = None) -> NoReturn:
    """Refuse a NUL byte, which texts do not have. Raises TableError."""
    raise TableError(
        detail="a NUL byte, which no text has.",
        file=name,
        line=line,
        column=column,
        remedy="Write the file without it; if it is UTF-16, set the option encoding to utf-16.",
        field=ENCODING_FIELD,
        reason="wrong_encoding",
    )


def _known_encoding(encoding: str, name: str) -> str:
    try:
        bytes(4).decode(encoding, "ignore")  # also knows which codecs are none of text
        return codecs.lookup(encoding).name
    except (LookupError, UnicodeError, ValueError):
        raise TableError(
            detail=f"the encoding {encoding!r} is not known.",
            file=name,
            remedy="Use one such as utf-8, latin-1, cp1252 or utf-16.",
            field=ENCODING_FIELD,
            reason="wrong_encoding",
        ) from None


def _without_mark(chunks: Iterable[bytes], name: str) -> Iterator[bytes]:
    head, rest = b"", iter(chunks)
    for chunk in rest:
        head += chunk
        if len(head) >= beginnings.ENOUGH:
            break
    _check_kind(head, name)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            raise TableError(
                detail=f"begins with the byte order mark of {encoding.upper()}.",
                file=name,
                line=1,
                remedy=f"Set the option encoding to {encoding}.",
                field=ENCODING_FIELD,
                reason="wrong_encoding",
            )
    if head := head.removeprefix(codecs.BOM_UTF8):
        yield head
    yield from rest


def _check_kind(head: bytes, name: str) -> None:
    """Refuse what is a file of another kind. Raises TableError."""
    kind = beginnings.kind_of(head)
    if kind and b"\0" in head:  # a text may begin with the same letters
        raise TableError(
            detail=f"is no text: it begins as {kind} does.",
            file=name,
            remedy=beginnings.remedy_of(kind),
            field="connection_table_params.file_format",
            reason="wrong_format",
        )


def _transcoded(stream: Stream, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    line, is_first, half = 1, True, b""  # of a line end, whose other half may come
    for piece in _pieces(stream):
        try:
            text = decoder.decode(piece, final=not piece and stream.ended)
            made = text.encode()
        except UnicodeError as error:
            _refuse_text(error, encoding, line, half, stream.name)
        if is_first and made:
            made, is_first = made.removeprefix(codecs.BOM_UTF8), False
        if made:
            seen = half + made if half else made
            half = b"\r" if made.endswith(b"\r") else b""
            line += lines_in(seen) - len(half)
            yield made


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield chunks in small pieces, and nothing at the end."""
    for chunk in chunks:
        for start in range(0, len(chunk), _PIECE):
            yield chunk[start : start + _PIECE]
    yield b""


def _refuse_text(error: UnicodeError, encoding: str, line: int, half: bytes, name: str) -> NoReturn:
    found = "bytes that are"
    if isinstance(error, UnicodeDecodeError):
        before = error.object[: error.start].decode(encoding, "ignore").encode("utf-8", "replace")
        line += lines_in(half + before)
        found = f"the byte 0x{error.object[error.start]:02X} is"
    raise TableError(
        detail=f"{found} not {encoding}.",
        file=name,
        line=line,
        remedy="Set the option encoding to the file's own.",
        field=ENCODING_FIELD,
        reason="wrong_encoding",
    ) from None
