"""Tables, views and queries of BigQuery: typed rows by its REST API.

A table's rows are listed, which costs nothing. A view or a query needs a job: BigQuery first says
what the query is and how much it would process, and only a SELECT below the cap is run. The calls
are steps of the type's declaration.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.rendering import MISSING
from argosy.tables.content import Tally
from argosy.tables.sources.bigquery_values import row_reader, shape_of_schema
from argosy.tables.sources.paging import Caller, RowSession, cut, pages_from, told_at
from argosy.tables.sources.rows_missing import missing, near_misses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.connections.opener import TableToOpen
    from argosy.connections.probing.session import Called
    from argosy.connections.stored import StoredConnection
    from argosy.model import Json, JsonObject
    from argosy.tables.formats.reading import PreviewColumn
    from argosy.tables.sources.rows import RowSettings
    from argosy.tables.sources.rows_shapes import Shape

#: The word of a declaration for what is read here.
ENGINE = "bigquery"
_PARAMS = "connection_table_params"
_TITLE = "BigQuery"
_PAGE = 10_000
#: How often a query that is still running is asked for, a second or more each time.
_MOST_POLLS = 600
_PROJECT = re.compile(r"([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,61}[a-z0-9]")
_DATASET = re.compile(r"[A-Za-z0-9_]{1,1024}")
_TABLE = re.compile(r"[^\x00-\x1f\x7f`.:/\\]{1,1024}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a table lies."""

    project: str
    dataset: str
    table: str

    @property
    def quoted(self) -> str:
        """The table as SQL names it."""
        return f"`{self.project}.{self.dataset}.{self.table}`"

    @property
    def values(self) -> JsonObject:
        """The parts as the steps read them."""
        return {"project": self.project, "dataset": self.dataset, "name": self.table}


def open_table(
    stored: StoredConnection,
    table: TableToOpen,
    session: RowSession,
    settings: RowSettings,
) -> BigQueryRows:
    """Return what reads a table, view or query. Raises TableError for a name that is none."""
    params = table.table[_PARAMS]
    if params.get("query"):
        named = next((one for one in ("object", "table") if params.get(one)), "")
        if named:
            raise _wrong_name("query", f"query and {named} exclude each other.", "Give one.")
        place = f"bigquery://{stored.credentials['project_id']}/query"
        return BigQueryRows(place, None, params["query"], session, settings)
    address = _address(stored, table, session)
    place = f"bigquery://{address.project}/{address.dataset}/{address.table}"
    return BigQueryRows(place, address, "", session, settings)


class BigQueryRows:
    """The rows of a table, view or query."""

    def __init__(
        self,
        place: str,
        address: Address | None,
        query: str,
        session: RowSession,
        settings: RowSettings,
    ) -> None:
        self.name = place
        self.warnings: list[str] = []
        self._address = address
        self._query = query
        self._session = session
        self._settings = settings
        self._location: JsonObject = {}
        self._schema: list[JsonObject] | None = None

    def columns(self) -> tuple[PreviewColumn, ...] | None:
        """Return the columns, from the table's schema or a dry run of the query."""
        return self.shape().columns()

    def shape(self) -> Shape:
        """Return the columns as a shape."""
        with told_at(self.name):
            return shape_of_schema(self._look(Caller(self._session)))

    def pages(self, first: int | None, tally: Tally | None = None) -> Iterator[list[JsonObject]]:
        """Yield rows page by page."""
        tally = Tally() if tally is None else tally
        patience = None if first is not None else self._settings.patience
        caller = Caller(self._session, patience, tally)
        with told_at(self.name):
            yield from cut(self._pages(caller, first, tally), first)

    def _pages(self, caller: Caller, first: int | None, tally: Tally) -> Iterator[list[JsonObject]]:
        schema = self._look(caller)
        tally.warnings += [one for one in self.warnings if one not in tally.warnings]
        size = _PAGE if first is None else min(first, _PAGE)
        read = self._results(caller, size, first) if self._query else self._listed(caller, size)
        row_of = row_reader(schema, self.name)
        yield from ([row_of(one) for one in found] for found in read)

    def _look(self, caller: Caller) -> list[JsonObject]:
        """Return the schema, after what is to be read was looked at. Raises TableError."""
        if self._schema is None:
            if self._address is not None:
                self._look_at_table(caller, self._address)
            if self._query:
                self._schema = self._try(caller)
        return self._schema or []

    def _look_at_table(self, caller: Caller, address: Address) -> None:
        """Find the schema; what is no plain table is read by a query."""
        try:
            body = caller.call("table", **address.values).body
        except TableError as error:
            if error.reason != "not_found":
                raise
            raise _not_there(caller.session, address) from None
        if body.get("location"):
            self._location = {"location": body["location"]}
        if body.get("type", "TABLE") == "TABLE":
            self._schema = body.get("schema", {}).get("fields", [])
        else:
            self._query = f"SELECT * FROM {address.quoted}"  # noqa: S608 - the parts are checked

    def _try(self, caller: Caller) -> list[JsonObject]:
        """Let BigQuery check the query, and return its columns.

        Raises TableError for what is no SELECT, and for one that would process more than the cap.
        """
        found = caller.call("check", query=self._query, **self._location).body["statistics"]
        about = found.get("query", {})
        kind = about.get("statementType", "SELECT")
        if kind != "SELECT":
            raise TableError(
                detail=f"it is a statement of the type {kind}, and a table is read by SELECT only.",
                remedy="Write one SELECT.",
                field=f"{_PARAMS}.query",
                reason="unsupported",
                file=self.name,
            )
        bytes_ = int(about.get("totalBytesProcessed", found.get("totalBytesProcessed", 0)))
        most = self._settings.query_bytes
        if bytes_ > most:
            raise TableError(
                detail=f"it would process {_size(bytes_)}, and {_size(most)} is the most.",
                remedy=(
                    "Read fewer columns or partitions, or let the operator of this server raise "
                    "the cap of queries."
                ),
                field=f"{_PARAMS}.query" if self._address is None else "",
                reason="too_large",
                file=self.name,
            )
        self.warnings = [f"Each reading processes {_size(bytes_)}, for which BigQuery may charge."]
        schema: list[JsonObject] = about.get("schema", {}).get("fields", [])
        return schema

    def _listed(self, caller: Caller, size: int) -> Iterator[list[JsonObject]]:
        values = self._address.values if self._address else {}

        def read(cursor: Json, _page: int) -> tuple[list[JsonObject], Json]:
            further = {} if cursor is MISSING else {"cursor": cursor}
            body = caller.call("data", **values, size=size, **further).body
            return body.get("rows", []), body.get("pageToken")

        return pages_from(read, self.name)

    def _results(self, caller: Caller, size: int, first: int | None) -> Iterator[list[JsonObject]]:
        query, soon = self._query, {} if first is None else {"first": first}
        if first is not None and self._address is not None:
            query += f" LIMIT {first}"
        values: JsonObject = {
            "most": str(self._settings.query_bytes),
            "request": self._settings.new_id(),
            **self._location,
        }
        job: JsonObject = {"size": size, **soon}

        def read(cursor: Json, _page: int) -> tuple[list[JsonObject], Json]:
            if cursor is MISSING:
                called = caller.call("run", query=query, size=size, **soon, **values)
                job.update(_job(called.body["jobReference"]))
                called = self._finish(caller, called, job)
            else:
                called = caller.call("results", **job, cursor=cursor)
            return called.body.get("rows", []), called.body.get("pageToken")

        return pages_from(read, self.name)

    def _finish(self, caller: Caller, called: Called, job: JsonObject) -> Called:
        """Ask for a query's rows until it has ended."""
        for _ in range(_MOST_POLLS):
            if called.body.get("jobComplete"):
                return called
            if caller.patience is None:
                break
            called = caller.call("results", **job)
        raise TableError(
            detail="the query has not ended in time.",
            remedy="Try again later, or write one that needs less.",
            status="unknown_error",
            reason="timed_out",
            passes=True,
            file=self.name,
        )


def _job(job: JsonObject) -> JsonObject:
    further = {"location": job["location"]} if job.get("location") else {}
    return {"job": job["jobId"], **further}


def _address(stored: StoredConnection, table: TableToOpen, session: RowSession) -> Address:
    """Return where a table lies: `table`, or its own name, perhaps with dataset and project.

    Raises TableError.
    """
    params = table.table[_PARAMS]
    named = next((one for one in ("table", "object") if params.get(one)), "table")
    *before, name = str(params.get(named) or table.name).strip("`").rsplit(".", 2)
    given = params.get("dataset") or stored.credentials.get("dataset", "")
    dataset = before[-1] if before else given
    project = before[0] if len(before) == 2 else stored.credentials["project_id"]
    if not dataset:
        found = _names(session, "datasets", {"project": project}, "datasets", "datasetId")
        there = f" There is {', '.join(found[:7])}." if found else ""
        raise _wrong_name("dataset", "the table's dataset is not named.", f"Name it.{there}")
    for field, value, pattern in (
        (named, project, _PROJECT),
        ("dataset", dataset, _DATASET),
        (named, name, _TABLE),
    ):
        if not pattern.fullmatch(value):
            raise _wrong_name(
                field,
                f"{value!r} cannot be a part of a table's name in BigQuery.",
                "Write project.dataset.table, or only the table beside dataset.",
            )
    return Address(project, dataset, name)


def _not_there(session: RowSession, address: Address) -> TableError:
    """Return the error for a table that is not there, or whose dataset is not."""
    values: JsonObject = {"project": address.project, "dataset": address.dataset}
    found = _names(session, "tables", values, "tables", "tableId")
    if found:
        near = near_misses(address.table, found)
        what = f"table {address.table!r} in the dataset {address.dataset}"
        return missing(_TITLE, what, f"{_PARAMS}.table", found, near)
    found = _names(session, "datasets", {"project": address.project}, "datasets", "datasetId")
    if address.dataset in found:
        what = f"table {address.table!r} in the dataset {address.dataset}"
        return missing(_TITLE, what, f"{_PARAMS}.table", [], [])
    near = near_misses(address.dataset, found)
    what = f"dataset {address.dataset!r} in the project {address.project}"
    return missing(_TITLE, what, f"{_PARAMS}.dataset", found, near)


def _names(
    session: RowSession, step: str, values: JsonObject, pointer: str, member: str
) -> list[str]:
    """Return the names that a list of datasets or tables has; none where it cannot be read."""
    try:
        with told_at(_TITLE):
            found = Caller(session).call(step, **values).body.get(pointer, [])
            return [str(one[f"{pointer[:-1]}Reference"][member]) for one in found]
    except TableError:
        return []


def _wrong_name(field: str, detail: str, remedy: str) -> TableError:
    return TableError(detail=detail, remedy=remedy, field=f"{_PARAMS}.{field}", reason="bad_shape")


def _size(count: int) -> str:
    for unit, size in (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
