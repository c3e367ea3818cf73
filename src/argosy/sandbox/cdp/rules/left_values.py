"""Read what stands on the left of a condition: an attribute, or something aggregated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.rules.grammar import (
    Aggregation,
    Attribute,
    ColumnFilter,
    FilterGroup,
    Matching,
    Problem,
)
from argosy.sandbox.cdp.rules.operators import OperatorError, read_operator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.cdp.errors import ValidationCode
    from argosy.sandbox.cdp.rules.grammar import Operator
    from argosy.sandbox.settings import Json

AGGREGATIONS: Final = ("Sum", "Min", "Max", "Average", "Count", "CountDistinct", "First", "Last")
_ORDERED: Final = ("First", "Last")
_WINDOW: Final = {"day": 86_400, "hour": 3_600, "minute": 60, "second": 1}
_LONGEST_WINDOW: Final = 100 * 366 * 86_400
_DEEPEST: Final = 10
_MOST: Final = 200
_NUMBERS: Final = ("atLeast", "atMost", "exactly")


class PlaceError(Exception):
    """Something wrong at a place."""

    def __init__(self, pointer: str, code: ValidationCode, detail: str) -> None:
        super().__init__(detail)
        self.problem = Problem(pointer, code, detail)


def operator_of(members: Mapping[str, Json], pointer: str) -> Operator:
    """Read a condition's operator; raise PlaceError if it is wrong."""
    pointer = f"{pointer}/operator"
    if members.get("operator") is None:
        raise PlaceError(pointer, "CANNOT_BE_BLANK", "Can't be blank")
    try:
        return read_operator(members["operator"], pointer)
    except OperatorError as error:
        raise PlaceError(f"{pointer}{error.pointer}", error.code, error.detail) from error


def matching_of(value: Json, pointer: str) -> Matching | None:
    """Read how many elements of an array must match; raise PlaceError if that is wrong."""
    if value is None:
        return None
    if value in ("any", "all"):
        return Matching("any") if value == "any" else Matching("all")
    if isinstance(value, dict) and len(value) == 1:
        for word in _NUMBERS:
            number = value.get(word)
            if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 10**9:
                return Matching(word, number)
    detail = "Must be any, all, or an object with one number: atLeast, atMost or exactly"
    raise PlaceError(pointer, "INVALID_FORMAT_OR_ASSOCIATION", detail)


class LeftReader:
    """Read one left value at a pointer, and note what is wrong with it."""

    def __init__(self, problems: list[Problem], pointer: str) -> None:
        self._problems = problems
        self._pointer = pointer
        self._count = 0

    def read(self, value: Json) -> Attribute | Aggregation | None:
        """Read a left value; None if it is wrong."""
        try:
            return self._read(value)
        except PlaceError as error:
            self._problems.append(error.problem)
            return None

    def _read(self, value: Json) -> Attribute | Aggregation:
        if value is None:
            raise PlaceError(self._pointer, "CANNOT_BE_BLANK", "Can't be blank")
        if not isinstance(value, dict):
            raise self._wrong("", "Must be an object")
        if "aggregation" in value:
            return self._aggregation(value)
        group = value.get("customerGroup")
        if group is not None and not isinstance(group, str):
            raise self._wrong("/customerGroup", "Must be a string")
        return Attribute(self._text(value, "name", ""), group)

    def _aggregation(self, value: Mapping[str, Json]) -> Aggregation:
        members = value["aggregation"]
        if not isinstance(members, dict):
            raise self._wrong("/aggregation", "Must be an object")
        kind = members.get("type")
        if kind not in AGGREGATIONS:
            detail = f"There is no such aggregation; there are {', '.join(AGGREGATIONS)}"
            raise self._wrong("/aggregation/type", detail)
        source = value.get("source")
        if not isinstance(source, dict):
            raise PlaceError(f"{self._pointer}/source", "CANNOT_BE_BLANK", "Can't be blank")
        columns: tuple[str, ...] = ()
        if kind == "CountDistinct":
            columns = self._texts(members, "columns", least=1)
        elif kind != "Count":
            columns = (self._text(members, "column", "/aggregation"),)
        ordered = kind in _ORDERED
        return Aggregation(
            type=kind,
            behavior=self._text(source, "name", "/source"),
            columns=columns,
            order_column=self._text(members, "orderColumn", "/aggregation") if ordered else None,
            grouping=self._texts(members, "groupingColumns"),
            filter=self._filter(value.get("filter")),
            window=self._window(value.get("window")),
        )

    def _filter(self, value: Json) -> FilterGroup:
        if value is None or value == {}:
            return FilterGroup("And", ())
        return self._filter_group(value, f"{self._pointer}/filter", 0)

    def _filter_group(self, value: Json, pointer: str, depth: int) -> FilterGroup:
        members = value if isinstance(value, dict) else {}
        if members.get("type") not in {"And", "Or"}:
            detail = "A filter is of the type And or Or"
            raise PlaceError(f"{pointer}/type", "INVALID_FORMAT_OR_ASSOCIATION", detail)
        conditions = members.get("conditions")
        if not isinstance(conditions, list):
            detail = "A filter needs an array of conditions"
            raise PlaceError(f"{pointer}/conditions", "CANNOT_BE_BLANK", detail)
        self._count += len(conditions)
        if depth > _DEEPEST or self._count > _MOST:
            detail = f"At most {_MOST} conditions, {_DEEPEST} deep, are possible"
            raise PlaceError(pointer, "IS_TOO_LONG", detail)
        read: list[FilterGroup | ColumnFilter] = []
        for index, one in enumerate(conditions):
            here = f"{pointer}/conditions/{index}"
            if isinstance(one, dict) and one.get("type") == "Column":
                read.append(self._column(one, here))
            else:
                read.append(self._filter_group(one, here, depth + 1))
        return FilterGroup("Or" if members["type"] == "Or" else "And", tuple(read))

    def _column(self, members: Mapping[str, Json], pointer: str) -> ColumnFilter:
        column = members.get("column")
        if not isinstance(column, str) or not column:
            raise PlaceError(f"{pointer}/column", "CANNOT_BE_BLANK", "Can't be blank")
        matching = matching_of(members.get("arrayMatching"), f"{pointer}/arrayMatching")
        return ColumnFilter(column, operator_of(members, pointer), matching, pointer)

    def _window(self, value: Json) -> int | None:
        if value is None:
            return None
        if not isinstance(value, dict) or value.get("type") != "TimeSliding":
            raise self._wrong("/window/type", "A window is of the type TimeSliding")
        duration = value.get("duration")
        if not isinstance(duration, dict) or not duration:
            raise self._window_error("Must be an object of day, hour, minute, second")
        seconds = 0.0
        for unit, number in duration.items():
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if unit not in _WINDOW or not is_number:
                raise self._window_error("Must be an object of day, hour, minute, second")
            seconds += number * _WINDOW[unit]
        if not 1 <= seconds <= _LONGEST_WINDOW:
            raise self._window_error("Must be at least one second, and at most 100 years")
        return int(seconds)

    def _window_error(self, detail: str) -> PlaceError:
        return PlaceError(f"{self._pointer}/window/duration", "INVALID_WINDOW_DURATION", detail)

    def _text(self, members: Mapping[str, Json], name: str, place: str) -> str:
        value = members.get(name)
        if value is None or value == "":
            pointer = f"{self._pointer}{place}/{name}"
            raise PlaceError(pointer, "CANNOT_BE_BLANK", "Can't be blank")
        if not isinstance(value, str):
            raise self._wrong(f"{place}/{name}", "Must be a string")
        return value

    def _texts(self, members: Mapping[str, Json], name: str, least: int = 0) -> tuple[str, ...]:
        value = members.get(name)
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(f"/aggregation/{name}", "Must be an array of strings")
        if not least <= len(value) <= 20:
            raise self._wrong(f"/aggregation/{name}", f"Must have {least} to 20 columns")
        return tuple(value)

    def _wrong(self, place: str, detail: str) -> PlaceError:
        return PlaceError(f"{self._pointer}{place}", "INVALID_FORMAT_OR_ASSOCIATION", detail)
