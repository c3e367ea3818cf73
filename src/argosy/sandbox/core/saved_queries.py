"""Saved queries, which the core API calls schedules: what they are, and when they run.

One with a cron runs as the sandbox's clock comes to it, `delay` seconds later, as a job whose
scheduled time is the cron's. When the clock jumps over several runs, the last hundred of them
are made up for, oldest first. Times of runs are epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.answers import VendorError
from argosy.sandbox.auth import OWNER, User
from argosy.sandbox.core.cron import check_cron, check_zone, last_times, next_time
from argosy.sandbox.core.errors import already_there, check_short_name, not_found
from argosy.sandbox.core.jobs import JobOptions

if TYPE_CHECKING:
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation

MOST_MADE_UP: Final = 100

_KIND: Final = "saved-query"
_NO_PARENT: Final = "0"


class SavedQuery(Struct, frozen=True):
    """A saved query; `delay` is in seconds, times are epochs."""

    id: str
    name: str
    type: str
    database: str | None
    query: str
    cron: str | None
    timezone: str
    delay: int
    priority: int
    retry_limit: int
    result: str | None
    connection: str | None
    connection_settings: dict[str, Any]
    pool_name: str | None
    engine_version: str | None
    user: str
    user_name: str
    created_at: float
    updated_at: float
    next_time: float | None = None


class SavedQueries:
    """The saved queries of a store."""

    def __init__(self, foundation: Foundation, jobs: Jobs) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        self._jobs = jobs
        foundation.agenda.handlers[_KIND] = self._due

    def every(self) -> list[SavedQuery]:
        """Give all saved queries, oldest first."""
        return [SavedQuery(**document) for document in self._documents.every(_KIND)]

    def named(self, name: str) -> SavedQuery:
        """Give a saved query by its name; raise the 404 answer."""
        document = self._documents.named(_KIND, name)
        if document is None:
            raise not_found("Schedule", name)
        return SavedQuery(**document)

    def find(self, key: str) -> SavedQuery:
        """Give a saved query by its id; raise the 404 answer."""
        document = self._documents.find(_KIND, key)
        if document is None:
            raise not_found("Schedule", key)
        return SavedQuery(**document)

    def create(self, name: str, user: User, facts: dict[str, Any]) -> SavedQuery:
        """Save a query; `facts` are members of SavedQuery."""
        now = self._clock.now()
        key = self._documents.new_id(_KIND)
        made = SavedQuery(
            id=key, name=name, user_name=user.name, created_at=now, updated_at=now, **facts
        )
        self._check_name(made)
        with self._store.transaction():
            self._documents.add(_KIND, _NO_PARENT, {key: asdict(made)})
            return self._planned(made)

    def update(self, query: SavedQuery, facts: dict[str, Any]) -> SavedQuery:
        """Change members of a saved query."""
        changed = replace(query, **facts, updated_at=self._clock.now())
        if changed.name != query.name:
            self._check_name(changed)
        with self._store.transaction():
            return self._planned(changed)

    def _check_name(self, query: SavedQuery) -> None:
        check_short_name(query.name)
        if self._documents.named(_KIND, query.name) is not None:
            raise already_there("Schedule", query.name)

    def delete(self, query: SavedQuery) -> None:
        """Forget a saved query; its jobs stay."""
        with self._store.transaction():
            self._agenda.drop(_KIND, query.id)
            self._documents.remove(_KIND, query.id)

    def run(
        self, query: SavedQuery, first: float, count: int, domain_key: str | None = None
    ) -> list[Job]:
        """Run a query for a time and the following ones of its cron."""
        times = [first]
        while len(times) < count:
            is_timed = query.cron is not None
            after = next_time(str(query.cron), query.timezone, times[-1]) if is_timed else first
            times.append(after)
        return [self._run_for(query, one, domain_key) for one in times]

    def history(self, query: SavedQuery) -> list[Job]:
        """Give the jobs of a saved query, newest first."""
        return self._jobs.newest(query.id)

    def _run_for(self, query: SavedQuery, due: float, domain_key: str | None = None) -> Job:
        options = JobOptions(
            name=domain_key,
            priority=query.priority,
            retry_limit=query.retry_limit,
            pool_name=query.pool_name,
            engine_version=query.engine_version,
            scheduled_time=int(due),
            result=query.result,
            connection=query.connection,
            connection_settings=query.connection_settings,
            schedule=query.id,
        )
        document = self._documents.find("user", query.user) or self._documents.find("user", OWNER)
        assert document is not None  # noqa: S101 - there is always an owner
        user = User(**document)
        return self._jobs.start(
            query.type, query.database, user, query=query.query, options=options
        )

    def _planned(self, query: SavedQuery) -> SavedQuery:
        """Keep a saved query with its next run on the agenda, or none."""
        self._agenda.drop(_KIND, query.id)
        check_zone(query.timezone)
        due = None
        if query.cron is not None:
            check_cron(query.cron, query.timezone)
            due = next_time(query.cron, query.timezone, self._clock.now() - query.delay)
            self._agenda.at(_KIND, query.id, due + query.delay)
        planned = replace(query, next_time=due)
        self._documents.replace(_KIND, query.id, _NO_PARENT, asdict(planned))
        return planned

    def _due(self, key: str, _stage: str) -> None:
        document = self._documents.find(_KIND, key)
        if document is None:
            return
        query = SavedQuery(**document)
        if query.cron is None or query.next_time is None:
            return
        until = self._clock.now() - query.delay
        times = last_times(query.cron, query.timezone, query.next_time, until, MOST_MADE_UP)
        self._planned(query)  # first: whatever becomes of the jobs, it goes on
        for due in times:
            try:
                self._run_for(query, due)
            except VendorError:
                return  # its database is gone, so there is nothing to run in
