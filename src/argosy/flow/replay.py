"""What a repetition of a run takes over from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import ArgosyError, InvalidReplayError
from argosy.flow.kinds import KINDS
from argosy.flow.step_context import StepContext
from argosy.model import ALWAYS, ERROR, MASK, Graph

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.flow.run import Run, Step
    from argosy.model import Flow, Json, Node

    FindFlow = Callable[[str], Flow]


def reusable_steps(
    run: Run, flow: Flow, start_at: str = "", find_flow: FindFlow | None = None
) -> dict[str, Step]:
    """Return the steps of a run that a repetition takes over, by their paths.

    Those are all that succeeded, and those that failed where the flow takes care of the error;
    with `start_at`, none of that node and of those that come after it. Steps within loops and
    other flows count, where the node around them failed. `find_flow` gives those other flows.
    Raises InvalidReplayError where the node is not there, or where values are needed that the
    record does not show.
    """
    if run.flow != flow.id:
        detail = f"it is one of the flow {run.flow!r}, not of {flow.id!r}"
        raise InvalidReplayError(detail=detail)
    again = _from(flow, start_at) if start_at else frozenset[str]()
    places = _Places(run, flow, find_flow)
    kept = {
        step.path: step
        for step in run.steps
        if step.path.partition("/")[0] not in again
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
        node = _node_within(body, inner.split("/"))
        redo = None if node is None or node.is_capability else KINDS[node.what].redo
        if node is not None and redo is not None:
            scope, deadline, level = context.scope, context.deadline, context.level
            redo(StepContext(state, context.frame, scope, node, step, deadline, level))


def _node_within(graph: Graph, parts: Sequence[str]) -> Node | None:
    """Return the node that a path leads to, None where it leads into another flow."""
    node = next((one for one in graph.nodes if one.id == parts[0]), None)
    if node is None or len(parts) == 1:
        return node
    return None if node.body is None else _node_within(node.body, parts[2:])


class _Places:
    """Finds where the steps of a run stand in their flows."""

    def __init__(self, run: Run, flow: Flow, find_flow: FindFlow | None) -> None:
        self._steps = {step.path: step for step in run.steps}
        self._flow = flow
        self._find_flow = find_flow

    def takes_error(self, step: Step) -> bool:
        """Tell whether a step that failed did not end the flow that it is in."""
        graph = self._graph_around(step) or Graph((), ())
        node = next((one for one in graph.nodes if one.id == step.node), None)
        if node is None:
            return False
        ways = {edge.outcome for edge in graph.edges if edge.source == node.id}
        return node.on_error != "fail" or bool(ways & {ERROR, ALWAYS})

    def _graph_around(self, step: Step) -> Graph | None:
        """Return the graph of a step; None where it is not there any more."""
        graph, path = self._flow.graph, ""
        parts = step.path.split("/")
        while len(parts) > 1:
            path += f"/{parts[0]}" if path else parts[0]
            node = next((one for one in graph.nodes if one.id == parts[0]), None)
            if node is None:
                return None
            if node.body is not None:
                graph, path, parts = node.body, f"{path}/{parts[1]}", parts[2:]
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
    """Return a node of a flow and all that come after it."""
    if start_at not in {node.id for node in flow.graph.nodes}:
        raise InvalidReplayError(detail=f"the flow has no node {start_at!r}")
    found = {start_at}
    waiting = [start_at]
    while waiting:
        source = waiting.pop()
        for edge in flow.graph.edges:
            if edge.source == source and edge.target not in found:
                found.add(edge.target)
                waiting.append(edge.target)
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
