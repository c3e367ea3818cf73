"""The parent segments and what is in them, without HTTP.

Everything is a frozen value kept as one JSON document; ids are strings of digits. Parent
segments, folders, segments and profiles come from the seed and don't change; the rules of tokens
are in `tokens`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json

SegmentKind = Literal["batch", "realtime", "funnel-stage"]

SEGMENT_KINDS: Final[tuple[SegmentKind, ...]] = ("batch", "realtime", "funnel-stage")
COLUMN_TYPES: Final = (
    "string",
    "number",
    "timestamp",
    "date",
    "string_array",
    "number_array",
    "boolean",
)


@dataclass(frozen=True, slots=True)
class User:
    """Who made something; the sandbox has one user."""

    id: str = "1"
    td_user_id: str = "1"
    name: str = "Sandbox"


SANDBOX_USER: Final = User()


@dataclass(frozen=True, slots=True)
class ParentSegment:
    """A parent segment; `attributes` are pairs of name and column type."""

    id: str
    name: str
    description: str
    database: str
    table: str
    attributes: tuple[tuple[str, str], ...]
    root_folder: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of segments and tokens in a parent segment."""

    id: str
    parent_segment: str
    name: str
    description: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a parent segment."""

    id: str
    parent_segment: str
    name: str
    description: str
    kind: SegmentKind
    folder: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One customer of a parent segment: attributes, and the segments it is in."""

    attributes: dict[str, Json]
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A Profiles API token; `token` is the UUID that lookups name."""

    id: str
    parent_segment: str
    token: str
    name: str
    description: str
    key_column: str
    attribute_columns: tuple[str, ...]
    segments: tuple[str, ...]
    folder: str
    created_at: float
    updated_at: float


_KINDS: Final[dict[type, str]] = {
    ParentSegment: "parent-segment",
    Folder: "folder",
    Segment: "segment",
}


class Audiences:
    """The parent segments, folders, segments and profiles of the sandbox."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def add(self, entry: ParentSegment | Folder | Segment) -> None:
        """Keep something of a seed."""
        owner = entry.id if isinstance(entry, ParentSegment) else entry.parent_segment
        self._documents.add(_KINDS[type(entry)], owner, {entry.id: asdict(entry)})

    def add_profiles(self, parent_segment: str, profiles: Iterable[Profile]) -> None:
        """Keep the profiles of a parent segment, all at once; they go by their order."""
        documents = {str(order): asdict(profile) for order, profile in enumerate(profiles)}
        self._documents.add("profile", parent_segment, documents)

    def parent_segments(self) -> list[ParentSegment]:
        """Give all parent segments."""
        return [ParentSegment(**document) for document in self._documents.every("parent-segment")]

    def parent_segment(self, key: str) -> ParentSegment | None:
        """Give a parent segment by its id."""
        document = self._documents.find("parent-segment", key)
        return None if document is None else ParentSegment(**document)

    def folders(self, parent_segment: str) -> list[Folder]:
        """Give the folders of a parent segment."""
        return [Folder(**document) for document in self._documents.every("folder", parent_segment)]

    def folder(self, key: str) -> Folder | None:
        """Give a folder by its id."""
        document = self._documents.find("folder", key)
        return None if document is None else Folder(**document)

    def segment(self, key: str) -> Segment | None:
        """Give a segment by its id."""
        document = self._documents.find("segment", key)
        return None if document is None else Segment(**document)

    def profiles(self, parent_segment: str) -> list[Profile]:
        """Give the profiles of a parent segment."""
        return [
            Profile(**document) for document in self._documents.every("profile", parent_segment)
        ]

    def population(self, parent_segment: str, segment: str | None = None) -> int:
        """Count the profiles of a parent segment, or of one of its segments."""
        return sum(
            segment is None or segment in profile.segments
            for profile in self.profiles(parent_segment)
        )
