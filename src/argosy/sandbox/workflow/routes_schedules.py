"""Routes of schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.answers import json_answer
from argosy.sandbox.workflow import asking, shapes
from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.errors import bad_request
from argosy.sandbox.workflow.routing import routes, user
from argosy.sandbox.workflow.schedules import Backfill

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.projects import Projects
    from argosy.sandbox.workflow.schedules import Schedule, Schedules
    from argosy.sandbox.workflow.sessions import Sessions


class ScheduleRoutes:
    """Schedules over HTTP."""

    def __init__(
        self,
        foundation: Foundation,
        projects: Projects,
        schedules: Schedules,
        sessions: Sessions,
    ) -> None:
        self._foundation = foundation
        self._projects = projects
        self._schedules = schedules
        self._sessions = sessions

    def routes(self) -> list[Route]:
        """Give the routes."""
        one = "/api/schedules/{id}"
        return routes(
            self._foundation.doorkeeper,
            [
                ("GET", "/api/schedules", self.schedules),
                ("GET", one, self.schedule),
                ("POST", f"{one}/skip", self.skip),
                ("POST", f"{one}/backfill", self.backfill),
                ("POST", f"{one}/disable", self.disable),
                ("POST", f"{one}/enable", self.enable),
                ("GET", "/api/projects/{id}/schedules", self.schedules_of),
            ],
        )

    async def schedules(self, request: Request) -> Response:
        """List schedules by ascending id."""
        return self._list(request, None, None)

    async def schedules_of(self, request: Request) -> Response:
        """List a project's schedules by ascending id."""
        project = self._projects.live(asking.identifier(request, "project"))
        return self._list(request, project.id, request.query_params.get("workflow"))

    async def schedule(self, request: Request) -> Response:
        """Give a schedule."""
        return json_answer(self._shaped(self._asked(request)))

    async def disable(self, request: Request) -> Response:
        """Stop a schedule."""
        changed = self._schedules.disable(self._asked(request))
        return json_answer(self._summary(changed))

    async def enable(self, request: Request) -> Response:
        """Let a schedule go on; the body, which may be left out, says from when."""
        body = await asking.body(request)
        schedule = self._asked(request)
        text = asking.optional_text(body, "nextTime")
        changed = self._schedules.enable(
            schedule,
            skips=asking.flag(body, "skipSchedule", default=True),
            next_time=None if text is None else self._local(schedule, text, "nextTime"),
        )
        self._foundation.agenda.settle()
        return json_answer(self._summary(self._schedules.find(changed.id)))

    async def skip(self, request: Request) -> Response:
        """Leave out runs by count or time; a dry run only tells."""
        body = await asking.body(request)
        schedule = self._asked(request)
        text = asking.optional_text(body, "nextTime")
        changed = self._schedules.skip(
            schedule,
            to=None if text is None else self._local(schedule, text, "nextTime"),
            count=asking.optional_whole(body, "count"),
            start=asking.optional_instant(body, "fromTime"),
            run=asking.optional_instant(body, "nextRunTime"),
            is_dry=asking.flag(body, "dryRun"),
        )
        return json_answer(self._summary(changed))

    async def backfill(self, request: Request) -> Response:
        """Start sessions for times that lie behind; a dry run only tells which."""
        body = await asking.body(request)
        schedule = self._asked(request)
        wanted = Backfill(
            start=asking.optional_instant(body, "fromTime"),
            count=asking.optional_whole(body, "count"),
            name=asking.optional_text(body, "attemptName"),
            skips_existing=asking.flag(body, "skipExisting"),
            advances=asking.flag(body, "advanceSchedule"),
            is_dry=asking.flag(body, "dryRun"),
        )
        _check(wanted)
        started = self._schedules.backfill(schedule, wanted, user(request).id)
        self._foundation.agenda.settle()
        if not wanted.is_dry:
            started = [self._sessions.attempt(one.id) for one in started]
        project = self._schedules.project_of(schedule)
        return json_answer(
            {
                "id": schedule.id,
                "project": shapes.named(project.id, project.name),
                "workflow": shapes.named(schedule.definition, schedule.name),
                "attempts": [shapes.attempt(one) for one in started],
            }
        )

    def _list(self, request: Request, project: str | None, workflow: str | None) -> Response:
        after = asking.number(request, "last_id")
        found = self._schedules.page(project, workflow or None, -1 if after is None else after)
        return json_answer({"schedules": [self._shaped(one) for one in found]})

    def _asked(self, request: Request) -> Schedule:
        return self._schedules.find(asking.identifier(request, "schedule"))

    def _shaped(self, schedule: Schedule) -> Json:
        project = self._schedules.project_of(schedule)
        return shapes.schedule(schedule, project, self._timezone(schedule))

    def _summary(self, schedule: Schedule) -> Json:
        project = self._schedules.project_of(schedule)
        return shapes.schedule_summary(schedule, project, self._timezone(schedule))

    def _timezone(self, schedule: Schedule) -> str:
        return self._projects.definition_ever(schedule.definition).timezone

    def _local(self, schedule: Schedule, text: str, name: str) -> float:
        return asking.local_time(text, name, zone(self._timezone(schedule)))


def _check(wanted: Backfill) -> None:
    """Raise the 400 answer for members that don't go together."""
    if wanted.advances and (not wanted.skips_existing or wanted.name is not None):
        raise bad_request("advanceSchedule needs skipExisting and no attemptName")
    if wanted.name is None and not wanted.skips_existing:
        raise bad_request("attemptName is required unless skipExisting is true")
