"""Jobs: queries and everything else that takes time, from queued to finished.

A job goes on as the agenda's pace says, and does its work at its last stage, so one that is
killed before never does it. Queries are run here; for other types a family registers a runner.

A query that fails is tried again up to `retry_limit` times, at the same pace, so that it may do
better once what it needs is there; its log counts the retries, and its errors are those of all
attempts. Not documented, so assumed: every failure of a query is tried again, a wrong query's
too; a failure to write its result elsewhere is not, for the query may have written rows by then.
What the sandbox itself can't do, fails at, or has no time for would only fail again.

Not documented, so assumed: users who are no administrators see their own jobs only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from msgspec import Struct, field
from msgspec.structs import asdict, replace

from argosy.sandbox.agenda import RUNNING
from argosy.sandbox.answers import VendorError
from argosy.sandbox.auth import OWNER, User
from argosy.sandbox.core.errors import CoreError, no_database
from argosy.sandbox.core.results import packed, unpacked
from argosy.sandbox.core.times import spaced
from argosy.sandbox.defects import defect
from argosy.sandbox.sql import QueryFailedError, hive_type, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.sandbox.core.result_targets import ResultTargets
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.sql import Engine

ENGINES: Final[dict[str, Engine]] = {"presto": "presto", "trino": "presto", "hive": "hive"}
"""The job types that are queries, with their engines."""
STATUSES: Final = ("queued", "running", "success", "error", "killed")

_KIND: Final = "job"
_RESULT: Final = "job-result"
_NO_PARENT: Final = "0"
_FINISHED: Final = frozenset({"success", "error", "killed"})


class JobFailedError(Exception):
    """A job's work can't be done; the text goes to its log."""


class JobOptions(Struct, frozen=True):
    """What a job may be issued with; `name` is its domain key, times are epochs.

    `result` is a URL to write the result to, or `connection` the id of a kept one with
    `connection_settings`. `schedule` is the saved query it runs for.
    """

    name: str | None = None
    priority: int = 0
    retry_limit: int = 0
    pool_name: str | None = None
    engine_version: str | None = None
    scheduled_time: int | None = None
    result: str | None = None
    connection: str | None = None
    connection_settings: dict[str, Any] = field(default_factory=dict)
    schedule: str | None = None
    created_at: float | None = None
    exported_job: str | None = None


class Job(Struct, frozen=True):
    """A job; times are epochs. `work` is what a job that is no query has to do.

    `failures` are the errors of attempts that were tried again, `error` is that of the last one.
    """

    id: str
    name: str | None
    type: str
    database: str | None
    query: str | None
    work: dict[str, Any]
    options: JobOptions
    user: str
    user_name: str
    status: str
    created_at: float
    updated_at: float
    start_at: float | None = None
    end_at: float | None = None
    columns: tuple[tuple[str, str], ...] | None = None
    num_records: int | None = None
    result_size: int | None = None
    records_inserted: int = 0
    cmdout: str | None = None
    error: str | None = None
    export_job: str | None = None
    failures: tuple[str, ...] = ()

    @property
    def errors(self) -> str | None:
        """Write the errors of all attempts, a line each; None where there were none."""
        told_so = [*self.failures, *([] if self.error is None else [self.error])]
        return "\n".join(told_so) or None

    @property
    def is_finished(self) -> bool:
        """Say whether nothing more will happen to the job."""
        return self.status in _FINISHED

    @property
    def parent(self) -> str:
        """Give the id that the job is kept under: its saved query's."""
        return self.options.schedule or _NO_PARENT

    @property
    def result_schema(self) -> str | None:
        """Write the result's columns as JSON text, in the words of the job's engine."""
        if self.columns is None:
            return None
        is_hive = self.type == "hive"
        shown = [[name, hive_type(kind) if is_hive else kind] for name, kind in self.columns]
        return orjson.dumps(shown).decode()


class Jobs:
    """The jobs of a store. `runners` do the work of other types and give the rows written."""

    def __init__(self, foundation: Foundation, targets: ResultTargets) -> None:
        self._documents = foundation.documents
        self._store = foundation.store
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        self._queries = foundation.queries
        self._tables = foundation.tables
        self._targets = targets
        self.runners: dict[str, Callable[[Job], int]] = {}
        foundation.agenda.handlers[_KIND] = self._due

    def start(
        self,
        kind: str,
        database: str | None,
        user: User,
        *,
        query: str | None = None,
        work: dict[str, Any] | None = None,
        options: JobOptions | None = None,
    ) -> Job:
        """Issue a job, and run it if the pace says so; not for within a transaction."""
        job = self.record(kind, database, user, query=query, work=work, options=options)
        self.begin(job)
        self._agenda.settle()
        return self.find(job.id)

    def begin(self, job: Job) -> None:
        """Let a recorded job go on, as the pace says."""
        self._agenda.start(_KIND, job.id)

    def record(
        self,
        kind: str,
        database: str | None,
        user: User,
        *,
        query: str | None = None,
        work: dict[str, Any] | None = None,
        options: JobOptions | None = None,
    ) -> Job:
        """Keep a new job that is queued; raise the 409 answer for a known domain key."""
        options = options or JobOptions()
        if options.name is not None:
            known = self._documents.named(_KIND, options.name)
            if known is not None:
                raise CoreError(
                    409, "The domain_key is taken by another job", conflicts_with=known["id"]
                )
        if database is not None and not self._tables.has_database(database):
            raise no_database(database)
        now = self._clock.now() if options.created_at is None else options.created_at
        job = Job(
            self._documents.new_id(_KIND),
            options.name,
            kind,
            database,
            query,
            work or {},
            options,
            user.id,
            user.name,
            "queued",
            now,
            now,
        )
        self._documents.add(_KIND, job.parent, {job.id: asdict(job)})
        return job

    def run_later_at(self, job: Job, due: float) -> None:
        """Let a recorded job run at an epoch, whatever the pace."""
        self._agenda.at(_KIND, job.id, due)

    def run_at_once(
        self,
        engine: Engine,
        database: str,
        query: str,
        user_id: str = OWNER,
        *,
        scheduled_time: int | None = None,
        options: JobOptions | None = None,
    ) -> Job:
        """Record a query as a job, run it now and give it finished; not in a transaction."""
        options = replace(options or JobOptions(), scheduled_time=scheduled_time)
        job = self.record(engine, database, self.user(user_id), query=query, options=options)
        while not job.is_finished:
            job = self._run(job)
        return self.find(job.id)

    def user(self, key: str) -> User:
        """Give the user whose job it is, or the owner if there is no such user any more."""
        document = self._documents.find("user", key) or self._documents.find("user", OWNER)
        assert document is not None  # noqa: S101 - there is always an owner
        return User(**document)

    def find(self, key: str) -> Job:
        """Give a job; raise the 404 answer."""
        document = self._documents.find(_KIND, key)
        if document is None:
            raise CoreError(404, f"Couldn't find Job with account_id = 1, id = {key}")
        return _read(document)

    def by_domain_key(self, key: str) -> Job:
        """Give the job of a domain key; raise the 404 answer."""
        document = self._documents.named(_KIND, key)
        if document is None:
            raise CoreError(404, f"Couldn't find Job with domain_key = {key}")
        return _read(document)

    def look(self, key: str) -> None:
        """Count that a client looked at a job, which may let it go on."""
        self._agenda.look(f"{_KIND}:{key}")

    def newest(self, parent: str | None = None, most: int = -1) -> list[Job]:
        """Give jobs, newest first; with a parent those of one saved query."""
        found = self._documents.page(_KIND, parent, newest_first=True, most=most)
        return [_read(document) for document in found]

    def result_bytes(self, key: str) -> bytes | None:
        """Give a job's result as msgpack.gz; None if it has none."""
        return self._documents.bytes(_RESULT, key)

    def result(self, key: str) -> tuple[list[tuple[str, str]], list[list[Json]]]:
        """Give the columns and rows of a job that has a result; both empty without one."""
        content = self.result_bytes(key)
        columns = self.find(key).columns
        if content is None or columns is None:
            return [], []
        return list(columns), list(unpacked(content))

    def kill(self, job: Job) -> Job:
        """Stop a job that isn't finished; it never does its work."""
        if job.is_finished:
            return job
        self._agenda.drop(_KIND, job.id)
        return self._end(job, "killed")

    def link_export(self, job: Job, export: Job) -> None:
        """Note which job exports a job's result."""
        self._keep(replace(job, export_job=export.id))

    def _due(self, key: str, stage: str) -> None:
        document = self._documents.find(_KIND, key)
        job = None if document is None else _read(document)
        if job is None or job.is_finished:
            return
        if stage != RUNNING:
            if not self._run(job).is_finished:
                self.begin(job)
        elif job.status == "queued":
            now = self._clock.now()
            self._keep(replace(job, status="running", start_at=now, updated_at=now))

    def _run(self, job: Job) -> Job:
        """Do a job's work, or try to: give it finished, or running if it is to be tried again."""
        job = replace(job, start_at=self._clock.now() if job.start_at is None else job.start_at)
        try:
            done = self._query(job) if job.type in ENGINES else self._work(job)
        except QueryFailedError as error:
            done = replace(job, error=told(error, ENGINES[job.type], job.id))
            if error.kind == "user" and len(job.failures) < job.options.retry_limit:
                return self._put_off(done)
        except JobFailedError as error:
            done = replace(job, error=str(error))
        except VendorError as error:
            done = replace(job, error=str(error.body.get("message", error)))
        except Exception as error:  # a job must end, whatever happened
            done = replace(job, error=defect(error))
        return self._end(done, "success" if done.error is None else "error")

    def _put_off(self, job: Job) -> Job:
        """Keep a job whose query failed, and which is to be tried again."""
        now = self._clock.now()
        failures = (*job.failures, str(job.error))
        job = replace(job, status="running", updated_at=now, error=None, failures=failures)
        return self._keep(replace(job, cmdout=_log(job)))

    def _query(self, job: Job) -> Job:
        from argosy.sandbox.core.query_rights import check_rights  # noqa: PLC0415 - sqlglot: 0.1 s

        engine, options = ENGINES[job.type], job.options
        assert job.query is not None  # noqa: S101 - issued with one
        assert job.database is not None  # noqa: S101 - issued with one
        document = self._documents.find("user", job.user)
        check_rights(
            None if document is None else User(**document), job.query, engine, job.database
        )
        outcome = self._queries.run(job.query, engine, job.database, options.scheduled_time)
        columns = tuple((column.name, column.type) for column in outcome.columns)
        content = packed(outcome.rows)
        self._documents.put_bytes(_RESULT, job.id, content)
        done = replace(
            job,
            columns=columns,
            num_records=len(outcome.rows),
            result_size=len(content),
            records_inserted=outcome.written,
        )
        self._targets.deliver(done.id, options, done.database, columns, content)
        return done

    def _work(self, job: Job) -> Job:
        runner = self.runners.get(job.type)
        if runner is None:
            raise JobFailedError(f"The sandbox has no jobs of type {job.type}")
        written = runner(job)
        return replace(job, records_inserted=written, num_records=written)

    def _end(self, job: Job, status: str) -> Job:
        now = self._clock.now()
        job = replace(job, status=status, end_at=now, updated_at=now)
        return self._keep(replace(job, cmdout=_log(job)))

    def _keep(self, job: Job) -> Job:
        self._documents.replace(_KIND, job.id, job.parent, asdict(job))
        return job


def _log(job: Job) -> str:
    """Write what a job has to say; why it failed is told apart from it, as its errors."""
    lines = [] if job.start_at is None else [f"started at {spaced(job.start_at)}"]
    if job.query is not None:
        lines.append(f"executing query: {job.query}")
    limit = job.options.retry_limit
    lines += [f"retry {number} of {limit}" for number in range(1, len(job.failures) + 1)]
    if job.end_at is None:
        return "\n".join(lines)
    lines.append(f"finished at {spaced(job.end_at)} ({job.status})")
    return "\n".join(lines)


def _read(document: Json) -> Job:
    options = JobOptions(**document["options"])
    columns = document["columns"]
    if columns is not None:
        columns = tuple((name, kind) for name, kind in columns)
    return Job(**(document | {"options": options, "columns": columns}))
