"""The databases and tables that every API family shares: what they are called, hold and are like.

A database is a DuckDB schema and a document, a table a DuckDB table and a document. Its
`schema` is what was declared or seen, in the vendor's words (`[name, type]` pairs, `time` left
out); the columns are what DuckDB has. Which record or request may do what is decided by the
families; only what must hold for all of them is here.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.store import Store, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.clock import Clock
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json

NO_PARENT: Final = "0"
_DUCKDB_MAIN: Final = "main"


class Column(Struct, frozen=True):
    """A column of a table as DuckDB has it."""

    name: str
    type: str


class Database(Struct, frozen=True):
    """A database; times are epochs."""

    id: str
    name: str
    created_at: float
    updated_at: float
    delete_protected: bool = False


class Table(Struct, frozen=True):
    """A table; times are epochs.

    A column of `schema` is its name and type, and may go on with an alias and a description.
    """

    id: str
    database: str
    name: str
    created_at: float
    updated_at: float
    description: str | None = None
    expire_days: int | None = None
    include_v: bool = True
    delete_protected: bool = False
    schema: tuple[tuple[str, ...], ...] = ()


class Tables:
    """The databases and tables of a store."""

    def __init__(self, store: Store, documents: Documents, clock: Clock) -> None:
        self._store = store
        self._documents = documents
        self._clock = clock
        self._columns: dict[tuple[str, str], list[Column]] = {}
        self._tables: dict[tuple[str, str], Table] = {}
        store.caches.append(self._columns.clear)
        documents.watch(("database", "table"), self._tables.clear)

    def databases(self) -> list[str]:
        """Give the databases' names, in order."""
        return sorted(one.name for one in self.every_database())

    def every_database(self) -> list[Database]:
        """Give all databases, oldest first."""
        return [Database(**document) for document in self._documents.every("database")]

    def database(self, name: str) -> Database | None:
        """Give a database by its name."""
        document = self._documents.named("database", name)
        return None if document is None else Database(**document)

    def has_database(self, database: str) -> bool:
        """Say whether a database is there."""
        return self.database(database) is not None

    def create_database(self, database: str) -> Database:
        """Make a database, which must not be there."""
        now = self._clock.now()
        made = Database(self._documents.new_id("database"), database, now, now)
        with self._store.transaction():
            self._store.run(f"CREATE SCHEMA IF NOT EXISTS td.{quoted(database)}")
            self._documents.add("database", NO_PARENT, {made.id: asdict(made)})
        return made

    def change_database(self, changed: Database) -> None:
        """Keep other facts about a database; its name stays."""
        self._documents.replace("database", changed.id, NO_PARENT, asdict(changed))

    def drop_database(self, database: str) -> None:
        """Drop a database, which must be there, and its tables."""
        found = self.database(database)
        assert found is not None  # noqa: S101 - callers have looked
        with self._store.transaction():
            for table in self.tables(database):
                self.drop_table(database, table)
            if database != _DUCKDB_MAIN:
                self._store.run(f"DROP SCHEMA td.{quoted(database)} CASCADE")
            self._documents.remove("database", found.id)

    def tables(self, database: str) -> list[str]:
        """Give the names of a database's tables, in order."""
        return sorted(one.name for one in self.every_table(database))

    def every_table(self, database: str) -> list[Table]:
        """Give a database's tables, oldest first."""
        found = self.database(database)
        if found is None:
            return []
        return [_table(document) for document in self._documents.every("table", found.id)]

    def table(self, database: str, name: str) -> Table | None:
        """Give a table by its name."""
        if (database, name) in self._tables:
            return self._tables[database, name]
        owner = self.database(database)
        document = None if owner is None else self._documents.named("table", name, owner.id)
        if document is None:
            return None
        self._tables[database, name] = _table(document)
        return self._tables[database, name]

    def has_table(self, database: str, table: str) -> bool:
        """Say whether a table is there."""
        return self.table(database, table) is not None

    def create_table(
        self, database: str, name: str, schema: tuple[tuple[str, ...], ...] = (), **more: Any
    ) -> Table:
        """Make a table, which must not be there, with its `time` column; `more` as in Table.

        The columns that `schema` declares are the caller's to add.
        """
        now = self._clock.now()
        plain = Table(self._documents.new_id("table"), database, name, now, now, schema=schema)
        made = replace(plain, **more)
        with self._store.transaction():
            self._store.run(f"CREATE TABLE {path(database, name)} (time BIGINT)")
            self.adopt_table(made)
        return made

    def adopt_table(self, table: Table) -> None:
        """Keep the document of a table that DuckDB has already, as queries make them."""
        owner = self.database(table.database)
        assert owner is not None  # noqa: S101 - callers have looked
        self._documents.add("table", owner.id, {table.id: asdict(table)})
        self.forget_columns()

    def change_table(self, changed: Table) -> None:
        """Keep other facts about a table; its database and name stay."""
        owner = self.database(changed.database)
        assert owner is not None  # noqa: S101 - callers have looked
        self._documents.replace("table", changed.id, owner.id, asdict(changed))

    def drop_table(self, database: str, table: str) -> None:
        """Drop a table, which must be there."""
        found = self.table(database, table)
        assert found is not None  # noqa: S101 - callers have looked
        with self._store.transaction():
            self._store.run(f"DROP TABLE IF EXISTS {path(database, table)}")
            self._store.note("DELETE FROM seen WHERE owner = ?", [int(found.id)])
            self._documents.remove("table", found.id)
        self.forget_columns()

    def columns(self, database: str, table: str) -> list[Column]:
        """Give a table's columns, oldest first."""
        key = (database, table)
        if key not in self._columns:
            described = self._store.run(f"DESCRIBE {path(database, table)}")
            self._columns[key] = [Column(name, kind) for name, kind, *_ in described]
        return self._columns[key]

    def forget_columns(self) -> None:
        """Ask DuckDB again what columns there are: something may have changed them."""
        self._columns.clear()

    def add_column(self, database: str, table: str, column: Column) -> None:
        """Add a column, which must not be there."""
        where = path(database, table)
        self._store.run(f"ALTER TABLE {where} ADD COLUMN {quoted(column.name)} {column.type}")
        self.forget_columns()

    def retype_column(self, database: str, table: str, column: Column) -> None:
        """Give a column another type that can hold all its values."""
        where = path(database, table)
        self._store.run(
            f"ALTER TABLE {where} ALTER COLUMN {quoted(column.name)} TYPE {column.type}"
        )
        self.forget_columns()

    def insert(
        self, database: str, table: str, columns: Sequence[Column], values: Sequence[list[Json]]
    ) -> None:
        """Add rows, given column by column, in one statement."""
        names = ", ".join(quoted(column.name) for column in columns)
        lists = ", ".join(_unnested(column.type) for column in columns)
        self._store.run(f"INSERT INTO {path(database, table)} ({names}) SELECT {lists}", values)

    def count(self, database: str, table: str) -> int:
        """Count a table's rows."""
        return int(self._store.run(f"SELECT count(*) FROM {path(database, table)}")[0][0])

    def rows(self, database: str, table: str, limit: int, offset: int) -> list[dict[str, Json]]:
        """Give some rows in the order they came; JSON columns come parsed."""
        columns = self.columns(database, table)
        sql = f"SELECT * FROM {path(database, table)} ORDER BY rowid LIMIT ? OFFSET ?"
        return [
            {
                column.name: _shown(value, column.type)
                for column, value in zip(columns, row, strict=True)
            }
            for row in self._store.run(sql, [limit, offset])
        ]


def path(database: str, table: str) -> str:
    """Write a table's name in full."""
    return f"td.{quoted(database)}.{quoted(table)}"


def _table(document: Json) -> Table:
    return Table(**(document | {"schema": tuple(tuple(one) for one in document["schema"])}))


def _unnested(column: str) -> str:
    # a list of texts becomes JSON row by row; DuckDB would read a JSON[] parameter as one value
    if column == "JSON":
        return "unnest(?::VARCHAR[])::JSON"
    if column.endswith("[]") or column.startswith("MAP("):
        return f"TRY_CAST(unnest(?::VARCHAR[])::JSON AS {column})"
    return f"unnest(?::{column}[])"


def _shown(value: Any, column: str) -> Json:
    return orjson.Fragment(value) if column == "JSON" and value is not None else value
