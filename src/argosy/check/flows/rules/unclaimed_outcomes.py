"""Each outcome of a condition leads on, or the case was forgotten.

The end of a branch on purpose is told apart from a forgotten one by a `respond`, a `fail`, or
whatever the flow does in that case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.graph import outcomes
from argosy.model import ALWAYS, ERROR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "unclaimed-outcomes"
DEMAND = "An edge starts at each outcome of a condition."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the outcomes of conditions that no edge starts from."""
    for place in subject.nodes:
        if not place.is_kind("condition"):
            continue
        claimed = {edge.outcome for edge in place.view.outgoing[place.node.id]}
        for outcome in outcomes(place.node) or ():
            if outcome != ERROR and not claimed & {outcome, ALWAYS}:
                message = f"no edge starts at the outcome {outcome!r} of {place.node.id!r}"
                hint = "The branch ends there in silence. Draw an edge from this outcome."
                yield subject.warning(ID, message, place.pointer(), hint)
