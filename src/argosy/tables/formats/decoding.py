"""Decompression of one stream, a bounded piece at a time.

A decoder takes compressed bytes from a feed as it needs them and yields what they expand to, in
pieces of at most `step` bytes, so that no few bytes become a gigabyte at once. It knows several
members, one after the other, and tells bytes behind them as the tools of the format do.

zstd goes through pyarrow: measured beside `zstandard` it takes 0.6 of the time, it notices a file
that is cut short, and it is there anyway.
"""

from __future__ import annotations

import bz2
import io
import re
from typing import TYPE_CHECKING, Any, Protocol, cast

import pyarrow as pa
from isal import isal_zlib

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from argosy.tables.content import Tally

_TAKE = 256 * 1024
_RAW, _GZIP = -15, 31
_PREAMBLE = re.compile(r"^(Error -\d+|ZSTD decompress failed:) ")
#: The library's types call this an object.
_BROKEN: type[Exception] = cast("type[Exception]", isal_zlib.error)
_FIELD = "connection_table_params.options.compression"


class Feed(Protocol):
    """Where a decoder takes its bytes from."""

    @property
    def name(self) -> str:
        """The file, for errors."""
        ...

    @property
    def position(self) -> int:
        """How many bytes of it were taken."""
        ...

    def read(self, most: int) -> bytes:
        """Return the next bytes, at most so many; none at the end. Raises TableError."""
        ...


def cut_short(name: str, position: int, words: str) -> TableError:
    """Return the error of a compressed file that ends too soon."""
    return TableError(
        detail=f"ends after {position:,} bytes, in the middle of its {words} data.",
        file=name,
        reason="broken_file",
        remedy="It was cut short when it was written or copied; put the whole file there.",
    )


def broken(name: str, position: int, words: str, why: str) -> TableError:
    """Return the error of a compressed file whose bytes are wrong."""
    return TableError(
        detail=f"is broken near byte {position:,}: its {words} data does not expand ({why}).",
        file=name,
        reason="broken_file",
        remedy="Put the file there again.",
    )


def decode_stored(feed: Feed, step: int, _tally: Tally) -> Iterator[bytes]:
    """Yield what is there."""
    while piece := feed.read(step):
        yield piece


def decode_deflate(feed: Feed, step: int, _tally: Tally) -> Iterator[bytes]:
    """Expand what a zip archive holds of a member."""
    unused = yield from _inflate(feed, isal_zlib.decompressobj(_RAW), b"", step, "zip")
    if unused or feed.read(1):
        raise broken(feed.name, feed.position, "zip", "there is more than one stream")


def decode_gzip(feed: Feed, step: int, tally: Tally) -> Iterator[bytes]:
    """Expand gzip, one member or several."""
    return _decode_members(
        feed, step, tally, "gzip", lambda: isal_zlib.decompressobj(_GZIP), b"\x1f\x8b"
    )


def decode_bz2(feed: Feed, step: int, tally: Tally) -> Iterator[bytes]:
    """Expand bz2, one stream or several."""
    return _decode_members(feed, step, tally, "bz2", bz2.BZ2Decompressor, b"BZh")


def _decode_members(
    feed: Feed, step: int, tally: Tally, words: str, start: Callable[[], Any], magic: bytes
) -> Iterator[bytes]:
    expand = _inflate if words == "gzip" else _expand_bz2
    head = feed.read(_TAKE)
    while True:
        head = yield from expand(feed, start(), head, step)
        while len(head) < len(magic) and (more := feed.read(_TAKE)):
            head += more
        if not head.startswith(magic):
            break
    if head and magic.startswith(head):
        raise cut_short(feed.name, feed.position, words)
    _tell_rest(feed, head, tally, words)


def _inflate(
    feed: Feed, decoder: Any, piece: bytes, step: int, words: str = "gzip"
) -> Generator[bytes, None, bytes]:
    """Yield one deflated stream, and return the bytes behind it that were taken already."""
    while not decoder.eof:
        piece = piece or feed.read(_TAKE)
        try:
            out = decoder.decompress(piece, step)
        except _BROKEN as error:
            raise broken(feed.name, feed.position, words, _why(error)) from None
        if out:
            yield out
        elif not piece and not decoder.eof:
            raise cut_short(feed.name, feed.position, words)
        piece = decoder.unconsumed_tail
    unused: bytes = decoder.unused_data
    return unused


def _expand_bz2(feed: Feed, decoder: Any, piece: bytes, step: int) -> Generator[bytes, None, bytes]:
    while not decoder.eof:
        if decoder.needs_input:
            piece = piece or feed.read(_TAKE)
            if not piece:
                raise cut_short(feed.name, feed.position, "bz2")
        try:
            out = decoder.decompress(piece, step)
        except (OSError, ValueError) as error:
            raise broken(feed.name, feed.position, "bz2", _why(error)) from None
        piece = b""
        if out:
            yield out
    unused: bytes = decoder.unused_data
    return unused


def _tell_rest(feed: Feed, head: bytes, tally: Tally, words: str) -> None:
    """Warn of bytes behind the last member; zeros pad a file to full blocks and are no news."""
    rest, is_padding = len(head), not head.strip(b"\0")
    while more := feed.read(_TAKE):
        rest += len(more)
        is_padding = is_padding and not more.strip(b"\0")
    if rest and not is_padding:
        tally.warnings.append(
            f"{feed.name}: the last {rest:,} bytes, behind the {words} data, are no {words} data "
            "and were left out."
        )


class _Source(io.RawIOBase):
    """A feed as pyarrow takes it; keeps what it raised, whatever pyarrow makes of that."""

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed = feed
        self.error: BaseException | None = None

    def read(self, most: int = -1) -> bytes:
        try:
            return self._feed.read(most)
        except BaseException as error:
            self.error = error
            raise

    def readable(self) -> bool:
        return True


def decode_zstd(feed: Feed, step: int, _tally: Tally) -> Iterator[bytes]:
    """Expand zstd, one frame or several."""
    source = _Source(feed)
    stream = pa.CompressedInputStream(pa.PythonFile(source, mode="r"), "zstd")
    while True:
        try:
            piece = stream.read(step)
        except (OSError, pa.ArrowException) as error:
            raise source.error or _zstd_error(feed, error) from None
        if not piece:
            return
        yield piece


def _zstd_error(feed: Feed, error: Exception) -> TableError:
    text = _why(error)
    if "truncated" in text:
        return cut_short(feed.name, feed.position, "zstd")
    if "memory" in text:
        return TableError(
            detail="was compressed by zstd with a window of more than 128 MiB.",
            file=feed.name,
            reason="too_large",
            remedy="Compress it again without `--long`, or with `--long=27` at most.",
            field=_FIELD,
        )
    return broken(feed.name, feed.position, "zstd", text)


def _why(error: Exception) -> str:
    """Return the words of a library without its own preamble."""
    text = str(error).split(". Detail")[0]
    text = _PREAMBLE.sub("", text)
    return (text[:1].lower() + text[1:]).rstrip(".")
