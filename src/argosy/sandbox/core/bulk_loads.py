"""Bulk loads: what data connectors load from elsewhere, when, and into which table.

They are kept and changed like the vendor's, with their secrets masked where they are read. The
sandbox reaches nobody else's servers, so guessing and previewing answer 501, and a load's job
ends in an error that says so. Times are epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.answers import VendorError
from argosy.sandbox.auth import OWNER, User
from argosy.sandbox.core.cron import check_cron, check_zone, last_times, next_time
from argosy.sandbox.core.errors import already_there, check_short_name, invalid, not_found
from argosy.sandbox.core.jobs import JobFailedError, JobOptions

if TYPE_CHECKING:
    from typing import NoReturn

    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

LARGEST_CONFIG: Final = 65_535
MOST_MADE_UP: Final = 10

_KIND: Final = "bulk-load"
_NO_PARENT: Final = "0"


class BulkLoad(Struct, frozen=True):
    """A bulk load; `delay` is in seconds."""

    id: str
    name: str
    database: str
    table: str
    config: dict[str, Any]
    cron: str | None
    timezone: str
    delay: int
    time_column: str | None
    user: str
    created_at: float
    next_time: float | None = None


class BulkLoads:
    """The bulk loads of a store."""

    def __init__(self, foundation: Foundation, jobs: Jobs) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        self._jobs = jobs
        jobs.runners["bulkload"] = _load
        foundation.agenda.handlers[_KIND] = self._due

    def every(self) -> list[BulkLoad]:
        """Give all bulk loads, oldest first."""
        return [BulkLoad(**document) for document in self._documents.every(_KIND)]

    def named(self, name: str) -> BulkLoad:
        """Give a bulk load by its name; raise the 404 answer."""
        document = self._documents.named(_KIND, name)
        if document is None:
            raise not_found("BulkLoadSession", name)
        return BulkLoad(**document)

    def create(self, name: str, user: str, facts: dict[str, Any]) -> BulkLoad:
        """Keep a bulk load; `facts` are members of BulkLoad."""
        check_short_name(name)
        if self._documents.named(_KIND, name) is not None:
            raise already_there("Bulk load", name)
        key = self._documents.new_id(_KIND)
        made = BulkLoad(id=key, name=name, user=user, created_at=self._clock.now(), **facts)
        with self._store.transaction():
            self._documents.add(_KIND, _NO_PARENT, {key: asdict(made)})
            return self._planned(made)

    def update(self, load: BulkLoad, facts: dict[str, Any]) -> BulkLoad:
        """Change members of a bulk load."""
        with self._store.transaction():
            return self._planned(replace(load, **facts))

    def delete(self, load: BulkLoad) -> None:
        """Forget a bulk load; its jobs stay."""
        with self._store.transaction():
            self._agenda.drop(_KIND, load.id)
            self._documents.remove(_KIND, load.id)

    def jobs(self, load: BulkLoad) -> list[Job]:
        """Give the jobs of a bulk load, newest first."""
        return self._jobs.newest(load.id)

    def run(self, load: BulkLoad, due: float, domain_key: str | None = None) -> Job:
        """Start the job of a bulk load for a time."""
        document = self._documents.find("user", load.user) or self._documents.find("user", OWNER)
        assert document is not None  # noqa: S101 - there is always an owner
        options = JobOptions(name=domain_key, scheduled_time=int(due), schedule=load.id)
        work = {"config": load.config, "table": load.table}
        return self._jobs.start(
            "bulkload", load.database, User(**document), work=work, options=options
        )

    def _planned(self, load: BulkLoad) -> BulkLoad:
        self._agenda.drop(_KIND, load.id)
        check_zone(load.timezone)
        due = None
        if load.cron is not None:
            check_cron(load.cron, load.timezone)
            due = next_time(load.cron, load.timezone, self._clock.now() - load.delay)
            self._agenda.at(_KIND, load.id, due + load.delay)
        planned = replace(load, next_time=due)
        self._documents.replace(_KIND, load.id, _NO_PARENT, asdict(planned))
        return planned

    def _due(self, key: str, _stage: str) -> None:
        document = self._documents.find(_KIND, key)
        load = None if document is None else BulkLoad(**document)
        if load is None or load.cron is None or load.next_time is None:
            return
        until = self._clock.now() - load.delay
        times = last_times(load.cron, load.timezone, load.next_time, until, MOST_MADE_UP)
        self._planned(load)
        for due in times:
            try:
                self.run(load, due)
            except VendorError:
                return  # its database is gone


def read_config(document: Json) -> dict[str, Any]:
    """Read a config, which may be wrapped in another `config`; raise the 422 answer."""
    if isinstance(document, dict) and set(document) == {"config"}:
        document = document["config"]
    if not isinstance(document, dict):
        raise invalid("'config' parameter is required")
    source = document.get("in", document)
    if not isinstance(source, dict) or not isinstance(source.get("type"), str):
        raise invalid("'config' parameter needs a 'type' of its input")
    if len(orjson.dumps(source)) > LARGEST_CONFIG:
        raise invalid(f"Validation failed: the input has more than {LARGEST_CONFIG} bytes")
    return document if "in" in document else {"in": document}


def unreachable(config: dict[str, Any]) -> str:
    """Say why a config's source can't be read."""
    return f"reading from an input of type {config['in']['type'][:100]!r}, which is elsewhere"


def _load(job: Job) -> NoReturn:
    config = job.work["config"]
    raise JobFailedError(f"The sandbox reaches no other servers: {unreachable(config)}")
