"""A run responds once, with what the flow's `outputs` promise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.flows.judging import judge
from argosy.check.flows.outputs import scope_of
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "responses"
DEMAND = "A run responds once on each way, with a body that fits the flow's outputs."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield responses that come second, and bodies that do not fit."""
    responds = [place for place in subject.nodes if place.is_kind("respond")]
    for place in responds:
        yield from _second(subject, place, responds)
    schema = subject.sound(subject.flow.outputs) if subject.flow else None
    if schema is not None:
        validator = Validator(schema)
        for place in responds:
            if place.node.inputs.get("status", "success") == "success":
                yield from _body(subject, place, validator)


def _second(subject: FlowSubject, place: NodePlace, responds: list[NodePlace]) -> Iterator[Problem]:
    node, view = place.node, place.view
    hint = "A second response is an error, and the run fails."
    before = [
        other.node.id
        for other in responds
        if other.view is view and view.comes_before(other.node.id, node.id)
    ]
    if before:
        message = f"{node.id!r} responds where {before[0]!r} has responded already"
        yield subject.warning(ID, message, place.pointer(), hint)
    elif view.loop is not None:
        message = f"{node.id!r} responds in each turn of {view.loop.id!r}"
        yield subject.warning(ID, message, place.pointer(), hint)


def _body(subject: FlowSubject, place: NodePlace, validator: Validator) -> Iterator[Problem]:
    body = place.node.inputs.get("body")
    for problem in judge(subject, scope_of(subject, place), body, validator):
        member = ("body",) if "body" in place.node.inputs else ()
        yield replace(
            problem,
            code=ID,
            message=f"{place.node.id!r} responds with what `outputs` excludes: {problem.message}",
            pointer=place.input_pointer(member) + problem.pointer,
            file=subject.source.file,
        )
