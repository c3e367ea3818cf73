"""Routes of projects, their revisions, workflows and secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.responses import Response

from argosy.sandbox.answers import json_answer
from argosy.sandbox.workflow import asking, shapes
from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.errors import bad_request, not_found
from argosy.sandbox.workflow.moments import Moment
from argosy.sandbox.workflow.routing import routes, user
from argosy.sandbox.workflow.schedules import Upload
from argosy.sandbox.workflow.timetables import timetable
from argosy.sandbox.workflow.variables import written_time

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from argosy.sandbox.auth import User
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.projects import Definition, Project, Projects
    from argosy.sandbox.workflow.schedules import Schedules
    from argosy.sandbox.workflow.secrets import Secrets

_GZIP: Final = "application/gzip"
_UNITS: Final = ("second", "minute", "hour", "day")


class ProjectRoutes:
    """Projects, workflows and secrets over HTTP."""

    def __init__(
        self, foundation: Foundation, projects: Projects, schedules: Schedules, secrets: Secrets
    ) -> None:
        self._foundation = foundation
        self._projects = projects
        self._schedules = schedules
        self._secrets = secrets

    def routes(self) -> list[Route]:
        """Give the routes."""
        one = "/api/projects/{id}"
        workflow = "/api/workflows/{id}"
        return routes(
            self._foundation.doorkeeper,
            [
                ("GET", "/api/projects", self.projects),
                ("PUT", "/api/projects", self.upload),
                ("GET", one, self.project),
                ("DELETE", one, self.delete),
                ("GET", f"{one}/archive", self.archive),
                ("GET", f"{one}/revisions", self.revisions),
                ("GET", f"{one}/workflows", self.workflows_of),
                ("GET", f"{one}/workflows/{{name}}", self.workflow_named),
                ("GET", f"{one}/secrets", self.secrets),
                ("PUT", f"{one}/secrets/{{key}}", self.put_secret),
                ("DELETE", f"{one}/secrets/{{key}}", self.delete_secret),
                ("GET", "/api/workflows", self.workflows),
                ("GET", workflow, self.workflow),
                ("GET", f"{workflow}/truncated_session_time", self.truncated_session_time),
            ],
        )

    async def projects(self, request: Request) -> Response:
        """List projects by ascending id."""
        after = asking.number(request, "last_id")
        found = self._projects.page(
            name=request.query_params.get("name") or None,
            pattern=request.query_params.get("name_pattern") or None,
            after=-1 if after is None else after,
            count=asking.count(request),
        )
        return json_answer({"projects": [self._shaped(one) for one in found]})

    async def upload(self, request: Request) -> Response:
        """Keep an archive as a new project or a new revision of one."""
        query = request.query_params
        start = query.get("schedule_from")
        upload = Upload(
            start=asking.instant(start, "schedule_from=") if start else None,
            cleared=frozenset(query.getlist("clear_schedule")),
            clears_all=asking.truth(request, "clear_schedule_all"),
            skips=asking.truth(request, "skip_schedule", default=True),
        )
        archive = await request.body()
        caller = user(request)
        with self._foundation.store.transaction():
            project, definitions = self._projects.put(
                query.get("project", ""), query.get("revision", ""), archive, _user_info(caller)
            )
            self._schedules.update(project, definitions, caller.id, upload)
        self._foundation.agenda.settle()
        return json_answer(self._shaped(project))

    async def project(self, request: Request) -> Response:
        """Give a project."""
        return json_answer(self._shaped(self._asked(request)))

    async def delete(self, request: Request) -> Response:
        """Delete a project, with its schedules and secrets."""
        project = self._asked(request)
        with self._foundation.store.transaction():
            deleted = self._projects.delete(project)
            self._schedules.forget(project.id)
            self._secrets.forget(project.id)
        return json_answer(self._shaped(deleted))

    async def archive(self, request: Request) -> Response:
        """Give a project's archive.

        `revision` may be left out, as in the open-source server. The sandbox has no other
        place to load it from, so `direct_download` changes nothing.
        """
        project = self._asked(request)
        revision = self._projects.chosen_revision(project, request.query_params.get("revision"))
        return Response(self._projects.archive(revision), media_type=_GZIP)

    async def revisions(self, request: Request) -> Response:
        """List a project's revisions, the newest first, by cursor or by the older `last_id`."""
        project = self._asked(request)
        size = asking.page_size(request, "page[size]")
        name = request.query_params.get("name")
        if name:
            found = self._projects.revision_named(project.id, name)
            listed = [] if found is None else [found]
            return json_answer(
                {
                    "revisions": [shapes.revision(one) for one in listed],
                    "pagination": {"nextPage": None},
                }
            )
        before = asking.number(request, "page[after]")
        before = asking.number(request, "last_id") if before is None else before
        page = self._projects.revisions(project.id, before, size + 1)
        shown = page[:size]
        following = None
        if len(page) > size > 0:
            cursor = f"{quote('page[after]')}={shown[-1].id}&{quote('page[size]')}={size}"
            following = f"/api/projects/{project.id}/revisions?{cursor}"
        return json_answer(
            {
                "revisions": [shapes.revision(one) for one in shown],
                "pagination": {"nextPage": following},
            }
        )

    async def workflows_of(self, request: Request) -> Response:
        """List the workflows of a revision; the Python client sends the name as `workflow`."""
        project = self._asked(request)
        query = request.query_params
        revision = self._projects.chosen_revision(project, query.get("revision"))
        name = query.get("name") or query.get("workflow")
        found = self._projects.definitions(revision.id)
        listed = [one for one in found if not name or one.name == name]
        return json_answer({"workflows": [shapes.definition(one, project) for one in listed]})

    async def workflow_named(self, request: Request) -> Response:
        """Give a workflow of a project by its name."""
        project = self._asked(request)
        revision = self._projects.chosen_revision(project, request.query_params.get("revision"))
        name = request.path_params["name"]
        found = self._projects.definition_named(project, name, revision)
        return json_answer(shapes.definition(found, project))

    async def workflows(self, request: Request) -> Response:
        """List the workflows of all projects."""
        query = request.query_params
        order = query.get("order") or "asc"
        if order not in {"asc", "desc"}:
            message = f"order= must be asc or desc, not {order[:40]!r}"
            raise bad_request(message)
        found = self._projects.newest_definitions()
        found = found if order == "asc" else found[::-1]
        last = asking.number(request, "last_id")
        pattern = query.get("name_pattern") or ""
        by_project = asking.truth(request, "search_project_name")
        listed: list[Json] = []
        for one in found:
            project = self._projects.live(one.project)
            passed = last is None or (int(one.id) > last if order == "asc" else int(one.id) < last)
            fits = pattern in one.name or (by_project and pattern in project.name)
            if passed and fits:
                listed.append(shapes.definition(one, project))
        return json_answer({"workflows": listed[: asking.count(request)]})

    async def workflow(self, request: Request) -> Response:
        """Give a workflow of any revision by its id."""
        found = self._projects.definition(asking.identifier(request, "workflow"))
        return json_answer(shapes.definition(found, self._projects.live(found.project)))

    async def truncated_session_time(self, request: Request) -> Response:
        """Give a time cut to a unit, or to a time of the workflow's schedule."""
        found = self._projects.definition(asking.identifier(request, "workflow"))
        text = request.query_params.get("session_time")
        if not text:
            raise bad_request("session_time= is required")
        where = zone(found.timezone)
        time = asking.local_time(text, "session_time", where)
        cut = _truncated(found, time, request.query_params.get("mode"))
        project = self._projects.live(found.project)
        return json_answer(
            {
                "project": shapes.named(project.id, project.name),
                "revision": found.revision_name,
                "timezone": found.timezone,
                "sessionTime": written_time(cut, where),
            }
        )

    async def secrets(self, request: Request) -> Response:
        """List the keys of a project's secrets."""
        project = self._asked(request)
        keys = self._secrets.keys(project.id)
        return json_answer({"secrets": [{"key": key} for key in keys]})

    async def put_secret(self, request: Request) -> Response:
        """Set a secret."""
        project = self._asked(request)
        value = (await asking.body(request)).get("value")
        self._secrets.put(project.id, request.path_params["key"], value)
        return Response(status_code=204)

    async def delete_secret(self, request: Request) -> Response:
        """Forget a secret."""
        self._secrets.delete(self._asked(request).id, request.path_params["key"])
        return Response(status_code=204)

    def _asked(self, request: Request) -> Project:
        return self._projects.live(asking.identifier(request, "project"))

    def _shaped(self, project: Project) -> Json:
        return shapes.project(project, self._projects.revision(project.revision))


def _user_info(caller: User) -> dict[str, Json]:
    return {"td": {"user": {"id": int(caller.id), "name": caller.name, "email": caller.email}}}


def _truncated(definition: Definition, time: float, mode: str | None) -> float:
    """Cut a time by the mode; none leaves it as it is."""
    if not mode:
        return int(time)
    where = zone(definition.timezone)
    if mode in {"schedule", "next_schedule"}:
        table = timetable(definition.config, where)
        if table is None:
            what = f"schedule of workflow id={definition.id}"
            raise not_found(what)
        if mode == "schedule":
            return table.at_or_before(time)
        return table.after(time).session
    if mode not in _UNITS:
        message = f"mode= must be one of {', '.join(_UNITS)}, schedule, next_schedule"
        raise bad_request(message)
    return Moment.at(time, where).start_of(mode).time.timestamp()
