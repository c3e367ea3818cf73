"""Run queries over the tables: the one way from a job, a segment or a workflow's task to SQL.

The SQL itself is translated and run by `sql`; here is what it needs to know of the sandbox, and
what must be put right afterwards: tables that a query made or dropped get or lose their
documents, so that every API family sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.settings import Settings
    from argosy.sandbox.sql import Outcome
    from argosy.sandbox.store import Store
    from argosy.sandbox.tables import Tables

Engine = Literal["presto", "hive"]


class Queries:
    """Queries over the tables of a store."""

    def __init__(self, settings: Settings, store: Store, tables: Tables, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._tables = tables
        self._clock = clock

    def run(
        self, text: str, engine: Engine, database: str, scheduled_time: int | None = None
    ) -> Outcome:
        """Run one query as if in this database; raise sql.QueryFailedError if it fails.

        `scheduled_time` (an epoch; default: now) is what TD_SCHEDULED_TIME gives. A query that
        fails changes nothing. Must not be called inside a transaction.
        """
        raise NotImplementedError
