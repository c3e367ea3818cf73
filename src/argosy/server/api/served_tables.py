"""The stored tables of a service as flows read them: `argosy.sdk.TableService`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import argosy.tables
from argosy.tables.serving import TablePages

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.accounts import Principal
    from argosy.model import JsonObject
    from argosy.server.api.services import Services
    from argosy.tables.reader import TableReader


class ServedTables:
    """Reads tables for flows. Threads may share it; close it.

    `who` returns whose tables they are; it is asked at every call, since databases come and go.
    """

    def __init__(self, services: Services, who: Callable[[], Principal]) -> None:
        self._services = services
        self._who = who
        self._pages = TablePages(self._open, time.monotonic)

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        """Return the next rows of a table. Raises TableError, ServiceError."""
        return self._pages.rows(connection, table, cursor, amount)

    def preview(self, connection: str, table: str) -> JsonObject:
        """Return what the API answers to a preview. Raises ServiceError."""
        return self._services.tables.preview(self._who(), connection, table)

    def close(self) -> None:
        """End what is being read."""
        self._pages.close()

    def _open(self, connection: str, table: str) -> TableReader:
        stored = self._services.stored_table(self._who(), connection, table)
        return argosy.tables.open(stored)
