"""What an expression cannot do without: the paths that must be there for it to have a value.

`a | default(b)` needs one of two, `a is defined` needs nothing, and of a condition or of `and`
and `or` only the first part is sure to be looked at. What is needed is written as groups: of the
paths of each group, at least one must be there.
"""

from __future__ import annotations

from jinja2 import nodes

from argosy.rendering.expression import plain_path

Group = frozenset[tuple[str, ...]]

#: Nested defaults multiply their groups; more than these are not told.
_MOST = 32


def needs(expression: nodes.Node) -> tuple[Group, ...]:
    """Return the groups of an expression that `evaluator` has accepted."""
    path = plain_path(expression)
    if path:
        return (frozenset({path}),)
    if isinstance(expression, nodes.Filter) and expression.name == "default" and expression.node:
        fallback = needs(expression.args[0])
        return tuple(a | b for a in needs(expression.node) for b in fallback)[:_MOST]
    if isinstance(expression, nodes.Test) and expression.name in {"defined", "undefined"}:
        return ()
    if isinstance(expression, nodes.And | nodes.Or):
        return needs(expression.left)
    if isinstance(expression, nodes.CondExpr):
        return needs(expression.test)
    inner = (group for child in expression.iter_child_nodes() for group in needs(child))
    return tuple(dict.fromkeys(inner))[:_MOST]
