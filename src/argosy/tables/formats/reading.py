"""What every format gives: a reader of batches, and a preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from argosy.model import JsonObject
    from argosy.tables.formats.streams import Member

    #: Columns by their names: types of a CSV file, shapes of a JSON file.
    Columns = Mapping[str, Any]


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


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a file of text before it is opened, as one of several.

    `columns` are those of them all, none where nothing tells them, and `found` are its members
    where they were looked for.
    """

    columns: Columns
    found: tuple[Member, ...] = ()
