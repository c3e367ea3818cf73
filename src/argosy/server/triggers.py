"""Flows behind HTTP: the trigger of each says the method and the path that start a run."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from argosy.errors import ServerSetupError, StepFailedError
from argosy.server.answers import Answer, Refusal, answer_of, crash_answer
from argosy.server.reading import InputReader

if TYPE_CHECKING:
    from argosy.flow import Engine, Run
    from argosy.model import Connector, Flow, Node
    from argosy.server.admission import Admission
    from argosy.server.reading import Environ
    from argosy.server.records import RunRing

StartResponse = Callable[[str, list[tuple[str, str]]], Any]

_LOG = logging.getLogger("argosy.server")
_LONGEST_LINE = 1000


@dataclass(frozen=True, slots=True)
class Route:
    """Where a flow is answered: its method, its path without the prefix."""

    method: str
    path: str
    flow: Flow


def routes_of(flows: Iterable[Flow]) -> list[Route]:
    """Return the routes of the flows that HTTP triggers.

    Raises ServerSetupError where two flows have the same one.
    """
    routes: dict[tuple[str, str], Route] = {}
    for flow in flows:
        for node in flow.graph.nodes:
            if node.is_capability or node.what != "trigger" or node.inputs.get("on") != "http":
                continue
            route = Route(node.inputs.get("method", "POST"), node.inputs.get("path", flow.id), flow)
            first = routes.setdefault((route.method, route.path), route)
            if first is not route:
                ids = f"{first.flow.id!r} and {flow.id!r}"
                both = f"{ids} are both triggered by {route.method} {route.path}"
                raise ServerSetupError(detail=f"the flows {both}; give one another path")
    return list(routes.values())


def flows_of_the_store(
    routes: Iterable[Route],
    flows: Mapping[str, Flow],
    connector: Connector,
    given: Collection[str],
) -> list[str]:
    """Return the ids of the flows of routes that use stored tables or connections.

    The connections that are `given` are not stored. A flow uses what the flows it calls use.
    """

    def is_stored(node: Node) -> bool:
        if node.is_capability and connector.home_of(node.what) is not connector:
            return True  # those of companions read tables
        calls = node.is_capability or node.connection or node.what == "http-request"
        return bool(calls) and node.connection not in given

    return [
        route.flow.id
        for route in routes
        if any(
            is_stored(node)
            for flow in _with_called(route.flow, flows)
            for node in flow.graph.every_node()
        )
    ]


def _with_called(flow: Flow, flows: Mapping[str, Flow]) -> list[Flow]:
    """Return a flow and those that it calls by name; a name that is made at run time is none."""
    found = {flow.id: flow}
    waiting = [flow]
    while waiting:
        for node in waiting.pop().graph.every_node():
            called = node.inputs.get("flow") if node.what == "subflow" else None
            if isinstance(called, str) and called in flows and called not in found:
                found[called] = flows[called]
                waiting.append(flows[called])
    return list(found.values())


class Triggers:
    """A WSGI application that runs flows; threads may share it.

    `prefix` stands before every path, such as `/flows/`. A run is kept in `ring` when it has
    ended. The answer is the run's response, 204 where it gives none, and problem details where
    the request or the run failed; why a run failed is logged, in one line. `admission` says how
    many runs work at the same time; without one all do.
    """

    def __init__(
        self,
        engine: Engine,
        flows: Iterable[Flow],
        ring: RunRing,
        *,
        prefix: str = "/flows/",
        max_body_bytes: int = 1024 * 1024,
        admission: Admission | None = None,
    ) -> None:
        self._engine = engine
        self._admission = admission or nullcontext()
        self._ring = ring
        self._prefix = prefix
        self._paths: dict[str, dict[str, tuple[Flow, InputReader]]] = {}
        for route in routes_of(flows):
            engine.plan(route.flow)
            reader = InputReader(route.flow, route.method, max_body_bytes)
            methods = self._paths.setdefault(prefix + route.path, {})
            methods[route.method] = (route.flow, reader)

    def __call__(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        """Answer one request."""
        try:
            answer = self._answer(environ)
        except Refusal as refusal:
            answer = refusal.answer
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _answer(self, environ: Environ) -> Answer:
        methods = self._paths.get(environ["PATH_INFO"])
        if methods is None:
            raise Refusal(404, "unknown-path", f"No flow answers here; see below {self._prefix}.")
        found = methods.get(environ["REQUEST_METHOD"])
        if found is None:
            return _other_method(environ["REQUEST_METHOD"], methods)
        flow, reader = found
        return self._run(flow, reader.read(environ))

    def _run(self, flow: Flow, given: Any) -> Answer:
        run_id = self._engine.ports.new_uuid()
        try:
            with self._admission:
                run = self._engine.run(flow, given, run_id=run_id)
            self._ring.add(run)
            if run.status == "failed":
                _LOG.warning("%s", _reason_of(run))
            return answer_of(run)
        except Exception as error:
            # The words of an error that nobody foresaw may hold secrets; its frames do not.
            frames = "".join(traceback.format_tb(error.__traceback__))
            text = "run %s of the flow %s crashed with %s:\n%s"
            _LOG.error(text, run_id, flow.id, type(error).__name__, frames)
            return crash_answer(run_id)


def _reason_of(run: Run) -> str:
    """Return why a run failed, in one line and without its secrets."""
    error, place, code, detail = run.error, "", "", ""
    if error is not None:
        code, detail = error.code, error.message
    if isinstance(error, StepFailedError):
        place, detail = f" at {error.facts['node']}", error.facts["detail"]
        code = getattr(error.__cause__, "code", code)
    line = f"run {run.id} of the flow {run.flow} failed{place}: {code}: {run.cleaned(detail)}"
    line = "".join(one if one.isprintable() else " " for one in line)
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"


def _other_method(method: str, methods: Iterable[str]) -> Answer:
    allowed = ("allow", ", ".join(sorted({*methods, "OPTIONS"})))
    if method == "OPTIONS":
        return Answer("204 No Content", [allowed])
    detail = f"This path answers {allowed[1]}, not {method[:20]}."
    raise Refusal(405, "method-not-allowed", detail, headers=[allowed])
