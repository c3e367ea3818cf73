"""Plant the profiles of a seed as the master table of their parent segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from argosy.sandbox.store import quoted
from argosy.sandbox.tables import Column, Table, path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.cdp.models import ParentSegment
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_TYPES: Final = {
    "BIGINT": "long",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "VARCHAR": "string",
    "JSON": "string",
}
_LARGEST: Final = 2**63


class MasterPlanter:
    """Make a parent segment's master table of rows that people wrote."""

    def __init__(self, foundation: Foundation, parent: ParentSegment) -> None:
        self._clock = foundation.clock
        self._store = foundation.store
        self._documents = foundation.documents
        self._tables = foundation.tables
        self._parent = parent

    def plant(self, rows: Sequence[dict[str, Json]]) -> None:
        """Make the table, with a column for each attribute that a row or the parent names."""
        master = self._parent.master
        assert master is not None  # noqa: S101 - the caller has made one
        database, table = master["parentDatabaseName"], master["parentTableName"]
        names = list(dict.fromkeys([name for row in rows for name in row]))
        if not self._tables.has_database(database):
            self._tables.create_database(database)
        columns = [Column(name, _type([row.get(name) for row in rows])) for name in names]
        found = {"time", *names}
        columns += [
            Column(str(one["parentColumn"]), "VARCHAR")
            for one in self._parent.attributes
            if one["parentColumn"] not in found and one["parentTableName"] == table
        ]
        columns = [Column("time", "BIGINT"), *(one for one in columns if one.name != "time")]
        schema = tuple((one.name, _TYPES[one.type]) for one in columns if one.name != "time")
        declared = ", ".join(f"{quoted(one.name)} {one.type}" for one in columns)
        self._store.run(f"CREATE TABLE {path(database, table)} ({declared})")
        at = self._clock.now()
        key = self._documents.new_id("table")
        self._tables.adopt_table(Table(key, database, table, at, at, schema=schema))
        now = int(at)
        values = [[row.get("time", now) for row in rows]]
        values += [
            [_value(row.get(column.name), column.type) for row in rows] for column in columns[1:]
        ]
        self._tables.insert(database, table, columns, values)


def guessed_types(rows: Sequence[dict[str, Json]]) -> dict[str, str]:
    """Find the vendor's column type of each attribute by the first value that isn't null."""
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None or name not in found:
                found.setdefault(name, _guessed(value))
    return found


def _guessed(value: Json) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in value)
        return "number_array" if value and numbers else "string_array"
    return "string"


def _type(values: list[Json]) -> str:
    """Give the DuckDB type that takes all values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int} and all(-_LARGEST <= one < _LARGEST for one in values if one is not None):
        return "BIGINT"
    if kinds and kinds <= {int, float}:
        return "DOUBLE"
    return "JSON" if kinds & {list, dict} else "VARCHAR"


def _value(value: Json, kind: str) -> Json:
    if value is None:
        return None
    if kind == "JSON":
        return orjson.dumps(value).decode()
    if kind == "VARCHAR" and not isinstance(value, str):
        return orjson.dumps(value).decode()
    return value
