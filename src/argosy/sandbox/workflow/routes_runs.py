"""Routes of attempts, their tasks and logs, and of sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from argosy.sandbox.answers import json_answer
from argosy.sandbox.workflow import asking, shapes
from argosy.sandbox.workflow.attempts import AttemptExistsError, Start
from argosy.sandbox.workflow.errors import bad_request, not_found
from argosy.sandbox.workflow.routing import routes, user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import Route

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.attempts import Attempts
    from argosy.sandbox.workflow.logs import Logs
    from argosy.sandbox.workflow.projects import Definition, Project, Projects
    from argosy.sandbox.workflow.running import Runner
    from argosy.sandbox.workflow.sessions import Attempt, Session, Sessions

_GZIP: Final = "application/gzip"


class RunRoutes:
    """Attempts and sessions over HTTP. A look at an attempt counts for the pace "polls"."""

    def __init__(
        self,
        foundation: Foundation,
        projects: Projects,
        sessions: Sessions,
        attempts: Attempts,
        runner: Runner,
        logs: Logs,
    ) -> None:
        self._foundation = foundation
        self._projects = projects
        self._sessions = sessions
        self._attempts = attempts
        self._runner = runner
        self._logs = logs

    def routes(self) -> list[Route]:
        """Give the routes."""
        one = "/api/attempts/{id}"
        logs = "/api/logs/{id}/files"
        return routes(
            self._foundation.doorkeeper,
            [
                ("GET", "/api/attempts", self.attempts),
                ("PUT", "/api/attempts", self.start),
                ("GET", one, self.attempt),
                ("POST", f"{one}/kill", self.kill),
                ("GET", f"{one}/retries", self.retries),
                ("GET", f"{one}/tasks", self.tasks),
                ("GET", logs, self.logs),
                ("GET", f"{logs}/{{name:path}}", self.log),
                ("GET", "/api/sessions", self.sessions),
                ("GET", "/api/sessions/{id}", self.session),
                ("GET", "/api/sessions/{id}/attempts", self.attempts_of),
                ("GET", "/api/projects/{id}/sessions", self.sessions_of),
            ],
        )

    async def attempts(self, request: Request) -> Response:
        """List attempts, the newest first; of a session the last one, unless all are wanted."""
        query = request.query_params
        size = asking.page_size(request)
        project, workflow = query.get("project"), query.get("workflow")
        found = self._project_named(project) if project else None
        listed = self._sessions.attempts(
            project=None if found is None else found.id,
            # as the server does: a workflow's name says nothing without a project's
            workflow=workflow or None if found is not None else None,
            include_retried=asking.truth(request, "include_retried"),
            before=asking.number(request, "last_id"),
            most=size,
        )
        return self._list(listed)

    async def start(self, request: Request) -> Response:
        """Start an attempt; 409 with the attempt that is there if the session has it."""
        body = await asking.body(request)
        params = body.get("params")
        if params is not None and not isinstance(params, dict):
            raise bad_request("params must be an object")
        resume = body.get("resume")
        if resume is not None and not isinstance(resume, dict):
            raise bad_request("resume must be an object")
        pool = body.get("poolId")
        wanted = Start(
            definition=self._wanted(body),
            session_time=int(asking.instant(body.get("sessionTime"), "sessionTime")),
            user=user(request).id,
            params=params or {},
            retry_name=asking.optional_text(body, "retryAttemptName"),
            resume=resume,
            may_queue=asking.flag(body, "allowQueueing"),
            pool=None if pool in (None, "") else str(pool),
        )
        try:
            started = self._attempts.start(wanted)
        except AttemptExistsError as error:
            return json_answer(shapes.attempt(error.attempt), 409)
        self._foundation.agenda.settle()
        return json_answer(shapes.attempt(self._sessions.attempt(started.id)))

    async def attempt(self, request: Request) -> Response:
        """Give an attempt."""
        return json_answer(shapes.attempt(self._looked_at(request)))

    async def kill(self, request: Request) -> Response:
        """Ask for an attempt's end."""
        found = self._sessions.attempt(asking.identifier(request, "attempt"))
        return json_answer(shapes.attempt(self._runner.kill(found)))

    async def retries(self, request: Request) -> Response:
        """List the session's other attempts, the newest first."""
        found = self._sessions.attempt(asking.identifier(request, "attempt"))
        others = [one for one in self._sessions.attempts_of(found.session) if one.id != found.id]
        return self._list(others[::-1])

    async def tasks(self, request: Request) -> Response:
        """List an attempt's tasks in the order they were made."""
        found = self._looked_at(request)
        return json_answer({"tasks": [shapes.task(one) for one in self._sessions.tasks(found.id)]})

    async def logs(self, request: Request) -> Response:
        """List an attempt's logs; with `task` those of tasks whose names begin so."""
        found = self._looked_at(request)
        listed = self._logs.of(found.id, request.query_params.get("task"))
        return json_answer({"files": [shapes.log(one) for one in listed]})

    async def log(self, request: Request) -> Response:
        """Give a log, gzipped as it is kept."""
        found = self._sessions.attempt(asking.identifier(request, "attempt"))
        name = request.path_params["name"]
        content = self._logs.content(found.id, name)
        if content is None:
            what = f"log file {name[:255]!r} of attempt id={found.id}"
            raise not_found(what)
        return Response(content, media_type=_GZIP)

    async def sessions(self, request: Request) -> Response:
        """List sessions, the newest first."""
        return self._list_sessions(request, None, None)

    async def sessions_of(self, request: Request) -> Response:
        """List a project's sessions, the newest first."""
        project = self._projects.live(asking.identifier(request, "project"))
        return self._list_sessions(request, project.id, request.query_params.get("workflow"))

    async def session(self, request: Request) -> Response:
        """Give a session."""
        found = self._sessions.session(asking.identifier(request, "session"))
        if found.last_attempt is not None:
            self._runner.look(found.last_attempt)
        return json_answer(self._shaped(found))

    async def attempts_of(self, request: Request) -> Response:
        """List a session's attempts, the newest first."""
        size = asking.page_size(request)
        found = self._sessions.session(asking.identifier(request, "session"))
        before = asking.number(request, "last_id")
        return self._list(self._sessions.attempts(session=found.id, before=before, most=size))

    def _list(self, attempts: Sequence[Attempt]) -> Response:
        return json_answer({"attempts": [shapes.attempt(one) for one in attempts]})

    def _list_sessions(
        self, request: Request, project: str | None, workflow: str | None
    ) -> Response:
        found = self._sessions.sessions(
            project=project,
            workflow=workflow or None,
            before=asking.number(request, "last_id"),
            most=asking.page_size(request),
        )
        return json_answer({"sessions": [self._shaped(one) for one in found]})

    def _shaped(self, session: Session) -> Json:
        last = session.last_attempt
        project = self._projects.find(session.project)
        assert project is not None  # noqa: S101 - projects are never removed
        attempt = None if last is None else self._sessions.find_attempt(last)
        return shapes.session(session, project, attempt)

    def _looked_at(self, request: Request) -> Attempt:
        key = asking.identifier(request, "attempt")
        self._sessions.attempt(key)
        self._runner.look(key)
        return self._sessions.attempt(key)

    def _project_named(self, name: str) -> Project:
        found = self._projects.named(name)
        if found is None:
            what = f"project name={name[:255]}"
            raise not_found(what)
        return found

    def _wanted(self, body: dict[str, Json]) -> Definition:
        """Give the workflow that a request names, by its id or by its project's name and its."""
        key = body.get("workflowId")
        if key is not None:
            return self._projects.definition(str(key))
        project = asking.optional_text(body, "projectName")
        workflow = asking.optional_text(body, "workflowName")
        if project is None or workflow is None:
            raise bad_request("workflowId, or projectName and workflowName, are required")
        found = self._project_named(project)
        revision = self._projects.revision(found.revision)
        return self._projects.definition_named(found, workflow, revision)
