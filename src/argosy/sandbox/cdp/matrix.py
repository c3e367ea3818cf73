"""Build the tables of a parent segment from its master table, attributes and behaviors.

A run makes the database `cdp_audience_<id>` with `customers` (a row for each distinct row of the
master table, with `cdp_customer_id` and the attributes), a `behavior_<name>` for each behavior
and a `customer_group_<name>`. Rows are joined by the two keys as text. Not documented, so
assumed: rows of the master table that differ in `time` only are one customer; an id is the MD5
of the row; of several rows of an attribute table with one key the latest counts; names of
tables and columns are made of lower-case letters, digits and underscores.

Everything happens in the caller's transaction: a build that fails leaves the last one.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.cdp.matrix_columns import Source, cast_to, natural_kind, vendor_type
from argosy.sandbox.cdp.rules.catalogue import CUSTOMER_ID, CUSTOMERS, TIME, matrix_name
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import Table, path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.cdp.models import ParentSegment
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Json
    from argosy.sandbox.store import Store
    from argosy.sandbox.tables import Tables

GROUP_ID: Final = "cdp_customer_group_id"
MEMBERS: Final = "fixed_members"
"""The table of segments whose members a seed gives: segment and customer, a row for each."""
_PLACE: Final = "__place"


class MatrixError(Exception):
    """A parent segment that can't be built; the text says which table or column is missing."""


class MatrixBuilder:
    """Build one parent segment's tables."""

    def __init__(
        self,
        parent: ParentSegment,
        store: Store,
        tables: Tables,
        documents: Documents,
        clock: Clock,
    ) -> None:
        self._parent = parent
        self._store = store
        self._tables = tables
        self._documents = documents
        self._clock = clock
        self._customers: dict[str, str] = {}

    def build(self) -> int:
        """Build everything and give the population; raise MatrixError if that can't be."""
        if self._parent.master is None:
            message = "The parent segment has no master table."
            raise MatrixError(message)
        self._clear()
        self._build_customers(self._source(self._parent.master))
        behaviors = {
            str(one["name"]): self._build_behavior(one, CUSTOMERS, quoted(str(one["foreignKey"])))
            for one in self._parent.behaviors
        }
        groups = {}
        if self._parent.customer_group is not None:
            groups = self._build_group(self._parent.customer_group, behaviors)
        document = {"customers": self._customers, "behaviors": behaviors, "groups": groups}
        self._documents.replace("matrix", self._parent.id, self._parent.id, document)
        return self._tables.count(self._parent.matrix, CUSTOMERS)

    def drop(self) -> None:
        """Drop the database with everything that was built."""
        if self._tables.has_database(self._parent.matrix):
            self._tables.drop_database(self._parent.matrix)

    def customer_ids(self) -> list[str]:
        """Give the id of the customer of each row of the master table, in their order."""
        assert self._parent.master is not None  # noqa: S101 - the caller has planted it
        source = self._source(self._parent.master)
        rows = self._store.run(f"SELECT {self._identity(source)} FROM {source.path} ORDER BY rowid")
        return [row[0] for row in rows]

    def keep_members(self, members: Sequence[tuple[str, str]]) -> None:
        """Keep the fixed members of segments: pairs of a segment's and a customer's id."""
        lists: list[Any] = [[one for one, _ in members], [other for _, other in members]]
        columns = f"unnest(?::VARCHAR[]) AS segment_id, unnest(?::VARCHAR[]) AS {CUSTOMER_ID}"
        self._create(MEMBERS, f"SELECT 0::BIGINT AS time, {columns}", lists)

    def _clear(self) -> None:
        matrix = self._parent.matrix
        if not self._tables.has_database(matrix):
            self._tables.create_database(matrix)
        for table in self._tables.tables(matrix):
            if table != MEMBERS:
                self._tables.drop_table(matrix, table)

    def _build_customers(self, source: Source) -> None:
        columns = {name: f"m.{quoted(name)}" for name in source.columns if name != TIME}
        kinds = {name: natural_kind(self._store, source, name) for name in columns}
        values = {name: cast_to(columns[name], source.columns[name], kinds[name]) for name in kinds}
        joins = _Joins("m")
        for attribute in self._parent.attributes:
            name = matrix_name(str(attribute["name"]))
            if name == CUSTOMER_ID:
                message = f"An attribute can't be named {CUSTOMER_ID}."
                raise MatrixError(message)
            values[name] = self._attribute(attribute, source, joins)
            kinds[name] = str(attribute["type"])
        named = ", ".join(f"{value} AS {quoted(name)}" for name, value in values.items())
        time = "" if TIME in values else ", m.time AS time"
        distinct = ", ".join(quoted(name) for name in columns) or TIME
        condition, given = self._filtered(source)
        # a table that is joined may have columns of the same names
        identity = self._identity(source, "m.")
        self._create(
            CUSTOMERS,
            f"SELECT {identity} AS {CUSTOMER_ID}{time}{', ' if named else ''}{named}"
            f" FROM (SELECT max(time) AS time, min(rowid) AS {_PLACE}"
            f"{''.join(f', {quoted(name)}' for name in columns)}"
            f" FROM {source.path}{condition} GROUP BY {distinct}) m{joins.sql}"
            f" ORDER BY m.{_PLACE}",
            given,
        )
        self._customers = {CUSTOMER_ID: "string", TIME: "timestamp", **kinds}

    def _identity(self, source: Source, near: str = "") -> str:
        """Write what makes a customer's id: all columns of the row but its time."""
        named = ", ".join(
            f"{quoted(name)} := {near}{quoted(name)}" for name in source.columns if name != TIME
        )
        row = f"to_json(struct_pack({named}))::VARCHAR" if named else f"{near}time::VARCHAR"
        return f"md5(concat('{self._parent.id}', '|', {row}))"

    def _filtered(self, source: Source) -> tuple[str, list[Any]]:
        """Write the condition of the audience filters, whose columns the master table has."""
        parts, given = [], []
        for one in self._parent.filters:
            column = source.column(str(one["columnName"]))
            parts.append(f"list_contains(?::VARCHAR[], CAST({column} AS VARCHAR))")
            given.append([str(value) for value in one["rightValues"]])
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), given

    def _attribute(self, attribute: Mapping[str, Json], near: Source, joins: _Joins) -> str:
        """Write an attribute's value; it is joined to the table that is near, if it must be."""
        source = self._source(attribute)
        column = str(attribute["parentColumn"])
        kind = str(attribute["type"])
        duckdb_type = source.type_of(column)
        key, foreign = attribute.get("parentKey"), attribute.get("foreignKey")
        if source.path == near.path and (key == foreign or not key or not foreign):
            return cast_to(f"{joins.near}.{quoted(column)}", duckdb_type, kind)
        alias = joins.alias(source, source.column(str(key)), near.column(str(foreign)))
        return cast_to(f"{alias}.{quoted(column)}", duckdb_type, kind)

    def _build_behavior(self, behavior: Mapping[str, Json], owner: str, foreign: str) -> Json:
        """Build a behavior's table from the rows that belong to a customer."""
        source = self._source(behavior)
        name = f"behavior_{matrix_name(str(behavior['name']))}"
        if f'"{owner}"' == f'"{CUSTOMERS}"' and foreign.strip('"') not in self._customers:
            message = f"The master table has no column {foreign}."
            raise MatrixError(message)
        schema = behavior.get("schema") or _whole_schema(self._store, source)
        kinds: dict[str, str] = {CUSTOMER_ID: "string", TIME: "timestamp"}
        values = []
        for one in schema:
            column = str(one.get("parentColumn") or one["name"])
            made = matrix_name(str(one["name"]))
            if made in kinds:
                continue
            kinds[made] = str(one["type"])
            value = cast_to(f"b.{quoted(column)}", source.type_of(column), kinds[made])
            values.append(f", {value} AS {quoted(made)}")
        key = source.column(str(behavior["parentKey"]))
        self._create(
            name,
            f"SELECT c.{CUSTOMER_ID} AS {CUSTOMER_ID}, b.time AS time{''.join(values)}"
            f" FROM {source.path} b JOIN {path(self._parent.matrix, owner)} c"
            f" ON CAST(c.{foreign} AS VARCHAR) = CAST(b.{key} AS VARCHAR)"
            f" ORDER BY b.rowid, c.{CUSTOMER_ID}",
        )
        return {"table": name, "columns": kinds}

    def _build_group(self, group: Mapping[str, Json], behaviors: dict[str, Json]) -> Json:
        """Build a customer group's table, with a row for each customer that is in a group."""
        source = self._source(group)
        name = f"customer_group_{matrix_name(str(group['name']))}"
        columns = [one for one in source.columns if one != TIME]
        kinds = {one: natural_kind(self._store, source, one) for one in columns}
        values = {
            one: cast_to(f"g.{quoted(one)}", source.columns[one], kinds[one]) for one in columns
        }
        joins = _Joins("g")
        for attribute in group.get("customerGroupAttributes") or []:
            made = matrix_name(str(attribute["name"]))
            values[made] = self._attribute(attribute, source, joins)
            kinds[made] = str(attribute["type"])
        key = source.column(str(group["parentKey"]))
        foreign = str(group["foreignKey"])
        if foreign not in self._customers:
            message = f"The master table has no column {foreign!r}."
            raise MatrixError(message)
        named = "".join(f", {value} AS {quoted(made)}" for made, value in values.items())
        self._create(
            name,
            f"SELECT c.{CUSTOMER_ID} AS {CUSTOMER_ID}, c.time AS time,"
            f" md5(concat('{self._parent.id}|', CAST(g.{key} AS VARCHAR))) AS {GROUP_ID}{named}"
            f" FROM {path(self._parent.matrix, CUSTOMERS)} c JOIN ({_latest(source, key)}) g"
            f" ON CAST(c.{quoted(foreign)} AS VARCHAR) = CAST(g.{key} AS VARCHAR){joins.sql}",
        )
        for behavior in group.get("customerGroupBehaviors") or []:
            near = source.column(str(behavior["foreignKey"]))
            behaviors[str(behavior["name"])] = self._build_behavior(behavior, name, near)
        made_kinds = {CUSTOMER_ID: "string", GROUP_ID: "string", **kinds}
        return {str(group["name"]): {"table": name, "columns": made_kinds}}

    def _create(self, table: str, query: str, values: Sequence[Any] = ()) -> None:
        matrix = self._parent.matrix
        if self._tables.has_table(matrix, table):
            self._tables.drop_table(matrix, table)
        where = path(matrix, table)
        self._store.run(f"CREATE TABLE {where} AS {query}", values)
        described = self._store.run(f"DESCRIBE {where}")
        schema = tuple((name, vendor_type(kind)) for name, kind, *_ in described if name != TIME)
        now = self._clock.now()
        key = self._documents.new_id("table")
        self._tables.adopt_table(Table(key, matrix, table, now, now, schema=schema))

    def _source(self, members: Mapping[str, Json]) -> Source:
        """Find the table that members of the vendor's words name."""
        database = str(members.get("parentDatabaseName"))
        table = str(members.get("parentTableName"))
        if not self._tables.has_table(database, table):
            message = f"The table {database}.{table} does not exist."
            raise MatrixError(message)
        columns = {one.name: one.type for one in self._tables.columns(database, table)}
        return Source(f"{database}.{table}", path(database, table), columns, MatrixError)


class _Joins:
    """The joins of attribute tables to the table that is near, each table and key once."""

    def __init__(self, near: str) -> None:
        self.near = near
        self.sql = ""
        self._aliases: dict[str, str] = {}

    def alias(self, source: Source, key: str, foreign: str) -> str:
        joined = f"{_latest(source, key)}|{foreign}"
        if joined not in self._aliases:
            alias = self._aliases[joined] = f"t{len(self._aliases)}"
            self.sql += (
                f" LEFT JOIN ({_latest(source, key)}) {alias}"
                f" ON CAST({self.near}.{foreign} AS VARCHAR) = CAST({alias}.{key} AS VARCHAR)"
            )
        return self._aliases[joined]


def _latest(source: Source, key: str) -> str:
    """Write the rows of a table with the latest of each key only."""
    return (
        f"SELECT * FROM {source.path} WHERE {key} IS NOT NULL QUALIFY row_number() OVER"
        f" (PARTITION BY CAST({key} AS VARCHAR) ORDER BY time DESC NULLS LAST, rowid DESC) = 1"
    )


def _whole_schema(store: Store, source: Source) -> list[Json]:
    return [
        {"name": name, "type": natural_kind(store, source, name), "parentColumn": name}
        for name in source.columns
        if name != TIME
    ]
