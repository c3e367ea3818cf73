"""Write conditions on what is aggregated from the rows of a behavior."""

# Names and values are written by `identifier` and `comparisons` only.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from argosy.sandbox.cdp.rules.catalogue import ARRAYS, CUSTOMER_ID, TIME
from argosy.sandbox.cdp.rules.comparisons import compared
from argosy.sandbox.cdp.rules.grammar import Aggregation, ColumnFilter, FilterGroup
from argosy.sandbox.cdp.rules.left_values import PlaceError

if TYPE_CHECKING:
    from argosy.sandbox.cdp.rules.catalogue import Catalogue, MatrixTable
    from argosy.sandbox.cdp.rules.grammar import Operator, ValueCondition
    from argosy.sandbox.cdp.rules.spans import Present

_FUNCTIONS: Final = {"Sum": "SUM", "Min": "MIN", "Max": "MAX", "Average": "AVG"}
_COUNTS: Final = frozenset({"Count", "CountDistinct"})
_ID: Final = f'"{CUSTOMER_ID}"'


def identifier(name: str) -> str:
    """Write a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


class AggregateQuery:
    """The queries for one condition; raises PlaceError for what isn't in the behavior."""

    def __init__(self, catalogue: Catalogue, present: Present, condition: ValueCondition) -> None:
        assert isinstance(condition.left, Aggregation)  # noqa: S101 - the caller has looked
        self._aggregation = condition.left
        self._condition = condition
        self._present = present
        self._pointer = f"{condition.pointer}/leftValue"
        behavior = catalogue.behavior(self._aggregation.behavior)
        if behavior is None:
            name = self._aggregation.behavior[:100]
            raise self._wrong("/source/name", f"There is no behavior {name!r}")
        self._behavior = behavior
        self._source = f"{identifier(catalogue.database)}.{identifier(behavior.name)}"
        self._value, self._kind = self._aggregated()

    def condition(self) -> str:
        """Write the condition on a customer, who is called a."""
        operator = self._condition.operator
        aggregation = self._aggregation
        counts_none = (
            aggregation.type in _COUNTS
            and not aggregation.grouping
            and aggregation.window is None
            and satisfied_by_zero(operator)
        )
        if not counts_none:
            return f"a.{_ID} IN ({self._customers(operator)})"
        # those without any row satisfy it too, so it is told by those who don't
        opposite = replace(operator, negated=not operator.negated)
        return f"NOT (a.{_ID} IN ({self._customers(opposite)}))"

    def values(self, *, largest: bool) -> str:
        """Write a query for the ids and their values; of several the largest or smallest."""
        function = "MAX" if largest else "MIN"
        return (
            f"SELECT w.{_ID}, {function}(w.value) AS value"
            f" FROM ({self._grouped(f', {self._value} AS value')}) w GROUP BY w.{_ID}"
        )

    def _customers(self, operator: Operator) -> str:
        having = compared(
            self._value, self._kind, operator, self._condition.matching, self._present
        )
        return f"{self._grouped('')} HAVING {having}"

    def _grouped(self, value: str) -> str:
        """Write the query down to its groups, one or more for a customer."""
        where = self._filtered(self._aggregation.filter, "b")
        grouping = [identifier(self._column(name, "groupingColumns")[0]) for name in self._groups]
        if self._aggregation.window is None:
            keys = ", ".join(f"b.{name}" for name in [_ID, *grouping])
            return f"SELECT b.{_ID}{value} FROM {self._source} b WHERE {where} GROUP BY {keys}"
        return self._windowed(value, where, grouping)

    def _windowed(self, value: str, where: str, grouping: list[str]) -> str:
        """Write a group for each window, which ends at a row and is so many seconds long."""
        own = ", ".join(f"b.{name}" for name in [_ID, TIME, *grouping])
        same = " AND ".join(f"b.{name} = e.{name}" for name in [_ID, *grouping])
        keys = ", ".join(f"e.{name}" for name in [_ID, TIME, *grouping])
        ends = f"SELECT DISTINCT {own} FROM {self._source} b WHERE {where}"
        return (
            f"SELECT e.{_ID}{value} FROM ({ends}) e JOIN {self._source} b ON {same}"
            f" AND b.{TIME} > e.{TIME} - {self._aggregation.window} AND b.{TIME} <= e.{TIME}"
            f" WHERE {where} GROUP BY {keys}"
        )

    @property
    def _groups(self) -> tuple[str, ...]:
        return self._aggregation.grouping

    def _aggregated(self) -> tuple[str, str]:
        """Write the aggregate, and tell the type it has."""
        aggregation = self._aggregation
        if aggregation.type == "Count":
            return "COUNT(*)", "number"
        columns = [self._column(name, "column") for name in aggregation.columns]
        named = [f"b.{identifier(name)}" for name, _ in columns]
        if aggregation.type == "CountDistinct":
            return f"COUNT(DISTINCT {_together(named)})", "number"
        kind = columns[0][1]
        if kind in ARRAYS:
            raise self._wrong("/aggregation/column", f"{aggregation.type} can't be of an array")
        if aggregation.order_column is not None:
            order = identifier(self._column(aggregation.order_column, "orderColumn")[0])
            function = "MIN_BY" if aggregation.type == "First" else "MAX_BY"
            return f"{function}({named[0]}, b.{order})", kind
        if aggregation.type in {"Sum", "Average"}:
            if kind not in {"number", "timestamp"}:
                raise self._wrong("/aggregation/column", f"{aggregation.type} is of numbers only")
            kind = "number"
        return f"{_FUNCTIONS[aggregation.type]}({named[0]})", kind

    def _filtered(self, group: FilterGroup, alias: str) -> str:
        parts = []
        for one in group.conditions:
            if isinstance(one, FilterGroup):
                parts.append(self._filtered(one, alias))
            else:
                parts.append(self._compared(one, alias))
        if not parts:
            return "1 = 1"
        joint = " AND " if group.joint == "And" else " OR "
        return f"({joint.join(parts)})"

    def _compared(self, one: ColumnFilter, alias: str) -> str:
        column = self._behavior.column(one.column)
        if column is None:
            detail = _lacks(self._behavior, one.column)
            raise PlaceError(f"{one.pointer}/column", "INVALID_FORMAT_OR_ASSOCIATION", detail)
        subject = f"{alias}.{identifier(column[0])}"
        return compared(subject, column[1], one.operator, one.matching, self._present)

    def _column(self, name: str, place: str) -> tuple[str, str]:
        column = self._behavior.column(name)
        if column is None:
            raise self._wrong(f"/aggregation/{place}", _lacks(self._behavior, name))
        return column

    def _wrong(self, place: str, detail: str) -> PlaceError:
        return PlaceError(f"{self._pointer}{place}", "INVALID_FORMAT_OR_ASSOCIATION", detail)


def _lacks(behavior: MatrixTable, name: str) -> str:
    return f"There is no column {name[:100]!r} in the behavior's table {behavior.name}"


def _together(columns: list[str]) -> str:
    """Write several columns as one text that differs where any of them does."""
    if len(columns) == 1:
        return columns[0]
    texts = [f"COALESCE(CAST({column} AS VARCHAR), '')" for column in columns]
    return f"CONCAT({', CHR(31), '.join(texts)})"


def satisfied_by_zero(operator: Operator) -> bool:
    """Say whether the number 0 satisfies an operator, as far as that is one of numbers."""
    try:
        numbers = [float(value) for value in operator.values]
    except ValueError:
        return False
    tests = {
        "Equal": lambda: numbers[0] == 0,
        "Greater": lambda: numbers[0] < 0,
        "GreaterEqual": lambda: numbers[0] <= 0,
        "Less": lambda: numbers[0] > 0,
        "LessEqual": lambda: numbers[0] >= 0,
        "Between": lambda: numbers[0] <= 0 <= numbers[1],
        "In": lambda: 0 in numbers,
    }
    test = tests.get(operator.type)
    if test is None or operator.span is not None:
        return False
    return test() != operator.negated
