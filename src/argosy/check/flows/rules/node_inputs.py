"""The inputs of a node are those that its capability or kind declares, and fit their schemas.

Where an expression stands, its type is judged as far as it is known: that of an input, of a
variable, of another node's output, or of text. What else it gives is found out in a run.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.flows.judging import judge
from argosy.check.flows.outputs import scope_of
from argosy.check.flows.places import computed_texts, is_template
from argosy.dispatch.plan import defaults_of
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "node-inputs"
DEMAND = "The inputs of a node are declared, complete, and of the types that are asked for."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with the inputs of each node."""
    validators: dict[str, Validator] = {}
    for place in subject.nodes:
        validator = _validator(subject, place, validators)
        if validator is not None:
            yield from _judged(subject, place, validator)
        for path, text in computed_texts(place):
            if place.kind and path[-1] in _CONDITIONS and path[0] in place.kind.late:
                template = subject.compiled(text)
                if not isinstance(template, str) and not template.exact:
                    message = f"{place.node.id!r} compares nothing: {text!r} is text"
                    hint = "Write one expression that gives true or false: {{ input.count > 3 }}."
                    yield subject.problem(ID, message, place.input_pointer(path), hint)


_CONDITIONS = frozenset({"when", "condition"})


def _validator(
    subject: FlowSubject, place: NodePlace, kept: dict[str, Validator]
) -> Validator | None:
    if place.node.is_capability:
        known = subject.capability(place)
        return known.inputs if known else None
    if place.kind is None:
        return None
    if place.kind.name not in kept:
        kept[place.kind.name] = Validator(place.kind.inputs)
    return kept[place.kind.name]


def _judged(subject: FlowSubject, place: NodePlace, validator: Validator) -> Iterator[Problem]:
    late = place.kind.late if place.kind else frozenset()
    holes = {path: text for path, text in computed_texts(place) if is_template(text)}
    # What a kind computes itself has the schema of its text, which no expression's type fits.
    typed = {path: text for path, text in holes.items() if path[0] not in late}
    given = {**defaults_of(validator.schema), **place.node.inputs}
    scope = scope_of(subject, place)
    for problem in judge(subject, scope, given, validator, holes, typed):
        yield replace(
            problem,
            code=ID,
            message=f"{place.node.id!r}: {problem.message}",
            pointer=place.pointer("inputs") + problem.pointer,
            file=subject.source.file,
        )
