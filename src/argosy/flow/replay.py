"""What a repetition of a run takes over from it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from argosy.errors import ArgosyError, InvalidReplayError
from argosy.flow.execution import FATAL
from argosy.flow.kinds import KINDS
from argosy.flow.routines import Call, is_call
from argosy.flow.step_context import StepContext
from argosy.model import ALWAYS, ERROR, MASK, Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from argosy.flow.run import Run, Step
    from argosy.model import Flow, Json, Node

    FindFlow = Callable[[str], Flow]

#: What ended the run it was in, whatever edge there is for it.
_FATAL_CODES = frozenset(error.error_code() for error in FATAL)


def reusable_steps(
    run: Run, flow: Flow, start_at: str = "", find_flow: FindFlow | None = None
) -> dict[str, Step]:
    """Return the steps of a run that a repetition takes over, by their paths.

    Those are all that succeeded, and those that failed where the flow takes care of the error;
    with `start_at`, none of that node and of those that come after it. Steps within loops and
    other flows count, where the node around them failed. A call of a routine is always made
    again, and what ran in the routine is taken over. `find_flow` gives those other flows. Raises
    InvalidReplayError where the node is not there, or where values are needed that the record
    does not show.
    """
    if run.flow != flow.id:
        detail = f"it is one of the flow {run.flow!r}, not of {flow.id!r}"
        raise InvalidReplayError(detail=detail)
    again = _from(flow, start_at) if start_at else frozenset[str]()
    places = _Places(run, flow, find_flow)
    kept = {
        step.path: step
        for step in run.steps
        if step.what != "call"
        and again.isdisjoint(places.outermost(step.path))
        and (step.status == "succeeded" or (step.status == "failed" and places.takes_error(step)))
    }
    if run.is_record:
        _refuse_hidden(run, kept)
    return kept


def redo_within(context: StepContext, body: Graph) -> None:
    """Do again what the steps in a loop that is taken over did to the run itself.

    Raises an ArgosyError where that fails.
    """
    state, prefix = context.state, f"{context.step.path}/"
    for path, step in state.pins.items():
        if not path.startswith(prefix) or step.status != "succeeded":
            continue
        _, _, inner = path[len(prefix) :].partition("/")
        node, is_called = _node_within(body, inner.split("/"))
        redo = None if node is None or node.is_capability else KINDS[node.what].redo
        if node is not None and redo is not None:
            scope, deadline, level = context.scope, context.deadline, context.level
            call = Call({}) if is_called else context.call  # that one has ended, this goes on
            redo(StepContext(state, context.frame, scope, node, step, deadline, level, call))


def _node_within(graph: Graph, parts: Sequence[str]) -> tuple[Node | None, bool]:
    """Return the node that a path leads to, None where it leads into another flow.

    Beside it is told whether the path leads through a call.
    """
    is_called = False
    node = _node(graph, parts[0])
    while node is not None and len(parts) > 1:
        inner = graph if is_call(node) else node.body
        if inner is None:
            return None, is_called
        is_called = is_called or is_call(node)
        graph, parts = inner, parts[2:]
        node = _node(graph, parts[0])
    return node, is_called


def _node(graph: Graph, name: str) -> Node | None:
    return next((one for one in graph.nodes if one.id == name), None)


class _Places:
    """Finds where the steps of a run stand in their flows."""

    def __init__(self, run: Run, flow: Flow, find_flow: FindFlow | None) -> None:
        self._steps = {step.path: step for step in run.steps}
        self._flow = flow
        self._find_flow = find_flow
        self._calls = {node.id for node in flow.graph.nodes if is_call(node)}

    def takes_error(self, step: Step) -> bool:
        """Tell whether a step that failed did not end the flow that it is in.

        The error of a step in a routine may be taken where that is called.
        """
        graph = self._graph_around(step) or Graph((), ())
        node = _node(graph, step.node)
        if node is None or (step.error or {}).get("code") in _FATAL_CODES:
            return False
        ways = {edge.outcome for edge in graph.edges if edge.source == node.id}
        if node.on_error != "fail" or ways & {ERROR, ALWAYS}:
            return True
        call = self._steps.get("/".join(step.path.split("/")[:-2]))
        is_called = call is not None and call.what == "call" and call.status == "failed"
        return call is not None and is_called and self.takes_error(call)

    def outermost(self, path: str) -> list[str]:
        """Return the ids on a path that are nodes of the flow's own graph: calls, and the last."""
        parts = path.split("/")
        found = parts[:1]
        for name in parts[2::2]:
            if found[-1] not in self._calls:
                break
            found.append(name)
        return found

    def _graph_around(self, step: Step) -> Graph | None:
        """Return the graph of a step; None where it is not there any more."""
        graph, path = self._flow.graph, ""
        parts = step.path.split("/")
        while len(parts) > 1:
            path += f"/{parts[0]}" if path else parts[0]
            node = _node(graph, parts[0])
            if node is None:
                return None
            inner = graph if is_call(node) else node.body
            if inner is not None:
                graph, path, parts = inner, f"{path}/{parts[1]}", parts[2:]
                continue
            called = self._called(path)
            if called is None:
                return None
            graph, parts = called.graph, parts[1:]
        return graph

    def _called(self, path: str) -> Flow | None:
        """Return the flow that a step called."""
        step = self._steps.get(path)
        inputs = step.inputs if step else None
        if self._find_flow is None or not isinstance(inputs, dict):
            return None
        try:
            return self._find_flow(str(inputs.get("flow")))
        except ArgosyError:
            return None


def _from(flow: Flow, start_at: str) -> frozenset[str]:
    """Return a node of a flow and all that come after it.

    After a node of a routine comes what follows where the routine is called.
    """
    graph = flow.graph
    if _node(graph, start_at) is None:
        raise InvalidReplayError(detail=f"the flow has no node {start_at!r}")
    follow: dict[str, list[str]] = defaultdict(list)
    lead: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        follow[edge.source].append(edge.target)
        lead[edge.target].append(edge.source)
    calls: dict[str, list[str]] = defaultdict(list)
    for node in graph.nodes:
        if is_call(node):
            calls[str(node.inputs.get("routine"))].append(node.id)
    found = _reached([start_at], follow)
    while True:
        around = [call for name in _reached(found, lead) for call in calls[name]]
        more = _reached([*found, *(name for call in around for name in follow[call])], follow)
        if more == found:
            return found
        found = more


def _reached(names: Iterable[str], ways: Mapping[str, Sequence[str]]) -> frozenset[str]:
    waiting = list(names)
    found = set(waiting)
    for name in waiting:  # grows while it is read
        fresh = set(ways.get(name, ())) - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def _refuse_hidden(run: Run, kept: dict[str, Step]) -> None:
    """Raise InvalidReplayError where a record does not show what the run would read again."""
    if _is_hidden(run.input):
        detail = "the record hides values of its input, which would be needed"
        raise InvalidReplayError(detail=detail)
    for step in kept.values():
        if _is_hidden(step.outputs):
            detail = f"the record of {step.path!r} hides values that would be needed"
            raise InvalidReplayError(detail=detail)


def _is_hidden(value: Json) -> bool:
    """Tell whether a value holds a mask, or a count of bytes in place of them."""
    if isinstance(value, dict):
        is_count = value.keys() == {"bytes"} and isinstance(value["bytes"], int)
        return is_count or any(map(_is_hidden, value.values()))
    if isinstance(value, list):
        return any(map(_is_hidden, value))
    return isinstance(value, str) and MASK in value
