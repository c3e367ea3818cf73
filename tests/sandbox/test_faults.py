"""Fault rules: when they strike, and what a client sees then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.conftest import SEVERAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sandbox.conftest import Client

UUID = "0b5a1c8e-1111-4222-8333-444455556666"
STATUS = {"kind": "status", "status": 503}


def statuses(client: Client, count: int, path: str = "/audiences") -> list[int]:
    """Ask for the same thing several times."""
    return [client.call("GET", path).status_code for _ in range(count)]


def test_a_status_takes_the_requests_place(client: Client) -> None:
    client.fault(kind="status", status=429, headers={"Retry-After": "7"}, times=1)

    answer = client.single({"a": 1}, "shop/orders")

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["code"] == "injected-fault"
    assert client.databases() == {"shop": {}}


@pytest.mark.parametrize(
    ("body", "content", "media_type"),
    [
        ({"a": [1]}, b'{"a":[1]}', "application/json"),
        ([], b"[]", "application/json"),
        ("<html>", b"<html>", "text/plain; charset=utf-8"),
        ("", b"", "text/plain; charset=utf-8"),
    ],
)
def test_a_status_may_have_a_body_of_its_own(
    client: Client, body: Any, content: bytes, media_type: str
) -> None:
    client.fault(kind="status", status=500, body=body)

    answer = client.call("GET", "/audiences")

    assert answer.content == content
    assert answer.headers["Content-Type"] == media_type


def test_a_status_may_have_a_media_type_of_its_own(client: Client) -> None:
    client.fault(kind="status", status=500, body="<p>", headers={"Content-Type": "text/html"})

    assert client.call("GET", "/audiences").headers["Content-Type"] == "text/html"


def test_a_status_without_content_has_none(client: Client) -> None:
    client.fault(kind="status", status=204)

    answer = client.call("GET", "/audiences")

    assert (answer.status_code, answer.content) == (204, b"")


def test_a_status_after_the_effect_loses_the_answer_only(client: Client) -> None:
    client.fault(**STATUS, when="after", times=1)

    assert client.single({"a": 1}).status_code == 503
    assert client.table()["count"] == 1


def test_a_reset_before_the_effect_stores_nothing(client: Client) -> None:
    client.single({"a": 1})
    client.fault(kind="reset", times=1)

    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.single({"a": 2})

    assert client.table()["count"] == 1


def test_a_reset_after_the_effect_and_a_retry_store_one_row(client: Client) -> None:
    client.fault(kind="reset", when="after", times=1)
    record = {"a": 1, "uuid": UUID}

    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        client.several([record])
    retried = client.several([record])

    assert retried.json() == {"receipts": [{"success": True, "uuid": UUID}]}
    assert client.table()["count"] == 1


def test_a_reset_is_logged_without_a_status(client: Client) -> None:
    client.fault(kind="reset", times=1)
    with pytest.raises(requests.ConnectionError):
        client.call("GET", "/audiences")

    entry = client.control("GET", "requests")["requests"][0]
    assert (entry["status"], entry["fault"]) == (None, "reset")


@pytest.mark.parametrize("body", [{}, {"body": "SSH-2.0-example\r\n"}])
def test_garbage_is_no_http(client: Client, body: dict[str, str]) -> None:
    client.fault(kind="garbage", times=1, **body)

    with pytest.raises(requests.ConnectionError, match="BadStatusLine"):
        client.call("GET", "/audiences")

    assert client.call("GET", "/audiences").status_code == 200


def test_a_truncated_answer_ends_half_way(client: Client) -> None:
    client.fault(kind="truncate", times=1)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        client.single({"a": 1})

    assert client.table()["count"] == 1


def test_a_truncated_answer_may_lose_all_of_its_body(client: Client) -> None:
    client.fault(kind="truncate", share=0)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"0 bytes read"):
        client.call("GET", "/audiences")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delay_goes_on_afterwards(client: Client, when: str) -> None:
    client.fault(kind="delay", seconds=0.05, when=when)

    answer = client.single({"a": 1})

    assert answer.status_code == 200
    assert answer.elapsed.total_seconds() >= 0.05


def test_a_slow_request_holds_no_other_up(client: Client) -> None:
    client.fault(kind="delay", seconds=60, match={"path": "/audiences"})

    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{client.url}/audiences", timeout=0.05)

    assert client.single({"a": 1}).status_code == 200


@pytest.mark.parametrize(
    ("rule", "failed"),
    [
        ({}, [0, 1]),
        ({"share": 0.25}, [0]),
        ({"share": 1}, [0, 1, 2, 3]),
        ({"records": [1, 3, 400]}, [1, 3]),
    ],
)
def test_a_partial_fault_makes_records_fail(
    client: Client, rule: dict[str, Any], failed: list[int]
) -> None:
    client.fault(kind="partial", **rule)

    answer = client.several([{"n": index} for index in range(4)])

    receipts = answer.json()["receipts"]
    assert answer.status_code == 206
    assert [index for index, one in enumerate(receipts) if not one["success"]] == failed
    assert [row["n"] for row in client.rows()] == [n for n in range(4) if n not in failed]


def test_a_record_a_fault_made_fail_is_taken_when_sent_again(client: Client) -> None:
    client.fault(kind="partial", records=[0], times=1)
    first = client.several([{"a": 1, "uuid": UUID}]).json()["receipts"][0]

    again = client.several([{"a": 1, "uuid": UUID}])

    assert first == {
        "success": False,
        "uuid": UUID,
        "error": {"name": "TemporarilyUnavailableError", "description": "Try again."},
    }
    assert again.status_code == 200
    assert client.table()["count"] == 1


def test_a_partial_fault_may_say_so_with_200_and_its_own_error(client: Client) -> None:
    client.fault(kind="partial", records=[0], status=200, error={"name": "OtherError"})

    answer = client.several([{"a": 1}])

    assert answer.status_code == 200
    assert answer.json()["receipts"][0]["error"]["name"] == "OtherError"


def test_a_partial_fault_leaves_single_records_alone(client: Client) -> None:
    client.fault(kind="partial", share=1)

    assert client.single({"a": 1}).status_code == 200


def test_a_rule_strikes_every_so_many_matching_requests(client: Client) -> None:
    client.fault(**STATUS, every=3, match={"path": "^/audiences$"})

    client.call("GET", "/audiences/101")

    assert statuses(client, 7) == [200, 200, 503, 200, 200, 503, 200]


def test_a_rule_strikes_so_many_times(client: Client) -> None:
    client.fault(**STATUS, times=2)

    assert statuses(client, 4) == [503, 503, 200, 200]


def test_every_and_times_go_together(client: Client) -> None:
    client.fault(**STATUS, every=2, times=1)

    assert statuses(client, 4) == [200, 503, 200, 200]


def test_chance_is_the_same_with_the_same_random_seed(
    start_client: Callable[..., Client],
) -> None:
    seen = []
    for _ in range(2):
        client = start_client(random_seed=5)
        client.fault(**STATUS, probability=0.5)
        seen.append(statuses(client, 40))

    assert seen[0] == seen[1]
    assert {200, 503} == set(seen[0])


@pytest.mark.parametrize(("probability", "status"), [(0, 200), (1, 503)])
def test_chance_may_be_never_or_always(client: Client, probability: float, status: int) -> None:
    client.fault(**STATUS, probability=probability)

    assert set(statuses(client, 5)) == {status}


@pytest.mark.parametrize(
    ("match", "hit"),
    [
        ({}, ["records", "audiences", "tokens", "lookup"]),
        ({"family": "records"}, ["records"]),
        ({"family": "cdp"}, ["audiences", "tokens"]),
        ({"family": "profiles"}, ["lookup"]),
        ({"method": "post"}, ["records", "tokens"]),
        ({"path": "oke"}, ["tokens"]),
        ({"path": "^/entities", "method": "GET"}, []),
    ],
)
def test_a_rule_is_about_the_requests_it_matches(
    client: Client, match: dict[str, str], hit: list[str]
) -> None:
    client.fault(kind="status", status=418, match=match)

    answers = {
        "records": client.single({"a": 1}),
        "audiences": client.call("GET", "/audiences"),
        "tokens": client.call("POST", "/entities/tokens", {}),
        "lookup": client.call("GET", "/cdp/lookup/collect/segments", key=None),
    }

    assert [name for name, answer in answers.items() if answer.status_code == 418] == hit


def test_a_cycle_takes_the_next_fault_each_time(client: Client) -> None:
    cycle = [STATUS, {"kind": "partial", "share": 1}, {"kind": "status", "status": 429}]
    client.fault(every=2, cycle=cycle)

    seen = [client.several([{"a": 1}]).status_code for _ in range(8)]

    assert seen == [200, 503, 200, 206, 200, 429, 200, 503]


def test_the_first_rule_that_strikes_wins(client: Client) -> None:
    client.fault(kind="status", status=500, every=2)
    client.fault(kind="status", status=429)

    assert statuses(client, 3) == [429, 500, 429]


def test_rules_tell_how_often_they_matched_and_fired(client: Client) -> None:
    rule = {**STATUS, "every": 2}
    client.control("POST", "faults", [rule, {"kind": "reset", "match": {"path": "^/nowhere"}}])
    statuses(client, 5)

    assert client.control("GET", "faults")["faults"] == [
        {"rule": rule, "matched": 5, "fired": 2},
        {"rule": {"kind": "reset", "match": {"path": "^/nowhere"}}, "matched": 0, "fired": 0},
    ]


def test_rules_can_be_removed(client: Client) -> None:
    client.fault(**STATUS)

    assert client.control("DELETE", "faults") == {"faults": []}
    assert statuses(client, 1) == [200]


def test_control_routes_meet_no_fault(client: Client) -> None:
    client.fault(kind="reset")

    assert client.control("GET", "clock")
    assert client.control("GET", "faults")["faults"][0]["matched"] == 0


def test_a_refused_body_may_meet_a_fault_too(client: Client) -> None:
    client.fault(kind="status", status=500)

    answer = client.call("POST", "/shop/x", b"no gzip", media_type=SEVERAL, encoding="gzip")

    assert answer.status_code == 500


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ([], None),
        (7, "/: an object is needed here"),
        ({}, "/: 'kind' is missing."),
        ({"kind": "explode"}, "/kind: 'explode' is not one of status, delay, reset,"),
        ({"kind": ["reset"]}, "/kind: ['reset'] is not one of"),
        ({"kind": "reset", "status": 500}, "/: 'status' is not known here;"),
        ({"kind": "status", "status": 99}, "/status: 99 is not between 200 and 599."),
        ({"kind": "status", "status": True}, "/status: a number is needed here, not True."),
        ({"kind": "status", "when": "later"}, "/when: 'later' is not one of before, after."),
        ({"kind": "status", "headers": {"A b": "x"}}, "/headers: 'A b' is not the name of a"),
        ({"kind": "status", "headers": {"Content-Length": "1"}}, "/headers: 'Content-Length' is"),
        ({"kind": "status", "headers": {"A": "x\r\nB: y"}}, "/headers/A: 'x\\r\\nB: y' is not"),
        ({"kind": "delay", "seconds": -1}, "/seconds: -1 is not between 0 and 3600."),
        ({"kind": "partial", "status": 500}, "/status: 206 or 200 is needed here."),
        ({"kind": "partial", "status": [206]}, "/status: a whole number is needed here"),
        ({"kind": "partial", "records": [-1]}, "/records/0: -1 is not between 0 and 499."),
        ({"kind": "partial", "error": {"code": 1}}, "/error: 'code' is not known here;"),
        ({"kind": "garbage", "body": 7}, "/body: a text is needed here, not 7."),
        ({"kind": "reset", "every": 0}, "/every: 0 is not between 1 and"),
        ({"kind": "reset", "times": 1.5}, "/times: a whole number is needed here, not 1.5."),
        ({"kind": "reset", "probability": 2}, "/probability: 2 is not between 0 and 1."),
        ({"kind": "reset", "match": {"host": "x"}}, "/match: 'host' is not known here;"),
        ({"kind": "reset", "match": {"family": "x"}}, "/match/family: 'x' is not one of records"),
        ({"kind": "reset", "match": {"path": "("}}, "/match/path: '(' is not a regular"),
        ({"kind": "reset", "match": {"path": "x" * 201}}, "/match/path: the pattern is longer"),
        ({"cycle": []}, "/cycle: an array of at least 1 is needed here."),
        ({"cycle": [{"kind": "reset"}, {}]}, "/cycle/1: 'kind' is missing."),
        ({"cycle": [{"kind": "reset"}], "kind": "reset"}, "/: 'kind' is not known here;"),
        ([{"kind": "reset"}, {"kind": "x"}], "/1/kind: 'x' is not one of"),
    ],
)
def test_a_wrong_rule_is_told_where(client: Client, rule: Any, text: str | None) -> None:
    answer = client.call("POST", "/_sandbox/faults", rule)

    assert answer.status_code == (200 if text is None else 400)
    assert text is None or answer.json()["message"].startswith(text)
    assert client.control("GET", "faults") == {"faults": []}
