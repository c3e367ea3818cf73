"""Work out expressions as JavaScript would, over the variables of a task.

Values are those of JSON, moments, and `UNDEFINED`. Objects have the members that they have and
nothing of their class, so that no expression reaches beyond its values.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, Protocol

from argosy.sandbox.workflow.expressions import (
    Array,
    Binary,
    Call,
    Choice,
    ExpressionError,
    Literal,
    Member,
    Name,
    Node,
    Object,
    Unary,
)
from argosy.sandbox.workflow.functions import FUNCTIONS, METHODS, Function
from argosy.sandbox.workflow.moments import Moment, MomentError
from argosy.sandbox.workflow.values import (
    UNDEFINED,
    as_number,
    as_text,
    compared,
    is_true,
    same,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

LONGEST_TEXT: Final = 1 << 20
_SAFE_NUMBER: Final = 1 << 53


class Scope(Protocol):
    """Where an expression's names come from."""

    zone: ZoneInfo

    def variable(self, name: str) -> Any:
        """Give a variable's value; raise KeyError for an unknown one."""

    def resolved(self, value: Any) -> Any:
        """Give a value with the templates in it filled in."""

    def now(self) -> float:
        """Give the time as an epoch."""


class Evaluation:
    """Expressions over a scope."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def value(self, node: Node) -> Any:
        """Work out an expression; raise ExpressionError where it can't be."""
        try:
            return self._value(node)
        except MomentError as error:
            raise ExpressionError(str(error)) from error

    def _value(self, node: Node) -> Any:  # noqa: PLR0911 - one for each kind of node
        match node:
            case Literal(value):
                return value
            case Name(name):
                return self._variable(name)
            case Member(of, key):
                return self._scope.resolved(_member(self._value(of), self._value(key)))
            case Call(function, arguments):
                return self._call(function, [self._value(one) for one in arguments])
            case Unary(operator, operand):
                return self._unary(operator, operand)
            case Binary(operator, left, right):
                return self._binary(operator, left, right)
            case Choice(condition, one, other):
                return self._value(one if is_true(self._value(condition)) else other)
            case Array(items):
                return [self._value(item) for item in items]
            case Object(members):
                return {key: self._value(one) for key, one in members}

    def _variable(self, name: str) -> Any:
        if name in {"undefined", "NaN", "Infinity"}:
            return {"undefined": UNDEFINED, "NaN": math.nan, "Infinity": math.inf}[name]
        try:
            return self._scope.variable(name)
        except KeyError:
            if name in FUNCTIONS:
                return FUNCTIONS[name]
            message = f'ReferenceError: "{name}" is not defined'
            raise ExpressionError(message) from None

    def _call(self, node: Node, arguments: list[Any]) -> Any:
        if isinstance(node, Member) and not self._is_of_function(node.of):
            of = self._value(node.of)
            method = METHODS.get(_kind(of), {}).get(as_text(self._value(node.key)))
            if method is None:
                text = as_text(self._value(node.key))
                message = f"TypeError: the sandbox has no method {text!r:.40} of {_kind(of)}"
                raise ExpressionError(message)
            return _bounded(_tried(method, of, *arguments))
        name = f"{node.of.name}.{node.key.value}" if _is_dotted(node) else ""  # type: ignore[union-attr]
        name = node.name if isinstance(node, Name) else name
        function = FUNCTIONS.get(name)
        if not isinstance(function, Function):
            message = f"TypeError: the sandbox has no function {name!r:.40}"
            raise ExpressionError(message)
        return _bounded(_tried(function.call, self._scope, *arguments))

    def _is_of_function(self, node: Node) -> bool:
        """Say whether a name is that of a known function's home (`Math`), and no variable."""
        if not isinstance(node, Name) or node.name not in FUNCTIONS:
            return False
        try:
            self._scope.variable(node.name)
        except KeyError:
            return True
        return False

    def _unary(self, operator: str, operand: Node) -> Any:
        if operator == "typeof":
            try:
                value = self._value(operand)
            except ExpressionError:
                value = UNDEFINED
            return _type_name(value)
        value = self._value(operand)
        if operator == "!":
            return not is_true(value)
        number = as_number(value)
        return -number if operator == "-" else number

    def _binary(self, operator: str, left: Node, right: Node) -> Any:
        one = self._value(left)
        if operator == "&&":
            return self._value(right) if is_true(one) else one
        if operator == "||":
            return one if is_true(one) else self._value(right)
        if operator == "??":
            return self._value(right) if one is None or one is UNDEFINED else one
        other = self._value(right)
        if operator == "+" and (_is_textual(one) or _is_textual(other)):
            return _bounded(as_text(one) + as_text(other))
        if operator in _ARITHMETIC:
            return _arithmetic(operator, as_number(one), as_number(other))
        return _comparison(operator, one, other)


def _arithmetic(operator: str, one: float, other: float) -> float:
    try:
        number = _ARITHMETIC[operator](one, other)
    except ZeroDivisionError:
        is_nan = operator == "%" or one == 0 or math.isnan(one)
        return math.nan if is_nan else math.copysign(math.inf, one)
    except (OverflowError, ValueError):
        return math.nan
    return float(number) if isinstance(number, int) and abs(number) > _SAFE_NUMBER else number


def _divided(one: float, other: float) -> float:
    result = one / other
    return int(result) if result.is_integer() and abs(result) < _SAFE_NUMBER else result


_ARITHMETIC: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": _divided,
    "%": lambda one, other: (
        int(math.fmod(one, other))
        if isinstance(one, int) and isinstance(other, int)
        else math.fmod(one, other)
    ),
}


def _comparison(operator: str, one: Any, other: Any) -> bool:
    if operator in {"==", "!=", "===", "!=="}:
        equal = same(one, other, is_strict=len(operator) == 3)
        return equal if operator[0] == "=" else not equal
    order = compared(one, other)
    if order is None:
        return False
    return {"<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[operator]


def _member(of: Any, key: Any) -> Any:
    if of is None or of is UNDEFINED:
        text = as_text(key)
        message = f'TypeError: Cannot read property "{text:.80}" from {as_text(of)}'
        raise ExpressionError(message)
    if isinstance(of, dict):
        return of.get(as_text(key), UNDEFINED)
    if isinstance(of, str | list | tuple):
        if key == "length":
            return len(of)
        index = as_number(key)
        is_index = isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(of)
        return of[int(index)] if is_index else UNDEFINED
    return UNDEFINED


def _is_dotted(node: Node) -> bool:
    return isinstance(node, Member) and isinstance(node.of, Name) and isinstance(node.key, Literal)


def _is_textual(value: Any) -> bool:
    return isinstance(value, str | dict | list | tuple | Moment)


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, list | tuple):
        return "array"
    if isinstance(value, Moment):
        return "moment"
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else "other"


def _type_name(value: Any) -> str:
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    return {"text": "string", "number": "number"}.get(_kind(value), "object")


def _tried(function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
        message = f"TypeError: the call can't be made with these values ({error})"
        raise ExpressionError(message) from error


def _bounded(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        message = f"RangeError: the text is longer than {LONGEST_TEXT} characters"
        raise ExpressionError(message)
    return value
