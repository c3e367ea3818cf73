"""The vendor's Python client, unmodified, doing its ordinary work against the sandbox."""

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
    """Let the client do one work against a sandbox of its own, where jobs take some looks."""
    python = client_python("td-client==1.7.0")

    def do(name: str, pace: str = "polls:2") -> Any:
        sandbox = start_sandbox(pace=pace)
        return run_script(python, "td_client_work.py", sandbox.url, "1/sandbox", name)

    return do


def test_databases_and_tables(work: Callable[..., Any]) -> None:
    assert work("catalogue") == {
        "status": "ok",
        "databases": ["one", "two"],
        "count": 3,
        "tables": ["others", "people"],
        "schema": [["name", "string"], ["age", "long"], ["score", "double"]],
        "expire_days": 30,
        "rows": 3,
        "last": "2023-11-14T22:13:22+00:00",
        "tail": ["marta", "kenji"],
        "moved": ["others"],
        "deleted": "log",
        "left": ["one"],
    }


def test_imports_of_every_format(work: Callable[..., Any]) -> None:
    assert work("imports") == {
        "elapsed": "float",
        "rows": [["csv", 1], ["tsv", 2], ["msgpack", 3], ["json", 4], ["once", 5]],
    }


@pytest.mark.parametrize("pace", ["immediate", "polls:3"])
def test_queries_and_their_results(work: Callable[..., Any], pace: str) -> None:
    seen = work("queries", pace)

    rows = [["marta", 29], ["ada", 36], ["kenji", 41]]
    assert seen["schema"] == [["name", "varchar"], ["age", "bigint"]]
    assert seen["msgpack"] == seen["json"] == seen["file"] == rows
    assert seen["size"]
    assert (seen["hive"], seen["hive_type"], seen["priority"]) == ([[3]], "hive", "HIGH")
    assert seen["failed"] == ["error", True]
    assert "does not exist" in seen["stderr"]
    assert seen["jobs"] == [["presto", "error"], ["hive", "success"], ["presto", "success"]]
    assert seen["errors"] == 1


def test_a_killed_job_does_nothing(work: Callable[..., Any]) -> None:
    assert work("kill") == {"former": "queued", "status": "killed", "again": "killed", "rows": 3}


def test_saved_queries(work: Callable[..., Any]) -> None:
    assert work("schedules", "immediate") == {
        "start": "2023-11-15T15:00:00+00:00",
        "listed": ["daily_count", "30 * * * *", "2023-11-14T22:30:00+00:00"],
        "scheduled": ["2023-11-14T22:13:20+00:00", "2023-11-14T22:30:00+00:00"],
        "history": [["success", "presto"]] * 2,
        "deleted": ["30 * * * *", "SELECT COUNT(1) FROM people"],
        "left": 0,
    }


def test_bulk_imports(work: Callable[..., Any]) -> None:
    assert work("bulk_imports") == {
        "parts": ["part_1", "part_2"],
        "valid": 4,
        "error": 1,
        "problems": ["'time' is missing"],
        "status": "committed",
        "rows": 4,
        "left": 0,
    }


def test_connections_and_results_in_tables(work: Callable[..., Any]) -> None:
    seen = work("connections")

    url = "postgresql://ada:***@db.example.com/main/people"
    assert seen == {"listed": [["warehouse", url]], "rows": 3, "left": 0}


def test_users_and_their_keys(work: Callable[..., Any]) -> None:
    assert work("users") == {"names": ["Sandbox", "marta"], "keys": 2, "seen": [], "left": 1}


def test_bulk_loads_end_honestly(work: Callable[..., Any]) -> None:
    seen = work("bulk_loads", "immediate")

    assert "reaches no other servers" in seen.pop("job")
    assert seen == {
        "listed": ["load_1"],
        "secret": "***",
        "history": ["error"],
        "issued": "error",
        "left": [],
    }


def test_every_kind_of_error(work: Callable[..., Any]) -> None:
    assert work("failures") == {
        "stranger": "AuthError",
        "writer": "ForbiddenError",
        "rows": 3,
        "again": "AlreadyExistsError",
        "table_again": "AlreadyExistsError",
        "nowhere": "NotFoundError",
        "no_table": "NotFoundError",
        "no_job": "NotFoundError",
        "short": "APIError",
        "not_gzip": "APIError",
    }
