"""The file that was uploaded for a table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from argosy.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path


class LocalContent:
    """A file of this server. Its version is when it was written, in nanoseconds, and its size.

    Raises TableError where it is not there or cannot be read.
    """

    __slots__ = ("_name", "_path", "_size", "_version")

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        try:
            with path.open("rb") as file:
                found = os.fstat(file.fileno())
        except FileNotFoundError:
            raise TableError(
                detail="no file has been uploaded yet.",
                remedy="Upload it to the table's connection_table_params.url.",
                file=name,
                field="connection_table_params.url",
                reason="not_found",
                status="resource_not_found",
            ) from None
        except OSError as error:
            raise self._unreadable(error) from None
        self._size = found.st_size
        self._version = _version(found)

    @property
    def name(self) -> str:
        """The file as people write it: `local://name`."""
        return self._name

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._size

    @property
    def version(self) -> str:
        """What is another when the file is."""
        return self._version

    def read(self, start: int, length: int) -> bytes:
        """Return bytes, see `argosy.tables.content.Content`. Raises TableError."""
        length = min(length, self._size - start)
        if length <= 0:
            return b""
        try:
            with self._path.open("rb", buffering=0) as file:
                self._check(file.fileno())
                data = os.pread(file.fileno(), length, start)
                while len(data) < length and (more := _rest(file.fileno(), start, length, data)):
                    data += more
                # it may be written over in place while it is read
                self._check(file.fileno())
        except FileNotFoundError:
            raise self._changed("the file is gone since it was found.") from None
        except OSError as error:
            raise self._unreadable(error) from None
        return data

    def _check(self, descriptor: int) -> None:
        if _version(os.fstat(descriptor)) != self._version:
            raise self._changed("the file was replaced while it was read.")

    def _changed(self, detail: str) -> TableError:
        return TableError(
            detail=detail,
            remedy="Read it again.",
            file=self._name,
            reason="changed",
            status="unknown_error",
            passes=True,
        )

    def _unreadable(self, error: OSError) -> TableError:
        return TableError(
            detail=f"the uploaded file cannot be read: {error.strerror}.",
            remedy="The operator of this server can mend that.",
            file=self._name,
            reason="unreadable",
            status="unknown_error",
        )


def _version(found: os.stat_result) -> str:
    return f"{found.st_mtime_ns}-{found.st_size}"


def _rest(descriptor: int, start: int, length: int, data: bytes) -> bytes:
    """Return more of a file: one call gives 2 GiB at most."""
    return os.pread(descriptor, length - len(data), start + len(data))
