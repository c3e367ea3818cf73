"""Schedules of workflows: what the API does with them, and how the clock fires them.

A schedule belongs to a workflow's name, over all revisions of its project. It fires when the
sandbox's clock reaches its run time; nothing runs in the background, so that is at the next
request or move of the clock. A clock that jumps far ahead makes up for at most `MOST_CAUGHT_UP`
runs of a schedule; those between and the present are skipped. Attempts of schedules wait in the
queue where there is no room (the open-source server puts the schedule off instead).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.answers import VendorError
from argosy.sandbox.workflow.attempts import AttemptExistsError, Start
from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.errors import bad_request, conflict, not_found
from argosy.sandbox.workflow.pools import MOST_ACTIVE
from argosy.sandbox.workflow.projects import id_maker
from argosy.sandbox.workflow.sessions import Attempt
from argosy.sandbox.workflow.timetables import NEVER, ScheduleTime, Timetable, timetable
from argosy.sandbox.workflow.variables import written_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.workflow.attempts import Attempts
    from argosy.sandbox.workflow.projects import Definition, Project, Projects
    from argosy.sandbox.workflow.sessions import Sessions

SCHEDULE: Final = "workflow-schedule"
MOST_CAUGHT_UP: Final = 100
MOST_SKIPPED: Final = 10_000
_PENDING: Final = 3600


class Schedule(Struct, frozen=True):
    """A workflow's schedule; `name` is the workflow's. Times are epochs.

    `caught_up` counts the runs in a row that started late.
    """

    id: str
    name: str
    project: str
    definition: str
    next_session: float
    next_run: float
    created_at: float
    updated_at: float
    user: str
    disabled_at: float | None = None
    last_session: float | None = None
    caught_up: int = 0


class Upload(Struct, frozen=True):
    """What an upload says of schedules: where new ones start, and which start anew."""

    start: float | None = None
    cleared: frozenset[str] = frozenset()
    clears_all: bool = False
    skips: bool = True


class Backfill(Struct, frozen=True):
    """What a backfill is asked for; times are epochs."""

    start: float | None
    count: int | None
    name: str | None
    skips_existing: bool
    advances: bool
    is_dry: bool


class Schedules:
    """The schedules of a store."""

    def __init__(
        self, foundation: Foundation, projects: Projects, sessions: Sessions, attempts: Attempts
    ) -> None:
        self._documents = foundation.documents
        self._clock = foundation.clock
        self._store = foundation.store
        self._agenda = foundation.agenda
        self._projects = projects
        self._sessions = sessions
        self._attempts = attempts
        self._new_id = id_maker(foundation, SCHEDULE)
        foundation.agenda.handlers[SCHEDULE] = self._due

    def find(self, key: str) -> Schedule:
        """Give a schedule; raise the 404 answer."""
        document = self._documents.find(SCHEDULE, key)
        if document is None:
            what = f"schedule id={key}"
            raise not_found(what)
        return Schedule(**document)

    def page(self, project: str | None, workflow: str | None, after: int) -> list[Schedule]:
        """Give up to 100 schedules by ascending id, those after one id only."""
        found = [
            Schedule(**document)
            for document in self._documents.page(SCHEDULE, project, after=after)
        ]
        return [one for one in found if workflow in (None, one.name)][:100]

    def project_of(self, schedule: Schedule) -> Project:
        """Give the project that a schedule is of."""
        return self._projects.live(schedule.project)

    def update(
        self, project: Project, definitions: Sequence[Definition], user: str, upload: Upload
    ) -> None:
        """Make a project's schedules those of its new revision."""
        known = {one.name: one for one in self._of(project.id)}
        now = self._clock.now()
        for definition in definitions:
            table = self._table(definition)
            old = known.pop(definition.name, None)
            if table is None:
                if old is not None:
                    self._remove(old)
                continue
            self._keep(self._updated(old, definition, table, user, upload, now))
        for gone in known.values():
            self._remove(gone)

    def forget(self, project: str) -> None:
        """Remove all schedules of a project."""
        for schedule in self._of(project):
            self._remove(schedule)

    def disable(self, schedule: Schedule) -> Schedule:
        """Stop a schedule; one that is stopped stays so."""
        if schedule.disabled_at is not None:
            return schedule
        now = self._clock.now()
        return self._keep(replace(schedule, disabled_at=now, updated_at=now))

    def enable(
        self, schedule: Schedule, *, skips: bool = True, next_time: float | None = None
    ) -> Schedule:
        """Let a schedule go on, from now on unless told otherwise."""
        table = self._table_of(schedule)
        now = self._clock.now()
        changed = replace(schedule, disabled_at=None, updated_at=now, caught_up=0)
        if next_time is not None:
            changed = _at(changed, table.first(next_time))
        elif skips and changed.next_run <= now:
            changed = _at(changed, table.first(now))
        return self._keep(changed)

    def skip(
        self,
        schedule: Schedule,
        *,
        to: float | None,
        count: int | None,
        start: float | None,
        run: float | None,
        is_dry: bool,
    ) -> Schedule:
        """Leave out runs: to a time, or so many from a time; raise the 400 or 409 answer."""
        table = self._table_of(schedule)
        if to is not None:
            found = table.first(to)
        elif count is not None and start is not None:
            if not 0 <= count <= MOST_SKIPPED:
                message = f"count must be a number up to {MOST_SKIPPED}"
                raise bad_request(message)
            found = table.first(start)
            for _ in range(count):
                found = table.after(found.session)
        else:
            raise bad_request("nextTime or (fromTime and count) are required")
        if found.session <= schedule.next_session:
            raise conflict("Specified time to skip schedules is already past")
        found = found if run is None else ScheduleTime(found.session, run)
        changed = replace(_at(schedule, found), updated_at=self._clock.now())
        return changed if is_dry else self._keep(changed)

    def backfill(self, schedule: Schedule, wanted: Backfill, user: str) -> list[Attempt]:
        """Start a session for each time that lies behind; raise the 400 or 409 answer.

        They run one after another. A dry run gives attempts that aren't there, with id 0.
        """
        table = self._table_of(schedule)
        start = schedule.next_run if wanted.start is None and wanted.advances else wanted.start
        if start is None:
            raise bad_request("fromTime is required")
        times, following = self._behind(schedule, table, start, wanted)
        definition = self._projects.definition_ever(schedule.definition)
        times = self._not_there(definition, times, wanted)
        if not wanted.is_dry and self._sessions.active() + len(times) > MOST_ACTIVE:
            active = self._sessions.active()
            message = f"Too many attempts running. Limit: {MOST_ACTIVE}, Current: {active}"
            raise bad_request(message)
        with self._store.transaction():
            started = self._started(definition, times, wanted, user)
            if wanted.advances and not wanted.is_dry and following.session > schedule.next_session:
                changed = _at(self.find(schedule.id), following)
                self._keep(replace(changed, updated_at=self._clock.now()))
        return started

    def _started(
        self, definition: Definition, times: Sequence[int], wanted: Backfill, user: str
    ) -> list[Attempt]:
        started: list[Attempt] = []
        for time in times:
            start = Start(
                definition,
                time,
                user,
                retry_name=wanted.name,
                invocation="scheduled",
                may_queue=True,
                after=started[-1].id if started else None,
            )
            one = self._dry(start) if wanted.is_dry else self._attempts.start(start)
            started.append(one)
        return started

    def _behind(
        self, schedule: Schedule, table: Timetable, start: float, wanted: Backfill
    ) -> tuple[list[int], ScheduleTime]:
        """Give the session times to fill, and the occurrence after them."""
        end = self._clock.now() if wanted.advances else schedule.next_session
        limit = MOST_SKIPPED if wanted.count is None else wanted.count
        if limit < 0 or limit > MOST_SKIPPED:
            message = f"count must be a number up to {MOST_SKIPPED}"
            raise bad_request(message)
        times: list[int] = []
        found = table.first(start)
        while found.session < min(end, NEVER) and len(times) < limit:
            times.append(int(found.session))
            found = table.after(found.session)
        if wanted.count is not None and len(times) < wanted.count and not wanted.skips_existing:
            message = (
                f"count is set to {wanted.count} but there are only {len(times)} attempts "
                "until the next schedule time"
            )
            raise bad_request(message)
        return times, found

    def _not_there(
        self, definition: Definition, times: Sequence[int], wanted: Backfill
    ) -> list[int]:
        """Give the times whose sessions lack the attempt; raise the 409 answer for another."""
        missing = []
        for time in times:
            session = self._sessions.session_of(definition.project, definition.name, time)
            there = [] if session is None else self._sessions.attempts_of(session.id)
            named = [one for one in there if one.retry_name == wanted.name]
            if named if wanted.name is not None else there:
                if not wanted.skips_existing:
                    message = (
                        f"Attempt of project id={definition.project} "
                        f"workflow={definition.name} attempt name={wanted.name} already exists"
                    )
                    raise conflict(message)
            elif not (wanted.skips_existing and there):
                missing.append(time)
        return missing

    def _dry(self, start: Start) -> Attempt:
        definition = start.definition
        return Attempt(
            id="0",
            index=0,
            session="0",
            project=definition.project,
            project_name=self._projects.live(definition.project).name,
            workflow=definition.name,
            definition=definition.id,
            revision=definition.revision,
            timezone=definition.timezone,
            session_time=start.session_time,
            session_uuid="00000000-0000-0000-0000-000000000000",
            retry_name=start.retry_name,
            params={},
            pool="",
            invocation=start.invocation,
            user=start.user,
            created_at=self._clock.now(),
        )

    def _due(self, key: str, _stage: str) -> None:
        document = self._documents.find(SCHEDULE, key)
        schedule = None if document is None else Schedule(**document)
        if schedule is None or schedule.disabled_at is not None:
            return
        with self._store.transaction():
            self._fire(schedule)

    def _fire(self, schedule: Schedule) -> None:
        now = self._clock.now()
        definition = self._projects.definition_ever(schedule.definition)
        table = self._table_of(schedule)
        is_late = (
            table.skip_delayed_by is not None and now > schedule.next_run + table.skip_delayed_by
        )
        if not is_late and not (table.skip_on_overtime and self._is_running(schedule)):
            try:
                self._run(schedule, definition)
                schedule = replace(schedule, last_session=schedule.next_session)
            except AttemptExistsError:
                pass  # someone ran it by hand: the next time is the next
            except VendorError:
                pending = ScheduleTime(schedule.next_session, now + _PENDING)
                self._keep(_at(schedule, pending))
                return
        following = table.after(schedule.next_session)
        caught_up = schedule.caught_up + 1 if following.run <= now else 0
        if caught_up >= MOST_CAUGHT_UP:
            following, caught_up = table.first(now), 0
        self._keep(replace(_at(schedule, following), caught_up=caught_up))

    def _run(self, schedule: Schedule, definition: Definition) -> None:
        last = schedule.last_session
        params: dict[str, Any] = {}
        if last is not None:
            params = {"last_executed_session_time": written_time(last, zone(definition.timezone))}
        self._attempts.start(
            Start(
                definition,
                int(schedule.next_session),
                schedule.user,
                params=params,
                invocation="scheduled",
                may_queue=True,
            )
        )

    def _is_running(self, schedule: Schedule) -> bool:
        return any(
            one.project == schedule.project and one.workflow == schedule.name
            for one in self._sessions.active_attempts()
        )

    def _updated(
        self,
        old: Schedule | None,
        definition: Definition,
        table: Timetable,
        user: str,
        upload: Upload,
        now: float,
    ) -> Schedule:
        """Give the schedule of a workflow's new definition."""
        start = now if upload.start is None else upload.start
        if old is None:
            time = table.first(start)
            return Schedule(
                self._new_id(),
                definition.name,
                definition.project,
                definition.id,
                time.session,
                time.run,
                now,
                now,
                user,
            )
        changed = replace(old, definition=definition.id, updated_at=now, user=user)
        if upload.clears_all or definition.name in upload.cleared:
            return replace(_at(changed, table.first(start)), last_session=None, caught_up=0)
        before = self._projects.definition_ever(old.definition)
        if (before.config.get("schedule"), before.timezone) == (
            definition.config.get("schedule"),
            definition.timezone,
        ):
            return changed
        return _at(changed, table.first(start if upload.skips else old.next_session))

    def _of(self, project: str) -> list[Schedule]:
        return [Schedule(**document) for document in self._documents.every(SCHEDULE, project)]

    def _table(self, definition: Definition) -> Timetable | None:
        return timetable(definition.config, zone(definition.timezone))

    def _table_of(self, schedule: Schedule) -> Timetable:
        found = self._table(self._projects.definition_ever(schedule.definition))
        assert found is not None  # noqa: S101 - a workflow without one has no schedule
        return found

    def _keep(self, schedule: Schedule) -> Schedule:
        self._documents.replace(SCHEDULE, schedule.id, schedule.project, asdict(schedule))
        if schedule.disabled_at is None:
            self._agenda.at(SCHEDULE, schedule.id, schedule.next_run)
        else:
            self._agenda.drop(SCHEDULE, schedule.id)
        return schedule

    def _remove(self, schedule: Schedule) -> None:
        self._documents.remove(SCHEDULE, schedule.id)
        self._agenda.drop(SCHEDULE, schedule.id)


def _at(schedule: Schedule, time: ScheduleTime) -> Schedule:
    return replace(schedule, next_session=time.session, next_run=time.run)
