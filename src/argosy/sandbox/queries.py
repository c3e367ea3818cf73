"""Run queries over the tables: the one way from a job, a segment or a workflow's task to SQL.

The SQL itself is translated and run by `sql`; here is what it needs to know of the sandbox, and
what must be put right afterwards: tables that a query made or dropped get or lose their
documents, so that every API family sees them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox import sql
from argosy.sandbox.tables import Table

if TYPE_CHECKING:
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.settings import Settings
    from argosy.sandbox.store import Store
    from argosy.sandbox.tables import Tables


class Queries:
    """Queries over the tables of a store."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        documents: Documents,
        tables: Tables,
        clock: Clock,
    ) -> None:
        self._seconds = settings.query_seconds
        self._store = store
        self._documents = documents
        self._tables = tables
        self._clock = clock
        sql.install(store.rows)

    def run(
        self, text: str, engine: sql.Engine, database: str, scheduled_time: int | None = None
    ) -> sql.Outcome:
        """Run one query as if in this database; raise sql.QueryFailedError if it fails.

        `scheduled_time` (an epoch; default: now) is what TD_SCHEDULED_TIME gives. A query that
        fails changes nothing, unless it is run within a transaction of the caller, which must
        then be rolled back as a whole.
        """
        now = self._clock.now()
        session = sql.QuerySession(
            engine=engine,
            database=database,
            scheduled_time=int(now) if scheduled_time is None else scheduled_time,
            now=now,
            tables={name: self._tables.tables(name) for name in self._tables.databases()},
        )
        with self._store.transaction():
            outcome = sql.run(self._store.rows, text, session, seconds=self._seconds)
            self._keep_in_step(outcome)
        return outcome

    def _keep_in_step(self, outcome: sql.Outcome) -> None:
        now = self._clock.now()
        for name in outcome.dropped:
            self._tables.drop_table(name.database, name.table)
        for name in outcome.created:
            key = self._documents.new_id("table")
            self._tables.adopt_table(Table(key, name.database, name.table, now, now))
        if outcome.kind != "select":
            self._tables.forget_columns()
