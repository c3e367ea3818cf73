"""Compile the inputs of nodes: values whose texts may be expressions, strict about what is missing.

A capability's request leaves out what is missing; a node's input is another matter: an
expression that reads what is not there is a mistake to be told, with its name. Who wants to leave
an input out says so: `{{ input.limit | default(omit) }}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from argosy.errors import ExpressionError, MissingValueError
from argosy.model import Problem, join_pointer, lookup_pointer
from argosy.rendering import (
    MISSING,
    ExpressionFunction,
    Template,
    TemplateSyntaxError,
    compile_template,
)

if TYPE_CHECKING:
    from argosy.model import Flow, Json
    from argosy.rendering import Scope

Render = Callable[["Scope"], "Json"]


class _Omit:
    """The type of `OMIT`."""

    def __repr__(self) -> str:
        return "omit"


#: What an expression yields whose member or item is to be left out.
OMIT: Final = _Omit()


def compile_strict(value: Json, pointer: str = "") -> Render:
    """Compile a value into a function of the scope; `pointer` is its place in the flow's file.

    The function raises MissingValueError and ExpressionError. A value without expressions is
    given as it is, not copied. Raises TemplateSyntaxError for a text that cannot be read.
    """
    if isinstance(value, str):
        return _compile_text(value, pointer)
    if is_constant(value):
        return lambda _scope: value
    if isinstance(value, Mapping):
        members = [
            (name, compile_strict(member, join_below(pointer, name)))
            for name, member in value.items()
        ]
        return lambda scope: {
            name: found for name, render in members if (found := render(scope)) is not OMIT
        }
    items = [compile_strict(item, join_below(pointer, index)) for index, item in enumerate(value)]
    return lambda scope: [found for render in items if (found := render(scope)) is not OMIT]


def is_constant(value: Json) -> bool:
    """Tell whether a value holds no expression."""
    if isinstance(value, str):
        return "{{" not in value and "{%" not in value and "{#" not in value
    if isinstance(value, Mapping):
        return all(map(is_constant, value.values()))
    return not isinstance(value, Sequence) or all(map(is_constant, value))


def makes_ids(value: Json) -> bool:
    """Tell whether an expression in a value reads `new_uuid`, whose ids are a step's own."""
    if isinstance(value, str):
        return "new_uuid" in value and ("new_uuid",) in compile_template(value).paths
    if isinstance(value, Mapping):
        return any(map(makes_ids, value.values()))
    return isinstance(value, Sequence) and any(map(makes_ids, value))


def read_names(value: Json) -> Iterator[str]:
    """Yield the last names of the paths that the expressions in a value read."""
    if isinstance(value, str):
        for path in compile_template(value).paths:
            if len(path) > 1:
                yield path[-1]
    elif isinstance(value, Mapping | list):
        for part in value.values() if isinstance(value, Mapping) else value:
            yield from read_names(part)


def outputs_read(flow: Flow) -> dict[str, tuple[str, ...]]:
    """Return the names under which the expressions of a flow read outputs, by node."""
    found: dict[str, dict[str, None]] = {}
    for node in flow.graph.every_node():
        for text in _output_templates(node.inputs):
            try:
                paths = compile_template(text).paths
            except TemplateSyntaxError:  # told where that node is compiled
                continue
            for path in paths:
                if path[0] == "nodes" and path[2:3] == ("outputs",) and len(path) > 3:
                    found.setdefault(path[1], {})[path[3]] = None
    return {node: tuple(names) for node, names in found.items()}


def _output_templates(value: Json) -> Iterator[str]:
    """Yield the texts in a value that may read outputs."""
    if isinstance(value, str):
        if "outputs" in value and "{{" in value:
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _output_templates(part)


def join_below(pointer: str, name: str | int) -> str:
    """Return the pointer of a member or item of what `pointer` leads to."""
    return pointer + join_pointer((name,))


def _compile_text(text: str, pointer: str) -> Render:
    template = compile_template(text)
    if not template.exact and not template.paths and is_constant(text):
        return lambda _scope: text
    render = template.render

    def strict(scope: Scope) -> Json:
        try:
            value = render(scope)
        except ValueError as error:
            raise _failure(template, scope, pointer, str(error)) from error
        if value is MISSING:
            raise _failure(template, scope, pointer, "it has no value")
        if isinstance(value, ExpressionFunction):
            raise _failure(template, scope, pointer, "a function is called with () behind its name")
        return value

    return strict


def _failure(
    template: Template, scope: Scope, pointer: str, detail: str
) -> MissingValueError | ExpressionError:
    shown = template.source if len(template.source) <= 200 else f"{template.source[:199]}…"
    for path in template.paths:
        missing = first_missing(path, scope)
        if missing:
            problem = Problem("missing-value", f"there is no {missing}", pointer)
            return MissingValueError(expression=shown, missing=missing, problems=[problem])
    problem = Problem("expression", detail, pointer)
    return ExpressionError(expression=shown, detail=detail, problems=[problem])


def first_missing(path: Sequence[str], scope: Scope) -> str:
    """Return the shortest beginning of a dotted path that is not in the scope, or nothing."""
    found: Any = scope
    for count, name in enumerate(path, 1):
        if not isinstance(found, Mapping) or name not in found:
            return ".".join(path[:count])
        found = found[name]
    return ""


def value_at(document: Json, pointer: str) -> Json:
    """Return what stands at a pointer of a flow's document."""
    return lookup_pointer(document, pointer)
