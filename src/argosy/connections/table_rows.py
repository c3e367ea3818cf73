"""Tables as they lie in the store, and how they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from argosy.errors import ServiceForbiddenError
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from argosy.connections.opener import Opened
    from argosy.model import JsonObject

#: The members of a table that a client sets.
MEMBERS = ("resource", "resource_params", "connection_table_params", "connection_table_metadata")
#: Those of them that decide what opening the table finds.
OPENED_BY = MEMBERS[:3]
#: The columns of a table in short.
THIN = ("name", "resource", "status", "status_detail", "created", "modified")
_WELL = ("available", "uploading")


def check_database(connection: Connection, organization: str, database: str) -> None:
    """Go on only with a database of this organization. Raises ServiceForbiddenError."""
    table = tables.databases.c
    query = select(table.id).where(table.id == database, table.organization == organization)
    if connection.execute(query).first() is None:
        raise ServiceForbiddenError(
            detail="the selected database is not there any more; log in with another.",
            name="DATABASE_NOT_SELECTED",
        )


def its_key(database: str, connection: str, name: str) -> ColumnElement[bool]:
    """Return the condition that a row is this table's."""
    table = tables.data_tables.c
    return and_(table.database == database, table.connection == connection, table.name == name)


def select_tables(organization: str) -> Select[Any]:
    """Return the query of tables, each with the type of its connection where that is there."""
    table, connections = tables.data_tables, tables.connections
    belongs = and_(
        connections.c.organization == organization, connections.c.name == table.c.connection
    )
    return select(table, connections.c.type.label("type")).select_from(
        table.outerjoin(connections, belongs)
    )


def find_table(
    connection: Connection, organization: str, database: str, its_connection: str, name: str
) -> Row[Any] | None:
    """Return the row of a table, None where there is none."""
    query = select_tables(organization).where(its_key(database, its_connection, name))
    return connection.execute(query).first()


def members_of(row: Row[Any]) -> JsonObject:
    """Return what a client has set of a table."""
    return {member: getattr(row, member) for member in MEMBERS}


def differs(table: JsonObject, row: Row[Any]) -> bool:
    """Tell whether opening a table may find something else than opening the stored one."""
    return any(table[one] != getattr(row, one) for one in OPENED_BY)


def ignored_status() -> str:
    """Return the warning for a client that sets a status."""
    return "status is the server's own; the one given is ignored."


def show_table(
    row: Row[Any], types: Collection[str], url: Callable[[], str] | None = None
) -> JsonObject:
    """Return a table as the API shows it; `warnings` is always there."""
    found = members_of(row)
    if url is not None:
        found["connection_table_params"] = {**found["connection_table_params"], "url": url()}
    return {
        "warnings": _warnings(row),
        "name": row.name,
        "connection": row.connection,
        "connection_type": row.connection if row.connection in types else row.type,
        **found,
        "status": row.status,
        "status_detail": row.status_detail,
        "created_timestamp": int(row.created),
        "modified_timestamp": int(row.modified),
        "last_tested_timestamp": None if row.last_tested is None else int(row.last_tested),
    }


def show_thin(row: Row[Any]) -> JsonObject:
    """Return a table in short, from the columns `THIN`."""
    return {
        "warnings": _warnings(row),
        "name": row.name,
        "resource": row.resource,
        "status": row.status,
        "created_timestamp": int(row.created),
        "modified_timestamp": int(row.modified),
    }


def _warnings(row: Row[Any]) -> list[str]:
    detail = row.status_detail or {}
    return [detail["error"]] if detail.get("error") else []


def next_status(
    before: str, detail: Mapping[str, Any] | None, opened: Opened, at: float, *, is_new: bool
) -> tuple[str, JsonObject]:
    """Return a table's status and its detail after it was opened.

    Unless the table `is_new`, made or changed since it was last opened: what may be gone the next
    time does not take `available` away at once, and a check that has seen nothing of the inside
    changes nothing. Where this process may not call the place, nobody knows what is there. What
    has drifted is `drifted` until it was seen to be good, whatever fails meanwhile.
    """
    known = detail or {}
    good = at if opened.status == "available" else known.get("last_good_timestamp")
    kept: JsonObject = {"last_good_timestamp": good} if good is not None else {}
    is_good = opened.ok and (opened.status == "available" or is_new)
    if opened.reason == "drift" or (known.get("drifted") and not is_good):
        kept["drifted"] = True
    if opened.ok and opened.status == "unknown_error" and not is_new and before in _WELL:
        return before, {**known}
    if opened.ok:
        noted = opened.warnings[-1] if opened.warnings and opened.status != "available" else ""
        return opened.status, {**kept, **({"error": noted} if noted else {}), "at": at}
    failed = next((one for one in opened.checks if one.status == "failed"), None)
    text = " ".join(filter(None, [failed.message, failed.hint])) if failed else ""
    failures = int(known.get("failures", 0)) + 1
    is_passing = opened.status == "unknown_error" and before == "available" and not is_new
    status = "unknown_error" if opened.reason == "blocked_host" else opened.status
    return before if is_passing and failures == 1 else status, {
        **kept,
        "reason": opened.reason or None,
        "error": text or "The table could not be opened.",
        "field": (failed.field if failed else "") or None,
        "retryable": opened.retryable,
        "failures": failures,
        "at": at,
    }
