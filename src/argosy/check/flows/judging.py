"""Judge values that hold expressions by a schema: what is said would be wrong whatever they give.

Where an expression stands, nothing is known but, at times, its type. So a finding at or below
one is not told, nor one that could depend on what it gives: a choice between alternatives, a
condition, a pattern of members. That a member is missing or unknown depends on no expression.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from argosy.check.flows.outputs import value_shape
from argosy.check.flows.places import Steps, is_template
from argosy.check.flows.shapes import TYPES, Shape, type_words
from argosy.model import Json, JsonObject, Problem, join_pointer
from argosy.validation.messages import problems_of
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jsonschema import ValidationError

    from argosy.check.flows.scope import Scope
    from argosy.check.flows.subject import FlowSubject
    from argosy.validation import Validator

#: Keywords that judge the value itself, whatever the expressions within it give.
_SURE: Final = frozenset(
    {"additionalProperties", "minItems", "minProperties", "propertyNames", "required", "type"}
)
_CONDITIONAL: Final = frozenset({"then", "else", "dependentSchemas"})


def judge(
    subject: FlowSubject,
    scope: Scope,
    value: Json,
    validator: Validator,
    holes: Mapping[Steps, str] | None = None,
    typed: Mapping[Steps, str] | None = None,
) -> Iterator[Problem]:
    """Yield what is wrong with a value; pointers lead from the value.

    `holes` are the texts in it that are computed and hold expressions, all that look so unless
    said otherwise; `typed` are those of them whose own types are to fit.
    """
    if holes is None:
        holes = dict(holes_of(value))
    root: JsonObject = validator.schema
    found = {
        problem
        for error in validator.findings(value)
        if _is_sure(error, holes)
        for problem in problems_of(error, root)
    }
    yield from sorted(found, key=lambda problem: (problem.pointer, problem.message))
    for path, text in (holes if typed is None else typed).items():
        wanted = _at(Shape(root, root), path)
        given = value_shape(subject, scope, text)
        if wanted is not None and given.types != TYPES:
            template = subject.compiled(text)
            is_alone = not isinstance(template, str) and template.exact
            problem = _mismatch(text, given, wanted, is_alone=is_alone)
            if problem:
                yield replace(problem, pointer=join_pointer(path))


def holes_of(value: Json, path: Steps = ()) -> Iterator[tuple[Steps, str]]:
    """Yield the texts within a value that hold expressions, with their paths."""
    if isinstance(value, str):
        if is_template(value):
            yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from holes_of(member, (*path, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from holes_of(item, (*path, index))


def _is_sure(error: ValidationError, holes: Mapping[Steps, str]) -> bool:
    if not holes:
        return True
    if not _CONDITIONAL.isdisjoint(map(str, error.absolute_schema_path)):
        return False
    path = tuple(error.absolute_path)
    if any(path[:count] in holes for count in range(len(path) + 1)):
        return False
    if error.validator == "additionalProperties" and error.validator_value is not False:
        return False
    return error.validator in _SURE or not any(hole[: len(path)] == path for hole in holes)


def _at(shape: Shape, path: Steps) -> Shape | None:
    found: Shape | None = shape
    for step in path:
        if found is None:
            return None
        found = found.item() if isinstance(step, int) else found.member(step)
    return found


def _mismatch(text: str, given: Shape, wanted: Shape, *, is_alone: bool) -> Problem | None:
    """Say that no value of one shape fits the other, as far as types tell."""
    if given.types & wanted.types or not given.types or not wanted.types:
        return None
    message = f"{show(text)} gives {type_words(given.types)}, not {type_words(wanted.types)}"
    return Problem("", message, hint="" if is_alone else _ALONE)


_ALONE: Final = "An expression keeps its type where it stands alone, with nothing around it."
