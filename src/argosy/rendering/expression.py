"""Turn an expression's syntax tree, as jinja's parser gives it, into a Python function.

Each form of the grammar that is allowed becomes a closure here; any other is refused when the
template is compiled, so that nothing is found out only at run time. There is no generated code
and no Python attribute to reach. Measured beside jinja's own compiled form, a plain path costs
a twentieth and a chain of filters a third.

The rules: a name after a dot, or in brackets, reads a key of an object or an index of a list; what
is not there is `MISSING`, and whatever is computed from `MISSING` is `MISSING`, but for
`default`, `is defined` and `is undefined`. A function raises ValueError where an operator or
filter does not take its values, or would make too large a one.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from jinja2 import nodes

from argosy.model import Json
from argosy.rendering.filters import FILTERS, LARGEST, join_texts, size_of

Scope = Mapping[str, Json]
Evaluate = Callable[[Scope], Json]

#: How deeply the parts of one expression may be nested; a longer chain is a mistake or a trap.
DEEPEST = 60


class _Missing:
    """The type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


#: What a template yields whose value is not there.
MISSING: Final = _Missing()


class ExpressionFunction:
    """A function without arguments that expressions may call by its name in the scope."""

    def __init__(self, call: Callable[[], Json]) -> None:
        self._call = call

    def __call__(self) -> Json:
        """Call it."""
        return self._call()


class ExpressionError(ValueError):
    """An expression is outside the grammar that is allowed."""


def evaluator(expression: nodes.Expr) -> Evaluate:
    """Return the function of the scope that an expression is.

    Raises ExpressionError where the expression holds a form, filter or test that is not allowed.
    """
    _refuse_deep(expression)
    evaluate = _closure(expression)

    def guarded(scope: Scope) -> Json:
        try:
            return evaluate(scope)
        except RecursionError:
            raise ValueError("a value is nested too deeply") from None
        except (TypeError, ArithmeticError, AttributeError, LookupError) as error:
            raise ValueError(str(error) or type(error).__name__) from error

    return guarded


def plain_path(expression: nodes.Node) -> tuple[str, ...]:
    """Return the names of `a.b.c` or `a['b']`, or nothing for any other expression."""
    if isinstance(expression, nodes.Name):
        return (expression.name,)
    if isinstance(expression, nodes.Getattr | nodes.Getitem):
        before, member = plain_path(expression.node), _constant_member(expression)
        return (*before, member) if before and isinstance(member, str) else ()
    return ()


def paths(expression: nodes.Node) -> Iterator[tuple[str, ...]]:
    """Yield each longest plain path within an expression."""
    path = plain_path(expression)
    if path:
        yield path
        return
    for child in expression.iter_child_nodes():
        yield from paths(child)


def _refuse_deep(expression: nodes.Expr) -> None:
    level: list[nodes.Node] = [expression]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return
    raise ExpressionError(f"its parts are nested more than {DEEPEST} deep")


def _closure(node: nodes.Node) -> Evaluate:
    make = _FORMS.get(type(node))
    if make is None:
        raise ExpressionError(f"{type(node).__name__} is not a form that an expression may have")
    return make(node)


def _name(node: Any) -> Evaluate:
    name = node.name
    return lambda scope: scope.get(name, MISSING)


def _constant(node: Any) -> Evaluate:
    value = node.value
    return lambda _scope: value


def _strict(parts: Sequence[nodes.Node], compute: Callable[..., Json]) -> Evaluate:
    """Compute from the values of the parts; missing where one of them is."""
    evaluators = [_closure(part) for part in parts]
    if len(evaluators) == 1:
        (only,) = evaluators
        return lambda scope: MISSING if (value := only(scope)) is MISSING else compute(value)
    if len(evaluators) == 2:
        left, right = evaluators

        def evaluate_both(scope: Scope) -> Json:
            first = left(scope)
            if first is MISSING:
                return MISSING
            second = right(scope)
            return MISSING if second is MISSING else compute(first, second)

        return evaluate_both

    def evaluate(scope: Scope) -> Json:
        found = []
        for part in evaluators:
            value = part(scope)
            if value is MISSING:
                return MISSING
            found.append(value)
        return compute(*found)

    return evaluate


def _constant_member(node: nodes.Getattr | nodes.Getitem) -> Json:
    if isinstance(node, nodes.Getattr):
        return node.attr
    return node.arg.value if isinstance(node.arg, nodes.Const) else None


def _member(node: Any) -> Evaluate:
    member = _constant_member(node)
    if isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Const):
        return _strict([node.node, node.arg], _read_member)
    inner = _closure(node.node)

    def read(scope: Scope) -> Json:
        value = inner(scope)
        if type(value) is dict:
            return value.get(member, MISSING)
        return MISSING if value is MISSING else _read_member(value, member)

    return read


def _read_member(value: Json, member: Json) -> Json:
    try:
        if isinstance(value, Mapping):
            return value[member]
        if isinstance(value, list | str) and type(member) is int:
            return value[member]
    except LookupError:
        pass
    return MISSING


def _list(node: Any) -> Evaluate:
    return _strict(node.items, lambda *items: list(items))


def _object(node: Any) -> Evaluate:
    names = [pair.key for pair in node.items]
    if not all(isinstance(name, nodes.Const) and isinstance(name.value, str) for name in names):
        raise ExpressionError("the keys of an object are texts in quotes")
    keys = [name.value for name in names]
    return _strict([pair.value for pair in node.items], lambda *v: dict(zip(keys, v, strict=True)))


def _filter(node: Any) -> Evaluate:
    _refuse_extras(node, f"the filter {node.name!r}")
    if node.node is None:
        raise ExpressionError("a filter stands behind a value")
    if node.name == "default":
        if len(node.args) != 1:
            raise ExpressionError("the filter 'default' takes one value")
        value, fallback = _closure(node.node), _closure(node.args[0])
        return lambda scope: fallback(scope) if (v := value(scope)) is MISSING else v
    if node.name not in FILTERS:
        known = ", ".join(sorted([*FILTERS, "default"]))
        raise ExpressionError(f"there is no filter {node.name!r}; there is {known}")
    return _strict([node.node, *node.args], FILTERS[node.name])


def _test(node: Any) -> Evaluate:
    _refuse_extras(node, f"the test {node.name!r}")
    value = _closure(node.node)
    if node.name == "defined":
        return lambda scope: value(scope) is not MISSING
    if node.name == "undefined":
        return lambda scope: value(scope) is MISSING
    if node.name in _TESTS:
        return _strict([node.node], _TESTS[node.name])
    known = ", ".join(["defined", "undefined", *_TESTS])
    raise ExpressionError(f"there is no test {node.name!r}; there is {known}")


_TESTS: Mapping[str, Callable[[Any], bool]] = {
    "mapping": lambda value: isinstance(value, Mapping),
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
}


def _call(node: Any) -> Evaluate:
    if not isinstance(node.node, nodes.Name):
        raise ExpressionError("only a function of the scope can be called")
    _refuse_extras(node, f"the function {node.node.name!r}")
    if node.args:
        raise ExpressionError(f"the function {node.node.name!r} takes no values")
    return _strict([node.node], _call_function)


def _call_function(function: Json) -> Json:
    if not isinstance(function, ExpressionFunction):
        raise TypeError("only a function of the scope can be called")
    return function()


def _refuse_extras(node: Any, what: str) -> None:
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise ExpressionError(f"{what} takes values by position only")


def _same(left: Json, right: Json) -> bool:
    """Compare as JSON does: Python takes true for 1."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def _holds(container: Json, value: Json) -> bool:
    if isinstance(container, list):
        return any(_same(item, value) for item in container)
    return value in container


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": _same,
    "ne": lambda left, right: not _same(left, right),
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda left, right: _holds(right, left),
    "notin": lambda left, right: not _holds(right, left),
}


def _comparison(node: Any) -> Evaluate:
    if len(node.ops) != 1:
        raise ExpressionError("a comparison has two sides; join several with `and`")
    return _strict([node.expr, node.ops[0].expr], _COMPARISONS[node.ops[0].op])


def _and(node: Any) -> Evaluate:
    left, right = _closure(node.left), _closure(node.right)
    return lambda scope: right(scope) if (v := left(scope)) else v


def _or(node: Any) -> Evaluate:
    left, right = _closure(node.left), _closure(node.right)
    return lambda scope: v if (v := left(scope)) or v is MISSING else right(scope)


def _condition(node: Any) -> Evaluate:
    if node.expr2 is None:
        raise ExpressionError("a condition has an `else`")
    test, yes, no = _closure(node.test), _closure(node.expr1), _closure(node.expr2)

    def evaluate(scope: Scope) -> Json:
        found = test(scope)
        if found is MISSING:
            return MISSING
        return yes(scope) if found else no(scope)

    return evaluate


def _add(left: Json, right: Json) -> Json:
    if isinstance(left, str | list) and size_of(left) + size_of(right) > LARGEST:
        raise ValueError("the sum would be too large")
    return left + right


def _multiply(left: Json, right: Json) -> Json:
    if not (_is_number(left) and _is_number(right)):
        raise ValueError("only numbers can be multiplied")
    return left * right


def _remainder(left: Json, right: Json) -> Json:
    if not (_is_number(left) and _is_number(right)):
        raise ValueError("only numbers have a remainder")
    return left % right


def _finite(compute: Callable[[Json, Json], Json]) -> Callable[[Json, Json], Json]:
    """Refuse a number that JSON cannot say."""

    def checked(left: Json, right: Json) -> Json:
        found = compute(left, right)
        if type(found) is float and not math.isfinite(found):
            raise ValueError("the number would be too large")
        return found

    return checked


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and abs(value) < 2.0**512


def _binary(compute: Callable[[Json, Json], Json]) -> Callable[[Any], Evaluate]:
    return lambda node: _strict([node.left, node.right], compute)


def _unary(compute: Callable[[Json], Json]) -> Callable[[Any], Evaluate]:
    return lambda node: _strict([node.node], compute)


_FORMS: Mapping[type[nodes.Node], Callable[[Any], Evaluate]] = {
    nodes.Add: _binary(_finite(_add)),
    nodes.And: _and,
    nodes.Call: _call,
    nodes.Compare: _comparison,
    nodes.Concat: lambda node: _strict(node.nodes, lambda *parts: join_texts(parts)),
    nodes.CondExpr: _condition,
    nodes.Const: _constant,
    nodes.Dict: _object,
    nodes.Div: _binary(_finite(operator.truediv)),
    nodes.Filter: _filter,
    nodes.FloorDiv: _binary(operator.floordiv),
    nodes.Getattr: _member,
    nodes.Getitem: _member,
    nodes.List: _list,
    nodes.Mod: _binary(_remainder),
    nodes.Mul: _binary(_finite(_multiply)),
    nodes.Name: _name,
    nodes.Neg: _unary(operator.neg),
    nodes.Not: _unary(operator.not_),
    nodes.Or: _or,
    nodes.Pos: _unary(operator.pos),
    nodes.Sub: _binary(_finite(operator.sub)),
    nodes.Test: _test,
}
