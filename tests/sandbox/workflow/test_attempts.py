"""Attempts: started, run, failed, tried again, resumed and killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import NOON
from tests.sandbox.workflow.conftest import SESSION, Workflows

STEPS = """
_export: {name: Ada}
+one:
  echo>: hello ${name}
+two:
  +inner:
    echo>: inner
  +other:
    echo>: ${session_date}
"""
FAILING = """
+before: {echo>: before}
+middle:
  fail>: no luck
+after: {echo>: after}
"""


def test_a_workflow_runs_its_tasks(api: Workflows) -> None:
    attempt = api.run(STEPS)

    assert (attempt["status"], attempt["done"], attempt["success"]) == ("success", True, True)
    assert api.states(attempt) == {
        "+daily": "success",
        "+daily+one": "success",
        "+daily+two": "success",
        "+daily+two+inner": "success",
        "+daily+two+other": "success",
    }
    assert "hello Ada" in api.log(attempt, "+daily+one")
    assert "2023-11-14" in api.log(attempt, "+daily+two+other")


def test_an_attempt_tells_what_it_is_of(api: Workflows) -> None:
    api.upload({"daily.dig": "timezone: Asia/Tokyo\n" + STEPS})

    attempt = api.start(params={"day": 1})

    assert attempt["project"]["name"] == "shop"
    assert attempt["workflow"]["name"] == "daily"
    assert attempt["index"] == 1
    assert attempt["params"] == {"day": 1}
    assert attempt["retryAttemptName"] is None
    assert attempt["sessionTime"] == "2023-11-14T09:00:00+09:00"
    assert attempt["createdAt"] == attempt["finishedAt"] == "2023-11-14T22:13:20Z"
    assert api.attempt(attempt) == attempt


def test_tasks_tell_their_place_and_order(api: Workflows) -> None:
    tasks = api.tasks(api.run(STEPS))

    root, one, two = (tasks[f"+daily{name}"] for name in ("", "+one", "+two"))
    assert (root["parentId"], one["parentId"]) == (None, root["id"])
    assert (one["upstreams"], two["upstreams"]) == ([], [one["id"]])
    assert (root["isGroup"], root["group"], one["isGroup"]) == (True, True, False)
    assert root["exportParams"] == {"name": "Ada"}
    assert one["config"] == {"echo>": "hello ${name}"}


def test_what_comes_after_a_failed_task_stays_blocked(api: Workflows) -> None:
    attempt = api.run(FAILING)

    assert (attempt["status"], attempt["success"]) == ("error", False)
    assert api.states(attempt) == {
        "+daily": "group_error",
        "+daily+before": "success",
        "+daily+middle": "error",
        "+daily+after": "blocked",
        "+daily^failure-alert": "success",
    }
    assert api.tasks(attempt)["+daily+middle"]["error"]["message"] == "no luck (runtime)"
    assert "Task failed: no luck" in api.log(attempt, "+daily+middle")


def test_a_session_runs_once_for_a_time(api: Workflows) -> None:
    first = api.run(STEPS)

    again = api.start(project="p0", status=409)

    assert again == first
    assert api.start(project="p0", time="2023-11-14T00:00:00.5+00:00", status=409) == first
    assert api.start(project="p0", time="2023-11-15T00:00:00Z")["sessionId"] != first["sessionId"]


def test_a_retry_name_runs_a_session_once_more(api: Workflows) -> None:
    first = api.run(FAILING)
    api.upload({"daily.dig": STEPS}, "p0", "r2")

    second = api.start(project="p0", retryAttemptName="again")

    assert (second["sessionId"], second["index"]) == (first["sessionId"], 2)
    assert second["status"] == "success"
    assert api.start(project="p0", retryAttemptName="again", status=409) == second
    assert api.get(f"attempts/{second['id']}/retries") == {"attempts": [first]}
    session = api.get(f"sessions/{first['sessionId']}")
    assert session["lastAttempt"]["id"] == second["id"]
    listed = api.get("attempts", include_retried="true", project="p0")["attempts"]
    assert listed == [second, first]
    assert api.get("attempts")["attempts"] == [second]


def test_resuming_runs_only_what_failed(api: Workflows) -> None:
    first = api.run("+a: {store>: {x: 5}}\n+b: {echo>: '${x} ${y}'}\n+c: {echo>: c}")
    assert first["status"] == "error"

    second = api.start(
        project="p0",
        retryAttemptName="again",
        params={"y": 7},
        resume={"mode": "failed", "attemptId": first["id"]},
    )

    assert second["status"] == "success"
    assert api.log(second, "+daily+a") == ""
    assert "5 7" in api.log(second, "+daily+b")
    assert api.tasks(second)["+daily+a"]["storeParams"] == {"x": 5}


def test_resuming_from_a_task_runs_it_and_what_follows(api: Workflows) -> None:
    first = api.run("+a: {echo>: a}\n+b:\n  +c: {echo>: c}\n  +d: {echo>: d}\n+e: {echo>: e}")

    def resume(pattern: str, status: int = 200) -> Any:
        return api.start(
            project="p0",
            retryAttemptName=pattern,
            resume={"mode": "from", "attemptId": first["id"], "from": pattern},
            status=status,
        )

    second = resume("+d")

    assert second["status"] == "success"
    ran = [name for name in ("+a", "+b+c", "+b+d", "+e") if api.log(second, f"+daily{name}") != ""]
    assert ran == ["+b+d", "+e"]
    assert "task name=+x" in resume("+x", 404)["message"]
    assert "root task" in resume("+daily", 400)["message"]


@pytest.mark.parametrize(
    ("resume", "status", "text"),
    [
        ({"mode": "failed", "attemptId": "999"}, 404, "attempt id=999"),
        ({"mode": "other", "attemptId": "{id}"}, 400, "mode must be"),
        ({}, 400, "mode must be"),
        ({"mode": "failed"}, 400, "attemptId is required"),
        ({"mode": "failed", "attemptId": "{id}"}, 400, "successfully completed"),
        ({"mode": "from", "attemptId": "{id}"}, 400, "from must be"),
        ("failed", 400, "resume must be an object"),
    ],
)
def test_what_cannot_be_resumed_is_refused(
    api: Workflows, resume: Any, status: int, text: str
) -> None:
    first = api.run(STEPS)
    if isinstance(resume, dict):
        resume = {key: one.replace("{id}", first["id"]) for key, one in resume.items()}

    answer = api.start(project="p0", retryAttemptName="x", resume=resume, status=status)

    assert text in answer["message"]
    assert answer["status"] == status


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 400, "workflowId, or projectName and workflowName, are required"),
        ({"workflowId": "1"}, 404, "workflow id=1"),
        ({"workflowId": 1}, 404, "workflow id=1"),
        ({"projectName": "no", "workflowName": "daily"}, 404, "project name=no"),
        ({"projectName": "shop", "workflowName": "no"}, 404, "workflow name=no"),
        ({"projectName": "shop", "workflowName": "daily", "sessionTime": "x"}, 400, "sessionTime"),
        (
            {"projectName": "shop", "workflowName": "daily", "sessionTime": "2023-01-01T00:00:00"},
            400,
            "sessionTime",
        ),
        (
            {
                "projectName": "shop",
                "workflowName": "daily",
                "sessionTime": SESSION,
                "params": [1],
            },
            400,
            "params",
        ),
        (
            {
                "projectName": "shop",
                "workflowName": "daily",
                "sessionTime": SESSION,
                "poolId": "77",
            },
            404,
            "Pool",
        ),
    ],
)
def test_a_start_that_names_too_little_is_refused(
    api: Workflows, body: Any, status: int, text: str
) -> None:
    api.upload({"daily.dig": STEPS})

    answer = api.send("PUT", "attempts", body, status)

    assert text in answer["message"]


def test_a_body_that_is_no_json_is_refused(api: Workflows) -> None:
    assert api.send("PUT", "attempts", b"{", 400)["status"] == 400
    assert api.send("PUT", "attempts", b"[]", 400)["status"] == 400
    deep = b'{"params":' + b"[" * 60 + b"]" * 60 + b"}"
    assert "nested deeper" in api.send("PUT", "attempts", deep, 400)["message"]
    large = b'{"x": "' + b"x" * (4 << 20) + b'"}'
    assert "larger than" in api.send("PUT", "attempts", large, 400)["message"]


def test_attempts_are_listed_by_pages(api: Workflows) -> None:
    api.upload({"daily.dig": STEPS, "other.dig": STEPS})
    attempts = [api.start(time=f"2023-11-{day:02}T00:00:00Z") for day in range(1, 6)]
    other = api.start("other")
    ids = [one["id"] for one in attempts]

    def listed(path: str = "attempts", **params: Any) -> list[str]:
        found = api.get(path, **params)
        return [one["id"] for one in next(iter(found.values()))]

    assert listed() == [other["id"], *ids[::-1]]
    assert listed(page_size=2) == [other["id"], ids[4]]
    assert listed(page_size=2, last_id=ids[4]) == [ids[3], ids[2]]
    assert listed(project="shop", workflow="other") == [other["id"]]
    assert "page_size" in api.get("attempts", 400, page_size=101)["message"]
    assert "page_size" in api.get("attempts", 400, page_size="x")["message"]
    assert "project name=no" in api.get("attempts", 404, project="no")["message"]
    sessions = [one["sessionId"] for one in (other, *attempts[::-1])]
    assert listed("sessions") == sessions
    assert listed("sessions", page_size=1, last_id=sessions[1]) == [sessions[2]]
    project = other["project"]["id"]
    assert listed(f"projects/{project}/sessions", workflow="other") == [other["sessionId"]]
    assert listed(f"sessions/{attempts[0]['sessionId']}/attempts") == [ids[0]]


@pytest.mark.parametrize("what", ["attempts", "sessions"])
def test_what_is_not_there_is_not_found(api: Workflows, what: str) -> None:
    for key in ("999", "x", "9" * 30):
        answer = api.get(f"{what}/{key}", 404)
        assert answer["message"].startswith("Resource does not exist")


def test_a_finished_attempt_cannot_be_killed(api: Workflows) -> None:
    attempt = api.run(STEPS)

    answer = api.send("POST", f"attempts/{attempt['id']}/kill", status=409)

    assert answer == {"message": "Session attempt already killed or finished", "status": 409}


def test_killing_stops_an_attempt(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="polls:2")
    attempt = api.run(STEPS)
    assert attempt["status"] == "running"
    api.attempt(attempt)  # the first task runs

    killed = api.send("POST", f"attempts/{attempt['id']}/kill")

    assert (killed["status"], killed["cancelRequested"], killed["done"]) == (
        "canceling",
        True,
        False,
    )
    api.send("POST", f"attempts/{attempt['id']}/kill", status=409)
    ended = api.attempt(attempt)
    assert (ended["status"], ended["success"], ended["done"]) == ("killed", False, True)
    assert api.states(attempt)["+daily+one"] == "canceled"
    assert api.states(attempt)["+daily+two"] == "blocked"
    assert api.tasks(attempt)["+daily+one"]["cancelRequested"] is True


def test_at_most_100_attempts_are_active(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="polls:1000")
    api.upload({"daily.dig": STEPS})
    started = [api.start(time=f"2023-11-14T00:{n // 60:02}:{n % 60:02}Z") for n in range(100)]

    refused = api.start(time="2023-12-01T00:00:00Z", status=400)
    queued = api.start(time="2023-12-01T00:00:00Z", allowQueueing=True)

    assert refused["message"] == "Too many attempts running. Limit: 100, Current: 100"
    assert queued["status"] == "queued"
    assert api.tasks(queued) == {}
    api.send("POST", f"attempts/{started[0]['id']}/kill")
    assert api.attempt(queued)["status"] == "running"
    assert api.tasks(queued)["+daily"]["state"] == "planned"


def test_a_queued_attempt_can_be_killed(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="polls:1000")
    pool = api.send("POST", "pools", {"name": "small", "concurrencyLimit": 1}, 201)
    api.upload({"daily.dig": STEPS})
    api.start(poolId=pool["id"])
    queued = api.start(time="2023-12-01T00:00:00Z", poolId=int(pool["id"]), allowQueueing=True)
    assert (queued["status"], queued["poolId"]) == ("queued", pool["id"])

    killed = api.send("POST", f"attempts/{queued['id']}/kill")

    assert killed["status"] == "killed"


@pytest.mark.parametrize("pace", ["immediate", "polls:1", "polls:3", "seconds:0", "seconds:30"])
def test_the_outcome_is_the_same_at_every_pace(
    start_api: Callable[..., Workflows], pace: str
) -> None:
    api = start_api(pace=pace)
    attempt = api.run(
        """
+loop:
  loop>: 2
  _do:
    +say: {echo>: '${i}'}
+branch:
  if>: ${1 > 0}
  _do: {echo>: yes}
+tried:
  _retry: {limit: 2, interval: 90}
  +bad: {fail>: bad}
  _error: {echo>: 'sorry ${error.message}'}
+never: {echo>: never}
"""
    )

    ended = api.finish(attempt)

    assert ended["status"] == "error"
    assert api.states(attempt) == {
        "+daily": "group_error",
        "+daily+loop": "success",
        "+daily+loop^sub": "success",
        "+daily+loop^sub+loop-0": "success",
        "+daily+loop^sub+loop-0+say": "success",
        "+daily+loop^sub+loop-1": "success",
        "+daily+loop^sub+loop-1+say": "success",
        "+daily+branch": "success",
        "+daily+branch^sub": "success",
        "+daily+tried": "group_error",
        "+daily+tried+bad": "error",
        "+daily+tried^error": "success",
        "+daily+never": "blocked",
        "+daily^failure-alert": "success",
    }
    tasks = api.get(f"attempts/{attempt['id']}/tasks")["tasks"]
    assert [one["state"] for one in tasks if one["fullName"] == "+daily+tried+bad"] == ["error"] * 3
    assert "sorry bad (runtime)" in api.log(attempt, "+daily+tried^error")


def test_with_seconds_tasks_take_time(start_api: Callable[..., Workflows]) -> None:
    api = start_api(pace="seconds:10")
    attempt = api.run("+a: {echo>: a}\n+b: {wait>: 1h}\n+c: {echo>: c}")
    assert api.states(attempt)["+daily+a"] == "ready"

    def states_at(seconds: int) -> list[str]:
        api.client.control("PUT", "clock", {"now": NOON + seconds})
        states = api.states(attempt)
        return [states[f"+daily+{name}"] for name in "abc"]

    assert states_at(5) == ["running", "blocked", "blocked"]
    assert states_at(10) == ["success", "ready", "blocked"]
    assert states_at(20) == ["success", "retry_waiting", "blocked"]
    assert api.tasks(attempt)["+daily+b"]["retryAt"] == "2023-11-14T23:13:40Z"
    assert states_at(3619) == ["success", "retry_waiting", "blocked"]
    assert states_at(3620) == ["success", "ready", "blocked"]
    assert states_at(3630) == ["success", "success", "ready"]
    assert states_at(3640) == ["success", "success", "success"]
    assert api.attempt(attempt)["status"] == "success"


def test_an_attempt_goes_on_after_a_restart(
    start_api: Callable[..., Workflows], tmp_path: Any
) -> None:
    first = start_api(pace="polls:2", data=tmp_path)
    attempt = first.run(STEPS)
    first.attempt(attempt)
    first.client.sandbox.close()

    second = start_api(pace="polls:2", data=tmp_path)

    assert second.finish(attempt)["status"] == "success"


def test_tasks_wait_for_those_they_name(api: Workflows) -> None:
    attempt = api.run(
        """
_parallel: true
+a: {fail>: a}
+b: {echo>: b}
+c:
  _after: [+b]
  echo>: c
+d:
  _after: [+a]
  echo>: d
"""
    )

    states = api.states(attempt)

    assert [states[f"+daily+{name}"] for name in "abcd"] == [
        "error",
        "success",
        "success",
        "blocked",
    ]


def test_too_many_tasks_are_refused(api: Workflows) -> None:
    many = "".join(f"+t{n}: {{echo>: x}}\n" for n in range(1000))
    answer = api.run(many, status=400)
    assert answer["message"] == "Too many tasks. Limit: 1000, Current: 0, Adding: 1001"

    attempt = api.run("+a: {loop>: 600, _do: {+x: {echo>: x}}}\n")

    assert attempt["status"] == "error"
    message = api.tasks(attempt)["+daily+a"]["error"]["message"]
    assert message == "Too many tasks. Limit: 1000, Current: 2, Adding: 1201 (config)"


def test_a_write_only_key_is_not_let_in(api: Workflows) -> None:
    for key in ("2/sandbox", "x", None):
        answer = api.client.call("GET", "/api/attempts", key=key)
        assert (answer.status_code, answer.json()["status"]) == (401, 401)


@pytest.mark.parametrize("pace", ["immediate", "polls:1", "seconds:10"])
def test_a_loop_is_resumed_with_the_parts_that_failed(
    start_api: Callable[..., Workflows], pace: str
) -> None:
    api = start_api(pace=pace)
    part = "+each:\n  for_each>: {x: [1, 2, 3]}\n  _do:\n    +one: {store>: {'v${x}': '${x}'}}\n"
    api.upload(
        {"daily.dig": part + "    +two: {if>: '${x != 2}', _do: {echo>: x}, _else_do: {fail>: x}}"}
    )
    first = api.start()
    assert api.finish(first)["status"] == "error"
    rest = "    +two: {echo>: x}\n+last: {echo>: '${v1} ${v2} ${v3}'}"
    api.upload({"daily.dig": part + rest}, revision="r2")

    again = api.start(retryAttemptName="again", resume={"mode": "failed", "attemptId": first["id"]})

    assert api.finish(again)["status"] == "success"
    logs = api.get(f"logs/{again['id']}/files")["files"]
    assert [one["taskName"].removeprefix("+daily") for one in logs] == [
        "+each",
        "+each^sub+for-0=x=1=2+two",
        "+each^sub+for-0=x=2=3+one",
        "+each^sub+for-0=x=2=3+two",
        "+last",
    ]
    assert "1 2 3" in api.log(again, "+daily+last")
