"""Folders of segments, funnels and tokens, without HTTP.

Not documented, so assumed: a name is unique in its parent folder; a folder that REST makes is in
the root folder; `depth` counts levels below the folder asked for, and without it there is no
limit; the root folder can't be deleted or moved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from argosy.sandbox.cdp.errors import (
    NAME_TAKEN,
    ConflictError,
    InvalidError,
    cannot_move,
)
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import Audiences, Folder, Funnel, ParentSegment, Segment, Token

if TYPE_CHECKING:
    from argosy.sandbox.cdp.models import Placed
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.settings import Json

DEEPEST: Final = 100
_PLACE: Final = "/relationships/parentFolder"


class Folders:
    """The folders of all parent segments."""

    def __init__(self, audiences: Audiences, clock: Clock) -> None:
        self._audiences = audiences
        self._clock = clock

    def get(self, key: str, parent: ParentSegment | None = None) -> Folder:
        """Give a folder, of one parent segment or of any; raise AbsentError."""
        return self._audiences.get(Folder, key, parent)

    def of(self, parent: ParentSegment) -> list[Folder]:
        """Give the folders of a parent segment."""
        return self._audiences.folders(parent.id)

    def place(self, key: str | None, parent: str | None = None, where: str = _PLACE) -> Folder:
        """Give the folder that something is to be in; raise InvalidError for no such."""
        if key is None:
            raise InvalidError((where, "CANNOT_BE_BLANK", "Can't be blank"))
        found = self._audiences.folder(key)
        if found is None or (parent is not None and found.parent_segment != parent):
            detail = "Must be an existing folder of the parent segment"
            raise InvalidError((where, "INVALID_FORMAT_OR_ASSOCIATION", detail))
        return found

    def moved(self, one: Placed, key: str | None) -> Placed:
        """Give something in another folder, if one is named; raise InvalidError or 422."""
        if key is None or key == one.folder:
            return one
        place = self.place(key)
        if place.parent_segment != one.parent_segment:
            kind = type(one).__name__.lower()
            raise cannot_move(f"A {kind} can't move to another parent segment")
        return replace(one, folder=place.id)

    def create(self, body: Json, within: Folder, user: str) -> Folder:
        """Make a folder in another; raise InvalidError if it can't be."""
        fields = Fields(body)
        name = fields.name()
        description = fields.text("description")
        self._check_name(fields, name, within, None)
        fields.check()
        now = self._clock.now()
        made = Folder(
            id=self._audiences.documents.new_id("folder"),
            parent_segment=within.parent_segment,
            name=name,
            description=description,
            parent_folder=within.id,
            created_at=now,
            updated_at=now,
            created_by=user,
            updated_by=user,
        )
        self._audiences.add(made)
        return made

    def change(self, folder: Folder, body: Json, within: str | None, user: str) -> Folder:
        """Change a folder's name and description, or move it; raise InvalidError or 422."""
        fields = Fields(body)
        name = fields.name(folder.name)
        description = fields.text("description", folder.description)
        parent = folder.parent_folder
        if within is not None and within != parent:
            parent = self._target(folder, within).id
        if parent is not None:
            self._check_name(fields, name, self.get(parent), folder.id)
        fields.check()
        changed = replace(
            folder,
            name=name,
            description=description,
            parent_folder=parent,
            updated_at=self._clock.now(),
            updated_by=user,
        )
        self._audiences.replace(changed)
        return changed

    def _target(self, folder: Folder, within: str) -> Folder:
        """Give the folder to move to; raise the 422 answer if it can't go there."""
        target = self.place(within)
        if folder.parent_folder is None:
            raise cannot_move("The root folder can't move")
        if target.parent_segment != folder.parent_segment:
            raise cannot_move("A folder can't move to another parent segment")
        if any(one.id == folder.id for one in self.above(target)):
            raise cannot_move("A folder can't move into itself")
        return target

    def above(self, folder: Folder) -> list[Folder]:
        """Give a folder and those it is in, the root folder last."""
        found = [folder]
        while found[-1].parent_folder is not None and len(found) <= DEEPEST:
            found.append(self.get(found[-1].parent_folder))
        return found

    def delete(self, folder: Folder) -> Folder:
        """Delete an empty folder; raise ConflictError for another, and for the root folder."""
        if folder.parent_folder is None:
            message = "The root folder can't be deleted"
            raise ConflictError(message)
        content = self.content(folder)
        if content:
            kinds = sorted({type(one).__name__.lower() for one in content})
            message = f"Deletion SegmentFolder has {', '.join(f'{kind}s' for kind in kinds)}"
            raise ConflictError(message)
        self._audiences.remove(folder)
        return folder

    def content(self, folder: Folder) -> list[Folder | Segment | Funnel | Token]:
        """Give what is right in a folder."""
        parent = folder.parent_segment
        audiences = self._audiences
        found: list[Folder | Segment | Funnel | Token] = [
            one for one in audiences.folders(parent) if one.parent_folder == folder.id
        ]
        found += [one for one in audiences.segments(parent) if one.folder == folder.id]
        found += [one for one in audiences.every(Funnel, parent) if one.folder == folder.id]
        found += [one for one in audiences.every(Token, parent) if one.folder == folder.id]
        return found

    def below(self, folder: Folder, depth: int) -> list[Folder | Segment | Funnel | Token]:
        """Give a folder and what is in it, down to so many levels."""
        found: list[Folder | Segment | Funnel | Token] = [folder]
        level = [folder]
        for _ in range(min(depth, DEEPEST)):
            content = [one for parent in level for one in self.content(parent)]
            found += content
            level = [one for one in content if isinstance(one, Folder)]
            if not level:
                break
        return found

    def put_in(self, folder: Folder, segments: Json, user: str) -> None:
        """Move segments into a folder, all or none; raise InvalidError for one there is not."""
        if not isinstance(segments, list):
            raise InvalidError(("", "INVALID_FORMAT_OR_ASSOCIATION", "Must be an array of ids"))
        found = []
        for index, key in enumerate(segments):
            segment = self._audiences.segment(str(key))
            if segment is None or segment.parent_segment != folder.parent_segment:
                detail = f"There is no segment {str(key)[:50]!r}"
                raise InvalidError((f"/{index}", "INVALID_FORMAT_OR_ASSOCIATION", detail))
            found.append(segment)
        now = self._clock.now()
        for segment in found:
            moved = replace(segment, folder=folder.id, updated_by=user, updated_at=now)
            self._audiences.replace(moved)

    def _check_name(self, fields: Fields, name: str, within: Folder, own: str | None) -> None:
        others = self._audiences.folders(within.parent_segment)
        for one in others:
            if one.parent_folder == within.id and one.name == name and one.id != own:
                fields.wrong("/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")
                return
