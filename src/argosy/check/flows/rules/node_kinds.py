"""A node runs a capability that the connector has, or is of a kind that there is.

A loop has a body, and no other node has one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import known_words
from argosy.flow.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "node-kinds"
DEMAND = "A node is of a capability or a kind that there is; loops, and only they, have a body."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the nodes that nothing runs, and bodies that are missing or of no use."""
    for place in subject.nodes:
        name = place.node.what
        if place.node.is_capability:
            yield from _capability(subject, place)
        elif place.kind is None:
            message = f"there is no kind {name!r}; there is {known_words(KINDS, name)}"
            hint = "A capability of the connector is named by the member `capability`."
            yield subject.problem(ID, message, place.pointer("kind"), hint)
        has_body = place.node.body is not None
        if place.kind and place.kind.has_body and not (has_body and place.node.body.nodes):  # type: ignore[union-attr]
            message = f"{place.node.id!r} has no nodes in its body, so each turn does nothing"
            yield subject.warning(ID, message, place.pointer("body" if has_body else "kind"))
        if has_body and (place.node.is_capability or (place.kind and not place.kind.has_body)):
            message = f"{place.node.id!r} is no loop; its body never runs"
            yield subject.problem(ID, message, place.pointer("body"))


def _capability(subject: FlowSubject, place: NodePlace) -> Iterator[Problem]:
    connector, name = subject.catalogue.connector, place.node.what
    if connector is None:
        return
    known = subject.capability(place)
    pointer = place.pointer("capability")
    if known is None:
        there = known_words(connector.every_capability, name)
        message = f"the connector {connector.id!r} has no capability {name!r}; there is {there}"
        hint = f"{name!r} is a built-in kind: name it by `kind`." if name in KINDS else ""
        yield subject.problem(ID, message, pointer, hint)
    elif known.fault:
        message = f"the capability {name!r} cannot be used: {known.fault}"
        yield subject.problem(ID, message, pointer, "Run `argosy check` on the connector.")
