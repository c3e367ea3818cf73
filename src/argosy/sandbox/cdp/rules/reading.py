"""Read a rule and collect everything that is wrong with it, each with its place.

Both forms are taken: the fifth version's two levels, and the older one, whose groups nest
freely. What the older form leaves out (`exclude`, `arrayMatching`, `not`) has its usual value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, cast

from argosy.sandbox.cdp.rules.expressions import ExpressionError, parsed
from argosy.sandbox.cdp.rules.grammar import (
    EVERYBODY,
    Attribute,
    Group,
    Limit,
    OrderColumn,
    Problem,
    Reference,
    ValueCondition,
)
from argosy.sandbox.cdp.rules.left_values import LeftReader, PlaceError, matching_of, operator_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.cdp.errors import ValidationCode
    from argosy.sandbox.cdp.rules.expressions import Expression
    from argosy.sandbox.settings import Json

GROUPS: Final = ("And", "Or", "Composite")
REFERENCES: Final = ("Reference", "FunnelStageReference", "AbTestVariantReference")
SCORES: Final = ("PredictiveScoreReference", "MlAttributeReference")
MOST_CONDITIONS: Final = 1000
DEEPEST: Final = 20
MOST_LIMITED: Final = 10**12


class RuleReader:
    """Read one rule; `problems` has what is wrong with it afterwards."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._count = 0

    def read(self, rule: Json) -> Group:
        """Read a rule; nothing and an empty object are everybody."""
        if rule is None or rule == {}:
            return EVERYBODY
        if not isinstance(rule, dict):
            self._wrong("", "A rule must be an object")
            return EVERYBODY
        if rule.get("type") not in GROUPS:
            self._wrong_type("", rule, GROUPS)
            return EVERYBODY
        return self._group(rule, "", 0)

    def _group(self, members: Mapping[str, Json], pointer: str, depth: int) -> Group:
        conditions = members.get("conditions")
        if not isinstance(conditions, list):
            code: ValidationCode = "INVALID_FORMAT_OR_ASSOCIATION"
            blank = conditions is None
            self._note(
                f"{pointer}/conditions",
                "CANNOT_BE_BLANK" if blank else code,
                "A group needs an array of conditions",
            )
            return EVERYBODY
        read = [
            self._condition(one, f"{pointer}/conditions/{index}", depth + 1)
            for index, one in enumerate(conditions)
        ]
        known = tuple(one for one in read if one is not None)
        return Group(
            joint="Or" if members["type"] == "Or" else "And",
            conditions=known,
            expression=self._expression(members, len(conditions), pointer, depth),
            limit=self._limit(members.get("limit"), f"{pointer}/limit"),
        )

    def _expression(
        self, members: Mapping[str, Json], count: int, pointer: str, depth: int
    ) -> Expression | None:
        if members["type"] != "Composite":
            return None
        text = members.get("expr")
        if not isinstance(text, str) or not text.strip():
            self._note(f"{pointer}/expr", "CANNOT_BE_BLANK", "A Composite needs its expression")
            return None
        try:
            return parsed(text, count, of_sets=depth == 0)
        except ExpressionError as error:
            self._note(f"{pointer}/expr", error.code, error.detail)
            return None

    def _condition(
        self, value: Json, pointer: str, depth: int
    ) -> Group | ValueCondition | Reference | None:
        self._count += 1
        if self._count > MOST_CONDITIONS or depth > DEEPEST:
            if self._count == MOST_CONDITIONS + 1 or depth > DEEPEST:
                detail = f"At most {MOST_CONDITIONS} conditions, {DEEPEST} deep, are possible"
                self._note(pointer, "IS_TOO_LONG", detail)
            return None
        if not isinstance(value, dict):
            self._wrong(pointer, "A condition must be an object")
            return None
        kind = value.get("type")
        if kind in GROUPS:
            return self._group(value, pointer, depth)
        if kind == "Value":
            return self._value(value, pointer)
        if kind in REFERENCES or kind in SCORES:
            return self._reference(value, pointer)
        self._wrong_type(pointer, value, ("Value", *REFERENCES, *SCORES, *GROUPS))
        return None

    def _value(self, members: Mapping[str, Json], pointer: str) -> ValueCondition | None:
        before = len(self.problems)
        left = LeftReader(self.problems, f"{pointer}/leftValue").read(members.get("leftValue"))
        operator = matching = None
        try:
            operator = operator_of(members, pointer)
            matching = matching_of(members.get("arrayMatching"), f"{pointer}/arrayMatching")
        except PlaceError as error:
            self.problems.append(error.problem)
        exclude = self._flag(members, "exclude", pointer)
        limit = self._limit(members.get("limit"), f"{pointer}/limit")
        if left is None or operator is None or len(self.problems) > before:
            return None
        if limit is not None and isinstance(left, Attribute):
            for column in limit.order:
                if column.column is None:
                    self._wrong(column.pointer, "Only an aggregation has a value to order by")
        return ValueCondition(left, operator, matching, exclude, limit, pointer)

    def _reference(self, members: Mapping[str, Json], pointer: str) -> Reference | None:
        key = members.get("id")
        if key is None or key == "":
            self._note(f"{pointer}/id", "CANNOT_BE_BLANK", "Can't be blank")
            return None
        if isinstance(key, bool) or not isinstance(key, str | int):
            self._wrong(f"{pointer}/id", "An id must be a string of digits")
            return None
        exclude = self._flag(members, "exclude", pointer)
        return Reference(str(members["type"]), str(key), exclude, pointer)

    def _flag(self, members: Mapping[str, Json], name: str, pointer: str) -> bool:
        value = members.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            self._wrong(f"{pointer}/{name}", "Must be true or false")
        return bool(value)

    def _limit(self, value: Json, pointer: str) -> Limit | None:
        if value is None:
            return None
        if not isinstance(value, dict) or value.get("type") not in {"Count", "Percent"}:
            self._wrong(f"{pointer}/type", "A limit is of the type Count or Percent")
            return None
        number: Json = value.get("number")
        most = 100 if value["type"] == "Percent" else MOST_LIMITED
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        if not is_number or not 0 <= number <= most:
            self._wrong(f"{pointer}/number", f"Must be a number from 0 to {most}")
            return None
        kind = cast("Literal['Count', 'Percent']", value["type"])
        return Limit(kind, number, self._order(value.get("orderColumns"), pointer))

    def _order(self, value: Json, pointer: str) -> tuple[OrderColumn, ...]:
        pointer = f"{pointer}/orderColumns"
        if value is None:
            return ()
        if not isinstance(value, list):
            self._wrong(pointer, "Must be an array")
            return ()
        read = []
        for index, one in enumerate(value):
            here = f"{pointer}/{index}"
            members = one if isinstance(one, dict) else {}
            if members.get("order") not in {"ascending", "descending"}:
                self._wrong(f"{here}/order", "Must be ascending or descending")
            elif members.get("type") == "Aggregation":
                read.append(OrderColumn(None, members["order"] == "descending", here))
            elif members.get("type") == "Column" and isinstance(members.get("column"), str):
                order = members["order"] == "descending"
                read.append(OrderColumn(members["column"], order, here))
            else:
                self._wrong(f"{here}/type", "Must be a Column with its column, or Aggregation")
        return tuple(read)

    def _wrong_type(
        self, pointer: str, members: Mapping[str, Json], known: tuple[str, ...]
    ) -> None:
        kind = members.get("type")
        if kind is None:
            self._note(f"{pointer}/type", "CANNOT_BE_BLANK", "Can't be blank")
        else:
            detail = f"There is no {str(kind)[:50]!r} here; there are {', '.join(known)}"
            self._wrong(f"{pointer}/type", detail)

    def _wrong(self, pointer: str, detail: str) -> None:
        self._note(pointer, "INVALID_FORMAT_OR_ASSOCIATION", detail)

    def _note(self, pointer: str, code: ValidationCode, detail: str) -> None:
        self.problems.append(Problem(pointer, code, detail))
