"""Imports: what is taken, what is refused, and how quickly."""

from __future__ import annotations

import gzip
import time
from typing import Any

import msgpack
import orjson
import pytest

from tests.sandbox.core.conftest import NOON, Core, packed

PATH = "/table/import/shop/people/msgpack.gz"


def send(core: Core, body: bytes, form: str = "msgpack.gz") -> Any:
    return core.send("PUT", f"/table/import/shop/people/{form}", data=body)


def test_records_become_rows(core: Core) -> None:
    answer = core.bring(
        [
            {"time": NOON, "name": "ada", "age": 36, "tags": ["a", {"b": b"raw"}]},
            {"name": b"bytes", "age": 2**64 - 1},
            {"time": NOON + 1.9, "Name": "upper", "ok": True},
        ]
    )

    assert answer["elapsed_time"] == 0
    rows = core.client.rows("shop/people")
    assert [row["time"] for row in rows] == [NOON, NOON, NOON + 1]
    assert [row["name"] for row in rows] == ["ada", "bytes", "upper"]
    assert [row["age"] for row in rows] == ["36", str(2**64 - 1), None]
    assert rows[0]["tags"] == ["a", {"b": "raw"}]


def test_imports_and_the_records_api_make_the_same_columns(core: Core) -> None:
    records = [
        {"time": NOON, "a": 1, "b": 1.5, "c": "x", "d": True, "e": [1]},
        {"a": 1.5, "b": "y"},
    ]
    core.bring(records)
    core.client.several(records, "shop/streamed")

    assert core.client.types("shop/people") == core.client.types("shop/streamed")


@pytest.mark.parametrize("unique_id", ["ab12", "0b5a7d3e-3c55-4f0e-9d0a-9d6c2f3a1b77"])
def test_the_same_id_is_stored_once(core: Core, unique_id: str) -> None:
    path = f"/table/import_with_id/shop/people/{unique_id}/msgpack.gz"
    for _ in range(2):
        answer = core.send("PUT", path, data=packed([{"time": NOON}]))
        assert answer.json()["unique_id"] == unique_id
    assert core.get("/table/show/shop/people")["count"] == 1
    wrong = path.replace(unique_id, "XYZ")
    assert core.refused("PUT", wrong, data=packed([]))[0] == 422


def test_an_empty_upload_asks_whether_a_table_is_there(core: Core) -> None:
    writer = core.by("2/sandbox")
    assert writer.send("PUT", PATH, data=gzip.compress(b"")).status_code == 200
    missing = PATH.replace("people", "nobody")
    assert writer.refused("PUT", missing, data=gzip.compress(b"")) == (
        404,
        "Couldn't find UserTableReference with name = nobody",
    )


def test_a_value_without_a_name_is_left_out(core: Core) -> None:
    core.bring([{"": 0, "time": NOON, "n": 1}, {"": 1, "time": NOON, "n": 2}])

    assert core.client.types("shop/people") == {"time": "BIGINT", "n": "BIGINT"}
    assert core.rows("SELECT n FROM people ORDER BY n") == [[1], [2]]


@pytest.mark.parametrize(
    ("form", "body"),
    [
        ("msgpack", msgpack.packb({"time": NOON, "n": 1}) + msgpack.packb({"time": NOON, "n": 2})),
        ("json", b'{"time":1,"n":1}\n{"time":2,"n":2}\n'),
        ("json", b'[{"time":1,"n":1},{"time":2,"n":2}]'),
        ("json.gz", gzip.compress(b'{"time":1,"n":1}\n{"time":2,"n":2}')),
        ("msgpack.gz", packed([{"n": 1}]) + packed([{"n": 2}])),
    ],
    ids=range(5),
)
def test_other_formats(core: Core, form: str, body: bytes) -> None:
    assert send(core, body, form).status_code == 200
    assert core.rows("SELECT sum(n) FROM people") == [[3]]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no gzip", 400),
        (packed([{"a": 1}])[:-9], 400),
        (gzip.compress(b"\xc1"), 400),
        (gzip.compress(msgpack.packb({"a": "long text"})[:-3]), 400),
        (packed([{1: 2}]), 400),
        (gzip.compress(msgpack.packb({"a": msgpack.ExtType(42, b"x")})), 400),
        (gzip.compress(b"\x91" * 100_000), 400),
        (packed([1]), 422),
        (packed([[1]]), 422),
        (packed([{"time": "now"}]), 422),
        (packed([{"time": NOON * 1000}]), 422),
        (packed([{"time": True}]), 422),
        (packed([{"tab\t": 1}]), 422),
        (packed([{"n" * 200: 1}]), 422),
        (packed([{f"c{number}": 1 for number in range(600)}]), 422),
        (gzip.compress(b"\0" * (200 << 20), 1), 413),
    ],
    ids=range(16),
)
def test_hostile_uploads_leave_nothing(core: Core, body: bytes, status: int) -> None:
    assert send(core, body).status_code == status
    assert core.client.table("shop/people")["count"] == 0
    assert list(core.client.types("shop/people")) == ["time"]


def test_one_bad_record_refuses_its_upload(core: Core) -> None:
    assert send(core, packed([{"time": NOON, "a": 1}, {"time": "x"}])).status_code == 422
    assert core.client.table("shop/people")["count"] == 0


def test_an_unknown_format_is_refused(core: Core) -> None:
    assert core.refused("PUT", PATH.replace("msgpack.gz", "xml"), data=b"")[0] == 422


def test_deep_nesting_is_kept_or_refused_but_never_fails(core: Core) -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    assert send(core, packed([{"deep": deep}])).status_code in {200, 400, 422}


def test_a_hundred_thousand_rows_come_in_about_a_second(core: Core) -> None:
    body = packed(
        [
            {"time": NOON + number, "name": f"name {number}", "n": number, "f": number / 2}
            for number in range(100_000)
        ]
    )
    began = time.process_time()  # the sandbox is in this process; others may keep it waiting

    assert send(core, body).status_code == 200

    assert time.process_time() - began < 5  # about one on a free machine
    assert core.rows("SELECT count(1), max(n) FROM people") == [[100_000, 99_999]]


def test_rows_of_both_ways_are_seen_by_queries(core: Core) -> None:
    core.client.single({"time": NOON, "n": 1}, "shop/people")
    core.bring([{"time": NOON, "n": 2}])
    core.client.single({"time": NOON, "n": 3}, "shop/people")

    assert core.rows("SELECT n FROM people ORDER BY n") == [[1], [2], [3]]
    assert orjson.loads(core.get("/table/show/shop/people")["schema"]) == [["n", "long"]]


@pytest.mark.parametrize(
    ("content", "reason"), [(b"\x91" * 5000, "too deeply"), (b"\xc1", "begins no value")]
)
def test_msgpack_that_is_refused_says_why(core: Core, content: bytes, reason: str) -> None:
    path = "/table/import/shop/people/msgpack.gz"

    status, message = core.refused("PUT", path, data=gzip.compress(content))

    assert status == 400
    assert reason in message
