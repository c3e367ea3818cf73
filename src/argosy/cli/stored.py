"""The connections that calls and flows name: files, and those of the store on this machine.

A name is looked for as a file of the user's connections first, then in the store. The store is
opened when it is first needed, and never made: who has stored nothing needs none.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from argosy.cli.data import data_folder
from argosy.cli.seen import learn_secrets
from argosy.cli.service import Choices, open_store_here, operator_of
from argosy.errors import InvalidConnectionError, ServiceNotFoundError
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from argosy.model import Connection, Connector
    from argosy.server.api.services import Services


class StoredConnections:
    """The connections in the store on this machine, for calls; a context manager.

    `chosen` is the organization that they are of, None the only one there is.
    """

    def __init__(
        self,
        connector: Connector,
        data: str | None,
        environ: Mapping[str, str],
        chosen: str | None = None,
    ) -> None:
        self._connector = connector
        self._choices = Choices(data=data, organization=chosen)
        self._environ = environ
        self._opened = ExitStack()
        self._services: Services | None = None
        self._organization = ""

    def __enter__(self) -> StoredConnections:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._opened.close()

    @property
    def place(self) -> str:
        """Where the store is, for people."""
        if self._environ.get("ARGOSY_DATABASE_URL"):
            return "the database of ARGOSY_DATABASE_URL"
        return str(self._file)

    def names(self, *, for_calls: bool = True) -> list[str]:
        """Return the names of the connections, sorted: of those to call with, or of all."""
        if not self._is_there():
            return []
        from sqlalchemy import select

        from argosy.store import tables

        services = self._open()
        table = tables.connections.c
        query = select(table.name, table.type).where(table.organization == self._organization)
        with services.store.read() as connection:
            rows = connection.execute(query.order_by(table.name)).all()
        return [row.name for row in rows if not for_calls or self._fits(row.type)]

    def has(self, name: str) -> bool:
        """Tell whether there is a connection of this name, of whatever type."""
        from argosy.connections.stored import find_row

        if not self._is_there():
            return False
        services = self._open()
        with services.store.read() as connection:
            return find_row(connection, self._organization, name) is not None

    def find(self, name: str) -> Connection | None:
        """Return a connection with its secrets, None where there is none of this name.

        Raises InvalidConnectionError for one of a type that the connector cannot call with, and
        UndecryptableError.
        """
        from argosy.connections.fields import secret_values

        if not self._is_there():
            return None
        services = self._open()
        try:
            stored = services.connections.open(self._organization, name)
        except ServiceNotFoundError:
            return None
        type_ = services.types.get(stored.type)
        if type_ is None or not self._fits(stored.type):
            raise InvalidConnectionError(problems=[self._other_type(name, stored.type)])
        learn_secrets(*secret_values(type_, stored.credentials))
        return stored.for_calls()

    @property
    def _file(self) -> Path:
        return data_folder(self._choices.data, self._environ) / "argosy.db"

    def _is_there(self) -> bool:
        return bool(self._environ.get("ARGOSY_DATABASE_URL")) or self._file.is_file()

    def _open(self) -> Services:
        if self._services is None:
            root = str(self._connector.root)
            found = open_store_here(root, self._choices, self._environ)
            self._services = self._opened.enter_context(found)
            who = operator_of(self._services, self._choices, needs_database=False)
            self._organization = who.organization
        return self._services

    def _fits(self, type_: str) -> bool:
        from argosy.connections.types import load_types, type_of_calls

        called = type_of_calls(load_types(), self._connector.id)
        return called is not None and called.id == type_

    def _other_type(self, name: str, type_: str) -> Problem:
        text = f"{name!r} is of the type {type_}, which {self._connector.title} is not called with"
        hint = f"Connections to call with: {', '.join(self.names()) or 'none is stored yet'}."
        return Problem("connection-type", text, "/type", hint)
