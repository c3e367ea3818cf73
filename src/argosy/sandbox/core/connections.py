"""Connections, which result exports name; old clients call them results.

Kept is the whole URL; read is one with its secrets masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import asdict

from argosy.sandbox.core.desk import Door
from argosy.sandbox.core.errors import CoreError, check_short_name, invalid, not_found
from argosy.sandbox.core.result_urls import masked_settings, masked_url

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_KIND: Final = "connection"
_NO_PARENT: Final = "0"
_LONGEST_URL: Final = 65_535


class Connection(Struct, frozen=True):
    """A connection; `created_at` is an epoch."""

    id: str
    name: str
    url: str
    created_at: float


class Connections:
    """The connections of a store."""

    def __init__(self, foundation: Foundation) -> None:
        self._documents = foundation.documents
        self._clock = foundation.clock

    def every(self) -> list[Connection]:
        """Give all connections, oldest first."""
        return [Connection(**document) for document in self._documents.every(_KIND)]

    def named(self, name: str) -> Connection | None:
        """Give a connection by its name, or None."""
        document = self._documents.named(_KIND, name)
        return None if document is None else Connection(**document)

    def find(self, key: str) -> Connection:
        """Give a connection by its id; raise the 404 answer."""
        document = self._documents.find(_KIND, key)
        if document is None:
            raise CoreError(404, f"Couldn't find Connection with id = {key}")
        return Connection(**document)

    def create(self, name: str, url: str, key: str | None = None) -> Connection:
        """Keep a connection, under an id of its own or a chosen one that is free."""
        check_short_name(name)
        if len(url) > _LONGEST_URL:
            raise invalid("Validation failed: Url is too long")
        if self.named(name) is not None:
            raise CoreError(409, "Result must be unique")
        made = key or self._documents.new_id(_KIND)
        connection = Connection(made, name, url, self._clock.now())
        self._documents.add(_KIND, _NO_PARENT, {made: asdict(connection)})
        return connection

    def delete(self, connection: Connection) -> None:
        """Forget a connection."""
        self._documents.remove(_KIND, connection.id)


class ConnectionRoutes:
    """Routes of connections."""

    def __init__(self, desk: Desk, connections: Connections) -> None:
        self._desk = desk
        self._connections = connections

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk = self._desk
        return [
            desk.get("/result/list", self.listed),
            desk.post("/result/create/{name}", self.create, Door.ADMINISTRATOR),
            desk.post("/result/delete/{name}", self.delete, Door.ADMINISTRATOR),
            desk.get("/connections/lookup", self.look_up),
            desk.post("/connector_configs/validate_with_connection", self.validate),
            desk.get("/data_connector_restrictions", self.restrictions),
        ]

    def listed(self, _ask: Ask) -> Json:
        """Give all connections."""
        return {
            "results": [
                {"name": one.name, "url": masked_url(one.url), "organization": None}
                for one in self._connections.every()
            ]
        }

    def create(self, ask: Ask) -> Json:
        """Keep a connection."""
        made = self._connections.create(ask.path["name"], ask.values.required("url"))
        return {"name": made.name, "result": made.name}

    def delete(self, ask: Ask) -> Json:
        """Forget a connection."""
        found = self._named(ask.path["name"])
        self._connections.delete(found)
        return {"name": found.name, "result": found.name}

    def look_up(self, ask: Ask) -> Json:
        """Give a connection's id."""
        return {"id": int(self._named(ask.values.required("name")).id)}

    def validate(self, ask: Ask) -> Json:
        """Say what settings come to with a connection, which must be there.

        Not documented, so assumed: the answer is the settings as sent, with what is secret
        masked. What a connector of the type would need isn't known here.
        """
        kind = ask.values.required("type")
        settings = ask.values.an_object("settings")
        connection = ask.values.text("connection_id")
        if connection is not None:
            self._connections.find(connection)
        return {"type": kind, "settings": masked_settings(settings)}

    def restrictions(self, _ask: Ask) -> Json:
        """Say that no connector is restricted."""
        return {}

    def _named(self, name: str) -> Connection:
        found = self._connections.named(name)
        if found is None:
            raise not_found("Result", name)
        return found
