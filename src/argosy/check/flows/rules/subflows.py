"""A subflow is there, is given what it needs, and does not come back to the flow itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import known_words
from argosy.check.flows.judging import judge
from argosy.check.flows.outputs import scope_of
from argosy.check.flows.places import is_template
from argosy.dispatch.plan import defaults_of
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Flow, Problem

ID = "subflows"
DEMAND = "A subflow is there, gets the inputs that it requires, and calls no flow in a circle."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with the calls of other flows."""
    for place in subject.nodes:
        name = place.node.called_flow
        if isinstance(name, str) and not is_template(name):
            yield from _call(subject, place, name)


def _call(subject: FlowSubject, place: NodePlace, name: str) -> Iterator[Problem]:
    catalogue, pointer = subject.catalogue, place.input_pointer(("flow",))
    source = catalogue.flow(name)
    if source is None:
        there = known_words(sorted(catalogue.files), name)
        message = f"{place.node.id!r} calls the flow {name!r}, which is not there; there is {there}"
        hint = "A flow's id is the name of its file without `.flow.json`."
        yield subject.problem(ID, message, pointer, hint)
        return
    if catalogue.reaches(name, subject.source.id):
        way = "itself" if name == subject.source.id else f"{name!r}, which comes back to this flow"
        message = f"{place.node.id!r} calls {way}"
        hint = "Flows that call each other in a circle never end. A loop is a while or a for-each."
        yield subject.problem(ID, message, pointer, hint)
    if source.flow is not None and place.is_kind("subflow"):
        yield from _given(subject, place, source.flow)


def _given(subject: FlowSubject, place: NodePlace, called: Flow) -> Iterator[Problem]:
    given = place.node.inputs.get("input", {})
    schema = subject.sound(called.inputs)
    if schema is None or not isinstance(given, dict):
        return
    given = {**defaults_of(schema), **given}
    pointer = place.input_pointer(("input",) if "input" in place.node.inputs else ())
    for problem in judge(subject, scope_of(subject, place), given, Validator(schema)):
        yield replace(
            problem,
            code=ID,
            message=f"{place.node.id!r} calls {called.id!r}: {problem.message}",
            pointer=pointer + problem.pointer,
            file=subject.source.file,
        )
