"""The parent segments and what is in them, without HTTP.

Everything is a frozen value kept as one JSON document; ids are strings of digits and times are
epochs. What clients define in the vendor's words and the sandbox only gives back or reads when
it builds (attributes, behaviors, columns) stays as they sent it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeVar

from msgspec import Struct, field
from msgspec.structs import asdict

from argosy.sandbox.cdp.errors import AbsentError

if TYPE_CHECKING:
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
SCHEDULE_TYPES: Final = (
    *("cron", "daily", "hourly", "minutes_interval", "monthly", "none", "weekly"),
)
OWNER: Final = "1"


class Made(Struct, frozen=True, kw_only=True):
    """When something was made and changed, and by which users."""

    created_at: float
    updated_at: float
    created_by: str = OWNER
    updated_by: str = OWNER


class ParentSegment(Made, frozen=True, kw_only=True):
    """A parent segment.

    `settings` has the members of the vendor's Audience that need no more than being kept. `build`
    counts the successful runs; `matrix_updated_at` is when the last of them ended.
    """

    id: str
    name: str
    description: str
    root_folder: str
    settings: dict[str, Json] = field(default_factory=dict)
    master: dict[str, str] | None = None
    attributes: tuple[dict[str, Json], ...] = ()
    behaviors: tuple[dict[str, Json], ...] = ()
    customer_group: dict[str, Json] | None = None
    filters: tuple[dict[str, Json], ...] = ()
    build: int = 0
    population: int | None = None
    matrix_updated_at: float | None = None

    @property
    def matrix(self) -> str:
        """Give the name of the database that holds its built tables."""
        return f"cdp_audience_{self.id}"

    @property
    def timezone(self) -> str:
        """Give the time zone its days are in."""
        return str(self.settings.get("timezone") or "UTC")


class Folder(Made, frozen=True, kw_only=True):
    """A folder of segments, funnels and tokens; the root folder has no parent."""

    id: str
    parent_segment: str
    name: str
    description: str
    parent_folder: str | None = None


class Segment(Made, frozen=True, kw_only=True):
    """A segment; `is_fixed` says that its members were given and no rule is asked.

    `funnel` and `stage` are the ids that a segment of the kind funnel-stage belongs to.
    """

    id: str
    parent_segment: str
    name: str
    description: str
    folder: str
    kind: SegmentKind = "batch"
    rule: Json = None
    count_population: bool = True
    dashboard: int | None = None
    funnel: str | None = None
    stage: str | None = None
    is_fixed: bool = False


class Funnel(Made, frozen=True, kw_only=True):
    """A funnel; each of its stages has an `id` and a `name`."""

    id: str
    parent_segment: str
    name: str
    description: str
    folder: str
    stages: tuple[dict[str, str], ...] = ()


class Activation(Made, frozen=True, kw_only=True):
    """An activation of a segment; `parameters` are the vendor's members, checked."""

    id: str
    parent_segment: str
    segment: str
    name: str
    parameters: dict[str, Json]


class Execution(Struct, frozen=True):
    """One run of a parent segment or activation; its id is the workflow attempt's."""

    id: str
    owner: str
    workflow: str
    session: str
    created_at: float
    status: str = "queued"
    finished_at: float | None = None
    reason: str | None = None
    count: int | None = None


class Token(Struct, frozen=True):
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
    created_by: str = OWNER
    updated_by: str = OWNER


Entry = ParentSegment | Folder | Segment | Funnel | Activation | Token
T = TypeVar("T", ParentSegment, Folder, Segment, Funnel, Activation, Token)
Owned = TypeVar("Owned", Folder, Segment, Funnel)
Placed = TypeVar("Placed", Segment, Funnel)

_KINDS: Final[dict[type, str]] = {
    ParentSegment: "parent-segment",
    Folder: "folder",
    Segment: "segment",
    Funnel: "funnel",
    Activation: "activation",
    Token: "token",
}


class Audiences:
    """The parent segments of the sandbox and what is in them."""

    def __init__(self, documents: Documents) -> None:
        self.documents = documents

    def add(self, entry: Entry) -> None:
        """Keep something new."""
        self.documents.add(_KINDS[type(entry)], _owner(entry), {entry.id: asdict(entry)})

    def replace(self, entry: Entry) -> None:
        """Keep something in place of what it was."""
        self.documents.replace(_KINDS[type(entry)], entry.id, _owner(entry), asdict(entry))

    def remove(self, entry: Entry) -> None:
        """Forget something."""
        self.documents.remove(_KINDS[type(entry)], entry.id)

    def find(self, kind: type[T], key: str) -> T | None:
        """Give something by its id."""
        document = self.documents.find(_KINDS[kind], key)
        return None if document is None else kind(**document)

    def get(self, kind: type[Owned], key: str, parent: ParentSegment | None = None) -> Owned:
        """Give something by its id, of one parent segment or of any; raise AbsentError."""
        found = self.find(kind, key)
        if found is None or (parent is not None and found.parent_segment != parent.id):
            raise AbsentError(_KINDS[kind], key)
        return found

    def blank(self, kind: type[Placed], place: Folder, now: float, user: str) -> Placed:
        """Give something new that is to be in a folder and has only its id yet."""
        return kind(
            id=self.documents.new_id(_KINDS[kind]),
            parent_segment=place.parent_segment,
            name="",
            description="",
            folder=place.id,
            created_at=now,
            updated_at=now,
            created_by=user,
            updated_by=user,
        )

    def every(self, kind: type[T], parent_segment: str | None = None) -> list[T]:
        """Give all of a kind, or those of one parent segment (activations: of one segment)."""
        return [kind(**one) for one in self.documents.every(_KINDS[kind], parent_segment)]

    def parent_segments(self) -> list[ParentSegment]:
        """Give all parent segments."""
        return self.every(ParentSegment)

    def parent_segment(self, key: str) -> ParentSegment | None:
        """Give a parent segment by its id."""
        return self.find(ParentSegment, key)

    def folders(self, parent_segment: str) -> list[Folder]:
        """Give the folders of a parent segment."""
        return self.every(Folder, parent_segment)

    def folder(self, key: str) -> Folder | None:
        """Give a folder by its id."""
        return self.find(Folder, key)

    def segments(self, parent_segment: str) -> list[Segment]:
        """Give the segments of a parent segment."""
        return self.every(Segment, parent_segment)

    def segment(self, key: str) -> Segment | None:
        """Give a segment by its id."""
        return self.find(Segment, key)


def _owner(entry: Entry) -> str:
    if isinstance(entry, ParentSegment):
        return entry.id
    return entry.segment if isinstance(entry, Activation) else entry.parent_segment
