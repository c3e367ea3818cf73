"""The stored tables of a service as flows read them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import argosy.tables
from argosy.tables.serving import TablePages
from argosy.tables.stored import identity
from argosy.transport import OWN_TERMS, Control

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.accounts import Principal
    from argosy.model import JsonObject
    from argosy.sdk import TableService
    from argosy.server.api.services import Services
    from argosy.tables import StoredTable
    from argosy.tables.reader import TableReader


class ServedTables:
    """Reads tables for flows. Threads may share it; close it.

    `who` returns whose tables they are; it is asked at every call, since databases come and go.
    """

    def __init__(self, services: Services, who: Callable[[], Principal]) -> None:
        self._services = services
        self._who = who
        self._pages = TablePages(self, time.monotonic)

    def under(self, control: Control) -> TableService:
        """Return the tables as a call reads them whose terms these are."""
        return _Under(self, control)

    def rows(
        self,
        connection: str,
        table: str,
        cursor: str,
        amount: int,
        control: Control = OWN_TERMS,
    ) -> JsonObject:
        """Return the next rows of a table. Raises TableError, ServiceError."""
        return self._pages.rows(connection, table, cursor, amount, control)

    def preview(self, connection: str, table: str) -> JsonObject:
        """Return what the API answers to a preview. Raises ServiceError."""
        return self._services.tables.preview(self._who(), connection, table)

    def close(self) -> None:
        """End what is being read."""
        self._pages.close()

    def __call__(self, connection: str, table: str, control: Control) -> TableReader:
        """Open a table. Raises TableError, ServiceError."""
        return argosy.tables.open(self._stored(connection, table), control=control)

    def identity(self, connection: str, table: str) -> str:
        """Return what is another when a table is. Raises ServiceError."""
        return identity(self._stored(connection, table))

    def _stored(self, connection: str, table: str) -> StoredTable:
        return self._services.stored_table(self._who(), connection, table)


@dataclass(frozen=True, slots=True)
class _Under:
    """The tables of one call."""

    tables: ServedTables
    control: Control

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        return self.tables.rows(connection, table, cursor, amount, self.control)

    def preview(self, connection: str, table: str) -> JsonObject:
        return self.tables.preview(connection, table)
