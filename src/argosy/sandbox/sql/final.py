"""The last steps over a translated query, before it is written and run."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from argosy.sandbox.sql.errors import TOO_DEEP, QueryFailedError, unsupported
from argosy.sandbox.sql.macros import creation, definitions, growth, is_typed
from argosy.sandbox.sql.rules import AGGREGATE, MADE, call, text, words
from argosy.sandbox.sql.tables import CTE

HEAVIEST: Final = 300_000
"""How many nodes a query may grow to."""


def check_translated(root: exp.Expr) -> None:
    """Make sure, before a query is run, that nothing in it has come past the translation.

    Every function is one that was put there, and every table is written in full or is a common
    table expression. This can't fail unless something above it is wrong.
    """
    for node in root.walk():
        if isinstance(node, exp.Anonymous) and not node.meta.get(MADE):
            raise QueryFailedError(f"Function {node.name.lower()} not registered")
        if isinstance(node, exp.Func) and type(node) not in _WRITTEN:
            raise unsupported(f"The function {type(node).__name__.lower()}")
        if isinstance(node, exp.Table) and not (
            node.catalog == "td" or (node.name.startswith(CTE) and not node.db)
        ):
            raise QueryFailedError(f"Table {node.name} does not exist")


_WRITTEN: Final = frozenset(
    getattr(exp, name)
    for name in words(
        "Anonymous Array Cast TryCast Case If GroupConcat Unnest Exists Any All And Or Concat "
        "HexString UnicodeString Explode"
    )
)


def typed_apart(root: exp.Expr) -> None:
    """Give the calls of typed macros over aggregates their arguments by way of a lambda.

    DuckDB doesn't know an aggregate's or a window's type yet when it chooses an overload, and
    would take a wrong one without a word; a lambda's parameter has a type.
    """
    calls: dict[int, tuple[int, exp.Expr]] = {}
    for node in root.walk():
        if not (isinstance(node, exp.Window | exp.GroupConcat) or node.meta.get(AGGREGATE)):
            continue
        parent = node.parent
        while parent is not None and not isinstance(parent, exp.Query):
            if (
                isinstance(parent, exp.Anonymous)
                and parent.this in definitions()
                and is_typed(parent.this)
            ):
                calls[id(parent)] = (parent.depth, parent)
            parent = parent.parent
    for _, node in sorted(calls.values(), key=lambda one: -one[0]):
        _put_apart(node)


def _put_apart(node: exp.Expr) -> None:
    row: list[exp.Expr] = []
    inside: list[exp.Expr] = []
    for one in node.expressions:
        if isinstance(one, exp.Literal | exp.Lambda | exp.PropertyEQ | exp.Null):
            inside.append(one)
            continue
        field = exp.to_identifier(f"a{len(row)}")
        row.append(exp.PropertyEQ(this=field, expression=one))
        # by its name in brackets: behind a dot, HAVING takes it for a column
        inside.append(
            exp.Bracket(this=exp.to_identifier("typed"), expressions=[text(f"a{len(row) - 1}")])
        )
    holder = exp.Bracket(expressions=[exp.Literal.number(1)])
    node.replace(holder)
    body = exp.Lambda(this=call(node.name, *inside), expressions=[exp.to_identifier("typed")])
    listed = exp.Array(expressions=[call("struct_pack", *row)])
    holder.set("this", call("list_transform", listed, body))


def macros_of(root: exp.Expr) -> list[str]:
    """Give the statements that make the macros a query calls; fail where they would grow too big.

    A macro's text is put in the place of its call, its arguments as often as it names them: a
    deep nest of calls could fill the memory before it runs.
    """
    known = definitions()
    statements: dict[str, None] = {}
    weight, stack = 0, [(root, 1)]
    while stack:
        node, factor = stack.pop()
        weight += factor
        if weight > HEAVIEST:
            raise QueryFailedError(TOO_DEEP)
        if isinstance(node, exp.Anonymous) and node.this in known:
            statements.update(dict.fromkeys(creation(node.this)))
            factor *= growth(node.this)
        stack += [(child, factor) for child in node.iter_expressions()]
    return list(statements)
