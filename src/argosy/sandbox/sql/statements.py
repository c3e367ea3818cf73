"""Which statement a query is, and what those do that only read."""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError, unsupported
from argosy.sandbox.sql.execution import Execution
from argosy.sandbox.sql.grammar import parsed
from argosy.sandbox.sql.relations import UNNAMED
from argosy.sandbox.sql.session import Outcome, ResultColumn, TableName, hive_type
from argosy.sandbox.sql.values import shown_rows, shown_type
from argosy.sandbox.sql.writes import QUERIES, Writes

if TYPE_CHECKING:
    import duckdb

    from argosy.sandbox.sql.session import QuerySession

_COMMAND: Final = re.compile(
    r"^(?:(?P<tables>tables)(?:\s+(?:from|in)\s+(?P<database>[\w\"`.\-]+))?"
    r"(?:\s+like\s+'(?P<like>[^']*)'|\s+'(?P<glob>[^']*)')?"
    r"|(?P<schemas>schemas|databases)(?:\s+(?:from|in)\s+[\w\"`\-]+)?"
    r"(?:\s+like\s+'(?P<alike>[^']*)')?"
    r"|columns\s+(?:from|in)\s+(?P<table>[\w\"`.\-]+))$",
    re.IGNORECASE,
)


class Statements:
    """Runs the statements of one session on a connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, session: QuerySession, most_rows: int
    ) -> None:
        self._on = Execution(connection, session)
        self._writes = Writes(self._on)
        self._most_rows = most_rows

    def run(self, text: str) -> Outcome:
        """Run a query's one statement."""
        statement = parsed(text, self._on.session.engine)
        if statement is None:
            return Outcome("set")
        self._on.note_places(statement)
        try:
            return self._run(statement)
        except QueryFailedError as error:
            raise self._on.with_place(error) from None

    def _run(self, statement: exp.Expr) -> Outcome:
        if isinstance(statement, QUERIES):
            return self._select(statement)
        if isinstance(statement, exp.Describe):
            return self._describe(statement)
        if isinstance(statement, exp.Command) and statement.name in {"SHOW", "EXPLAIN"}:
            words = statement.expression.name
            return self._show(words) if statement.name == "SHOW" else self._explain(words)
        return self._write(statement)

    def _write(self, statement: exp.Expr) -> Outcome:
        if isinstance(statement, exp.Insert):
            return self._writes.insert(statement)
        if isinstance(statement, exp.Create):
            return self._writes.create(statement)
        if isinstance(statement, exp.Delete):
            return self._writes.delete(statement)
        if isinstance(statement, exp.Drop):
            return self._writes.drop(statement)
        raise unsupported(f"The statement {type(statement).__name__.upper()}")

    def _select(self, query: exp.Expr) -> Outcome:
        sql = self._on.translated(query)
        result = self._on.execute(sql)
        described = result.description or []
        types = [str(one[1]) for one in described]
        names = self._shown_names([str(one[0]) for one in described], query)
        rows = self._fetched(result)
        columns = tuple(
            ResultColumn(name, shown_type(kind)) for name, kind in zip(names, types, strict=True)
        )
        return Outcome("select", columns, shown_rows(rows, types, self._on.session.engine))

    def _fetched(self, result: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        rows = self._on.fetched(result, self._most_rows + 1)
        if len(rows) > self._most_rows:
            raise QueryFailedError(
                f"The result has more than {self._most_rows} rows, which is the sandbox's limit",
                "limit",
            )
        return rows

    def _shown_names(self, names: list[str], query: exp.Expr) -> list[str]:
        is_values = isinstance(query, exp.Values)
        is_hive = self._on.is_hive
        shown = []
        for at, name in enumerate(names):
            if name.startswith(UNNAMED) or is_values:
                shown.append(f"_c{at}" if is_hive else f"_col{at}")
            else:
                shown.append(name.lower() if is_hive else name)
        return shown

    def _describe(self, statement: exp.Describe) -> Outcome:
        return self._listed_columns(self._on.names.existing(statement.this))

    def _listed_columns(self, table: TableName) -> Outcome:
        rows = [
            (name, "varchar" if kind == "JSON" else shown_type(kind), "", "")
            for name, kind in self._on.columns(table)
        ]
        heads = ("Column", "Type", "Extra", "Comment")
        if self._on.is_hive:
            shown = [(name, hive_type(kind), "") for name, kind, *_ in rows]
            return Outcome(
                "describe",
                tuple(
                    ResultColumn(name, "varchar") for name in ("col_name", "data_type", "comment")
                ),
                shown,
            )
        return Outcome("describe", tuple(ResultColumn(name, "varchar") for name in heads), rows)

    def _show(self, text: str) -> Outcome:
        found = _COMMAND.match(" ".join(text.split()))
        if not found:
            raise unsupported(f"SHOW {text.split(' ', 1)[0].upper()[:40]}")
        if found["tables"]:
            database = bare(found["database"]) if found["database"] else self._on.session.database
            if database not in self._on.session.tables:
                raise QueryFailedError(f"Schema '{database}' does not exist")
            names = list(self._on.session.tables[database])
            return self._list("Table", names, found["like"] or found["glob"])
        if found["schemas"]:
            return self._list("Schema", list(self._on.session.tables), found["alike"])
        path = [bare(part) for part in found["table"].split(".")]
        node = exp.Table(this=exp.to_identifier(path[-1]))
        if len(path) > 1:
            node.set("db", exp.to_identifier(path[-2]))
        if len(path) > 2:
            node.set("catalog", exp.to_identifier(path[-3]))
        return self._listed_columns(self._on.names.existing(node))

    def _list(self, head: str, names: list[str], pattern: str | None) -> Outcome:
        kept = sorted(names)
        if pattern is not None:
            glob = pattern.replace("%", "*").replace("_", "?")
            kept = [name for name in kept if fnmatch.fnmatchcase(name, glob)]
        heading = {"Table": "tab_name", "Schema": "database_name"}[head]
        name = heading if self._on.is_hive else head
        return Outcome("show", (ResultColumn(name, "varchar"),), [(one,) for one in kept])

    def _explain(self, text: str) -> Outcome:
        """Check a query, and tell what it reads; DuckDB's plan would tell of DuckDB."""
        query = parsed(text, self._on.session.engine)
        if not isinstance(query, QUERIES):
            raise unsupported("EXPLAIN of this statement")
        sql = self._on.translated(query)
        described = self._on.described(sql)
        types = [kind for _, kind in described]
        shown = self._shown_names([name for name, _ in described], query)
        lines = [
            "Output["
            + ", ".join(shown)
            + "] => ["
            + ", ".join(f"{n}:{shown_type(t)}" for n, t in zip(shown, types, strict=True))
            + "]"
        ]
        lines += [f"    TableScan[{one.database}.{one.table}]" for one in self._on.names.used]
        return Outcome("explain", (ResultColumn("Query Plan", "varchar"),), [("\n".join(lines),)])


def bare(name: str) -> str:
    """Take the quotes off a name."""
    return name.strip('"`').lower()
