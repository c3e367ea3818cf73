"""What every format gives: a reader of batches, and a preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from argosy.model import JsonObject


class FileReader(Protocol):
    """Reads one file from its beginning to its end, once."""

    @property
    def schema(self) -> pa.Schema:
        """The columns as they stand in the file; every batch has it."""
        ...

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Yield batches. Raises TableError."""
        ...

    def close(self) -> None:
        """Let go of threads and files; what is under way ends."""
        ...


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column as its first rows show it.

    `type` is a word for people: text, integer, number, boolean, date, timestamp, binary, object,
    list, or null where there was no value. `members` are the columns within an object.
    """

    name: str
    type: str
    nullable: bool = True
    members: tuple[PreviewColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The first rows of a file as JSON, and its columns; `is_whole` says that there is no more."""

    columns: tuple[PreviewColumn, ...]
    rows: tuple[JsonObject, ...]
    is_whole: bool
