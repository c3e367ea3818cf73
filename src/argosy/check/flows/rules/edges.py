"""An edge leads from an outcome that its node has to a node of the same graph, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import known_words
from argosy.check.flows.graph import is_note, outcomes
from argosy.model import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.graph import GraphView
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Edge, Problem

ID = "edges"
DEMAND = "An edge leads from an outcome that there is to a node that there is."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with each edge."""
    for view in subject.views:
        notes = {node.id for node in view.graph.nodes if is_note(node)} - view.nodes.keys()
        seen: set[Edge] = set()
        for index, edge in enumerate(view.graph.edges):
            pointer = f"{view.graph.pointer}/edges/{index}"
            if edge in seen:
                message = f"the edge from {edge.source!r} ({edge.outcome}) to {edge.target!r}"
                yield subject.problem(ID, f"{message} is there twice", pointer)
                continue
            seen.add(edge)
            for member, name in (("from", edge.source), ("to", edge.target)):
                message = _end(subject, view, notes, name)
                if message:
                    yield subject.problem(ID, message, f"{pointer}/{member}")
            if edge.target in view.routines:
                message = f"an edge leads to {edge.target!r}, a routine, which starts when called"
                hint = f"Draw the edge to a node of the kind `call` that names {edge.target!r}."
                yield subject.problem(ID, message, f"{pointer}/to", hint)
            if edge.source in view.nodes:
                yield from _outcome(subject, view, edge, pointer)


def _end(subject: FlowSubject, view: GraphView, notes: set[str], name: str) -> str:
    if name in view.nodes:
        return ""
    if name in notes:
        return f"{name!r} is a note, which never runs; no edge starts or ends at one"
    if any(name in other.nodes for other in subject.views):
        return f"{name!r} stands in another graph; no edge leads into a loop's body or out of it"
    return f"there is no node {name!r}; there is {known_words(view.nodes, name)}"


def _outcome(subject: FlowSubject, view: GraphView, edge: Edge, pointer: str) -> Iterator[Problem]:
    node = view.nodes[edge.source]
    there = outcomes(node)
    if there is not None and edge.outcome not in (*there, ALWAYS):
        listed = known_words((*there, ALWAYS), edge.outcome)
        message = f"{node.id!r} has no outcome {edge.outcome!r}; there is {listed}"
        yield subject.doubt(ID, message, f"{pointer}/outcome")
    elif not node.is_capability and node.what == "fail":
        message = f"{node.id!r} is to end the run as failed, and this edge makes it go on"
        yield subject.warning(ID, message, pointer)
