"""Make, change, delete and run parent segments, without HTTP.

A change without `master` sets what it names; one with it replaces attributes, behaviors,
customer group and filters, so that what it leaves out is gone. Not documented, so assumed: a
name is unique, and a parent segment takes everything in it along when it is deleted. Whether
tables and columns are there is found out by a run, whose execution ends as an error if not; the
execution's `error` is an addition of the sandbox and tells the reason. Scheduled runs come by the
clock: hourly ones at the full hour, the others at midnight or the time that is the option.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import duckdb
from msgspec.structs import asdict, replace

from argosy.sandbox.agenda import DONE
from argosy.sandbox.cdp.activation_schedule import next_due
from argosy.sandbox.cdp.errors import NAME_TAKEN, AbsentError, InvalidError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.matrix import MatrixBuilder, MatrixError
from argosy.sandbox.cdp.models import (
    COLUMN_TYPES,
    SCHEDULE_TYPES,
    Activation,
    Audiences,
    Execution,
    Folder,
    Funnel,
    ParentSegment,
    Token,
)
from argosy.sandbox.cdp.plain import KINDS
from argosy.sandbox.cdp.rules.catalogue import matrix_name

if TYPE_CHECKING:
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

RUN: Final = "audience-run"
SCHEDULED: Final = "audience-schedule"
MOST_FILTERS: Final = 2
_DAY: Final = 86_400
_DEFAULTS: Final[dict[str, Json]] = {
    "scheduleType": "none",
    "scheduleOption": None,
    "timezone": "UTC",
    "workflowHiveOnly": False,
}
_KEPT: Final = (
    *("scheduleOption", "hiveEngineVersion", "hivePoolName", "prestoPoolName"),
    *("allowActivationBehavior", "maxActivationBehaviorRow", "llmEnabled", "llmState"),
    *("enrichmentWordTaggingEnabled", "enrichmentIpEnabled", "enrichmentTdJsSdkEnabled"),
    *("workflowHiveOnly",),
)
_JOINED: Final = ("name", "parentDatabaseName", "parentTableName", "parentKey", "foreignKey")


class ParentSegments:
    """The parent segments and their runs."""

    def __init__(
        self, foundation: Foundation, audiences: Audiences, populations: Populations
    ) -> None:
        self._foundation = foundation
        self._documents = foundation.documents
        self._audiences = audiences
        self._populations = populations
        foundation.agenda.handlers[RUN] = self._run_due
        foundation.agenda.handlers[SCHEDULED] = self._schedule_due

    def get(self, key: str) -> ParentSegment:
        """Give a parent segment; raise AbsentError if there is none."""
        found = self._audiences.parent_segment(key)
        if found is None:
            raise AbsentError("parent segment", key)
        return found

    def every(self) -> list[ParentSegment]:
        """Give all parent segments."""
        return self._audiences.parent_segments()

    def create(self, body: Json, user: str) -> ParentSegment:
        """Make a parent segment and its root folder; raise InvalidError if it can't be."""
        now = self._foundation.clock.now()
        key = self._documents.new_id("parent-segment")
        folder = self._documents.new_id("folder")
        blank = ParentSegment(
            id=key,
            name="",
            description="",
            root_folder=folder,
            settings=dict(_DEFAULTS),
            created_at=now,
            updated_at=now,
            created_by=user,
            updated_by=user,
        )
        parent = self._read(blank, body, is_new=True)
        root = Folder(
            id=folder,
            parent_segment=key,
            name=parent.name,
            description="",
            created_at=now,
            updated_at=now,
            created_by=user,
            updated_by=user,
        )
        with self._foundation.store.transaction():
            self._audiences.add(root)
            self._audiences.add(parent)
        self._reschedule(parent, now)
        return parent

    def change(self, key: str, body: Json, user: str) -> ParentSegment:
        """Change a parent segment; raise InvalidError if it can't be so."""
        changed = self._read(self.get(key), body, is_new=False)
        now = self._foundation.clock.now()
        changed = replace(changed, updated_at=now, updated_by=user)
        self._audiences.replace(changed)
        self._reschedule(changed, now)
        return changed

    def delete(self, key: str) -> ParentSegment:
        """Delete a parent segment with everything in it, and give it a last time."""
        parent = self.get(key)
        with self._foundation.store.transaction():
            for segment in self._audiences.segments(key):
                for activation in self._audiences.every(Activation, segment.id):
                    self._foundation.agenda.drop("activation-schedule", activation.id)
                    self._audiences.remove(activation)
                self._audiences.remove(segment)
            others: list[Folder | Funnel | Token] = [
                *self._audiences.every(Folder, key),
                *self._audiences.every(Funnel, key),
                *self._audiences.every(Token, key),
            ]
            for entry in others:
                self._audiences.remove(entry)
            for kept in ("matrix", "execution-audience", *(kind.name for kind in KINDS)):
                for document in self._documents.every(kept, key):
                    self._documents.remove(kept, str(document.get("id", key)))
            self._foundation.agenda.drop(SCHEDULED, key)
            self._audiences.remove(parent)
            self.builder(parent).drop()
        return parent

    def run(self, key: str) -> Execution:
        """Begin to build a parent segment."""
        parent = self.get(key)
        execution = Execution(
            id=self._documents.new_id("attempt"),
            owner=parent.id,
            workflow=parent.id,
            session=self._documents.new_id("session"),
            created_at=self._foundation.clock.now(),
        )
        self._documents.add("execution-audience", key, {execution.id: asdict(execution)})
        self._foundation.agenda.start(RUN, execution.id, f"audience:{key}")
        self._foundation.agenda.settle()
        return self._execution(execution.id) or execution

    def executions(self, key: str) -> list[Execution]:
        """Give the executions of a parent segment, newest first, and count the look."""
        parent = self.get(key)
        self._foundation.agenda.look(f"audience:{parent.id}")
        found = self._documents.page("execution-audience", parent.id, newest_first=True)
        return [Execution(**one) for one in found]

    def look(self, key: str) -> ParentSegment:
        """Count that a client looked at a parent segment, and give it."""
        self._foundation.agenda.look(f"audience:{self.get(key).id}")
        return self.get(key)

    def build(self, parent: ParentSegment) -> ParentSegment:
        """Build a parent segment now, in the caller's transaction; raise MatrixError."""
        population = self.builder(parent).build()
        built = replace(
            parent,
            build=parent.build + 1,
            population=population,
            matrix_updated_at=self._foundation.clock.now(),
        )
        self._audiences.replace(built)
        return built

    def builder(self, parent: ParentSegment) -> MatrixBuilder:
        """Give what builds a parent segment."""
        base = self._foundation
        return MatrixBuilder(parent, base.store, base.tables, base.documents, base.clock)

    def _reschedule(self, parent: ParentSegment, after: float) -> None:
        self._foundation.agenda.drop(SCHEDULED, parent.id)
        due = next_due(parent.settings, after, parent.created_at)
        if due is not None:
            self._foundation.agenda.at(SCHEDULED, parent.id, due, stage=f"{due:.0f}")

    def _schedule_due(self, key: str, stage: str) -> None:
        """Begin a scheduled run; of those that a leap of the clock left behind, the last day's."""
        parent = self._audiences.parent_segment(key)
        if parent is None:
            return
        self._reschedule(parent, max(float(stage), self._foundation.clock.now() - _DAY))
        self.run(key)

    def _run_due(self, key: str, stage: str) -> None:
        """Go on with an execution; its parent segment may be gone meanwhile."""
        execution = self._execution(key)
        parent = None if execution is None else self._audiences.parent_segment(execution.owner)
        if execution is None or parent is None:
            return
        if stage != DONE:
            self._keep(replace(execution, status="running"))
            return
        built = None
        reason = None
        try:
            with self._foundation.store.transaction():
                built = self.build(parent)
        except (MatrixError, duckdb.Error) as error:
            self._foundation.tables.forget_columns()
            reason = str(error)[:1000]
        status = "success" if reason is None else "error"
        now = self._foundation.clock.now()
        count = None if built is None else built.population
        self._keep(replace(execution, status=status, finished_at=now, reason=reason, count=count))
        if built is not None:
            self._populations.refresh(built)

    def _execution(self, key: str) -> Execution | None:
        found = self._documents.find("execution-audience", key)
        return None if found is None else Execution(**found)

    def _keep(self, execution: Execution) -> None:
        document = asdict(execution)
        self._documents.replace("execution-audience", execution.id, execution.owner, document)

    def _read(self, parent: ParentSegment, body: Json, *, is_new: bool) -> ParentSegment:
        fields = Fields(body)
        name = fields.name(None if is_new else parent.name)
        others = self._audiences.parent_segments()
        if any(one.name == name and one.id != parent.id for one in others):
            fields.wrong("/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
        changed = replace(
            parent,
            name=name,
            description=fields.text("description", parent.description),
            settings=self._settings(fields, parent.settings),
        )
        changed = self._read_data(fields, changed)
        fields.check()
        return changed

    def _settings(self, fields: Fields, current: dict[str, Json]) -> dict[str, Json]:
        kind = fields.choice("scheduleType", SCHEDULE_TYPES, current["scheduleType"])
        zone = fields.text("timezone", current["timezone"]) or "UTC"
        if not is_zone(zone):
            fields.wrong("/timezone", f"There is no time zone {zone[:50]!r}")
        kept = {one: fields.members[one] for one in _KEPT if fields.given(one)}
        return {**current, **kept, "scheduleType": kind, "timezone": zone}

    def _read_data(self, fields: Fields, parent: ParentSegment) -> ParentSegment:
        """Read what a run builds from."""
        replaces = fields.members.get("master") is not None
        master = self._master(fields) if replaces else parent.master
        group = parent.customer_group
        if fields.given("customerGroup") or replaces:
            group = self._customer_group(fields, parent)
        filters = parent.filters
        if fields.given("audienceFilters") or replaces:
            filters = fields.objects("audienceFilters", ("columnName",), MOST_FILTERS)
            for index, one in enumerate(filters):
                if not isinstance(one.get("rightValues"), list):
                    fields.wrong(f"/audienceFilters/{index}/rightValues", "Must be an array")
        attributes = parent.attributes
        if fields.given("attributes") or replaces:
            attributes = self._attributes(fields, parent)
        behaviors = parent.behaviors
        if fields.given("behaviors") or replaces:
            behaviors = self._behaviors(fields, parent)
        return replace(
            parent,
            master=master,
            customer_group=group,
            filters=filters,
            attributes=attributes,
            behaviors=behaviors,
        )

    def _master(self, fields: Fields) -> dict[str, str] | None:
        try:
            inner = Fields(fields.members["master"])
        except InvalidError:
            fields.wrong("/master", "An object is needed here")
            return None
        for name in ("parentDatabaseName", "parentTableName"):
            if not inner.text(name):
                fields.wrong(f"/master/{name}", "Can't be blank", "CANNOT_BE_BLANK")
        return {name: inner.text(name) for name in ("parentDatabaseName", "parentTableName")}

    def _attributes(self, fields: Fields, parent: ParentSegment) -> tuple[dict[str, Json], ...]:
        needed = ("name", "type", "parentDatabaseName", "parentTableName", "parentColumn")
        read = fields.objects("attributes", needed)
        self._check_each(fields, read, "attributes")
        known = {one["name"]: one["id"] for one in parent.attributes}
        return tuple(
            {**one, "id": known.get(one.get("name")) or self._documents.new_id("attribute")}
            for one in read
        )

    def _behaviors(self, fields: Fields, parent: ParentSegment) -> tuple[dict[str, Json], ...]:
        read = fields.objects("behaviors", _JOINED)
        self._check_each(fields, read, "behaviors")
        for index, one in enumerate(read):
            inner = Fields(one)
            schema = inner.objects("schema", ("name", "type"))
            self._check_each(inner, schema, "schema")
            fields.problems += [
                (f"/behaviors/{index}{p}", code, d) for p, code, d in inner.problems
            ]
        known = {one["name"]: one["id"] for one in parent.behaviors}
        return tuple(
            {**one, "id": known.get(one.get("name")) or self._documents.new_id("behavior")}
            for one in read
        )

    def _check_each(self, fields: Fields, read: tuple[dict[str, Json], ...], name: str) -> None:
        """Check types, and that no two get the same name in the built tables."""
        seen: set[str] = set()
        for index, one in enumerate(read):
            if "type" in one and one["type"] not in COLUMN_TYPES:
                detail = f"Must be one of {', '.join(COLUMN_TYPES)}"
                fields.wrong(f"/{name}/{index}/type", detail)
            made = matrix_name(str(one.get("name")))
            if made in seen:
                fields.wrong(f"/{name}/{index}/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
            seen.add(made)

    def _customer_group(self, fields: Fields, parent: ParentSegment) -> dict[str, Json] | None:
        value = fields.members.get("customerGroup")
        if value is None:
            return None
        inner = Fields({"customerGroup": [value]})
        read = inner.objects("customerGroup", _JOINED)
        fields.problems += [(p.replace("/0", "", 1), c, d) for p, c, d in inner.problems]
        if not read:
            return None
        group = Fields(read[0])
        needed = ("name", "type", "parentColumn", *_JOINED[1:])
        group.objects("customerGroupAttributes", needed, where="/customerGroup")
        group.objects("customerGroupBehaviors", _JOINED, where="/customerGroup")
        fields.problems += group.problems
        current = parent.customer_group or {}
        key = current.get("id") or self._documents.new_id("customer-group")
        return {**read[0], "id": key, "audienceId": int(parent.id)}


def is_zone(name: str) -> bool:
    """Say whether a time zone is known by this name."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return False
    return True
