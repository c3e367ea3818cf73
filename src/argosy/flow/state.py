"""What all parts of one run share, and what is one flow's alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import orjson

from argosy.errors import (
    AlreadyRespondedError,
    ArgosyError,
    InvalidResponseError,
    NoResponseError,
    OutputTooDeepError,
    OutputTooLargeError,
    StepTimedOutError,
    TooDeepError,
    TooManyStepsError,
    causes_of,
)
from argosy.flow.deadline import Deadline
from argosy.flow.execution import FATAL, GraphExecution
from argosy.flow.parallel import on_fresh_stack
from argosy.flow.run import shown_path
from argosy.flow.templates import OMIT
from argosy.flow.variables import SHARED
from argosy.model import is_deeper
from argosy.rendering import ExpressionFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor

    from argosy.dispatch import Dispatcher
    from argosy.flow.engine import Engine
    from argosy.flow.graph_plan import GraphPlan
    from argosy.flow.plan import FlowPlan
    from argosy.flow.routines import Call
    from argosy.flow.run import Response, Run, Step
    from argosy.flow.step_context import StepContext
    from argosy.flow.variables import VariableStore
    from argosy.model import Connector, FlowSettings, Json, JsonObject, Redactor, Variable
    from argosy.rendering import Scope
    from argosy.transport import Cancellation

#: How deeply what goes in and comes out may be nested; it is told, stored and compared.
DEEPEST = 200
#: How many graphs stand within each other in one thread: few enough for Python's own limit.
_MOST_ON_A_STACK = 16
#: How many steps an error names that tells what went before it.
_MOST_NAMED = 3


class Frame:
    """One flow within a run: the run's own flow (`is_own`), or one that it calls."""

    def __init__(
        self, plan: FlowPlan, given: Json, store: VariableStore, *, is_own: bool = True
    ) -> None:
        self.plan = plan
        self.input = given
        self.is_own = is_own
        self.response: Response | None = None
        self._store = store
        self._lock = threading.Lock()
        self._ended: list[Step] = []
        self.variables: dict[str, Json] = {
            one.name: one.value for one in plan.flow.variables.values()
        }
        self.read_kept()

    def read_kept(self) -> None:
        """Read the variables that outlive a run, again where a called flow may have set them."""
        kept = [one for one in self.plan.flow.variables.values() if one.is_kept]
        with self._lock:
            loaded = {owner: self._store.load(owner) for owner in {*map(self._owner, kept)}}
            for one in kept:
                self.variables[one.name] = loaded[self._owner(one)].get(one.name, one.value)

    def _owner(self, declared: Variable) -> str:
        """Return whose a variable is in the store that keeps it."""
        return SHARED if declared.scope == "shared" else self.plan.flow.id

    def change(self, name: str, change: Callable[[Json], Json]) -> Json:
        """Change a variable by what it is; nothing that another branch does comes in between."""
        declared = self.plan.flow.variables[name]
        with self._lock:
            if declared.is_kept:  # others may have changed it since this run began
                owner = self._owner(declared)
                changed = self._store.change(owner, name, declared.value, change)
            else:
                changed = change(self.variables[name])
            self.variables[name] = changed
        return changed

    def is_kept(self, name: str) -> bool:
        """Tell whether a variable outlives the run."""
        declared = self.plan.flow.variables.get(name)
        return declared is not None and declared.is_kept

    def note_end(self, step: Step) -> None:
        """Note a step that failed and with which its branch has ended; the first few are kept."""
        if len(self._ended) < _MOST_NAMED:
            self._ended.append(step)

    def must_have_responded(self) -> None:
        """Raise NoResponseError where the flow demands a response and there is none."""
        if self.plan.flow.settings.must_respond and self.response is None:
            told = "".join(f"; {_told(one)}" for one in self._ended)
            raise NoResponseError(before=told or ".")

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


class Masks:
    """Takes the secrets of connections out of what is shown of a run.

    It knows those that are open, and those that the run has used: they may be gone by now.
    Nothing is looked up for it, so it works while a connection cannot be had.
    """

    __slots__ = ("_open", "_used")

    def __init__(self, open_: Callable[[], Iterable[Dispatcher]]) -> None:
        self._open = open_
        self._used: dict[Redactor, None] = {}

    def use(self, dispatcher: Dispatcher) -> Dispatcher:
        """Note a dispatcher that the run uses, and return it."""
        self._used[dispatcher.redactor] = None
        return dispatcher

    def __call__(self, value: Json) -> Json:
        """Return a value without their secrets."""
        for redactor in {**self._used, **{one.redactor: None for one in self._open()}}:
            value = redactor.value(value)
        return value


class RunState:
    """What all parts of one run share. Times are on the ports' clock.

    `cancellation` is the caller's, and cuts what is on the wire. `stop` is the run's own: it goes
    with the other, and ends waits and lets no step begin once the run has failed.
    """

    def __init__(
        self,
        engine: Engine,
        run: Run,
        settings: FlowSettings,
        cancellation: Cancellation | None,
        stop: Cancellation,
        listener: Callable[[JsonObject], None] | None,
        pins: Mapping[str, Step],
    ) -> None:
        self.engine = engine
        self.run = run
        self._masks = run.redact = Masks(engine.open_dispatchers)
        self.clock = engine.ports.clock
        self.now = engine.ports.now
        seconds = settings.timeout_seconds
        self.deadline = Deadline(self.clock() + seconds, seconds)
        self.cancellation = cancellation
        self.stop = stop
        self.pins = pins
        self._listener = listener
        self._settings = settings
        now = self.now  # a function that held this state would make a circle of every run
        self._now = ExpressionFunction(lambda: int(now()))
        self._lock = threading.Lock()

    @property
    def pool(self) -> Executor | None:
        """The threads that help, or None where there are none."""
        return self.engine.pool

    def dispatcher(self, connection: str) -> Dispatcher:
        """Return the dispatcher of a connection; the empty name is the run's own."""
        return self._masks.use(self.engine.dispatcher(connection))

    def dispatcher_of(self, home: Connector, connection: str) -> Dispatcher:
        """Return the dispatcher that calls the capabilities of a connector."""
        return self._masks.use(self.engine.dispatcher_of(home, connection))

    def sleep(self, seconds: float) -> None:
        """Wait. Raises RunCancelledError where the run is cancelled meanwhile."""
        self.engine.sleep(seconds, self.stop)

    def begin(self, step: Step, deadline: Deadline) -> None:
        """Record that a step begins. Raises what ends the graph that it is in."""
        self.stop.check()
        deadline.check(self.clock())
        with self._lock:
            if len(self.run.steps) >= self._settings.max_steps:
                raise TooManyStepsError(limit=self._settings.max_steps)
            self.run.steps.append(step)
        if self._listener is not None:
            self._tell("step-started", {"path": step.path, "node": step.node, "what": step.what})

    def end(self, step: Step) -> None:
        """Record that a step has ended."""
        if self.run.sensitive:
            self.hide(step.inputs, step.outputs)
        if self._listener is not None:
            self._tell("step-ended", step.to_json(self.run.masked))

    def skip(self, path: str) -> None:
        """Record that a node was skipped."""
        with self._lock:
            self.run.skipped.append(path)

    def tell(self, event: str, **facts: Any) -> None:
        """Tell the listener, if there is one."""
        if self._listener is not None:
            self._tell(event, facts)

    def _tell(self, event: str, facts: JsonObject) -> None:
        """Tell the listener; one event at a time."""
        listener: Any = self._listener
        with self._lock:
            listener(self.run.cleaned({"event": event, "run": self.run.id, **facts}))

    def answer(self, response: Response) -> None:
        """Note the response of the run, and tell it at once."""
        self.run.response = response
        if self._listener is not None:
            self.hide(response.body)
            self._tell("responded", response.to_json(self.run.masked))

    def hide(self, *values: Json) -> None:
        """Have what is sensitive in some values masked wherever else it shows."""
        with self._lock:
            for value in values:
                self.run.hide_sensitive(value)

    def hide_texts(self, texts: Iterable[str]) -> None:
        """Have secrets masked in what is shown of the run."""
        with self._lock:
            self.run.hide(texts)

    def clean(self, error: ArgosyError, scope: Scope) -> None:
        """Take secrets, and what is sensitive, out of an error and those behind it."""
        if self.run.sensitive:
            self.hide({**scope, "nodes": dict(scope["nodes"])})  # others are writing there
        with self._lock:
            for one in causes_of(error):
                if isinstance(one, ArgosyError):
                    one.redact(self.run.cleaned)

    def is_fatal(self, error: ArgosyError) -> bool:
        """Tell whether an error ends every graph around it, up to the step whose time was up."""
        return isinstance(error, (*FATAL, StepTimedOutError))

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
        self,
        frame: Frame,
        plan: GraphPlan,
        scope: Scope,
        prefix: str = "",
        deadline: Deadline | None = None,
        level: int = 1,
        call: Call | None = None,
    ) -> None:
        """Run a graph to its end. Raises the error that it failed with.

        `level` counts the loops, calls and flows around it, and itself. `call` is the call of a
        routine that it is part of.
        """
        limit = self.engine.settings.most_deep
        if level > limit:
            raise TooDeepError(place=shown_path(prefix.rstrip("/")), limit=limit)
        execution = GraphExecution(
            self, frame, plan, scope, prefix, deadline or self.deadline, level, call
        )
        if level % _MOST_ON_A_STACK:
            execution.run()
        else:
            on_fresh_stack(execution.run)
        if execution.error is not None:
            raise execution.error

    def run_flow(self, caller: StepContext, name: str, given: Json) -> Response | None:
        """Run a flow within the step of another. Raises what it failed with."""
        engine = self.engine
        plan = engine.plan(engine.flow(name))
        with self._lock:
            self.run.sensitive |= plan.sensitive
        checked = engine.checked_input(plan, given)
        frame = Frame(plan, checked, engine.variables, is_own=False)
        self.hide(frame.input)
        prefix = f"{caller.step.path}/"
        scope, level = self.scope(frame), caller.level + 1
        try:
            self.run_graph(frame, plan.graph, scope, prefix, caller.deadline, level)
        finally:
            caller.frame.read_kept()
        frame.must_have_responded()
        return frame.response

    def check_size(self, outputs: JsonObject) -> None:
        """Raise OutputTooLargeError or OutputTooDeepError where outputs cannot be kept."""
        size = _size(outputs)
        limit = self._settings.max_output_bytes
        if size > limit:
            raise OutputTooLargeError(size=size, limit=limit)


def _told(step: Step) -> str:
    message = (step.error or {}).get("message", "")
    return f"{shown_path(step.path)!r} failed before: {message}"


def _size(outputs: JsonObject) -> int:
    held: list[int] = [0]

    def count(value: Any) -> None:
        held[0] += len(value) if isinstance(value, bytes) else 8

    try:
        return len(orjson.dumps(outputs, default=count)) + held[0]
    except TypeError:  # nested too deeply, or whole numbers of more than 64 bits
        if is_deeper(outputs, DEEPEST):
            raise OutputTooDeepError(limit=DEEPEST) from None
        return len(repr(outputs))
