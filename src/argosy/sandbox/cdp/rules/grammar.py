"""A rule after reading: plain values that hold only what has been checked.

The vendor's rules have groups (And, Or, Composite) of conditions. In the fifth version they are
nested exactly two deep, in the older form freely; both are read into the same values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.sandbox.cdp.errors import ValidationCode
    from argosy.sandbox.cdp.rules.expressions import Expression

Scalar = str | float | bool
Joint = Literal["And", "Or"]


class Problem(Struct, frozen=True):
    """Something wrong in a rule; the pointer starts at the rule."""

    pointer: str
    code: ValidationCode
    detail: str


class Moment(Struct, frozen=True):
    """A point in time: a written one, or the present; floored to a unit, then shifted.

    `at` is as written in the rule. Each shift is a unit and a number of it, which may be negative.
    """

    at: str | None = None
    floor: str | None = None
    shifts: tuple[tuple[str, float], ...] = ()


class Span(Struct, frozen=True):
    """A stretch of time; an end that is None is open."""

    start: Moment | None
    end: Moment | None
    has_start: bool = True
    has_end: bool = False


class Operator(Struct, frozen=True):
    """What a value is held against: other values, or a stretch of time."""

    type: str
    negated: bool
    values: tuple[Scalar, ...] = ()
    span: Span | None = None
    pointer: str = ""


class Matching(Struct, frozen=True):
    """How many elements of an array must match; `all` compares with the array's length."""

    word: Literal["any", "all", "atLeast", "atMost", "exactly"]
    number: int = 1


class Attribute(Struct, frozen=True):
    """An attribute of the customers, or of the group they are in."""

    name: str
    customer_group: str | None = None


class ColumnFilter(Struct, frozen=True):
    """A condition on one column of a behavior."""

    column: str
    operator: Operator
    matching: Matching | None
    pointer: str


class FilterGroup(Struct, frozen=True):
    """Conditions on the rows of a behavior."""

    joint: Joint
    conditions: tuple[FilterGroup | ColumnFilter, ...]


class Aggregation(Struct, frozen=True):
    """A value computed from the rows of a behavior; `window` is in seconds."""

    type: str
    behavior: str
    columns: tuple[str, ...]
    order_column: str | None
    grouping: tuple[str, ...]
    filter: FilterGroup
    window: int | None


class OrderColumn(Struct, frozen=True):
    """What the most wanted come first by; without a column it is the condition's own value."""

    column: str | None
    descending: bool
    pointer: str


class Limit(Struct, frozen=True):
    """How many to take at most, or how many in a hundred."""

    type: Literal["Count", "Percent"]
    number: float
    order: tuple[OrderColumn, ...]


class ValueCondition(Struct, frozen=True):
    """A condition on an attribute or on something aggregated."""

    left: Attribute | Aggregation
    operator: Operator
    matching: Matching | None
    exclude: bool
    limit: Limit | None
    pointer: str


class Reference(Struct, frozen=True):
    """A condition that another segment, or something else with an id, decides."""

    type: str
    id: str
    exclude: bool
    pointer: str


class Group(Struct, frozen=True):
    """Conditions joined by And, by Or, or as an expression says."""

    joint: Joint
    conditions: tuple[Group | ValueCondition | Reference, ...]
    expression: Expression | None = None
    limit: Limit | None = None


EVERYBODY = Group("And", ())


def operators(node: Group | FilterGroup) -> Iterator[Operator]:
    """Give all operators of a rule."""
    for one in node.conditions:
        if isinstance(one, Group | FilterGroup):
            yield from operators(one)
        elif isinstance(one, ValueCondition | ColumnFilter):
            yield one.operator
            if isinstance(one, ValueCondition) and isinstance(one.left, Aggregation):
                yield from operators(one.left.filter)
