"""Bulk loads: what data connectors load from elsewhere, when, and into which table.

They are kept and changed like the vendor's, with their secrets masked where they are read. The
sandbox reaches nobody else's servers, so guessing and previewing answer 501, and a load's job
ends in an error that says so. Times are epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from argosy.sandbox.core.errors import invalid
from argosy.sandbox.core.jobs import JobFailedError, JobOptions
from argosy.sandbox.core.timetables import Naming, Timed, Timetables

if TYPE_CHECKING:
    from typing import NoReturn

    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

LARGEST_CONFIG: Final = 65_535
MOST_MADE_UP: Final = 10

_NAMING: Final = Naming("bulk-load", missing="BulkLoadSession", taken="Bulk load")


class BulkLoad(Timed, frozen=True, kw_only=True):
    """A bulk load: from what its config names into a table."""

    database: str
    table: str
    config: dict[str, Any]
    time_column: str | None


class BulkLoads(Timetables[BulkLoad]):
    """The bulk loads of a store."""

    def __init__(self, foundation: Foundation, jobs: Jobs) -> None:
        super().__init__(foundation, jobs, BulkLoad, _NAMING, MOST_MADE_UP)
        jobs.runners["bulkload"] = _load

    def create(self, name: str, user: str, facts: dict[str, Any]) -> BulkLoad:
        """Keep a bulk load; `facts` are members of BulkLoad."""
        return self._add(name, {"user": user, **facts})

    def update(self, load: BulkLoad, facts: dict[str, Any]) -> BulkLoad:
        """Change members of a bulk load."""
        return self._change(load, facts)

    def run_for(self, one: BulkLoad, due: float, domain_key: str | None = None) -> Job:
        """Start the job of a bulk load for a time."""
        options = JobOptions(name=domain_key, scheduled_time=int(due), schedule=one.id)
        work = {"config": one.config, "table": one.table}
        user = self._jobs.user(one.user)
        return self._jobs.start("bulkload", one.database, user, work=work, options=options)


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
