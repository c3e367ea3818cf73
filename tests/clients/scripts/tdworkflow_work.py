"""Ordinary work with tdworkflow, as its users write it: `tdworkflow_work.py URL KEY WORK`.

Each work prints what it saw as JSON; the test beside it says what that must be.
"""

# mypy: ignore-errors
# The client is in another environment than the one that types are checked in.
from __future__ import annotations

import datetime as dt
import json
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import tdworkflow
from tdworkflow.exceptions import HttpError

DAILY = """
timezone: Asia/Tokyo
schedule:
  daily>: 07:00:00
_export:
  td: {database: shop}
+count:
  td>: queries/count.sql
  store_last_results: true
+each:
  for_each>: {name: [ada, kenji]}
  _do:
    echo>: ${name} ${td.last_results.n}
"""
BAD = "+first: {echo>: first}\n+second: {fail>: broken}\n+third: {echo>: third}\n"
SESSION = "2023-11-14T00:00:00+00:00"


def pushed(td, revision=None, **more):
    """Push a project from a folder."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "shop"
        (root / "queries").mkdir(parents=True)
        (root / "daily.dig").write_text(DAILY)
        (root / "bad.dig").write_text(BAD)
        (root / "queries" / "count.sql").write_text("SELECT 1 + 1 AS n")
        (root / ".hidden").write_text("x")
        return td.create_project("shop", str(root), revision=revision, **more)


def named(td, name):
    """Find a workflow by its name."""
    return next(one for one in td.workflows() if one.name == name)


def projects(td):
    """Push, list, get, download and delete a project."""
    project = pushed(td, "one")
    again = pushed(td, "two")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "project.tar.gz"
        td.download_project_archive(project, str(path), revision="one")
        with tarfile.open(path) as archive:
            names = sorted(archive.getnames())
    seen = {
        "same": project.id == again.id,
        "listed": [one.name for one in td.projects()],
        "named": [one.name for one in td.projects(name="shop")],
        "pattern": [one.name for one in td.projects(name_pattern="ho", count=5)],
        "revision": td.project(project.id).revision,
        "revisions": [one.revision for one in td.project_revisions(project)],
        "files": names,
        "workflows": sorted(one.name for one in td.project_workflows(project)),
        "one": [one.name for one in td.project_workflows(project, workflow="bad")],
        "by_name": len(td.project_workflows_by_name("shop")),
        "created": project.created_at,
    }
    seen["deleted"] = td.delete_project(project)
    seen["left"] = td.projects()
    try:
        td.project(project.id)
    except HttpError as error:
        seen["gone"] = str(error).splitlines()[-1]
    return seen


def workflows(td):
    """Look at workflows."""
    pushed(td)
    listed = td.workflows(order="desc")
    one = td.workflow(named(td, "daily"))
    return {
        "listed": [one.name for one in listed],
        "pattern": [one.name for one in td.workflows(name_pattern="dai", count=1)],
        "by_project": len(td.workflows(name_pattern="shop", search_project_name=True)),
        "timezone": one.timezone,
        "project": one.project.name,
        "task": one.config["+count"]["td>"],
    }


def attempts(td):
    """Start an attempt, wait for it, and look at its tasks and logs."""
    pushed(td)
    started = td.start_attempt(named(td, "daily"), SESSION, workflow_params={"x": 1})
    done = td.wait_attempt(started)
    tasks = td.attempt_tasks(done)
    failed = td.wait_attempt(td.start_attempt(named(td, "bad").id))
    broken = next(one for one in td.attempt_tasks(failed) if one.state == "error")
    logs = td.logs(done)
    seen = {
        "status": [done.status, done.success, failed.status, failed.success],
        "params": done.params["x"],
        "finished": done.finished(),
        "time": done.session_time,
        "tasks": [[one.full_name, one.state, one.group] for one in tasks],
        "parents": [one.parent_id is None for one in tasks].count(True),
        "error": [broken.full_name, broken.error["message"]],
        "logs": [line for log in logs for line in log.splitlines() if line[:3] in ("ada", "ken")],
        "listed": [one.id for one in td.attempts()] == [failed.id, done.id],
        "of": len(td.attempts(project="shop", workflow="bad", page_size=10)),
        "files": [
            one.task_name if hasattr(one, "task_name") else one.taskName
            for one in td.log_files(failed)
        ],
    }
    try:
        td.start_attempt(named(td, "daily"), SESSION)
    except HttpError as error:
        seen["conflict"] = "409" in str(error)
    again = td.start_attempt(named(td, "daily"), SESSION, retry_attempt_name="again")
    seen["retried"] = [one.id for one in td.retried_attempts(again)] == [done.id]
    seen["same_session"] = again.session_id == done.session_id
    return seen


def kill(td):
    """Kill an attempt that runs."""
    pushed(td)
    started = td.start_attempt(named(td, "bad"), SESSION)
    killed = td.kill_attempt(started)
    done = td.wait_attempt(killed)
    seen = {"requested": killed.cancel_requested, "status": done.status}
    try:
        td.kill_attempt(done)
    except HttpError as error:
        seen["again"] = str(error).splitlines()[-1]
    return seen


def sessions(td):
    """Look at sessions."""
    project = pushed(td)
    for hour in range(3):
        td.wait_attempt(td.start_attempt(named(td, "bad"), f"2023-11-14T0{hour}:00:00+00:00"))
    listed = td.sessions(page_size=2)
    one = td.session(listed[0])
    return {
        "listed": [one.sessionTime for one in listed],
        "next": [one.sessionTime for one in td.sessions(last_id=listed[-1].id)],
        "of_project": len(td.project_sessions(project, workflow="bad")),
        "none": len(td.project_sessions(project, workflow="daily")),
        "last": [one.workflow.name, one.last_attempt.status],
        "attempts": len(td.session_attempts(one)),
    }


def schedules(td):
    """Stop, start, skip and make up for a schedule."""
    project = pushed(td)
    one = td.schedules()[0]
    seen = {
        "next": [one.next_schedule_time, one.next_run_time],
        "of_project": [one.workflow.name for one in td.project_schedules(project)],
        "same": td.schedule(one.id).id == one.id,
        "disabled": td.disable_schedule(one).disabled_at,
        "enabled": td.enable_schedule(one).disabled_at,
    }
    start = dt.datetime(2023, 11, 12, tzinfo=dt.UTC)
    tried = td.backfill_schedule(one, "fill", start, dry_run=True)
    filled = td.backfill_schedule(one.id, "fill", start, count=2)
    for attempt in filled.attempts:
        td.wait_attempt(attempt)
    seen["tried"] = len(tried.attempts)
    seen["filled"] = [one.session_time for one in filled.attempts]
    seen["ran"] = [one.status for one in td.attempts()]
    skipped = td.skip_schedule(one, next_time="2023-12-01 00:00:00")
    seen["skipped"] = skipped.next_schedule_time
    return seen


def secrets(td):
    """Set, list and delete secrets."""
    project = pushed(td)
    return {
        "set": td.set_secrets(project, {"a": "x", "b": "y"}),
        "keys": td.secrets(project),
        "deleted": [td.delete_secret(project, "a"), td.delete_secret(project, "z")],
        "left": td.secrets(project),
        "all": td.delete_secrets(project, ["b"]),
    }


def failures(td):
    """Meet what is refused."""
    seen = {}
    for name, call in {
        "project": lambda: td.project(999),
        "attempt": lambda: td.attempt(999),
        "page": lambda: td.attempts(page_size=1000),
        "workflow": lambda: td.start_attempt(999),
    }.items():
        try:
            call()
        except HttpError as error:
            seen[name] = str(error).splitlines()[-1]
    stranger = client(sys.argv[1], "9/unknown")
    try:
        stranger.projects()
    except HttpError as error:
        seen["key"] = str(error)[:3]
    return seen


def client(url, key):
    """Make a client of the sandbox."""
    return tdworkflow.client.Client(endpoint=urlsplit(url).netloc, scheme="http", apikey=key)


def as_json(value):
    if isinstance(value, dt.datetime):
        return value.isoformat()
    raise TypeError(value)


if __name__ == "__main__":
    time.sleep = lambda _seconds: None
    works = (
        projects,
        workflows,
        attempts,
        kill,
        sessions,
        schedules,
        secrets,
        failures,
    )
    work = {one.__name__: one for one in works}[sys.argv[3]]
    print(json.dumps(work(client(sys.argv[1], sys.argv[2])), default=as_json))  # noqa: T201
