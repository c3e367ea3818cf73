"""Make, change and delete segments, without HTTP.

Both styles of the API come here with the same members: `name`, `description`, `rule`, `kind`,
`funnel_stage`, `countPopulation`, `segmentInsightDashboardId`, and the folder's id. Not
documented, so assumed: a name is unique in its folder; a deleted segment takes its activations
along; only references in rules stand against a deletion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from msgspec.structs import replace

from argosy.sandbox.cdp.errors import NAME_TAKEN, ConflictError, InvalidError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import SEGMENT_KINDS, Activation, Audiences, Funnel, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.models import ParentSegment, SegmentKind
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

SCHEDULED: Final = "activation-schedule"


class Segments:
    """The segments of all parent segments."""

    def __init__(
        self,
        foundation: Foundation,
        audiences: Audiences,
        folders: Folders,
        populations: Populations,
    ) -> None:
        self._clock = foundation.clock
        self._store = foundation.store
        self._agenda = foundation.agenda
        self._audiences = audiences
        self._folders = folders
        self._populations = populations

    def get(self, key: str, parent: ParentSegment | None = None) -> Segment:
        """Give a segment, of one parent segment or of any; raise AbsentError."""
        return self._audiences.get(Segment, key, parent)

    def of(self, parent: ParentSegment) -> list[Segment]:
        """Give the segments of a parent segment."""
        return self._audiences.segments(parent.id)

    def create(self, body: Json, folder: str, user: str) -> Segment:
        """Make a segment in a folder; raise InvalidError if it can't be."""
        place = self._folders.place(folder)
        blank = self._audiences.blank(Segment, place, self._clock.now(), user)
        made = self._read(blank, body, is_new=True)
        self._audiences.add(made)
        return made

    def change(self, segment: Segment, body: Json, folder: str | None, user: str) -> Segment:
        """Change what the body names; raise InvalidError, or 422 for another parent segment."""
        segment = self._folders.moved(segment, folder)
        changed = self._read(segment, body, is_new=False)
        changed = replace(changed, updated_at=self._now(segment), updated_by=user)
        self._audiences.replace(changed)
        return changed

    def _now(self, segment: Segment) -> float:
        """Give the present, or just after the last change where the clock stands still.

        Populations are kept by this, so no two changes may have the same time.
        """
        now = self._clock.now()
        return now if now > segment.updated_at else segment.updated_at + 0.001

    def delete(self, segment: Segment) -> Segment:
        """Delete a segment that no rule refers to; raise ConflictError for another."""
        using = self.referring(segment)
        if using:
            message = "Segment is referenced by other segments"
            raise ConflictError(message, [one.id for one in using])
        with self._store.transaction():
            for activation in self._audiences.every(Activation, segment.id):
                self._agenda.drop(SCHEDULED, activation.id)
                self._audiences.remove(activation)
            self._audiences.remove(segment)
        return segment

    def referring(self, segment: Segment) -> list[Segment]:
        """Give the segments whose rules refer to a segment, or to the stage it defines."""
        wanted = {("Reference", segment.id), ("FunnelStageReference", segment.stage)}
        return [
            one
            for one in self._audiences.segments(segment.parent_segment)
            if one.id != segment.id and wanted & set(_references(one.rule))
        ]

    def _read(self, segment: Segment, body: Json, *, is_new: bool) -> Segment:
        fields = Fields(body)
        name = fields.name(None if is_new else segment.name)
        description = fields.text("description", segment.description)
        kind = self._kind(fields, segment, is_new=is_new)
        self._check_name(fields, name, segment)
        rule = self._rule(fields, segment, is_new=is_new)
        funnel, stage = self._stage(fields, segment, kind)
        counts = fields.flag("countPopulation", default=segment.count_population)
        dashboard = fields.whole("segmentInsightDashboardId", segment.dashboard)
        fields.check()
        return replace(
            segment,
            name=name,
            description=description,
            kind=kind,
            rule=rule,
            is_fixed=segment.is_fixed and "rule" not in fields.members,
            funnel=funnel,
            stage=stage,
            count_population=counts,
            dashboard=dashboard,
        )

    def _kind(self, fields: Fields, segment: Segment, *, is_new: bool) -> SegmentKind:
        """Read the kind as a number (REST), a word (JSON:API) or the deprecated `realtime`."""
        value = fields.members.get("kind")
        if value is None:
            value = segment.kind
            if is_new and fields.flag("realtime", default=False):
                value = "realtime"
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2:
            value = SEGMENT_KINDS[value]
        if value not in SEGMENT_KINDS:
            fields.wrong("/kind", "Must be 0 (batch), 1 (realtime) or 2 (funnel_stage)")
            return segment.kind
        if not is_new and value != segment.kind:
            fields.wrong("/kind", "Can't be changed", "IS_IMMUTABLE")
        return cast("SegmentKind", value)

    def _rule(self, fields: Fields, segment: Segment, *, is_new: bool) -> Json:
        if "rule" not in fields.members:
            return segment.rule
        rule = fields.members["rule"]
        parent = self._audiences.parent_segment(segment.parent_segment)
        if parent is not None:
            try:
                self._populations.check(parent, rule, None if is_new else segment.id)
            except InvalidError as error:
                fields.problems += list(error.problems)
        return rule

    def _stage(
        self, fields: Fields, segment: Segment, kind: SegmentKind
    ) -> tuple[str | None, str | None]:
        """Read the stage that a segment of the kind funnel-stage defines."""
        value = fields.members.get("funnel_stage")
        if kind != "funnel-stage":
            return None, None
        if value is None:
            if segment.stage is None:
                fields.wrong("/funnel_stage", "Can't be blank", "CANNOT_BE_BLANK")
            return segment.funnel, segment.stage
        members = value if isinstance(value, dict) else {}
        funnel = self._audiences.find(Funnel, str(members.get("funnel_id")))
        stage = str(members.get("stage_id"))
        if (
            funnel is None
            or funnel.parent_segment != segment.parent_segment
            or not any(one["id"] == stage for one in funnel.stages)
        ):
            fields.wrong("/funnel_stage", "Must be a stage of an existing funnel")
            return segment.funnel, segment.stage
        defining = self._populations.stage_segment(funnel, stage)
        if defining is not None and defining.id != segment.id:
            detail = "The stage has a segment already"
            fields.wrong("/funnel_stage", detail, "VIOLATES_UNIQUENESS_CONSTRAINT")
        return funnel.id, stage

    def _check_name(self, fields: Fields, name: str, segment: Segment) -> None:
        for one in self._audiences.segments(segment.parent_segment):
            if (one.folder, one.name) == (segment.folder, name) and one.id != segment.id:
                fields.wrong("/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
                return


def _references(rule: Json) -> Iterator[tuple[str, str]]:
    """Give the types and ids of the references in a rule."""
    waiting = [rule]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        if "id" in one:
            yield str(one.get("type")), str(one["id"])
        conditions = one.get("conditions")
        waiting += conditions if isinstance(conditions, list) else []
