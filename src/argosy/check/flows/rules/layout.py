"""The layout places nodes that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import known_words
from argosy.model import join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "layout"
DEMAND = "The layout places only nodes that are there."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the places of nodes that are not there."""
    if subject.flow is None:
        return
    there = {node.id for view in subject.views for node in view.graph.nodes}
    for name in subject.flow.document.get("layout", {}):
        if name not in there:
            message = f"the layout places {name!r}, and there is no such node; there is "
            listed = known_words(sorted(there), name)
            yield subject.warning(ID, message + listed, join_pointer(("layout", name)))
