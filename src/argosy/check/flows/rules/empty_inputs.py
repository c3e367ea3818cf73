"""An input that is required is not an empty text.

Many schemas take one, though nothing good can come of it: a form that was never filled in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import JsonObject, Problem

ID = "empty-inputs"
DEMAND = "No required input is an empty text."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the required inputs that were left empty."""
    for place in subject.nodes:
        for name in _schema(subject, place).get("required", ()):
            value = place.node.inputs.get(name)
            if isinstance(value, str) and not value.strip():
                message = f"{place.node.id!r} needs {name!r}, which is empty"
                yield subject.warning(ID, message, place.input_pointer((name,)))


def _schema(subject: FlowSubject, place: NodePlace) -> JsonObject:
    known = subject.capability(place)
    if known is not None:
        return known.inputs.schema if known.inputs else {}
    return place.kind.inputs if place.kind else {}
