"""No way leads from a node back to itself: what is done again stands in the body of a loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "circles"
DEMAND = "No way leads from a node back to itself."

_MOST_SHOWN = 7


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield one circle of each graph that has any."""
    for view in subject.views:
        circle = view.circle() if view.order is None else []
        if circle:
            shown = circle if len(circle) <= _MOST_SHOWN else [*circle[:_MOST_SHOWN], "…"]
            way = " → ".join((*shown, circle[0]))
            hint = "What is done again is the body of a node of the kind `while` or `for-each`."
            pointer = view.nodes[circle[0]].pointer
            yield subject.problem(ID, f"the edges lead in a circle: {way}", pointer, hint)
