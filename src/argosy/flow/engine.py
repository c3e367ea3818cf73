"""The engine: runs flows of one connector over its connections, and repeats runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from argosy.dispatch import Dispatcher, Ports
from argosy.errors import (
    ArgosyError,
    HandlerCrashedError,
    InvalidReplayError,
    InvalidRunInputError,
    RunCancelledError,
    UnknownConnectionError,
    UnknownFlowError,
    causes_of,
)
from argosy.flow.execution import pinned_value
from argosy.flow.graph_plan import GraphPlan
from argosy.flow.plan import FlowPlan, compile_flow
from argosy.flow.replay import reusable_steps
from argosy.flow.run import Run, Step
from argosy.flow.state import DEEPEST, Frame, RunState
from argosy.flow.variables import MemoryVariables, VariableStore
from argosy.model import Connection, Flow, Json, JsonObject, Problem, is_deeper
from argosy.transport import Cancellation
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from types import TracebackType

    from argosy.flow.library import FlowLibrary
    from argosy.flow.step_context import StepContext
    from argosy.model import Connector
    from argosy.sdk import TableService

Sleep = Callable[[float, Cancellation], None]
Listener = Callable[[JsonObject], None]
Outcome = tuple[str, JsonObject]
#: Is called for each attempt of a step in place of what the node does, which it is given and may
#: call; like that, it returns an outcome and outputs, or raises an ArgosyError.
Stub = Callable[["StepContext", Callable[["StepContext"], Outcome]], Outcome]


def _wait(seconds: float, cancellation: Cancellation) -> None:
    cancellation.wait(seconds)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`workers` are the threads that all runs share beside those that start them.

    With none, branches run one after the other. `most_deep` bounds how loops, calls of routines
    and flows stand within each other.
    """

    workers: int = min(32, 4 * (os.cpu_count() or 1))
    most_deep: int = 128


#: How many flows' plans are kept; those of flows that were replaced go out one day.
_MOST_PLANS = 1000


class Engine:
    """Runs flows. Threads may share one; use it as a context manager, or call `close`.

    `connections` are the dispatchers by name; the empty name is what nodes use that name none.
    They stay the caller's to close, and tell the time by the same ports; `connections.values()`
    gives those that are open, and looks nothing up. Capabilities of the
    connector's companions need none of them; `tables` reads stored tables for those that do so.
    `flows` are those that subflow nodes may call. `stub` stands between the engine and what nodes
    do, for tests.
    """

    def __init__(  # noqa: PLR0913 - what runs are made of, by name
        self,
        connector: Connector,
        connections: Mapping[str, Dispatcher],
        flows: FlowLibrary | Mapping[str, Flow] | None = None,
        *,
        settings: EngineSettings | None = None,
        ports: Ports | None = None,
        sleep: Sleep = _wait,
        variables: VariableStore | None = None,
        stub: Stub | None = None,
        tables: TableService | None = None,
    ) -> None:
        self.connector = connector
        self.flows = flows if flows is not None else {}
        self.settings = settings or EngineSettings()
        self.ports = ports or Ports()
        self.sleep = sleep
        self.variables = variables or MemoryVariables()
        self.stub = stub
        self._connections = connections
        self._tables = tables
        self._companions: dict[str, Dispatcher] = {}
        self._plans: dict[int, FlowPlan] = {}  # a plan holds its flow, so ids stay apart
        self._lock = threading.Lock()
        workers = self.settings.workers
        self._pool = ThreadPoolExecutor(workers, "flow") if workers else None

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the threads, after what they are doing. Runs do without them from here on."""
        if self._pool is not None:
            self._pool.shutdown()
        for dispatcher in self._companions.values():
            dispatcher.close()

    @property
    def pool(self) -> Executor | None:
        """The threads that help, or None."""
        return self._pool

    def open_dispatchers(self) -> Iterable[Dispatcher]:
        """Return the dispatchers that are open; none is opened for it."""
        return self._connections.values()

    def dispatcher(self, connection: str) -> Dispatcher:
        """Return the dispatcher of a connection. Raises UnknownConnectionError."""
        try:
            return self._connections[connection]
        except KeyError:
            known = list_words((name for name in self._connections if name), connection) or "none"
            raise UnknownConnectionError(found=connection, known=known) from None

    def dispatcher_of(self, home: Connector, connection: str) -> Dispatcher:
        """Return the dispatcher of capabilities of a connector: the engine's own or a companion.

        A companion has one that needs no connection. Raises UnknownConnectionError.
        """
        if home is self.connector:
            return self.dispatcher(connection)
        with self._lock:
            found = self._companions.get(home.id)
            if found is None:
                found = Dispatcher(home, Connection(), self.ports, tables=self._tables)
                self._companions[home.id] = found
            return found

    def flow(self, name: str) -> Flow:
        """Return a flow that others may call. Raises UnknownFlowError, InvalidFlowError."""
        if name not in self.flows:
            known = list_words(sorted(self.flows), name) or "none"
            raise UnknownFlowError(found=name, known=known)
        return self.flows[name]

    def plan(self, flow: Flow) -> FlowPlan:
        """Compile a flow, once. Raises InvalidFlowError."""
        found = self._plans.get(id(flow))
        if found is None:
            found = compile_flow(flow, self.connector)
            with self._lock:
                if len(self._plans) >= _MOST_PLANS:
                    self._plans.pop(next(iter(self._plans)))
                self._plans[id(flow)] = found
        return found

    def checked_input(self, plan: FlowPlan, given: Json) -> Json:
        """Return a run's input with defaults filled in. Raises InvalidRunInputError."""
        problems: Sequence[Problem]
        if not isinstance(given, dict):
            problems = [Problem("schema-type", "the input is not an object")]
        elif is_deeper(given, DEEPEST):
            problems = [Problem("too-deep", f"it is nested more than {DEEPEST} levels deep")]
        else:
            given = {**plan.defaults, **given}
            problems = plan.inputs.problems(given)
        if problems:
            raise InvalidRunInputError(flow=plan.flow.id, problems=problems)
        return given

    def run(
        self,
        flow: Flow,
        given: Json = None,
        *,
        run_id: str = "",
        cancellation: Cancellation | None = None,
        listener: Listener | None = None,
        pins: Mapping[str, Step] | None = None,
    ) -> Run:
        """Run a flow in this thread and return the run, also where it failed.

        `listener` is told each event as a JSON object, one at a time, without secrets; what it
        raises breaks the run off and is raised here, as a defect in a node is. `pins` are steps
        that are taken over in place of being run, by their paths. Raises InvalidFlowError, and
        ConnectorError for a capability whose file its author must mend.
        """
        plan = self.plan(flow)
        return self._run(
            plan, plan.graph, {} if given is None else given, run_id, cancellation, listener, pins
        )

    def replay(self, flow: Flow, earlier: Run, *, start_at: str = "", **more: Any) -> Run:
        """Run a flow again with the input of an earlier run, reusing what did not make it fail.

        With `start_at`, that node and all that come after it run anew; a run from the start is a
        `run` with the same input. `more` is as for `run`: with `run_id=earlier.id` the steps make
        the same ids as they did. Raises InvalidReplayError.
        """
        pins = reusable_steps(earlier, flow, start_at, self.flow)
        return self.run(flow, earlier.input, pins=pins, **more)

    def run_node(
        self, flow: Flow, node: str, given: Json, outputs: Mapping[str, JsonObject], **more: Any
    ) -> Run:
        """Run one node alone; `outputs` are those of the nodes that it reads, by their ids.

        The run fails where the node does, whatever the flow does about errors. `more` is as for
        `run`. Raises InvalidReplayError for a node that is not there or stands in a loop.
        """
        plan = self.plan(flow)
        alone = next((one for one in plan.graph.every if one.id == node), None)
        if alone is None:
            detail = f"the flow has no node {node!r} that runs"
            outer = {one.id for one in flow.graph.nodes}
            if node not in outer and any(one.id == node for one in flow.graph.every_node()):
                detail = f"the node {node!r} stands in a loop, which runs as a whole"
            raise InvalidReplayError(detail=detail)
        only = replace(alone, edges={}, leads_to=(), always=(), incoming=0, takes_error=False)
        only = replace(only, node=replace(alone.node, on_error="fail"))
        graph = GraphPlan((only,), (0,))
        return self._run(plan, graph, {} if given is None else given, outputs=outputs, **more)

    def _run(
        self,
        plan: FlowPlan,
        graph: GraphPlan,
        given: Json,
        run_id: str = "",
        cancellation: Cancellation | None = None,
        listener: Listener | None = None,
        pins: Mapping[str, Step] | None = None,
        outputs: Mapping[str, JsonObject] | None = None,
    ) -> Run:
        settings = plan.flow.settings
        run = Run(
            id=run_id or self.ports.new_uuid(),
            flow=plan.flow.id,
            input=None,
            started_at=self.ports.now(),
            sensitive=plan.sensitive,
        )
        stop = Cancellation()
        state = RunState(self, run, settings, cancellation, stop, listener, pins or {})
        state.tell("run-started", flow=run.flow, startedAt=run.started_at)
        began = self.ports.clock()
        try:
            if cancellation is not None:
                cancellation.hold(stop)
            run.input = self._first_input(state, plan, given)
            self._execute(state, plan, graph, outputs or {})
            run.status = "succeeded"
        except ArgosyError as error:
            run.status = "cancelled" if isinstance(error, RunCancelledError) else "failed"
            run.error = error
            _clean(error, run)
        finally:
            if cancellation is not None:
                cancellation.let_go(stop)
        run.seconds = self.ports.clock() - began
        state.tell("run-ended", status=run.status, seconds=run.seconds, **_failure(run))
        return run

    def _first_input(self, state: RunState, plan: FlowPlan, given: Json) -> Json:
        """Return the run's input, judged. Where it is refused the record shows it all the same."""
        if not is_deeper(given, DEEPEST):
            state.run.input = given
            state.hide(given)
        return self.checked_input(plan, given)

    def _execute(
        self,
        state: RunState,
        plan: FlowPlan,
        graph: GraphPlan,
        outputs: Mapping[str, JsonObject],
    ) -> None:
        run = state.run
        frame = Frame(plan, run.input, self.variables)
        run.variables = frame.variables
        scope = state.scope(frame)
        for name, found in outputs.items():
            scope["nodes"][name] = pinned_value(found)
        state.run_graph(frame, graph, scope)
        if graph is plan.graph:  # a node alone answers nobody
            frame.must_have_responded()


def _clean(error: ArgosyError, run: Run) -> None:
    """Take secrets out of an error, and the frames that hold them; a crash keeps its frames."""
    chain = list(causes_of(error))
    for one in chain:
        if isinstance(one, ArgosyError):
            one.redact(run.cleaned)
    if not any(isinstance(one, HandlerCrashedError) for one in chain):
        error.forget_frames()


def _failure(run: Run) -> JsonObject:
    return {} if run.error is None else {"error": run.error.to_json()}
