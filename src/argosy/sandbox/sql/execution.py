"""One connection in one session: what statements need of DuckDB."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import duckdb
from sqlglot import exp

from argosy.sandbox.sql.dialects import written
from argosy.sandbox.sql.errors import QueryFailedError, told_by
from argosy.sandbox.sql.final import check_translated, macros_of
from argosy.sandbox.sql.grammar import roomy_stack
from argosy.sandbox.sql.macros import creation
from argosy.sandbox.sql.tables import TableNames, place
from argosy.sandbox.sql.translate import Translator

if TYPE_CHECKING:
    from argosy.sandbox.sql.session import QuerySession, TableName

_COLUMN: Final = re.compile(r"Column '([^']+)' (?:cannot be resolved|is ambiguous)")


class Execution:
    """Runs SQL of DuckDB's for a session, and puts its errors into the engine's words."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, session: QuerySession) -> None:
        self._connection = connection
        self.session = session
        self.names = TableNames(session, self.columns)
        self._seen: dict[TableName, list[tuple[str, str]]] = {}
        self._identifiers: dict[str, exp.Identifier] = {}

    @property
    def is_hive(self) -> bool:
        """Say whether the session is one of Hive's."""
        return self.session.engine == "hive"

    def note_places(self, statement: exp.Expr) -> None:
        """Remember where the names of a statement stand, for messages."""
        for identifier in statement.find_all(exp.Identifier):
            self._identifiers.setdefault(identifier.name.lower(), identifier)

    def with_place(self, error: QueryFailedError) -> QueryFailedError:
        """Add the line and the column of the name that an error is about."""
        found = _COLUMN.search(error.reason)
        if error.line is not None or not found or self.session.engine == "hive":
            return error
        identifier = self._identifiers.get(found[1].split(".")[0].lower())
        line, column = place(identifier)
        if line is None:
            return error
        return QueryFailedError(error.reason, error.kind, line=line, column=column)

    def columns(self, table: TableName) -> list[tuple[str, str]]:
        """Give a table's columns with their types in DuckDB, in their order."""
        if table not in self._seen:
            described = self.execute(f"DESCRIBE {quoted_table(table)}").fetchall()
            self._seen[table] = [(str(name), str(kind)) for name, kind, *_ in described]
        return self._seen[table]

    def execute(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run one statement of DuckDB's."""
        try:
            return self._connection.execute(sql)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise self.failed(error) from None

    def fetched(self, result: duckdb.DuckDBPyConnection, most: int) -> list[tuple[Any, ...]]:
        """Give a result's rows, up to a number."""
        try:
            rows: list[tuple[Any, ...]] = result.fetchmany(most)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise self.failed(error) from None
        return rows

    def failed(self, error: duckdb.Error) -> QueryFailedError:
        """Make the error that the caller sees of one of DuckDB's."""
        return self.with_place(QueryFailedError(told_by(self.session.engine, str(error))))

    def translated(self, query: exp.Expr) -> str:
        """Turn a query into DuckDB's SQL, and make the macros that it calls."""
        with roomy_stack():
            holder = exp.Subquery(this=query.copy())
            Translator(self.session, self.names).translate(holder)
            self.names.resolve(holder)
            inner = holder.this
            check_translated(inner)
            for statement in macros_of(inner):
                self.execute(statement)
            return written(inner)

    def make_macros(self, *names: str) -> None:
        """Make macros that are called by their names."""
        for name in names:
            for statement in creation(name):
                self.execute(statement)

    def condition(self, query: exp.Select) -> str:
        """Turn the WHERE of a SELECT over one table into DuckDB's SQL."""
        holder = exp.Subquery(this=query)
        with roomy_stack():
            Translator(self.session, self.names).translate(holder)
            where = query.args["where"]
            self.names.resolve(where)
            check_translated(where)
            for statement in macros_of(where):
                self.execute(statement)
            return written(where)

    def described(self, sql: str) -> list[tuple[str, str]]:
        """Give the names and the types of a query's columns."""
        return [(str(one[0]), str(one[1])) for one in self.execute(f"DESCRIBE {sql}").fetchall()]


def quoted(name: str) -> str:
    """Write any text as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted_table(table: TableName) -> str:
    """Write a table in full."""
    return f"td.{quoted(table.database)}.{quoted(table.table)}"
