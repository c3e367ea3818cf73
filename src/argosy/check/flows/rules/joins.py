"""What a node waits for can come about.

A node ends in one outcome. One that joins `all` and needs two outcomes of the same node, however
far before it, would never start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "joins"
DEMAND = "A node that joins all can start: it needs no two outcomes of one node."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the nodes that can never start."""
    for view in subject.views:
        for name, found in view.conflicts.items():
            first, second = sorted(found.outcomes)
            message = (
                f"{name!r} joins all its edges and can never start: it needs {found.source!r} to "
                f"end both in {first!r} and in {second!r}"
            )
            hint = 'Set its join to "any", so that it starts with the first edge that is taken.'
            yield subject.doubt(ID, message, view.nodes[name].pointer, hint)
