"""Write a rule as one Presto query over the built tables of its parent segment.

The query gives the ids of the customers that the rule takes, each once. Times are written as
they are at the moment of writing, so the text is that of one run. Not documented, so assumed:
customers without any row of a behavior have a Count and CountDistinct of 0, and no other
aggregate; with grouping columns or a sliding window one group or window that satisfies is
enough; Percent rounds up; where nothing is said about the order, ids decide.
"""

# Names and values are written by `identifier` and `comparisons` only.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from argosy.sandbox.cdp.rules.aggregates import AggregateQuery, identifier
from argosy.sandbox.cdp.rules.catalogue import CUSTOMER_ID, CUSTOMERS
from argosy.sandbox.cdp.rules.comparisons import compared
from argosy.sandbox.cdp.rules.grammar import (
    Attribute,
    Group,
    Problem,
    Reference,
    ValueCondition,
)
from argosy.sandbox.cdp.rules.left_values import PlaceError

if TYPE_CHECKING:
    from argosy.sandbox.cdp.rules.catalogue import Catalogue, MatrixTable
    from argosy.sandbox.cdp.rules.expressions import Expression
    from argosy.sandbox.cdp.rules.grammar import Limit
    from argosy.sandbox.cdp.rules.spans import Present

MOST_NESTED: Final = 20
_ID: Final = f'"{CUSTOMER_ID}"'
EVERYONE: Final = "1 = 1"
NOBODY: Final = "1 = 0"


class RuleError(Exception):
    """A rule that can't be; `problems` tells why, with pointers from the rule on."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{one.pointer}: {one.detail}" for one in problems))
        self.problems = problems


class NotEvaluatedError(Exception):
    """A rule that is right and needs what the sandbox doesn't compute, such as a model."""


class Segments(Protocol):
    """Where references lead."""

    def referenced(self, reference: Reference) -> Group | str | None:
        """Give the rule of what is referenced, or SQL for its ids; None if there is no such.

        Raises NotEvaluatedError for what the sandbox doesn't compute.
        """


class Translator:
    """Write rules of one parent segment at one moment."""

    def __init__(
        self,
        catalogue: Catalogue,
        present: Present,
        segments: Segments,
        path: tuple[str, ...] = (),
    ) -> None:
        """`path` has the ids of the segments that are being written, outermost first."""
        self._catalogue = catalogue
        self._present = present
        self._segments = segments
        self._path = path
        self._problems: list[Problem] = []
        self._customers = f"{identifier(catalogue.database)}.{identifier(CUSTOMERS)}"

    def query(self, rule: Group) -> str:
        """Write a rule; raise RuleError if it can't be, NotEvaluatedError if the sandbox can't."""
        where = self._group(rule)
        sql = f"SELECT a.{_ID} FROM {self._customers} a"
        if where != EVERYONE:
            sql += f" WHERE {where}"
        if rule.limit is not None:
            sql = self._limited(where, rule.limit, None)
        if self._problems:
            raise RuleError(self._problems)
        return sql

    def _group(self, group: Group) -> str:
        parts = [self._condition(one) for one in group.conditions]
        if group.expression is not None:
            return self._composite(group.expression, parts)
        if not parts:
            return EVERYONE
        joint = " AND " if group.joint == "And" else " OR "
        return parts[0] if len(parts) == 1 else f"({joint.join(parts)})"

    def _composite(self, expression: Expression, parts: list[str]) -> str:
        if expression.word == "place":
            # a condition that is wrong is left out, and the rule refused later
            return parts[expression.place] if expression.place < len(parts) else NOBODY
        inner = [self._composite(one, parts) for one in expression.parts]
        if expression.word == "not":
            return _complement(inner[0])
        return f"({f' {expression.word.upper()} '.join(inner)})"

    def _condition(self, condition: Group | ValueCondition | Reference) -> str:
        if isinstance(condition, Group):
            inner = self._group(condition)
            if condition.limit is None:
                return inner
            return f"a.{_ID} IN ({self._limited(inner, condition.limit, None)})"
        try:
            if isinstance(condition, Reference):
                written = self._reference(condition)
            else:
                written = self._value(condition)
        except PlaceError as error:
            self._problems.append(error.problem)
            return NOBODY
        return _complement(written) if condition.exclude else written

    def _value(self, condition: ValueCondition) -> str:
        if not isinstance(condition.left, Attribute):
            return self._aggregate(condition)
        if condition.left.customer_group is not None:
            written = self._group_attribute(condition, condition.left)
        else:
            column = self._column(self._catalogue.customers, condition.left.name, condition.pointer)
            subject = f"a.{identifier(column[0])}"
            written = compared(
                subject, column[1], condition.operator, condition.matching, self._present
            )
        if condition.limit is None:
            return written
        return f"a.{_ID} IN ({self._limited(written, condition.limit, None)})"

    def _group_attribute(self, condition: ValueCondition, left: Attribute) -> str:
        table = self._catalogue.groups.get(left.customer_group or "")
        if table is None:
            detail = f"There is no customer group {left.customer_group!r}"
            raise _unknown(f"{condition.pointer}/leftValue/customerGroup", detail)
        name, kind = self._column(table, left.name, condition.pointer)
        subject = f"g.{identifier(name)}"
        where = compared(subject, kind, condition.operator, condition.matching, self._present)
        source = f"{identifier(self._catalogue.database)}.{identifier(table.name)}"
        return f"a.{_ID} IN (SELECT g.{_ID} FROM {source} g WHERE {where})"

    def _aggregate(self, condition: ValueCondition) -> str:
        query = AggregateQuery(self._catalogue, self._present, condition)
        if condition.limit is None:
            return query.condition()
        where = query.condition()
        return f"a.{_ID} IN ({self._limited(where, condition.limit, query)})"

    def _limited(self, where: str, limit: Limit, query: AggregateQuery | None) -> str:
        """Write a query for the first so many of the customers that satisfy a condition."""
        keys = []
        joined = ""
        for one in limit.order:
            direction = "DESC" if one.descending else "ASC"
            if one.column is None:
                if query is None:
                    self._problems.append(
                        _unknown(one.pointer, "There is no aggregation to order by").problem
                    )
                    continue
                values = query.values(largest=one.descending)
                joined = f" LEFT JOIN ({values}) v ON v.{_ID} = a.{_ID}"
                keys.append(f"v.value {direction} NULLS LAST")
                continue
            column = self._catalogue.customers.column(one.column)
            if column is None:
                detail = f"There is no attribute {one.column!r}"
                self._problems.append(_unknown(f"{one.pointer}/column", detail).problem)
                continue
            keys.append(f"a.{identifier(column[0])} {direction} NULLS LAST")
        order = ", ".join([*keys, f"a.{_ID} ASC"])
        number = limit.number
        most = f"{int(number)}" if limit.type == "Count" else f"CEIL(m.total * {number!r} / 100.0)"
        ranked = (
            f"SELECT a.{_ID}, ROW_NUMBER() OVER (ORDER BY {order}) AS position,"
            f" COUNT(*) OVER () AS total FROM {self._customers} a{joined} WHERE {where}"
        )
        return f"SELECT m.{_ID} FROM ({ranked}) m WHERE m.position <= {most}"

    def _reference(self, reference: Reference) -> str:
        found = self._segments.referenced(reference)
        where = f"{reference.pointer}/id"
        if found is None:
            raise _unknown(where, f"There is no segment {reference.id!r} to refer to")
        if isinstance(found, str):
            return f"a.{_ID} IN ({found})"
        key = f"{reference.type}:{reference.id}"
        if key in self._path:
            raise _unknown(where, f"The segment {reference.id!r} refers back to itself")
        if len(self._path) >= MOST_NESTED:
            raise _unknown(where, f"More than {MOST_NESTED} segments refer to each other")
        inner = Translator(self._catalogue, self._present, self._segments, (*self._path, key))
        try:
            return f"a.{_ID} IN ({inner.query(found)})"
        except RuleError as error:
            raise _unknown(where, f"Segment {reference.id}: {error}") from error

    def _column(self, table: MatrixTable, name: str, pointer: str) -> tuple[str, str]:
        column = table.column(name)
        if column is None:
            raise _unknown(f"{pointer}/leftValue/name", f"There is no attribute {name[:100]!r}")
        return column


def _complement(condition: str) -> str:
    # what is neither true nor false of someone isn't true of them
    return f"NOT COALESCE(({condition}), FALSE)"


def _unknown(pointer: str, detail: str) -> PlaceError:
    return PlaceError(pointer, "INVALID_FORMAT_OR_ASSOCIATION", detail)
