"""Tables in the store: their columns, their rows, and the uuids they took lately.

Only what SQL does is here; which record may go where is decided in `models`.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson

from argosy.sandbox.records.columns import Column, ColumnType
from argosy.sandbox.store import OWN, Store, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.settings import Json

_WITHIN: Final = "database = ? AND name = ?"


class Tables:
    """The tables of all databases."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def databases(self) -> list[str]:
        """Give the databases' names, in order."""
        return [row[0] for row in self._store.run(f"SELECT name FROM {OWN}.databases ORDER BY 1")]

    def has_database(self, database: str) -> bool:
        """Say whether a database is there."""
        sql = f"SELECT 1 FROM {OWN}.databases WHERE name = ?"
        return bool(self._store.run(sql, [database]))

    def tables(self, database: str) -> list[str]:
        """Give the names of a database's tables, in order."""
        sql = f"SELECT name FROM {OWN}.tables WHERE database = ? ORDER BY 1"
        return [row[0] for row in self._store.run(sql, [database])]

    def has_table(self, database: str, table: str) -> bool:
        """Say whether a table is there."""
        sql = f"SELECT 1 FROM {OWN}.tables WHERE {_WITHIN}"
        return bool(self._store.run(sql, [database, table]))

    def create_database(self, database: str) -> None:
        """Make a database, which must not be there."""
        self._store.run(f"CREATE SCHEMA IF NOT EXISTS td.{quoted(database)}")
        self._store.run(f"INSERT INTO {OWN}.databases VALUES (?)", [database])

    def create_table(self, database: str, table: str) -> None:
        """Make a table, which must not be there, with its `time` column."""
        self._store.run(f"CREATE TABLE {_path(database, table)} (time BIGINT)")
        self._store.run(f"INSERT INTO {OWN}.tables VALUES (?, ?)", [database, table])

    def columns(self, database: str, table: str) -> list[Column]:
        """Give a table's columns, oldest first."""
        described = self._store.run(f"DESCRIBE {_path(database, table)}")
        return [Column(name, cast("ColumnType", kind)) for name, kind, *_ in described]

    def add_column(self, database: str, table: str, column: Column) -> None:
        """Add a column, which must not be there."""
        path = _path(database, table)
        self._store.run(f"ALTER TABLE {path} ADD COLUMN {quoted(column.name)} {column.type}")

    def retype_column(self, database: str, table: str, column: Column) -> None:
        """Give a column another type that can hold all its values."""
        path = _path(database, table)
        self._store.run(f"ALTER TABLE {path} ALTER COLUMN {quoted(column.name)} TYPE {column.type}")

    def insert(
        self, database: str, table: str, columns: Sequence[Column], values: Sequence[list[Json]]
    ) -> None:
        """Add rows, given column by column, in one statement."""
        names = ", ".join(quoted(column.name) for column in columns)
        lists = ", ".join(_unnested(column.type) for column in columns)
        self._store.run(f"INSERT INTO {_path(database, table)} ({names}) SELECT {lists}", values)

    def count(self, database: str, table: str) -> int:
        """Count a table's rows."""
        return int(self._store.run(f"SELECT count(*) FROM {_path(database, table)}")[0][0])

    def rows(self, database: str, table: str, limit: int, offset: int) -> list[dict[str, Json]]:
        """Give some rows in the order they came; JSON columns come parsed."""
        columns = self.columns(database, table)
        sql = f"SELECT * FROM {_path(database, table)} ORDER BY rowid LIMIT ? OFFSET ?"
        return [
            {
                column.name: _shown(value, column.type)
                for column, value in zip(columns, row, strict=True)
            }
            for row in self._store.run(sql, [limit, offset])
        ]

    def seen(self, database: str, table: str, uuids: Sequence[str], since: float) -> set[str]:
        """Give those of the uuids (lower case) that the table took after an epoch."""
        if not uuids:
            return set()
        rows = self._store.run(
            f"SELECT uuid::VARCHAR FROM {OWN}.seen WHERE {_WITHIN} AND taken_at > ? "
            "AND uuid IN (SELECT unnest(?::UUID[]))",
            [database, table, since, uuids],
        )
        return {row[0] for row in rows}

    def remember(self, database: str, table: str, uuids: Sequence[str], at: float) -> None:
        """Note that the table took these uuids at an epoch."""
        sql = f"INSERT INTO {OWN}.seen SELECT ?, ?, unnest(?::UUID[]), ?"
        self._store.run(sql, [database, table, uuids, at])

    def forget(self, until: float) -> None:
        """Drop the uuids taken up to an epoch."""
        self._store.run(f"DELETE FROM {OWN}.seen WHERE taken_at <= ?", [until])


def _path(database: str, table: str) -> str:
    return f"td.{quoted(database)}.{quoted(table)}"


def _unnested(column: ColumnType) -> str:
    # a list of texts becomes JSON row by row; DuckDB would read a JSON[] parameter as one value
    return "unnest(?::VARCHAR[])::JSON" if column == "JSON" else f"unnest(?::{column}[])"


def _shown(value: Any, column: ColumnType) -> Json:
    return orjson.Fragment(value) if column == "JSON" and value is not None else value
