"""Sessions and their attempts, as they are kept.

A session is a workflow's run for one time; an attempt is one try of it. A workflow has one
session for a time, and a session one attempt without a retry name and one for each such name.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from argosy.sandbox.workflow.errors import not_found
from argosy.sandbox.workflow.projects import id_maker
from argosy.sandbox.workflow.tasks import Task
from argosy.sandbox.workflow.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_T = TypeVar("_T")
Stage = Literal["blocked", "queued", "running", "done"]

_SESSION: Final = "workflow-session"
_ATTEMPT: Final = "workflow-attempt"
_ACTIVE: Final = "workflow-active"
_QUEUED: Final = "workflow-queued"
_TASK: Final = "workflow-task"
_CHUNK: Final = 200


class Session(Struct, frozen=True):
    """A workflow's run for a time; `name` is made of both. Times are epochs."""

    id: str
    name: str
    project: str
    workflow: str
    timezone: str
    time: int
    uuid: str
    last_attempt: str | None = None


class Attempt(Struct, frozen=True):
    """A try of a session.

    `stage` tells how far it is; `after` is the attempt it waits for while it is blocked;
    `resume` is what it was asked to resume. One with `replay_at` is history that a seed tells:
    it runs at that time, whatever the clock and the pace say.
    """

    id: str
    index: int
    session: str
    project: str
    project_name: str
    workflow: str
    definition: str
    revision: str
    timezone: str
    session_time: int
    session_uuid: str
    retry_name: str | None
    params: dict[str, Json]
    pool: str
    invocation: str
    user: str
    created_at: float
    stage: Stage = "running"
    success: bool = False
    cancel_requested: bool = False
    finished_at: float | None = None
    after: str | None = None
    resume: dict[str, Json] | None = None
    replay_at: float | None = None

    @property
    def is_done(self) -> bool:
        """Say whether nothing more will happen to it."""
        return self.stage == "done"

    @property
    def status(self) -> str:
        """Give the vendor's word for how it is."""
        if self.is_done:
            ending = "killed" if self.cancel_requested else "error"
            return "success" if self.success else ending
        if self.stage != "running":
            return self.stage
        return "canceling" if self.cancel_requested else "running"


class Sessions:
    """The sessions and attempts of a store."""

    def __init__(self, foundation: Foundation) -> None:
        self._documents = foundation.documents
        self._randomness = foundation.randomness
        self._store = foundation.store
        self.new_attempt_id = id_maker(foundation, _ATTEMPT)
        self._new_session_id = id_maker(foundation, _SESSION)
        self._new_task_id = id_maker(foundation, _TASK)
        self._last: tuple[str, Tree] | None = None  # most often it is asked for again next
        foundation.documents.watch([_TASK], self._forget)

    def session_of(self, project: str, workflow: str, time: int) -> Session | None:
        """Give a workflow's session for a time, if there is one."""
        document = self._documents.named(_SESSION, _name(workflow, time), project)
        return None if document is None else Session(**document)

    def provide(self, project: str, workflow: str, timezone: str, time: int) -> Session:
        """Give a workflow's session for a time, made if it isn't there."""
        known = self.session_of(project, workflow, time)
        if known is not None:
            return known
        return Session(
            self._new_session_id(),
            _name(workflow, time),
            project,
            workflow,
            timezone,
            time,
            self._randomness.uuid(),
        )

    def keep_session(self, session: Session) -> None:
        """Keep a session."""
        self._documents.replace(_SESSION, session.id, session.project, asdict(session))

    def session(self, key: str) -> Session:
        """Give a session; raise the 404 answer."""
        document = self._documents.find(_SESSION, key)
        if document is None:
            what = f"session id={key}"
            raise not_found(what)
        return Session(**document)

    def sessions(
        self, *, project: str | None, workflow: str | None, before: int | None, most: int
    ) -> list[Session]:
        """Give sessions, the newest first, those before one id only."""
        found = (Session(**one) for one in self._newest(_SESSION, project, before))
        return _first(most, found, lambda one: workflow in (None, one.workflow))

    def attempt(self, key: str) -> Attempt:
        """Give an attempt; raise the 404 answer."""
        found = self.find_attempt(key)
        if found is None:
            what = f"attempt id={key}"
            raise not_found(what)
        return found

    def find_attempt(self, key: str) -> Attempt | None:
        """Give an attempt, or None."""
        document = self._documents.find(_ATTEMPT, key)
        return None if document is None else Attempt(**document)

    def attempts_of(self, session: str) -> list[Attempt]:
        """Give a session's attempts, the oldest first."""
        return [Attempt(**document) for document in self._documents.every(_ATTEMPT, session)]

    def attempts(
        self,
        *,
        project: str | None = None,
        workflow: str | None = None,
        session: str | None = None,
        include_retried: bool = True,
        before: int | None = None,
        most: int,
    ) -> list[Attempt]:
        """Give attempts, the newest first, those before one id only."""
        found = (Attempt(**one) for one in self._newest(_ATTEMPT, session, before))

        def is_wanted(one: Attempt) -> bool:
            return (
                project in (None, one.project)
                and workflow in (None, one.workflow)
                and (include_retried or self.session(one.session).last_attempt == one.id)
            )

        return _first(most, found, is_wanted)

    def keep_attempt(self, attempt: Attempt) -> None:
        """Keep an attempt, and count it as active or queued as its stage says."""
        self._documents.replace(_ATTEMPT, attempt.id, attempt.session, asdict(attempt))
        self._documents.remove(_ACTIVE, attempt.id)
        self._documents.remove(_QUEUED, attempt.id)
        if not attempt.is_done:
            kind = _QUEUED if attempt.stage == "queued" else _ACTIVE
            self._documents.replace(kind, attempt.id, attempt.pool, {"id": attempt.id})

    def active(self, pool: str | None = None) -> int:
        """Count the attempts that are neither queued nor done, of one pool or of all."""
        return self._documents.count(_ACTIVE, pool)

    def active_attempts(self) -> list[Attempt]:
        """Give the attempts that are neither queued nor done."""
        return [self.attempt(one["id"]) for one in self._documents.every(_ACTIVE)]

    def queued(self, pool: str) -> list[str]:
        """Give the ids of the attempts queued in a pool, the oldest first."""
        return [one["id"] for one in self._documents.every(_QUEUED, pool)]

    def tasks(self, attempt: str) -> list[Task]:
        """Give an attempt's tasks in the order they were made."""
        return [_task(document) for document in self._documents.every(_TASK, attempt)]

    def tree(self, attempt: str) -> Tree:
        """Give an attempt's tasks as a tree, to change and keep or to throw away."""
        last, self._last = self._last, None
        if last is not None and last[0] == attempt:
            return last[1]
        return Tree(self.tasks(attempt), self._new_task_id)

    def attempt_of_task(self, task: str) -> str | None:
        """Give the id of the attempt that a task belongs to."""
        document = self._documents.find(_TASK, task)
        return None if document is None else str(document["attempt"])

    def keep_tasks(self, attempt: str, tree: Tree) -> None:
        """Keep what changed in a tree."""
        for key in sorted(tree.changed, key=int):
            document = {**tree.tasks[key].to_json(), "attempt": attempt}
            self._documents.replace(_TASK, key, attempt, document)
        for noted in (tree.changed, tree.ready, tree.waiting):
            noted.clear()
        self._last = (attempt, tree)

    def _forget(self) -> None:
        self._last = None

    def _newest(self, kind: str, parent: str | None, before: int | None) -> Iterator[Any]:
        """Go through documents from the newest to the oldest."""
        bounds = {} if before is None else {"before": before}
        while True:
            found = self._documents.page(kind, parent, newest_first=True, most=_CHUNK, **bounds)
            yield from found
            if len(found) < _CHUNK:
                return
            bounds = {"before": int(found[-1]["id"])}


def _name(workflow: str, time: int) -> str:
    return f"{workflow}\n{time}"


def _task(document: Json) -> Task:
    return Task.from_json({key: one for key, one in document.items() if key != "attempt"})


def _first(most: int, found: Iterable[_T], is_wanted: Callable[[_T], bool]) -> list[_T]:
    return list(islice(filter(is_wanted, found), most))
