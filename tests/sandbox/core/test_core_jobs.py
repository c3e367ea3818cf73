"""Jobs: from queued to finished, and their results."""

from __future__ import annotations

import gzip
import inspect
import json
from typing import TYPE_CHECKING, Any

import msgpack
import pytest

from argosy.sandbox.core import results
from tests.sandbox.core.conftest import NOON, Core

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

PEOPLE = [
    {"time": NOON, "name": "ada", "age": 36, "score": 1.5},
    {"time": NOON + 1, "name": "kenji", "age": None, "score": None},
]
SELECT = "SELECT name, age, score FROM people ORDER BY name"


@pytest.fixture
def paced(start_client: Callable[..., Client]) -> Core:
    """Give the core API of a sandbox where a job takes four looks."""
    core = Core(start_client(pace="polls:4"))
    core.post("/table/create/shop/people")
    core.bring(PEOPLE)
    return core


def test_a_job_goes_on_as_it_is_looked_at(paced: Core) -> None:
    job = paced.query(SELECT)
    path = f"/job/status/{job}"

    seen = [paced.get(path)["status"] for _ in range(5)]

    assert seen == ["queued", "running", "running", "success", "success"]
    paced.get("/job/list")
    assert paced.get(f"/job/show/{job}")["num_records"] == 2


def test_an_unfinished_job_has_no_result(paced: Core) -> None:
    job = paced.query(SELECT)

    status, message = paced.refused("GET", f"/job/result/{job}?format=json")

    assert status == 404
    assert "queued" in message


def test_a_killed_job_never_runs(paced: Core) -> None:
    job = paced.query("INSERT INTO people (time, name) VALUES (1, 'late')")
    paced.get(f"/job/status/{job}")
    paced.get(f"/job/status/{job}")
    assert paced.post(f"/job/kill/{job}") == {"job_id": job, "former_status": "running"}
    assert {paced.get(f"/job/status/{job}")["status"] for _ in range(6)} == {"killed"}
    assert paced.get("/table/show/shop/people")["count"] == 2


def test_a_job_fails_with_the_reason(core: Core) -> None:
    job = core.query("SELECT nothing FROM people")

    shown = core.get(f"/job/show/{job}")

    assert shown["status"] == "error"
    assert "Column 'nothing' cannot be resolved" in shown["debug"]["stderr"]
    assert "SELECT nothing" in shown["debug"]["cmdout"]
    assert "cannot be resolved" not in shown["debug"]["cmdout"]  # clients show both, one by one


def retries(shown: Any) -> list[str]:
    return [line for line in shown["debug"]["cmdout"].splitlines() if line.startswith("retry")]


@pytest.mark.parametrize(("kind", "query"), [("presto", "SELECT nothing"), ("hive", "SELEC 1")])
def test_a_failed_query_is_tried_again(core: Core, kind: str, query: str) -> None:
    job = core.query(query, kind, retry_limit="2")

    shown = core.get(f"/job/show/{job}")

    assert (shown["status"], shown["retry_limit"]) == ("error", 2)
    assert retries(shown) == ["retry 1 of 2", "retry 2 of 2"]
    first, *others = shown["debug"]["stderr"].splitlines()
    assert others == [first, first]
    assert shown["num_records"] is None


def test_a_query_that_succeeds_is_not_tried_again(core: Core) -> None:
    job = core.query("INSERT INTO people (time) VALUES (1)", retry_limit="2")

    shown = core.get(f"/job/show/{job}")

    assert (shown["status"], retries(shown), shown["debug"]["stderr"]) == ("success", [], None)
    assert core.get("/table/show/shop/people")["count"] == 1


def test_a_query_may_do_better_when_it_is_tried_again(paced: Core) -> None:
    job = paced.query("SELECT count(*) FROM late", retry_limit="1")
    began = [paced.get(f"/job/show/{job}") for _ in range(4)][-1]
    paced.post("/table/create/shop/late")

    seen = [paced.get(f"/job/status/{job}")["status"] for _ in range(4)]
    shown = paced.get(f"/job/show/{job}")

    assert (began["status"], retries(began)) == ("running", ["retry 1 of 1"])
    assert "Table shop.late does not exist" in began["debug"]["stderr"]
    assert seen == ["running", "running", "running", "success"]
    assert (retries(shown), shown["num_records"]) == (["retry 1 of 1"], 1)
    assert shown["start_at"] == began["start_at"]
    assert shown["debug"]["stderr"] == began["debug"]["stderr"]


def test_a_job_is_killed_before_it_is_tried_again(paced: Core) -> None:
    job = paced.query("SELECT nothing", retry_limit="5")
    for _ in range(4):
        paced.get(f"/job/status/{job}")

    paced.post(f"/job/kill/{job}")

    assert {paced.get(f"/job/status/{job}")["status"] for _ in range(9)} == {"killed"}
    assert retries(paced.get(f"/job/show/{job}")) == ["retry 1 of 5"]


def test_what_would_only_fail_again_is_not_tried_again(core: Core) -> None:
    insert = "INSERT INTO people (time) VALUES (1)"
    jobs = [
        core.query(insert, result="td://@/nowhere/copies", retry_limit="2"),
        core.query("SELECT * FROM people MATCH_RECOGNIZE (PATTERN (A) DEFINE A AS true)",
                   retry_limit="2"),
    ]  # fmt: skip

    shown = [core.get(f"/job/show/{job}") for job in jobs]

    assert [(one["status"], retries(one)) for one in shown] == [("error", [])] * 2
    assert "not supported by the sandbox" in shown[1]["debug"]["stderr"]
    assert core.get("/table/show/shop/people")["count"] == 1  # written once


def test_a_defect_is_told_by_its_place_and_not_its_message(
    core: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_value: Any) -> None:
        raise LookupError("hush")

    monkeypatch.setattr("argosy.sandbox.core.results.plain", fail)
    job = core.query("SELECT 'hush'", retry_limit="2")

    shown = core.get(f"/job/show/{job}")

    line = next(
        number
        for number, text in enumerate(inspect.getsource(results).splitlines(), 1)
        if "plain(value) for value in row" in text
    )
    assert (shown["status"], retries(shown)) == ("error", [])
    assert shown["debug"]["stderr"] == f"The sandbox failed: LookupError at core/results.py:{line}"


def test_results_come_in_every_format(core: Core) -> None:
    core.bring(PEOPLE)
    job = core.query(SELECT)
    rows = [["ada", 36, 1.5], ["kenji", None, None]]

    def fetch(form: str, more: str = "") -> bytes:
        answer = core.send("GET", f"/job/result/{job}?format={form}{more}")
        assert answer.status_code == 200
        return answer.content

    unpacker = msgpack.Unpacker()
    unpacker.feed(fetch("msgpack"))
    assert list(unpacker) == rows
    assert gzip.decompress(fetch("msgpack.gz")) == fetch("msgpack")
    assert [json.loads(line) for line in fetch("json").splitlines()] == rows
    assert fetch("csv") == b"ada,36,1.5\nkenji,,\n"
    assert fetch("csv", "&header=True") == b"name,age,score\nada,36,1.5\nkenji,,\n"
    assert fetch("tsv", "&header=true") == b"name\tage\tscore\nada\t36\t1.5\nkenji\t\t\n"
    assert core.refused("GET", f"/job/result/{job}?format=xml")[0] == 406
    shown = core.get(f"/job/show/{job}")
    assert shown["result_size"] == len(fetch("msgpack.gz"))
    assert json.loads(shown["hive_result_schema"])[1] == ["age", "bigint"]


def test_special_numbers_may_be_null(core: Core) -> None:
    job = core.query("SELECT nan() AS a, infinity() AS b, 1.5e0 AS c")
    path = f"/job/result/{job}?format=json"

    assert core.send("GET", path).text == "[NaN,Infinity,1.5]\n"
    assert core.send("GET", f"{path}&nullify_special=true").text == "[null,null,1.5]\n"


def test_numbers_that_are_none_have_the_names_of_java_or_are_nulls(core: Core) -> None:
    path = f"/job/result/{core.query('SELECT nan(), -infinity(), ARRAY[infinity()]')}?format="

    assert core.send("GET", f"{path}csv").text == "NaN,-Infinity,[Infinity]\n"
    assert core.send("GET", f"{path}csv&nullify_special=true").text == ",,[null]\n"
    assert core.send("GET", f"{path}json&nullify_special=true").text == "[null,null,[null]]\n"


def test_a_result_comes_in_pieces(core: Core) -> None:
    core.bring(PEOPLE)
    path = f"/job/result/{core.query(SELECT)}?format=msgpack.gz"
    whole = core.send("GET", path)
    size, etag = len(whole.content), whole.headers["ETag"]

    def part(asked: str, **more: str) -> Any:
        return core.send("GET", path, headers={"Range": f"bytes={asked}", **more})

    first, rest = part("0-9"), part("10-", **{"If-Range": etag})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.headers["Content-Range"] == f"bytes 0-9/{size}"
    assert first.content + rest.content == whole.content
    assert part("-5").content == whole.content[-5:]
    assert part("0-99999999").content == whole.content
    assert part("5-", **{"If-Range": '"other"'}).status_code == 200
    assert part("0-1,3-4").status_code == 200
    beyond = part(f"{size}-")
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


def test_a_domain_key_is_taken_once(core: Core) -> None:
    job = core.query("SELECT 1", domain_key="k1")
    answer = core.send("POST", "/job/issue/presto/shop", {"query": "SELECT 1", "domain_key": "k1"})

    assert answer.status_code == 409
    assert answer.json()["details"] == {"conflicts_with": job}
    assert core.get("/job/status_by_domain_key/k1")["job_id"] == job
    assert core.refused("GET", "/job/status_by_domain_key/k2")[0] == 404


def test_jobs_are_listed_newest_first(core: Core) -> None:
    made = [core.query(f"SELECT {number}") for number in range(22)]
    failed = core.query("SELECT nothing")

    listed = core.get("/job/list")
    assert (listed["count"], listed["from"], listed["to"]) == (20, 0, 19)
    assert [job["job_id"] for job in core.get("/job/list?from=1&to=2")["jobs"]] == made[:-3:-1]
    (found,) = core.get("/job/list?status=error")["jobs"]
    assert found["job_id"] == failed
    assert core.refused("GET", "/job/list?status=unknown")[0] == 422


def test_a_list_is_there_with_a_slash_at_its_end(core: Core) -> None:
    job = core.query("SELECT 1")
    assert [one["job_id"] for one in core.get("/job/list/?from=0")["jobs"]] == [job]


def test_a_job_without_a_query_has_an_empty_one(core: Core) -> None:
    job = core.post("/table/partialdelete/shop/people", {"from": "0", "to": "3600"})["job_id"]
    assert core.get(f"/job/show/{job}")["query"] == ""


def test_the_scheduled_time_is_what_queries_see(core: Core) -> None:
    job = core.query("SELECT TD_SCHEDULED_TIME()", scheduled_time="2020-01-01T00:00:00Z")

    assert core.send("GET", f"/job/result/{job}?format=csv").text == "1577836800\n"


def test_written_rows_are_counted(core: Core) -> None:
    core.bring(PEOPLE)
    job = core.query("INSERT INTO people (time, name) VALUES (1, 'a'), (2, 'b')")

    assert core.get(f"/job/statistics/{job}") == {"records_inserted": "2"}
    assert core.get("/table/show/shop/people")["count"] == 4


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        ("/job/issue/presto/shop", {}, 422),
        ("/job/issue/presto/nowhere", {"query": "SELECT 1"}, 404),
        ("/job/issue/basic/shop", {"query": "SELECT 1"}, 422),
        ("/job/issue/pig/shop", {"query": "SELECT 1"}, 501),
        ("/job/issue/presto/shop", {"query": "SELECT 1", "priority": "3"}, 422),
        ("/job/issue/presto/shop", {"query": "SELECT 1", "retry_limit": "33"}, 422),
        ("/job/issue/presto/shop", {"query": "x" * 1_000_001}, 422),
        ("/job/issue/presto/shop", {"query": "SELECT 1", "result_connection_id": "9"}, 404),
        ("/job/issue/presto/shop", {"query": "SELECT 1", "scheduled_time": "soon"}, 422),
        ("/job/kill/1", {}, 404),
    ],
)
def test_what_cannot_be_issued(core: Core, path: str, form: Any, status: int) -> None:
    assert core.refused("POST", path, form)[0] == status


@pytest.mark.parametrize(
    ("mode", "count"), [("append", 4), ("replace", 2), ("truncate", 2), ("update", 2)]
)
def test_a_result_goes_into_a_table(core: Core, mode: str, count: int) -> None:
    core.bring(PEOPLE)
    url = f"td://1/key@api.example.com/shop/copies?mode={mode}&unique=name"
    for _ in range(2):
        job = core.query("SELECT time, name FROM people", result=url)
    shown = core.get(f"/job/show/{job}")

    assert shown["status"] == "success"
    assert "1/key" not in json.dumps(shown)
    assert core.get("/table/show/shop/copies")["count"] == count


def test_a_result_goes_to_the_outbox(core: Core) -> None:
    core.bring(PEOPLE)
    core.post("/result/create/warehouse", {"url": "s3://id:hush@bucket/path?secret_key=hush"})
    key = core.get("/connections/lookup?name=warehouse")["id"]
    core.query(SELECT, result_connection_id=str(key))

    (delivery,) = core.client.control("GET", "outbox")["deliveries"]
    assert delivery["target"] == "s3://id:***@bucket/path?secret_key=***"
    assert "hush" not in json.dumps(delivery)


def test_a_result_is_exported_later(core: Core) -> None:
    core.bring(PEOPLE)
    job = core.query("SELECT name FROM people")
    url = "td://@/ignored/ignored?mode=append"
    export = core.post(
        f"/job/result_export/{job}", {"result": url, "database": "shop", "table": "copies"}
    )

    assert export["type"] == "result_export"
    assert export["result_export_target_job_id"] == int(job)
    linked = core.get(f"/job/show/{job}")["linked_result_export_job_id"]
    assert linked == int(export["job_id"])
    assert core.rows("SELECT name FROM copies ORDER BY name") == [["ada"], ["kenji"]]


def test_a_table_is_exported(core: Core) -> None:
    core.bring(PEOPLE)
    path = "/export/run/shop/people"
    status, message = core.refused("POST", path, {"storage_type": "gcs", "bucket": "b"})
    assert (status, message) == (400, "Only s3 output type is supported: gcs")
    form = {
        "storage_type": "s3",
        "bucket": "b",
        "file_format": "jsonl.gz",
        "secret_access_key": "hush",
        "from": str(NOON),
        "to": str(NOON + 1),
    }
    job = core.post(path, form)["job_id"]

    assert core.get(f"/job/show/{job}")["status"] == "success"
    (delivery,) = core.client.control("GET", "outbox")["deliveries"]
    content = core.client.call("GET", f"/_sandbox/outbox/{delivery['id']}", key=None).content
    assert json.loads(gzip.decompress(content)) == PEOPLE[0]
    assert "hush" not in json.dumps([delivery, core.get(f"/job/show/{job}")])
