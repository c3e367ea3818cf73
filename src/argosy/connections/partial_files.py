"""Files on the way: what has arrived of an upload, until it is whole or nobody goes on with it.

A partial file lies beside its place, under a name that says whose it is:
`.upload-TABLE-KEY-TOTAL-OWNER`. TABLE is the name of the place, KEY tells uploads of one table
apart, OWNER is the request that writes now. A request that begins or goes on renames the file, so
that one of before, whose connection may be dead without anybody knowing, can write no more: each
write holds the lock of the file and looks whether it is still the owner. So two requests never
write into one file, in one process or in several.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import WrongDataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

PREFIX = ".upload-"
_NAME = re.compile(r"\.upload-([0-9a-f]{64})-([0-9a-f]{32})-([0-9]{1,15}|x)-([0-9a-f]{16})")
_DONE = ".upload-{}-{}-done"
_READ = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PartialName:
    """What the name of a partial file says; `total` is None where nobody knows it yet."""

    table: str
    key: str
    total: int | None
    owner: str

    @classmethod
    def read(cls, name: str) -> PartialName | None:
        """Return what a name says, None where it is none of a partial file."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        return cls(found[1], found[2], None if found[3] == "x" else int(found[3]), found[4])

    def write(self) -> str:
        """Return the name."""
        total = "x" if self.total is None else str(self.total)
        return f"{PREFIX}{self.table}-{self.key}-{total}-{self.owner}"


class PartialFile:
    """A partial file in the hands of its owner; close it when done.

    `size` is how many bytes are in it. Each method that writes raises OSError where the disk
    refuses, and WrongDataError where another request has taken the file over.
    """

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self.size = os.fstat(handle).st_size

    @classmethod
    def begin(cls, folder: Path, name: PartialName, at: float) -> PartialFile:
        """Make an empty file, and void those of the same upload; `at` is the moment."""
        path = folder / name.write()
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        made = cls(path, os.open(path, flags, 0o600))
        os.utime(path, (at, at))
        for other, known in partial_names(folder):
            if (known.table, known.key) == (name.table, name.key) and known.owner != name.owner:
                other.unlink(missing_ok=True)
        return made

    @classmethod
    def take_over(cls, folder: Path, name: PartialName) -> PartialFile | None:
        """Take a file from whoever has written it so far; None where there is none.

        `name` says which, and who takes it; a total that is known from now on is kept.
        """
        for path, known in partial_names(folder):
            if (known.table, known.key) != (name.table, name.key):
                continue
            total = known.total if name.total is None else name.total
            mine = folder / PartialName(name.table, name.key, total, name.owner).write()
            handle = os.open(path, os.O_RDWR)
            with _locked(handle):  # after the write that is going on, and before the next
                path.rename(mine)
                return cls(mine, handle)
        return None

    def write(self, data: bytes, at: float) -> None:
        """Write the next bytes; `at` is the moment, in epoch seconds."""
        with _locked(self._handle):
            self._check_owner()
            rest = memoryview(data)
            while rest:
                count = os.pwrite(self._handle, rest, self.size)
                self.size += count
                rest = rest[count:]
            os.utime(self._handle, (at, at))

    def cut(self, size: int) -> None:
        """Take away what is behind `size`."""
        with _locked(self._handle):
            self._check_owner()
            os.ftruncate(self._handle, size)
            self.size = size

    def digest(self, algorithm: str, start: int = 0) -> bytes:
        """Return the checksum of what is in the file from `start` on."""
        made = hashlib.new(algorithm, usedforsecurity=False)
        while data := os.pread(self._handle, _READ, start):
            start += len(data)
            made.update(data)
        return made.digest()

    def sync(self) -> None:
        """Wait until everything is on the disk."""
        os.fsync(self._handle)

    def move(self, place: Path) -> None:
        """Put the file in its place."""
        try:
            self._path.rename(place)
        except FileNotFoundError:
            raise _taken_over() from None

    def discard(self) -> None:
        """Remove the file, unless another has it by now."""
        self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; it stays where it is."""
        os.close(self._handle)

    def _check_owner(self) -> None:
        if not self._path.exists():
            raise _taken_over()


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made where it is not there: who begins or goes on does so alone."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        with _locked(handle):
            yield
    finally:
        os.close(handle)


def partial_names(folder: Path) -> Iterator[tuple[Path, PartialName]]:
    """Yield the partial files of a folder."""
    for entry in list(folder.glob(f"{PREFIX}*")):
        known = PartialName.read(entry.name)
        if known is not None:
            yield entry, known


def remove_left(path: Path, before: float) -> None:
    """Remove a file that nobody has written since then, unless somebody just does."""
    try:
        if path.lstat().st_mtime >= before:
            return
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        with _locked(handle):
            if os.fstat(handle).st_mtime < before:
                path.unlink(missing_ok=True)
    finally:
        os.close(handle)


def mark_done(folder: Path, names: Sequence[PartialName], at: float) -> None:
    """Note that the file of a table is this upload's, for whoever has not got the answer."""
    for old in folder.glob(_DONE.format(names[0].table, "*")):
        old.unlink(missing_ok=True)
    with suppress(OSError):  # on a full disk; then an answer that is lost is not given again
        for path in [folder / _DONE.format(name.table, name.key) for name in names]:
            path.touch(mode=0o600)
            os.utime(path, (at, at))


def done_at(folder: Path, names: Iterable[PartialName]) -> float | None:
    """Return when the file of a table became this upload's, None where it is not."""
    for name in names:
        with suppress(FileNotFoundError):
            return (folder / _DONE.format(name.table, name.key)).stat().st_mtime
    return None


@contextmanager
def _locked(handle: int) -> Iterator[None]:
    import fcntl  # noqa: PLC0415 - not everywhere, and only uploads need it

    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _taken_over() -> WrongDataError:
    detail = "another request has begun or gone on with this upload; this one has ended."
    return WrongDataError(detail=detail, reason="taken_over")
