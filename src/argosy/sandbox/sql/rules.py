"""How the functions of a dialect are written down: a table of names, and code for some.

A line of a table is `name[=target] low[-high|+] [> outer]`: the function's name, what it is in
DuckDB (a function of DuckDB's or a macro of ours) where that differs, how many arguments it
takes, and for an aggregate what goes around it with its OVER and FILTER.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession

Arguments = list[exp.Expr]
Builder = Callable[[Arguments, "QuerySession"], exp.Expr]

_LINE: Final = re.compile(r"^(\w+)(?:=(\S+))? (\d+)(?:-(\d+)|(\+))?(?: > (\w+))?$")
MADE: Final = "made"
"""The mark of a call that was put in by us."""
AGGREGATE: Final = "aggregate"
"""The mark of what is an aggregate or a function of a window."""
_MANY: Final = 100_000


class Rule(Struct, frozen=True):
    """What becomes of the calls of one function."""

    low: int
    high: int
    target: str | Builder
    outer: str | None = None
    is_aggregate: bool = False


def words(listed: str) -> frozenset[str]:
    """Give the words of a text."""
    return frozenset(listed.split())


Rules = Mapping[str, Rule]


def table(text: str, *, aggregates: bool = False) -> dict[str, Rule]:
    """Read a table of functions."""
    rules: dict[str, Rule] = {}
    for line in text.strip().splitlines():
        found = _LINE.match(line.strip())
        if found is None:
            raise ValueError(line)
        name, target, low, high, more, outer = found.groups()
        top = _MANY if more else int(high or low)
        rules[name] = Rule(int(low), top, target or name, outer, aggregates)
    return rules


def builders(made: Mapping[str, tuple[int, int, Builder]]) -> dict[str, Rule]:
    """Make rules of functions that need code."""
    return {name: Rule(low, high, build) for name, (low, high, build) in made.items()}


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """Make the call of a function of DuckDB's or a macro; it isn't translated again."""
    made = exp.Anonymous(this=name, expressions=list(arguments))
    made.meta[MADE] = True
    return made


def text(value: str) -> exp.Literal:
    """Make a text."""
    return exp.Literal.string(value)


def number(value: float) -> exp.Expr:
    """Make a number."""
    literal = exp.Literal.number(abs(value))
    return exp.Paren(this=exp.Neg(this=literal)) if value < 0 else literal


def constant_text(node: exp.Expr, what: str) -> str:
    """Give a text that has to stand in the query as it is."""
    if isinstance(node, exp.Literal) and node.is_string:
        return str(node.this)
    if isinstance(node, exp.Paren):
        return constant_text(node.this, what)
    raise QueryFailedError(f"{what} must be a constant text in the sandbox", "unsupported")


def is_text(node: exp.Expr) -> bool:
    """Say whether a node is a constant text."""
    return isinstance(node, exp.Literal) and bool(node.is_string)


def is_null(node: exp.Expr) -> bool:
    """Say whether a node is NULL as written, or a cast of it."""
    while isinstance(node, exp.Cast | exp.Paren):
        node = node.this
    return isinstance(node, exp.Null)


def folded(operator: type[exp.Binary], parts: Arguments) -> exp.Expr:
    """Join parts with an operator, in parentheses."""
    joined = parts[0]
    for part in parts[1:]:
        joined = operator(this=joined, expression=part)
    return exp.Paren(this=joined) if len(parts) > 1 else joined


def null_if_any_is_null(parts: Arguments, value: exp.Expr) -> exp.Expr:
    """Make CASE WHEN a IS NULL OR … THEN NULL ELSE value END."""
    tests: Arguments = [exp.Is(this=_grouped(part.copy()), expression=exp.Null()) for part in parts]
    either = folded(exp.Or, tests)
    return exp.Case(ifs=[exp.If(this=either, true=exp.Null())], default=value)


def _grouped(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node) if isinstance(node, exp.Binary | exp.Not) else node
