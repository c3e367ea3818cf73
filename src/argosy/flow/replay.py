"""What a repetition of a run takes over from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import InvalidReplayError
from argosy.model import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.flow.run import Run, Step
    from argosy.model import Flow, Json


def reusable_steps(run: Run, flow: Flow, start_at: str = "") -> dict[str, Step]:
    """Return the steps of a run that a repetition takes over, by their paths.

    Those are all that succeeded; with `start_at`, none of that node and of those that come
    after it. Steps within loops and other flows count, where the node around them failed.
    Raises InvalidReplayError where the node is not there, or where values are needed that the
    record does not show.
    """
    if run.flow != flow.id:
        detail = f"it is one of the flow {run.flow!r}, not of {flow.id!r}"
        raise InvalidReplayError(detail=detail)
    again = _from(flow, start_at) if start_at else frozenset[str]()
    kept = {
        step.path: step
        for step in run.steps
        if step.status == "succeeded" and step.path.partition("/")[0] not in again
    }
    for step in kept.values():
        if _holds_mask(step.outputs):
            detail = f"the record of {step.path!r} hides values that would be needed"
            raise InvalidReplayError(detail=detail)
    return kept


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


def _holds_mask(value: Json) -> bool:
    if isinstance(value, dict):
        return _any(value.values())
    if isinstance(value, list):
        return _any(value)
    return isinstance(value, str) and MASK in value


def _any(values: Iterable[Json]) -> bool:
    return any(map(_holds_mask, values))
