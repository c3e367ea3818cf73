"""The tasks of an attempt as a tree, and how their states change: digdag's rules, and no I/O.

A task's children run while it is `planned`; it is done when none of them can go on. It succeeds
if no child failed. What comes after a task that failed stays `blocked` for good, as the vendor
leaves it. A task may get children when it runs: `^sub` (what its operator made), `^check` (its
`_check` block, after it) and `^error` (its `_error` block, when it fails); the root of a failed
attempt gets `^failure-alert`. In an attempt that resumes another, those that did their work there
are done already, as in digdag: a loop goes on with the parts that failed.

A group that is tried again (`_retry`) gets new copies of its children. The old ones stay in the
list as they ended, marked as superseded, and count no more (assumption: what the vendor shows of
them isn't documented).
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from argosy.sandbox.workflow.errors import ConfigError, error_shown
from argosy.sandbox.workflow.plans import Plan, plan_tasks
from argosy.sandbox.workflow.retries import next_retry
from argosy.sandbox.workflow.tasks import DONE, FAILED, MOST_TASKS, State, Task, lay

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.dig import Config
    from argosy.sandbox.workflow.tasks import Outcome

_IDLE: Final = DONE | {State.BLOCKED}
_WAITING: Final = frozenset({State.RETRY_WAITING, State.GROUP_RETRY_WAITING})


class _Below(Struct):
    """What a tree knows of the tasks right below one, so that it need not go through them all.

    `going` counts those neither blocked nor done; `free` are blocked ones whose upstreams
    succeeded; `left` has the tasks that left values, by the child that they are or are below.
    """

    children: list[Task] = field(default_factory=list)
    going: int = 0
    free: list[Task] = field(default_factory=list)
    left: dict[str, list[Task]] = field(default_factory=dict)


class _Order(Struct):
    """Where a task stands among the others.

    `bit` is its own, and `before` has the bits of all that it comes after, near or far;
    `missing` counts the upstreams that have not succeeded, and `following` are the tasks that
    have it as an upstream.
    """

    bit: int
    before: int = 0
    missing: int = 0
    following: list[Task] = field(default_factory=list)


class Tree:
    """The tasks of one attempt; `new_id` makes the ids of those that are added.

    `resumed` has, by full name, tasks of an earlier attempt that need not be done again; None says
    that it isn't known yet. `ready` holds tasks that wait to be run, in order; `waiting` those
    that became due for a retry at their `retry_at`; `changed` the ids of all that a store must
    keep anew. Set `now` before each change.
    """

    def __init__(self, tasks: Iterable[Task], new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.now = 0.0
        self.resumed: Mapping[str, Task] | None = None
        self.tasks: dict[str, Task] = {}
        self._below: dict[str, _Below] = {}
        self._order: dict[str, _Order] = {}
        self.ready: list[Task] = []
        self.waiting: list[Task] = []
        self.changed: set[str] = set()
        self._touched: dict[str, None] = {}
        for task in tasks:
            self._keep(task)

    @property
    def root(self) -> Task:
        """Give the task that all others are below."""
        return next(iter(self.tasks.values()))

    @property
    def is_done(self) -> bool:
        """Say whether the attempt has come to its end."""
        return self.root.state in DONE

    def children(self, task: Task) -> list[Task]:
        """Give the tasks right below one, without superseded ones."""
        return [one for one in self._below[task.id].children if not one.is_superseded]

    def below(self, task: Task) -> list[Task]:
        """Give all tasks below one, without superseded ones, in order of their ids."""
        found: list[Task] = []
        heap = self.children(task)
        while heap:
            one = heap.pop()
            found.append(one)
            heap += self.children(one)
        return sorted(found, key=_number)

    def left_before(self, task: Task) -> list[Task]:
        """Give the tasks that left values for one: those that its siblings before it are or have.

        The values of what comes later in the list win.
        """
        if task.parent is None:
            return []
        before, left = self._order[task.id].before, self._below[task.parent].left
        siblings = [key for key in left if self._order[key].bit & before]
        return [
            one for key in sorted(siblings, key=int) for one in left[key] if not one.is_superseded
        ]

    def plant(self, plans: Sequence[Plan]) -> None:
        """Put an attempt's first tasks in.

        Raises ConfigError for more tasks than an attempt may have.
        """
        self._check_room(len(plans))
        self._insert(plans, None, (), is_initial=True)
        root = self.root
        self._set(root, State.PLANNED if root.is_group else State.READY)
        self.advance()

    def advance(self) -> None:
        """Let every change have its consequences."""
        while self._touched:
            task = self.tasks[self._touched.popitem()[0]]
            if task.state is State.PLANNED:
                self._unblock(task)
                self._finish(task)

    def run(self, task: Task) -> None:
        """Note that a ready task runs now."""
        task.retry_at = None
        self._set(task, State.RUNNING)

    def succeed(self, task: Task, outcome: Outcome) -> None:
        """Note that a running task did its work."""
        if task.cancel_requested:
            self._set(task, State.CANCELED)
        else:
            try:
                planned = self._planned_after(task, outcome)
            except ConfigError as error:
                self.fail(task, error_shown(str(error), "config"))
                return
            task.stored = dict(outcome.stored)
            self._note_left(task)
            self._set(task, State.PLANNED if planned else State.SUCCESS)
        self.advance()

    def fail(self, task: Task, error: dict[str, Json]) -> None:
        """Note that a running task failed for good."""
        if task.cancel_requested:
            self._set(task, State.CANCELED)
        else:
            task.error = error
            if self._add_error_tasks(task, {"error": error}):
                task.delayed = State.ERROR
                self._set(task, State.PLANNED)
            else:
                self._set(task, State.ERROR)
        self.advance()

    def put_off(self, task: Task, until: float | None, state_params: dict[str, Json]) -> None:
        """Note that a running task is to be run again, at a time or when it is woken."""
        task.state_params = state_params
        task.retry_at = until
        self._set(task, State.RETRY_WAITING)
        if until is not None:
            self.waiting.append(task)
        self.advance()

    def wake(self, task: Task) -> None:
        """Let a task that waits for its retry go on."""
        if task.state not in _WAITING:
            return
        task.retry_at = None
        is_group_retry = task.state is State.GROUP_RETRY_WAITING
        old = self.below(task) if is_group_retry else []
        copied = self._copied(task) if is_group_retry and task.is_group else []
        for one in old:
            one.is_superseded = True
            self.changed.add(one.id)
        for one in copied:
            self._keep(one)
            self.changed.add(one.id)
        self._set(task, State.PLANNED if copied or task.is_group else State.READY)
        self.advance()

    def cancel(self) -> None:
        """Ask for the end: what runs may come to its end, and nothing else starts."""
        for task in list(self.tasks.values()):
            if task.state in DONE or task.is_superseded:
                continue
            task.cancel_requested = True
            self.changed.add(task.id)
            if task.state is State.READY or task.state in _WAITING:
                self._set(task, State.CANCELED)
            self._touch(task.id)
        self.ready.clear()
        self.waiting.clear()
        self.advance()

    def _keep(self, task: Task) -> None:
        """Put a task in; its parent and its upstreams are there."""
        order = _Order(1 << len(self.tasks))
        self.tasks[task.id], self._order[task.id], self._below[task.id] = task, order, _Below()
        for key in task.upstreams:
            upstream = self._order[key]
            order.before |= upstream.before | upstream.bit
            if self.tasks[key].state is not State.SUCCESS:
                order.missing += 1
                upstream.following.append(task)
        if task.parent is not None:
            siblings = self._below[task.parent]
            siblings.children.append(task)
            siblings.going += task.state not in _IDLE
            if not order.missing and task.state is State.BLOCKED and not task.is_superseded:
                siblings.free.append(task)
        self._note_left(task)

    def _note_left(self, task: Task) -> None:
        """Note with all above a task that it left values, if it did."""
        one = task
        while task.stored and one.parent is not None:
            insort(self._below[one.parent].left.setdefault(one.id, []), task, key=_number)
            one = self.tasks[one.parent]

    def _touch(self, key: str) -> None:
        """Note, once, that a task is to be looked at; what was touched last is looked at first."""
        self._touched.pop(key, None)
        self._touched[key] = None

    def _set(self, task: Task, state: State) -> None:
        if task.parent is not None:
            self._below[task.parent].going += (state not in _IDLE) - (task.state not in _IDLE)
        if state is State.SUCCESS:
            self._let_follow(task)
        task.state = state
        task.updated_at = self.now
        if task.started_at is None and state in {State.RUNNING, State.PLANNED}:
            task.started_at = self.now
        self.changed.add(task.id)
        self._touch(task.id)
        if task.parent is not None:
            self._touch(task.parent)
        if state is State.READY:
            self.ready.append(task)

    def _let_follow(self, task: Task) -> None:
        """Note with those that come after a task that it succeeded."""
        order = self._order[task.id]
        while order.following:
            following = order.following.pop()
            self._order[following.id].missing -= 1
            if not self._order[following.id].missing and following.parent is not None:
                self._below[following.parent].free.append(following)

    def _unblock(self, parent: Task) -> None:
        """Let the children go on whose upstreams succeeded."""
        below = self._below[parent.id]
        free, below.free = sorted(below.free, key=_number), []
        for task in free:
            if task.cancel_requested:
                self._set(task, State.CANCELED)
            else:
                self._set(task, State.PLANNED if task.is_group else State.READY)

    def _finish(self, task: Task) -> None:
        """End a planned task if nothing below it, all of it unblocked that can be, can go on."""
        if self._below[task.id].going:
            return
        children = self.children(task)
        if task.cancel_requested:
            self._set(task, State.CANCELED)
        elif task.delayed is not None:
            self._set(task, task.delayed)
        elif any(one.state in FAILED for one in children):
            self._fail_group(task)
        else:
            self._set(task, State.SUCCESS)

    def _fail_group(self, task: Task) -> None:
        retry = next_retry(task.config, task.state_params)
        if retry is not None and len(self.tasks) < MOST_TASKS:  # each try copies what is below
            task.state_params = retry.state_params
            task.retry_at = self.now + retry.interval
            self._set(task, State.GROUP_RETRY_WAITING)
            self.waiting.append(task)
            return
        exported: dict[str, Json] = {}
        error: dict[str, Json] = {}
        for one in self.below(task):
            lay(one.stored, exported)
            lay(one.error, error)
        added = self._add_alert(task) if task.parent is None else False
        added |= self._add_error_tasks(task, {**exported, "error": error})
        if added:
            task.delayed = State.GROUP_ERROR
            self.changed.add(task.id)
            self._touch(task.id)
        else:
            self._set(task, State.GROUP_ERROR)

    def _planned_after(self, task: Task, outcome: Outcome) -> bool:
        """Add `^sub` and `^check`, or neither; say whether there is any."""
        name, check = task.full_name, task.config.get("_check")
        subtasks = plan_tasks(name, "^sub", outcome.subtasks) if outcome.subtasks else []
        checks = plan_tasks(name, "^check", _block(check)) if check else []
        self._check_room(len(subtasks) + len(checks))
        upstreams: tuple[str, ...] = ()
        if subtasks:
            upstreams = (self._insert(subtasks, task, (), is_initial=True).id,)
        if checks:
            self._insert(checks, task, upstreams, is_initial=False)
        return bool(subtasks or checks)

    def _add_error_tasks(self, task: Task, exported: dict[str, Json]) -> bool:
        """Add `^error`, if the task has such a block and there is room for it."""
        block = task.config.get("_error")
        if not block:
            return False
        config = _block(block)
        own = config.get("_export")
        config = {**config, "_export": {**(own if isinstance(own, dict) else {}), **exported}}
        try:
            plans = plan_tasks(task.full_name, "^error", config)
            self._check_room(len(plans))
        except ConfigError:
            return False  # as the vendor does: a broken block changes nothing
        self._insert(plans, task, (), is_initial=False)
        return True

    def _add_alert(self, task: Task) -> bool:
        config = {"_type": "notify", "_command": "Workflow session attempt failed"}
        plan = Plan("^failure-alert", f"{task.full_name}^failure-alert", None, False, config)
        self._insert([plan], task, (), is_initial=False)
        return True

    def _check_room(self, adding: int) -> None:
        if len(self.tasks) + adding > MOST_TASKS:
            message = (
                f"Too many tasks. Limit: {MOST_TASKS}, Current: {len(self.tasks)}, Adding: {adding}"
            )
            raise ConfigError(message)

    def _insert(
        self,
        plans: Sequence[Plan],
        parent: Task | None,
        upstreams: tuple[str, ...],
        *,
        is_initial: bool,
    ) -> Task:
        made: list[Task] = []
        for plan in plans:
            above = parent if plan.parent is None else made[plan.parent]
            task = Task(
                id=self._new_id(),
                full_name=plan.full_name,
                parent=None if above is None else above.id,
                upstreams=upstreams
                if plan.parent is None
                else tuple(made[one].id for one in plan.upstreams),
                is_group=plan.is_group,
                config=plan.config,
                state=State.BLOCKED,
                updated_at=self.now,
                is_initial=is_initial,
            )
            earlier = (self.resumed or {}).get(plan.full_name)
            if earlier is not None:
                task.state, task.stored = State.SUCCESS, earlier.stored
                task.started_at, task.updated_at = earlier.started_at, earlier.updated_at
            made.append(task)
            self._keep(task)
            self.changed.add(task.id)
            if above is not None:
                self._touch(above.id)
        return made[0]

    def _copied(self, group: Task) -> list[Task]:
        """Copy the tasks below a group that its plan has, but none that operators made."""
        copies: dict[str, Task] = {}
        for old in self.below(group):
            above = self.tasks[old.parent or ""]
            if not old.is_initial or not (above is group or (above.id in copies)):
                continue
            if not above.is_group:
                continue
            copies[old.id] = Task(
                id=self._new_id(),
                full_name=old.full_name,
                parent=group.id if above is group else copies[above.id].id,
                upstreams=tuple(copies[one].id for one in old.upstreams),
                is_group=old.is_group,
                config=old.config,
                state=State.BLOCKED,
                updated_at=self.now,
            )
        return list(copies.values())


def _number(task: Task) -> int:
    return int(task.id)


def _block(config: Any) -> Config:
    if not isinstance(config, dict):
        message = f"A block of tasks is not a mapping: {config!r:.100}"
        raise ConfigError(message)
    return config
