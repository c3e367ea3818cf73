"""Routes of bulk loads, and of loads that happen once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.answers import json_answer
from argosy.sandbox.core.bulk_loads import read_config, unreachable
from argosy.sandbox.core.errors import not_done
from argosy.sandbox.core.job_routes import issued, read_options
from argosy.sandbox.core.result_urls import masked_settings
from argosy.sandbox.core.times import iso, read_time
from argosy.sandbox.core.users import ACCOUNT

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import Right
    from argosy.sandbox.core.bulk_loads import BulkLoad, BulkLoads
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_LONGEST_DELAY: Final = 366 * 86_400
_USUAL_ZONE: Final = "UTC"


class BulkLoadRoutes:
    """Routes of bulk loads."""

    def __init__(self, desk: Desk, loads: BulkLoads, jobs: Jobs, foundation: Foundation) -> None:
        self._desk = desk
        self._loads = loads
        self._jobs = jobs
        self._tables = foundation.tables
        self._clock = foundation.clock

    def routes(self) -> list[BaseRoute]:
        """Give the routes; the one-time load goes before the other jobs."""
        desk, one = self._desk, "/bulk_loads/{name}"
        return [
            desk.post("/job/issue/bulkload/{database}", self.load_once),
            desk.post("/bulk_loads/guess", self.guess),
            desk.post("/bulk_loads/preview", self.guess),
            desk.get("/bulk_loads", self.listed),
            desk.post("/bulk_loads", self.create),
            desk.get(one, self.show),
            desk.route("PUT", one, self.update),
            desk.route("DELETE", one, self.delete),
            desk.get(f"{one}/jobs", self.list_jobs),
            desk.post(f"{one}/jobs", self.run),
        ]

    def guess(self, ask: Ask) -> Json:
        """Say that the source can't be looked at."""
        document = ask.values.document("config")
        raise not_done(
            unreachable(read_config(ask.values.values if document is None else document))
        )

    def load_once(self, ask: Ask) -> Json:
        """Issue a load that is not kept."""
        values = ask.values
        self._desk.database(ask.caller, ask.path["database"], "import")
        config = read_config(values.document("config"))
        job = self._jobs.start(
            "bulkload",
            ask.path["database"],
            ask.caller.user,
            work={"config": config, "table": values.required("table")},
            options=read_options(values),
        )
        return issued(job)

    def listed(self, ask: Ask) -> Response:
        """Give the bulk loads of databases that the caller may import into, as an array."""
        found = [one for one in self._loads.every() if ask.caller.may("import", one.database)]
        return json_answer([_shown(one) for one in found])

    def create(self, ask: Ask) -> Json:
        """Keep a bulk load."""
        values = ask.values
        facts: dict[str, Any] = {
            "cron": None,
            "timezone": _USUAL_ZONE,
            "delay": 0,
            "time_column": None,
        }
        needed = {
            "database": values.required("database"),
            "table": values.required("table"),
            "config": read_config(values.document("config")),
        }
        facts = facts | needed | self._facts(ask)
        made = self._loads.create(values.required("name"), ask.caller.user.id, facts)
        return _shown(made)

    def _facts(self, ask: Ask) -> dict[str, Any]:
        """Give the members of a BulkLoad that were sent."""
        values = ask.values
        facts: dict[str, Any] = {
            name: values.text(name)
            for name in ("table", "timezone", "time_column")
            if values.text(name) is not None
        }
        if values.text("database") is not None:
            name = values.required("database")
            facts["database"] = self._desk.database(ask.caller, name, "import").name
        if values.has("config"):
            facts["config"] = read_config(values.document("config"))
        if values.has("cron"):
            facts["cron"] = values.text("cron")
        if values.has("delay"):
            facts["delay"] = values.number("delay", 0, _LONGEST_DELAY, 0)
        return facts

    def show(self, ask: Ask) -> Json:
        """Give a bulk load."""
        return _shown(self._found(ask))

    def update(self, ask: Ask) -> Json:
        """Change what was sent of a bulk load."""
        return _shown(self._loads.update(self._found(ask), self._facts(ask)))

    def delete(self, ask: Ask) -> Json:
        """Forget a bulk load."""
        load = self._found(ask)
        self._loads.delete(load)
        return _shown(load)

    def list_jobs(self, ask: Ask) -> Response:
        """Give the jobs of a bulk load, newest first, as an array."""
        load = self._found(ask)
        return json_answer([self._job(job, load) for job in self._loads.history(load)])

    def run(self, ask: Ask) -> Json:
        """Start the job of a bulk load."""
        load = self._found(ask)
        due = ask.values.text("scheduled_time")
        at = self._clock.now() if due is None else read_time(due, "scheduled_time")
        job = self._loads.run_for(load, at, ask.values.text("domain_key"))
        return {"job_id": int(job.id)}

    def _found(self, ask: Ask, right: Right = "import") -> BulkLoad:
        load = self._loads.named(ask.path["name"])
        self._desk.database(ask.caller, load.database, right)
        return load

    def _job(self, job: Job, load: BulkLoad) -> dict[str, Json]:
        database = self._tables.database(str(job.database))
        table = self._tables.table(load.database, job.work["table"])
        return {
            "job_id": int(job.id),
            "account_id": ACCOUNT,
            "type": job.type,
            "status": job.status,
            "priority": job.options.priority,
            "config": masked_settings(job.work["config"]),
            "database": {
                "id": 0 if database is None else int(database.id),
                "name": str(job.database),
            },
            "table": {"id": 0 if table is None else int(table.id), "name": job.work["table"]},
            "schema": None,
            "records": None,
            "cpu_time": None,
            "created_at": int(job.created_at),
            "updated_at": int(job.updated_at),
            "start_at": None if job.start_at is None else int(job.start_at),
            "end_at": None if job.end_at is None else int(job.end_at),
        }


def _shown(load: BulkLoad) -> dict[str, Json]:
    return {
        "id": int(load.id),
        "name": load.name,
        "cron": load.cron,
        "timezone": load.timezone,
        "delay": load.delay,
        "start_at": None if load.next_time is None else iso(load.next_time),
        "database": load.database,
        "table": load.table,
        "config": masked_settings(load.config),
        "config_diff": {},
    } | ({"time_column": load.time_column} if load.time_column else {})
