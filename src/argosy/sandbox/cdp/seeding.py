"""The parent segments of a seed.

    {"id": "101", "name": "Customers", "description": "…",
     "master": {"database": "shop", "table": "customers"},
     "attributes": [{"name": "email", "type": "string"}],
     "folders": [{"id": "201", "name": "Customers", "description": "…"}],
     "segments": [{"id": "301", "name": "Members", "description": "…", "kind": "batch",
                   "folder": "201"}],
     "profiles": [{"attributes": {"email": "ada@example.com"}, "segments": ["301"]}],
     "tokens": [{"id": "401", "name": "Site", "token": "<UUID>", "description": "…",
                 "keyColumn": "email", "attributeColumns": ["email"], "folder": "201",
                 "segments": ["301"]}]}

All but ids, names and the folders are optional. The first folder is the root folder, and where
segments and tokens are that name no other. A segment's kind is batch (default), realtime or
funnel-stage. `attributes` defaults to those that the profiles have, and a token's UUID and id
are made if absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from argosy.sandbox.cdp.models import (
    COLUMN_TYPES,
    SEGMENT_KINDS,
    Audiences,
    Folder,
    ParentSegment,
    Profile,
    Segment,
    SegmentKind,
    Token,
)
from argosy.sandbox.cdp.token_draft import (
    DEFAULT_KEY_COLUMN,
    MOST_ATTRIBUTE_COLUMNS,
    MOST_SEGMENTS,
    NAME_PATTERN,
)
from argosy.sandbox.reading import Node
from argosy.sandbox.records.models import UUID

if TYPE_CHECKING:
    from argosy.sandbox.cdp.tokens import Tokens
    from argosy.sandbox.clock import Clock, Randomness
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json

_PARENT_SEGMENT: Final = (
    *("id", "name", "description", "master", "attributes"),
    *("folders", "segments", "profiles", "tokens"),
)
_TOKEN: Final = (
    *("id", "name", "token", "description", "keyColumn"),
    *("attributeColumns", "folder", "segments"),
)


@dataclass(frozen=True, slots=True)
class Planter:
    """Read parent segments into the models."""

    documents: Documents
    audiences: Audiences
    tokens: Tokens
    clock: Clock
    randomness: Randomness

    def plant(self, node: Node) -> None:
        """Plant one parent segment; raise ShapeError where it is wrong."""
        members = node.members(*_PARENT_SEGMENT)
        key = self._new_id("parent-segment", node.required("id"))
        master = members.get("master", Node({})).members("database", "table")
        profiles = _items(members, "profiles")
        folders = [self._plant_folder(key, one) for one in node.required("folders").items(least=1)]
        segments = [self._plant_segment(key, folders, one) for one in _items(members, "segments")]
        self.audiences.add_profiles(key, [_profile(one, segments) for one in profiles])
        for token in _items(members, "tokens"):
            self._plant_token(key, folders, segments, token)
        self.audiences.add(
            ParentSegment(
                id=key,
                name=node.required("name").text(),
                description=_text(members, "description"),
                database=_text(master, "database", "sandbox"),
                table=_text(master, "table", "customers"),
                attributes=_attributes(members.get("attributes"), profiles),
                root_folder=folders[0],
                created_at=self.clock.now(),
            )
        )

    def _plant_folder(self, parent: str, node: Node) -> str:
        members = node.members("id", "name", "description")
        folder = Folder(
            id=self._new_id("folder", node.required("id")),
            parent_segment=parent,
            name=node.required("name").text(),
            description=_text(members, "description"),
            created_at=self.clock.now(),
        )
        self.audiences.add(folder)
        return folder.id

    def _plant_segment(self, parent: str, folders: list[str], node: Node) -> str:
        members = node.members("id", "name", "description", "kind", "folder")
        kind = members.get("kind", Node("batch")).choice(SEGMENT_KINDS)
        segment = Segment(
            id=self._new_id("segment", node.required("id")),
            parent_segment=parent,
            name=node.required("name").text(),
            description=_text(members, "description"),
            kind=cast("SegmentKind", kind),
            folder=members.get("folder", Node(folders[0])).choice(folders),
        )
        self.audiences.add(segment)
        return segment.id

    def _plant_token(
        self, parent: str, folders: list[str], segments: list[str], node: Node
    ) -> None:
        members = node.members(*_TOKEN)
        key = self._new_id("token", members["id"]) if "id" in members else self.documents.new_id()
        uuid = members.get("token", Node(self.randomness.uuid())).text(UUID, "a UUID")
        columns = _items(members, "attributeColumns", MOST_ATTRIBUTE_COLUMNS)
        token = Token(
            id=key,
            parent_segment=parent,
            token=uuid.lower(),
            name=node.required("name").text(NAME_PATTERN, f"a match of {NAME_PATTERN}"),
            description=_text(members, "description"),
            key_column=_text(members, "keyColumn", DEFAULT_KEY_COLUMN),
            attribute_columns=tuple(column.text() for column in columns),
            segments=_choices(members, "segments", segments, MOST_SEGMENTS),
            folder=members.get("folder", Node(folders[0])).choice(folders),
            created_at=self.clock.now(),
            updated_at=self.clock.now(),
        )
        self.tokens.add(token)

    def _new_id(self, kind: str, node: Node) -> str:
        key = node.digits()
        if self.documents.find(kind, key) is not None:
            node.refuse(f"there is a {kind} {key!r} already.")
        return key


def _items(members: dict[str, Node], name: str, most: int | None = None) -> list[Node]:
    return members[name].items(most=most) if name in members else []


def _choices(
    members: dict[str, Node], name: str, words: list[str], most: int | None = None
) -> tuple[str, ...]:
    return tuple(item.choice(words) for item in _items(members, name, most))


def _text(members: dict[str, Node], name: str, default: str = "") -> str:
    return members[name].text() if name in members else default


def _profile(node: Node, segments: list[str]) -> Profile:
    members = node.members("attributes", "segments")
    attributes = node.required("attributes").members()
    return Profile(
        attributes={name: value.value for name, value in attributes.items()},
        segments=_choices(members, "segments", segments),
    )


def _attributes(node: Node | None, profiles: list[Node]) -> tuple[tuple[str, str], ...]:
    """Read the attributes, or find them in the profiles."""
    if node is not None:
        return tuple(_attribute(item) for item in node.items())
    found: dict[str, str] = {}
    for profile in profiles:
        for name, value in profile.required("attributes").members().items():
            found.setdefault(name, _guessed_type(value.value))
    return tuple(found.items())


def _attribute(node: Node) -> tuple[str, str]:
    members = node.members("name", "type")
    kind = members.get("type", Node("string")).choice(COLUMN_TYPES)
    return node.required("name").text(), kind


def _guessed_type(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string_array" if isinstance(value, list) else "string"
