"""Execute a compiled graph: nodes as their edges' outcomes hold, in parallel where they can.

Whoever starts a graph works it off in its own thread; threads of the engine's pool help while
more than one node is ready. So a chain of nodes costs no hand-over, and loops within loops
cannot wait for a pool that is full of those who wait.

An edge is decided once its source has ended: taken, or dead. A node that joins `any` starts with
the first edge that is taken; one that joins `all` needs all of them. A node that can no longer
start is skipped, and the edges from it are dead. Which nodes run does therefore not depend on
which of two branches was quicker.

Once a node has failed and nothing takes its error, no node begins any more. What is at work goes
on to its end, so that no answer is lost; only its waits end at once, where the run as a whole has
failed.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from argosy.errors import (
    ArgosyError,
    NotFinishedError,
    OpaqueNodeError,
    RequestTimedOutError,
    RunCancelledError,
    RunTimedOutError,
    StepFailedError,
    StepTimedOutError,
    TableError,
    TooDeepError,
    TooManyStepsError,
)
from argosy.flow.parallel import ask_help
from argosy.flow.run import Attempt, Step, shown_path
from argosy.flow.step_context import StepContext
from argosy.model import ERROR, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.flow.deadline import Deadline
    from argosy.flow.graph_plan import GraphPlan, PlanNode
    from argosy.flow.routines import Call
    from argosy.flow.state import Frame, RunState
    from argosy.model import JsonObject
    from argosy.rendering import Scope

_WAITING, _STARTED, _SKIPPED = range(3)
#: What no edge and no `onError` takes, and no loop collects. A branch for failures is for what went
#: wrong; what cannot be done here at all has not gone wrong, and no run may end well over it.
FATAL = (RunCancelledError, RunTimedOutError, TooDeepError, TooManyStepsError, OpaqueNodeError)


class GraphExecution:
    """One graph at work: the whole flow, one turn of a loop, or one call of a routine."""

    def __init__(
        self,
        state: RunState,
        frame: Frame,
        plan: GraphPlan,
        scope: Scope,
        prefix: str,
        deadline: Deadline,
        level: int,
        call: Call | None,
    ) -> None:
        self._state = state
        self._deadline = deadline
        self._level = level
        self._call = call
        self._frame = frame
        self._nodes = plan.nodes
        self._scope = scope
        self._prefix = prefix
        self._left = [node.incoming for node in plan.nodes]
        self._taken = [0] * len(plan.nodes)
        self._stage = [_WAITING] * len(plan.nodes)
        self._ready: deque[int] = deque(plan.entries)
        self._at_work = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waiting = False
        self.error: ArgosyError | None = None
        self._crash: BaseException | None = None
        for entry in plan.entries:
            self._stage[entry] = _STARTED
        for place in plan.unreached:
            self._skip(place)

    def run(self) -> None:
        """Run to the end; `error` says afterwards whether it failed."""
        try:
            while (place := self._take(waits=True)) is not None:
                self._perform(place)
        except BaseException as interruption:  # while this thread waited for the others
            self._crash = interruption
            self._state.stop.cancel("it was broken off")
        if self._crash is not None:
            raise self._crash

    def _help(self) -> None:
        while (place := self._take(waits=False)) is not None:
            self._perform(place)

    def _take(self, *, waits: bool) -> int | None:
        """Take a node that is ready; None where there is none, and none can become ready."""
        with self._lock:
            while not self._ready:
                if not waits or not self._at_work:
                    return None
                self._waiting = True
                self._changed.wait()
                self._waiting = False
            place = self._ready.popleft()
            self._at_work += 1
            if self._ready:
                ask_help(self._state.pool, self._help)
            return place

    def _perform(self, place: int) -> None:
        node = self._nodes[place]
        fatal: ArgosyError | None = None
        outcome: str | None = None
        try:
            outcome, fatal = self._step(node)
        except BaseException as error:  # raised where the graph was started
            self._crash = error
        with self._lock:
            self._at_work -= 1
            self.error = self.error or fatal
            is_over = self.error is not None or self._crash is not None
            if is_over:
                self._ready.clear()
            else:
                self._settle(node, node.edges.get(outcome or "", node.always))
            if self._waiting:
                self._changed.notify_all()
        if is_over and not self._prefix:
            self._state.stop.cancel(f"it had failed when {node.id!r} ended")

    def _settle(self, node: PlanNode, taken: Sequence[int]) -> None:
        """Decide the edges of a node that has ended, and of those that are skipped for it."""
        ended = [(node, taken)]
        while ended:
            source, followed = ended.pop()
            goes = list(followed)
            for target in source.leads_to:
                if target in goes:
                    goes.remove(target)
                    self._taken[target] += 1
                self._left[target] -= 1
                if self._stage[target] == _WAITING and self._decide(target):
                    ended.append((self._nodes[target], ()))

    def _skip(self, place: int) -> None:
        """Skip a node to which no edge leads, and what only it leads to."""
        self._stage[place] = _SKIPPED
        self._state.skip(self._prefix + self._nodes[place].id)
        self._settle(self._nodes[place], ())

    def _decide(self, target: int) -> bool:
        """Start a node whose edges allow it; tell whether it is to be skipped."""
        node = self._nodes[target]
        needed = node.incoming if node.node.join == "all" else 1
        if self._taken[target] >= needed:
            self._stage[target] = _STARTED
            self._ready.append(target)
            return False
        if self._taken[target] + self._left[target] < needed:
            self._stage[target] = _SKIPPED
            self._state.skip(self._prefix + node.id)
            return True
        return False

    def _step(self, node: PlanNode) -> tuple[str | None, ArgosyError | None]:
        """Run one node; return its outcome, None where the branch ends, and what fails the run."""
        state = self._state
        step = Step(self._prefix + node.id, node.id, node.node.what, started_at=state.now())
        try:
            state.begin(step, self._deadline)
        except (*FATAL, StepTimedOutError) as ending:
            return None, ending
        started = state.clock()
        pinned = state.pins.get(step.path) if state.pins else None
        error = self._try(node, step) if pinned is None else self._reuse(node, step, pinned)
        step.seconds = state.clock() - started
        self._publish(step)
        state.end(step)
        return (step.outcome, None) if error is None else self._after(node, step, error)

    def _after(
        self, node: PlanNode, step: Step, error: ArgosyError
    ) -> tuple[str | None, ArgosyError | None]:
        """Say how it goes on after a step that failed."""
        if isinstance(error, FATAL) or _is_of_another(error, step):
            return None, error
        if node.takes_error:
            return ERROR, None
        if node.node.on_error == "end":
            self._frame.note_end(step)
        if node.node.on_error != "fail":
            return SUCCESS if node.node.on_error == "continue" else None, None
        if isinstance(error, StepFailedError):  # within a loop or another flow: it is named there
            return None, error
        failed = StepFailedError(
            node=shown_path(step.path), detail=error.message, problems=error.problems
        )
        failed.__cause__ = error
        return None, failed

    def _context(self, node: PlanNode, step: Step) -> StepContext:
        return StepContext(
            self._state,
            self._frame,
            self._scope,
            node.node,
            step,
            self._deadline,
            self._level,
            self._call,
        )

    def _reuse(self, node: PlanNode, step: Step, pinned: Step) -> ArgosyError | None:
        """Take a step over from an earlier run, and what it did to the run itself."""
        step.status, step.outcome, step.reused = pinned.status, pinned.outcome, True
        step.inputs, step.outputs, step.error = pinned.inputs, pinned.outputs, pinned.error
        if pinned.error is not None:
            return StepFailedError(node=shown_path(step.path), detail=pinned.error["message"])
        try:
            if node.redo is not None:
                node.redo(self._context(node, step))
        except ArgosyError as error:
            return self._failed(step, error)
        return None

    def _try(self, node: PlanNode, step: Step) -> ArgosyError | None:
        """Try a node as often as it may be tried; return the last error, or None.

        Each attempt has the node's time anew.
        """
        state = self._state
        stub = state.engine.stub
        context = self._context(node, step)
        while True:
            step.tries += 1
            began = state.clock() if node.retry.max_attempts > 1 else 0.0
            try:
                step.outcome, step.outputs = (
                    node.execute(context) if stub is None else stub(context, node.execute)
                )
                state.check_size(step.outputs)
            except ArgosyError as raised:
                error = _named(raised, context)
            else:
                step.status = "succeeded"
                return None
            if not self._goes_on(node, step, error):
                return self._failed(step, error)
            state.clean(error, self._scope)
            step.attempts.append(Attempt(step.tries, state.clock() - began, error.to_json()))
            try:
                context.wait(node.retry.wait_before(step.tries + 1), self._deadline)
            except ArgosyError as ended:
                return self._failed(step, ended)
            context = self._context(node, step)

    def _goes_on(self, node: PlanNode, step: Step, error: ArgosyError) -> bool:
        may_pass = error.retryable or node.retry.on == "any"
        is_last = isinstance(error, FATAL) or _is_of_another(error, step)
        return step.tries < node.retry.max_attempts and may_pass and not is_last

    def _failed(self, step: Step, error: ArgosyError) -> ArgosyError:
        step.status = "cancelled" if isinstance(error, RunCancelledError) else "failed"
        step.outcome = ERROR
        self._state.clean(error, self._scope)
        step.error = error.to_json()
        return error

    def _publish(self, step: Step) -> None:
        """Let expressions read what a step gives."""
        self._scope["nodes"][step.node] = {
            "status": step.status,
            "outcome": step.outcome,
            "outputs": step.outputs,
            "error": _readable_error(step),
        }


def _readable_error(step: Step) -> JsonObject | None:
    """Return a step's error as expressions read it.

    That of an API has the names that nodes of imported flows give theirs, too.
    """
    error = step.error
    if error is None or "status" not in error or "httpResponseCode" in error:
        return error
    return {**error, "httpResponseCode": error["status"], "details": step.outputs}


def pinned_value(outputs: JsonObject) -> JsonObject:
    """Return what expressions read of a node that did not run and has these outputs."""
    return {"status": "succeeded", "outcome": SUCCESS, "outputs": outputs, "error": None}


def _is_of_another(error: ArgosyError, step: Step) -> bool:
    """Tell whether it is the time of a step around this one that was up."""
    return isinstance(error, StepTimedOutError) and error.facts.get("path", step.path) != step.path


def _named(error: ArgosyError, context: StepContext) -> ArgosyError:
    """Return the error of a time that the flow set in place of the call's own."""
    is_late = isinstance(error, TableError) and error.reason == "timed_out"
    if is_late or isinstance(error, RequestTimedOutError | NotFinishedError):
        try:
            context.check_time()
        except ArgosyError as named:
            named.__cause__ = error
            return named
    return error
