"""Turn an expression's syntax tree into a Python function.

Jinja's own compiled form costs some ten microseconds an evaluation, most of it for a context
that an expression does not need. The forms that capabilities are made of (paths, constants,
filters, comparisons, `is defined`, calls of the scope's functions) become closures here;
anything else goes to jinja. Both obey the same rules, and a property test compares them:
what is undefined makes the whole expression `MISSING`, but for `default` and `is defined`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import jinja2
from jinja2 import nodes

from argosy.model import Json
from argosy.rendering.environment import ExpressionEnvironment, is_undefined

Scope = Mapping[str, Json]
Evaluate = Callable[[Scope], Json]


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


#: What a template yields whose value is not there.
MISSING: Final = _Missing()

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


class _NotSimpleError(Exception):
    """The expression is not one of the simple forms."""


def evaluator(expression: nodes.Expr, environment: ExpressionEnvironment) -> Evaluate:
    """Return the function of the scope that an expression is.

    The function raises ValueError where a filter or operator refuses its values. Raises
    jinja2.TemplateError where jinja cannot compile the expression.
    """
    try:
        return _guarded(_closure(expression, environment))
    except _NotSimpleError:
        return _by_jinja(expression, environment)


def plain_path(expression: nodes.Node) -> tuple[str, ...]:
    """Return the names of `a.b.c` or `a['b']`, or nothing for any other expression."""
    if isinstance(expression, nodes.Name):
        return (expression.name,)
    if isinstance(expression, nodes.Getattr | nodes.Getitem):
        before, member = plain_path(expression.node), _member(expression)
        return (*before, member) if before and isinstance(member, str) else ()
    return ()


def _guarded(evaluate: Evaluate) -> Evaluate:
    def guarded(scope: Scope) -> Json:
        try:
            return evaluate(scope)
        except (TypeError, ArithmeticError, AttributeError, LookupError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    return guarded


def _closure(  # noqa: PLR0911 - one return a form
    node: nodes.Expr, environment: ExpressionEnvironment
) -> Evaluate:
    if isinstance(node, nodes.Name):
        name = node.name
        return lambda scope: scope.get(name, MISSING)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        return _member_access(node, environment)
    if isinstance(node, nodes.Const):
        value = node.value
        return lambda _scope: value
    if isinstance(node, nodes.List):
        items = [_closure(item, environment) for item in node.items]
        return lambda scope: _whole([item(scope) for item in items])
    if isinstance(node, nodes.Filter) and node.node is not None:
        return _filter(node, environment)
    if isinstance(node, nodes.Compare) and len(node.ops) == 1:
        return _comparison(node, environment)
    if isinstance(node, nodes.Test) and node.name == "defined" and not node.args:
        subject = _closure(node.node, environment)
        return lambda scope: subject(scope) is not MISSING
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and not _arguments(node):
        return _function_call(node.node.name, environment)
    raise _NotSimpleError


def _member(node: nodes.Getattr | nodes.Getitem) -> Json:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node.arg, nodes.Const):
        return node.arg.value
    return None


def _member_access(
    node: nodes.Getattr | nodes.Getitem, environment: ExpressionEnvironment
) -> Evaluate:
    member = _member(node)
    if not isinstance(member, str | int) or isinstance(member, bool):
        raise _NotSimpleError
    inner = _closure(node.node, environment)

    def access(scope: Scope) -> Json:
        value = inner(scope)
        if type(value) is dict:
            return value.get(member, MISSING)
        if value is MISSING:
            return MISSING
        found = environment.getitem(value, member)
        return MISSING if is_undefined(found) else found

    return access


def _filter(node: nodes.Filter, environment: ExpressionEnvironment) -> Evaluate:
    function = environment.filters.get(node.name)
    plain = function is not None and not hasattr(function, "jinja_pass_arg")
    if not plain or function is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise _NotSimpleError
    if node.node is None:
        raise _NotSimpleError
    subject = _closure(node.node, environment)
    arguments = [_closure(argument, environment) for argument in node.args]
    if node.name == "default":
        if len(arguments) != 1:
            raise _NotSimpleError
        return lambda scope: _first_found(subject(scope), arguments[0], scope)

    def apply(scope: Scope) -> Json:
        values = [subject(scope)]
        values += [argument(scope) for argument in arguments]
        for value in values:
            if value is MISSING:
                return MISSING
        return function(*values)

    return apply


def _first_found(value: Json, fallback: Evaluate, scope: Scope) -> Json:
    return fallback(scope) if value is MISSING else value


def _whole(values: Sequence[Json]) -> Json:
    return MISSING if any(value is MISSING for value in values) else list(values)


def _comparison(node: nodes.Compare, environment: ExpressionEnvironment) -> Evaluate:
    compare = _COMPARISONS[node.ops[0].op]
    left = _closure(node.expr, environment)
    right = _closure(node.ops[0].expr, environment)

    def evaluate(scope: Scope) -> Json:
        first, second = left(scope), right(scope)
        if first is MISSING or second is MISSING:
            return MISSING
        return compare(first, second)

    return evaluate


def _arguments(node: nodes.Call) -> bool:
    return bool(node.args or node.kwargs or node.dyn_args or node.dyn_kwargs)


def _function_call(name: str, environment: ExpressionEnvironment) -> Evaluate:
    def call(scope: Scope) -> Json:
        function = scope.get(name, MISSING)
        if function is MISSING:
            return MISSING
        if not environment.is_safe_callable(function):
            raise ValueError(f"{name} is not a function")
        return function()

    return call


def _by_jinja(expression: nodes.Expr, environment: ExpressionEnvironment) -> Evaluate:
    body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), expression, lineno=1)]
    template = environment.from_string(nodes.Template(body, lineno=1))

    def evaluate(scope: Scope) -> Json:
        context = template.new_context(dict(scope))
        try:
            for _ in template.root_render_func(context):
                pass
        except jinja2.UndefinedError:
            return MISSING
        except jinja2.TemplateError as error:
            raise ValueError(str(error)) from error
        value = context.vars["result"]
        return MISSING if is_undefined(value) else value

    return _guarded(evaluate)
