"""Stored tables in memory, for what reads tables in tests of flows and calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from argosy.errors import ServiceNotFoundError
from argosy.model import JsonObject
from argosy.validation.sentences import list_words

USERS: list[JsonObject] = [{"id": f"{number:03}", "visits": number} for number in range(5)]


class FakeTables:
    """A `TableService` of tables that a test gives, by connection and name; notes what is asked."""

    def __init__(
        self, tables: Mapping[tuple[str, str], Sequence[JsonObject]] | None = None
    ) -> None:
        self.tables = {("LOCAL", "users.csv"): USERS} if tables is None else tables
        self.asked: list[tuple[Any, ...]] = []

    def under(self, _control: object) -> FakeTables:
        """Return the same for a call, whatever its terms."""
        return self

    def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
        """Return rows from the place that the cursor says."""
        self.asked.append((connection, table, cursor, amount))
        every = self._table(connection, table)
        first = int(cursor or 0)
        after = first + amount
        rows = list(every[first:after])
        return {
            "rows": rows,
            "cursor": str(after) if after < len(every) else "",
            "columns": [{"name": name, "type": "text"} for name in (every[0] if every else ())],
            "rows_read": len(rows),
            "rows_refused": 0,
        }

    def preview(self, connection: str, table: str) -> JsonObject:
        """Return the first 20 rows."""
        self.asked.append((connection, table))
        found = self.rows(connection, table, "", 20)
        seen = {name: found[name] for name in ("columns", "rows", "rows_read")}
        return {
            "status": "available",
            "checks": [{"name": "open", "status": "passed"}],
            "preview": {**seen, "bytes_read": 100, "truncated": bool(found["cursor"])},
        }

    def _table(self, connection: str, table: str) -> Sequence[JsonObject]:
        if (connection, table) not in self.tables:
            known = list_words([name for _, name in self.tables], table)
            raise ServiceNotFoundError(type="table", key=table, known=known)
        return self.tables[connection, table]
