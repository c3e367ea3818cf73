"""Postback: what is stored, which key counts, and which answers give nothing away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts import errors, needs_contracts, operation
from tests.sandbox.conftest import NOON, Client

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

PATH = "/postback/v3/event/shop/visits"
DAY = 24 * 3600
V2_HOST = {"Host": "us01.records.in.treasuredata.com"}
V3_HOST = {"Host": "in.treasuredata.com"}


def post(client: Client, event: Any, key: str = "2/sandbox", **more: Any) -> requests.Response:
    """Post an event with its key in the header of postback."""
    headers = {"X-TD-Write-Key": key} | more.pop("headers", {})
    path = more.pop("path", PATH)
    return client.call("POST", path, event, key=None, headers=headers, **more)


def tables(client: Client) -> Any:
    """Give the names of the tables of the database shop."""
    databases = client.control("GET", "databases")["databases"]
    return [table["name"] for one in databases if one["name"] == "shop" for table in one["tables"]]


def note(client: Client) -> Any:
    """Give what the request log knows of the latest request."""
    return client.control("GET", "requests")["requests"][-1]["note"]


def test_an_event_becomes_a_row_whose_values_keep_their_types(client: Client) -> None:
    event = {"word": "a", "count": 1234, "share": 0.5, "new": True, "list": [1, {"a": None}]}

    answer = post(client, event)

    assert (answer.status_code, answer.content) == (200, b"{}")
    assert client.rows("shop/visits") == [{"time": NOON} | event]
    assert client.types("shop/visits")["count"] == "BIGINT"


def test_an_answer_is_as_the_vendor_shows_it(client: Client) -> None:
    headers = post(client, {"a": 1}).headers

    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == "2"
    assert headers["Strict-Transport-Security"] == "max-age=31536000"


def test_values_are_text_if_the_setting_says_so(start_client: Callable[..., Client]) -> None:
    client = start_client(postback_values_as_text=True)

    post(client, {"count": 12, "new": True, "list": [1, 2], "none": None, "word": "a"})

    (row,) = client.rows("shop/visits")
    assert row == {"time": NOON, "count": "12", "new": "true", "list": "[1,2]", "word": "a"}


@pytest.mark.parametrize(
    ("wished", "kept"),
    [
        (NOON - 7 * DAY, NOON - 7 * DAY),
        (NOON - 7 * DAY - 1, NOON),
        (NOON + 3 * DAY, NOON + 3 * DAY),
        (NOON + 3 * DAY + 1, NOON),
        (str(NOON - 5), NOON - 5),
        ((NOON - 5) * 1000, NOON),
        (NOON - 0.5, NOON),
        (True, NOON),
        ("yesterday", NOON),
        (None, NOON),
    ],
)
def test_a_record_time_counts_within_its_bounds(client: Client, wished: Any, kept: int) -> None:
    post(client, {"td_record_time": wished, "a": 1})

    assert client.rows("shop/visits") == [{"time": kept, "a": 1}]


def test_a_record_time_wins_over_a_time(client: Client) -> None:
    post(client, {"td_record_time": NOON - 5, "time": NOON - 9})
    post(client, {"time": NOON - 9})
    post(client, {"td_record_time": 0, "time": NOON - 9})

    assert [row["time"] for row in client.rows("shop/visits")] == [NOON - 5, NOON - 9, NOON - 9]


def test_an_event_with_a_uuid_is_stored_once(client: Client) -> None:
    event = {"uuid": "0b5a7d3e-3c55-4f0e-9d0a-9d6c2f3a1b77", "a": 1}

    assert [post(client, event).status_code for _ in range(2)] == [200, 200]
    assert client.rows("shop/visits") == [{"time": NOON, "a": 1}]


def test_the_header_wins_over_the_parameter(client: Client) -> None:
    path = f"{PATH}?td_write_key=3%2Funknown"

    post(client, {"a": 1}, path=path)
    post(client, {"a": 2}, key="3/unknown", path=f"{PATH}?td_write_key=2%2Fsandbox")

    assert [row["a"] for row in client.rows("shop/visits")] == [1]


def test_the_parameter_will_do_without_a_header(client: Client) -> None:
    answer = client.call("POST", f"{PATH}?td_write_key=2%2Fsandbox", {"a": 1}, key=None)

    assert answer.status_code == 200
    assert client.rows("shop/visits") == [{"time": NOON, "a": 1}]


def test_a_wrong_key_is_answered_like_a_right_one_and_stores_nothing(client: Client) -> None:
    right = post(client, {"a": 1}, path="/postback/v3/event/shop/other")
    wrong = post(client, {"a": 1}, key="1/wrong")

    assert (wrong.status_code, wrong.content) == (right.status_code, right.content)
    assert "other" in tables(client)
    assert "visits" not in tables(client)
    assert "key is not known" in note(client)


def test_a_key_that_may_not_write_is_found_out_later(start_client: Callable[..., Client]) -> None:
    client = start_client(query_only_keys=("3/reader",))

    assert post(client, {"a": 1}, key="3/reader").status_code == 200
    assert "visits" not in tables(client)
    assert "no write access" in note(client)


def test_a_missing_database_is_found_out_later(client: Client) -> None:
    answer = post(client, {"a": 1}, path="/postback/v3/event/nowhere/visits")

    assert answer.status_code == 200
    assert "'nowhere' does not exist" in note(client)


def test_a_note_is_about_its_own_request_only(client: Client) -> None:
    post(client, {"a": 1}, key="1/wrong")
    post(client, {"a": 1})

    assert note(client) is None


def test_a_request_without_a_key_is_forbidden(client: Client) -> None:
    answer = client.call("POST", PATH, {"a": 1}, key=None)

    assert (answer.status_code, answer.content) == (403, b"{}")
    assert note(client) == "There is no API key."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'[{"a": 1}]',
        b'"a"',
        b"a=1",
        b'{"a": NaN}',
        b'{"": 1}',
        b'{"time": "now"}',
        b'{"uuid": "7"}',
        b'{"a": 1, "A": 2}',
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_event_is_refused(client: Client, body: bytes) -> None:
    answer = post(client, body)

    assert (answer.status_code, answer.content) == (400, b"{}")
    assert note(client)


@pytest.mark.parametrize(
    "names", ["Shop/visits", "shop/vi-sits", "sh/visits", "shop/vi", "shop/" + "a" * 256]
)
def test_names_that_cannot_be_are_refused(client: Client, names: str) -> None:
    assert post(client, {"a": 1}, path=f"/postback/v3/event/{names}").status_code == 400


def padded(size: int) -> bytes:
    """Make an event of exactly so many bytes."""
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def test_version_2_takes_just_so_many_bytes(client: Client) -> None:
    limit = 1_048_064

    whole = post(client, padded(limit), headers=V2_HOST)
    more = post(client, padded(limit + 1), headers=V2_HOST)
    huge = post(client, padded(6 << 20), headers=V2_HOST)

    assert [whole.status_code, more.status_code, huge.status_code] == [200, 413, 413]
    assert more.content == b"{}"
    assert len(client.rows("shop/visits")) == 1


def test_version_3_takes_what_a_record_may_have(client: Client) -> None:
    whole = post(client, padded(1 << 20), headers=V3_HOST)
    more = post(client, padded((1 << 20) + 1), headers=V3_HOST)

    assert [whole.status_code, more.status_code] == [200, 413]


def test_version_2_takes_no_key_in_the_query(client: Client) -> None:
    path = f"{PATH}?td_write_key=2%2Fsandbox"

    answer = client.call("POST", path, {"a": 1}, key=None, headers=V2_HOST)

    assert answer.status_code == 403
    assert "visits" not in tables(client)


@pytest.mark.parametrize("headers", [V2_HOST, {}])
def test_the_authorization_wins_in_version_2(client: Client, headers: dict[str, str]) -> None:
    unknown = headers | {"X-TD-Write-Key": "1/wrong"}
    known = headers | {"X-TD-Write-Key": "2/sandbox"}

    client.call("POST", PATH, {"a": 1}, key="2/sandbox", headers=unknown)
    client.call("POST", PATH, {"a": 2}, key="1/wrong", headers=known)

    assert [row["a"] for row in client.rows("shop/visits")] == [1]


def test_version_3_does_not_know_the_authorization(client: Client) -> None:
    answer = client.call("POST", PATH, {"a": 1}, key="2/sandbox", headers=V3_HOST)

    assert answer.status_code == 403


def test_version_2_has_no_pixel(client: Client) -> None:
    answer = client.call("GET", f"{PATH}?td_write_key=2%2Fsandbox", headers=V2_HOST)

    assert answer.status_code == 405


@needs_contracts
@pytest.mark.parametrize(
    ("headers", "contract"), [(V2_HOST, "postback-api-v2"), (V3_HOST, "postback-api")]
)
def test_the_answers_fit_the_contracts(
    client: Client, headers: dict[str, str], contract: str
) -> None:
    known = operation(contract, "POST", "/postback/v3/event/{database_name}/{table_name}")
    assert known is not None
    keyless = client.call("POST", PATH, {"a": 1}, key=None, headers=headers)
    answers = [
        post(client, {"a": 1}, headers=headers),
        post(client, [], headers=headers),
        keyless,
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 403]
    for answer in answers:
        assert str(answer.status_code) in known["responses"]
        schema = {"$ref": f"#/components/responses/{answer.status_code}"}
        content = answer.headers["Content-Type"].replace("/", "~1")
        schema = {"$ref": f"{schema['$ref']}/content/{content}/schema"}
        assert errors(contract, schema, answer.json()) == []


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_0123456789 äß", min_size=1, max_size=12).filter(
    lambda name: name not in {"time", "uuid", "td_record_time"}
)
NUMBERS = st.integers(-(10**25), 10**25) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | NUMBERS | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner)
)


def stored(value: Any) -> Any:
    """Give a value as a row of its own table shows it."""
    is_long = type(value) is int and not -(2**63) <= value < 2**63
    return str(value) if is_long else value


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(event=st.dictionaries(NAMES, VALUES, max_size=6))
def test_whatever_object_is_posted_comes_back(shared_client: Client, event: dict[str, Any]) -> None:
    shared_client.control("POST", "reset", {})
    wanted = {name: stored(value) for name, value in event.items() if value is not None}

    assert post(shared_client, json.dumps(event).encode()).status_code == 200
    (row,) = shared_client.rows("shop/visits")
    assert row == {"time": NOON} | wanted
