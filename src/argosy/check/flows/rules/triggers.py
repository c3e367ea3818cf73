"""A flow starts at exactly one trigger, to which no edge leads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "triggers"
DEMAND = "A flow starts at one trigger."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield triggers that are missing, too many, or in the wrong place."""
    found = [place for place in subject.nodes if place.is_kind("trigger")]
    outer = [place for place in found if place.view.loop is None]
    if subject.flow is not None and not outer:
        hint = 'Add a node such as {"id": "start", "kind": "trigger"} with an edge to the first.'
        yield subject.problem(ID, "the flow has no trigger to start at", "/nodes", hint)
    for place in outer[1:]:
        message = f"{place.node.id!r} is a trigger, and {outer[0].node.id!r} is one already"
        hint = "One flow has one trigger; start another flow with the other."
        yield subject.problem(ID, message, place.pointer(), hint)
    for place in found:
        if place.view.loop is not None:
            message = f"{place.node.id!r} stands in the body of {place.view.loop.id!r}"
            yield subject.problem(ID, f"{message}; a trigger starts a flow", place.pointer())
        elif place.view.incoming[place.node.id]:
            message = f"an edge leads to the trigger {place.node.id!r}; a run starts there"
            yield subject.problem(ID, message, place.pointer())
