"""Operators that run queries and look at tables: `td>`, `td_run>`, `td_ddl>` and the waits.

Each query is a job of the core API, recorded as any other and run at once, with its workflow's
session time as the scheduled time. The task stores `td.last_job_id` (and `td.last_job`), and
`td.last_results` (the first row) where `store_last_results` asks for it. The table of
`create_table` or `insert_into` is written by the query, with a command before it, and has the
query's columns if it wasn't there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct, field

from argosy.sandbox.answers import VendorError
from argosy.sandbox.workflow.errors import ConfigError, TaskError
from argosy.sandbox.workflow.operators import LaterError, Run, seconds_of
from argosy.sandbox.workflow.tasks import Outcome, merged
from argosy.sandbox.workflow.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from argosy.sandbox.settings import Json
    from argosy.sandbox.sql import Engine
    from argosy.sandbox.tables import Tables

_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,255}")
_NEW_NAME: Final = re.compile(r"[a-z0-9_]{3,255}")
_MARK: Final = re.compile(r"(?m)^--[ \t]*DIGDAG_INSERT_LINE[^\n]*$")
_HEADER: Final = re.compile(r"\A(?:\s*--[^\n]*\n)+")
_ENGINES: Final[dict[str, Engine]] = {"presto": "presto", "trino": "presto", "hive": "hive"}
_SECRET: Final = re.compile(r"\$\{secret:([^{}]*)\}")
_INTERVAL: Final = 30
_TRUE: Final = (True, "true")


class FinishedJob(Protocol):
    """A job that came to its end."""

    @property
    def id(self) -> str:
        """The job's id."""

    @property
    def status(self) -> str:
        """`success` or `error`."""

    @property
    def error(self) -> str | None:
        """What went wrong."""

    @property
    def num_records(self) -> int | None:
        """How many rows the result has."""


class QueryJobs(Protocol):
    """Where queries are run as jobs."""

    def run_query(
        self, engine: Engine, database: str, query: str, result: Result | None = None
    ) -> FinishedJob:
        """Run a query as a job and give it finished; `result` is where its result goes."""

    def run_saved(self, name: str) -> FinishedJob | None:
        """Run a saved query as a job and give it finished; None if there is no such query."""

    def first_row(self, job: FinishedJob) -> dict[str, Json]:
        """Give the first row of a job's result by its columns; none if there is no row."""

    def rename_table(self, database: str, old: str, new: str) -> None:
        """Give a table another name, in place of one that has it; raise the vendor's answer."""


class Result(Struct, frozen=True):
    """Where a result goes: a URL, or a connection by its name, with settings of its type."""

    url: str | None = None
    connection: str | None = None
    settings: dict[str, Json] = field(default_factory=dict)


class QueryOperators:
    """The operators, over jobs and tables; `secret` gives a secret of the project by its key."""

    def __init__(self, jobs: QueryJobs, tables: Tables, secret: Callable[[str], str]) -> None:
        self._jobs = jobs
        self._tables = tables
        self._secret = secret

    def table(self) -> dict[str, Callable[[Run], Outcome]]:
        """Give the operators by their names."""
        return {
            "td": self._td,
            "td_run": self._td_run,
            "td_ddl": self._td_ddl,
            "td_wait": self._td_wait,
            "td_wait_table": self._td_wait_table,
        }

    def _td(self, run: Run) -> Outcome:
        options = _Options(run)
        database = options.database()
        engine = options.engine()
        query = _query(run, options)
        created, inserted = options.text("create_table"), options.text("insert_into")
        if created and inserted:
            raise ConfigError("Setting both insert_into and create_table is invalid")
        if options.text("download_file") and (created or inserted):
            raise ConfigError("download_file is invalid if insert_into or create_table is set")
        target = created or inserted
        if target is not None:
            query = _inserted(self._command(engine, database, target, bool(created)), query)
        job = self._run(run, engine, database, query, self._result(options))
        return self._remembered(options.get("store_last_results"), job)

    def _command(self, engine: Engine, database: str, target: str, is_new: bool) -> str:
        """Give the command to put before a query; a table that isn't there is made by it."""
        other, _, table = target.rpartition(".")
        if is_new:
            self._drop(database, target)
        if is_new or not self._tables.has_table(other or database, table):
            return f"CREATE TABLE {_table(target, engine)} AS"
        verb = "INSERT INTO" if engine == "presto" else "INSERT INTO TABLE"
        return f"{verb} {_table(target, engine)}"

    def _result(self, options: _Options) -> Result | None:
        url, connection = options.text("result_url"), options.text("result_connection")
        settings = options.get("result_settings", {})
        if connection is not None:
            given = settings if isinstance(settings, dict) else {}
            return Result(connection=connection, settings=self._revealed(given))
        return None if url is None else Result(url=self._revealed(url))

    def _revealed(self, value: Any) -> Any:
        """Put secrets in where a value asks for them."""
        if isinstance(value, dict):
            return {key: self._revealed(one) for key, one in value.items()}
        if not isinstance(value, str):
            return value
        return _SECRET.sub(lambda found: self._secret(found[1].strip()), value)

    def _td_run(self, run: Run) -> Outcome:
        name = as_text(run.command)
        try:
            job = self._jobs.run_saved(name)
        except VendorError as error:
            raise TaskError(_message(error)) from error
        if job is None:
            message = f"Saved query not found: {name:.200}"
            raise TaskError(message)
        _check(run, job)
        return self._remembered(run.option("store_last_results"), job)

    def _remembered(self, wanted: Any, job: FinishedJob) -> Outcome:
        return _stored(job, {"last_results": self._jobs.first_row(job)} if wanted in _TRUE else {})

    def _td_ddl(self, run: Run) -> Outcome:
        options = _Options(run)
        for name in options.names("drop_databases"):
            self._drop_database(name)
        for name in options.names("create_databases"):
            self._provide_database(name)
        for name in options.names("empty_databases"):
            self._drop_database(name)
            self._provide_database(name)
        for database, name in options.tables("drop_tables"):
            self._drop(database, name)
        for pair in options.renames("rename_tables"):
            self._rename(options.database(), *pair)
        for database, name in options.tables("create_tables"):
            self._provide(database, name)
        for database, name in options.tables("empty_tables"):
            self._drop(database, name)
            self._provide(database, name)
        run.log("td_ddl: done")
        return Outcome()

    def _td_wait(self, run: Run) -> Outcome:
        options = _Options(run)
        job = self._run(run, options.engine(), options.database(), _query(run, options))
        row = self._jobs.first_row(job)
        first = next(iter(row.values()), None)
        if first in (None, False, 0, "false", ""):
            raise _later(run)
        return _stored(job, {})

    def _td_wait_table(self, run: Run) -> Outcome:
        options = _Options(run)
        name = as_text(run.command)
        database, _, table = name.rpartition(".")
        database = database or options.database()
        wanted = options.get("rows", 0)
        if not self._tables.has_table(database, table) or self._tables.count(database, table) < int(
            as_text(wanted) if as_text(wanted).isdigit() else 0
        ):
            raise _later(run)
        return Outcome()

    def _run(
        self, run: Run, engine: Engine, database: str, query: str, result: Result | None = None
    ) -> FinishedJob:
        try:
            job = self._jobs.run_query(engine, database, query, result)
        except VendorError as error:
            raise TaskError(_message(error)) from error
        run.log(f"Started {engine} job id={job.id}:\n{query}")
        _check(run, job)
        return job

    def _provide_database(self, name: str) -> None:
        if not self._tables.has_database(name):
            self._tables.create_database(_makeable(name))

    def _drop_database(self, name: str) -> None:
        if self._tables.has_database(name):
            self._tables.drop_database(name)

    def _provide(self, database: str, name: str) -> None:
        other, _, table = name.rpartition(".")
        database = other or database
        if not self._tables.has_database(database):
            message = f"The database {database!r:.200} does not exist"
            raise TaskError(message)
        if not self._tables.has_table(database, table):
            self._tables.create_table(database, _makeable(table))

    def _drop(self, database: str, name: str) -> None:
        other, _, table = name.rpartition(".")
        if self._tables.has_table(other or database, table):
            self._tables.drop_table(other or database, table)

    def _rename(self, database: str, old: str, new: str) -> None:
        try:
            self._jobs.rename_table(database, _checked(old), _checked(new))
        except VendorError as error:
            raise TaskError(_message(error)) from error


class _Options:
    """A task's members, beside them what stands in its `td` variable."""

    def __init__(self, run: Run) -> None:
        self._run = run
        given = run.command if isinstance(run.command, dict) else {}
        common = run.resolve(run.variables.get("td"))
        self._given: Mapping[str, Any] = given
        self._common: Mapping[str, Any] = common if isinstance(common, dict) else {}

    def get(self, name: str, default: Any = None) -> Any:
        if name in self._given:
            return self._given[name]
        return self._run.option(name, self._common.get(name, default))

    def text(self, name: str) -> str | None:
        value = self.get(name)
        return None if value in (None, "") else as_text(value)

    def database(self) -> str:
        found = self.text("database")
        if found is None:
            raise ConfigError("Parameter 'database' is required but not set")
        return found

    def engine(self) -> Engine:
        name = self.text("engine") or "presto"
        if name not in _ENGINES:
            message = (
                f"Unknown 'engine:' option (available options are: hive and presto): {name:.60}"
            )
            raise ConfigError(message)
        return _ENGINES[name]

    def names(self, name: str) -> list[str]:
        values = self.get(name) or []
        return [as_text(one) for one in (values if isinstance(values, list) else [values])]

    def tables(self, name: str) -> list[tuple[str, str]]:
        return [(self.database(), one) for one in self.names(name)]

    def renames(self, name: str) -> Sequence[tuple[str, str]]:
        values = self.get(name) or []
        pairs = [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []
        return [(as_text(one.get("from")), as_text(one.get("to"))) for one in pairs]


def _query(run: Run, options: _Options) -> str:
    inline = options.text("query") or (
        options.text("data") if isinstance(run.command, dict) else None
    )
    if inline is not None:
        return inline
    if run.command in (None, "") or isinstance(run.command, dict):
        raise ConfigError("Parameter 'query' is required but not set")
    return as_text(run.resolve(run.text(as_text(run.command))))


def _check(run: Run, job: FinishedJob) -> None:
    """Raise TaskError unless a job succeeded."""
    run.log(f"Job id={job.id} ended: {job.status}")
    if job.status != "success":
        message = f"TD job {job.id} failed with status {job.status}: {job.error}"
        raise TaskError(message)


def _later(run: Run) -> LaterError:
    polls = {"polls": run.state_params.get("polls", 0) + 1}
    return LaterError(polls, seconds=seconds_of(run.option("interval", _INTERVAL)), is_poll=True)


def _stored(job: FinishedJob, more: dict[str, Json]) -> Outcome:
    last = {"id": job.id, "num_records": job.num_records or 0}
    return Outcome(stored=merged({"td": {"last_job_id": job.id, "last_job": last}}, {"td": more}))


def _inserted(command: str, query: str) -> str:
    """Put a command before a query, or where the query has the mark for it."""
    if _MARK.search(query):
        return _MARK.sub(lambda _: command, query, count=1)
    header = _HEADER.match(query)
    place = header.end() if header else 0
    return f"{query[:place]}{command}\n{query[place:]}"


def _table(name: str, engine: Engine) -> str:
    """Write a table's name, with its database's if it has one, as an identifier."""
    quote = '"' if engine == "presto" else "`"
    return ".".join(f"{quote}{_checked(part)}{quote}" for part in name.split("."))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        message = f"{name!r:.100} is not a name of a table or database"
        raise ConfigError(message)
    return name


def _makeable(name: str) -> str:
    if not _NEW_NAME.fullmatch(name):
        message = f"{name!r:.100} can't be a name: 3 to 255 of a-z, 0-9 and _ are needed"
        raise ConfigError(message)
    return name


def _message(error: VendorError) -> str:
    body = error.body
    return str(body.get("message") or body.get("error")) if isinstance(body, dict) else str(body)
