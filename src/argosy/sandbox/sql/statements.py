"""What each kind of statement does.

Decided where the vendor's documents are silent: CREATE TABLE AS and INSERT keep what a table of
Treasure Data can hold, so a date, a time and a zoned time become text, a decimal becomes a
double, and a map or a row becomes JSON. A row without `time` gets the query's own time. INSERT
without a list of columns goes by position: over all columns, or over all but `time`.
"""

# Every name put into SQL here goes through `quoted`; values are parameters or are written by sqlglot.
# ruff: noqa: S608

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from argosy.sandbox.sql.casts import duck_type
from argosy.sandbox.sql.dialects import written
from argosy.sandbox.sql.errors import QueryFailedError, unsupported
from argosy.sandbox.sql.grammar import parsed, roomy_stack
from argosy.sandbox.sql.macros import creation
from argosy.sandbox.sql.relations import UNNAMED
from argosy.sandbox.sql.session import Outcome, ResultColumn, TableName
from argosy.sandbox.sql.tables import TableNames, place
from argosy.sandbox.sql.translate import Translator, macros_of
from argosy.sandbox.sql.values import shown_rows, shown_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from argosy.sandbox.sql.session import Kind, QuerySession

_QUERIES: Final = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
_COLUMN: Final = re.compile(r"Column '([^']+)' (?:cannot be resolved|is ambiguous)")
_COMMAND: Final = re.compile(
    r"^(?:(?P<tables>tables)(?:\s+(?:from|in)\s+(?P<database>[\w\"`.\-]+))?(?:\s+like\s+'(?P<like>[^']*)'|\s+'(?P<glob>[^']*)')?"
    r"|(?P<schemas>schemas|databases)(?:\s+(?:from|in)\s+[\w\"`\-]+)?(?:\s+like\s+'(?P<alike>[^']*)')?"
    r"|columns\s+(?:from|in)\s+(?P<table>[\w\"`.\-]+))$",
    re.IGNORECASE,
)


class Statements:
    """Runs the statements of one session on a connection."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, session: QuerySession, most_rows: int
    ) -> None:
        self._connection = connection
        self._session = session
        self._most_rows = most_rows
        self._seen: dict[TableName, list[tuple[str, str]]] = {}
        self._names = TableNames(session, self.columns)
        self._identifiers: dict[str, exp.Identifier] = {}

    def run(self, text: str) -> Outcome:
        """Run a query's one statement."""
        statement = parsed(text, self._session.engine)
        if statement is None:
            return Outcome("set")
        for identifier in statement.find_all(exp.Identifier):
            self._identifiers.setdefault(identifier.name.lower(), identifier)
        try:
            return self._run(statement)
        except QueryFailedError as error:
            raise self._placed(error) from None

    def _run(self, statement: exp.Expression) -> Outcome:
        if isinstance(statement, _QUERIES):
            return self._select(statement)
        if isinstance(statement, exp.Insert):
            return self._insert(statement)
        if isinstance(statement, exp.Create):
            return self._create(statement)
        if isinstance(statement, exp.Delete):
            return self._delete(statement)
        if isinstance(statement, exp.Drop):
            return self._drop(statement)
        if isinstance(statement, exp.Describe):
            return self._describe(statement)
        if isinstance(statement, exp.Command) and statement.name == "SHOW":
            return self._show(statement.expression.name)
        if isinstance(statement, exp.Command) and statement.name == "EXPLAIN":
            return self._explain(statement.expression.name)
        raise unsupported(f"The statement {type(statement).__name__.upper()}")

    def _placed(self, error: QueryFailedError) -> QueryFailedError:
        """Say where the column stands that an error is about, if the query has it once."""
        return self.with_place(error)

    def with_place(self, error: QueryFailedError) -> QueryFailedError:
        """Add the line and the column of the name that an error is about."""
        found = _COLUMN.search(error.reason)
        if error.line is not None or not found or self._session.engine == "hive":
            return error
        identifier = self._identifiers.get(found[1].split(".")[0].lower())
        line, column = place(identifier)
        if line is None:
            return error
        return QueryFailedError(error.reason, error.kind, line=line, column=column)

    def columns(self, table: TableName) -> list[tuple[str, str]]:
        """Give a table's columns with their types in DuckDB, in their order."""
        if table not in self._seen:
            described = self._execute(f"DESCRIBE {quoted_table(table)}").fetchall()
            self._seen[table] = [(str(name), str(kind)) for name, kind, *_ in described]
        return self._seen[table]

    def _execute(self, sql: str, values: Sequence[Any] = ()) -> duckdb.DuckDBPyConnection:
        import duckdb  # noqa: PLC0415  # a type elsewhere in this file

        from argosy.sandbox.sql.running import told_by  # noqa: PLC0415

        try:
            return self._connection.execute(sql, values)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise self.with_place(QueryFailedError(told_by(self._session, str(error)))) from None

    def _translated(self, query: exp.Expression) -> str:
        """Turn a query into DuckDB's SQL, and make the macros that it calls."""
        with roomy_stack():
            holder = exp.Subquery(this=query.copy())
            Translator(self._session).translate(holder)
            self._names.resolve(holder)
            inner = holder.this
            for statement in macros_of(inner):
                self._execute(statement)
            return written(inner)

    def _macros(self, *names: str) -> None:
        for name in names:
            for statement in creation(name):
                self._execute(statement)

    def _select(self, query: exp.Expression) -> Outcome:
        sql = self._translated(query)
        result = self._execute(sql)
        described = result.description or []
        types = [str(one[1]) for one in described]
        names = self._shown_names([str(one[0]) for one in described], query)
        rows = self._fetched(result)
        columns = tuple(
            ResultColumn(name, shown_type(kind)) for name, kind in zip(names, types, strict=True)
        )
        return Outcome("select", columns, shown_rows(rows, types, self._session.engine))

    def _fetched(self, result: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
        import duckdb  # noqa: PLC0415

        from argosy.sandbox.sql.running import told_by  # noqa: PLC0415

        try:
            rows: list[tuple[Any, ...]] = result.fetchmany(self._most_rows + 1)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            raise QueryFailedError(told_by(self._session, str(error))) from None
        if len(rows) > self._most_rows:
            raise QueryFailedError(
                f"The result has more than {self._most_rows} rows, which is the sandbox's limit",
                "limit",
            )
        return rows

    def _shown_names(self, names: list[str], query: exp.Expression) -> list[str]:
        is_values = isinstance(query, exp.Values)
        is_hive = self._session.engine == "hive"
        shown = []
        for at, name in enumerate(names):
            if name.startswith(UNNAMED) or is_values:
                shown.append(f"_c{at}" if is_hive else f"_col{at}")
            else:
                shown.append(name.lower() if is_hive else name)
        return shown

    def _insert(self, statement: exp.Insert) -> Outcome:
        target = statement.this
        listed: list[str] | None = None
        if isinstance(target, exp.Schema):
            listed = [one.name for one in target.expressions]
            target = target.this
        table = self._names.existing(self._table_of(target))
        source = self._source(statement)
        columns = self.columns(table)
        inner = self._translated(source)
        types = self._types_of(inner)
        chosen = self._chosen(columns, listed, types)
        if statement.args.get("overwrite"):
            # the rows may come from the table itself, so they are taken before they go
            heads = ", ".join(f"c{at}" for at in range(len(types)))
            self._execute(
                f"CREATE OR REPLACE TEMP TABLE overwriting AS SELECT * FROM ({inner}) AS source({heads})"
            )
            self._execute(f"DELETE FROM {quoted_table(table)}")
            inner = "SELECT * FROM temp.overwriting"
        written_rows = self._store(table, dict(columns), chosen, inner, types)
        if statement.args.get("overwrite"):
            self._execute("DROP TABLE temp.overwriting")
        return Outcome("insert", (ResultColumn("rows", "bigint"),), [(written_rows,)], written_rows)

    def _source(self, statement: exp.Insert) -> exp.Expression:
        source = statement.expression
        if not isinstance(source, _QUERIES):
            raise unsupported("This INSERT")
        outer = statement.args.get("with_")
        if outer is not None:
            if source.args.get("with_"):
                raise unsupported("WITH before and behind INSERT")
            source = source.copy()
            source.set("with_", outer.copy())
        return source

    def _table_of(self, node: exp.Expression) -> exp.Table:
        if not isinstance(node, exp.Table):
            raise unsupported("This target")
        return node

    def _types_of(self, sql: str) -> list[str]:
        described = self._execute(f"DESCRIBE {sql}").fetchall()
        return [str(one[1]) for one in described]

    def _names_of(self, sql: str) -> list[str]:
        described = self._execute(f"DESCRIBE {sql}").fetchall()
        return [str(one[0]) for one in described]

    def _chosen(
        self, columns: list[tuple[str, str]], listed: list[str] | None, types: list[str]
    ) -> list[str]:
        names = [name for name, _ in columns]
        if listed is not None:
            lower = {name.lower(): name for name in names}
            for one in listed:
                if one.lower() not in lower:
                    raise QueryFailedError(f"Insert column name does not exist in target table: {one}")
            chosen = [lower[one.lower()] for one in listed]
            if len(set(chosen)) != len(chosen):
                raise QueryFailedError("Insert column name is specified more than once")
        elif len(types) == len(names):
            chosen = names
        else:
            chosen = [name for name in names if name != "time"]
        if len(chosen) != len(types):
            raise self._mismatch([kind for _, kind in columns], types)
        kinds = dict(columns)
        if self._session.engine == "presto":
            for name, kind in zip(chosen, types, strict=True):
                if not fits(kind, kinds[name]):
                    raise self._mismatch([kinds[one] for one in chosen], types)
        return chosen

    def _mismatch(self, wanted: list[str], given: list[str]) -> QueryFailedError:
        return QueryFailedError(
            "Insert query has mismatched column types: "
            f"Table: [{', '.join(map(shown_type, wanted))}], "
            f"Query: [{', '.join(map(shown_type, given))}]"
        )

    def _store(
        self,
        table: TableName,
        kinds: dict[str, str],
        chosen: list[str],
        inner: str,
        types: list[str],
    ) -> int:
        parts = []
        for at, (name, kind) in enumerate(zip(chosen, types, strict=True)):
            value = self._kept(f"c{at}", kind)
            cast = "TRY_CAST" if self._session.engine == "hive" else "CAST"
            parts.append(f"{cast}({value} AS {kinds[name]})")
        names = list(chosen)
        if "time" in kinds and "time" not in chosen:
            names.append("time")
            parts.append(str(int(self._session.now)))
        heads = ", ".join(f"c{at}" for at in range(len(types)))
        sql = (
            f"INSERT INTO {quoted_table(table)} ({', '.join(map(quoted, names))}) "
            f"SELECT {', '.join(parts)} FROM ({inner}) AS source({heads})"
        )
        return int(self._execute(sql).fetchall()[0][0])

    def _kept(self, name: str, duck: str) -> str:
        """Write the SQL of a value in a form that a table keeps."""
        shown = shown_type(duck)
        if shown.startswith(("timestamp", "date")):
            macro = "h_string" if self._session.engine == "hive" else "x_shown"
            self._macros(macro)
            return f"{macro}({name})"
        if shown.startswith(("map(", "row(")) or (
            shown.startswith("array(") and kept_type(duck) == "JSON"
        ):
            return f"to_json({name})"
        if shown == "varbinary":
            return f"base64({name})"
        return name

    def _create(self, statement: exp.Create) -> Outcome:
        if str(statement.args.get("kind")).upper() != "TABLE":
            raise unsupported(f"CREATE {statement.args.get('kind')}")
        if statement.args.get("replace"):
            raise unsupported("CREATE OR REPLACE TABLE")
        target = statement.this
        defined = target.expressions if isinstance(target, exp.Schema) else []
        node = self._table_of(target.this if isinstance(target, exp.Schema) else target)
        table = self._names.named(node)
        if table.table in self._session.tables[table.database]:
            if statement.args.get("exists"):
                return Outcome("create", (ResultColumn("rows", "bigint"),), [(0,)])
            line, column = place(node.this)
            raise QueryFailedError(
                f"Table '{table.database}.{table.table}' already exists", line=line, column=column
            )
        check_table_name(table.table)
        source = statement.expression
        if source is None:
            return self._create_empty(table, defined)
        if defined or not isinstance(source, _QUERIES):
            raise unsupported("This CREATE TABLE")
        return self._create_as(table, source)

    def _create_empty(self, table: TableName, defined: Sequence[exp.Expression]) -> Outcome:
        columns: list[tuple[str, str]] = []
        for one in defined:
            if not isinstance(one, exp.ColumnDef) or not isinstance(one.kind, exp.DataType):
                raise unsupported("This column definition")
            columns.append((one.name.lower(), kept_type(duck_type(one.kind))))
        self._make(table, columns)
        return Outcome("create", created=(table,))

    def _make(self, table: TableName, columns: list[tuple[str, str]]) -> list[tuple[str, str]]:
        names = [name for name, _ in columns]
        repeated = next((name for name in names if names.count(name) > 1), None)
        if repeated is not None:
            raise QueryFailedError(f"Column name '{repeated}' specified more than once")
        if "time" not in names:
            columns = [("time", "BIGINT"), *columns]
        body = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns)
        self._execute(f"CREATE TABLE {quoted_table(table)} ({body})")
        return columns

    def _create_as(self, table: TableName, source: exp.Expression) -> Outcome:
        inner = self._translated(source)
        names, types = self._names_of(inner), self._types_of(inner)
        is_hive = self._session.engine == "hive"
        columns = []
        for at, (name, kind) in enumerate(zip(names, types, strict=True)):
            if name.startswith(UNNAMED) and not is_hive:
                raise QueryFailedError(f"Column name not specified at position {at + 1}")
            shown = f"_c{at}" if name.startswith(UNNAMED) else name.lower()
            columns.append((shown, "BIGINT" if shown == "time" else kept_type(kind)))
        made = self._make(table, list(columns))
        rows = self._store(table, dict(made), [name for name, _ in columns], inner, types)
        shown_rows_of = (ResultColumn("rows", "bigint"),)
        return Outcome("create", shown_rows_of, [(rows,)], rows, created=(table,))

    def _delete(self, statement: exp.Delete) -> Outcome:
        table = self._names.existing(self._table_of(statement.this))
        where = statement.args.get("where")
        select = exp.Select(expressions=[exp.column("rowid")]).from_(statement.this.copy())
        if where is None:
            sql = f"DELETE FROM {quoted_table(table)}"
        else:
            condition = exp.Select(expressions=[exp.Star()]).from_(statement.this.copy())
            condition.set("where", where.copy())
            sql = self._delete_sql(table, condition)
        del select
        deleted = int(self._execute(sql).fetchall()[0][0])
        return Outcome("delete", (ResultColumn("rows", "bigint"),), [(deleted,)], deleted)

    def _delete_sql(self, table: TableName, query: exp.Select) -> str:
        """Make the DELETE of the rows that a SELECT would give; nested columns stay JSON in it."""
        holder = exp.Subquery(this=query)
        Translator(self._session).translate(holder)
        condition = query.args["where"]
        if condition.find(exp.Table):
            self._names.resolve(condition)
        for statement in macros_of(condition):
            self._execute(statement)
        return f"DELETE FROM {quoted_table(table)} {written(condition)}"

    def _drop(self, statement: exp.Drop) -> Outcome:
        if str(statement.args.get("kind")).upper() != "TABLE":
            raise unsupported(f"DROP {statement.args.get('kind')}")
        nodes = statement.args.get("tables") or [statement.this]
        if len(nodes) != 1:
            raise unsupported("DROP of several tables")
        table = self._names.named(self._table_of(nodes[0]))
        if table.table not in self._session.tables[table.database]:
            if statement.args.get("exists"):
                return Outcome("drop")
            self._names.existing(nodes[0])
        self._execute(f"DROP TABLE {quoted_table(table)}")
        return Outcome("drop", dropped=(table,))

    def _describe(self, statement: exp.Describe) -> Outcome:
        return self._listed_columns(self._names.existing(self._table_of(statement.this)))

    def _listed_columns(self, table: TableName) -> Outcome:
        rows = [
            (name, "varchar" if kind == "JSON" else shown_type(kind), "", "")
            for name, kind in self.columns(table)
        ]
        heads = ("Column", "Type", "Extra", "Comment")
        if self._session.engine == "hive":
            from argosy.sandbox.sql.session import hive_type  # noqa: PLC0415

            shown = [(name, hive_type(kind), "") for name, kind, *_ in rows]
            return Outcome(
                "describe",
                tuple(ResultColumn(name, "varchar") for name in ("col_name", "data_type", "comment")),
                shown,
            )
        return Outcome("describe", tuple(ResultColumn(name, "varchar") for name in heads), rows)

    def _show(self, text: str) -> Outcome:
        found = _COMMAND.match(" ".join(text.split()))
        if not found:
            raise unsupported(f"SHOW {text.split(' ', 1)[0].upper()[:40]}")
        if found["tables"]:
            database = bare(found["database"]) if found["database"] else self._session.database
            if database not in self._session.tables:
                raise QueryFailedError(f"Schema '{database}' does not exist")
            names = list(self._session.tables[database])
            return self._list("Table", names, found["like"] or found["glob"])
        if found["schemas"]:
            return self._list("Schema", list(self._session.tables), found["alike"])
        path = [bare(part) for part in found["table"].split(".")]
        node = exp.Table(this=exp.to_identifier(path[-1]))
        if len(path) > 1:
            node.set("db", exp.to_identifier(path[-2]))
        if len(path) > 2:
            node.set("catalog", exp.to_identifier(path[-3]))
        return self._listed_columns(self._names.existing(node))

    def _list(self, head: str, names: list[str], pattern: str | None) -> Outcome:
        kept = sorted(names)
        if pattern is not None:
            glob = pattern.replace("%", "*").replace("_", "?")
            kept = [name for name in kept if fnmatch.fnmatchcase(name, glob)]
        heading = {"Table": "tab_name", "Schema": "database_name"}[head]
        name = heading if self._session.engine == "hive" else head
        return Outcome("show", (ResultColumn(name, "varchar"),), [(one,) for one in kept])

    def _explain(self, text: str) -> Outcome:
        """Check a query, and tell what it reads; DuckDB's plan would tell of DuckDB."""
        query = parsed(text, self._session.engine)
        if not isinstance(query, _QUERIES):
            raise unsupported("EXPLAIN of this statement")
        sql = self._translated(query)
        names, types = self._names_of(sql), self._types_of(sql)
        shown = self._shown_names(names, query)
        lines = [
            "Output[" + ", ".join(shown) + "] => ["
            + ", ".join(f"{n}:{shown_type(t)}" for n, t in zip(shown, types, strict=True)) + "]"
        ]
        lines += [f"    TableScan[{one.database}.{one.table}]" for one in self._names.used]
        return Outcome("explain", (ResultColumn("Query Plan", "varchar"),), [("\n".join(lines),)])


def quoted(name: str) -> str:
    """Write any text as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quoted_table(table: TableName) -> str:
    """Write a table in full."""
    return f"td.{quoted(table.database)}.{quoted(table.table)}"


def bare(name: str) -> str:
    """Take the quotes off a name."""
    return name.strip('"`').lower()


def check_table_name(name: str) -> None:
    """Refuse a name that a table of Treasure Data can't have."""
    if not re.fullmatch(r"[a-z0-9_]{3,255}", name):
        raise QueryFailedError(
            f"Invalid table name '{name}': 3 to 255 characters of a-z, 0-9 and _ are needed"
        )


def kept_type(duck: str) -> str:
    """Give the type of a table's column that keeps values of a type."""
    shown = shown_type(duck)
    if shown in {"bigint", "integer", "smallint", "tinyint"}:
        return "BIGINT"
    if shown in {"double", "real"} or shown.startswith("decimal"):
        return "DOUBLE"
    if shown == "boolean":
        return "BOOLEAN"
    if shown in {"array(varchar)", "array(bigint)", "array(double)", "array(boolean)"}:
        return f"{kept_type(duck[:-2])}[]"
    if shown == "array(integer)":
        return "BIGINT[]"
    if shown.startswith(("array(", "map(", "row(")) or shown == "json":
        return "JSON"
    return "VARCHAR"


def fits(given: str, wanted: str) -> bool:
    """Say whether Presto would put a value of one type into a column of another."""
    one, other = family(kept_type(given)), family(wanted)
    if shown_type(given) == "unknown" or one == other:
        return True
    return (one, other) in {("whole", "number"), ("nested", "text"), ("text", "nested"), ("list", "nested")}


def family(duck: str) -> str:
    """Give the kind of a column's type."""
    if duck.endswith("[]"):
        return "list"
    return {
        "BIGINT": "whole",
        "INTEGER": "whole",
        "DOUBLE": "number",
        "FLOAT": "number",
        "BOOLEAN": "boolean",
        "JSON": "nested",
    }.get(duck, "text")
