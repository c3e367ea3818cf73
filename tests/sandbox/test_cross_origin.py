"""Pages of other sites: what they may send and read, and what they may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.conftest import NOON, SEVERAL

if TYPE_CHECKING:
    import requests

    from tests.sandbox.conftest import Client

ORIGIN = "https://shop.example.com"
ALLOWS = "Access-Control-Allow-Origin"
OPEN = [
    ("POST", "/shop/visits"),
    ("POST", "/public/shop/visits"),
    ("POST", "/js/v3/event/shop/visits"),
    ("GET", "/js/v3/global_id"),
    ("POST", "/postback/v3/event/shop/visits"),
    ("GET", "/cdp/lookup/collect/segments"),
    ("GET", "/"),
]
CLOSED = [
    ("GET", "/audiences"),
    ("POST", "/entities/tokens"),
    ("GET", "/v3/database/list"),
    ("POST", "/v3/job/issue/presto/shop"),
    ("GET", "/api/projects"),
    ("POST", "/_sandbox/reset"),
    ("GET", "/_sandbox/requests"),
]


def asked(client: Client, method: str, path: str, **headers: str) -> requests.Response:
    """Ask what a browser asks before a request."""
    question = {"Origin": ORIGIN, "Access-Control-Request-Method": method}
    return client.call("OPTIONS", path, key=None, headers=question | headers)


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_a_page_may_use_what_is_made_for_pages(client: Client, method: str, path: str) -> None:
    answer = asked(client, method, path)

    assert answer.status_code == 204
    assert answer.headers[ALLOWS] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_page_may_use_nothing_else(client: Client, method: str, path: str) -> None:
    question = asked(client, method, path)
    answer = client.call(method, path, {} if method == "POST" else None, headers={"Origin": ORIGIN})

    assert not question.ok
    for one in (question, answer):
        assert not [name for name in one.headers if name.lower().startswith("access-control")]


def test_a_page_reads_its_answer(client: Client) -> None:
    answer = client.several([{"a": 1}], headers={"Origin": ORIGIN})

    assert answer.headers[ALLOWS] == ORIGIN
    assert client.rows() == [{"time": NOON, "a": 1}]


def test_a_page_reads_why_it_was_refused(client: Client) -> None:
    answers: list[Any] = [
        client.several([{"a": 1}], key="1/wrong", headers={"Origin": ORIGIN}),
        client.call("GET", "/cdp/lookup/collect/segments", headers={"Origin": ORIGIN}),
        client.call("POST", "/shop/a", b"x" * (6 << 20), headers={"Origin": ORIGIN}),
    ]

    assert [answer.status_code for answer in answers] == [401, 400, 413]
    assert all(answer.headers[ALLOWS] == ORIGIN for answer in answers)


def test_an_injected_fault_can_be_read_too(client: Client) -> None:
    client.fault(kind="status", status=503, match={"method": "POST"})

    answer = client.several([{"a": 1}], headers={"Origin": ORIGIN})

    assert (answer.status_code, answer.headers[ALLOWS]) == (503, ORIGIN)


def test_who_is_no_page_is_told_nothing_of_origins(client: Client) -> None:
    assert ALLOWS not in client.several([{"a": 1}]).headers


def test_an_options_request_that_asks_nothing_is_none(client: Client) -> None:
    assert client.call("OPTIONS", "/shop/visits").status_code == 405


@pytest.mark.parametrize(
    ("host", "is_open"),
    [
        ("us01.records.in.treasuredata.com", True),
        ("us01.p13n.in.treasuredata.com", True),
        ("cdp.in.treasuredata.com", True),
        ("in.treasuredata.com", True),
        ("api.treasuredata.com", False),
        ("api-cdp.treasuredata.com", False),
        ("api-workflow.treasuredata.com", False),
    ],
)
def test_the_vendors_host_decides(client: Client, host: str, *, is_open: bool) -> None:
    answer = asked(client, "POST", "/shop/visits", Host=host)

    assert (ALLOWS in answer.headers) is is_open


def test_the_javascript_clients_type_adds_address_and_global_id(client: Client) -> None:
    media_type = "application/vnd.treasuredata.v1.js+json"
    events = {"events": [{"td_global_id": "td_global_id", "td_ua": "mine"}]}

    answer = client.call("POST", "/shop/visits", events, media_type=media_type)

    (row,) = client.rows("shop/visits")
    assert f"_td_global={row['td_global_id']};" in answer.headers["Set-Cookie"]
    assert (row["td_ip"], row["td_ua"]) == ("127.0.0.1", "mine")


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/vnd.treasuredata.v1.mobile+json", ["127.0.0.1", "203.0.113.9"]),
        (SEVERAL, [None, "203.0.113.9"]),
    ],
)
def test_an_address_is_added_where_the_type_asks(
    client: Client, media_type: str, expected: list[str | None]
) -> None:
    events = {"events": [{"a": 1}, {"a": 2, "td_ip": "203.0.113.9"}]}

    client.call("POST", "/shop/visits", events, media_type=media_type)

    assert [row.get("td_ip") for row in client.rows("shop/visits")] == expected


def test_the_address_is_the_connections_whatever_headers_claim(client: Client) -> None:
    media_type = "application/vnd.treasuredata.v1.mobile+json"
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}

    client.call(
        "POST", "/shop/visits", {"events": [{"a": 1}]}, media_type=media_type, headers=claimed
    )

    assert [row["td_ip"] for row in client.rows("shop/visits")] == ["127.0.0.1"]
