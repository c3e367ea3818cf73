"""A file by ranges that looks like an open one, for libraries that seek."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.tables.content import Content, Tally

_AHEAD = 64 * 1024
_PIECE = 8 * 1024 * 1024
_HELD = 3
_TOGETHER = 8


def fetch(content: Content, start: int, length: int, tally: Tally) -> bytes:
    """Return the bytes of a range that is there, all of them, and count them.

    Raises TableError; with the reason `changed` where the file has become shorter.
    """
    found = _whole(content, start, length)
    tally.bytes_read += len(found)
    return found


def _whole(content: Content, start: int, length: int) -> bytes:
    wanted = max(0, min(length, content.size - start))
    found = content.read(start, wanted) if wanted else b""
    if len(found) != wanted:
        raise TableError(
            detail=f"ends after {start + len(found):,} bytes, but had {content.size:,} before.",
            file=content.name,
            status="unknown_error",
            reason="changed",
            passes=True,
            remedy="It was replaced while it was read, or its server cut it; read it again.",
        )
    return found


class RangedFile(io.RawIOBase):
    """Reads a content wherever it is asked to, a little ahead, and keeps the last ranges.

    `ahead` is how many bytes are fetched at least. `most` bounds all that is fetched, and
    `most_at_once` one read; a TableError says so. `held` are ranges that are known already, as
    pairs of where they begin and their bytes, and `holds` how many of the last it keeps. Threads
    may share it, each read by itself.
    """

    def __init__(
        self,
        content: Content,
        tally: Tally,
        *,
        ahead: int = _AHEAD,
        most: int | None = None,
        most_at_once: int | None = None,
        held: tuple[tuple[int, bytes], ...] = (),
        holds: int | None = None,
    ) -> None:
        super().__init__()
        self._content = content
        self._tally = tally
        self._most, self._most_at_once = most, most_at_once
        self._held = list(held)
        self._holds = _HELD if holds is None else holds
        self._pinned: tuple[int, bytes] = (0, b"")
        self._at = 0
        self._lock = threading.RLock()
        self.ahead = ahead
        #: Is given what is read in turn, with its place, before whoever reads it.
        self.watch: Callable[[int, bytes], None] | None = None
        self.fetched = 0
        #: What reading was stopped by; libraries hide it in errors of their own.
        self.error: TableError | None = None

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._content.size

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, counted from the beginning, from here or from the end."""
        before = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        if before + offset < 0:
            raise OSError(f"a file has no place {before + offset}")
        self._at = before + offset
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Return the next bytes, all of them but at the end. Raises TableError."""
        with self._lock:
            left = max(0, self._content.size - self._at)
            size = left if size is None or size < 0 else min(size, left)
            found = self.read_at(self._at, size)
            if self.watch is not None:
                self.watch(self._at, found)
            self._at += len(found)
            return found

    def read_at(self, start: int, length: int) -> bytes:
        """Return a range, from what is held where it can be. Raises TableError."""
        with self._lock:
            for begin, data in (self._pinned, *self._held):
                if begin <= start and start + length <= begin + len(data):
                    return data[start - begin : start - begin + length]
            try:
                return self._fetch(start, length)
            except TableError as error:
                self.error = error
                raise

    def fetch(self, start: int, length: int) -> bytes:
        """Return a range as it is there now, beside whatever else is read. Raises TableError."""
        try:
            return fetch(self._content, start, length, self._tally)
        except TableError as error:
            self.error = error
            raise

    def held_from(self, start: int, most: int) -> bytes:
        """Return what is held from a place on, as far as one range goes, and no more bytes."""
        with self._lock:
            spans = [(start - begin, data) for begin, data in self._held if begin <= start]
        at, data = max(spans, key=lambda span: len(span[1]) - span[0], default=(0, b""))
        return data[at : at + most]

    def hold(self, ranges: Sequence[tuple[int, int]]) -> bool:
        """Fetch what is not held of ranges, each from a place to another, several at a time.

        Does nothing, and returns False, where that is more than may be fetched. Raises TableError.
        """
        held = [self.held_from(start, end - start) for start, end in ranges]
        wanted = [
            end - start - len(known) for (start, end), known in zip(ranges, held, strict=True)
        ]
        if self._most is not None and self.fetched + sum(wanted) > self._most:
            return False

        def further(end: int, length: int) -> bytes:
            return _whole(self._content, end - length, length)

        try:
            with ThreadPoolExecutor(_TOGETHER) as threads:
                found = list(threads.map(further, [end for _, end in ranges], wanted))
        except TableError as error:
            self.error = error
            raise
        with self._lock:
            self.fetched += sum(wanted)
            self._tally.bytes_read += sum(wanted)
            parts = zip(ranges, held, found, strict=True)
            self._held += [(start, known + data) for (start, _), known, data in parts]
        return True

    def pin(self, start: int, data: bytes) -> None:
        """Hold a range that is known until another is pinned."""
        with self._lock:
            self._pinned = (start, data)

    @property
    def has_pinned(self) -> bool:
        """Whether a range is held that was pinned."""
        return bool(self._pinned[1])

    def _fetch(self, start: int, length: int) -> bytes:
        if self._most_at_once is not None and length > self._most_at_once:
            raise self._too_large(self._most_at_once)
        size = self._content.size
        # near the end all of it is fetched: what comes next is often a little before
        begin = max(0, min(start, size - self.ahead)) if length < self.ahead else start
        wanted = min(max(length + start - begin, self.ahead), size - begin)
        if self._most is not None and self.fetched + wanted > self._most:
            begin, wanted = start, length
            if self.fetched + wanted > self._most:
                raise self._too_large(self._most)
        pieces = [
            fetch(self._content, at, min(_PIECE, begin + wanted - at), self._tally)
            for at in range(begin, begin + wanted, _PIECE)
        ]
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.fetched += wanted
        self._held = [*self._held[-(self._holds - 1) :], (begin, data)]
        return data if len(data) == length else data[start - begin : start - begin + length]

    def _too_large(self, most: int) -> TableError:
        return TableError(
            detail=f"more than {most:,} bytes of it would have to be read for this.",
            file=self._content.name,
            reason="too_large",
        )
