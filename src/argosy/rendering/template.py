"""Compile templates and render them.

A template is parsed once by jinja's own parser, so the grammar is the one that people know; its
expressions become functions of the scope (see `compiled`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import jinja2
from jinja2 import nodes

from argosy.rendering.compiled import MISSING, Evaluate, Scope, evaluator, plain_path
from argosy.rendering.environment import ExpressionEnvironment
from argosy.rendering.text import to_text

if TYPE_CHECKING:
    from argosy.model import Json

_ENVIRONMENT = ExpressionEnvironment()


class TemplateSyntaxError(ValueError):
    """A text that looks like a template cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template.

    `paths` are the dotted names it reads from the scope, for checks. `render` returns a value,
    or `MISSING`; it raises ValueError where a filter refuses a value, and KeyError-free always.
    """

    source: str
    paths: tuple[tuple[str, ...], ...]
    exact: bool
    render: Evaluate

    def __repr__(self) -> str:
        return f"Template({self.source!r})"


@lru_cache(maxsize=4096)
def compile_template(source: str) -> Template:
    """Compile one text.

    Raises TemplateSyntaxError where it cannot be read or holds anything but expressions.
    """
    if "{{" not in source and "{%" not in source and "{#" not in source:
        return Template(source, (), exact=False, render=lambda _scope: source)
    parts = _parse(source)
    expressions = [part for part in parts if isinstance(part, nodes.Expr)]
    paths = tuple(dict.fromkeys(path for part in expressions for path in _paths(part)))
    if len(parts) == 1 and expressions:
        return Template(source, paths, exact=True, render=_evaluator(expressions[0]))
    return Template(source, paths, exact=False, render=_joined(parts))


def compile_value(value: Json) -> Callable[[Scope], Json]:
    """Compile a JSON value whose texts may be templates into one function of the scope.

    A member or item that is exactly one expression and is missing is dropped; a member named
    `...` spreads the object it yields into its parent. Text with a missing part raises
    ValueError, since half a text is a wrong text.
    """
    if isinstance(value, str):
        return compile_template(value).render
    if isinstance(value, Mapping):
        return _compile_object(value)
    if isinstance(value, Sequence):
        items = [compile_value(item) for item in value]
        return lambda scope: [v for item in items if (v := item(scope)) is not MISSING]
    return lambda _scope: value


def _compile_object(value: Mapping[str, Json]) -> Callable[[Scope], Json]:
    members = [(name, compile_value(member)) for name, member in value.items()]

    def render(scope: Scope) -> Json:
        result: dict[str, Json] = {}
        for name, member in members:
            rendered = member(scope)
            if rendered is MISSING:
                continue
            if name == "...":
                result.update(rendered)
            else:
                result[name] = rendered
        return result

    return render


def _parse(source: str) -> list[nodes.Expr | str]:
    try:
        tree = _ENVIRONMENT.parse(source)
        return list(_parts(tree))
    except (jinja2.TemplateError, RecursionError) as error:
        raise TemplateSyntaxError(f"{source!r} cannot be read: {error}") from error


def _parts(tree: nodes.Template) -> Iterator[nodes.Expr | str]:
    for child in tree.body:
        if not isinstance(child, nodes.Output):
            kind = type(child).__name__
            raise TemplateSyntaxError(f"only {{{{ expressions }}}} are read here, no {kind}")
        for node in child.nodes:
            yield node.data if isinstance(node, nodes.TemplateData) else node


def _joined(parts: Sequence[nodes.Expr | str]) -> Evaluate:
    evaluators = [part if isinstance(part, str) else _evaluator(part) for part in parts]

    def render(scope: Scope) -> Json:
        texts = []
        for part in evaluators:
            value = part if isinstance(part, str) else part(scope)
            if value is MISSING:
                raise ValueError("a part of the text has no value")
            texts.append(to_text(value))
        return "".join(texts)

    return render


def _evaluator(expression: nodes.Expr) -> Evaluate:
    try:
        return evaluator(expression, _ENVIRONMENT)
    except (jinja2.TemplateError, RecursionError) as error:
        raise TemplateSyntaxError(str(error)) from error


def _paths(expression: nodes.Node) -> Iterator[tuple[str, ...]]:
    """Yield each longest plain path within an expression."""
    path = plain_path(expression)
    if path:
        yield path
        return
    for child in expression.iter_child_nodes():
        yield from _paths(child)
