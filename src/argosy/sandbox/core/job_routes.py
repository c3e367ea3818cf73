"""Routes of jobs: issue, look, fetch the result, kill, export.

Only `show` and `status` count as looks that let a job go on; a list doesn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.core.errors import CoreError, invalid, no_database, not_done
from argosy.sandbox.core.jobs import ENGINES, STATUSES, JobOptions
from argosy.sandbox.core.result_urls import masked_settings, masked_url
from argosy.sandbox.core.results import FORMATS, USUAL_FORMAT, check_format, ranged, written
from argosy.sandbox.core.times import read_time, spaced

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.core.parameters import Parameters
    from argosy.sandbox.core.result_targets import ResultTargets
    from argosy.sandbox.settings import Json

FEW_JOBS: Final = 20
MOST_INDEX: Final = 10**9

_LONGEST: Final = {"presto": 1_000_000, "hive": 2_097_152}
_GONE_TYPES: Final = frozenset({"pig", "impala", "mapred", "mapreduce"})
_LONGEST_KEY: Final = 1000
_CONSOLE: Final = "https://console.example.com/app/jobs"


class JobRoutes:
    """Routes of jobs."""

    def __init__(self, desk: Desk, jobs: Jobs, targets: ResultTargets) -> None:
        self._desk = desk
        self._jobs = jobs
        self._targets = targets

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk = self._desk
        return [
            desk.get("/job/list", self.listed),
            desk.get("/job/show/{job}", self.show),
            desk.get("/job/status/{job}", self.status),
            desk.get("/job/status_by_domain_key/{key}", self.status_by_domain_key),
            desk.get("/job/statistics/{job}", self.statistics),
            desk.get("/job/result/{job}", self.result),
            desk.post("/job/kill/{job}", self.kill),
            desk.post("/job/result_export/{job}", self.export_result),
            desk.post("/job/issue/{type}/{database}", self.issue),
        ]

    def issue(self, ask: Ask) -> Json:
        """Issue a query."""
        kind = ask.path["type"]
        if kind in _GONE_TYPES:
            raise not_done(f"jobs of type {kind}")
        if kind not in ENGINES:
            raise invalid(f"Validation failed: Type {kind[:100]!r} is unknown")
        database = self._desk.database(ask.caller, ask.path["database"], "query")
        query = checked_query(ask.values.required("query"), kind)
        options = read_options(ask.values)
        self._targets.check(ask.caller, options, database.name)
        job = self._jobs.start(kind, database.name, ask.caller.user, query=query, options=options)
        return issued(job)

    def listed(self, ask: Ask) -> Json:
        """Give jobs, newest first, by their position in the list."""
        first = ask.values.number("from", 0, MOST_INDEX, 0)
        last = ask.values.number("to", 0, MOST_INDEX, first + FEW_JOBS - 1)
        status = ask.values.text("status")
        if status is not None and status not in STATUSES:
            raise invalid(f"'status' parameter must be one of {', '.join(STATUSES)}")
        every = ask.caller.user.administrator and status is None
        found = self._jobs.newest(most=last + 1) if every else self._chosen(ask, status)
        page = found[first : last + 1]
        return {
            "jobs": [shown(job) for job in page],
            "count": len(page),
            "from": first,
            "to": last,
        }

    def _chosen(self, ask: Ask, status: str | None) -> list[Job]:
        return [
            job
            for job in self._jobs.newest()
            if (status is None or job.status == status) and _may_see(ask, job)
        ]

    def show(self, ask: Ask) -> Json:
        """Give one job with its log."""
        return with_log(self._looked_at(ask))

    def status(self, ask: Ask) -> Json:
        """Give what changes about a job."""
        return _status(self._looked_at(ask))

    def status_by_domain_key(self, ask: Ask) -> Json:
        """Give what changes about the job of a domain key."""
        job = self._jobs.by_domain_key(ask.path["key"])
        self._jobs.look(job.id)
        return _status(self._seen(ask, self._jobs.find(job.id)))

    def statistics(self, ask: Ask) -> Json:
        """Tell how many rows a job wrote."""
        job = self._seen(ask, self._jobs.find(ask.path["job"]))
        return {"records_inserted": str(job.records_inserted)}

    def result(self, ask: Ask) -> Response:
        """Give a job's result in a format, or a range of its bytes."""
        form = ask.values.text("format") or USUAL_FORMAT
        check_format(form)
        header = ask.values.flag("header")
        nullify_special = ask.values.flag("nullify_special")
        job = self._seen(ask, self._jobs.find(ask.path["job"]))
        content = self._jobs.result_bytes(job.id) if job.status == "success" else None
        if content is None:
            raise CoreError(404, f"The job {job.id} has no result; it is {job.status}")
        names = [name for name, _ in job.columns or ()]
        body = written(content, form, names, header=header, nullify_special=nullify_special)
        return ranged(body, FORMATS[form], ask.headers)

    def kill(self, ask: Ask) -> Json:
        """Stop a job."""
        job = self._seen(ask, self._jobs.find(ask.path["job"]))
        self._jobs.kill(job)
        return {"job_id": job.id, "former_status": job.status}

    def export_result(self, ask: Ask) -> Json:
        """Issue a job that writes another's result to somewhere."""
        job = self._seen(ask, self._jobs.find(ask.path["job"]))
        if job.status != "success" or job.columns is None:
            raise CoreError(404, f"The job {job.id} has no result; it is {job.status}")
        options = read_options(ask.values, exported_job=job.id)
        settings = {
            name: ask.values.text(name) for name in ("database", "table") if ask.values.text(name)
        }
        if options.result is None and options.connection is None:
            raise invalid("'result' parameter is required")
        self._targets.check(ask.caller, options, job.database, settings)
        export = self._jobs.start(
            "result_export",
            job.database,
            ask.caller.user,
            work={"settings": settings},
            options=options,
        )
        self._jobs.link_export(job, export)
        return with_log(export)

    def _looked_at(self, ask: Ask) -> Job:
        self._seen(ask, self._jobs.find(ask.path["job"]))
        self._jobs.look(ask.path["job"])
        return self._jobs.find(ask.path["job"])

    def _seen(self, ask: Ask, job: Job) -> Job:
        if not _may_see(ask, job):
            raise CoreError(404, f"Couldn't find Job with account_id = 1, id = {job.id}")
        return job


def _may_see(ask: Ask, job: Job) -> bool:
    return ask.caller.user.administrator or job.user == ask.caller.user.id


def checked_query(query: str, kind: str) -> str:
    """Refuse a query that is longer than its engine takes, with 422."""
    longest = _LONGEST[ENGINES[kind]]
    if len(query) > longest:
        raise invalid(f"Validation failed: Query is too long (at most {longest} characters)")
    return query


def read_options(values: Parameters, exported_job: str | None = None) -> JobOptions:
    """Read what a job may be issued with; raise the 422 answer."""
    key, due = values.text("domain_key"), values.text("scheduled_time")
    if key is not None and len(key) > _LONGEST_KEY:
        raise invalid("Validation failed: Domain key is too long")
    return JobOptions(
        name=key,
        priority=values.number("priority", -2, 2, 0),
        retry_limit=values.number("retry_limit", 0, 32, 0),
        pool_name=values.text("pool_name"),
        engine_version=values.text("engine_version"),
        scheduled_time=None if due is None else read_time(due, "scheduled_time"),
        result=values.text("result"),
        connection=values.text("result_connection_id"),
        connection_settings=values.an_object("result_connection_settings"),
        exported_job=exported_job,
    )


def issued(job: Job) -> dict[str, Json]:
    """Give the answer to a job that was issued in a database."""
    if job.database is None:
        raise no_database("")
    return {"job": job.id, "job_id": job.id, "database": job.database}


def shown(job: Job) -> dict[str, Json]:
    """Give a job as it is answered."""
    options = job.options
    exported = options.exported_job
    return _status(job) | {
        "type": job.type,
        "database": job.database,
        "query": _query(job),
        "priority": options.priority,
        "retry_limit": options.retry_limit,
        "user_name": job.user_name,
        "url": f"{_CONSOLE}/{job.id}",
        "result": masked_url(options.result) if options.result else "",
        "hive_result_schema": job.result_schema,
        "linked_result_export_job_id": None if job.export_job is None else int(job.export_job),
        "result_export_target_job_id": None if exported is None else int(exported),
        "organization": None,
    }


def with_log(job: Job) -> dict[str, Json]:
    """Give a job with its log."""
    return shown(job) | {"debug": {"cmdout": job.cmdout, "stderr": job.errors}}


def _query(job: Job) -> Any:
    """Give a job's query; the vendor's Java client can't read a null, so "" where there is none."""
    return masked_settings(job.work["config"]) if "config" in job.work else job.query or ""


def _status(job: Job) -> dict[str, Json]:
    ended = job.start_at is not None and job.end_at is not None
    return {
        "job_id": job.id,
        "status": job.status,
        "created_at": spaced(job.created_at),
        "updated_at": spaced(job.updated_at),
        "start_at": spaced(job.start_at),
        "end_at": spaced(job.end_at),
        "duration": int((job.end_at or 0) - (job.start_at or 0)) if ended else None,
        "cpu_time": None,
        "num_records": job.num_records,
        "result_size": job.result_size,
    }
