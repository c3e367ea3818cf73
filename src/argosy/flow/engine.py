"""The engine: runs flows of one connector over its connections, and repeats runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from argosy.dispatch import Dispatcher, Ports
from argosy.errors import (
    ArgosyError,
    ConnectorError,
    InvalidReplayError,
    InvalidRunInputError,
    RunCancelledError,
    UnknownConnectionError,
    UnknownFlowError,
)
from argosy.flow.execution import Frame, RunState, pinned_value
from argosy.flow.plan import FlowPlan, GraphPlan, compile_flow
from argosy.flow.replay import reusable_steps
from argosy.flow.run import Run, Step
from argosy.flow.variables import MemoryVariables, VariableStore
from argosy.model import Flow, Json, JsonObject, Problem
from argosy.transport import Cancellation
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from types import TracebackType

    from argosy.flow.library import FlowLibrary
    from argosy.model import Connector

Sleep = Callable[[float, Cancellation], None]
Listener = Callable[[JsonObject], None]


def _wait(seconds: float, cancellation: Cancellation) -> None:
    cancellation.wait(seconds)


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`workers` are the threads that all runs share beside those that start them.

    With none, branches run one after the other. `most_deep` bounds how flows call each other.
    """

    workers: int = min(32, 4 * (os.cpu_count() or 1))
    most_deep: int = 16


class Engine:
    """Runs flows. Threads may share one; use it as a context manager, or call `close`.

    `connections` are the dispatchers by name; the empty name is what nodes use that name none.
    They stay the caller's to close. `flows` are those that subflow nodes may call.
    """

    def __init__(
        self,
        connector: Connector,
        connections: Mapping[str, Dispatcher],
        flows: FlowLibrary | Mapping[str, Flow] | None = None,
        *,
        settings: EngineSettings | None = None,
        ports: Ports | None = None,
        sleep: Sleep = _wait,
        variables: VariableStore | None = None,
    ) -> None:
        self.connector = connector
        self.flows = flows if flows is not None else {}
        self.settings = settings or EngineSettings()
        self.ports = ports or Ports()
        self.sleep = sleep
        self.variables = variables or MemoryVariables()
        self._connections = connections
        self._plans: dict[int, FlowPlan] = {}  # a plan holds its flow, so ids stay apart
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
        """Let go of the threads, after what they are doing."""
        if self._pool is not None:
            self._pool.shutdown()

    @property
    def pool(self) -> Executor | None:
        """The threads that help, or None."""
        return self._pool

    def dispatcher(self, connection: str) -> Dispatcher:
        """Return the dispatcher of a connection. Raises UnknownConnectionError."""
        try:
            return self._connections[connection]
        except KeyError:
            known = list_words((name for name in self._connections if name), connection) or "none"
            raise UnknownConnectionError(found=connection, known=known) from None

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
            found = self._plans[id(flow)] = compile_flow(flow, self.connector)
        return found

    def checked_input(self, plan: FlowPlan, given: Json) -> Json:
        """Return a run's input with defaults filled in. Raises InvalidRunInputError."""
        if isinstance(given, dict):
            given = {**plan.defaults, **given}
        found = plan.inputs.problems(given)
        if found or not isinstance(given, dict):
            problems = found or [Problem("schema-type", "the input is not an object")]
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

        `listener` is told each event as a JSON object, one at a time, without secrets. `pins` are
        steps that are taken over in place of being run, by their paths. Raises InvalidFlowError,
        and ConnectorError for what the connector's author must mend.
        """
        plan = self.plan(flow)
        return self._run(
            plan, plan.graph, {} if given is None else given, run_id, cancellation, listener, pins
        )

    def replay(self, flow: Flow, earlier: Run, *, start_at: str = "", **more: Any) -> Run:
        """Run a flow again with the input of an earlier run, reusing the steps that succeeded.

        With `start_at`, that node and all that come after it run anew. `more` is as for `run`.
        Raises InvalidReplayError.
        """
        pins = reusable_steps(earlier, flow, start_at)
        return self.run(flow, earlier.input, pins=pins, **more)

    def run_node(
        self, flow: Flow, node: str, given: Json, outputs: Mapping[str, JsonObject], **more: Any
    ) -> Run:
        """Run one node alone; `outputs` are those of the nodes that it reads, by their ids."""
        plan = self.plan(flow)
        alone = next((one for one in plan.graph.nodes if one.id == node), None)
        if alone is None:
            raise InvalidReplayError(detail=f"the flow has no node {node!r}")
        only = replace(alone, edges={}, leads_to=(), always=(), incoming=0)
        return self._run(plan, GraphPlan((only,), (0,)), given, outputs=outputs, **more)

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
            input=given,
            started_at=self.ports.now(),
            sensitive=settings.sensitive,
            redact=self._redacted,
        )
        state = RunState(self, run, settings, cancellation or Cancellation(), listener, pins or {})
        state.tell("run-started", flow=run.flow, startedAt=run.started_at)
        began = self.ports.clock()
        try:
            run.input = self.checked_input(plan, given)
            frame = Frame(plan, run.input, self.variables)
            run.variables = frame.variables
            scope = state.scope(frame)
            for name, found in (outputs or {}).items():
                scope["nodes"][name] = pinned_value(found)
            state.run_graph(frame, graph, scope, "", state.deadline)
            run.status = "succeeded"
        except ConnectorError:
            raise
        except ArgosyError as error:
            run.status = "cancelled" if isinstance(error, RunCancelledError) else "failed"
            run.error = error
        run.seconds = self.ports.clock() - began
        state.tell("run-ended", status=run.status, seconds=run.seconds, **_failure(run))
        return run

    def _redacted(self, value: Json) -> Json:
        for dispatcher in self._connections.values():
            value = dispatcher.redactor.value(value)
        return value


def _failure(run: Run) -> JsonObject:
    return {} if run.error is None else {"error": run.error.to_json()}
