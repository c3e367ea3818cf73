"""Connections as they lie in the store: sealed, found by name, shown without secrets.

What is sealed is the credentials together with the settings of calls, since those decide where a
key is sent: whoever can write the database and not read the key cannot send it elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from argosy.connections.masking import fingerprints, masked
from argosy.errors import ServiceNotFoundError, UndecryptableError, WrongDataError
from argosy.model import Connection as CallConnection
from argosy.model import TransportSettings
from argosy.store import credentials_context, tables
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from argosy.connections.types import ConnectionType
    from argosy.model import JsonObject
    from argosy.store import KeyRing

#: The type that is there without being made: files that people upload.
LOCAL = "LOCAL"


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """A connection with its secrets, for calls within the process; never shown.

    `type` is the id of its type. `settings` are `endpoint`, `allowHosts` and `transport`, as a
    connection file has them.
    """

    organization: str
    name: str
    type: str
    credentials: JsonObject = field(default_factory=dict, repr=False)
    metadata: JsonObject = field(default_factory=dict)
    settings: JsonObject = field(default_factory=dict)

    def for_calls(self) -> CallConnection:
        """Return it as capabilities are called with it: credentials are the properties."""
        return CallConnection(
            properties=dict(self.credentials),
            name=self.name,
            endpoint=self.settings.get("endpoint", ""),
            allow_hosts=tuple(self.settings.get("allowHosts", ())),
            transport=TransportSettings.from_json(self.settings.get("transport", {})),
        )


@dataclass(frozen=True, slots=True)
class Record:
    """A row, and what is in it; `fault` says why its credentials cannot be read."""

    row: Row[Any]
    stored: StoredConnection
    fault: str = ""


def seal(ring: KeyRing, stored: StoredConnection) -> dict[str, str]:
    """Return the columns that hold what is secret, and where it is sent."""
    content = {"credentials": stored.credentials, "settings": stored.settings}
    plain = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    context = credentials_context(stored.organization, stored.name, stored.type)
    return {"credentials": ring.encrypt(plain, context), "key_id": ring.ids[0]}


def unseal(ring: KeyRing, row: Row[Any]) -> StoredConnection:
    """Return what a row holds. Raises UndecryptableError."""
    context = credentials_context(row.organization, row.name, row.type)
    plain = ring.decrypt(row.credentials, context)
    try:
        content = json.loads(plain)
        credentials, settings = dict(content["credentials"]), dict(content["settings"])
    except (ValueError, KeyError, TypeError):
        what = f"connection {row.name}"
        raise UndecryptableError(what=what, detail="it holds something else.") from None
    return StoredConnection(
        row.organization, row.name, row.type, credentials, row.metadata, settings
    )


def open_row(ring: KeyRing, row: Row[Any]) -> Record:
    """Return what a row holds, or what is known of it where it cannot be decrypted."""
    try:
        return Record(row, unseal(ring, row))
    except UndecryptableError:
        bare = StoredConnection(row.organization, row.name, row.type, metadata=row.metadata)
        fault = (
            "The credentials cannot be decrypted: they were encrypted with a key that is not here, "
            "or were changed. Enter them again, or give the server the key."
        )
        return Record(row, bare, fault)


def find_row(connection: Connection, organization: str, name: str) -> Row[Any] | None:
    """Return the row of a connection, None where the organization has none of this name."""
    table = tables.connections
    query = select(table).where(table.c.organization == organization, table.c.name == name)
    return connection.execute(query).first()


def names_of(connection: Connection, organization: str) -> Sequence[str]:
    """Return the names of the organization's connections, sorted."""
    table = tables.connections
    query = select(table.c.name).where(table.c.organization == organization).order_by(table.c.name)
    return connection.execute(query).scalars().all()


def not_found(
    connection: Connection,
    organization: str,
    name: str,
    types: Mapping[str, ConnectionType],
    *,
    with_local: bool = False,
    hint: str = "",
) -> Exception:
    """Return the error for a connection that is not there.

    A type that is not set up is one that could be there: 404. Any other name is a slip of the
    pen: 400, with the names there are.
    """
    own = names_of(connection, organization)
    if name in types:
        there = f" There is {list_words(own, name)}." if own else ""
        error = f"It is not set up yet: store its credentials first.{there}"
        return ServiceNotFoundError(type="connection", key=name, error=error)
    known = [one for one in types if with_local or one != LOCAL]
    available = [*known, *(one for one in own if one not in types)]
    detail = f"unknown connection {name!r}; available: {list_words(available, name)}."
    near = next((one for one in available if one.casefold() == name.casefold()), "")
    detail = f"{detail} Is it {near!r}?" if near else detail
    detail = f"{detail} {hint}".rstrip()
    return WrongDataError(detail=detail, field="connection", available=available)


def show(ring: KeyRing, types: Mapping[str, ConnectionType], record: Record) -> JsonObject:
    """Return a connection as the API shows it; `warnings` is always there."""
    row, stored = record.row, record.stored
    type_ = types.get(row.type)
    warnings = [record.fault] if record.fault else []
    if type_ is None:
        warnings.append(f"The type {row.type!r} is not known to this release.")
    credentials = {} if type_ is None else masked(type_, stored.credentials)
    marks = {} if type_ is None else fingerprints(ring, type_, stored.credentials)
    settings = {"settings": stored.settings} if type_ is not None and type_.region else {}
    return {
        "warnings": warnings,
        "connection": row.type,
        "name": row.name,
        "type": row.type,
        "credentials": credentials,
        "credentials_set": dict.fromkeys(marks, True),
        "fingerprints": marks,
        "metadata": row.metadata,
        **settings,
        "created_timestamp": int(row.created),
        "modified_timestamp": int(row.modified),
        "last_tested_timestamp": None if row.last_tested is None else int(row.last_tested),
        "last_result": row.last_result,
    }


def changed_fields(
    type_: ConnectionType, before: StoredConnection | None, after: StoredConnection
) -> list[str]:
    """Return the names of what is different, for the audit: only names that are declared.

    A name that somebody made up may be a secret in the wrong place.
    """
    old = before or StoredConnection(after.organization, after.name, after.type)
    declared = type_.credentials["properties"]
    found = {
        f"credentials.{name}"
        for name in declared
        if old.credentials.get(name) != after.credentials.get(name)
    }
    others = [
        {name: value for name, value in one.credentials.items() if name not in declared}
        for one in (old, after)
    ]
    if others[0] != others[1]:
        found.add("credentials.*")
    found |= {"metadata"} if old.metadata != after.metadata else set()
    found |= {"settings"} if old.settings != after.settings else set()
    return sorted(found)
