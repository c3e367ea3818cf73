"""No node waits, or is given time, for longer than the whole run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.model import WAIT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "timeouts"
DEMAND = "No node waits longer than the run, or the node itself, may take."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the times that are never reached."""
    if subject.flow is None:
        return
    limit = subject.flow.settings.timeout_seconds
    for place in subject.nodes:
        own = place.node.timeout_seconds
        if own is not None and own > limit:
            message = f"{place.node.id!r} may take {own:g} s, and the whole run {limit:g} s"
            yield subject.warning(ID, message, place.pointer("timeoutSeconds"), _HINT)
        least = limit if own is None else min(own, limit)
        for name, seconds in _waits(place):
            if seconds > least:
                whose = "the whole run" if least == limit else "the node"
                message = f"{place.node.id!r} waits {seconds:g} s, and {whose} may take {least:g} s"
                yield subject.warning(ID, message, place.input_pointer((name,)), _HINT)


_HINT = "`settings.timeoutSeconds` of the flow says how long a run may take."


def _waits(place: NodePlace) -> Iterator[tuple[str, float]]:
    names = ("seconds",) if place.is_kind("wait") else ()
    if place.node.is_capability:
        names = (WAIT_SECONDS,)
    for name in names:
        seconds = place.node.inputs.get(name)
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            yield name, seconds
