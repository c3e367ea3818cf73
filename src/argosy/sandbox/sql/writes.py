"""The statements that write: INSERT, CREATE TABLE, DELETE and DROP TABLE.

Decided where the vendor's documents are silent: CREATE TABLE AS and INSERT keep what a table of
Treasure Data can hold, so a date, a time and a zoned time become text, a decimal becomes a
double, and a map or a row becomes JSON. A row without `time` gets the query's own time. INSERT
without a list of columns goes by position: over all columns, or over all but `time`.
"""

# Every name put into SQL here goes through `quoted`; the rest is written by sqlglot.
# ruff: noqa: S608

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from argosy.sandbox.sql.casts import duck_type
from argosy.sandbox.sql.errors import QueryFailedError, unsupported
from argosy.sandbox.sql.execution import Execution, quoted, quoted_table
from argosy.sandbox.sql.relations import UNNAMED
from argosy.sandbox.sql.session import Outcome, ResultColumn, TableName
from argosy.sandbox.sql.tables import place
from argosy.sandbox.sql.values import shown_type

if TYPE_CHECKING:
    from collections.abc import Sequence

QUERIES: Final = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)


class Writes:
    """Runs the statements that write."""

    def __init__(self, on: Execution) -> None:
        self._on = on

    def insert(self, statement: exp.Insert) -> Outcome:
        """Add the rows of a query or of VALUES; Hive's OVERWRITE takes the others away first."""
        target = statement.this
        listed: list[str] | None = None
        if isinstance(target, exp.Schema):
            listed = [one.name for one in target.expressions]
            target = target.this
        table = self._on.names.existing(self._table_of(target))
        source = self._source(statement)
        columns = self._on.columns(table)
        inner = self._on.translated(source)
        types = [kind for _, kind in self._on.described(inner)]
        chosen = self._chosen(columns, listed, types)
        if statement.args.get("overwrite"):
            # the rows may come from the table itself, so they are taken before they go
            heads = ", ".join(f"c{at}" for at in range(len(types)))
            self._on.execute(
                "CREATE OR REPLACE TEMP TABLE overwriting AS "
                f"SELECT * FROM ({inner}) AS source({heads})"
            )
            self._on.execute(f"DELETE FROM {quoted_table(table)}")
            inner = "SELECT * FROM temp.overwriting"
        written_rows = self._store(table, dict(columns), chosen, inner, types)
        if statement.args.get("overwrite"):
            self._on.execute("DROP TABLE temp.overwriting")
        return Outcome("insert", (ResultColumn("rows", "bigint"),), [(written_rows,)], written_rows)

    def _source(self, statement: exp.Insert) -> exp.Expr:
        source = statement.expression
        if not isinstance(source, QUERIES):
            raise unsupported("This INSERT")
        outer = statement.args.get("with_")
        if outer is not None:
            if source.args.get("with_"):
                raise unsupported("WITH before and behind INSERT")
            source = source.copy()
            source.set("with_", outer.copy())
        return source

    def _table_of(self, node: exp.Expr) -> exp.Table:
        if not isinstance(node, exp.Table):
            raise unsupported("This target")
        return node

    def _chosen(
        self, columns: list[tuple[str, str]], listed: list[str] | None, types: list[str]
    ) -> list[str]:
        names = [name for name, _ in columns]
        if listed is not None:
            lower = {name.lower(): name for name in names}
            for one in listed:
                if one.lower() not in lower:
                    raise QueryFailedError(
                        f"Insert column name does not exist in target table: {one}"
                    )
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
        if not self._on.is_hive:
            for name, kind in zip(chosen, types, strict=True):
                if not fits(kind, kinds[name]):
                    raise self._mismatch([kinds[one] for one in chosen], types)
        return chosen

    def _mismatch(self, wanted: list[str], given: list[str]) -> QueryFailedError:
        return QueryFailedError(
            "Insert query has mismatched column types: "
            f"Table: [{', '.join(map(shown_type, wanted)).replace('json', 'varchar')}], "
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
            cast = "TRY_CAST" if self._on.is_hive else "CAST"
            parts.append(f"{cast}({value} AS {kinds[name]})")
        names = list(chosen)
        if "time" in kinds and "time" not in chosen:
            names.append("time")
            parts.append(str(int(self._on.session.now)))
        heads = ", ".join(f"c{at}" for at in range(len(types)))
        sql = (
            f"INSERT INTO {quoted_table(table)} ({', '.join(map(quoted, names))}) "
            f"SELECT {', '.join(parts)} FROM ({inner}) AS source({heads})"
        )
        return int(self._on.execute(sql).fetchall()[0][0])

    def _kept(self, name: str, duck: str) -> str:
        """Write the SQL of a value in a form that a table keeps."""
        shown = shown_type(duck)
        if shown.startswith(("timestamp", "date")):
            macro = "h_string" if self._on.is_hive else "x_shown"
            self._on.make_macros(macro)
            return f"{macro}({name})"
        if shown.startswith(("map(", "row(")) or (
            shown.startswith("array(") and kept_type(duck) == "JSON"
        ):
            return f"to_json({name})"
        if shown == "varbinary":
            return f"base64({name})"
        return name

    def create(self, statement: exp.Create) -> Outcome:
        """Make a table, empty or of a query's rows."""
        if str(statement.args.get("kind")).upper() != "TABLE":
            raise unsupported(f"CREATE {statement.args.get('kind')}")
        if statement.args.get("replace"):
            raise unsupported("CREATE OR REPLACE TABLE")
        target = statement.this
        defined = target.expressions if isinstance(target, exp.Schema) else []
        node = self._table_of(target.this if isinstance(target, exp.Schema) else target)
        table = self._on.names.named(node)
        if table.table in self._on.session.tables[table.database]:
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
        if defined or not isinstance(source, QUERIES):
            raise unsupported("This CREATE TABLE")
        return self._create_as(table, source)

    def _create_empty(self, table: TableName, defined: Sequence[exp.Expr]) -> Outcome:
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
        self._on.execute(f"CREATE TABLE {quoted_table(table)} ({body})")
        return columns

    def _create_as(self, table: TableName, source: exp.Expr) -> Outcome:
        inner = self._on.translated(source)
        described = self._on.described(inner)
        columns = []
        for at, (name, kind) in enumerate(described):
            if name.startswith(UNNAMED) and not self._on.is_hive:
                raise QueryFailedError(f"Column name not specified at position {at + 1}")
            shown = f"_c{at}" if name.startswith(UNNAMED) else name.lower()
            columns.append((shown, "BIGINT" if shown == "time" else kept_type(kind)))
        made = self._make(table, list(columns))
        rows = self._store(
            table, dict(made), [name for name, _ in columns], inner, [kind for _, kind in described]
        )
        shown_rows_of = (ResultColumn("rows", "bigint"),)
        return Outcome("create", shown_rows_of, [(rows,)], rows, created=(table,))

    def delete(self, statement: exp.Delete) -> Outcome:
        """Take away the rows that a condition holds for."""
        table = self._on.names.existing(self._table_of(statement.this))
        where = statement.args.get("where")
        if where is None:
            sql = f"DELETE FROM {quoted_table(table)}"
        else:
            condition = exp.Select(expressions=[exp.Star()]).from_(statement.this.copy())
            condition.set("where", where.copy())
            sql = f"DELETE FROM {quoted_table(table)} {self._on.condition(condition)}"
        deleted = int(self._on.execute(sql).fetchall()[0][0])
        return Outcome("delete", (ResultColumn("rows", "bigint"),), [(deleted,)], deleted)

    def drop(self, statement: exp.Drop) -> Outcome:
        """Remove a table."""
        if str(statement.args.get("kind")).upper() != "TABLE":
            raise unsupported(f"DROP {statement.args.get('kind')}")
        nodes = statement.args.get("tables") or [statement.this]
        if len(nodes) != 1:
            raise unsupported("DROP of several tables")
        table = self._on.names.named(self._table_of(nodes[0]))
        if table.table not in self._on.session.tables[table.database]:
            if statement.args.get("exists"):
                return Outcome("drop")
            self._on.names.existing(nodes[0])
        self._on.execute(f"DROP TABLE {quoted_table(table)}")
        return Outcome("drop", dropped=(table,))


def check_table_name(name: str) -> None:
    """Refuse a name that a table of Treasure Data can't have."""
    if not re.fullmatch(r"[a-z0-9_]{3,255}", name):
        raise QueryFailedError(
            f"Invalid table name '{name}': 3 to 255 characters of a-z, 0-9 and _ are needed"
        )


_KEPT: Final = {
    **dict.fromkeys(("bigint", "integer", "smallint", "tinyint"), "BIGINT"),
    **dict.fromkeys(("double", "real"), "DOUBLE"),
    "boolean": "BOOLEAN",
    "json": "JSON",
    **dict.fromkeys(("array(bigint)", "array(integer)"), "BIGINT[]"),
    "array(varchar)": "VARCHAR[]",
    "array(double)": "DOUBLE[]",
    "array(boolean)": "BOOLEAN[]",
}


def kept_type(duck: str) -> str:
    """Give the type of a table's column that keeps values of a type."""
    shown = shown_type(duck)
    if shown.startswith("decimal"):
        return "DOUBLE"
    other = "JSON" if shown.startswith(("array(", "map(", "row(")) else "VARCHAR"
    return _KEPT.get(shown, other)


def fits(given: str, wanted: str) -> bool:
    """Say whether Presto would put a value of one type into a column of another."""
    one, other = family(kept_type(given)), family(wanted)
    if shown_type(given) == "unknown" or one == other:
        return True
    return (one, other) in {
        ("whole", "number"),
        ("nested", "text"),
        ("text", "nested"),
        ("list", "nested"),
    }


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
