"""The bytes of a file as they were before they were compressed, as a stream.

A full reading is a line of threads, so that fetching, decompressing and whatever the caller does
go on beside each other; between them stand queues of a few pieces, so that memory stays flat. A
preview has no threads and fetches no more than it is allowed.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.formats import beginnings, zips
from argosy.tables.formats.ahead import Ahead
from argosy.tables.formats.decoding import (
    broken,
    cut_short,
    decode_bz2,
    decode_deflate,
    decode_gzip,
    decode_stored,
    decode_zstd,
)
from argosy.tables.formats.ranged import RangedFile, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.tables.content import Content, Limits, Tally

_FIELD = "connection_table_params.options.compression"
_KIBIBYTE = 1024
_FIRST = 64 * _KIBIBYTE
_STEP = 1024 * _KIBIBYTE
_SMALL_STEP = 16 * _KIBIBYTE
_PIECES = 4
_ENDINGS = {
    ".gz": "gzip",
    ".gzip": "gzip",
    ".zip": "zip",
    ".zst": "zstd",
    ".zstd": "zstd",
    ".bz2": "bz2",
}
_DECODERS = {
    "none": decode_stored,
    "gzip": decode_gzip,
    "zstd": decode_zstd,
    "bz2": decode_bz2,
    "deflate": decode_deflate,
}


class _EnoughError(Exception):
    """A preview has fetched what it may."""


class ByteStream:
    """Iterates the bytes of a file or of a member, decompressed, in pieces of any length.

    `name` is the file for errors, with the member where it is in an archive; `member` is the
    member alone, else empty. `ended` turns true when the last byte of the whole was given, and
    stays false where a limit cut it. `size` is how many bytes of the file are read for it, and 0
    for a preview's, which ends sooner. Iterating raises TableError.
    """

    def __init__(
        self,
        name: str,
        member: str,
        pieces: Iterator[bytes],
        threads: tuple[Ahead[bytes], ...] = (),
        size: int = 0,
    ) -> None:
        self.name = name
        self.member = member
        self.size = size
        self.ended = False
        self._pieces = pieces
        self._threads = threads
        self._is_closed = False

    def __iter__(self) -> ByteStream:
        return self

    def __next__(self) -> bytes:
        if self._is_closed:
            raise StopIteration
        try:
            return next(self._pieces)
        except StopIteration:
            self.ended = True
            self.close()
            raise
        except _EnoughError:
            self.close()
            raise StopIteration from None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of what is under way, its threads too."""
        self._is_closed = True
        for thread in self._threads:
            thread.stop()
        for thread in self._threads:
            thread.close()


@dataclass(frozen=True, slots=True)
class Member:
    """One file of rows: a file itself, or what an archive holds; its bytes can be taken often.

    What a preview has fetched of a file itself is not fetched again.
    `name` is the file for errors, `member` its name within an archive, else empty.
    """

    name: str
    member: str
    _content: Content = field(repr=False)
    _limits: Limits = field(repr=False)
    _tally: Tally = field(repr=False)
    _compression: str
    _begun: list[bytes] = field(default_factory=list, repr=False)
    _entry: zips.Entry | None = field(default=None, repr=False)
    _spent: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it is the file itself, as it lies there."""
        return self._compression == "none" and self._entry is None

    @property
    def head(self) -> bytes:
        """The first bytes of the file; none of what lies in an archive."""
        return self._begun[0] if self._begun else b""

    def expanded(
        self, *, most_fetched: int | None = None, most_expanded: int | None = None
    ) -> ByteStream:
        """Return its bytes, decompressed; with either bound without threads and cut there.

        Raises TableError, as iterating does.
        """
        is_bounded = most_fetched is not None or most_expanded is not None
        start, end = (0, self._content.size) if self._entry is None else self._entry.range()
        most_kept = self._limits.preview_fetched if is_bounded and self._entry is None else 0
        is_kept = (end if most_fetched is None else most_fetched) <= most_kept
        if most_fetched is not None:
            most_fetched = max(most_fetched - self._spent, _FIRST)
        ranges = _ranges(
            self._content,
            self._tally,
            start,
            end,
            self._begun,
            self._sizes(is_bounded),
            most_fetched,
            is_kept=is_kept,
        )
        if is_bounded:
            decoded = self._decoded(_Feed(self.name, ranges), _SMALL_STEP)
            pieces = _bounded(decoded, most_expanded, self._tally, self.name)
            return ByteStream(self.name, self.member, pieces)
        fetching = Ahead(ranges)
        if self.is_plain:
            return ByteStream(self.name, self.member, fetching, (fetching,), end - start)
        decoding = Ahead(self._decoded(_Feed(self.name, fetching), _STEP), _PIECES)
        return ByteStream(self.name, self.member, decoding, (fetching, decoding), end - start)

    def _sizes(self, is_bounded: bool) -> Iterator[int]:  # noqa: FBT001, RUF100
        size, most = (_FIRST, _STEP) if is_bounded else (_STEP, self._limits.chunk)
        while True:
            yield min(size, most)
            size = min(size * 2, most)

    def _decoded(self, feed: _Feed, step: int) -> Iterator[bytes]:
        if self.is_plain:
            return decode_stored(feed, _FIRST, self._tally)
        pieces = _DECODERS[self._compression](feed, step, self._tally)
        if self._entry is not None:
            pieces = _verified(pieces, self._entry, self.name)
        return _once_compressed(pieces, self.name)


def expanded(
    content: Content,
    compression: str,
    limits: Limits,
    tally: Tally,
    *,
    most_fetched: int | None = None,
    most_expanded: int | None = None,
) -> ByteStream:
    """Return the bytes of a file, decompressed, as a stream that must be read to its end or closed.

    `compression` is none, gzip, zip, zstd, bz2 or infer. Without bounds threads fetch and
    decompress ahead of the caller. With `most_fetched` (bytes of the file) or `most_expanded`
    (bytes given) there are none, and the stream ends there with `ended` false.

    Raises TableError, here or while it is iterated: wrong_compression, broken_file, too_large,
    unsupported, mixed_files where an archive holds more than one file of data, and what the
    content raises.
    """
    found = members(content, compression, limits, tally)
    if len(found) > 1:
        raise zips.several(content.name, [one.member for one in found])
    return found[0].expanded(most_fetched=most_fetched, most_expanded=most_expanded)


def members(content: Content, compression: str, limits: Limits, tally: Tally) -> tuple[Member, ...]:
    """Return the files of data that a file holds: itself, or the members of a zip archive.

    At least one. Whoever reads several must see that they agree, and refuse them otherwise with
    `zips.several`. Raises TableError.
    """
    first = max(min(_FIRST, limits.preview_fetched), beginnings.ENOUGH)
    head = fetch(content, 0, first, tally)
    compression = _resolve(content, compression, head)
    if compression != "zip":
        return (Member(content.name, "", content, limits, tally, compression, [head]),)
    file = RangedFile(content, tally, most_at_once=zips.MOST_DIRECTORY, held=((0, head),))
    entries = zips.entries(file, content, limits)
    spent = len(head) + file.fetched
    return tuple(
        Member(
            f"{content.name} ({entry.name})",
            entry.name,
            content,
            limits,
            tally,
            entry.method,
            _entry=entry,
            _spent=spent,
        )
        for entry in entries
    )


def _resolve(content: Content, compression: str, head: bytes) -> str:
    """Return the compression that a file has. Raises TableError where it has another."""
    found = beginnings.compression_of(head) or "none"
    wanted, why = compression, f'the table says "{compression}"'
    if compression == "infer":
        name = content.name.lower()
        ending = next((one for one in _ENDINGS if name.endswith(one)), "")
        if not ending:
            return found
        wanted, why = _ENDINGS[ending], f"its name ends in {ending}"
    if wanted == found:
        return found
    if wanted != "none" and not head:
        detail = f"is empty (0 bytes), where a file compressed with {wanted} was expected: {why}."
        remedy = "Put the whole file there."
        raise TableError(detail=detail, file=content.name, reason="broken_file", remedy=remedy)
    if wanted != "none" and beginnings.is_cut_head(head, wanted):
        raise cut_short(content.name, content.size, wanted)
    begins = beginnings.describe(head)
    if wanted == "none":
        detail = f"is compressed, but {why}: the file begins {begins}."
    else:
        detail = f"is not compressed with {wanted}, but {why}: the file begins {begins}."
    raise TableError(
        detail=detail,
        file=content.name,
        reason="wrong_compression",
        field=_FIELD,
        remedy=_remedy(head, found),
    )


def _remedy(head: bytes, found: str) -> str:
    if beginnings.kind_of(head) in beginnings.FOREIGN:
        return beginnings.REPACK
    return f'Set `{_FIELD}` to "{found}".'


class _Feed:
    """Compressed bytes as a decoder takes them, from pieces as they were fetched."""

    def __init__(self, name: str, pieces: Iterator[bytes]) -> None:
        self.name = name
        self.position = 0
        self._pieces = pieces
        self._piece = b""
        self._at = 0

    def read(self, most: int) -> bytes:
        while self._at >= len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece, self._at = piece, 0
        found = self._piece[self._at : self._at + most]
        self._at += len(found)
        self.position += len(found)
        return found


def _ranges(
    content: Content,
    tally: Tally,
    start: int,
    end: int,
    begun: list[bytes],
    sizes: Iterator[int],
    most: int | None,
    *,
    is_kept: bool,
) -> Iterator[bytes]:
    """Yield the bytes of a range as they are fetched; `begun` are its first, known already.

    More are added to them where that is to be kept.
    """
    first = start
    for piece in tuple(begun):
        known = piece if most is None else piece[: most - (start - first)]
        start += len(known)
        if known:
            yield known
    while start < end:
        size = min(next(sizes), end - start)
        if most is not None:
            size = min(size, most - (start - first))
            if size <= 0:
                raise _EnoughError
        tally.go_on(content.name)
        piece = fetch(content, start, size, tally)
        start += size
        if is_kept:
            begun.append(piece)
        yield piece
        del piece


def _bounded(pieces: Iterator[bytes], most: int | None, tally: Tally, name: str) -> Iterator[bytes]:
    given = 0
    for piece in pieces:
        tally.go_on(name)
        if most is not None and given + len(piece) > most:
            if most > given:
                yield piece[: most - given]
            raise _EnoughError
        given += len(piece)
        yield piece


def _verified(pieces: Iterator[bytes], entry: zips.Entry, name: str) -> Iterator[bytes]:
    """Pass a member of an archive on, and hold it against its length and checksum."""
    size = checksum = 0
    for piece in pieces:
        size += len(piece)
        if size > entry.size:
            break
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if size != entry.size:
        more = "more" if size > entry.size else "fewer"
        why = f"it expands to {more} than the {entry.size:,} bytes that the archive tells"
        raise broken(name, entry.range()[1], "zip", why)
    if checksum != entry.checksum:
        raise broken(
            name, entry.range()[1], "zip", "its checksum is another than the archive tells"
        )


def _once_compressed(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    first = next(pieces, None)
    if first is None:
        return
    if compression := beginnings.compression_of(first):
        raise TableError(
            detail=f"is compressed twice: what it expands to begins {beginnings.describe(first)}.",
            file=name,
            reason="wrong_compression",
            field=_FIELD,
            remedy=f'Unpack it once, and set `{_FIELD}` to "{compression}".',
        )
    yield first
    del first
    yield from pieces
