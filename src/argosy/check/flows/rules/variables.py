"""Variables are declared, begin with something, are read, and are set to what they may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.check.flows.catalogue import known_words
from argosy.check.flows.judging import holes_of, judge
from argosy.check.flows.outputs import scope_of
from argosy.check.flows.places import is_template
from argosy.check.flows.shapes import type_words
from argosy.model import join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.places import NodePlace
    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Json, Problem, Variable

ID = "variables"
DEMAND = "Variables are declared, set or given a value, read, and of the type they declare."

_NUMBERS = frozenset({"integer", "number"})


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with the variables and with the nodes that set them."""
    written: set[str] = set()
    is_known = True
    for place in subject.nodes:
        values = _values(place)
        if values is None:
            is_known = False
            continue
        for name, (pointer, value) in values.items():
            written.add(name)
            yield from _set(subject, place, name, pointer, value)
    read = {p[1] for e in subject.expressions for p in e.template.paths if p[0] == "vars" and p[1:]}
    reads_all = any(p == ("vars",) for e in subject.expressions for p in e.template.paths)
    for variable in subject.variables.values():
        is_read = reads_all or variable.name in read
        is_set = not is_known or variable.name in written
        yield from _use(subject, variable, is_read=is_read, is_set=is_set)
        yield from _value(subject, variable)


def _values(place: NodePlace) -> dict[str, tuple[str, Json]] | None:
    """Return what a node sets, each with its place; None where that shows in a run only."""
    if place.is_kind("set-variable"):
        values = place.node.inputs.get("values", {})
        if not isinstance(values, dict):
            return None
        return {n: (place.input_pointer(("values", n)), value) for n, value in values.items()}
    if place.is_kind("increment"):
        name = place.node.inputs.get("variable", "")
        if not isinstance(name, str) or is_template(name):
            return None
        return {name: (place.input_pointer(("variable",)), None)}
    return {}


def _set(
    subject: FlowSubject, place: NodePlace, name: str, pointer: str, value: Json
) -> Iterator[Problem]:
    if name not in subject.variables:
        there = known_words(sorted(subject.variables), name)
        message = f"{place.node.id!r} sets {name!r}, which the flow does not declare"
        yield subject.problem(ID, f"{message}; there is {there}", pointer)
        return
    if place.is_kind("increment"):
        types = subject.variable_shapes[name].types
        if not types & (_NUMBERS | {"null"}):
            message = f"{place.node.id!r} adds to {name!r}, which is {type_words(types)}"
            yield subject.problem(ID, message, pointer)
        return
    validator = subject.variable_validators[name]
    if validator is not None:
        scope = scope_of(subject, place)
        for problem in judge(subject, scope, value, validator):
            yield replace(
                problem,
                code=ID,
                message=f"{place.node.id!r} sets {name!r}: {problem.message}",
                pointer=pointer + problem.pointer,
                file=subject.source.file,
            )


def _use(
    subject: FlowSubject, variable: Variable, *, is_read: bool, is_set: bool
) -> Iterator[Problem]:
    pointer = join_pointer(("variables", variable.name))
    if variable.scope == "shared" or subject.is_imported:
        return  # other flows may read it, and set it; of imported ones DaVinci's own rules say it
    if not is_read:
        what = "is set, but never read" if is_set else "is neither set nor read"
        yield subject.warning(ID, f"the variable {variable.name!r} {what}", pointer)
    elif not is_set and variable.value is None:
        message = f"the variable {variable.name!r} is read, but never set nor given a value"
        yield subject.warning(ID, message, pointer, "It is always null; give it a `value`.")


def _value(subject: FlowSubject, variable: Variable) -> Iterator[Problem]:
    pointer = join_pointer(("variables", variable.name, "value"))
    validator = subject.variable_validators[variable.name]
    if variable.value is not None and validator is not None:
        for problem in validator.problems(variable.value):
            message = f"the variable {variable.name!r} begins with what it may not be"
            yield subject.problem(
                ID, f"{message}: {problem.message}", pointer + problem.pointer, problem.hint
            )
    for path, _ in holes_of(variable.value):
        message = f"the value of {variable.name!r} is not computed; this is text"
        hint = "Set it in a node of the kind `set-variable`."
        yield subject.warning(ID, message, pointer + join_pointer(path), hint)
