"""The workflow API's objects as JSON. What isn't there is null, as the open-source server has it.

Ids are strings. Most times are instants that end in `Z`; a session's and a schedule's have the
offset of the workflow's time zone. Tasks have both `isGroup`, which the server and its clients
have, and `group`, which the specification has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.workflow.dig import zone
from argosy.sandbox.workflow.variables import instant, written_time

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json
    from argosy.sandbox.workflow.logs import Log
    from argosy.sandbox.workflow.pools import Pool, Rule
    from argosy.sandbox.workflow.projects import Definition, Project, Revision
    from argosy.sandbox.workflow.schedules import Schedule
    from argosy.sandbox.workflow.sessions import Attempt, Session
    from argosy.sandbox.workflow.tasks import Task

_ARCHIVE_TYPE = "db"


def project(one: Project, revision: Revision) -> Json:
    """Shape a project (`RestProject`)."""
    return {
        "id": one.id,
        "name": one.name,
        "revision": revision.name,
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
        "deletedAt": _instant(one.deleted_at),
        "archiveType": _ARCHIVE_TYPE,
        "archiveMd5": revision.md5,
        "metadata": [{"key": key, "value": value} for key, value in one.metadata.items()],
    }


def revision(one: Revision) -> Json:
    """Shape a revision (`RestRevision`)."""
    return {
        "revision": one.name,
        "createdAt": instant(one.created_at),
        "archiveType": _ARCHIVE_TYPE,
        "archiveMd5": one.md5,
        "userInfo": one.user_info,
    }


def definition(one: Definition, of: Project) -> Json:
    """Shape a workflow (`RestWorkflowDefinition`)."""
    return {
        "id": one.id,
        "name": one.name,
        "project": named(of.id, of.name),
        "revision": one.revision_name,
        "timezone": one.timezone,
        "config": one.config,
    }


def schedule(one: Schedule, of: Project, timezone: str) -> Json:
    """Shape a schedule (`RestSchedule`)."""
    return {
        "id": one.id,
        "project": named(of.id, of.name),
        "workflow": named(one.definition, one.name),
        "nextRunTime": instant(one.next_run),
        "nextScheduleTime": written_time(one.next_session, zone(timezone)),
        "disabledAt": _instant(one.disabled_at),
    }


def schedule_summary(one: Schedule, of: Project, timezone: str) -> Json:
    """Shape a schedule as its actions answer (`RestScheduleSummary`)."""
    return {
        **schedule(one, of, timezone),
        "createdAt": instant(one.created_at),
        "updatedAt": instant(one.updated_at),
    }


def session(one: Session, of: Project, last: Attempt | None) -> Json:
    """Shape a session (`RestSession`)."""
    return {
        "id": one.id,
        "project": named(of.id, of.name),
        "workflow": {"name": one.workflow, "id": None if last is None else last.definition},
        "sessionUuid": one.uuid,
        "sessionTime": written_time(one.time, zone(one.timezone)),
        "lastAttempt": None if last is None else _brief_attempt(last),
    }


def attempt(one: Attempt) -> Json:
    """Shape an attempt (`RestSessionAttempt`)."""
    return {
        "index": one.index,
        "project": named(one.project, one.project_name),
        "workflow": {"name": one.workflow, "id": one.definition},
        "sessionId": one.session,
        "sessionUuid": one.session_uuid,
        "sessionTime": written_time(one.session_time, zone(one.timezone)),
        **_brief_attempt(one),
    }


def task(one: Task) -> Json:
    """Shape a task (`RestTask`)."""
    exported = one.config.get("_export")
    return {
        "id": one.id,
        "fullName": one.full_name,
        "parentId": one.parent,
        "config": {key: value for key, value in one.config.items() if key != "_export"},
        "upstreams": list(one.upstreams),
        "state": one.state,
        "cancelRequested": one.cancel_requested,
        "exportParams": exported if isinstance(exported, dict) else {},
        "storeParams": one.stored,
        "stateParams": one.state_params,
        "updatedAt": instant(one.updated_at),
        "retryAt": _instant(one.retry_at),
        "startedAt": _instant(one.started_at),
        "error": one.error,
        "isGroup": one.is_group,
        "group": one.is_group,
    }


def log(one: Log) -> Json:
    """Shape a log file (`RestLogFileHandle`); there are no addresses to load it from directly."""
    return {
        "fileName": one.name,
        "fileSize": one.size,
        "taskName": one.task,
        "fileTime": instant(one.time),
        "fileTimestamp": f"{instant(one.time)[:-1]}.{one.nanoseconds:09}Z",
        "agentId": one.agent,
        "direct": None,
    }


def pool(one: Pool) -> Json:
    """Shape a pool (`RestPool`)."""
    return {
        "id": one.id,
        "name": one.name,
        "concurrencyLimit": one.limit,
        "default": one.is_default,
    }


def rule(one: Rule) -> Json:
    """Shape a pool rule (`RestPoolRule`)."""
    return {
        "id": one.id,
        "poolId": one.pool,
        "priority": one.priority,
        "conditions": list(one.conditions),
    }


def named(key: str, name: str) -> Json:
    """Shape a reference (`IdAndName`)."""
    return {"id": key, "name": name}


def _brief_attempt(one: Attempt) -> Json:
    pool_of = {"poolId": one.pool} if one.pool else {}
    return {
        "id": one.id,
        "retryAttemptName": one.retry_name,
        "done": one.is_done,
        "success": one.success,
        "cancelRequested": one.cancel_requested,
        "params": one.params,
        "createdAt": instant(one.created_at),
        "finishedAt": _instant(one.finished_at),
        "status": one.status,
        **pool_of,
    }


def _instant(epoch: float | None) -> str | None:
    return None if epoch is None else instant(epoch)
