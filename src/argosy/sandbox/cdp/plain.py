"""Things of the CDP API that the sandbox keeps and gives back, and does nothing with.

Predictive segments without models, activation templates, journeys that never move anybody, and
the definitions of the real-time side. What clients send is checked for its name and the little
that every answer needs, and stays as it was sent. What would need a model or a journey that runs
(scores, statistics, charts, profiles in stages) answers 501. Personalization services do more:
their tokens open the service itself (see `service_tokens`). Not documented, so assumed: a name is
unique among its kind in a parent segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from argosy.sandbox.cdp.errors import NAME_TAKEN, AbsentError, ConflictError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import Made
from argosy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.clock import Clock
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json

SENT_BY_NOBODY: Final = frozenset({"id", "audienceId", "createdAt", "updatedAt", "createdBy"})
LAUNCHED: Final = "launched"


class Kind(Struct, frozen=True, eq=False):
    """One kind of thing; `defaults` are the members that every answer has.

    `numbered` is the member whose elements get ids, of which there must be at least one; `ids` are
    members that answers have as strings of digits whatever was sent; `needed` is one that can't be
    null.
    """

    name: str
    defaults: Mapping[str, Json] = field(default_factory=dict)
    numbered: str | None = None
    ids: tuple[str, ...] = ()
    needed: str | None = None


_JOURNEY: Final[dict[str, Json]] = {
    "description": None,
    "state": "draft",
    "goal": None,
    "launchedAt": None,
    "paused": False,
    "pausedAt": None,
    "reentryMode": "no_reentry",
}
_NO_COLUMNS: Final[dict[str, Json]] = {
    "categoricalAsColumnNames": [],
    "categoricalArrayAsColumnNames": [],
    "quantitativeAsColumnNames": [],
}
PREDICTIVE: Final = Kind(
    "predictive-segment",
    {
        "baseSegmentId": None,
        "segmentId": None,
        "scoredSegmentId": None,
        "description": None,
        **_NO_COLUMNS,
        "accuracy": None,
        "areaUnderRocCurve": None,
        "gradeThresholds": [75, 50, 25],
    },
    ids=("baseSegmentId", "segmentId", "scoredSegmentId"),
    needed="segmentId",
)
TEMPLATE: Final = Kind(
    "activation-template",
    {
        "description": None,
        "kind": 0,
        "allColumns": False,
        "columns": [],
        "scheduleType": "none",
        "repeatUnit": "none",
        "timezone": "UTC",
        "connectionId": None,
        "connectorConfig": None,
        "state": "draft",
        "activationCount": 0,
        "available": True,
    },
    ids=("connectionId",),
)
JOURNEY: Final = Kind(
    "journey",
    {
        **_JOURNEY,
        "journeyStages": [],
        "allowReentry": False,
        "journeyBundleId": None,
        "journeyBundleName": None,
        "versionNumber": 1,
    },
    numbered="journeyStages",
)
REALTIME_JOURNEY: Final = Kind(
    "realtime-journey", {**_JOURNEY, "realtimeJourneyStages": []}, numbered="realtimeJourneyStages"
)
PERSONALIZATION: Final = Kind(
    "realtime-personalization",
    {"description": None, "sections": [], "referencingRealtimeAttributes": []},
    numbered="sections",
)
ATTRIBUTE: Final = Kind("realtime-attribute", {"description": None, "type": "imported"})
KEY_EVENT: Final = Kind("realtime-key-event", {"filterRule": {}})
SERVICE: Final = Kind("realtime-personalization-service", {"description": None, "public": False})
KINDS: Final = (
    *(PREDICTIVE, TEMPLATE, JOURNEY, REALTIME_JOURNEY, PERSONALIZATION),
    *(ATTRIBUTE, KEY_EVENT, SERVICE),
)
IN_FOLDERS: Final = (PREDICTIVE, TEMPLATE, JOURNEY)
"""The kinds that a folder's list has in full; the real-time ones are there in short."""


class Plain(Made, frozen=True, kw_only=True):
    """One thing that is kept."""

    id: str
    name: str
    parent_segment: str
    folder: str | None
    attributes: dict[str, Json]


class PlainResources:
    """The things of all parent segments."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    def get(self, kind: Kind, key: str, parent: str | None = None) -> Plain:
        """Give a thing, of one parent segment or of any; raise AbsentError."""
        found = self._documents.find(kind.name, key)
        if found is None or (parent is not None and found["parent_segment"] != parent):
            raise AbsentError(kind.name.replace("-", " "), key)
        return Plain(**found)

    def of(self, kind: Kind, parent: str) -> list[Plain]:
        """Give the things of a parent segment."""
        return [Plain(**one) for one in self._documents.every(kind.name, parent)]

    def create(self, kind: Kind, parent: str, folder: str | None, body: Json, user: str) -> Plain:
        """Keep a new thing; raise InvalidError if it can't be."""
        now = self._clock.now()
        blank = Plain(
            id=self._documents.new_id(kind.name),
            name="",
            parent_segment=parent,
            folder=folder,
            attributes=dict(kind.defaults),
            created_at=now,
            updated_at=now,
            created_by=user,
            updated_by=user,
        )
        made = self._read(kind, blank, body, is_new=True)
        self._documents.add(kind.name, parent, {made.id: asdict(made)})
        return made

    def change(
        self, kind: Kind, plain: Plain, body: Json, user: str, folder: str | None = None
    ) -> Plain:
        """Change what the body names; raise InvalidError if that can't be."""
        changed = self._read(kind, plain, body, is_new=False)
        changed = replace(
            changed,
            folder=folder or plain.folder,
            updated_at=self._clock.now(),
            updated_by=user,
        )
        self._documents.replace(kind.name, plain.id, plain.parent_segment, asdict(changed))
        return changed

    def delete(self, kind: Kind, plain: Plain) -> Plain:
        """Forget a thing."""
        self._documents.remove(kind.name, plain.id)
        return plain

    def pause(self, kind: Kind, plain: Plain, user: str, *, paused: bool) -> Plain:
        """Pause a journey or let it go on, in name only."""
        at = self._time() if paused else None
        return self.change(kind, plain, {"paused": paused, "pausedAt": at}, user)

    def check_empty(self, folder: str) -> None:
        """Raise ConflictError if anything kept here is in a folder."""
        kinds = (*IN_FOLDERS, REALTIME_JOURNEY, PERSONALIZATION)
        for kind in kinds:
            if any(one["folder"] == folder for one in self._documents.every(kind.name)):
                message = f"Deletion SegmentFolder has {kind.name.replace('-', ' ')}s"
                raise ConflictError(message)

    def in_folders(self, kind: Kind, folders: set[str]) -> list[Plain]:
        """Give the things of a kind that are in some folders."""
        found = self._documents.every(kind.name)
        return [Plain(**one) for one in found if one["folder"] in folders]

    def _read(self, kind: Kind, plain: Plain, body: Json, *, is_new: bool) -> Plain:
        fields = Fields(body)
        name = fields.name(None if is_new else plain.name)
        for one in self.of(kind, plain.parent_segment):
            if one.name == name and one.id != plain.id:
                fields.wrong("/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
        sent = {one: value for one, value in fields.members.items() if one not in SENT_BY_NOBODY}
        sent.pop("name", None)
        for member in kind.ids:
            if member in sent:
                sent[member] = fields.key(member)
        is_needed = kind.needed is not None and (is_new or kind.needed in sent)
        if is_needed and sent.get(str(kind.needed)) is None:
            fields.wrong(f"/{kind.needed}", "Can't be blank", "CANNOT_BE_BLANK")
        _check_types(fields, kind, sent)
        if kind.numbered is not None and (is_new or kind.numbered in sent):
            sent[kind.numbered] = self._numbered(fields, kind.numbered)
        if sent.get("state") == LAUNCHED and plain.attributes.get("state") != LAUNCHED:
            sent["launchedAt"] = self._time()
        fields.check()
        return replace(plain, name=name, attributes={**plain.attributes, **sent})

    def _numbered(self, fields: Fields, name: str) -> list[Json]:
        """Read the stages of a journey or the sections of a personalization, each with an id."""
        extra: dict[str, Json] = {"includeSensitive": False} if name == "sections" else {}
        read = []
        least = 0 if name == "sections" else 1
        for index, one in enumerate(fields.items(name, least, 50)):
            if not isinstance(one, dict):
                fields.wrong(f"/{name}/{index}", "An object is needed here")
                continue
            key = str(one.get("id") or self._documents.new_id("stage"))
            read.append({**extra, **one, "id": key})
        return read

    def _time(self) -> str:
        return timestamp(self._clock.now())


def _check_types(fields: Fields, kind: Kind, sent: Mapping[str, Json]) -> None:
    """Check that members are of the type that they usually have."""
    for name, usual in kind.defaults.items():
        value = sent.get(name)
        if value is None and name not in sent:
            continue
        if name == "description" and not isinstance(value, str | None):
            fields.wrong(f"/{name}", "Must be a string")
        elif isinstance(usual, bool) and not isinstance(value, bool):
            fields.wrong(f"/{name}", "Must be true or false")
        elif isinstance(usual, list) and not isinstance(value, list):
            fields.wrong(f"/{name}", "Must be an array")
