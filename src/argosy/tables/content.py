"""What a table's file is to those that read it: bytes by range, their limits, and counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from argosy.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.model import JsonObject

_MEBIBYTE = 1024 * 1024


class Content(Protocol):
    """One file, wherever it lies. Threads may share it."""

    @property
    def name(self) -> str:
        """The file as people write it: `s3://bucket/key`."""
        ...

    @property
    def size(self) -> int:
        """How many bytes it has."""
        ...

    @property
    def version(self) -> str:
        """What is another when the file is: an entity tag, a generation, a time and size."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from `start`, `length` of them or what there is.

        Raises TableError; with the reason `changed` where the file is no longer of this version.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileSpec:
    """How a file is to be read: members of a table, in their one form.

    `options` are those of `connection_table_params`, with the defaults of the format.
    """

    file_format: str
    compression: str = "infer"
    options: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken of a file. Sizes are in bytes.

    `preview_fetched` and `preview_expanded` bound a preview, before and after decompression;
    where a row is longer than that the preview says so. Either is exceeded by `preview_further`
    at most, which is for a second try that is after the first row only. `batch_rows` and
    `batch_bytes` bound one batch.
    """

    columns: int = 2_000
    row: int = 64 * _MEBIBYTE
    cell: int = 16 * _MEBIBYTE
    members: int = 1_000
    files: int = 10_000
    preview_rows: int = 20
    preview_fetched: int = _MEBIBYTE
    preview_expanded: int = 8 * _MEBIBYTE
    preview_further: int = 0
    preview_text: int = 1_000
    batch_rows: int = 65_536
    batch_bytes: int = 16 * _MEBIBYTE
    chunk: int = 8 * _MEBIBYTE


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not delivered, and why. `line` counts from 1, the header counts."""

    file: str
    line: int
    message: str
    column: str = ""

    def to_json(self) -> JsonObject:
        """Return it as a JSON object."""
        column = {"column": self.column} if self.column else {}
        return {"file": self.file, "line": self.line, **column, "message": self.message}


@dataclass(slots=True)
class Tally:
    """What one reading has come to so far; every row that is read is delivered or refused.

    `bytes_read` are those that were fetched. `refusals` tell of the first rows that were refused.
    `is_over` tells, where it is given, that the time of the reading is over; it may raise what
    says so.
    """

    is_over: Callable[[], bool] | None = None
    bytes_read: int = 0
    rows_read: int = 0
    rows_refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def rows_delivered(self) -> int:
        """How many rows were given on."""
        return self.rows_read - self.rows_refused

    def go_on(self, file: str) -> None:
        """Be asked now and then by whoever works for long.

        Raises TableError where the time of the reading is over.
        """
        if self.is_over is not None and self.is_over():
            raise TableError(
                detail="its first rows could not be read in time.",
                remedy="Look whether it has rows that are very long, or very many empty lines.",
                file=file,
                reason="timed_out",
                status="unknown_error",
                passes=True,
            )

    def refuse(self, refusal: Refusal) -> None:
        """Count a row that is not delivered, and keep why while there is room."""
        self.rows_refused += 1
        if len(self.refusals) < _MOST_REFUSALS:
            self.refusals.append(refusal)


_MOST_REFUSALS = 100
