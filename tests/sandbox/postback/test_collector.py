"""The collector of older clients: browsers by JSONP or POST, phones in batches."""

from __future__ import annotations

import base64
import re
import zlib
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.sandbox.conftest import NOON

if TYPE_CHECKING:
    import requests

    from tests.sandbox.conftest import Client

EVENT = "/js/v3/event/shop/visits"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
JAVASCRIPT = {"Accept": "application/vnd.treasuredata.v1.js+json"}


def packed(record: Any) -> str:
    """Write a record as the browser client does."""
    return base64.b64encode(orjson.dumps(record)).decode()


def send(client: Client, record: Any, **parameters: str) -> requests.Response:
    """Send a record as JSONP does."""
    query = {"api_key": "2/sandbox", "modified": "1", "data": packed(record)} | parameters
    return client.call("GET", EVENT, key=None, params=query)


def phone(client: Client, body: Any, path: str = "/android/v3/event") -> requests.Response:
    """Send a phone's batch."""
    headers = {"X-TD-Write-Key": "2/sandbox", "X-TD-Data-Type": "k"}
    return client.call("POST", path, body, key=None, headers=headers)


def test_a_record_comes_as_base64(client: Client) -> None:
    answer = send(client, {"page": "/ä", "count": 2}, callback="TreasureJSONPCallback0")

    assert answer.status_code == 200
    assert answer.text == '/**/TreasureJSONPCallback0({"created":true});'
    assert answer.headers["Content-Type"].startswith("application/javascript")
    assert client.rows("shop/visits") == [{"time": NOON, "page": "/ä", "count": 2}]


def test_without_a_callback_the_answer_is_json(client: Client) -> None:
    assert send(client, {"a": 1}).json() == {"created": True}


def test_a_plus_sign_may_come_unencoded(client: Client) -> None:
    record = {"a": "~~~>>>???"}
    assert "+" in packed(record)

    answer = client.call("GET", f"{EVENT}?api_key=2%2Fsandbox&data={packed(record)}", key=None)

    assert answer.status_code == 200
    assert client.rows("shop/visits")[0]["a"] == record["a"]


def test_the_time_of_the_query_counts_where_the_record_has_none(client: Client) -> None:
    send(client, {"a": 1}, time=str(NOON - 60))
    send(client, {"a": 2, "time": NOON - 90}, time=str(NOON - 60))

    assert [row["time"] for row in client.rows("shop/visits")] == [NOON - 60, NOON - 90]


@pytest.mark.parametrize("data", ["", "%%%", "e30", packed([1]), packed("a"), "bm8="])
def test_what_is_no_record_is_an_error(client: Client, data: str) -> None:
    answer = send(client, {}, data=data, callback="done")

    if data == "e30":  # an empty object, written without padding
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.text) == (400, '/**/done({"error":true});')


def test_a_callback_that_is_code_is_refused(client: Client) -> None:
    answer = send(client, {"a": 1}, callback="alert(1)//")

    assert (answer.status_code, answer.json()) == (400, {"error": True})
    assert client.call("GET", "/_sandbox/rows/shop/visits").status_code == 404


def test_a_record_comes_in_a_body(client: Client) -> None:
    headers = {"X-TD-Write-Key": "2/sandbox", "X-TD-Fetch-Api": "true"}

    answer = client.call("POST", f"{EVENT}?modified=1", {"a": 1}, key=None, headers=headers)

    assert (answer.status_code, answer.json()) == (200, {"created": True})
    assert client.rows("shop/visits") == [{"time": NOON, "a": 1}]


def test_a_page_that_is_left_posts_its_data_in_the_query(client: Client) -> None:
    query = {"api_key": "2/sandbox", "data": packed({"a": 1})}

    assert client.call("POST", EVENT, key=None, params=query).status_code == 200
    assert client.rows("shop/visits") == [{"time": NOON, "a": 1}]


def test_a_wrong_key_gives_nothing_away(client: Client) -> None:
    assert send(client, {"a": 1}, api_key="1/wrong").json() == {"created": True}
    assert client.call("GET", "/_sandbox/rows/shop/visits").status_code == 404


def test_no_key_is_an_error(client: Client) -> None:
    answer = send(client, {"a": 1}, api_key="")

    assert (answer.status_code, answer.json()) == (403, {"error": True})


def test_the_server_fills_in_address_and_global_id(client: Client) -> None:
    record = {"td_ip": "td_ip", "td_global_id": "td_global_id", "td_os": "td_os"}

    answer = send(client, record)

    (row,) = client.rows("shop/visits")
    assert row["td_ip"] == "127.0.0.1"
    assert f"_td_global={row['td_global_id']};" in answer.headers["Set-Cookie"]
    assert row["td_os"] == "td_os"


@pytest.mark.parametrize("path", ["/js/v3/global_id", "/js/v3/enable_global_id", "/"])
def test_a_visitor_gets_a_global_id_and_keeps_it(client: Client, path: str) -> None:
    client.session.cookies.clear()
    first = client.call("GET", path, headers=JAVASCRIPT)
    again = client.call("GET", path, headers=JAVASCRIPT)
    client.session.cookies.clear()
    other = client.call("GET", path, headers=JAVASCRIPT)
    client.session.cookies.clear()

    assert re.fullmatch(UUID, first.json()["global_id"])
    assert first.json() == again.json() != other.json()
    assert "Set-Cookie" not in again.headers


def test_the_global_id_may_come_as_a_script(client: Client) -> None:
    answer = client.call("GET", "/js/v3/global_id?callback=done")
    client.session.cookies.clear()

    assert re.fullmatch(r"/\*\*/done\(\{\"global_id\":\"" + UUID + r"\"\}\);", answer.text)


def test_the_root_is_the_global_id_only_for_who_accepts_it(client: Client) -> None:
    assert client.call("GET", "/").status_code == 501


@pytest.mark.parametrize("host", ["us01.records.in.treasuredata.com", "in.treasuredata.com"])
def test_the_global_id_is_on_the_vendors_hosts(client: Client, host: str) -> None:
    answer = client.call("GET", "/", headers=JAVASCRIPT | {"Host": host})
    client.session.cookies.clear()

    assert list(answer.json()) == ["global_id"]


@pytest.mark.parametrize("path", ["/android/v3/event", "/ios/v3/event"])
def test_a_phone_sends_batches_by_table(client: Client, path: str) -> None:
    one = {"#UUID": "0b5a7d3e-3c55-4f0e-9d0a-9d6c2f3a1b77", "#SSUT": True, "a": 1}
    keen = {"keen": {"timestamp": "2023-11-14T22:00:00.000Z"}, "a": 2}
    body = {"shop.visits": [one, one, keen], "shop.orders": [{"timestamp": NOON - 5, "a": 3}]}

    answer = phone(client, body, path)

    good = {"success": True}
    assert answer.json() == {"shop.visits": [good, good, good], "shop.orders": [good]}
    assert client.rows("shop/visits") == [
        {"time": NOON, "a": 1},
        {"time": 1_699_999_200, "a": 2},
    ]
    assert client.rows("shop/orders") == [{"time": NOON - 5, "a": 3}]


def test_a_phone_may_deflate_its_batch(client: Client) -> None:
    body = zlib.compress(orjson.dumps({"shop.visits": [{"a": 1}]}))
    headers = {"X-TD-Write-Key": "2/sandbox"}

    answer = client.call(
        "POST", "/ios/v3/event", body, key=None, headers=headers, encoding="deflate"
    )

    assert answer.json() == {"shop.visits": [{"success": True}]}
    assert client.rows("shop/visits") == [{"time": NOON, "a": 1}]


def test_a_phones_bad_record_fails_alone(client: Client) -> None:
    answer = phone(client, {"shop.visits": [{"": 1}, {"a": 1}], "Shop.visits": [{"a": 2}]}).json()

    assert [one["success"] for one in answer["shop.visits"]] == [False, True]
    assert answer["shop.visits"][0]["error"]["name"] == "InvalidPropertyNameError"
    assert answer["Shop.visits"][0]["error"]["name"] == "InvalidCollectionNameError"
    assert client.rows("shop/visits") == [{"time": NOON, "a": 1}]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"shop.visits": {}},
        {"shop.visits": [1]},
        {"shop.visits": []},
        {"shop.visits": [{}] * 501},
        {f"shop.table_{number}": [{}] for number in range(101)},
    ],
)
def test_what_is_no_batch_of_a_phone_is_refused(client: Client, body: Any) -> None:
    assert phone(client, body).status_code == 400


def test_a_phone_needs_a_key_and_a_wrong_one_gives_nothing_away(client: Client) -> None:
    body = {"shop.visits": [{"a": 1}]}
    wrong = {"X-TD-Write-Key": "1/wrong"}

    assert client.call("POST", "/android/v3/event", body, key=None).status_code == 403
    answer = client.call("POST", "/android/v3/event", body, key=None, headers=wrong)
    assert answer.json() == {"shop.visits": [{"success": True}]}
    assert client.call("GET", "/_sandbox/rows/shop/visits").status_code == 404
