"""The tables that calls and runs read: those of the store on this machine.

The store is opened when a table is first read, and never made: most calls read none.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from argosy.cli.data import data_folder
from argosy.cli.service import open_store_here, operator_of
from argosy.errors import HandlerError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from argosy.cli.service import Choices
    from argosy.model import Connector, JsonObject
    from argosy.sdk import TableService
    from argosy.server.api.served_tables import ServedTables
    from argosy.transport import Control


class StoredTables:
    """Reads the tables of the store on this machine; a context manager that threads may share.

    It is the `TableService` of `argosy call` and `argosy run`. `choices` say where the store is,
    whose tables are read, and where that may lead.
    """

    def __init__(self, connector: Connector, choices: Choices, environ: Mapping[str, str]) -> None:
        self._connector = connector
        self._choices = choices
        self._environ = environ
        self._opened = ExitStack()
        self._service: ServedTables | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> StoredTables:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._opened.close()

    def under(self, control: Control) -> TableService:
        """Return the tables for a call whose terms these are."""
        return self._open().under(control)

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        """Return the next rows of a table. Raises HandlerError where there is no store."""
        return self._open().rows(connection, table, cursor, amount)

    def preview(self, connection: str, table: str) -> JsonObject:
        """Return the preview of a table. Raises HandlerError where there is no store."""
        return self._open().preview(connection, table)

    def _open(self) -> ServedTables:
        with self._lock:
            if self._service is None:
                self._service = self._found()
            return self._service

    def _found(self) -> ServedTables:
        file = data_folder(self._choices.data, self._environ) / "argosy.db"
        if not self._environ.get("ARGOSY_DATABASE_URL") and not file.is_file():
            told = f"There are no stored tables yet: {file} is not there."
            raise HandlerError(
                detail=f"{told} `argosy tables set` makes one; --data names a folder."
            )
        root = str(self._connector.root)
        services = self._opened.enter_context(open_store_here(root, self._choices, self._environ))
        who = operator_of(services, self._choices, needs_database=True)
        return self._opened.enter_context(services.table_service(who))
