"""Funnels and their stages, without HTTP.

A stage is defined by a segment of the kind funnel-stage that names it. Not documented, so
assumed: a funnel's population are the profiles of all its stages together; a clone gets clones
of the stages' segments; a deleted funnel or stage takes its segments along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from argosy.sandbox.cdp.errors import NAME_TAKEN, AbsentError, ConflictError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import Audiences, Funnel, ParentSegment, Segment

if TYPE_CHECKING:
    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.cdp.segments import Segments
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

FEWEST_STAGES: Final = 3
MOST_STAGES: Final = 8


class Funnels:
    """The funnels of all parent segments."""

    def __init__(
        self,
        foundation: Foundation,
        audiences: Audiences,
        folders: Folders,
        segments: Segments,
        populations: Populations,
    ) -> None:
        self._clock = foundation.clock
        self._store = foundation.store
        self._documents = foundation.documents
        self._audiences = audiences
        self._folders = folders
        self._segments = segments
        self._populations = populations

    def get(self, key: str, parent: ParentSegment | None = None) -> Funnel:
        """Give a funnel, of one parent segment or of any; raise AbsentError."""
        return self._audiences.get(Funnel, key, parent)

    def of(self, parent: ParentSegment) -> list[Funnel]:
        """Give the funnels of a parent segment."""
        return self._audiences.every(Funnel, parent.id)

    def segment(self, funnel: Funnel, stage: str) -> Segment | None:
        """Give the segment that defines a stage."""
        return self._populations.stage_segment(funnel, stage)

    def stage(self, funnel: Funnel, key: str) -> dict[str, str]:
        """Give a stage of a funnel; raise AbsentError."""
        for stage in funnel.stages:
            if stage["id"] == key:
                return stage
        raise AbsentError("funnel stage", key)

    def create(self, body: Json, folder: str, user: str) -> Funnel:
        """Make a funnel in a folder; raise InvalidError if it can't be."""
        place = self._folders.place(folder)
        blank = self._audiences.blank(Funnel, place, self._clock.now(), user)
        made = self._read(blank, body, is_new=True)
        self._audiences.add(made)
        return made

    def change(self, funnel: Funnel, body: Json, folder: str | None, user: str) -> Funnel:
        """Change what the body names; a stage that is left out goes, if nothing needs it."""
        funnel = self._folders.moved(funnel, folder)
        changed = self._read(funnel, body, is_new=False)
        kept = {stage["id"] for stage in changed.stages}
        changed = replace(changed, updated_at=self._clock.now(), updated_by=user)
        with self._store.transaction():
            self._drop_segments(funnel, [one for one in funnel.stages if one["id"] not in kept])
            self._audiences.replace(changed)
        return changed

    def delete(self, funnel: Funnel) -> Funnel:
        """Delete a funnel with its stages' segments; raise ConflictError if one is needed."""
        with self._store.transaction():
            self._drop_segments(funnel, list(funnel.stages))
            self._audiences.remove(funnel)
        return funnel

    def clone(self, funnel: Funnel, body: Json, folder: str | None, user: str) -> Funnel:
        """Copy a funnel with its stages and their segments; raise InvalidError."""
        place = self._folders.place(folder, funnel.parent_segment, "/segmentFolderId")
        fields = Fields(body)
        stages = [{"name": stage["name"]} for stage in funnel.stages]
        description = fields.text("description", funnel.description)
        wanted = {"name": fields.name(), "description": description, "stages": stages}
        fields.check()
        with self._store.transaction():
            made = self.create(wanted, place.id, user)
            for old, new in zip(funnel.stages, made.stages, strict=True):
                segment = self.segment(funnel, old["id"])
                if segment is not None:
                    self._clone_segment(segment, made, new["id"])
        return made

    def _clone_segment(self, segment: Segment, funnel: Funnel, stage: str) -> None:
        name = f"{segment.name} ({funnel.name})"[:255]
        copy = replace(
            segment,
            id=self._documents.new_id("segment"),
            name=name,
            folder=funnel.folder,
            funnel=funnel.id,
            stage=stage,
            created_at=funnel.created_at,
            updated_at=funnel.updated_at,
            created_by=funnel.created_by,
            updated_by=funnel.updated_by,
        )
        self._audiences.add(copy)

    def _drop_segments(self, funnel: Funnel, stages: list[dict[str, str]]) -> None:
        defining = [self.segment(funnel, stage["id"]) for stage in stages]
        found = [one for one in defining if one is not None]
        gone = {one.id for one in found}
        for segment in found:
            using = [one.id for one in self._segments.referring(segment) if one.id not in gone]
            if using:
                message = "Funnel stage is referenced by other segments"
                raise ConflictError(message, using)
        for segment in found:
            self._audiences.remove(segment)

    def _read(self, funnel: Funnel, body: Json, *, is_new: bool) -> Funnel:
        fields = Fields(body)
        name = fields.name(None if is_new else funnel.name)
        for one in self._audiences.every(Funnel, funnel.parent_segment):
            if (one.folder, one.name) == (funnel.folder, name) and one.id != funnel.id:
                fields.wrong("/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
        stages = funnel.stages
        if is_new or fields.given("stages"):
            stages = self._stages(fields, funnel)
        description = fields.text("description", funnel.description)
        fields.check()
        return replace(funnel, name=name, description=description, stages=stages)

    def _stages(self, fields: Fields, funnel: Funnel) -> tuple[dict[str, str], ...]:
        known = {stage["id"] for stage in funnel.stages}
        read: list[dict[str, str]] = []
        for index, one in enumerate(fields.items("stages", FEWEST_STAGES, MOST_STAGES)):
            if not isinstance(one, dict):
                fields.wrong(f"/stages/{index}", "An object is needed here")
                continue
            inner = Fields(one)
            name, key = inner.name(), inner.key("id")
            if key is not None and key not in known:
                inner.wrong("/id", "Must be a stage of this funnel")
            fields.problems += [(f"/stages/{index}{p}", code, d) for p, code, d in inner.problems]
            if any(name == other["name"] for other in read):
                pointer = f"/stages/{index}/name"
                fields.wrong(pointer, NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
            read.append({"id": key or self._documents.new_id("stage"), "name": name})
        return tuple(read)
