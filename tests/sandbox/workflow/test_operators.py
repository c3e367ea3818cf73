"""What the operators of tasks do, and what they store, make and refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import NOON
from tests.sandbox.workflow.conftest import Workflows

PEOPLE = {"time": NOON, "name": "Ada", "age": 36}


@pytest.mark.parametrize(
    ("dig", "names"),
    [
        ("loop>: 2", ["+loop-0", "+loop-1"]),
        (
            "for_each>: {fruit: [apple, 'very long name'], n: [1]}",
            ["+for-0=fruit=0=apple&1=n=0=1", "+for-0=fruit=1=very%20lon&1=n=0=1"],
        ),
        ("for_each>: {x: '[1, 2]'}", ["+for-0=x=0=1", "+for-0=x=1=2"]),
        (
            "for_range>: {from: 10, to: 25, step: 10}",
            ["+range-from=10&to=20", "+range-from=20&to=25"],
        ),
        ("for_range>: {from: 0, to: 4, slices: 2}", ["+range-from=0&to=2", "+range-from=2&to=4"]),
        ("for_range>: {from: 0, to: 0, slices: 2}", []),
        ("loop>: 0", []),
    ],
)
def test_loops_make_tasks_with_digdags_names(api: Workflows, dig: str, names: list[str]) -> None:
    attempt = api.run(f"+a:\n  {dig}\n  _do: {{echo>: x}}")

    assert attempt["status"] == "success"
    made = [name for name in api.states(attempt) if name.startswith("+daily+a^sub+")]
    assert made == [f"+daily+a^sub{name}" for name in names]


def test_the_tasks_of_a_loop_see_its_values(api: Workflows) -> None:
    attempt = api.run(
        """
+a:
  for_each>: {who: [ada, kenji]}
  _parallel: {limit: 1}
  _do:
    _export: {greeting: hello}
    +b:
      for_range>: {from: 1, to: 3, step: 1}
      _do:
        echo>: ${greeting} ${who} ${range.from} ${range.index}
"""
    )

    assert attempt["status"] == "success"
    log = api.log(attempt, "+daily+a^sub")
    said = [line for line in log.splitlines() if line.startswith("hello")]
    assert said == ["hello ada 1 0", "hello ada 2 1", "hello kenji 1 0", "hello kenji 2 1"]


@pytest.mark.parametrize(("condition", "chosen"), [("true", "yes"), ("${1 > 2}", "no")])
def test_if_chooses_a_block(api: Workflows, condition: str, chosen: str) -> None:
    attempt = api.run(
        f"+a:\n  if>: {condition}\n  _do: {{+yes: {{echo>: y}}}}\n  _else_do: {{+no: {{echo>: n}}}}"
    )

    assert f"+daily+a^sub+{chosen}" in api.states(attempt)
    assert len(api.states(attempt)) == 4


def test_what_a_task_stores_is_seen_by_those_behind_it(api: Workflows) -> None:
    attempt = api.run(
        """
+a:
  +b: {store>: {x: {y: 1}}}
+c: {store>: {x: {z: 2}}}
+d: {echo>: '${x}'}
"""
    )

    assert '{"y":1,"z":2}' in api.log(attempt, "+daily+d")
    assert api.tasks(attempt)["+daily+a+b"]["storeParams"] == {"x": {"y": 1}}


def test_tasks_beside_do_not_see_what_one_stores(api: Workflows) -> None:
    attempt = api.run("_parallel: true\n+a: {store>: {x: 1}}\n+b: {echo>: '${x}'}")

    assert api.states(attempt)["+daily+b"] == "error"


def test_call_runs_another_file(api: Workflows) -> None:
    files = {"lib/other.dig": "_export: {y: 2}\n+x: {echo>: '${y} ${z}'}"}
    attempt = api.run("_export: {z: 3}\n+a: {call>: lib/other}", files=files)

    assert "2 3" in api.log(attempt, "+daily+a^sub+x")


def test_a_file_that_calls_itself_comes_to_an_end(api: Workflows) -> None:
    attempt = api.run("+a: {call>: daily.dig}")

    assert attempt["status"] == "error"
    assert len(api.states(attempt)) < 200


def test_a_checked_task_is_followed_by_its_check(api: Workflows) -> None:
    attempt = api.run(
        "+a: {loop>: 1, _do: {echo>: x}, _check: {fail>: no}}\n+b: {echo>: b, _check: {echo>: c}}"
    )

    states = api.states(attempt)
    assert states["+daily+a^sub"] == "success"
    assert states["+daily+a^check"] == "error"
    assert states["+daily+a"] == "group_error"
    assert states["+daily+b"] == "blocked"


def test_an_error_block_sees_the_error(api: Workflows) -> None:
    attempt = api.run(
        "_error: {echo>: 'all: ${error.message} ${x}'}\n+s: {store>: {x: 4}}\n"
        "+a: {fail>: bad, _error: {echo>: 'one: ${error.message}'}}"
    )

    assert attempt["status"] == "error"
    assert "one: bad (runtime)" in api.log(attempt, "+daily+a^error")
    assert "all: bad (runtime) 4" in api.log(attempt, "+daily^error")
    states = api.states(attempt)
    assert (states["+daily+a"], states["+daily"]) == ("error", "group_error")


def test_a_loop_is_tried_again_with_new_tasks(api: Workflows) -> None:
    attempt = api.run("+a: {loop>: 1, _retry: 1, _do: {+x: {fail>: no}}}")

    tasks = api.get(f"attempts/{attempt['id']}/tasks")["tasks"]
    assert [one["fullName"] for one in tasks].count("+daily+a^sub+loop-0+x") == 2
    assert api.tasks(attempt)["+daily+a"]["stateParams"] == {"retry_count": 1}


@pytest.mark.parametrize(
    ("dig", "message"),
    [
        ("nonsense>: x", "Unknown task type: nonsense (config)"),
        ("sh>: ls", "The operator sh> is not run here: the sandbox says it starts no programs"),
        ("py>: a.b", "The operator py> is not run here"),
        ("http>: https://example.com", "it reaches no other services"),
        ("td_load>: x.yml", "it has no such jobs"),
        ("echo>: ${nowhere}", 'ReferenceError: "nowhere" is not defined'),
        ("echo>: ${/x/.test('x')}", "'/' is not understood here"),
        ("loop>: many\n  _do: {echo>: x}", "needs a whole number"),
        ("loop>: 2", "Parameter '_do' is required but not set"),
        ("loop>: 1001\n  _do: {echo>: x}", "Too many loop subtasks. Limit: 1000"),
        ("for_each>: {x: 3}\n  _do: {echo>: x}", "needs an array"),
        ("for_range>: {from: 0, to: 9}\n  _do: {echo>: x}", "step and slices"),
        ("if>: maybe\n  _do: {echo>: x}", "needs true or false"),
        ("if>: true", "Both _do and _else_do are not set"),
        ("call>: nowhere", "'nowhere.dig' is not in the project"),
        ("wait>: soon", "is no duration"),
        ("td>: nowhere.sql\n  database: shop", "'nowhere.sql' is not in the project"),
        ("td>:\n  query: SELECT 1", "Parameter 'database' is required"),
        ("td>:\n  query: SELECT 1\n  database: shop\n  engine: pig", "Unknown 'engine:' option"),
        ("td>:\n  query: SELECT 1\n  database: nowhere", "nowhere"),
        ("td>:\n  query: SELEC 1\n  database: shop", "TD job"),
        (
            "td>:\n  query: SELECT 1\n  database: shop\n  insert_into: a\n  create_table: b",
            "both insert_into and create_table",
        ),
        ("td>:\n  query: SELECT 1\n  database: shop\n  insert_into: 'a;b'", "is not a name"),
        ("td_run>: nowhere", "Saved query not found"),
        ("td_run>: five\n  _retry: no", "Saved query not found"),
        ("td>:\n  database: shop", "Parameter 'query' is required"),
        (
            "td>:\n  query: SELECT 1\n  database: shop\n  result_connection: no",
            "no connection 'no'",
        ),
        (
            "td>:\n  query: SELECT 1\n  database: shop\n  result_url: 'td://${secret:no}@/a/bcd'",
            "Secret not found for key: 'no'",
        ),
        (
            "td>:\n  query: SELECT 1\n  database: shop\n  create_table: abc\n  download_file: x",
            "download_file is invalid",
        ),
        ("td_ddl>:\n  database: shop\n  create_tables: [x]", "3 to 255 of a-z"),
        ("td_ddl>:\n  database: nowhere\n  create_tables: [abc]", "'nowhere' does not exist"),
        (
            "td_ddl>:\n  database: shop\n  rename_tables: [{from: abc, to: bcd}]",
            "shop.abc does not exist",
        ),
        ("require>: daily\n  rerun_on: never", "rerun_on one of"),
        ("require>: daily\n  session_time: soon", "session_time must be"),
        ("require>: daily\n  project_name: other", "project name=other"),
        ("require>: daily\n  project_id: 77", "project id=77"),
        ("mail>: nowhere.txt\n  subject: x\n  to: [a@example.com]", "'nowhere.txt' is not in"),
        ("mail>: {data: x}", "mail> needs subject and to"),
        ("mail>:", "mail> needs a file or data"),
        ("require>: nowhere", "workflow name=nowhere"),
        ("require>: daily", "waits for this one"),
    ],
)
def test_what_a_task_cannot_do_is_told(api: Workflows, dig: str, message: str) -> None:
    attempt = api.run(f"+a:\n  {dig}\n")

    assert attempt["status"] == "error"
    task = api.tasks(attempt)["+daily+a"]
    assert task["state"] == "error"
    assert message in task["error"]["message"]


def test_a_query_is_a_job(api: Workflows) -> None:
    api.client.several([PEOPLE], "shop/people")
    attempt = api.run(
        """
_export: {td: {database: shop}}
+a:
  td>: queries/a.sql
  store_last_results: true
+b: {echo>: '${td.last_results.name} ${td.last_job_id}'}
""",
        files={"queries/a.sql": "SELECT name, '${session_date}' AS day FROM people"},
    )

    assert attempt["status"] == "success", api.tasks(attempt)
    stored = api.tasks(attempt)["+daily+a"]["storeParams"]["td"]
    assert stored["last_results"] == {"name": "Ada", "day": "2023-11-14"}
    assert f"Ada {stored['last_job_id']}" in api.log(attempt, "+daily+b")
    job = api.client.call("GET", f"/v3/job/show/{stored['last_job_id']}").json()
    assert (job["status"], job["database"]) == ("success", "shop")


@pytest.mark.parametrize("engine", ["presto", "hive"])
def test_a_query_writes_a_table(api: Workflows, engine: str) -> None:
    api.client.several([PEOPLE], "shop/people")
    attempt = api.run(
        f"""
_export: {{td: {{database: shop, engine: {engine}}}}}
+made:
  td>:
  query: "-- all\\nSELECT time, name FROM people"
  create_table: copied
+added:
  td>: {{query: "SELECT time, name FROM people"}}
  insert_into: copied
"""
    )

    assert attempt["status"] == "success", api.tasks(attempt)
    assert [row["name"] for row in api.client.rows("shop/copied")] == ["Ada", "Ada"]


def test_a_result_goes_where_a_secret_says(api: Workflows) -> None:
    project = api.upload(
        {
            "daily.dig": "+a:\n  td>:\n  query: SELECT 1 AS x\n  database: shop\n"
            "  result_url: td://${secret:key}@/shop/results"
        }
    )
    api.send("PUT", f"projects/{project['id']}/secrets/key", {"value": "sesame"}, 204)

    attempt = api.start()

    assert attempt["status"] == "success", api.tasks(attempt)
    assert [row["x"] for row in api.client.rows("shop/results")] == [1]
    said = api.client.call("GET", f"/api/attempts/{attempt['id']}/tasks").text
    assert "sesame" not in said + api.log(attempt, "+daily+a")


def test_a_mail_is_kept_and_not_sent(api: Workflows) -> None:
    attempt = api.run(
        """
_export: {mail: {from: flows@example.com}}
+a:
  mail>: body.txt
  subject: Done on ${session_date}
  to: [ada@example.com]
+b: {mail>: {data: text}, subject: s, to: kenji@example.com, html: true}
""",
        files={"body.txt": "All of ${session_date} is done."},
    )

    assert attempt["status"] == "success", api.tasks(attempt)
    kept = api.client.control("GET", "outbox")["deliveries"]
    assert [one["target"] for one in kept] == ["mailto:ada@example.com", "mailto:kenji@example.com"]
    assert kept[0]["facts"]["subject"] == "Done on 2023-11-14"
    assert kept[0]["facts"]["from"] == "flows@example.com"


def test_a_workflow_of_another_project_is_required(api: Workflows) -> None:
    other = api.upload({"other.dig": "+a: {echo>: x}"}, "others")
    attempt = api.run(
        f"""
+a: {{require>: other, project_name: others, session_time: '2023-11-01T00:00:00Z'}}
+b: {{require>: other, project_id: {other["id"]}, session_time: '2023-11-01T00:00:00Z'}}
+c: {{require>: other, project_id: {other["id"]}, rerun_on: all, retry_attempt_name: x}}
"""
    )

    assert attempt["status"] == "success", api.tasks(attempt)
    found = api.get("attempts", project="others", include_retried="true")["attempts"]
    assert [one["sessionTime"][:10] for one in found] == ["2023-11-14", "2023-11-01"]


def test_tables_are_made_and_dropped(api: Workflows) -> None:
    api.client.several([PEOPLE], "shop/people")
    attempt = api.run(
        """
_export: {td: {database: shop}}
+a:
  td_ddl>:
  create_tables: [one, two]
  drop_tables: [nowhere]
  create_databases: [other]
  empty_databases: [spare]
  drop_databases: [nowhere]
+b:
  td_ddl>:
  drop_tables: [one]
  empty_tables: [two]
  rename_tables: [{from: people, to: persons}]
"""
    )

    assert attempt["status"] == "success", api.tasks(attempt)
    databases = api.client.control("GET", "databases")["databases"]
    tables = {one["name"]: [table["name"] for table in one["tables"]] for one in databases}
    assert sorted(tables["shop"]) == ["persons", "two"]
    assert {"other", "spare"} <= set(tables)


def test_a_saved_query_is_run(api: Workflows) -> None:
    body = b"database=shop&query=SELECT+5+AS+x&type=presto"
    made = api.client.call(
        "POST", "/v3/schedule/create/five", body, media_type="application/x-www-form-urlencoded"
    )
    assert made.status_code == 200, made.text

    attempt = api.run("+a: {td_run>: five, store_last_results: true}")

    stored = api.tasks(attempt)["+daily+a"]["storeParams"]["td"]
    assert stored["last_results"] == {"x": 5}


def test_waiting_for_rows_looks_again_by_the_clock(api: Workflows) -> None:
    attempt = api.run(
        "+a: {td_wait_table>: people, database: shop, rows: 1, interval: 60}\n"
        "+b: {td_wait>: w.sql, database: shop, interval: 1m}",
        files={"w.sql": "SELECT count(*) > 1 FROM people"},
    )
    assert attempt["status"] == "running"
    assert api.states(attempt)["+daily+a"] == "retry_waiting"

    api.client.several([PEOPLE], "shop/people")
    api.client.control("PUT", "clock", {"advance": 61})
    assert api.states(attempt)["+daily+a"] == "success"
    assert api.states(attempt)["+daily+b"] == "retry_waiting"
    api.client.several([PEOPLE | {"name": "Kenji"}], "shop/people")
    api.client.control("PUT", "clock", {"advance": 61})

    assert api.attempt(attempt)["status"] == "success"


@pytest.mark.parametrize("pace", ["immediate", "polls:2", "seconds:10"])
def test_a_workflow_requires_another(start_api: Callable[..., Workflows], pace: str) -> None:
    api = start_api(pace=pace)
    api.upload(
        {
            "daily.dig": "+a: {require>: other, params: {x: 1}}\n+b: {echo>: b}",
            "other.dig": "+x: {echo>: '${x}'}",
        }
    )

    attempt = api.start()
    ended = finish_both(api, attempt)

    assert ended["status"] == "success"
    other = api.get("attempts", project="shop", workflow="other")["attempts"]
    assert [(one["sessionTime"], one["status"]) for one in other] == [
        (attempt["sessionTime"], "success")
    ]


def finish_both(api: Workflows, attempt: Any) -> Any:
    for _ in range(100):
        for other in api.get("attempts")["attempts"]:
            api.attempt(other)
        api.client.control("PUT", "clock", {"advance": 5})
        found = api.attempt(attempt)
        if found["done"]:
            return found
    raise AssertionError("the attempt does not end")


def test_a_required_workflow_that_failed_fails_the_task(api: Workflows) -> None:
    api.upload(
        {
            "daily.dig": "+a: {require>: other}",
            "lenient.dig": "+a: {require>: other, ignore_failure: true}",
            "again.dig": "+a: {require>: other, rerun_on: failed}",
            "other.dig": "+x: {fail>: no}",
        }
    )

    attempt = api.start()

    message = api.tasks(attempt)["+daily+a"]["error"]["message"]
    assert message.startswith("Dependent workflow failed. Session id: ")
    assert api.start("lenient")["status"] == "success"
    assert api.start("again")["status"] == "error"
    retried = api.get("attempts", project="shop", workflow="other", include_retried="true")
    assert len(retried["attempts"]) == 2


def test_workflows_that_require_each_other_come_to_an_end(api: Workflows) -> None:
    api.upload({"daily.dig": "+a: {require>: other}", "other.dig": "+a: {require>: daily}"})

    attempt = api.start()

    assert api.attempt(attempt)["status"] == "error"
    assert api.get("attempts")["attempts"][0]["status"] == "error"


def test_the_built_in_variables_are_there(api: Workflows) -> None:
    names = [
        "session_time",
        "session_date_compact",
        "session_local_time",
        "session_tz_offset",
        "session_unixtime",
        "session_id",
        "session_uuid",
        "attempt_id",
        "project_id",
        "task_name",
        "timezone",
        "last_session_date",
        "next_session_time",
        "last_executed_session_unixtime",
    ]
    template = "|".join(f"${{{name}}}" for name in names)
    api.upload(
        {
            "daily.dig": "timezone: Asia/Tokyo\nschedule: {daily>: '07:00:00'}\n"
            f"+a: {{echo>: '{template}'}}"
        }
    )

    attempt = api.start(time="2023-11-13T15:00:00Z")

    line = next(
        one for one in api.log(attempt, "+daily+a").splitlines() if one.startswith("2023-11-14T")
    )
    assert dict(zip(names, line.split("|"), strict=True)) == {
        "session_time": "2023-11-14T00:00:00+09:00",
        "session_date_compact": "20231114",
        "session_local_time": "2023-11-14 00:00:00",
        "session_tz_offset": "+0900",
        "session_unixtime": "1699887600",
        "session_id": attempt["sessionId"],
        "session_uuid": attempt["sessionUuid"],
        "attempt_id": attempt["id"],
        "project_id": attempt["project"]["id"],
        "task_name": "+daily+a",
        "timezone": "Asia/Tokyo",
        "last_session_date": "2023-11-13",
        "next_session_time": "2023-11-15T00:00:00+09:00",
        "last_executed_session_unixtime": "",
    }


def test_logs_are_found_by_task(api: Workflows) -> None:
    attempt = api.run("+a: {loop>: 1, _do: {echo>: 'x'}}\n+b: {echo>: b}\n")

    files = api.get(f"logs/{attempt['id']}/files")["files"]

    assert [one["taskName"] for one in files] == [
        "+daily+a",
        "+daily+a^sub+loop-0",
        "+daily+b",
    ]
    assert files[0]["fileName"].startswith("+daily+a@6553f100")
    assert files[0]["fileName"].endswith(".log.gz")
    assert (files[0]["direct"], files[0]["fileTime"]) == (None, "2023-11-14T22:13:20Z")
    assert len(api.get(f"logs/{attempt['id']}/files", task="+daily+a")["files"]) == 2
    assert "log file" in api.get(f"logs/{attempt['id']}/files/x.log.gz", 404)["message"]
