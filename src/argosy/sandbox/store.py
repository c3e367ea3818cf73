"""Keep the sandbox's state: rows in DuckDB, everything else in SQLite, both in memory or a folder.

DuckDB has the rows, in a catalog attached as `td`: each Treasure Data database is a schema of
that name, and every name is written in full (`td.schema.table`), so that none can be taken for
something else. SQLite has the small documents that change one at a time (see `documents`),
which a column store is slow at.

One lock over both: a transaction owns them from its first to its last statement, so what it
writes is seen by others entirely or not at all. Where the process is killed between the two
commits, rows may lack their documents; nothing else can come apart.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import duckdb

from argosy.sandbox.journal import Journal
from argosy.sandbox.settings import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from argosy.sandbox.journal import Columns

RESERVED: Final = frozenset({"information_schema", "pg_catalog"})
"""Names that DuckDB keeps for itself in every catalog, so no database can have them."""

_OPENINGS: Final = "openings"
ROWS: Final = "rows.duckdb"
FACTS: Final = "state.sqlite"
_JOURNAL: Final = "journal"
_OWN_SCHEMA: Final = "sandbox-state"
_MOST_MEMORY: Final = "4GB"
_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS documents
        (kind TEXT, id INTEGER, parent INTEGER, name TEXT, document TEXT,
         PRIMARY KEY (kind, id)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_parent ON documents (kind, parent, id);
    CREATE INDEX IF NOT EXISTS by_name ON documents (kind, name, parent);
    CREATE TABLE IF NOT EXISTS blobs
        (kind TEXT, id TEXT, content BLOB, PRIMARY KEY (kind, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS seen (owner INTEGER, taken_at REAL, uuids BLOB, made INTEGER);
    CREATE INDEX IF NOT EXISTS by_owner ON seen (owner);
    CREATE TABLE IF NOT EXISTS agenda
        (kind TEXT, id INTEGER, stage TEXT, watch TEXT, due REAL, polls INTEGER, position INTEGER,
         PRIMARY KEY (kind, id, stage)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_due ON agenda (due);
    CREATE INDEX IF NOT EXISTS by_watch ON agenda (watch);
"""
_OWN_TABLES: Final = ("documents", "blobs", "seen", "agenda")


class DataFileError(SetupError):
    """The data folder can't be used: no folder, not the sandbox's, or held by another process."""


class Store:
    """The rows and the facts, and the lock around them.

    `folder` is where to keep them; None keeps them in memory. `first_id` is where the ids that
    the sandbox makes begin.
    """

    def __init__(self, folder: Path | None = None, first_id: int = 100_001) -> None:
        self.folder = folder
        self.first_id = first_id
        self.caches: list[Callable[[], None]] = []
        """What to call where the store goes back to an earlier state."""
        self._lock = threading.RLock()
        self._is_open = False
        self._rows = duckdb.connect(":memory:")
        try:
            self._open(folder)
        except (duckdb.Error, sqlite3.Error, OSError) as error:
            self._rows.close()
            message = f"{folder}: this can't be used as the sandbox's data folder. {error}"
            raise DataFileError(message) from error

    def _open(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        where = ":memory:" if folder is None else str(folder / ROWS).replace("'", "''")
        # The type is named: DuckDB would read a CSV or JSON file, and forget what is written.
        self._rows.execute(f"ATTACH '{where}' AS td (TYPE duckdb)")
        self._journal = Journal(self._rows, None if folder is None else folder / _JOURNAL)
        # a query that needs more ends as a failed job; nothing spills into the working directory
        self._rows.execute(f"SET memory_limit = '{_MOST_MEMORY}'")
        self._rows.execute("SET temp_directory = ''")
        self.facts = sqlite3.connect(
            ":memory:" if folder is None else folder / FACTS,
            isolation_level=None,
            check_same_thread=False,
        )
        self.facts.execute("PRAGMA journal_mode = WAL")
        self.facts.execute("PRAGMA synchronous = NORMAL")
        self.facts.executescript(_TABLES)

    @property
    def rows(self) -> duckdb.DuckDBPyConnection:
        """The connection to the rows, with everything that was taken in its tables."""
        with self._lock:
            if not self._is_open:
                self._journal.flush()
            return self._rows

    def take(self, table: str, columns: Columns, rows: bytes, count: int) -> None:
        """Take rows that fit a table (see `journal`); quick, and not for within a transaction."""
        with self._lock:
            self._journal.append(table, columns, rows, count)

    @property
    def is_in_transaction(self) -> bool:
        """Say whether a transaction is open."""
        return self._is_open

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one whole; a transaction inside another joins it."""
        with self._lock:
            if self._is_open:
                yield
                return
            self.rows.execute("BEGIN")  # after the journal: a roll-back must not undo that
            self.facts.execute("BEGIN")
            self._is_open = True
            try:
                yield
            except BaseException:
                self.facts.execute("ROLLBACK")
                self._rows.execute("ROLLBACK")
                self.forget()
                raise
            else:
                self._rows.execute("COMMIT")
                self.facts.execute("COMMIT")
            finally:
                self._is_open = False

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement over the rows (DuckDB) and give what it gives."""
        with self._lock:
            rows: list[tuple[Any, ...]] = self.rows.execute(sql, values).fetchall()
            return rows

    def note(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement over the facts (SQLite) and give what it gives."""
        with self._lock:
            return self.facts.execute(sql, values).fetchall()

    def note_each(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Run one statement over the facts for each of several rows of values."""
        with self._lock:
            self.facts.executemany(sql, values)

    def count_up(self, counter: str, first: int = 1) -> int:
        """Give the next value of a counter that never gives the same twice."""
        counted = self.note(
            "INSERT INTO counters VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            [counter, first],
        )
        return int(counted[0][0])

    def count_opening(self) -> int:
        """Count that the store was opened; 1 means that it is new."""
        return self.count_up(_OPENINGS)

    def schemas(self) -> list[str]:
        """Give the names of the schemas that hold rows."""
        found = self.run(
            "SELECT schema_name FROM duckdb_schemas() "
            "WHERE database_name = 'td' AND NOT internal ORDER BY 1"
        )
        return [name for (name,) in found if name not in {"main", _OWN_SCHEMA}]

    def forget(self) -> None:
        """Drop what was kept in memory about the state, which is another one now."""
        for forget in self.caches:
            forget()

    def drop_rows(self) -> None:
        """Drop all schemas and what is in them, the sandbox's own too."""
        for name in (*self.schemas(), _OWN_SCHEMA):
            self.run(f"DROP SCHEMA IF EXISTS td.{quoted(name)} CASCADE")
        tables = self.run(
            "SELECT table_name FROM duckdb_tables() "
            "WHERE database_name = 'td' AND schema_name = 'main'"
        )
        for (name,) in tables:
            self.run(f"DROP TABLE td.main.{quoted(name)}")

    def clear(self) -> None:
        """Throw everything away but the count of openings."""
        with self.transaction():
            self.drop_rows()
            self._journal.prepare()
            for own in _OWN_TABLES:
                self.note(f"DELETE FROM {own}")
            self.note("DELETE FROM counters WHERE name != ?", [_OPENINGS])
            self.forget()

    def close(self) -> None:
        """Write everything to the folder and let go of it."""
        with self._lock:
            self._journal.close()
            self._rows.close()
            self.facts.close()


def quoted(name: str) -> str:
    """Write any text as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
