"""Compile templates: text with `{{ expressions }}`, and JSON values whose texts are templates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import jinja2
from jinja2 import nodes
from jinja2.parser import Parser

from argosy.rendering.expression import (
    MISSING,
    Evaluate,
    ExpressionError,
    Scope,
    evaluator,
    paths,
    plain_path,
)
from argosy.rendering.filters import join_texts
from argosy.rendering.needs import Group, needs

if TYPE_CHECKING:
    from argosy.model import Json

_GRAMMAR = jinja2.Environment(autoescape=False)  # noqa: S701 - parses only, writes no HTML
_LONGEST = 10_000


class TemplateSyntaxError(ValueError):
    """A text that looks like a template cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template.

    `paths` are the dotted names it reads from the scope, for checks; `exact` says whether it is
    one expression and nothing else, and `path` is that expression where it is a dotted name and
    no more. Of the paths of each group in `needs`, one must be there for a value. `render`
    returns a value, or `MISSING`; it raises ValueError where a filter or operator refuses a
    value, or a part of a text has no value.
    """

    source: str
    paths: tuple[tuple[str, ...], ...]
    exact: bool
    render: Evaluate
    path: tuple[str, ...] = ()
    needs: tuple[Group, ...] = ()

    def __repr__(self) -> str:
        return f"Template({self.source!r})"


@lru_cache(maxsize=4096)
def compile_template(source: str) -> Template:
    """Compile one text.

    Raises TemplateSyntaxError where it cannot be read or holds anything but expressions.
    """
    if "{{" not in source and "{%" not in source and "{#" not in source:
        return Template(source, (), exact=False, render=lambda _scope: source)
    parts = list(template_parts(source))
    try:
        renders = [part if isinstance(part, str) else evaluator(part) for part in parts]
    except ExpressionError as error:
        raise TemplateSyntaxError(f"{_shown(source)} cannot be read: {error}") from error
    expressions = [part for part in parts if not isinstance(part, str)]
    read = tuple(dict.fromkeys(path for part in expressions for path in paths(part)))
    needed = tuple(dict.fromkeys(group for part in expressions for group in needs(part)))
    if len(renders) == 1 and not isinstance(renders[0], str):
        path = plain_path(expressions[0])
        return Template(source, read, True, renders[0], path, needed)
    return Template(source, read, False, _joined(renders), needs=needed)


def compile_value(value: Json) -> Callable[[Scope], Json]:
    """Compile a JSON value whose texts may be templates into one function of the scope.

    A member or item that is exactly one expression and is missing is dropped; a member named
    `...` spreads the object it yields, or each object of a list, into its parent. Text with a
    missing part raises ValueError, since half a text is a wrong text.
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
            if name != "...":
                result[name] = rendered
                continue
            for spread in rendered if isinstance(rendered, list) else [rendered]:
                if not isinstance(spread, Mapping):
                    raise ValueError("only an object can be spread with `...`")  # noqa: TRY004
                result.update(spread)
        return result

    return render


def _joined(parts: Sequence[str | Evaluate]) -> Evaluate:
    def render(scope: Scope) -> Json:
        values = [part if isinstance(part, str) else part(scope) for part in parts]
        if any(value is MISSING for value in values):
            raise ValueError("a part of the text has no value")
        return join_texts(values)

    return render


def template_parts(source: str) -> Iterator[str | nodes.Expr]:
    """Yield the literal texts and the parsed expressions of a template, in order.

    Raises TemplateSyntaxError.
    """
    position = 0
    while position < len(source):
        start = source.find("{{", position)
        literal = source[position:] if start < 0 else source[position:start]
        if "{%" in literal or "{#" in literal:
            raise TemplateSyntaxError(
                f"{_shown(source)} cannot be read: only {{{{ expressions }}}} are, no statements "
                "and no comments"
            )
        if literal:
            yield literal
        if start < 0:
            return
        end = _end_of_expression(source, start + 2)
        yield _parse(source, source[start + 2 : end])
        position = end + 2


def _end_of_expression(source: str, start: int) -> int:
    """Return where the `}}` stands that ends an expression; braces and quotes may be inside."""
    depth, quote, position = 0, "", start
    while position < len(source):
        letter = source[position]
        if quote:
            position += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "{":
            depth += 1
        elif letter == "}" and depth:
            depth -= 1
        elif source.startswith("}}", position):
            return position
        position += 1
    raise TemplateSyntaxError(f"{_shown(source)} cannot be read: '}}}}' is missing")


def _parse(source: str, expression: str) -> nodes.Expr:
    if expression[:1] in {"-", "+"} or len(expression) > _LONGEST:
        why = "it is too long" if len(expression) > _LONGEST else "put a space behind '{{'"
        raise TemplateSyntaxError(f"{_shown(source)} cannot be read: {why}")
    try:
        parser = Parser(_GRAMMAR, expression, state="variable")
        parsed = parser.parse_expression()
        if not parser.stream.eos:
            parser.fail(f"unexpected {parser.stream.current.value!r}")
    except jinja2.TemplateError as error:
        raise TemplateSyntaxError(f"{_shown(source)} cannot be read: {error.message}") from error
    except (ValueError, RecursionError) as error:  # a number too long; nested too deeply
        raise TemplateSyntaxError(f"{_shown(source)} cannot be read: {error}") from error
    return parsed


def _shown(source: str) -> str:
    return repr(source if len(source) <= 80 else f"{source[:79]}…")
