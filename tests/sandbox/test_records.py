"""The records API: bodies, media types, sizes, answers."""

from __future__ import annotations

import gzip
import tracemalloc
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
import pytest

from tests.sandbox.conftest import NOON, SEVERAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client


def test_a_single_record_is_stored_and_answered_with_its_uuid(client: Client) -> None:
    answer = client.single({"email": "ada@example.com"})

    assert answer.status_code == 200
    assert answer.json() == {"success": True, "uuid": answer.json()["uuid"]}
    assert UUID(answer.json()["uuid"]).version == 4
    assert client.rows() == [{"time": NOON, "email": "ada@example.com"}]


def test_a_batch_is_answered_with_receipts_in_order(client: Client) -> None:
    uuids = [f"00000000-0000-4000-8000-00000000000{index}" for index in range(3)]

    answer = client.several([{"n": index, "uuid": uuid} for index, uuid in enumerate(uuids)])

    assert answer.status_code == 200
    assert answer.json() == {"receipts": [{"success": True, "uuid": uuid} for uuid in uuids]}
    assert [row["n"] for row in client.rows()] == [0, 1, 2]


@pytest.mark.parametrize("wrapper", ["records", "events"])
@pytest.mark.parametrize("variant", ["", ".js", ".mobile"])
def test_every_wrapper_and_media_type_of_the_clients_is_taken(
    client: Client, wrapper: str, variant: str
) -> None:
    media_type = f"application/vnd.treasuredata.v1{variant}+json; charset=utf-8"

    answer = client.call("POST", "/shop/events", {wrapper: [{"a": 1}]}, media_type=media_type)

    assert answer.status_code == 200
    assert client.table("shop/events")["count"] == 1


def test_a_gzip_body_is_taken(client: Client) -> None:
    assert client.gzipped(b'{"records":[{"a":1}]}').status_code == 200
    assert client.rows() == [{"time": NOON, "a": 1}]


def test_a_gzip_bomb_is_refused_before_it_unfolds(client: Client) -> None:
    bomb = gzip.compress(b'{"records":[{"a":"' + bytes(60_000_000) + b'"}]}', 1)

    tracemalloc.start()
    answer = client.call("POST", "/shop/bomb", bomb, media_type=SEVERAL, encoding="gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 20_000_000
    assert answer.status_code == 413
    assert answer.json()["code"] == "payload-too-large"


@pytest.mark.parametrize(
    ("body", "encoding", "status"),
    [
        (b"not gzip", "gzip", 400),
        (gzip.compress(b'{"records":[{"a":1}]}', mtime=0)[:-9], "gzip", 400),
        (b"{}", "br", 415),
    ],
)
def test_a_body_that_cannot_be_decoded_is_refused(
    client: Client, body: bytes, encoding: str, status: int
) -> None:
    answer = client.call("POST", "/shop/a_table", body, media_type=SEVERAL, encoding=encoding)

    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 200), (500, 200), (501, 400)])
def test_a_batch_has_1_to_500_records(client: Client, count: int, status: int) -> None:
    answer = client.several([{"n": index} for index in range(count)])

    assert answer.status_code == status
    assert len(answer.json().get("receipts", [])) == (count if status == 200 else 0)


@pytest.mark.parametrize(("size", "status"), [(1 << 20, 200), ((1 << 20) + 1, 413)])
def test_a_single_record_has_at_most_one_megabyte(client: Client, size: int, status: int) -> None:
    body = b'{"a":"' + b"x" * (size - 8) + b'"}'

    assert client.single(body).status_code == status


def test_a_record_of_a_batch_has_at_most_one_megabyte(client: Client) -> None:
    answer = client.several([{"a": 1}, {"a": "x" * (1 << 20)}])

    assert answer.status_code == 413
    assert "Record 1" in answer.json()["message"]


@pytest.mark.parametrize(("size", "status"), [(5 << 20, 200), ((5 << 20) + 1, 413)])
def test_a_batch_has_at_most_five_megabytes(client: Client, size: int, status: int) -> None:
    records = [{"a": "x" * 900_000} for _ in range(5)] + [{"a": ""}]
    records[-1]["a"] = "x" * (size - len(orjson.dumps({"records": records})))

    assert client.several(records).status_code == status


def test_a_client_that_sends_far_too_much_still_gets_its_answer(client: Client) -> None:
    assert client.several([{"a": "x" * 20_000_000}]).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"records":{}}',
        b'{"records":[1]}',
        b'{"records":[],"events":[]}',
        b'{"records":[{"a":NaN}]}',
        b'{"records":[{"a":"\xff"}]}',
        b'{"records":[{"a":"\\ud800"}]}',
        b'{"records":' + b"[" * 100_000,
        b'{"records":[{"a":1' + b"0" * 5000 + b"}]}",
    ],
)
def test_a_body_that_is_no_batch_is_a_bad_request(client: Client, body: bytes) -> None:
    answer = client.call("POST", "/shop/customers", body, media_type=SEVERAL)

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-request"


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"{", b""])
def test_a_body_that_is_no_object_is_no_single_record(client: Client, body: bytes) -> None:
    assert client.single(body).status_code == 400


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", ""])
def test_an_unknown_media_type_is_refused(client: Client, media_type: str) -> None:
    answer = client.call("POST", "/shop/customers", {"a": 1}, media_type=media_type)

    assert answer.status_code == 415
    assert SEVERAL in answer.json()["message"]


@pytest.mark.parametrize(
    "path",
    [
        "ab/customers",
        "shop/ab",
        "Shop/customers",
        "shop/customers-1",
        f"shop/{'a' * 256}",
        "shop/%22%3B--",
        "information_schema/customers",
    ],
)
def test_a_name_that_no_table_can_have_is_a_bad_request(client: Client, path: str) -> None:
    assert client.single({"a": 1}, path).status_code == 400


@pytest.mark.parametrize("database", ["main", "temp", "memory", "system", "cdp", "a" * 255])
def test_a_database_may_have_a_name_that_means_something_elsewhere(
    client: Client, database: str
) -> None:
    assert client.single({"a": 1}, f"{database}/sqlite_master").status_code == 200
    assert client.table(f"{database}/sqlite_master")["count"] == 1


@pytest.mark.parametrize(
    ("auto_create", "key", "statuses"),
    [
        ("all", "1/sandbox", (200, 200)),
        ("all", "2/sandbox", (422, 200)),
        ("tables", "1/sandbox", (422, 200)),
        ("tables", "2/sandbox", (422, 200)),
        ("none", "1/sandbox", (422, 422)),
    ],
)
def test_what_is_missing_is_made_as_the_settings_say(
    start_client: Callable[..., Client], auto_create: str, key: str, statuses: tuple[int, int]
) -> None:
    client = start_client(auto_create=auto_create)

    no_database = client.single({"a": 1}, "new_database/customers", key=key)
    no_table = client.single({"a": 1}, "shop/new_table", key=key)

    assert (no_database.status_code, no_table.status_code) == statuses


def test_a_missing_database_is_named(start_client: Callable[..., Client]) -> None:
    answer = start_client(auto_create="none").single({"a": 1}, "nowhere/customers")

    assert answer.json() == {
        "code": "database-not-found",
        "message": "The database 'nowhere' does not exist.",
    }


def test_an_existing_table_takes_records_whatever_may_be_made(
    start_client: Callable[..., Client],
) -> None:
    client = start_client(auto_create="none", seed={"databases": {"shop": {"customers": []}}})

    assert client.single({"a": 1}, key="2/sandbox").status_code == 200


def test_a_request_refused_as_a_whole_makes_no_table(client: Client) -> None:
    before = client.control("GET", "databases")

    client.several([])

    assert client.control("GET", "databases") == before


def test_a_method_the_path_does_not_have_is_answered_in_json(client: Client) -> None:
    answer = client.call("GET", "/shop/customers")

    assert answer.status_code == 405
    assert set(answer.json()) == {"code", "message"}


def test_a_batch_that_fails_in_part_is_answered_with_206(client: Client) -> None:
    answer = client.several([{"a": 1}, {"a": 2, "time": "noon"}, {"a": 3}])

    receipts: list[Any] = answer.json()["receipts"]
    assert answer.status_code == 206
    assert [receipt["success"] for receipt in receipts] == [True, False, True]
    assert receipts[1]["error"] == {
        "name": "InvalidPropertyValueError",
        "description": "The value of 'time' is not a whole number of seconds.",
    }
    assert [row["a"] for row in client.rows()] == [1, 3]


def test_a_single_record_that_fails_is_answered_with_422(client: Client) -> None:
    answer = client.single({"a": 1, "time": "noon"})

    assert answer.status_code == 422
    assert answer.json()["code"] == "record-refused"
    assert answer.json()["error"]["name"] == "InvalidPropertyValueError"
