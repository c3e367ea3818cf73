"""Saved queries, which the core API calls schedules: what they are, and how they run.

When they run is told in `timetables`; the last hundred runs that the clock jumps over are made up
for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.core.cron import next_time
from argosy.sandbox.core.jobs import JobOptions
from argosy.sandbox.core.timetables import Naming, Timed, Timetables

if TYPE_CHECKING:
    from argosy.sandbox.auth import User
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation

MOST_MADE_UP: Final = 100

_NAMING: Final = Naming("saved-query", missing="Schedule", taken="Schedule")


class SavedQuery(Timed, frozen=True, kw_only=True):
    """A saved query; times are epochs."""

    type: str
    database: str | None
    query: str
    priority: int
    retry_limit: int
    result: str | None
    connection: str | None
    connection_settings: dict[str, Any]
    pool_name: str | None
    engine_version: str | None
    user_name: str
    updated_at: float


class SavedQueries(Timetables[SavedQuery]):
    """The saved queries of a store."""

    def __init__(self, foundation: Foundation, jobs: Jobs) -> None:
        super().__init__(foundation, jobs, SavedQuery, _NAMING, MOST_MADE_UP)

    def create(self, name: str, user: User, facts: dict[str, Any]) -> SavedQuery:
        """Save a query; `facts` are members of SavedQuery."""
        whose = {"user_name": user.name, "updated_at": self._clock.now()}
        return self._add(name, {**whose, **facts})

    def update(self, query: SavedQuery, facts: dict[str, Any]) -> SavedQuery:
        """Change members of a saved query."""
        return self._change(query, {**facts, "updated_at": self._clock.now()})

    def run(
        self, query: SavedQuery, first: float, count: int, domain_key: str | None = None
    ) -> list[Job]:
        """Run a query for a time and the following ones of its cron."""
        times = [first]
        while len(times) < count:
            is_timed = query.cron is not None
            after = next_time(str(query.cron), query.timezone, times[-1]) if is_timed else first
            times.append(after)
        return [self.run_for(query, one, domain_key) for one in times]

    def run_for(self, one: SavedQuery, due: float, domain_key: str | None = None) -> Job:
        """Start the job of a saved query for a time."""
        options = JobOptions(
            name=domain_key,
            priority=one.priority,
            retry_limit=one.retry_limit,
            pool_name=one.pool_name,
            engine_version=one.engine_version,
            scheduled_time=int(due),
            result=one.result,
            connection=one.connection,
            connection_settings=one.connection_settings,
            schedule=one.id,
        )
        user = self._jobs.user(one.user)
        return self._jobs.start(one.type, one.database, user, query=one.query, options=options)
