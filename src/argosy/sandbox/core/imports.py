"""Take records into a table many at a time, column by column.

The rules for names and values are those of the records API, so that both make the same tables:
columns come with their values and widen. The vendor takes an upload whole and looks at it
later; here a record that can't be taken refuses its upload with 422, so that nothing is lost
in silence. Not documented, so assumed: a record without `time` gets the time of its import, a
fraction of a second is cut off, and a value without a name is left out (pytd's own way of
loading a data frame sends the row numbers so, and its users see no column of them).
"""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NoReturn

from argosy.sandbox.core.errors import CoreError
from argosy.sandbox.core.results import plain
from argosy.sandbox.records.batch import (
    MOST_COLUMNS,
    check_column_name,
    folded,
)
from argosy.sandbox.records.columns import json_text, kept, needed_type, widened
from argosy.sandbox.records.errors import RefusedRecordError
from argosy.sandbox.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.core.table_changes import TableChanges
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.records.columns import ColumnType
    from argosy.sandbox.settings import Json
    from argosy.sandbox.tables import Table

_ROWS_AT_ONCE: Final = 20_000
_LAST_SECOND: Final = 99_999_999_999
_SIMPLE: Final[dict[type, ColumnType]] = {str: "VARCHAR", float: "DOUBLE", bool: "BOOLEAN"}
_AS_THEY_ARE: Final[dict[str, frozenset[type]]] = {
    "BIGINT": frozenset({int}),
    "DOUBLE": frozenset({float}),
    "BOOLEAN": frozenset({bool}),
    "VARCHAR": frozenset({str}),
}
_NONE: Final = type(None)


class Imports:
    """Take records into the tables of a store."""

    def __init__(self, foundation: Foundation, changes: TableChanges) -> None:
        self._store = foundation.store
        self._tables = foundation.tables
        self._clock = foundation.clock
        self._changes = changes

    def take(self, table: Table, records: Sequence[Any]) -> int:
        """Take records, all or none, and give how many there were; raise the 422 answer."""
        if not records:
            return 0
        check_maps(records)
        with self._store.transaction():
            gathered = self._gathered(records)
            known = {
                folded(column.name): column
                for column in self._tables.columns(table.database, table.name)
            }
            if len(known.keys() | gathered.keys()) > MOST_COLUMNS:
                refuse(f"the table would have more than {MOST_COLUMNS} columns")
            columns, values = [], []
            for key, (name, given) in gathered.items():
                column = self._provided(table, known.get(key), name, given)
                if column is not None:
                    columns.append(column)
                    values.append(_fitted(given, column.type))
            for first in range(0, len(records), _ROWS_AT_ONCE):
                part = [one[first : first + _ROWS_AT_ONCE] for one in values]
                self._tables.insert(table.database, table.name, columns, part)
            self._changes.touch(table)
        return len(records)

    def _gathered(self, records: Sequence[dict[Any, Any]]) -> dict[str, tuple[str, list[Json]]]:
        """Turn records into columns by folded names, each with its name and values."""
        names = [_text(name) for name in dict.fromkeys(chain.from_iterable(records))]
        gathered: dict[str, tuple[str, list[Json]]] = {}
        for name in filter(None, names):
            check_name(name)
            values = [record.get(name) for record in records]
            key = folded(name)
            if key in gathered:  # names that differ in case only are one column
                first, earlier = gathered[key]
                both = zip(earlier, values, strict=True)
                gathered[key] = (first, [b if a is None else a for a, b in both])
            else:
                gathered[key] = (name, values)
        times = gathered.pop("time", ("time", [None] * len(records)))[1]
        now = int(self._clock.now())
        return {"time": ("time", [whole_time(value, now) for value in times])} | gathered

    def _provided(
        self, table: Table, known: Column | None, name: str, values: list[Json]
    ) -> Column | None:
        """Give the column that holds these values, made or widened; None if all are null."""
        wanted = None if known is None else known.type
        for needed in _needed(values):
            wanted = needed if wanted is None else widened(wanted, needed)
        if wanted is None:
            return None
        if known is None:
            made = Column(name, wanted)
            self._tables.add_column(table.database, table.name, made)
            return made
        if wanted != known.type:
            known = Column(known.name, wanted)
            self._tables.retype_column(table.database, table.name, known)
        return known


def check_maps(records: Sequence[Any]) -> None:
    """Refuse an upload with anything in it that is no map with text keys."""
    if set(map(type, records)) <= {dict}:
        return
    for index, record in enumerate(records):
        if type(record) is not dict:
            refuse(f"record {index} is not a map")


def whole_time(value: Any, now: int) -> int:
    """Give a record's `time` in whole seconds; refuse what can't be one."""
    if value is None:
        return now
    if type(value) is float and math.isfinite(value):
        value = int(value)
    if type(value) is not int:
        refuse("a 'time' is not a number of seconds")
    if abs(value) > _LAST_SECOND:
        refuse("a 'time' is not in seconds; it looks like milliseconds")
    return value


def refuse(problem: str) -> NoReturn:
    """Raise the answer for records that can't be taken."""
    raise CoreError(422, f"Validation failed: {problem}")


def _needed(values: list[Json]) -> set[ColumnType]:
    """Give the column types that values need; quick where all are of one kind."""
    kinds = set(map(type, values)) - {_NONE}
    needed = {_SIMPLE[kind] for kind in kinds if kind in _SIMPLE}
    if bytes in kinds:
        needed.add("VARCHAR")
    if kinds & {dict, list}:
        needed.add("JSON")
    if int in kinds:
        whole = [value for value in values if type(value) is int]
        needed |= {one for one in map(needed_type, (min(whole), max(whole))) if one is not None}
    return needed


def _fitted(values: list[Json], column: str) -> list[Json]:
    """Give values in the form that the column takes."""
    kinds = set(map(type, values)) - {_NONE}
    if kinds <= _AS_THEY_ARE.get(column, frozenset()):
        return values
    try:
        return [None if value is None else _kept(value, column) for value in values]
    except (RecursionError, RefusedRecordError):
        refuse("a value is nested too deep")


def _kept(value: Any, column: str) -> Json:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict | list):
        return json_text(plain(value))
    return kept(value, column)


def _text(name: Any) -> str:
    if isinstance(name, str):
        return name
    refuse(f"a name is not a text: {str(name)[:50]!r}")


def check_name(name: str) -> None:
    """Refuse a name that no column can have."""
    try:
        check_column_name(name)
    except RefusedRecordError as error:
        refuse(str(error))
