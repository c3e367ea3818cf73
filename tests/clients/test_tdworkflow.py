"""The Python client of the workflow API, unmodified, doing its ordinary work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.conftest import run_script

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from argosy.sandbox import RunningSandbox

pytestmark = pytest.mark.slow


@pytest.fixture
def work(
    client_python: Callable[..., Path], start_sandbox: Callable[..., RunningSandbox]
) -> Callable[..., Any]:
    """Let the client do one work against a sandbox of its own, where tasks take some looks."""
    python = client_python("tdworkflow==0.10.1")

    def do(name: str, pace: str = "polls:2") -> Any:
        sandbox = start_sandbox(pace=pace, seed={"databases": {"shop": {}}})
        return run_script(python, "tdworkflow_work.py", sandbox.url, "1/sandbox", name)

    return do


def test_projects(work: Callable[..., Any]) -> None:
    seen = work("projects")

    assert seen.pop("gone").endswith("name=shop is already deleted")
    assert seen == {
        "same": True,
        "listed": ["shop"],
        "named": ["shop"],
        "pattern": ["shop"],
        "revision": "two",
        "revisions": ["two", "one"],
        "files": ["bad.dig", "daily.dig", "queries", "queries/count.sql"],
        "workflows": ["bad", "daily"],
        "one": ["bad"],
        "by_name": 2,
        "created": "2023-11-14T22:13:20+00:00",
        "deleted": True,
        "left": [],
    }


def test_workflows(work: Callable[..., Any]) -> None:
    assert work("workflows") == {
        "listed": ["daily", "bad"],
        "pattern": ["daily"],
        "by_project": 2,
        "timezone": "Asia/Tokyo",
        "project": "shop",
        "task": "queries/count.sql",
    }


@pytest.mark.parametrize("pace", ["immediate", "polls:3"])
def test_attempts(work: Callable[..., Any], pace: str) -> None:
    assert work("attempts", pace) == {
        "status": ["success", True, "error", False],
        "params": 1,
        "finished": True,
        "time": "2023-11-14T09:00:00+09:00",
        "tasks": [
            ["+daily", "success", True],
            ["+daily+count", "success", False],
            ["+daily+each", "success", False],
            ["+daily+each^sub", "success", True],
            ["+daily+each^sub+for-0=name=0=ada", "success", False],
            ["+daily+each^sub+for-0=name=1=kenji", "success", False],
        ],
        "parents": 1,
        "error": ["+bad+second", "broken (runtime)"],
        "logs": ["ada 2", "kenji 2"],
        "listed": True,
        "of": 1,
        "files": ["+bad+first", "+bad+second", "+bad^failure-alert"],
        "conflict": True,
        "retried": True,
        "same_session": True,
    }


def test_kill(work: Callable[..., Any]) -> None:
    assert work("kill", "polls:4") == {
        "requested": True,
        "status": "killed",
        "again": "Session attempt already killed or finished",
    }


def test_sessions(work: Callable[..., Any]) -> None:
    assert work("sessions") == {
        "listed": ["2023-11-14T02:00:00+00:00", "2023-11-14T01:00:00+00:00"],
        "next": ["2023-11-14T00:00:00+00:00"],
        "of_project": 3,
        "none": 0,
        "last": ["bad", "error"],
        "attempts": 1,
    }


def test_schedules(work: Callable[..., Any]) -> None:
    assert work("schedules") == {
        "next": ["2023-11-16T00:00:00+09:00", "2023-11-15T22:00:00+00:00"],
        "of_project": ["daily"],
        "same": True,
        "disabled": "2023-11-14T22:13:20+00:00",
        "enabled": None,
        "tried": 3,
        "filled": ["2023-11-13T00:00:00+09:00", "2023-11-14T00:00:00+09:00"],
        "ran": ["success", "success"],
        "skipped": "2023-12-01T00:00:00+09:00",
    }


def test_secrets(work: Callable[..., Any]) -> None:
    assert work("secrets") == {
        "set": True,
        "keys": ["a", "b"],
        "deleted": [True, False],
        "left": ["b"],
        "all": True,
    }


def test_failures(work: Callable[..., Any]) -> None:
    assert work("failures") == {
        "project": "Resource does not exist: project id=999",
        "attempt": "Resource does not exist: attempt id=999",
        "page": "The specified page_size is 1000; it must be 0 to 100",
        "workflow": "Resource does not exist: workflow id=999",
        "key": "401",
    }
