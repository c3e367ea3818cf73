"""Tables of the database that the login has chosen."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response

from argosy.connections.table_document import resources
from argosy.server.api.deprecation import deprecated
from argosy.server.api.identity import Builder, Serving
from argosy.server.api.models import tables as shapes
from argosy.server.api.models.shapes import Done
from argosy.server.api.paging import Amount, PageNumber
from argosy.server.api.refusals import (
    NO_CONNECTION,
    NO_DATABASE,
    NO_RESOURCE,
    NO_TABLE,
    UNKNOWN_CONNECTION,
    refusals,
)
from argosy.server.api.routes.connections import Name
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1", tags=["tables"])

TableName = Annotated[
    str, Path(description="Any text without a slash.", examples=["table_name_test"])
]
_PATH = "/connections/{connection}/tables/{name}/"
_ONE = refusals(UNKNOWN_CONNECTION, NO_DATABASE, NO_TABLE)
_WRITE = refusals(UNKNOWN_CONNECTION, NO_DATABASE, NO_CONNECTION)


@router.get(
    "/connections/{connection}/tables/",
    response_model=shapes.ThinTables,
    responses=refusals(UNKNOWN_CONNECTION, NO_DATABASE),
    deprecated=True,
    summary="List tables by database and connection",
)
def find_tables_of_connection(
    connection: Name, services: Serving, principal: Builder, response: Response
) -> Any:
    """List the first 1,000 tables of a connection, in short; use `tables/` instead."""
    deprecated(response, f"tables/?connection={connection}")
    return services.tables.list(principal, connection)


@router.patch(
    _PATH,
    response_model=shapes.Table,
    responses=_WRITE,
    summary="Create or partially update a table",
)
def patch_table(
    connection: Name,
    name: TableName,
    body: shapes.TableChanges,
    services: Serving,
    principal: Builder,
) -> Any:
    """Make a table, or replace the members of it that are sent, each as a whole; return it.

    A table of LOCAL has a `url` in its `connection_table_params` to upload its file to. Preview
    it first: that tells what this would make of it.
    """
    changes = body.model_dump(exclude_unset=True)
    return services.tables.patch(principal, connection, name, changes)


@router.get(_PATH, response_model=shapes.Table, responses=_ONE, summary="Get a table")
def show_table(connection: Name, name: TableName, services: Serving, principal: Builder) -> Any:
    """Return a table."""
    return services.tables.get(principal, connection, name)


@router.delete(_PATH, response_model=Done, responses=_ONE, summary="Delete a table")
def remove_table(connection: Name, name: TableName, services: Serving, principal: Builder) -> Any:
    """Delete a table; what it stands for stays where it is."""
    return services.tables.delete(principal, connection, name)


@router.post(
    f"{_PATH}test/",
    response_model=shapes.TablePreview,
    responses=refusals(UNKNOWN_CONNECTION, NO_DATABASE, NO_CONNECTION, NO_RESOURCE),
    summary="Preview and validate updating a table",
)
def preview_table(
    connection: Name,
    name: TableName,
    body: shapes.TableToPreview,
    services: Serving,
    principal: Builder,
) -> Any:
    """Tell what `PATCH` would make of a table: merged, with defaults, opened; store nothing."""
    changes = body.model_dump(exclude_unset=True)
    return services.tables.preview(principal, connection, name, changes)


@router.get(
    f"{_PATH}test/",
    response_model=shapes.TableTest,
    responses=refusals(UNKNOWN_CONNECTION, NO_DATABASE, NO_TABLE, NO_RESOURCE),
    summary="Test a table",
)
def test_table(connection: Name, name: TableName, services: Serving, principal: Builder) -> Any:
    """Open a table as it is stored, and keep what is found as its status."""
    return services.tables.test(principal, connection, name)


@router.get(
    "/tables/",
    response_model=shapes.TablePage,
    responses=refusals(UNKNOWN_CONNECTION, NO_DATABASE),
)
def filter_tables(
    services: Serving,
    principal: Builder,
    connection: Annotated[
        str | None, Query(description="Of this connection.", examples=["S3"])
    ] = None,
    resource: Annotated[
        str | None,
        Query(
            description="Of rows that stand for this.",
            json_schema_extra={"enum": list(resources())},
        ),
    ] = None,
    page: PageNumber = 1,
    amt: Amount = 10,
) -> Any:
    """List the tables of the database by pages, the oldest first."""
    return services.tables.filter(
        principal, connection=connection, resource=resource, page=page, amt=amt
    )
