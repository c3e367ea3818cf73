"""What tasks reach beyond themselves: the core API's jobs, tables, other workflows, and mail.

`mail>` sends nothing: what it would send is kept in the outbox.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from argosy.sandbox.answers import VendorError
from argosy.sandbox.core.jobs import ENGINES, JobOptions
from argosy.sandbox.workflow.attempts import AttemptExistsError, Start
from argosy.sandbox.workflow.errors import ConfigError, TaskError
from argosy.sandbox.workflow.operators import LaterError, Run
from argosy.sandbox.workflow.query_operators import QueryOperators, Result
from argosy.sandbox.workflow.tasks import Outcome
from argosy.sandbox.workflow.values import as_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.sandbox.core.family import CoreFamily
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.sql import Engine
    from argosy.sandbox.tables import Tables
    from argosy.sandbox.workflow.attempts import Attempts
    from argosy.sandbox.workflow.projects import Definition, Projects
    from argosy.sandbox.workflow.query_operators import FinishedJob
    from argosy.sandbox.workflow.running import Operators
    from argosy.sandbox.workflow.secrets import Secrets
    from argosy.sandbox.workflow.sessions import Attempt, Sessions

_TRUE: Final = (True, "true")
_MAIL_FACTS: Final = ("subject", "from", "to", "cc", "bcc", "html")
_RERUNS: Final = ("none", "failed", "all")


class OtherReach:
    """The operators that need other parts of the sandbox.

    `waits_for` says whether an attempt waits for another; it is set once the runner is there.
    """

    def __init__(
        self,
        foundation: Foundation,
        core: CoreFamily,
        projects: Projects,
        sessions: Sessions,
        attempts: Attempts,
        secrets: Secrets,
    ) -> None:
        self._foundation = foundation
        self._core = core
        self._projects = projects
        self._sessions = sessions
        self._attempts = attempts
        self._secrets = secrets
        self.waits_for: Callable[[str, str], bool] = lambda _one, _other: False

    def operators(self, attempt: Attempt) -> Operators:
        """Give the operators for one attempt."""
        queries = QueryOperators(
            _CoreJobs(self._core, self._foundation.tables, attempt),
            self._foundation.tables,
            lambda key: self._secrets.value(attempt.project, key),
        )
        return {
            **queries.table(),
            "mail": lambda run: self._mail(attempt, run),
            "require": lambda run: self._require(attempt, run),
        }

    def _mail(self, attempt: Attempt, run: Run) -> Outcome:
        """Keep a mail, its body from a file of the project or from `data`, in the outbox."""
        inline = run.command.get("data") if isinstance(run.command, dict) else None
        if inline is None and not run.command:
            raise ConfigError("mail> needs a file or data for its body")
        text = run.resolve(run.text(as_text(run.command))) if inline is None else inline
        common = run.resolve(run.variables.get("mail"))
        mail = {**(common if isinstance(common, dict) else {}), **run.config}
        to = mail.get("to") or []
        names = [as_text(one) for one in (to if isinstance(to, list) else [to])]
        if not names or not mail.get("subject"):
            raise ConfigError("mail> needs subject and to")
        facts = {name: mail[name] for name in _MAIL_FACTS if name in mail}
        key = self._foundation.outbox.put(
            f"attempt:{attempt.id}",
            f"mailto:{','.join(names)}",
            "mail.html" if mail.get("html") in _TRUE else "mail.txt",
            as_text(text).encode(),
            {**facts, "task": run.name},
        )
        run.log(f"Kept as delivery {key}; the sandbox sends no mail")
        return Outcome()

    def _require(self, attempt: Attempt, run: Run) -> Outcome:
        """Start another workflow's session, or find it, and wait for its end."""
        key = run.state_params.get("required")
        found = self._started(attempt, run) if key is None else self._sessions.attempt(key)
        if found.is_done:
            if not found.success and run.option("ignore_failure", False) not in _TRUE:
                message = (
                    f"Dependent workflow failed. Session id: {found.session}, "
                    f"attempt id: {found.id}"
                )
                raise TaskError(message)
            return Outcome()
        if found.id == attempt.id or self.waits_for(found.id, attempt.id):
            message = f"The attempt {found.id} waits for this one, so neither would end"
            raise TaskError(message)
        raise LaterError({"required": found.id}, attempt=found.id)

    def _started(self, attempt: Attempt, run: Run) -> Attempt:
        definition = self._required(attempt, run)
        params = run.config.get("params", {})
        again = as_text(run.config.get("rerun_on", "none"))
        if not isinstance(params, dict) or again not in _RERUNS:
            message = f"require>: params must be a mapping and rerun_on one of {', '.join(_RERUNS)}"
            raise ConfigError(message)
        start = Start(
            definition,
            _session_time(attempt, run.config.get("session_time")),
            attempt.user,
            params=params,
            retry_name=_optional(run.config.get("retry_attempt_name")),
            may_queue=True,
            replay_at=attempt.replay_at,
        )
        try:
            try:
                return self._attempts.start(start)
            except AttemptExistsError as error:
                there = error.attempt
                wanted = again == "all" or (again == "failed" and not there.success)
                if not there.is_done or not wanted:
                    return there
                name = f"require-{attempt.id}-{run.name}"[:255]
                return self._attempts.start(replace(start, retry_name=name))
        except AttemptExistsError as error:
            return error.attempt
        except VendorError as error:
            raise TaskError(str(error.body.get("message"))) from error

    def _required(self, attempt: Attempt, run: Run) -> Definition:
        name = run.config.get("project_name")
        key = run.config.get("project_id", attempt.project)
        try:
            if name is not None:
                project = self._projects.named(as_text(name))
                if project is None:
                    message = f"Resource does not exist: project name={as_text(name):.255}"
                    raise TaskError(message)
            else:
                project = self._projects.live(as_text(key))
            revision = self._projects.revision(project.revision)
            return self._projects.definition_named(project, as_text(run.command), revision)
        except VendorError as error:
            raise TaskError(str(error.body.get("message"))) from error


class _CoreJobs:
    """Queries of one attempt's tasks as jobs of the core API."""

    def __init__(self, core: CoreFamily, tables: Tables, attempt: Attempt) -> None:
        self._core = core
        self._tables = tables
        self._attempt = attempt

    def run_query(
        self, engine: Engine, database: str, query: str, result: Result | None = None
    ) -> FinishedJob:
        return self._run(engine, database, query, self._options(result or Result()))

    def run_saved(self, name: str) -> FinishedJob | None:
        saved = next((one for one in self._core.saved_queries.every() if one.name == name), None)
        if saved is None:
            return None
        options = JobOptions(
            result=saved.result,
            connection=saved.connection,
            connection_settings=saved.connection_settings,
            schedule=saved.id,
        )
        return self._run(ENGINES[saved.type], saved.database or "", saved.query, options)

    def _run(self, engine: Engine, database: str, query: str, options: JobOptions) -> FinishedJob:
        return self._core.jobs.run_at_once(
            engine,
            database,
            query,
            self._attempt.user,
            scheduled_time=self._attempt.session_time,
            options=options,
        )

    def _options(self, result: Result) -> JobOptions:
        if result.connection is None:
            return JobOptions(result=result.url)
        connection = self._core.connections.named(result.connection)
        if connection is None:
            message = f"There is no connection {result.connection!r:.100}"
            raise TaskError(message)
        return JobOptions(connection=connection.id, connection_settings=result.settings)

    def rename_table(self, database: str, old: str, new: str) -> None:
        table = self._tables.table(database, old)
        if table is None:
            message = f"The table {database}.{old} does not exist"
            raise TaskError(message)
        self._core.changes.rename(table, new, overwrite=True)

    def first_row(self, job: FinishedJob) -> dict[str, Json]:
        columns, rows = self._core.jobs.result(job.id)
        names = [name for name, _ in columns]
        return dict(zip(names, rows[0], strict=False)) if rows else {}


def _optional(value: Json) -> str | None:
    return None if value in (None, "") else as_text(value)[:255]


def _session_time(attempt: Attempt, value: Json) -> int:
    if value is None:
        return attempt.session_time
    try:
        found = datetime.fromisoformat(as_text(value))
        if found.tzinfo is not None:
            return int(found.timestamp())
    except (ValueError, OverflowError):
        pass
    message = f"require>: session_time must be a time with an offset, not {as_text(value)!r:.60}"
    raise ConfigError(message)
