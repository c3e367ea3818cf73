"""How handlers reach the rows of stored tables: the host's part of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from argosy.model import JsonObject


class TableService(Protocol):
    """Reads stored tables for handlers; threads share it.

    Whoever runs a dispatcher gives it one that knows the store and whose tables are asked for.
    Both methods raise ArgosyError: ServiceNotFoundError for a table or connection that is not
    there, TableError for one that cannot be read.
    """

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        """Return the next rows of a table, its mapping applied.

        `cursor` is what the page before gave, empty for the first one, and `amount` the most
        rows; fewer come where they are large. Members of the answer: `rows` (JSON objects),
        `cursor` (of the next page, empty where this is the last), `columns` (objects with `name`,
        `type`, `nullable`), `rows_read` and `rows_refused` (of this page; read are those
        delivered and refused), `refusals` (objects with `file`, `line`, `column`, `message`) and
        `warnings` (texts).
        """
        ...

    def preview(self, connection: str, table: str) -> JsonObject:
        """Return what the API answers to a preview of a table as it is stored.

        That has `status`, `checks`, `preview` (`columns`, `rows`, `rows_read`, `bytes_read`,
        `truncated`) and, where there are any, `warnings`.
        """
        ...
