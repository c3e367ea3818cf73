"""What an activation sends: the query for its rows, and the file or table they go to.

The rows are those of the segment's members, with the mapped columns or all attributes; rows of
behaviors are joined as `syndicationBehaviors` says. They go into a table where the connection's
URL names one of this account, and as CSV into the outbox otherwise. Not documented, so assumed:
rows come in the order of the customers' ids; a behavior as columns gives `name_1`, `name_2` and
so on, as many as `joinRow` says (1 by default); an id of a connection that isn't kept here goes
to the outbox too, under that id.
"""

# Names and values are written by `identifier` and `text_literal`.
# ruff: noqa: S608

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import orjson

from argosy.sandbox.cdp.models import Funnel
from argosy.sandbox.cdp.rules.aggregates import identifier
from argosy.sandbox.cdp.rules.catalogue import CUSTOMER_ID, CUSTOMERS, TIME, matrix_name
from argosy.sandbox.cdp.rules.comparisons import text_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from argosy.sandbox.cdp.models import Activation, Audiences, ParentSegment, Segment
    from argosy.sandbox.cdp.rules.catalogue import Catalogue, MatrixTable
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.settings import Json

_PLACEHOLDER: Final = re.compile(r"\$([1-9][0-9]?)")
_WORDS: Final = {
    "yyyy": "%Y",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
}
_ARITHMETIC: Final = frozenset("+-*/")


class ExportError(Exception):
    """An activation that can't be sent; the text says why."""


class Export:
    """The query of one activation at one moment."""

    def __init__(
        self,
        activation: Activation,
        parent: ParentSegment,
        segment: Segment,
        catalogue: Catalogue,
        audiences: Audiences,
        clock: Clock,
    ) -> None:
        self._activation = activation
        self._parent = parent
        self._segment = segment
        self._catalogue = catalogue
        self._audiences = audiences
        self._clock = clock
        self._joins: list[str] = []

    def query(self, members: str) -> str:
        """Write the query over the members, who are a query too; raise ExportError."""
        parameters = self._activation.parameters
        columns: list[tuple[str, str]] = []
        if parameters["allColumns"]:
            columns += [
                (name, f"c.{identifier(name)}")
                for name in self._catalogue.customers.columns
                if name != TIME
            ]
        columns += [
            (str(one["column"]), self._source(one["source"])) for one in parameters["columns"]
        ]
        columns += self._behaviors()
        if not columns:
            columns = [(CUSTOMER_ID, f"c.{CUSTOMER_ID}")]
        listed = ", ".join(f"{value} AS {identifier(name)}" for name, value in columns)
        source = f"{identifier(self._parent.matrix)}.{identifier(CUSTOMERS)}"
        return (
            f"SELECT {listed} FROM {source} c{''.join(self._joins)}"
            f' WHERE c."{CUSTOMER_ID}" IN ({members}) ORDER BY c."{CUSTOMER_ID}"'
        )

    def _source(self, source: Mapping[str, Json]) -> str:
        if "string" in source:
            return text_literal(self._filled(source))
        group = source.get("customerGroup")
        table, alias = self._catalogue.customers, "c"
        if group:
            found = self._catalogue.groups.get(str(group))
            if found is None:
                message = f"There is no customer group {group!r}."
                raise ExportError(message)
            table, alias = found, self._joined_group(found)
        value = self._column(table, str(source["column"]), alias)
        for function in source.get("functions") or []:
            value = _applied(value, function)
        return value

    def _column(self, table: MatrixTable, name: str, alias: str) -> str:
        column = table.column(name)
        if column is None:
            message = f"There is no column {name!r} in {table.name}."
            raise ExportError(message)
        return f"{alias}.{identifier(column[0])}"

    def _joined_group(self, table: MatrixTable) -> str:
        source = f"{identifier(self._parent.matrix)}.{identifier(table.name)}"
        join = f' LEFT JOIN {source} g ON g."{CUSTOMER_ID}" = c."{CUSTOMER_ID}"'
        if join not in self._joins:
            self._joins.append(join)
        return "g"

    def _filled(self, source: Mapping[str, Json]) -> str:
        """Fill `$1`, `$2` … of a text with its parameters."""
        values = [self._parameter(one) for one in source.get("parameters") or []]

        def filled(match: re.Match[str]) -> str:
            place = int(match[1]) - 1
            return values[place] if place < len(values) else match[0]

        return _PLACEHOLDER.sub(filled, str(source["string"]))

    def _parameter(self, one: Mapping[str, Json]) -> str:
        kind = one.get("type")
        funnel = self._audiences.find(Funnel, self._segment.funnel or "")
        stages = {} if funnel is None else {stage["id"]: stage["name"] for stage in funnel.stages}
        texts = {
            "String": str(one.get("string", "")),
            "SegmentName": self._segment.name,
            "SegmentId": self._segment.id,
            "AudienceId": self._parent.id,
            "FunnelName": "" if funnel is None else funnel.name,
            "StageName": stages.get(self._segment.stage or "", ""),
        }
        if kind == "Timestamp":
            return self._time(str(one.get("format") or "yyyy-MM-dd HH:mm:ss"))
        return texts[str(kind)]

    def _time(self, form: str) -> str:
        """Write the present in a format of `yyyy`, `MM` … or of strftime's directives."""
        zone = ZoneInfo(str(self._activation.parameters["timezone"]))
        now = datetime.fromtimestamp(int(self._clock.now()), UTC).astimezone(zone)
        for word, directive in _WORDS.items():
            form = form.replace(word, directive)
        return now.strftime(form[:200])

    def _behaviors(self) -> list[tuple[str, str]]:
        parameters = self._activation.parameters
        one = parameters["syndicationBehavior"]
        many = [one] if one is not None else parameters["syndicationBehaviors"] or []
        return [
            column
            for index, behavior in enumerate(many)
            for column in self._behavior(behavior, f"b{index}")
        ]

    def _behavior(self, behavior: Mapping[str, Json], alias: str) -> list[tuple[str, str]]:
        """Join the rows of a behavior, and give the columns they bring."""
        name = str(behavior["behaviorTableName"])
        table = self._catalogue.behavior(name) or self._catalogue.behavior(
            f"behavior_{matrix_name(name)}"
        )
        if table is None:
            message = f"There is no behavior {name!r}."
            raise ExportError(message)
        wanted = [
            (str(one["column"]), self._behavior_column(table, one["source"]))
            for one in behavior.get("columns") or []
        ]
        strategy = str(behavior.get("joinStrategy") or "All")
        most = int(behavior.get("joinRow") or 1)
        order = self._order(table, behavior, is_reversed=strategy == "Last")
        source = f"{identifier(self._parent.matrix)}.{identifier(table.name)}"
        values = ", ".join(f"{value} AS {identifier(made)}" for made, value in wanted)
        numbered = (
            f'SELECT r."{CUSTOMER_ID}", ROW_NUMBER() OVER (PARTITION BY r."{CUSTOMER_ID}"'
            f" ORDER BY {order}) AS place{', ' if values else ''}{values} FROM {source} r"
        )
        if behavior.get("formatting") == "cols":
            return self._as_columns(wanted, numbered, most, alias)
        limit = {"All": "", "Top-N": f" WHERE n.place <= {most}"}.get(
            strategy, " WHERE n.place = 1"
        )
        join = f"SELECT n.* FROM ({numbered}) n{limit}"
        self._joins.append(
            f' LEFT JOIN ({join}) {alias} ON {alias}."{CUSTOMER_ID}" = c."{CUSTOMER_ID}"'
        )
        return [(made, f"{alias}.{identifier(made)}") for made, _ in wanted]

    def _as_columns(
        self, wanted: Sequence[tuple[str, str]], numbered: str, most: int, alias: str
    ) -> list[tuple[str, str]]:
        named = [
            (f"{made}_{place}", f"MAX(CASE WHEN n.place = {place} THEN n.{identifier(made)} END)")
            for place in range(1, most + 1)
            for made, _ in wanted
        ]
        values = "".join(f", {value} AS {identifier(made)}" for made, value in named)
        join = f'SELECT n."{CUSTOMER_ID}"{values} FROM ({numbered}) n GROUP BY n."{CUSTOMER_ID}"'
        self._joins.append(
            f' LEFT JOIN ({join}) {alias} ON {alias}."{CUSTOMER_ID}" = c."{CUSTOMER_ID}"'
        )
        return [(made, f"{alias}.{identifier(made)}") for made, _ in named]

    def _behavior_column(self, table: MatrixTable, source: Mapping[str, Json]) -> str:
        if "string" in source:
            return text_literal(self._filled(source))
        return self._column(table, str(source["column"]), "r")

    def _order(self, table: MatrixTable, behavior: Mapping[str, Json], *, is_reversed: bool) -> str:
        keys = []
        for one in behavior.get("orderBy") or []:
            is_down = (one.get("order") == "descending") != is_reversed
            column = self._column(table, str(one.get("key")), "r")
            keys.append(f"{column} {'DESC' if is_down else 'ASC'}")
        return ", ".join(keys) or f"r.time {'DESC' if is_reversed else 'ASC'}"


def csv_file(names: Sequence[str], rows: Sequence[Sequence[Json]]) -> bytes:
    """Write rows as CSV with a header; arrays as JSON, nothing for null."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _applied(value: str, function: Mapping[str, Json]) -> str:
    """Write one of the vendor's functions on a column; raise ExportError for the others."""
    name = str(function.get("function"))
    if name in _ARITHMETIC:
        return f"({value} {name} {_number(function.get('arg'))})"
    written = _FUNCTIONS.get(name)
    if written is None:
        message = f"The sandbox doesn't do the function {name[:50]!r}."
        raise ExportError(message)
    return written(value, function)


def _substr(value: str, function: Mapping[str, Json]) -> str:
    start, length = _number(function.get("start")), function.get("length")
    rest = "" if length is None else f", {_number(length)}"
    return f"SUBSTR({value}, {start}{rest})"


def _text(function: Mapping[str, Json], name: str) -> str:
    return text_literal(str(function.get(name) or ""))


def _number(value: Json) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{str(value)[:50]!r} is not a number."
        raise ExportError(message)
    return repr(value)


_FUNCTIONS: Final[dict[str, Callable[[str, Mapping[str, Json]], str]]] = {
    "replace": lambda value, one: (
        f"REPLACE({value}, {_text(one, 'search')}, {_text(one, 'replacement')})"
    ),
    "substr": _substr,
    "regexp_extract": lambda value, one: (
        f"REGEXP_EXTRACT({value}, {_text(one, 'pattern')}, {_number(one.get('group') or 0)})"
    ),
    "ln": lambda value, _one: f"LN({value})",
    "cast_as_quantitative": lambda value, one: (
        f"COALESCE(TRY_CAST({value} AS DOUBLE), {_number(one.get('default'))})"
    ),
    "cast_as_categorical": lambda value, one: (
        f"COALESCE(CAST({value} AS VARCHAR), {_text(one, 'default')})"
    ),
}
