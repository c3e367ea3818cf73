"""Start attempts, by a request or a schedule, and end them: what is checked and what is kept.

Running their tasks is `running`'s. A session that has the attempt already is a conflict, which
carries that attempt. An attempt that finds no room is refused, or waits in a queue if it may.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.errors import (
    ConfigError,
    WorkflowError,
    bad_request,
    conflict,
    not_found,
)
from argosy.sandbox.workflow.plans import plan_workflow
from argosy.sandbox.workflow.pools import MOST_ACTIVE, Facts
from argosy.sandbox.workflow.sessions import Attempt
from argosy.sandbox.workflow.tasks import MOST_TASKS, State, Task
from argosy.sandbox.workflow.timetables import timetable
from argosy.sandbox.workflow.variables import written_time

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.pools import Pool, Pools
    from argosy.sandbox.workflow.projects import Definition, Projects
    from argosy.sandbox.workflow.sessions import Session, Sessions, Stage
    from argosy.sandbox.workflow.tree import Tree

ATTEMPT: Final = "workflow-attempt"
"""The agenda's kind of what moves an attempt on."""

_RESUME_MODES: Final = ("failed", "from")
_SYSTEM_TYPES: Final = {"cdp_audience": "audience", "cdp_syndication": "syndication"}


class AttemptExistsError(Exception):
    """A session has the attempt that was to be started; `attempt` is it."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(f"Session already exists: attempt id={attempt.id}")
        self.attempt = attempt


class Start(Struct, frozen=True):
    """What an attempt is started with; `session_time` is an epoch.

    `after` is an attempt that must be done before; `may_queue` lets it wait for room.
    """

    definition: Definition
    session_time: int
    user: str
    params: dict[str, Json] = field(default_factory=dict)
    retry_name: str | None = None
    resume: dict[str, Json] | None = None
    may_queue: bool = False
    pool: str | None = None
    invocation: str = "on_demand"
    after: str | None = None
    replay_at: float | None = None


class Attempts:
    """Starts and ends attempts."""

    def __init__(
        self, foundation: Foundation, projects: Projects, sessions: Sessions, pools: Pools
    ) -> None:
        self._clock = foundation.clock
        self._store = foundation.store
        self._agenda = foundation.agenda
        self._projects = projects
        self._sessions = sessions
        self._pools = pools

    def start(self, wanted: Start) -> Attempt:
        """Keep a new attempt and put it on the agenda; settle that to let it go.

        Raises AttemptExistsError, and the 400 and 404 answers.
        """
        definition = wanted.definition
        self._check(wanted)
        with self._store.transaction():
            session = self._sessions.provide(
                definition.project, definition.name, definition.timezone, wanted.session_time
            )
            index = self._next_index(session, wanted)
            pool = self._pool(wanted)
            attempt = self._made(wanted, session, index, pool)
            self._sessions.keep_session(replace(session, last_attempt=attempt.id))
            self._sessions.keep_attempt(attempt)
            if attempt.stage == "running":
                self.launch(attempt)
        return attempt

    def launch(self, attempt: Attempt) -> Attempt:
        """Make an attempt's tasks and let it run; one whose tasks can't be made ends."""
        attempt = replace(attempt, stage="running", after=None)
        tree = self._sessions.tree(attempt.id)
        tree.now = self._now(attempt)
        definition = self._projects.definition_ever(attempt.definition)
        try:
            tree.resumed = self.resumed(attempt)
            tree.plant(plan_workflow(attempt.workflow, definition.config))
        except ConfigError:  # it was fine when it was asked for
            return self.end(attempt, success=False)
        self._sessions.keep_attempt(attempt)
        self._sessions.keep_tasks(attempt.id, tree)
        self.wake(attempt.id)
        return attempt

    def end(self, attempt: Attempt, *, success: bool) -> Attempt:
        """Note that an attempt is done, and let in what waits in its pool."""
        done = replace(attempt, stage="done", success=success, finished_at=self._now(attempt))
        self._sessions.keep_attempt(done)
        for queued in self._sessions.queued(attempt.pool)[:1]:
            self.wake(queued)
        return done

    def pool_of(self, attempt: Attempt) -> Pool:
        """Give the pool that an attempt is in."""
        return self._pools.find(attempt.pool)

    def has_room(self, pool: Pool) -> bool:
        """Say whether one more attempt may run in a pool."""
        return self._sessions.active(pool.id) < pool.limit and self._sessions.active() < MOST_ACTIVE

    def wake(self, attempt: str) -> None:
        """Let an attempt go on at the next settling, before whatever else is due."""
        self._agenda.at(ATTEMPT, attempt, 0.0)

    def kill(self, attempt: Attempt) -> tuple[Attempt, Tree | None]:
        """Ask for an attempt's end; raise the 409 answer if it is done or was asked to."""
        if attempt.is_done or attempt.cancel_requested:
            raise conflict("Session attempt already killed or finished")
        killed = replace(attempt, cancel_requested=True)
        if attempt.stage != "running":
            return self.end(killed, success=False), None
        tree = self._sessions.tree(attempt.id)
        tree.now = self._clock.now()
        tree.cancel()
        self._sessions.keep_attempt(killed)
        self._sessions.keep_tasks(attempt.id, tree)
        return killed, tree

    def _check(self, wanted: Start) -> None:
        definition = wanted.definition
        self._projects.live(definition.project)
        try:
            count = len(plan_workflow(definition.name, definition.config))
        except ConfigError as error:
            raise bad_request(str(error)) from error
        if count > MOST_TASKS:
            message = f"Too many tasks. Limit: {MOST_TASKS}, Current: 0, Adding: {count}"
            raise bad_request(message)
        if wanted.resume is not None:
            resumed_tasks(self._sessions, wanted.resume, f"+{definition.name}")

    def _next_index(self, session: Session, wanted: Start) -> int:
        """Give the number of the session's next attempt, or raise AttemptExistsError."""
        earlier = self._sessions.attempts_of(session.id)
        if wanted.retry_name is None and earlier:
            raise AttemptExistsError(earlier[-1])
        for one in earlier:
            if one.retry_name == wanted.retry_name:
                raise AttemptExistsError(one)
        return len(earlier) + 1

    def _pool(self, wanted: Start) -> Pool:
        if wanted.pool is not None:
            return self._pools.find(wanted.pool)
        project = self._projects.live(wanted.definition.project)
        kind = _SYSTEM_TYPES.get(project.metadata.get("sys", ""))
        facts = Facts(wanted.invocation, project.name, wanted.definition.name, kind)
        return self._pools.of(facts)

    def _made(self, wanted: Start, session: Session, index: int, pool: Pool) -> Attempt:
        definition = wanted.definition
        stage: Stage = "running" if wanted.after is None else "blocked"
        if stage == "running" and not self.has_room(pool):
            if not wanted.may_queue:
                active = self._sessions.active(pool.id)
                message = f"Too many attempts running. Limit: {pool.limit}, Current: {active}"
                raise bad_request(message)
            stage = "queued"
        now = self._clock.now() if wanted.replay_at is None else wanted.replay_at
        return Attempt(
            id=self._sessions.new_attempt_id(),
            index=index,
            session=session.id,
            project=definition.project,
            project_name=self._projects.live(definition.project).name,
            workflow=definition.name,
            definition=definition.id,
            revision=definition.revision,
            timezone=definition.timezone,
            session_time=session.time,
            session_uuid=session.uuid,
            retry_name=wanted.retry_name,
            params=wanted.params | self._schedule_params(wanted),
            pool=pool.id,
            invocation=wanted.invocation,
            user=wanted.user,
            created_at=now,
            stage=stage,
            after=wanted.after,
            resume=wanted.resume,
            replay_at=wanted.replay_at,
        )

    def _schedule_params(self, wanted: Start) -> dict[str, Json]:
        where = zone(wanted.definition.timezone)
        table = timetable(wanted.definition.config, where)
        if table is None:
            return {}
        last, following = table.before(wanted.session_time), table.after(wanted.session_time)
        return {
            "last_session_time": written_time(last.session, where),
            "next_session_time": written_time(following.session, where),
        }

    def resumed(self, attempt: Attempt) -> dict[str, Task]:
        """Give the tasks, by full name, that an attempt need not do again."""
        if attempt.resume is None:
            return {}
        try:
            return resumed_tasks(self._sessions, attempt.resume, f"+{attempt.workflow}")
        except WorkflowError:  # it was fine when it was asked for: the other went on meanwhile
            return {}

    def _now(self, attempt: Attempt) -> float:
        return self._clock.now() if attempt.replay_at is None else attempt.replay_at


def resumed_tasks(sessions: Sessions, resume: dict[str, Json], root: str) -> dict[str, Task]:
    """Give the tasks, by full name, that a resumed attempt need not do again.

    Raises the 400 or 404 answer where the request can't be met.
    """
    if resume.get("mode") not in _RESUME_MODES:
        raise bad_request("resume: mode must be failed or from")
    if resume.get("attemptId") is None:
        raise bad_request("resume: attemptId is required")
    earlier = sessions.attempt(str(resume["attemptId"]))
    tree = sessions.tree(earlier.id)
    tasks = [one for one in tree.tasks.values() if not one.is_superseded]
    if resume["mode"] == "failed":
        chosen = [one for one in tasks if one.state is State.SUCCESS]
        if any(one.parent is None for one in chosen):
            raise bad_request("Resuming successfully completed attempts is not supported")
    else:
        chosen = _before(tree, _matching(tasks, resume.get("from"), earlier))
        if any(one.state is not State.SUCCESS for one in chosen):
            raise bad_request("A task before the one to resume from did not succeed")
    return {one.full_name: one for one in chosen if one.full_name != root}


def _matching(tasks: list[Task], pattern: Any, attempt: Attempt) -> Task:
    """Give the one task whose full name ends in a pattern."""
    if not isinstance(pattern, str) or not pattern.startswith("+"):
        raise bad_request("resume: from must be a task name that begins with +")
    exact = [one for one in tasks if one.full_name == pattern]
    found = exact or [one for one in tasks if one.full_name.endswith(pattern)]
    if not found:
        what = f"task name={pattern[:255]} in attempt id={attempt.id}"
        raise not_found(what)
    if len(found) > 1:
        message = f"Task name {pattern[:255]!r} matches with multiple tasks"
        raise bad_request(message)
    if found[0].parent is None:
        raise bad_request("Resuming root task is not allowed")
    return found[0]


def _before(tree: Tree, task: Task) -> list[Task]:
    """Give the tasks that were done before one: those upstream of it and of its ancestors."""
    found: dict[str, Task] = {}
    heap = [task]
    while heap:
        one = heap.pop()
        for key in one.upstreams:
            if key not in found:
                upstream = tree.tasks[key]
                found[key] = upstream
                found |= {below.id: below for below in tree.below(upstream)}
                heap.append(upstream)
        if one.parent is not None:
            heap.append(tree.tasks[one.parent])
    return list(found.values())
