"""An id names one node.

Within one graph it must, or no edge would know which is meant. In the body of a loop, a node of
the same id as one around it hides that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "node-ids"
DEMAND = "Each node has an id of its own."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the ids that two nodes share."""
    elsewhere: set[str] = set()
    for view in subject.views:
        here: set[str] = set()
        for node in view.graph.nodes:
            if node.id in here:
                message = f"another node has the id {node.id!r} already"
                yield subject.problem(ID, message, f"{node.pointer}/id")
            elif node.id in elsewhere:
                message = f"a node outside of this graph has the id {node.id!r} too"
                hint = "Expressions and the layout name nodes by their ids; give it another."
                yield subject.warning(ID, message, f"{node.pointer}/id", hint)
            here.add(node.id)
        elsewhere |= here
