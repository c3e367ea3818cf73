"""Connections of the organization, and the types there are."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

from fastapi import Depends, Path

from argosy.connections.fields import describe
from argosy.connections.service import check_own_name
from argosy.errors import ServiceNotFoundError
from argosy.server.api.identity import Anyone, Builder, Serving
from argosy.server.api.models import connections as shapes
from argosy.server.api.models.shapes import Done
from argosy.server.api.refusals import (
    NO_CONNECTION,
    REFUSED_CREDENTIALS,
    UNKNOWN_CONNECTION,
    refusals,
)
from argosy.server.api.routes.router import Router

router = Router(prefix="/v1")

_CONNECTIONS: list[str | Enum] = ["connections"]
_TYPES: list[str | Enum] = ["connection types"]
Name = Annotated[
    str,
    Path(description="The name of a connection, or of a type: its default one.", examples=["S3"]),
]


def _own(connection: Name, _: Builder) -> str:
    check_own_name(connection)
    return connection


#: The same, of one that is not built in; judged before the body is.
OwnName = Annotated[str, Depends(_own)]
_ONE = refusals(UNKNOWN_CONNECTION, NO_CONNECTION)


@router.get(
    "/connections/",
    response_model=shapes.Connections,
    responses=refusals(),
    tags=_CONNECTIONS,
    summary="List connections by organization",
)
def find_connections(services: Serving, principal: Builder) -> Any:
    """List the connections of the organization, the oldest first, their secrets masked."""
    with services.secrets.deaf():
        return services.connections.list(principal)


@router.get(
    "/connections/{connection}/",
    response_model=shapes.Connection,
    responses=_ONE,
    tags=_CONNECTIONS,
    summary="Get connection",
)
def show_connection(connection: Name, services: Serving, principal: Builder) -> Any:
    """Return a connection, its secrets masked."""
    return services.connections.get(principal, connection)


@router.put(
    "/connections/{connection}/",
    response_model=shapes.Connection,
    responses=refusals(UNKNOWN_CONNECTION),
    tags=_CONNECTIONS,
    summary="Create or replace a connection",
)
def put_connection(
    connection: OwnName, body: shapes.ConnectionDocument, services: Serving, principal: Builder
) -> Any:
    """Make a connection, or replace it, and return it.

    What a read has shown can be sent back: a secret that is `******` or left out stays as it is,
    null clears it. All else is replaced: a field, `metadata` or `settings` that are left out are
    gone, and a warning tells it of the last two where there were any.
    """
    document = body.model_dump(exclude_unset=True)
    return services.connections.put(principal, connection, document)


@router.delete(
    "/connections/{connection}/",
    response_model=Done,
    responses=_ONE,
    tags=_CONNECTIONS,
    summary="Delete connection",
)
def remove_connection(connection: Name, services: Serving, principal: Builder) -> Any:
    """Delete a connection. Its tables stay, with the status `wrong_credentials`."""
    return services.connections.delete(principal, connection)


@router.post(
    "/connections/{connection}/test/",
    response_model=shapes.CredentialsTest,
    responses=refusals(UNKNOWN_CONNECTION, REFUSED_CREDENTIALS, NO_CONNECTION),
    tags=_CONNECTIONS,
    summary="Test credentials",
)
def test_credentials(
    connection: OwnName, body: shapes.CredentialsToTest, services: Serving, principal: Builder
) -> Any:
    """Test credentials, those that are stored where none are sent; nothing is stored.

    `metadata` and `settings` that are left out are those that are stored.

    Answers within the 6 seconds that the official client waits. A failure is code 40, and its
    `error_data` says why (`reason`), where to change what (`field`), whether to try again
    (`retryable`), and lists the steps (`checks`).
    """
    document = body.model_dump(exclude_unset=True)
    return services.connections.test(principal, connection, document)


@router.get(
    "/connection-types/",
    response_model=shapes.ConnectionTypes,
    responses=refusals(),
    tags=_TYPES,
)
def find_connection_types(services: Serving, _: Anyone) -> Any:
    """List what can be connected to."""
    return {"connection_types": [describe(one) for one in services.types.values()]}


@router.get(
    "/connection-types/{type}/",
    response_model=shapes.ConnectionType,
    responses=refusals(ServiceNotFoundError(type="connection type", key="S4")),
    tags=_TYPES,
)
def show_connection_type(
    type_: Annotated[str, Path(alias="type", examples=["S3"])], services: Serving, _: Anyone
) -> Any:
    """Return the fields of a type as JSON Schemas, and what a test of it does."""
    found = services.types.get(type_)
    if found is None:
        raise ServiceNotFoundError(type="connection type", key=type_[:200])
    return describe(found)
