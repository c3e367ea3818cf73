"""Run cases of flow tests, each by itself: a sandbox with its own state, a clock, stubs."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from argosy.connector import bundle_schema
from argosy.dispatch import Dispatcher
from argosy.errors import ArgosyError, HandlerError
from argosy.flow.engine import Engine, EngineSettings
from argosy.model import Connection
from argosy.testing.clock import RunClock, real_ports
from argosy.testing.coverage import covered_by
from argosy.testing.expectations import judge
from argosy.testing.observed import Observed
from argosy.testing.result import CaseResult, Mismatch
from argosy.testing.sandboxes import Sandboxes, SandboxRefusedError
from argosy.testing.stubs import REAL, Stubs, is_whole
from argosy.transport import Cancellation
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from argosy.dispatch import Ports
    from argosy.flow.run import Run
    from argosy.model import Connector, Flow, Json, JsonObject
    from argosy.testing.cases import Case, FlowTest
    from argosy.testing.sandboxes import CaseSandbox

#: Where calls go that no case should make: to this machine, where nobody listens.
_NOWHERE = "http://127.0.0.1:9"
_NOTHING: Mapping[str, Json] = {}


class NoTables:
    """Stands where tables are read, and refuses: a case reaches no store."""

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        """Raise HandlerError."""
        del cursor, amount
        return self.preview(connection, table)

    def preview(self, connection: str, table: str) -> JsonObject:
        """Raise HandlerError."""
        detail = f"A flow test reads no stored tables, so {table!r} of {connection} is not there;"
        raise HandlerError(detail=f"{detail} give the node's outputs in the case's `stubs`.")


class Runner:
    """Runs cases. Threads may share one; use it as a context manager, or call `close`.

    Sandboxes are started when a case first needs one, and kept for the cases that come.
    """

    def __init__(self, connector: Connector, cancellation: Cancellation | None = None) -> None:
        self.connector = connector
        self._cancellation = cancellation or Cancellation()
        self._sandboxes = Sandboxes()

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop the sandboxes."""
        self._sandboxes.close()

    def run(
        self,
        test: FlowTest,
        case: Case,
        snapshots: Mapping[str, Json] = _NOTHING,
        *,
        updates_snapshots: bool = False,
    ) -> CaseResult:
        """Run one case and return its result, also where it could not be run.

        `snapshots` are what the file of snapshots keeps for the case; with `updates_snapshots`
        they are not compared. Raises ConnectorError, RunCancelledError where the runner was
        cancelled, and InvalidFlowTestError for a seed that the sandbox does not take.
        """
        result = CaseResult(test.file, test.flow.id, case.name, "skipped", reason=case.skip)
        if not case.skip:
            try:
                result = self._run(test, case, result, snapshots, updates=updates_snapshots)
            except SandboxRefusedError as error:
                mismatch = Mismatch(f"{case.pointer}/sandbox", str(error))
                result = replace(result, verdict="failed", mismatches=(mismatch,))
        self._cancellation.check()
        return result

    def _run(
        self,
        test: FlowTest,
        case: Case,
        result: CaseResult,
        kept: Mapping[str, Json],
        *,
        updates: bool,
    ) -> CaseResult:
        with ExitStack() as stack:
            sandbox = None
            if _needs_sandbox(test.flow, case, self.connector):
                sandbox = stack.enter_context(self._sandboxes.lend(test, case))
            began = time.perf_counter()  # what a sandbox takes to start is no case's own
            try:
                run = self._run_flow(test, case, sandbox, stack)
            except ArgosyError as error:
                if error.exit_status == 2:
                    raise
                problems = [f"{one.place}: {one.message}" for one in error.problems]
                text = "; ".join([error.message, *problems])
                mismatch = Mismatch(f"{case.pointer}/connection", text)
                return replace(result, verdict="failed", mismatches=(mismatch,))
            observed = Observed(
                run,
                sandbox.requests() if sandbox and "requests" in case.expect else (),
                _asked_rows(case, sandbox),
                kept,
                updates,
            )
        mismatches = judge(case.expect, observed, f"{case.pointer}/expect")
        return replace(
            result,
            verdict="failed" if mismatches else "passed",
            seconds=time.perf_counter() - began,
            mismatches=mismatches,
            run=run.to_json(),
            snapshots=observed.snapshots,
            covered=covered_by(run, test.flow, test.flows),
        )

    def _run_flow(
        self, test: FlowTest, case: Case, sandbox: CaseSandbox | None, stack: ExitStack
    ) -> Run:
        clock = RunClock(case.now, sandbox.move_clock if sandbox else _ignore)
        ports = real_ports() if case.is_real_time else clock.ports()
        names = {"", *case.connections, *_named_connections(test)}
        dispatchers = {
            name: stack.enter_context(self._dispatcher(_terms(case, name), sandbox, ports))
            for name in names
        }
        more: dict[str, Any] = {}
        if not case.is_real_time:  # one thread, so that branches take turns the same way each time
            more = {"settings": EngineSettings(workers=0), "sleep": clock.wait}
        engine = stack.enter_context(
            Engine(
                self.connector,
                dispatchers,
                test.flows,
                ports=ports,
                stub=Stubs(case.stubs) if case.stubs else None,
                tables=NoTables(),
                **more,
            )
        )
        flow = _with_variables(test.flow, case.variables)
        return engine.run(flow, case.input, cancellation=self._cancellation)

    def _dispatcher(
        self, terms: JsonObject, sandbox: CaseSandbox | None, ports: Ports
    ) -> Dispatcher:
        properties = dict(terms.get("properties", {}))
        if "region" in terms:
            properties["region"] = terms["region"]
        if sandbox:
            properties = {**self._keys(sandbox.master_key), **properties}
        connection = Connection(properties, endpoint=sandbox.url if sandbox else _NOWHERE)
        return Dispatcher(self.connector, connection, ports)

    def _keys(self, key: str) -> dict[str, str]:
        """Return the sandbox's key as each of the connector's secrets that may look like it."""
        declared = self.connector.settings.get("properties", {})
        return {
            name: key
            for name in self.connector.secret_settings
            if Validator(bundle_schema(self.connector, declared[name], "connector.json")).is_valid(
                key
            )
        }


def _ignore(_seconds: float) -> None:
    pass


def _needs_sandbox(flow: Flow, case: Case, connector: Connector) -> bool:
    """Tell whether anything is asked of the sandbox, or may be by a node that is not stubbed.

    What a companion does, the sandbox has no part in.
    """
    asks = case.seed is not None or case.faults or {"rows", "requests"} & set(case.expect)
    return bool(asks) or any(
        connector.home_of(node.what) is connector
        if node.is_capability
        else node.what in {"http-request", "subflow", "davinci"}
        for node in flow.graph.every_node()
        if not is_whole(case.stubs.get(node.id, REAL)) or _has_paths(case.stubs)
    )


def _has_paths(stubs: Mapping[str, Json]) -> bool:
    return any("/" in key for key in stubs)


def _asked_rows(
    case: Case, sandbox: CaseSandbox | None
) -> dict[tuple[str, str], list[JsonObject] | None]:
    asked = {(one["database"], one["table"]) for one in case.expect.get("rows", ())}
    return {table: sandbox.rows(*table) for table in asked} if sandbox else {}


def _named_connections(test: FlowTest) -> set[str]:
    """Return the names of connections that nodes of the folder's flows use."""
    flows = (test.flow, *test.called)
    return {node.connection for flow in flows for node in flow.graph.every_node()}


def _terms(case: Case, name: str) -> JsonObject:
    return case.connections.get(name, case.connection)


def _with_variables(flow: Flow, values: Mapping[str, Json]) -> Flow:
    """Return a flow whose variables begin with other values."""
    if not values:
        return flow
    changed = {
        name: replace(one, value=values[name]) if name in values else one
        for name, one in flow.variables.items()
    }
    return replace(flow, variables=changed)
