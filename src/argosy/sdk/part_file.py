"""A file that is there only when it is whole: written beside its place, then moved into it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from argosy.errors import UnwritableFileError

if TYPE_CHECKING:
    from types import TracebackType


class PartFile:
    """Writes a file under another name in the same folder and renames it at the end.

    What ends early leaves nothing behind, and a file that was there before stays as it was. Its
    owner alone may read it. Raises UnwritableFileError where the folder or the disk refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes]

    def __enter__(self) -> PartFile:
        try:
            self._file = tempfile.NamedTemporaryFile(
                dir=self._path.parent, prefix=f".{self._path.name[:80]}.", delete=False
            )
        except OSError as error:
            raise self._refusal(error) from error
        return self

    def write(self, data: bytes) -> None:
        """Write the next bytes."""
        try:
            self._file.write(data)
        except OSError as error:
            raise self._refusal(error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        part = Path(self._file.name)
        try:
            self._file.close()
            if error is None:
                part.replace(self._path)
        except OSError as failure:
            raise self._refusal(failure) from failure
        finally:
            part.unlink(missing_ok=True)

    def _refusal(self, error: OSError) -> UnwritableFileError:
        detail = os.strerror(error.errno) if error.errno else str(error)
        return UnwritableFileError(file=str(self._path), detail=detail)
