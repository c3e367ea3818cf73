"""Keep the sandbox's state in DuckDB: in memory, or in one file that survives a restart.

Everything is in a catalog attached as `td`, and every name is written in full
(`td.schema.table`), so that no database or table name can be taken for something else. Each
Treasure Data database is a DuckDB schema of that name; the sandbox's own tables are in a
schema whose name can't be a Treasure Data database.

One connection and one lock: a transaction owns both from its first to its last statement, so
what it writes is seen by others entirely or not at all.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import duckdb

from argosy.sandbox.settings import SetupError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

OWN: Final = 'td."sandbox-state"'
RESERVED: Final = frozenset({"information_schema", "pg_catalog"})
"""Names that DuckDB keeps for itself in every catalog, so no database can have them."""

_OPENINGS: Final = "openings"
_TABLES: Final = f"""
    CREATE SCHEMA IF NOT EXISTS {OWN};
    CREATE TABLE IF NOT EXISTS {OWN}.counters (name VARCHAR, value BIGINT);
    CREATE TABLE IF NOT EXISTS {OWN}.documents
        (kind VARCHAR, id BIGINT, parent_segment BIGINT, document JSON);
    CREATE TABLE IF NOT EXISTS {OWN}.databases (name VARCHAR);
    CREATE TABLE IF NOT EXISTS {OWN}.tables (database VARCHAR, name VARCHAR);
    CREATE TABLE IF NOT EXISTS {OWN}.seen
        (database VARCHAR, name VARCHAR, uuid UUID, taken_at DOUBLE);
"""


class DataFileError(SetupError):
    """The data file can't be opened: no DuckDB file, or held by another process."""


class Store:
    """A DuckDB catalog and the lock around it.

    `path` is the file to keep it in; None keeps it in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._is_open = False
        self._connection = duckdb.connect(":memory:")
        try:
            self._attach(path)
        except duckdb.Error as error:
            self._connection.close()
            message = f"{path}: this can't be used as the sandbox's data file. {error}"
            raise DataFileError(message) from error

    def _attach(self, path: Path | None) -> None:
        where = ":memory:" if path is None else str(path).replace("'", "''")
        # The type is named: DuckDB would read a CSV or JSON file, and forget what is written.
        self._connection.execute(f"ATTACH '{where}' AS td (TYPE duckdb)")
        self._connection.execute(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one whole; a transaction inside another joins it."""
        with self._lock:
            if self._is_open:
                yield
                return
            self._connection.execute("BEGIN")
            self._is_open = True
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._is_open = False

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and give its rows."""
        with self._lock:
            rows: list[tuple[Any, ...]] = self._connection.execute(sql, values).fetchall()
            return rows

    def count_up(self, counter: str, first: int = 1) -> int:
        """Give the next value of a counter that never gives the same twice."""
        with self.transaction():
            counted = self.run(
                f"UPDATE {OWN}.counters SET value = value + 1 WHERE name = ? RETURNING value",
                [counter],
            )
            if not counted:
                self.run(f"INSERT INTO {OWN}.counters VALUES (?, ?)", [counter, first])
            return int(counted[0][0]) if counted else first

    def count_opening(self) -> int:
        """Count that the store was opened; 1 means that it is new."""
        return self.count_up(_OPENINGS)

    def clear(self) -> None:
        """Throw everything away but the count of openings."""
        with self.transaction():
            for (name,) in self.run(f"SELECT name FROM {OWN}.databases"):
                for (table,) in self.run(
                    f"SELECT name FROM {OWN}.tables WHERE database = ?", [name]
                ):
                    self.run(f"DROP TABLE td.{quoted(name)}.{quoted(table)}")
            for own in ("documents", "databases", "tables", "seen"):
                self.run(f"DELETE FROM {OWN}.{own}")
            self.run(f"DELETE FROM {OWN}.counters WHERE name != ?", [_OPENINGS])

    def close(self) -> None:
        """Write everything to the file and let go of it."""
        with self._lock:
            self._connection.close()


def quoted(name: str) -> str:
    """Write any text as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
