"""The parent segments of a seed.

    {"id": "101", "name": "Customers", "description": "…", "timezone": "Europe/Berlin",
     "master": {"database": "shop", "table": "customers"},
     "attributes": [{"name": "email", "type": "string"},
                    {"name": "plan", "type": "string", "database": "shop", "table": "plans",
                     "column": "plan_name", "key": "customer_id", "foreignKey": "customer_id"}],
     "behaviors": [{"id": "151", "name": "orders", "database": "shop", "table": "orders",
                    "key": "customer_id", "foreignKey": "customer_id",
                    "columns": [{"name": "amount", "type": "number", "column": "total"}]}],
     "customerGroup": {…}, "audienceFilters": [{"columnName": "country", "rightValues": ["JP"]}],
     "folders": [{"id": "201", "name": "Customers", "description": "…", "folders": […]}],
     "segments": [{"id": "301", "name": "Members", "description": "…", "kind": "batch",
                   "folder": "201", "rule": {…}, "stage": "711"}],
     "funnels": [{"id": "701", "name": "Buying", "description": "…", "folder": "201",
                  "stages": [{"id": "711", "name": "Visited"}, …]}],
     "activations": [{"id": "801", "segment": "301", "name": "To storage", "parameters": {…}}],
     "profiles": [{"attributes": {"email": "ada@example.com"}, "segments": ["301"]}],
     "tokens": [{"id": "401", "name": "Site", "token": "<UUID>", "description": "…",
                 "keyColumn": "email", "attributeColumns": ["email"], "folder": "201",
                 "segments": ["301"]}]}

All but ids, names and the folders are optional. The first folder is the root folder; those beside
it are in it, and so are segments, funnels and tokens that name no other. `profiles` are rows of the
master table, which must not be there yet, and become one (by default `customers` in the database
`sandbox`); their `segments` are those without a rule, whose members they then are for good. An
attribute without a table is a column of the master table; `attributes` defaults to those that the
profiles have. `customerGroup`, `audienceFilters`, a segment's `rule` and an activation's
`parameters` are the vendor's own objects; `stage` is for the kind funnel-stage. Ids of behaviors,
stages and tokens and a token's UUID are made if absent. A parent segment whose master table is
there is built at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import duckdb
from msgspec import Struct, field

from argosy.sandbox.cdp.errors import InvalidError
from argosy.sandbox.cdp.matrix import MatrixError
from argosy.sandbox.cdp.models import (
    COLUMN_TYPES,
    SEGMENT_KINDS,
    Audiences,
    Folder,
    Funnel,
    ParentSegment,
    Segment,
    SegmentKind,
    Token,
)
from argosy.sandbox.cdp.parent_segments import is_zone
from argosy.sandbox.cdp.seed_profiles import MasterPlanter, guessed_types
from argosy.sandbox.cdp.token_draft import (
    DEFAULT_KEY_COLUMN,
    MOST_ATTRIBUTE_COLUMNS,
    MOST_SEGMENTS,
    NAME_PATTERN,
)
from argosy.sandbox.reading import Node
from argosy.sandbox.records.plain import UUID

if TYPE_CHECKING:
    from argosy.sandbox.cdp.activations import Activations
    from argosy.sandbox.cdp.parent_segments import ParentSegments
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.tokens import Tokens
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_PARENT_SEGMENT: Final = (
    *("id", "name", "description", "timezone", "master", "attributes", "behaviors"),
    *("customerGroup", "audienceFilters", "folders", "segments", "funnels", "activations"),
    *("profiles", "tokens"),
)
_TOKEN: Final = (
    *("id", "name", "token", "description", "keyColumn"),
    *("attributeColumns", "folder", "segments"),
)
_GROUP_KEYS: Final = ("parentKey", "foreignKey")
_JOINED: Final = ("database", "table", "key", "foreignKey")


class _Planted(Struct):
    """What was planted of one parent segment so far."""

    id: str
    folders: list[str] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    stages: dict[str, str] = field(default_factory=dict)
    """The funnel of each stage."""

    def fixed(self) -> list[str]:
        """Give the ids of the segments whose members are given."""
        return [one.id for one in self.segments if one.is_fixed]


class Planter(Struct, frozen=True):
    """Read parent segments into the models, inside the caller's transaction."""

    foundation: Foundation
    audiences: Audiences
    parents: ParentSegments
    populations: Populations
    tokens: Tokens
    activations: Activations

    def plant(self, node: Node) -> None:
        """Plant one parent segment; raise ShapeError where it is wrong."""
        members = node.members(*_PARENT_SEGMENT)
        planted = _Planted(self._new_id("parent-segment", node.required("id")))
        self._plant_folders(planted, node.required("folders").items(least=1), None)
        for one in _items(members, "funnels"):
            self._plant_funnel(planted, one)
        profiles = _items(members, "profiles")
        for one in _items(members, "segments"):
            self._plant_segment(planted, one, has_profiles=bool(profiles))
        for one in _items(members, "tokens"):
            self._plant_token(planted, one)
        parent = self._parent(planted, node, members, profiles)
        self.audiences.add(parent)
        if parent.master is not None:
            parent = self._build(planted, parent, node, profiles)
        for segment, one in zip(planted.segments, _items(members, "segments"), strict=True):
            self._check_rule(parent, segment, one)
        for one in _items(members, "activations"):
            self._plant_activation(planted, one)

    def _parent(
        self, planted: _Planted, node: Node, members: dict[str, Node], profiles: list[Node]
    ) -> ParentSegment:
        now = self.foundation.clock.now()
        zone = members.get("timezone", Node("UTC"))
        if not is_zone(zone.text()):
            zone.refuse(f"there is no time zone {zone.value!r}.")
        master = self._master(planted, members, profiles)
        group = members.get("customerGroup", Node(None))
        if group.value is not None:
            for name in ("name", "parentDatabaseName", "parentTableName", *_GROUP_KEYS):
                group.required(name).text()
        return ParentSegment(
            id=planted.id,
            name=node.required("name").text(),
            description=_text(members, "description"),
            root_folder=planted.folders[0],
            settings={
                "scheduleType": "none",
                "scheduleOption": None,
                "timezone": zone.text(),
                "workflowHiveOnly": False,
            },
            master=master,
            attributes=self._attributes(members.get("attributes"), profiles, master),
            behaviors=tuple(self._behavior(one) for one in _items(members, "behaviors")),
            customer_group=None if group.value is None else group.value,
            filters=tuple(one.value for one in _items(members, "audienceFilters", 2)),
            created_at=now,
            updated_at=now,
        )

    def _master(
        self, planted: _Planted, members: dict[str, Node], profiles: list[Node]
    ) -> dict[str, str] | None:
        if "master" not in members:
            if not profiles:
                return None
            table = "customers"
            if self.foundation.tables.has_table("sandbox", table):
                table = f"customers_{planted.id}"
            return {"parentDatabaseName": "sandbox", "parentTableName": table}
        named = members["master"].members("database", "table")
        database, table = _text(named, "database", "sandbox"), _text(named, "table", "customers")
        has_table = self.foundation.tables.has_table(database, table)
        if profiles and has_table:
            members["master"].refuse(f"the table {database}.{table} has rows of its own.")
        if not profiles and not has_table:
            members["master"].refuse(f"there is no table {database}.{table}.")
        return {"parentDatabaseName": database, "parentTableName": table}

    def _build(
        self, planted: _Planted, parent: ParentSegment, node: Node, profiles: list[Node]
    ) -> ParentSegment:
        """Plant the profiles as the master table, and build everything."""
        read = [_profile(one, planted.fixed()) for one in profiles]
        if profiles:
            MasterPlanter(self.foundation, parent).plant([attributes for attributes, _ in read])
        try:
            built = self.parents.build(parent)
            builder = self.parents.builder(parent)
            if planted.fixed():
                pairs = [
                    (segment, customer)
                    for customer, (_, segments) in zip(builder.customer_ids(), read, strict=True)
                    for segment in segments
                ]
                builder.keep_members(sorted(set(pairs)))
        except (MatrixError, duckdb.Error) as error:
            node.refuse(f"it can't be built. {error}")
        self.populations.note_parent(built)
        return built

    def _attributes(
        self, node: Node | None, profiles: list[Node], master: dict[str, str] | None
    ) -> tuple[dict[str, Json], ...]:
        """Read the attributes, or find them in the profiles."""
        if node is not None:
            return tuple(self._attribute(item, master) for item in node.items())
        found = [one.required("attributes").members() for one in profiles]
        types = guessed_types([{name: one.value for name, one in each.items()} for each in found])
        return tuple(self._own_attribute(name, kind, master) for name, kind in types.items())

    def _attribute(self, node: Node, master: dict[str, str] | None) -> dict[str, Json]:
        members = node.members("name", "type", "column", "groupingName", *_JOINED)
        name = node.required("name").text()
        kind = members.get("type", Node("string")).choice(COLUMN_TYPES)
        made = self._own_attribute(name, kind, master)
        made["groupingName"] = _text(members, "groupingName") or None
        if "column" in members:
            made["parentColumn"] = members["column"].text()
        if "table" in members:
            made |= _joined(node)
        return made

    def _own_attribute(
        self, name: str, kind: str, master: dict[str, str] | None
    ) -> dict[str, Json]:
        table = master or {"parentDatabaseName": "sandbox", "parentTableName": "customers"}
        key = self.foundation.documents.new_id("attribute")
        return {"id": key, "name": name, "type": kind, "parentColumn": name, **table}

    def _behavior(self, node: Node) -> dict[str, Json]:
        members = node.members("id", "name", "columns", *_JOINED)
        schema = []
        for one in _items(members, "columns"):
            column = one.members("name", "type", "column")
            name = one.required("name").text()
            kind = column.get("type", Node("string")).choice(COLUMN_TYPES)
            schema.append(
                {"name": name, "type": kind, "parentColumn": _text(column, "column", name)}
            )
        new_id = self.foundation.documents.new_id
        return {
            "id": members["id"].digits() if "id" in members else new_id("behavior"),
            "name": node.required("name").text(),
            **_joined(node),
            "schema": schema,
        }

    def _plant_folders(self, planted: _Planted, nodes: list[Node], within: str | None) -> None:
        for node in nodes:
            members = node.members("id", "name", "description", "folders")
            now = self.foundation.clock.now()
            folder = Folder(
                id=self._new_id("folder", node.required("id")),
                parent_segment=planted.id,
                name=node.required("name").text(),
                description=_text(members, "description"),
                parent_folder=within or (planted.folders[0] if planted.folders else None),
                created_at=now,
                updated_at=now,
            )
            self.audiences.add(folder)
            planted.folders.append(folder.id)
            self._plant_folders(planted, _items(members, "folders"), folder.id)

    def _plant_funnel(self, planted: _Planted, node: Node) -> None:
        members = node.members("id", "name", "description", "folder", "stages")
        stages = []
        for one in node.required("stages").items(least=3, most=8):
            stage = one.members("id", "name")
            new_id = self.foundation.documents.new_id
            key = stage["id"].digits() if "id" in stage else new_id("stage")
            if key in planted.stages:
                one.refuse(f"there is a stage {key!r} already.")
            stages.append({"id": key, "name": one.required("name").text()})
        now = self.foundation.clock.now()
        funnel = Funnel(
            id=self._new_id("funnel", node.required("id")),
            parent_segment=planted.id,
            name=node.required("name").text(),
            description=_text(members, "description"),
            folder=members.get("folder", Node(planted.folders[0])).choice(planted.folders),
            stages=tuple(stages),
            created_at=now,
            updated_at=now,
        )
        planted.stages |= {stage["id"]: funnel.id for stage in stages}
        self.audiences.add(funnel)

    def _plant_segment(self, planted: _Planted, node: Node, *, has_profiles: bool) -> None:
        members = node.members("id", "name", "description", "kind", "folder", "rule", "stage")
        kind = members.get("kind", Node("batch")).choice(SEGMENT_KINDS)
        stage = None
        if kind == "funnel-stage" and "stage" in members:
            stage = members["stage"].choice(list(planted.stages))
        now = self.foundation.clock.now()
        segment = Segment(
            id=self._new_id("segment", node.required("id")),
            parent_segment=planted.id,
            name=node.required("name").text(),
            description=_text(members, "description"),
            kind=cast("SegmentKind", kind),
            folder=members.get("folder", Node(planted.folders[0])).choice(planted.folders),
            rule=members["rule"].value if "rule" in members else None,
            is_fixed=has_profiles and "rule" not in members,
            stage=stage,
            funnel=None if stage is None else planted.stages[stage],
            created_at=now,
            updated_at=now,
        )
        self.audiences.add(segment)
        planted.segments.append(segment)

    def _check_rule(self, parent: ParentSegment, segment: Segment, node: Node) -> None:
        try:
            self.populations.check(parent, segment.rule, segment.id)
        except InvalidError as error:
            pointer, _, detail = error.problems[0]
            Node(None, f"{node.where}{pointer}").refuse(detail)

    def _plant_activation(self, planted: _Planted, node: Node) -> None:
        node.members("id", "segment", "name", "parameters")
        segments = {one.id: one for one in planted.segments}
        segment = segments[node.required("segment").choice(list(segments))]
        key = self._new_id("activation", node.required("id"))
        body = {**node.required("parameters").value, "name": node.required("name").text()}
        try:
            self.activations.plant(key, segment, body)
        except InvalidError as error:
            pointer, _, detail = error.problems[0]
            Node(None, f"{node.where}/parameters{pointer}").refuse(detail)

    def _plant_token(self, planted: _Planted, node: Node) -> None:
        members = node.members(*_TOKEN)
        new_id = self.foundation.documents.new_id
        made = self.foundation.randomness.uuid()
        segments = [one.id for one in planted.segments]
        now = self.foundation.clock.now()
        token = Token(
            id=self._new_id("token", members["id"]) if "id" in members else new_id(),
            parent_segment=planted.id,
            token=members.get("token", Node(made)).text(UUID, "a UUID").lower(),
            name=node.required("name").text(NAME_PATTERN, f"a match of {NAME_PATTERN}"),
            description=_text(members, "description"),
            key_column=_text(members, "keyColumn", DEFAULT_KEY_COLUMN),
            attribute_columns=tuple(
                one.text() for one in _items(members, "attributeColumns", MOST_ATTRIBUTE_COLUMNS)
            ),
            segments=_choices(members, "segments", segments, MOST_SEGMENTS),
            folder=members.get("folder", Node(planted.folders[0])).choice(planted.folders),
            created_at=now,
            updated_at=now,
        )
        self.tokens.add(token)

    def _new_id(self, kind: str, node: Node) -> str:
        key = node.digits()
        if self.foundation.documents.find(kind, key) is not None:
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


def _joined(node: Node) -> dict[str, Json]:
    """Read the table and keys of what is joined to the master table, in the vendor's words."""
    return {
        "parentDatabaseName": node.required("database").text(),
        "parentTableName": node.required("table").text(),
        "parentKey": node.required("key").text(),
        "foreignKey": node.required("foreignKey").text(),
    }


def _profile(node: Node, segments: list[str]) -> tuple[dict[str, Json], tuple[str, ...]]:
    members = node.members("attributes", "segments")
    attributes = node.required("attributes").members()
    values = {name: value.value for name, value in attributes.items()}
    return values, _choices(members, "segments", segments)
