"""Small changes to a store, for tests and for the processes that they start."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from argosy.store import KeyRing, credentials_context, tables


def add_organization(connection: Connection, name: str, created: float = 1.0) -> None:
    values = {"id": name, "name": name, "created": created, "modified": 1.0}
    connection.execute(tables.organizations.insert().values(values))


def created_of(connection: Connection, name: str) -> float:
    table = tables.organizations.c
    return float(connection.execute(select(table.created).where(table.name == name)).scalar_one())


def add_one(connection: Connection, name: str) -> None:
    """Read, then write: what is lost where another writer comes between."""
    value = created_of(connection, name) + 1
    table = tables.organizations
    connection.execute(update(table).where(table.c.name == name).values(created=value))


def add_connection(connection: Connection, ring: KeyRing, name: str, secret: str) -> None:
    """Add a connection of the organization acme."""
    values = {
        "organization": "acme",
        "name": name,
        "type": "S3",
        "credentials": ring.encrypt(secret.encode(), credentials_context("acme", name, "S3")),
        "key_id": ring.ids[0],
        "metadata": {},
        "created": 1.0,
        "modified": 1.0,
    }
    connection.execute(tables.connections.insert().values(values))
