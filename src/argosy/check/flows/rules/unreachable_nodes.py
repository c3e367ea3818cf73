"""From the trigger, a way leads to every node.

A node that no edge leads to never runs, nor does what only it leads to. A routine needs no edge;
it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "unreachable-nodes"
DEMAND = "A way leads from the trigger to every node."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the nodes that no edge leads to, but for entries and in the bodies of loops."""
    if not any(place.is_kind("trigger") for place in subject.nodes):
        return  # told as that
    for place in subject.nodes:
        node, view = place.node, place.view
        is_entry = place.is_kind("trigger", "routine")
        if view.loop is not None or is_entry or view.incoming[node.id]:
            continue
        behind = sum(view.comes_before(node.id, other) for other in view.nodes)
        more = f", nor to the {behind} behind it" if behind else ""
        message = f"no way leads from the trigger to {node.id!r}{more}"
        hint = "Draw an edge to it, or take it away. A remark is a node of the kind `note`."
        yield subject.doubt(ID, message, place.pointer(), hint)
