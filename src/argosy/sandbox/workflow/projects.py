"""Projects, their revisions and the workflows that each revision defines.

An upload makes a revision; the workflows of the newest one are those that run. Each revision
has its own workflow ids, as the vendor has it. A project that is deleted is kept, as sessions
still name it, but its name is free again; asked for by its id it is 404, and the text says why.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from argosy.sandbox.workflow.archives import read_archive
from argosy.sandbox.workflow.dig import workflows, zone
from argosy.sandbox.workflow.errors import ConfigError, bad_request, conflict, not_found
from argosy.sandbox.workflow.plans import plan_workflow
from argosy.sandbox.workflow.timetables import timetable

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.dig import Config

LONGEST_NAME: Final = 255
_PROJECT: Final = "workflow-project"
_REVISION: Final = "workflow-revision"
_DEFINITION: Final = "workflow-definition"
_ARCHIVE: Final = "workflow-archive"
_LIVE: Final = "0"
_DELETED: Final = "1"


class Project(Struct, frozen=True):
    """A project; `revision` is the id of its newest one. Times are epochs."""

    id: str
    name: str
    revision: str
    created_at: float
    updated_at: float
    deleted_at: float | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class Revision(Struct, frozen=True):
    """A project as it was uploaded once; `md5` is that of the archive, in base64."""

    id: str
    name: str
    project: str
    created_at: float
    md5: str
    user_info: dict[str, Json]


class Definition(Struct, frozen=True):
    """A workflow of a revision."""

    id: str
    name: str
    project: str
    revision: str
    revision_name: str
    config: Config
    timezone: str


class Projects:
    """The projects of a store."""

    def __init__(self, foundation: Foundation) -> None:
        self._documents = foundation.documents
        self._store = foundation.store
        self._clock = foundation.clock

    def put(
        self,
        name: str,
        revision: str,
        archive: bytes,
        user_info: dict[str, Json],
        metadata: dict[str, str] | None = None,
        at: float | None = None,
    ) -> tuple[Project, list[Definition]]:
        """Keep an archive as a new revision of a project, which is made if it isn't there.

        `at` is when it was uploaded, if not now; `metadata` is that of a new project. Raises
        the 400 answer for an archive or a workflow that can't be, and the 409 answer for
        a revision that is there already.
        """
        _check_name("project", name)
        _check_name("revision", revision)
        found = _checked_workflows(read_archive(archive))
        known = self.named(name)
        if known is not None and self.revision_named(known.id, revision) is not None:
            message = f"Revision {revision} of project {name} already exists"
            raise conflict(message)
        now = self._clock.now() if at is None else at
        with self._store.transaction():
            key = self._new_id(_PROJECT) if known is None else known.id
            digest = hashlib.md5(archive, usedforsecurity=False).digest()
            made = Revision(
                self._new_id(_REVISION),
                revision,
                key,
                now,
                base64.b64encode(digest).decode(),
                user_info,
            )
            project = Project(key, name, made.id, now, now, metadata=metadata or {})
            if known is not None:
                project = replace(known, revision=made.id, updated_at=now)
            self._keep(project)
            self._documents.add(_REVISION, key, {made.id: asdict(made)})
            self._documents.put_bytes(_ARCHIVE, made.id, archive)
            definitions = [
                Definition(
                    self._new_id(_DEFINITION),
                    one.name,
                    key,
                    made.id,
                    revision,
                    one.config,
                    one.timezone,
                )
                for one in found
            ]
            self._documents.add(_DEFINITION, made.id, {one.id: asdict(one) for one in definitions})
        return project, definitions

    def find(self, key: str) -> Project | None:
        """Give a project, also a deleted one."""
        document = self._documents.find(_PROJECT, key)
        return None if document is None else Project(**document)

    def live(self, key: str) -> Project:
        """Give a project that isn't deleted; raise the 404 answer."""
        project = self.find(key)
        if project is None:
            what = f"project id={key}"
            raise not_found(what)
        if project.deleted_at is not None:
            what = f"Project id={key} name={project.name} is already deleted"
            raise not_found(what)
        return project

    def named(self, name: str) -> Project | None:
        """Give the project of a name, unless it is deleted."""
        document = self._documents.named(_PROJECT, name, _LIVE)
        return None if document is None else Project(**document)

    def page(
        self, *, name: str | None, pattern: str | None, after: int, count: int
    ) -> list[Project]:
        """Give projects by ascending id, those after one id only."""
        found = [
            Project(**document) for document in self._documents.page(_PROJECT, _LIVE, after=after)
        ]
        return [
            one
            for one in found
            if (name is None or one.name == name) and (pattern is None or pattern in one.name)
        ][:count]

    def delete(self, project: Project) -> Project:
        """Delete a project."""
        deleted = replace(project, deleted_at=self._clock.now())
        self._keep(deleted)
        return deleted

    def revision(self, key: str) -> Revision:
        """Give a revision by its id."""
        return Revision(**self._documents.find(_REVISION, key))  # type: ignore[arg-type]

    def revision_named(self, project: str, name: str) -> Revision | None:
        """Give a project's revision by its name."""
        document = self._documents.named(_REVISION, name, project)
        return None if document is None else Revision(**document)

    def chosen_revision(self, project: Project, name: str | None) -> Revision:
        """Give a project's revision by its name, or its newest; raise the 404 answer."""
        if not name:
            return self.revision(project.revision)
        found = self.revision_named(project.id, name)
        if found is None:
            what = f"revision={name} in project id={project.id}"
            raise not_found(what)
        return found

    def revisions(self, project: str, before: int | None, most: int) -> list[Revision]:
        """Give a project's revisions, the newest first, those before one id only."""
        bounds: dict[str, Any] = {} if before is None else {"before": before}
        found = self._documents.page(_REVISION, project, newest_first=True, most=most, **bounds)
        return [Revision(**document) for document in found]

    def archive(self, revision: Revision) -> bytes:
        """Give a revision's archive as it was uploaded."""
        return self._documents.bytes(_ARCHIVE, revision.id) or b""

    def files(self, revision: str) -> dict[str, bytes]:
        """Give a revision's files by their paths."""
        return read_archive(self._documents.bytes(_ARCHIVE, revision) or b"")

    def definitions(self, revision: str) -> list[Definition]:
        """Give the workflows of a revision by ascending id."""
        return [Definition(**document) for document in self._documents.every(_DEFINITION, revision)]

    def definition(self, key: str) -> Definition:
        """Give a workflow of any revision; raise the 404 answer."""
        document = self._documents.find(_DEFINITION, key)
        if document is None:
            what = f"workflow id={key}"
            raise not_found(what)
        definition = Definition(**document)
        self.live(definition.project)
        return definition

    def definition_ever(self, key: str) -> Definition:
        """Give a workflow that is known to be there, also of a deleted project."""
        return Definition(**self._documents.find(_DEFINITION, key))  # type: ignore[arg-type]

    def definition_named(self, project: Project, name: str, revision: Revision) -> Definition:
        """Give a revision's workflow by its name; raise the 404 answer."""
        document = self._documents.named(_DEFINITION, name, revision.id)
        if document is None:
            what = f"workflow name={name} in project id={project.id}"
            raise not_found(what)
        return Definition(**document)

    def newest_definitions(self) -> list[Definition]:
        """Give the workflows of all projects' newest revisions by ascending id."""
        live = [Project(**document) for document in self._documents.every(_PROJECT, _LIVE)]
        found = [one for project in live for one in self.definitions(project.revision)]
        return sorted(found, key=lambda one: int(one.id))

    def _keep(self, project: Project) -> None:
        parent = _LIVE if project.deleted_at is None else _DELETED
        self._documents.replace(_PROJECT, project.id, parent, asdict(project))

    def _new_id(self, kind: str) -> str:
        return str(self._store.count_up(kind, self._store.first_id))


def id_maker(foundation: Foundation, kind: str) -> Callable[[], str]:
    """Give what makes the ids of a kind."""
    store = foundation.store
    return lambda: str(store.count_up(kind, store.first_id))


def _checked_workflows(files: dict[str, bytes]) -> list[Any]:
    """Read the workflows of a project and plan each for nothing, to find mistakes now."""
    try:
        found = workflows(files)
        for one in found:
            plan_workflow(one.name, one.config)
            timetable(one.config, zone(one.timezone))
    except ConfigError as error:
        raise bad_request(str(error)) from error
    return found


def _check_name(what: str, name: str) -> None:
    if not name:
        message = f"{what}= is required"
        raise bad_request(message)
    if len(name) > LONGEST_NAME or any(ord(one) < 32 or one == "/" for one in name):
        message = f"{what}= must be 1 to {LONGEST_NAME} characters, without / or controls"
        raise bad_request(message)
