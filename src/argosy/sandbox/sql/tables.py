"""Names of tables: which one a query means, and that it is one it may see.

A name that is left unqualified would be looked up by DuckDB among its own views, so every table
comes out written in full, and every common table expression under a name of ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlglot import exp

from argosy.sandbox.sql.errors import QueryFailedError
from argosy.sandbox.sql.session import TableName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from argosy.sandbox.sql.session import QuerySession

_CATALOGS: Final = frozenset({"td", "td-presto"})
CTE: Final = "cte:"
"""What the name of a common table expression starts with in DuckDB."""


class TableNames:
    """Resolves the tables of one query; `columns` gives a table's columns and DuckDB types."""

    def __init__(
        self,
        session: QuerySession,
        columns: Callable[[TableName], Sequence[tuple[str, str]]],
    ) -> None:
        self._session = session
        self.columns = columns
        self.used: list[TableName] = []

    def named(self, table: exp.Table) -> TableName:
        """Give the table that a name stands for; it needn't be there, its database must."""
        catalog = table.catalog.lower()
        if catalog and catalog not in _CATALOGS:
            raise self._missing(table, f"Catalog '{catalog}' does not exist")
        wanted = table.db or self._session.database
        database = _found(wanted, self._session.tables)
        if database is None:
            raise self._missing(table, f"Schema {wanted.lower()} does not exist")
        known = _found(table.name, self._session.tables[database])
        return TableName(database, known or table.name.lower())

    def existing(self, table: exp.Table) -> TableName:
        """Give the table that a name stands for, which must be there."""
        name = self.named(table)
        if name.table not in self._session.tables[name.database]:
            raise self._missing(table, f"Table {name.database}.{name.table} does not exist")
        return name

    def _missing(self, table: exp.Table, message: str) -> QueryFailedError:
        line, column = place(table.this)
        if self._session.engine == "hive":
            where = f"Line {line}:{column} " if line is not None else ""
            return QueryFailedError(
                f"FAILED: SemanticException [Error 10001]: {where}Table not found '{table.name}'"
            )
        return QueryFailedError(message, line=line, column=column)

    def resolve(self, root: exp.Expr) -> None:
        """Put the full names in, everywhere in a tree."""
        tables = [(table, self._cte_of(table)) for table in root.find_all(exp.Table)]
        for cte in list(root.find_all(exp.CTE)):
            _rename_cte(cte)
        for table, cte_name in tables:
            if cte_name is not None:
                self._refer(table, cte_name)
            elif table.db.lower() == "information_schema" and table.catalog.lower() in {
                "",
                *_CATALOGS,
            }:
                self._replace(table, information(table.name.lower(), self._session, self.columns))
            else:
                self._qualify(table)

    def is_common(self, table: exp.Table) -> bool:
        """Say whether a name means a common table expression, or a view of information_schema."""
        return table.db.lower() == "information_schema" or self._cte_of(table) is not None

    def _cte_of(self, table: exp.Table) -> str | None:
        """Give the name of the common table expression in scope that a name means."""
        if table.db:
            return None
        name = table.name.lower()
        node: exp.Expr | None = table
        came_from: exp.Expr | None = None
        while node is not None:
            parts = node.args.get("with_")
            if isinstance(node, exp.With):
                visible = _visible(node, came_from)
            elif isinstance(parts, exp.With) and parts is not came_from:
                visible = [cte.alias for cte in parts.expressions]
            else:
                visible = []
            for alias in visible:
                if alias.lower() == name:
                    return str(alias)
            came_from, node = node, node.parent
        return None

    def _refer(self, table: exp.Table, name: str) -> None:
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
        table.set("this", exp.to_identifier(CTE + name.lower(), quoted=True))

    def _qualify(self, table: exp.Table) -> None:
        name = self.existing(table)
        self.used.append(name)
        nested = [column for column, kind in self.columns(name) if kind == "JSON"]
        full = full_table(name)
        if not nested:
            alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
            table.set("alias", alias)
            for part in ("this", "db", "catalog"):
                table.set(part, full.args[part])
            return
        shown = [
            exp.alias_(exp.cast(exp.column(column, quoted=True), "VARCHAR"), column, quoted=True)
            for column in nested
        ]
        select = exp.Select(expressions=[exp.Star(replace=shown)]).from_(full)
        self._replace(table, select)

    def _replace(self, table: exp.Table, select: exp.Expr) -> None:
        alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(table.name))
        more = {part: table.args[part] for part in ("joins", "laterals") if table.args.get(part)}
        table.replace(exp.Subquery(this=select, alias=alias.copy(), **more))


def full_table(name: TableName) -> exp.Table:
    """Write a table in full, as DuckDB has it."""
    return exp.Table(
        this=exp.to_identifier(name.table, quoted=True),
        db=exp.to_identifier(name.database, quoted=True),
        catalog=exp.to_identifier("td", quoted=True),
    )


def place(node: exp.Expr | None) -> tuple[int | None, int | None]:
    """Give the line and the column where an identifier starts in the query's text."""
    if node is None or "col" not in node.meta:
        return None, None
    start = int(node.meta["col"]) - len(node.name) + 1
    return int(node.meta["line"]), max(start - (1 if node.args.get("quoted") else 0), 1)


def _visible(parts: exp.With, came_from: exp.Expr | None) -> list[str]:
    visible: list[str] = []
    for cte in parts.expressions:
        if came_from is not None and cte is came_from:
            if parts.recursive:
                visible.append(cte.alias)
            break
        visible.append(cte.alias)
    return visible


def _rename_cte(cte: exp.CTE) -> None:
    alias: Any = cte.args["alias"]
    alias.set("this", exp.to_identifier(CTE + alias.name.lower(), quoted=True))


def _found(name: str, names: object) -> str | None:
    """Give the name as it is kept; Presto and Hive don't tell upper and lower case apart."""
    known = list(names)  # type: ignore[call-overload]
    if name in known:
        return name
    return next((one for one in known if one.lower() == name.lower()), None)


def information(
    view: str,
    session: QuerySession,
    columns: Callable[[TableName], Sequence[tuple[str, str]]],
) -> exp.Expr:
    """Make information_schema's tables, columns or schemata of the TD tables there are."""
    from argosy.sandbox.sql.values import shown_type  # noqa: PLC0415  # only where it is asked for

    heads = {
        "tables": ["table_catalog", "table_schema", "table_name", "table_type"],
        "schemata": ["catalog_name", "schema_name"],
        "columns": [
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "data_type",
        ],
    }
    if view not in heads:
        raise QueryFailedError(f"Table information_schema.{view} does not exist")
    rows: list[list[str | int]] = []
    for database in sorted(session.tables):
        if view == "schemata":
            rows.append(["td", database])
            continue
        for table in sorted(session.tables[database]):
            start: list[str | int] = ["td", database, table]
            if view == "tables":
                rows.append([*start, "BASE TABLE"])
            else:
                listed = columns(TableName(database, table))
                rows += [
                    [*start, name, position, "varchar" if kind == "JSON" else shown_type(kind)]
                    for position, (name, kind) in enumerate(listed, 1)
                ]
    return _listed(heads[view], rows)


def _listed(names: list[str], rows: list[list[str | int]]) -> exp.Expr:
    values = rows or [["" for _ in names]]
    tuples = [exp.Tuple(expressions=[exp.convert(value) for value in row]) for row in values]
    alias = exp.TableAlias(
        this=exp.to_identifier("listed"), columns=[exp.to_identifier(name) for name in names]
    )
    select = exp.Select(expressions=[exp.Star()]).from_(exp.Values(expressions=tuples, alias=alias))
    return select if rows else select.where(exp.false())
