"""Execute a compiled graph: nodes as their edges' outcomes hold, in parallel where they can.

Whoever starts a graph works it off in its own thread; threads of the engine's pool help while
more than one node is ready. So a chain of nodes costs no hand-over, and loops within loops
cannot wait for a pool that is full of those who wait.

An edge is decided once its source has ended: taken, or dead. A node that joins `any` starts with
the first edge that is taken; one that joins `all` needs all of them. A node that can no longer
start is skipped, and the edges from it are dead. Which nodes run does therefore not depend on
which of two branches was quicker.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import orjson

from argosy.errors import (
    AlreadyRespondedError,
    ArgosyError,
    InvalidResponseError,
    OutputTooLargeError,
    RequestTimedOutError,
    RunCancelledError,
    RunTimedOutError,
    StepFailedError,
    TooDeepError,
    TooManyStepsError,
)
from argosy.flow.run import Attempt, Run, Step
from argosy.flow.step_context import StepContext, namespace_of
from argosy.flow.templates import OMIT
from argosy.model import ERROR, SUCCESS
from argosy.rendering import ExpressionFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from concurrent.futures import Executor

    from argosy.dispatch import Dispatcher
    from argosy.flow.engine import Engine
    from argosy.flow.plan import FlowPlan, GraphPlan, PlanNode
    from argosy.flow.run import Response
    from argosy.flow.variables import VariableStore
    from argosy.model import FlowSettings, Json, JsonObject
    from argosy.rendering import Scope
    from argosy.transport import Cancellation

_WAITING, _STARTED, _SKIPPED = range(3)
#: What no edge and no `onError` takes.
_FATAL = (RunCancelledError, RunTimedOutError, TooManyStepsError)


class Frame:
    """One flow within a run: the flow itself, or one that it calls."""

    def __init__(self, plan: FlowPlan, given: Json, store: VariableStore, depth: int = 1) -> None:
        self.plan = plan
        self.input = given
        self.depth = depth
        self.response: Response | None = None
        self._store = store
        self._lock = threading.Lock()
        declared = plan.flow.variables.values()
        kept = store.load(plan.flow.id) if any(one.scope == "flow" for one in declared) else {}
        self.variables: dict[str, Json] = {
            one.name: kept.get(one.name, one.value) if one.scope == "flow" else one.value
            for one in declared
        }

    def change(self, name: str, change: Callable[[Json], Json]) -> Json:
        """Change a variable by what it is; nothing that another branch does comes in between."""
        declared = self.plan.flow.variables[name]
        with self._lock:
            if declared.scope == "flow":
                flow = self.plan.flow.id
                changed = self._store.change(flow, name, declared.value, change)
            else:
                changed = change(self.variables[name])
            self.variables[name] = changed
        return changed

    def respond(self, response: Response) -> None:
        """Keep the response. Raises AlreadyRespondedError, InvalidResponseError."""
        outputs = self.plan.outputs
        if outputs is not None and not response.is_error:
            found = outputs.problems(response.body)
            if found:
                raise InvalidResponseError(flow=self.plan.flow.id, problems=found)
        with self._lock:
            if self.response is not None:
                raise AlreadyRespondedError(node=self.response.node)
            self.response = response


class RunState:
    """What all parts of one run share. Times are on the ports' clock."""

    def __init__(
        self,
        engine: Engine,
        run: Run,
        settings: FlowSettings,
        cancellation: Cancellation,
        listener: Callable[[JsonObject], None] | None,
        pins: Mapping[str, Step],
    ) -> None:
        self.engine = engine
        self.run = run
        self.clock = engine.ports.clock
        self.now = engine.ports.now
        self.timeout_seconds = settings.timeout_seconds
        self.deadline = self.clock() + settings.timeout_seconds
        self.cancellation = cancellation
        self.pins = pins
        self.namespace = namespace_of(run.id)
        self._listener = listener
        self._settings = settings
        self._now = ExpressionFunction(lambda: int(self.now()))
        self._lock = threading.Lock()

    @property
    def pool(self) -> Executor | None:
        """The threads that help, or None where there are none."""
        return self.engine.pool

    def dispatcher(self, connection: str) -> Dispatcher:
        """Return the dispatcher of a connection; the empty name is the run's own."""
        return self.engine.dispatcher(connection)

    def sleep(self, seconds: float) -> None:
        """Wait. Raises RunCancelledError where the run is cancelled meanwhile."""
        self.engine.sleep(seconds, self.cancellation)

    def begin(self, step: Step) -> None:
        """Record that a step begins. Raises what ends the run."""
        self.cancellation.check()
        if self.clock() >= self.deadline:
            raise RunTimedOutError(seconds=f"{self.timeout_seconds:g}")
        with self._lock:
            if len(self.run.steps) >= self._settings.max_steps:
                raise TooManyStepsError(limit=self._settings.max_steps)
            self.run.steps.append(step)
        if self._listener is not None:
            self.tell("step-started", path=step.path, node=step.node, what=step.what)

    def end(self, step: Step) -> None:
        """Record that a step has ended."""
        if self._listener is not None:
            self.tell("step-ended", step=step)

    def skip(self, path: str) -> None:
        """Record that a node was skipped."""
        with self._lock:
            self.run.skipped.append(path)

    def tell(self, event: str, **facts: Any) -> None:
        """Tell the listener; one event at a time."""
        if self._listener is None:
            return
        if "step" in facts:
            facts = facts["step"].to_json()
        with self._lock:
            told = {"event": event, "run": self.run.id, **facts}
            self._listener(self.run.shown(told))

    def answer(self, response: Response) -> None:
        """Note the response of the run, and tell it at once."""
        self.run.response = response
        if self._listener is not None:
            self.tell("responded", **response.to_json())

    def is_fatal(self, error: ArgosyError) -> bool:
        """Tell whether an error ends the run, whatever a node does about errors."""
        return isinstance(error, _FATAL)

    def scope(self, frame: Frame) -> dict[str, Json]:
        """Return what the expressions of a flow read."""
        run = self.run
        return {
            "input": frame.input,
            "nodes": {},
            "vars": frame.variables,
            "run": {"id": run.id, "flow": frame.plan.flow.id, "startedAt": int(run.started_at)},
            "omit": OMIT,
            "now": self._now,
        }

    def run_graph(
        self, frame: Frame, plan: GraphPlan, scope: Scope, prefix: str, deadline: float
    ) -> None:
        """Run a graph to its end. Raises the error that it failed with."""
        execution = GraphExecution(self, frame, plan, scope, prefix, deadline)
        execution.run()
        if execution.error is not None:
            raise execution.error

    def run_flow(self, caller: StepContext, name: str, given: Json) -> Response | None:
        """Run a flow within the step of another. Raises what it failed with."""
        engine, depth = self.engine, caller.frame.depth + 1
        if depth > engine.settings.most_deep:
            raise TooDeepError(flow=name, depth=depth, limit=engine.settings.most_deep)
        plan = engine.plan(engine.flow(name))
        frame = Frame(plan, engine.checked_input(plan, given), engine.variables, depth)
        scope = self.scope(frame)
        self.run_graph(frame, plan.graph, scope, f"{caller.step.path}/", caller.deadline)
        return frame.response

    def check_size(self, outputs: JsonObject) -> None:
        """Raise OutputTooLargeError where outputs are too large to be kept."""
        size = _size(outputs)
        limit = self._settings.max_output_bytes
        if size > limit:
            raise OutputTooLargeError(size=size, limit=limit)


def _size(outputs: JsonObject) -> int:
    held: list[int] = [0]

    def count(value: Any) -> None:
        held[0] += len(value) if isinstance(value, bytes) else 8

    try:
        return len(orjson.dumps(outputs, default=count)) + held[0]
    except (TypeError, RecursionError):  # whole numbers of more than 64 bits
        return len(repr(outputs)) + held[0]


class GraphExecution:
    """One graph at work: the whole flow, or one turn of a loop."""

    def __init__(
        self,
        state: RunState,
        frame: Frame,
        plan: GraphPlan,
        scope: Scope,
        prefix: str,
        deadline: float,
    ) -> None:
        self._state = state
        self._deadline = deadline
        self._frame = frame
        self._nodes = plan.nodes
        self._scope = scope
        self._prefix = prefix
        self._left = [node.incoming for node in plan.nodes]
        self._taken = [0] * len(plan.nodes)
        self._stage = [_WAITING] * len(plan.nodes)
        self._ready: deque[int] = deque(plan.entries)
        self._at_work = 0
        self._lock = threading.Condition(threading.Lock())
        self.error: ArgosyError | None = None
        self._crash: BaseException | None = None
        for entry in plan.entries:
            self._stage[entry] = _STARTED

    def run(self) -> None:
        """Run to the end; `error` says afterwards whether it failed."""
        while (place := self._take(waits=True)) is not None:
            self._perform(place)
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
                self._lock.wait()
            place = self._ready.popleft()
            self._at_work += 1
            pool = self._state.pool
            if self._ready and pool is not None:
                pool.submit(self._help)
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
            if fatal is not None and self.error is None:
                self.error = fatal
            if self.error is not None or self._crash is not None:
                self._ready.clear()
            else:
                self._settle(node, node.edges.get(outcome or "", node.always))
            self._lock.notify_all()

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
            state.begin(step)
        except _FATAL as ending:
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
        if isinstance(error, _FATAL):
            return None, error
        if node.takes_error:
            return ERROR, None
        if node.node.on_error != "fail":
            return SUCCESS if node.node.on_error == "continue" else None, None
        if isinstance(error, StepFailedError):  # within a loop or another flow: it is named there
            return None, error
        failed = StepFailedError(node=step.path, detail=error.message, problems=error.problems)
        failed.__cause__ = error
        return None, failed

    def _context(self, node: PlanNode, step: Step) -> StepContext:
        return StepContext(self._state, self._frame, self._scope, node.node, step, self._deadline)

    def _reuse(self, node: PlanNode, step: Step, pinned: Step) -> ArgosyError | None:
        """Take a step over from an earlier run, and what it did to the run itself."""
        step.status, step.outcome, step.reused = "succeeded", pinned.outcome or SUCCESS, True
        step.inputs, step.outputs = pinned.inputs, pinned.outputs
        if node.redo is not None:
            try:
                node.redo(self._context(node, step))
            except ArgosyError as error:
                return self._failed(step, error)
        return None

    def _try(self, node: PlanNode, step: Step) -> ArgosyError | None:
        """Try a node as often as it may be tried; return the last error, or None."""
        state = self._state
        context = self._context(node, step)
        while True:
            step.tries += 1
            began = state.clock() if node.retry.max_attempts > 1 else 0.0
            try:
                step.outcome, step.outputs = node.execute(context)
                state.check_size(step.outputs)
            except ArgosyError as raised:
                error = self._named(raised, context)
            else:
                step.status = "succeeded"
                return None
            if not self._goes_on(node, step, error):
                return self._failed(step, error)
            step.attempts.append(Attempt(step.tries, state.clock() - began, error.to_json()))
            try:
                context.wait(node.retry.wait_before(step.tries + 1))
            except ArgosyError as ended:
                return self._failed(step, ended)
            context = self._context(node, step)

    def _named(self, error: ArgosyError, context: StepContext) -> ArgosyError:
        """Return the error of a time that the flow set in place of the call's own."""
        if isinstance(error, RequestTimedOutError):
            try:
                context.check_time()
            except ArgosyError as named:
                named.__cause__ = error
                return named
        return error

    def _goes_on(self, node: PlanNode, step: Step, error: ArgosyError) -> bool:
        may_pass = error.retryable or node.retry.on == "any"
        return step.tries < node.retry.max_attempts and may_pass and not isinstance(error, _FATAL)

    def _failed(self, step: Step, error: ArgosyError) -> ArgosyError:
        step.status = "cancelled" if isinstance(error, RunCancelledError) else "failed"
        step.outcome = ERROR
        step.error = error.to_json()
        return error

    def _publish(self, step: Step) -> None:
        """Let expressions read what a step gives."""
        self._scope["nodes"][step.node] = {
            "status": step.status,
            "outcome": step.outcome,
            "outputs": step.outputs,
            "error": step.error,
        }


def pinned_value(outputs: JsonObject) -> JsonObject:
    """Return what expressions read of a node that did not run and has these outputs."""
    return {"status": "succeeded", "outcome": SUCCESS, "outputs": outputs, "error": None}
