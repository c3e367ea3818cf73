"""Run attempts: move their tasks on as the agenda says, until nothing more can go.

With the pace "immediate" an attempt runs to its end in one go, and neither `wait>` nor the
interval of a retry waits. With "polls:N" each task takes N looks at its attempt, and so does
each further try. With "seconds:N" each takes N seconds of the sandbox's clock, and waits and
intervals are kept by it. What polls for something that others do (`td_wait>`,
`td_wait_table>`) looks again by the clock whatever the pace; a `require>` when the other
attempt is done. The outcome is the same at every pace.

`sla:` of a workflow is taken and does nothing.

What an attempt did is kept when it comes to rest. If the process ends before, it goes on from
what was kept last, and tasks of that time are run again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from argosy.sandbox.agenda import DONE as TASK_DONE
from argosy.sandbox.agenda import RUNNING as TASK_RUNNING
from argosy.sandbox.defects import defect
from argosy.sandbox.workflow.attempts import ATTEMPT
from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.errors import ConfigError, TaskError, error_shown
from argosy.sandbox.workflow.logs import line
from argosy.sandbox.workflow.operators import OPERATORS, UNRETRIED, LaterError, Run, refuse
from argosy.sandbox.workflow.plans import operator_of
from argosy.sandbox.workflow.projects import id_maker
from argosy.sandbox.workflow.retries import next_retry
from argosy.sandbox.workflow.tasks import Outcome, State, Task
from argosy.sandbox.workflow.variables import (
    Templates,
    epoch_of,
    seen_by,
    session_params,
    time_params,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.attempts import Attempts
    from argosy.sandbox.workflow.logs import Logs
    from argosy.sandbox.workflow.projects import Projects
    from argosy.sandbox.workflow.sessions import Attempt, Sessions
    from argosy.sandbox.workflow.tree import Tree

TASK: Final = "workflow-task"
"""The agenda's kind of a task: it starts, it is done, it is to be tried again or woken."""

Operators = dict[str, Callable[[Run], Outcome]]
_WAITER: Final = "workflow-waiter"
_RETRY: Final = "retry"
_WAKE: Final = "wake"
_REPLAY_STEP: Final = 1.0


class Reach(Protocol):
    """What the tasks of an attempt reach beyond themselves."""

    def operators(self, attempt: Attempt) -> Operators:
        """Give the operators that need more than their own members, for one attempt."""


class _Desk(Struct):
    """An attempt while it is moved on: its tree, what its tasks see and reach, its logs so far."""

    attempt: Attempt
    tree: Tree
    operators: Operators
    built_in: dict[str, Json]
    files: Callable[[], Mapping[str, bytes]]
    replay: float | None
    logs: list[tuple[str, float, list[str]]] = field(default_factory=list)
    timed: list[tuple[str, float]] = field(default_factory=list)
    waiters: list[tuple[str, str]] = field(default_factory=list)


class Runner:
    """Moves attempts on."""

    def __init__(
        self,
        foundation: Foundation,
        projects: Projects,
        sessions: Sessions,
        attempts: Attempts,
        logs: Logs,
        reach: Reach,
    ) -> None:
        self._clock = foundation.clock
        self._store = foundation.store
        self._documents = foundation.documents
        self._agenda = foundation.agenda
        self._projects = projects
        self._sessions = sessions
        self._attempts = attempts
        self._logs = logs
        self._reach = reach
        self._new_waiter_id = id_maker(foundation, _WAITER)
        self._agenda.handlers[ATTEMPT] = self._attempt_due
        self._agenda.handlers[TASK] = self._task_due

    def look(self, attempt: str) -> None:
        """Count that a client looked at an attempt, which may let its tasks go on."""
        self._agenda.look(_watch(attempt))

    def kill(self, attempt: Attempt) -> Attempt:
        """Ask for an attempt's end and give it as it is then; raise the 409 answer."""
        with self._store.transaction():
            killed, tree = self._attempts.kill(attempt)
            if tree is not None and tree.is_done:
                killed = self._end(killed, success=False)
            elif tree is None:
                self._wake_waiters(killed.id)
        self._agenda.settle()
        return self._sessions.attempt(attempt.id)

    def waits_for(self, attempt: str, other: str) -> bool:
        """Say whether an attempt waits for another, itself or by what it waits for."""
        waited: dict[str, list[str]] = {}
        for one in self._documents.every(_WAITER):
            waited.setdefault(one["waiting"], []).append(one["for"])
        heap, known = [attempt], set()
        while heap:
            one = heap.pop()
            if one == other:
                return True
            if one not in known:
                known.add(one)
                heap += waited.get(one, [])
        return False

    def _attempt_due(self, key: str, _stage: str) -> None:
        attempt = self._sessions.find_attempt(key)
        if attempt is None or attempt.is_done:
            return
        if attempt.stage == "running":
            self._move(attempt, None)
        elif attempt.after is not None or self._attempts.has_room(self._attempts.pool_of(attempt)):
            with self._store.transaction():
                self._attempts.launch(attempt)

    def _task_due(self, key: str, stage: str) -> None:
        owner = self._sessions.attempt_of_task(key)
        attempt = None if owner is None else self._sessions.find_attempt(owner)
        if attempt is not None and attempt.stage == "running":
            self._move(attempt, (key, stage))

    def _move(self, attempt: Attempt, event: tuple[str, str] | None) -> None:
        """Let one thing happen to an attempt, and everything that follows at once."""
        self._attempts.wake(attempt.id)  # so that it goes on if the process ends here
        try:
            desk = self._desk(attempt)
            if event is None:
                self._resume(desk)
            else:
                self._happen(desk, *event)
            if self._is_immediate(attempt):
                self._run_through(desk)
            with self._store.transaction():
                self._agenda.drop(ATTEMPT, attempt.id)
                self._keep(desk)
        except Exception as error:  # an attempt must end, whatever happened
            with self._store.transaction():
                self._agenda.drop(ATTEMPT, attempt.id)
                failed = line(self._clock.now(), "+", defect(error))
                self._logs.write(attempt.id, f"+{attempt.workflow}", self._clock.now(), [failed])
                self._end(attempt, success=False)

    def _desk(self, attempt: Attempt) -> _Desk:
        operators = {**OPERATORS, **self._reach.operators(attempt)}
        files = cache(lambda: self._projects.files(attempt.revision))
        tree = self._sessions.tree(attempt.id)
        if tree.resumed is None:
            tree.resumed = self._attempts.resumed(attempt)
        desk = _Desk(attempt, tree, operators, _built_in(attempt), files, attempt.replay_at)
        tree.now = self._now(desk)
        return desk

    def _is_immediate(self, attempt: Attempt) -> bool:
        return attempt.replay_at is not None or self._agenda.pace.mode == "immediate"

    def _now(self, desk: _Desk) -> float:
        """Give the time, which in history that is told goes on by a second for each step."""
        if desk.replay is None:
            return self._clock.now()
        desk.replay += _REPLAY_STEP
        return desk.replay

    def _resume(self, desk: _Desk) -> None:
        """Take up what the agenda doesn't know of: ready tasks, and those that ran in vain."""
        for task in desk.tree.tasks.values():
            is_open = task.state in {State.READY, State.RUNNING}
            if is_open and self._agenda.due(TASK, task.id) is None:
                desk.tree.ready.append(task)

    def _happen(self, desk: _Desk, key: str, stage: str) -> None:
        tree = desk.tree
        task = tree.tasks[key]
        if stage == TASK_RUNNING and task.state is State.READY:
            tree.run(task)
        elif stage == TASK_DONE and task.state in {State.READY, State.RUNNING}:
            if task.state is State.READY:
                tree.run(task)
            self._perform(desk, task)
        elif stage in {_RETRY, _WAKE}:
            tree.wake(task)

    def _run_through(self, desk: _Desk) -> None:
        """Run all that can be run, without waiting for anything."""
        tree = desk.tree
        while tree.ready or tree.waiting:
            tree.now = self._now(desk)
            if tree.ready:
                task = tree.ready.pop(0)
                if task.state in {State.READY, State.RUNNING}:
                    tree.run(task)
                    tree.now = self._now(desk)
                    self._perform(desk, task)
            else:
                tree.wake(tree.waiting.pop(0))

    def _perform(self, desk: _Desk, task: Task) -> None:
        """Run a task's operator and note what came of it."""
        tree = desk.tree
        lines: list[str] = []
        began = tree.now
        if task.cancel_requested:
            tree.succeed(task, Outcome())
            return
        try:
            outcome = self._outcome(desk, task, lines)
        except LaterError as later:
            self._put_off(desk, task, later)
        except (ConfigError, TaskError) as error:
            kind = error.kind if isinstance(error, TaskError) else "config"
            self._fail(desk, task, error_shown(str(error), kind), lines)
        except RecursionError as error:
            lines.append(line(tree.now, task.full_name, defect(error)))
            self._fail(desk, task, error_shown("It is nested too deep", "config"), lines)
        except Exception as error:  # the task's log is where one looks for what became of it
            self._fail(desk, task, error_shown(defect(error), "runtime"), lines)
        else:
            tree.succeed(task, outcome)
        desk.logs.append((task.full_name, began, lines))

    def _outcome(self, desk: _Desk, task: Task, lines: list[str]) -> Outcome:
        attempt = desk.attempt
        seen = seen_by(desk.tree, task, attempt.params)
        variables = {**desk.built_in, "task_name": task.full_name, **seen}
        templates = Templates(variables, zone(attempt.timezone), lambda: desk.tree.now)
        config = templates.filled(task.config)
        operator, command = operator_of(config)
        lines.append(line(desk.tree.now, task.full_name, f"{operator}>: {command!s:.500}"))
        run = Run(
            name=task.full_name,
            operator=operator,
            command=command,
            config=config,
            variables=variables,
            files=desk.files,
            state_params=task.state_params,
            resolve=templates.whole,
            lines=lines,
        )
        found = desk.operators.get(operator)
        return refuse(operator) if found is None else found(run)

    def _put_off(self, desk: _Desk, task: Task, later: LaterError) -> None:
        tree = desk.tree
        params = {**task.state_params, **later.state_params}
        if later.attempt is not None:
            tree.put_off(task, None, params)
            desk.waiters.append((task.id, later.attempt))
        elif later.is_poll:
            due = self._clock.now() + later.seconds
            tree.put_off(task, None, params)
            task.retry_at = due
            desk.timed.append((task.id, due))
        else:
            tree.put_off(task, tree.now + later.seconds, params)

    def _fail(self, desk: _Desk, task: Task, error: dict[str, Json], lines: list[str]) -> None:
        lines.append(line(desk.tree.now, task.full_name, f"Task failed: {error['message']}"))
        operator, _ = operator_of(task.config)
        retry = None if operator in UNRETRIED else next_retry(task.config, task.state_params)
        if retry is None:
            desk.tree.fail(task, error)
        else:
            task.error = error
            desk.tree.put_off(task, desk.tree.now + retry.interval, retry.state_params)

    def _keep(self, desk: _Desk) -> None:
        """Keep what happened, and put on the agenda what is to come."""
        attempt, tree = desk.attempt, desk.tree
        if not self._is_immediate(attempt):
            self._plan(desk)
        for task, due in desk.timed:
            self._agenda.at(TASK, task, due, _RETRY)
        self._sessions.keep_tasks(attempt.id, tree)
        for name, time, lines in desk.logs:
            self._logs.write(attempt.id, name, time, lines)
        for task, other in desk.waiters:
            self._wait(desk.attempt, task, other)
        if tree.is_done:
            done = replace(attempt, replay_at=desk.replay)
            self._end(done, success=tree.root.state is State.SUCCESS)

    def _plan(self, desk: _Desk) -> None:
        tree = desk.tree
        if self._agenda.pace.mode == "polls":
            while tree.waiting:
                tree.wake(tree.waiting.pop(0))
        for task in tree.waiting:
            self._agenda.at(TASK, task.id, task.retry_at or tree.now, _RETRY)
        for task in tree.ready:
            self._agenda.start(TASK, task.id, _watch(desk.attempt.id))

    def _wait(self, attempt: Attempt, task: str, other: str) -> None:
        if self._sessions.attempt(other).is_done:
            self._agenda.at(TASK, task, 0.0, _WAKE)
            return
        made = self._new_waiter_id()
        waiter = {"id": made, "task": task, "waiting": attempt.id, "for": other}
        self._documents.replace(_WAITER, made, other, waiter)

    def _end(self, attempt: Attempt, *, success: bool) -> Attempt:
        done = self._attempts.end(attempt, success=success)
        self._wake_waiters(attempt.id)
        return done

    def _wake_waiters(self, attempt: str) -> None:
        for waiter in self._documents.every(_WAITER, attempt):
            self._documents.remove(_WAITER, waiter["id"])
            self._agenda.at(TASK, waiter["task"], 0.0, _WAKE)
        for blocked in self._sessions.active_attempts():
            if blocked.after == attempt:
                self._attempts.wake(blocked.id)


def _watch(attempt: str) -> str:
    return f"attempt:{attempt}"


def _built_in(attempt: Attempt) -> dict[str, Json]:
    """Give the built-in variables that are the same for all tasks of an attempt."""
    where = zone(attempt.timezone)
    built_in = {
        **session_params(attempt.session_time, attempt.timezone),
        "session_uuid": attempt.session_uuid,
        "session_id": int(attempt.session),
        "attempt_id": int(attempt.id),
        "project_id": int(attempt.project),
        "project_name": attempt.project_name,
        "workflow_name": attempt.workflow,
        "retry_attempt_name": attempt.retry_name,
    }
    built_in |= dict.fromkeys(time_params("last_executed_session_", 0, where), "")  # if none was
    for name in ("last_session_", "next_session_", "last_executed_session_"):
        epoch = epoch_of(attempt.params.get(f"{name}time"))
        if epoch is not None:
            built_in |= time_params(name, epoch, where)
    return built_in
