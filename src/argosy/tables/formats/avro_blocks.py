"""The outside of an Avro file: its head, its blocks, and how those are compressed.

Nothing is allocated because a file says how long something is: bytes are collected as they come,
and what a block expands to is bounded.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from argosy.errors import TableError
from argosy.tables.formats import beginnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.tables.formats.streams import ByteStream

_MAGIC = b"Obj\x01"
_SYNC = 16
_MOST_HEAD = 16 * 1024 * 1024
#: The most bytes of one block, as it lies there and expanded.
MOST_BLOCK = 256 * 1024 * 1024
_LONGEST = 10
#: How much of a partial block is expanded where it costs time to.
_MOST_BEGUN = 256 * 1024
_STEP = 4 * 1024 * 1024
_ZLIB_CHECKSUM = 4
_XZ_MEMORY = 128 * 1024 * 1024
_FORMAT = "connection_table_params.file_format"


@dataclass(frozen=True, slots=True)
class Head:
    """What an Avro file begins with."""

    schema: bytes
    codec: str
    sync: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """So many rows, expanded; `number` counts from 1. A partial one was cut by a preview."""

    number: int
    rows: int
    data: bytes
    size_if_partial: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether its end is not there."""
        return self.size_if_partial > 0


class AvroBlocks:
    """Takes an Avro file apart, from its beginning to its end. Raises TableError."""

    def __init__(self, stream: ByteStream) -> None:
        self.name = stream.name
        self._bytes = _Bytes(stream)
        self.head = self._read_head()
        if self.head.codec not in _CODECS:
            raise TableError(
                detail=f"its blocks are compressed with {self.head.codec!r}.",
                file=self.name,
                reason="unsupported",
                remedy=f"Write it with one of {', '.join(_CODECS)}.",
            )

    def _read_head(self) -> Head:
        found = self._bytes.take(len(_MAGIC))
        if found != _MAGIC:
            begins = found + self._bytes.peek(beginnings.ENOUGH)
            if begins and len(begins) < len(_MAGIC) and _MAGIC.startswith(begins):
                raise self._cut()
            raise TableError(
                detail=f"is not an Avro file: it begins {beginnings.describe(begins)}.",
                file=self.name,
                reason="wrong_format" if begins else "broken_file",
                field=_FORMAT,
                remedy=f"Set `{_FORMAT}` to the format that it has.",
            )
        found_meta: dict[bytes, bytes] = {}
        while count := self._long():
            if count < 0:
                self._long()
            for _ in range(abs(count)):
                key = self._sized()
                found_meta[key] = self._sized()
                if self._bytes.position > _MOST_HEAD:
                    raise self._broken("its head is larger than 16 MiB")
        sync = self._take(_SYNC)
        codec = found_meta.get(b"avro.codec", b"null").decode("utf-8", "replace")
        return Head(found_meta.get(b"avro.schema", b""), codec, sync)

    def __iter__(self) -> Iterator[Block]:
        return self.blocks(None)

    def blocks(self, most_partial: int | None, most_expanded: int = 0) -> Iterator[Block]:
        """Yield the blocks, each with no more bytes than one may have.

        With `most_partial` no more is taken of one, and no more than `most_expanded` bytes in all
        blocks; where one has more it is partial, and the last.
        """
        number = expanded = 0
        while not self._bytes.is_at_end():
            number += 1
            rows, size = self._long(), self._long()
            if rows < 0 or size < 0:
                raise self._broken(f"block {number} has a negative length")
            if size > MOST_BLOCK and most_partial is None:
                raise self._too_large(number)
            wanted = size if most_partial is None else min(size, most_partial)
            packed = self._bytes.take(wanted)
            most = MOST_BLOCK if most_partial is None else max(1, most_expanded - expanded)
            if len(packed) < size:
                if most_partial is None or not (len(packed) == wanted or self.is_cut):
                    raise self._cut()
                data = self._expand(number, packed, most, is_partial=True)[0]
                yield Block(number, rows, data, size)
                return
            data, has_more = self._expand(number, packed, most, is_partial=False)
            if has_more:
                if most_partial is None:
                    raise self._too_large(number)
                yield Block(number, rows, data, len(data) + 1)
                return
            expanded += len(data)
            mark = self._bytes.take(_SYNC)
            if mark != self.head.sync and not (self.is_cut and len(mark) < _SYNC):
                if len(mark) < _SYNC:
                    raise self._cut()
                raise self._broken(f"block {number} does not end with the mark of this file")
            yield Block(number, rows, data)
            del data, packed

    @property
    def is_cut(self) -> bool:
        """Whether a limit ended it before its end."""
        return self._bytes.is_cut

    def _expand(
        self, number: int, packed: bytes, most: int, *, is_partial: bool
    ) -> tuple[bytes, bool]:
        """Return what a block expands to, at most so many bytes, and whether there is more."""
        try:
            return _CODECS[self.head.codec](packed, most, is_partial), False
        except _TooLargeError as error:
            return error.begun, True
        except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
            why = str(error).split(". Detail")[0]
            raise self._broken(f"block {number} does not expand ({why})") from None

    def _long(self) -> int:
        value = shift = 0
        for _ in range(_LONGEST):
            byte = self._take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
        raise self._broken(f"there is no number at byte {self._bytes.position:,}")

    def _sized(self) -> bytes:
        size = self._long()
        if not 0 <= size <= _MOST_HEAD:
            raise self._broken(f"its head has a part of {size:,} bytes")
        return self._take(size)

    def _take(self, size: int) -> bytes:
        found = self._bytes.take(size)
        if len(found) < size:
            raise self._cut()
        return found

    def _cut(self) -> TableError:
        if self._bytes.is_cut:
            return TableError(
                detail="its head alone is larger than a preview.",
                file=self.name,
                reason="too_large",
                remedy="Write it with a shorter schema.",
            )
        return TableError(
            detail=f"ends after {self._bytes.position:,} bytes, in the middle of its Avro data.",
            file=self.name,
            reason="broken_file",
            remedy="It was cut short when it was written or copied; put the whole file there.",
        )

    def _too_large(self, number: int) -> TableError:
        return TableError(
            detail=f"its block {number} has more than {MOST_BLOCK:,} bytes.",
            file=self.name,
            reason="too_large",
            remedy="Write it in smaller blocks, of some megabytes each.",
        )

    def _broken(self, why: str) -> TableError:
        return broken(self.name, why)


def broken(name: str, why: str) -> TableError:
    """Return the error of an Avro file that is not as it should be."""
    return TableError(
        detail=f"is a broken Avro file: {why}.",
        file=name,
        reason="broken_file",
        remedy="Write the file again.",
    )


class _Bytes:
    """The bytes of a stream, so many at a time."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._piece = b""
        self._at = 0
        self.position = 0

    @property
    def is_cut(self) -> bool:
        """Whether all were taken that a limit left."""
        return self.is_at_end() and not self._stream.ended

    def is_at_end(self) -> bool:
        while self._at >= len(self._piece):
            piece = next(self._stream, None)
            if piece is None:
                return True
            self._piece, self._at = piece, 0
        return False

    def take(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""
        found: list[bytes] = []
        left = size
        while left and not self.is_at_end():
            part = self._piece[self._at : self._at + left]
            self._at += len(part)
            left -= len(part)
            found.append(part)
        self.position += size - left
        return found[0] if len(found) == 1 else b"".join(found)

    def peek(self, size: int) -> bytes:
        """Return what follows, of the piece that is there."""
        return b"" if self.is_at_end() else self._piece[self._at : self._at + size]


class _TooLargeError(Exception):
    """A block expands to more than it may; `begun` is its beginning."""

    def __init__(self, begun: bytes) -> None:
        super().__init__()
        self.begun = begun


def _stored(packed: bytes, most: int, _is_partial: bool) -> bytes:
    if len(packed) > most:
        raise _TooLargeError(packed[:most])
    return packed


def _deflate(packed: bytes, most: int, is_partial: bool) -> bytes:
    decoder = zlib.decompressobj(-15)
    data = decoder.decompress(packed, most + 1)
    # fastavro and others leave what zlib puts behind the data, whole or in part
    rest = decoder.unused_data[_ZLIB_CHECKSUM:]
    _check_all(data, most, is_partial, decoder.eof, rest)
    return data


def _bzip2(packed: bytes, most: int, is_partial: bool) -> bytes:
    decoder = bz2.BZ2Decompressor()
    data = decoder.decompress(packed, most + 1)
    _check_all(data, most, is_partial, decoder.eof, decoder.unused_data)
    return data


def _xz(packed: bytes, most: int, is_partial: bool) -> bytes:
    decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    data = decoder.decompress(packed, most + 1)
    _check_all(data, most, is_partial, decoder.eof, decoder.unused_data)
    return data


def _check_all(data: bytes, most: int, is_partial: bool, is_ended: bool, unused: bytes) -> None:
    if len(data) > most:
        raise _TooLargeError(data[:most])
    if not is_partial and not is_ended:
        raise EOFError("it is cut short")
    if unused:
        raise EOFError("there is more than one stream")


def _zstandard(packed: bytes, most: int, is_partial: bool) -> bytes:
    stream = pa.CompressedInputStream(pa.BufferReader(packed), "zstd")
    step = 16 * 1024 if is_partial else _STEP
    found: list[bytes] = []
    size = 0
    try:
        while piece := stream.read(step):
            found.append(piece)
            size += len(piece)
            if size > most:
                raise _TooLargeError(b"".join(found)[:most])
    except OSError:
        if not is_partial:
            raise
    return found[0] if len(found) == 1 else b"".join(found)


def _snappy(packed: bytes, most: int, is_partial: bool) -> bytes:
    """Expand snappy; a checksum stands behind it."""
    size = shift = at = 0
    for byte in packed[:5]:
        size |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            break
    if is_partial:
        return _begin_snappy(packed, at, min(size, most, _MOST_BEGUN))
    if size > most:
        raise _TooLargeError(_begin_snappy(packed, at, min(most, _MOST_BEGUN)))
    # three bytes stand for 64 at most, so a longer length is not true
    if size > 32 * len(packed) or len(packed) <= 4:
        raise EOFError("its length is wrong")
    data: bytes = pa.Codec("snappy").decompress(packed[:-4], size, asbytes=True)
    if zlib.crc32(data) != int.from_bytes(packed[-4:], "big"):
        raise EOFError("its checksum is wrong")
    return data


def _begin_snappy(packed: bytes, at: int, most: int) -> bytes:
    """Expand the beginning of snappy data from its first element; pyarrow takes it whole only."""
    data = bytearray()
    while len(data) < most and at < len(packed):
        tag, at = packed[at], at + 1
        kind, size = tag & 3, tag >> 2
        if kind == 0:
            extra = max(0, size - 59)
            size = (int.from_bytes(packed[at : at + extra], "little") if extra else size) + 1
            at += extra
            data += packed[at : at + min(size, most)]
            at += size
            continue
        extra = (0, 1, 2, 4)[kind]
        back = int.from_bytes(packed[at : at + extra], "little") + (tag >> 5 << 8) * (kind == 1)
        at += extra
        size = (size & 7) + 4 if kind == 1 else size + 1
        if not 0 < back <= len(data):
            break
        for _ in range(size):
            data.append(data[-back])
    return bytes(data[:most])


_CODECS: dict[str, Callable[[bytes, int, bool], bytes]] = {
    "null": _stored,
    "deflate": _deflate,
    "snappy": _snappy,
    "zstandard": _zstandard,
    "bzip2": _bzip2,
    "xz": _xz,
}
