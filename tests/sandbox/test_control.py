"""The control routes: what they show and move, and whom they refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.conftest import NOON

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

STATE_CHANGING = [
    ("POST", "seed"),
    ("POST", "reset"),
    ("PUT", "clock"),
    ("POST", "faults"),
]


def test_a_reset_goes_back_to_how_the_sandbox_started(client: Client) -> None:
    client.control("POST", "seed", {"databases": {"other": {}}})
    client.single({"a": 1}, "other/customers")
    client.control("PUT", "clock", {"advance": 60})
    client.fault(kind="status", status=500, match={"path": "^/nowhere"})

    client.control("POST", "reset", {})

    assert client.databases() == {"shop": {}}
    assert client.control("GET", "clock") == {"now": NOON, "mode": "fixed"}
    assert client.control("GET", "faults") == {"faults": []}
    assert client.control("GET", "requests") == {"requests": []}
    assert client.call("GET", "/audiences/101").status_code == 200


def test_a_reset_forgets_the_uuids_that_were_taken(client: Client) -> None:
    uuid = client.single({"a": 1}).json()["uuid"]
    client.control("POST", "reset", {})

    client.single({"a": 2, "uuid": uuid})

    assert [row["a"] for row in client.rows()] == [2]


def test_ids_repeat_after_a_reset(start_client: Callable[..., Client]) -> None:
    client = start_client(random_seed=7)
    first = client.create_token()
    client.control("POST", "reset", {})

    assert client.create_token() == first


def test_the_clock_follows_the_system_unless_told_otherwise(
    start_client: Callable[..., Client],
) -> None:
    client = start_client(now=None)

    first = client.control("GET", "clock")
    moved = client.control("PUT", "clock", {"advance": 3600})

    assert first["mode"] == moved["mode"] == "system"
    assert 3600 <= moved["now"] - first["now"] < 3660
    assert client.control("PUT", "clock", {"system": True})["now"] - first["now"] < 60


def test_the_clock_can_be_set_and_moved(client: Client) -> None:
    assert client.control("PUT", "clock", {"now": 10}) == {"now": 10, "mode": "fixed"}
    assert client.control("PUT", "clock", {"advance": 5.5}) == {"now": 15.5, "mode": "fixed"}
    assert client.control("PUT", "clock", {"advance": -15}) == {"now": 0.5, "mode": "fixed"}


@pytest.mark.parametrize(
    "body",
    [{}, {"now": "x"}, {"now": True}, {"now": -1}, {"advance": 1e15}, {"now": 1, "advance": 1}, 7],
)
def test_the_clock_refuses_what_is_no_time(client: Client, body: Any) -> None:
    assert client.call("PUT", "/_sandbox/clock", body).status_code == 400
    assert client.control("GET", "clock")["now"] == NOON


def test_databases_and_tables_are_listed_with_counts(client: Client) -> None:
    client.several([{"a": 1}, {"a": 2}], "shop/orders")
    client.single({"a": 1}, "other/customers")

    listed = client.control("GET", "databases")["databases"]
    assert {"name": "other", "tables": [{"name": "customers", "count": 1}]} in listed
    assert {"name": "shop", "tables": [{"name": "orders", "count": 2}]} in listed


def test_rows_come_in_order_by_limit_and_offset(client: Client) -> None:
    client.several([{"n": index} for index in range(10)])

    shown = client.control("GET", "rows/shop/customers?limit=3&offset=4")

    assert shown["columns"] == [
        {"name": "time", "type": "BIGINT"},
        {"name": "n", "type": "BIGINT"},
    ]
    assert shown["count"] == 10
    assert [row["n"] for row in shown["rows"]] == [4, 5, 6]


@pytest.mark.parametrize("query", ["limit=x", "limit=-1", "limit=10001", "offset=1e3", "limit="])
def test_rows_refuse_a_limit_that_is_no_number(client: Client, query: str) -> None:
    client.single({"a": 1})

    assert client.call("GET", f"/_sandbox/rows/shop/customers?{query}").status_code == 400


@pytest.mark.parametrize("table", ["shop/nothing", "nowhere/nothing", "%22/%22", "main/x"])
def test_rows_of_no_table_are_not_found(client: Client, table: str) -> None:
    assert client.call("GET", f"/_sandbox/rows/{table}").status_code == 404


def test_the_log_tells_requests_and_masks_the_key(client: Client) -> None:
    client.single({"a": 1}, "shop/orders?x=1", headers={"X-Trace": "t-1"})

    entry = client.control("GET", "requests")["requests"][0]

    headers = entry.pop("headers")
    assert headers["authorization"] == "TD1 ***"
    assert headers["x-trace"] == "t-1"
    assert entry == {
        "at": NOON,
        "method": "POST",
        "path": "/shop/orders",
        "query": "x=1",
        "size": 7,
        "body": '{"a":1}',
        "status": 200,
        "fault": None,
        "note": None,
    }


def test_the_key_is_nowhere_in_the_log(client: Client) -> None:
    client.call("GET", "/audiences")
    client.call("GET", "/audiences", key=None, headers={"Authorization": "1/sandbox"})

    assert "1/sandbox" not in client.call("GET", "/_sandbox/requests", key=None).text


def test_the_log_shows_a_compressed_body_in_plain(client: Client) -> None:
    client.gzipped(b'{"records":[{"a":1}]}')

    assert client.control("GET", "requests")["requests"][0]["body"] == '{"records":[{"a":1}]}'


def test_the_log_keeps_the_beginning_of_a_long_body(client: Client) -> None:
    client.single({"a": "x" * 100_000})

    entry = client.control("GET", "requests")["requests"][0]
    assert (entry["size"], len(entry["body"])) == (100_008, 16_384)


def test_the_log_tells_refused_requests_too(client: Client) -> None:
    client.single({"a": 1}, key=None)
    client.call("GET", "/nowhere")

    statuses = [entry["status"] for entry in client.control("GET", "requests")["requests"]]
    assert statuses == [401, 404]


def test_the_log_is_bounded(start_client: Callable[..., Client]) -> None:
    client = start_client(logged_requests=3)
    for index in range(5):
        client.call("GET", f"/number/{index}")

    paths = [entry["path"] for entry in client.control("GET", "requests")["requests"]]
    assert paths == ["/number/2", "/number/3", "/number/4"]


def test_the_log_can_be_emptied_and_leaves_control_routes_out(client: Client) -> None:
    client.call("GET", "/audiences")
    client.control("DELETE", "requests")
    client.control("GET", "databases")

    assert client.control("GET", "requests") == {"requests": []}


@pytest.mark.parametrize(("method", "path"), STATE_CHANGING)
@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_form_of_a_web_page_changes_nothing(
    client: Client, method: str, path: str, media_type: str
) -> None:
    client.single({"a": 1})

    answer = client.call(method, f"/_sandbox/{path}", {}, media_type=media_type)

    assert answer.status_code == 415
    assert client.table()["count"] == 1


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "GET"])
def test_no_answer_lets_a_web_page_in(client: Client, method: str) -> None:
    headers = {"Origin": "http://page.example.com", "Access-Control-Request-Method": "DELETE"}

    answer = client.call(method, "/_sandbox/requests", headers=headers)

    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "host", ["evil.example.com", "127.0.0.1.evil.example.com", "localhost.evil", "", "10.0.0.1"]
)
@pytest.mark.parametrize(("method", "path"), [("GET", "requests"), ("POST", "reset")])
def test_a_foreign_host_name_is_refused(client: Client, method: str, path: str, host: str) -> None:
    body: Any = {} if method == "POST" else None

    answer = client.call(method, f"/_sandbox/{path}", body, headers={"Host": host})

    assert answer.status_code in {400, 403}


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9", "[::1]:1"])
def test_a_name_of_this_machine_is_welcome(client: Client, host: str) -> None:
    answer = client.call("GET", "/_sandbox/clock", headers={"Host": host})

    assert answer.status_code == 200


def test_more_host_names_may_be_set(start_client: Callable[..., Client]) -> None:
    client = start_client(control_hosts=("sandbox", ".treasuredata.com"))

    def status(host: str) -> int:
        return client.call("GET", "/_sandbox/clock", headers={"Host": host}).status_code

    assert status("sandbox:8080") == status("us01.records.in.treasuredata.com") == 200
    assert status("treasuredata.com.evil.example.com") == status("sandbox.evil") == 403


def test_the_vendors_routes_take_any_host_name(client: Client) -> None:
    answer = client.single({"a": 1}, headers={"Host": "us01.records.in.treasuredata.com"})

    assert answer.status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "seed"), ("PUT", "clock")])
def test_a_control_body_that_is_not_json_is_refused(client: Client, method: str, path: str) -> None:
    assert client.call(method, f"/_sandbox/{path}", b"{").status_code == 400


@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/", "/_sandbox/customers"])
def test_nothing_under_the_control_prefix_is_a_table(client: Client, path: str) -> None:
    assert client.single({"a": 1}, path[1:]).status_code == 404
    assert client.databases() == {"shop": {}}


def test_the_log_masks_keys_in_other_headers_and_in_the_query(client: Client) -> None:
    client.call(
        "GET",
        "/postback/v3/event/shop/x?td_write_key=2%2Fsandbox&a=1",
        headers={"X-TD-Write-Key": "k"},
    )

    (entry,) = client.call("GET", "/_sandbox/requests").json()["requests"]
    assert entry["query"] == "td_write_key=***&a=1"
    assert entry["headers"]["x-td-write-key"] == "***"
