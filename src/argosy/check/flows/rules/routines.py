"""A call names a routine of its own graph, a routine is called, and a return stands in one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import known_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "routines"
DEMAND = "A call names a routine of its graph; each routine is called; a return stands in one."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield calls of what is no routine, routines without a call, and returns outside of any."""
    called: set[tuple[int, str]] = set()
    for place in subject.nodes:
        name = place.node.inputs.get("routine")
        if place.is_kind("call") and isinstance(name, str):
            called.add((id(place.view), name))
            if name not in place.view.routines:
                yield _unknown(subject, place, name)
        elif place.is_kind("return") and not _is_in_routine(place):
            message = f"no way leads from a routine to {place.node.id!r}, which returns from one"
            hint = "A return answers a call; a run is answered by a `respond`."
            yield subject.warning(ID, message, place.pointer(), hint)
    for place in subject.nodes:
        if place.is_kind("routine") and (id(place.view), place.node.id) not in called:
            message = f"nothing calls the routine {place.node.id!r}, so it never runs"
            hint = "A node of the kind `call` in the same graph runs it."
            yield subject.warning(ID, message, place.pointer(), hint)


def _unknown(subject: FlowSubject, place: NodePlace, name: str) -> Problem:
    message = f"{place.node.id!r} calls the routine {name!r}, which is not there; there is "
    message += known_words(place.view.routines, name)
    hint = ""
    if name in place.view.nodes:
        message = f"{place.node.id!r} calls {name!r}, which is no routine"
        hint = "A routine starts at a node of the kind `routine`."
    elif any(name in view.routines for view in subject.views):
        message = f"{place.node.id!r} calls the routine {name!r}, which stands in another graph"
        hint = "A loop's body calls routines of its own."
    return subject.problem(ID, message, place.input_pointer(("routine",)), hint)


def _is_in_routine(place: NodePlace) -> bool:
    """Tell whether a node, or a loop around it, runs where a routine is called."""
    view, node = place.view, place.node
    while not view.is_in_routine(node.id):
        if view.parent is None or view.loop is None:
            return False
        node = view.loop
        view = view.parent
    return True
