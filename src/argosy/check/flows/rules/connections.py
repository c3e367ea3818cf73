"""A node of a built-in connector names no connection: nobody would call with it.

Such a capability finds what it needs by its inputs, so a connection beside them would be a slip
that looks like an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "connections"
DEMAND = "A node names a connection only where its capability is called with one."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the nodes that name a connection for nothing."""
    connector = subject.catalogue.connector
    if connector is None:
        return
    for place in subject.nodes:
        node = place.node
        home = connector.home_of(node.what)
        if node.connection and node.is_capability and home is not connector:
            message = f"{node.what!r} is built in ({home.title}) and is called with no connection"
            hint = "Leave `connection` out here; what is read is named in the node's `inputs`."
            yield subject.problem(ID, message, place.pointer("connection"), hint)
