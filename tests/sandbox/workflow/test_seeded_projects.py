"""Projects of a seed, and the runs that it tells of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.sandbox import ShapeError
from tests.sandbox.workflow.conftest import Workflows

DAILY = "+load: {td>: load.sql, database: shop}\n+check: {if>: '${ok}', _do: {fail>: 'no rows'}}\n"
PROJECT = {
    "name": "shop",
    "files": {"daily.dig": DAILY, "load.sql": "SELECT 1 AS x"},
    "metadata": {"sys": "cdp_audience"},
    "createdAt": "2023-11-01T00:00:00Z",
    "secrets": {"key": "sesame"},
    "runs": [
        {"workflow": "daily", "sessionTime": "2023-11-02T00:00:00Z", "params": {"ok": False}},
        {
            "workflow": "daily",
            "sessionTime": "2023-11-03T00:00:00Z",
            "startedAt": "2023-11-03T01:00:00Z",
            "params": {"ok": True},
        },
        {
            "workflow": "daily",
            "sessionTime": "2023-11-03T00:00:00Z",
            "params": {"ok": False},
            "retryAttemptName": "again",
        },
    ],
}


def seed(**changes: Any) -> Any:
    return {"databases": {"shop": {}}, "projects": [PROJECT | changes]}


@pytest.mark.parametrize("pace", ["immediate", "polls:5", "seconds:100"])
def test_a_seed_has_projects_and_their_history(
    start_api: Callable[..., Workflows], pace: str
) -> None:
    api = start_api(seed=seed(), pace=pace)

    project = api.get("projects")["projects"][0]
    attempts = api.get("attempts", include_retried="true")["attempts"]

    assert (project["revision"], project["createdAt"]) == ("seed", "2023-11-01T00:00:00Z")
    assert project["metadata"] == [{"key": "sys", "value": "cdp_audience"}]
    assert api.get(f"projects/{project['id']}/secrets") == {"secrets": [{"key": "key"}]}
    assert [one["status"] for one in attempts] == ["success", "error", "success"]
    assert attempts[0]["retryAttemptName"] == "again"
    assert attempts[1]["createdAt"] == "2023-11-03T01:00:00Z"
    assert attempts[1]["createdAt"] < attempts[1]["finishedAt"] < "2023-11-03T01:01:00Z"
    failed = api.tasks(attempts[1])["+daily+check^sub"]
    assert failed["error"]["message"] == "no rows (runtime)"
    assert api.start(params={"ok": False})["project"] == attempts[0]["project"]


def test_a_reset_tells_the_same_history(api: Workflows) -> None:
    api.client.control("POST", "seed", seed())
    first = api.get("attempts")
    api.client.control("POST", "seed", seed())

    again = api.get("attempts")

    assert [one["status"] for one in again["attempts"]] == ["success", "success"]
    assert [one["id"] for one in again["attempts"]] == [one["id"] for one in first["attempts"]]


def test_a_projects_files_may_be_a_folder(
    start_api: Callable[..., Workflows], tmp_path: Path
) -> None:
    folder = tmp_path / "flows" / "shop"
    (folder / "lib").mkdir(parents=True)
    (folder / "daily.dig").write_text("+a: {call>: lib/x}")
    (folder / "lib" / "x.dig").write_text("+b: {echo>: x}")
    (folder / ".git").write_text("hidden")
    (tmp_path / "seed.json").write_text('{"projects": [{"name": "shop", "folder": "flows/shop"}]}')

    api = start_api(seed=tmp_path)

    assert api.start()["status"] == "success"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"files": {}}, "/projects/0: files are needed"),
        ({"files": {"a.dig": "wrong: 1"}}, "contains invalid keys"),
        ({"name": "a/b"}, "project= must be"),
        ({"folder": "x"}, "can't name files"),
        ({"owner": "x"}, "'owner' is not known here"),
        ({"createdAt": "soon"}, "/projects/0/createdAt"),
        ({"secrets": {"a b": "x"}}, "Invalid secret key"),
        ({"runs": [{"workflow": "x", "sessionTime": "2023-11-02T00:00:00Z"}]}, "runs/0/workflow"),
        ({"runs": [{"workflow": "daily", "sessionTime": "x"}]}, "runs/0/sessionTime"),
        ({"runs": [PROJECT["runs"][0]] * 2}, "needs a retryAttemptName"),  # type: ignore[index]
        ({"runs": [{**PROJECT["runs"][0], "params": 1}]}, "runs/0/params"),  # type: ignore[index]
    ],
)
def test_a_wrong_project_is_refused(
    start_api: Callable[..., Workflows], changes: Any, problem: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        start_api(seed=seed(**changes))

    assert problem in str(caught.value)


def test_two_projects_cannot_have_one_name(start_api: Callable[..., Workflows]) -> None:
    with pytest.raises(ShapeError, match="there is a project 'shop' already"):
        start_api(seed={"projects": [PROJECT, PROJECT]})
