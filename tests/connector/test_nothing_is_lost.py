"""Ten thousand records through a sandbox that fails: each is stored once, none twice."""

from __future__ import annotations

import random
from typing import Any

import pytest
import requests

from argosy import Connection, Connector, Dispatcher, Ports, TransportSettings
from argosy.sandbox import RunningSandbox

BATCH = 500
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}, "when": "before"},
    {"kind": "status", "status": 503, "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "partial", "share": 0.4},
    {"kind": "reset", "when": "after"},
    {"kind": "status", "status": 503, "when": "before"},
    {"kind": "truncate"},
    {"kind": "garbage", "when": "after"},
]


@pytest.fixture
def patient(connector: Connector, sandbox: RunningSandbox) -> Dispatcher:
    """A dispatcher whose waits take no time, by the ports that it is given."""
    ports = Ports(sleep=lambda _seconds: None, random=random.Random(7).random)
    connection = Connection(
        properties={"apiKey": sandbox.write_key},
        endpoint=sandbox.url,
        transport=TransportSettings(max_attempts=8),
    )
    return Dispatcher(connector, connection, ports)


@pytest.mark.parametrize("every", [7, 2])
def test_ten_thousand_records_are_stored_once_each_while_requests_fail(
    sandbox: RunningSandbox, patient: Dispatcher, every: int
) -> None:
    rule = {"match": {"family": "records"}, "every": every, "cycle": FAULTS}
    assert requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10).ok
    accepted = 0

    with patient:
        for start in range(0, 10_000, BATCH):
            records = [{"n": n, "email": f"n{n}@example.com"} for n in range(start, start + BATCH)]
            inputs = {"database": "shop", "table": "events", "records": records}
            outputs = patient.call("insert-records", inputs).unwrap()
            accepted += outputs["accepted"]
            assert outputs["refused"] == []
            assert [r["success"] for r in outputs["receipts"]] == [True] * BATCH

    assert accepted == 10_000
    assert _stored(sandbox) == list(range(10_000))
    rules = requests.get(f"{sandbox.url}/_sandbox/faults", timeout=10).json()["faults"]
    assert rules[0]["fired"] == rules[0]["matched"] // every > 0


def test_single_records_are_stored_once_each_while_requests_fail(
    sandbox: RunningSandbox, patient: Dispatcher
) -> None:
    faults = [fault for fault in FAULTS if fault["kind"] != "partial"]
    rule = {"match": {"family": "records"}, "every": 3, "cycle": faults}
    assert requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10).ok

    with patient:
        for n in range(100):
            inputs = {"database": "shop", "table": "events", "record": {"n": n}}
            patient.call("insert-record", inputs).unwrap()

    assert _stored(sandbox) == list(range(100))


def test_what_is_refused_for_good_comes_back_with_its_reason_and_the_rest_is_stored(
    sandbox: RunningSandbox, patient: Dispatcher
) -> None:
    error = {"name": "InvalidPropertyValueError", "description": "n is not welcome"}
    rule = {"match": {"family": "records"}, "kind": "partial", "records": [1, 3], "error": error}
    assert requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10).ok
    records = [{"n": n} for n in range(5)]

    with patient:
        inputs = {"database": "shop", "table": "events", "records": records}
        result = patient.call("insert-records", inputs)

    assert result.status == "failed"
    assert result.error is not None
    assert str(result.error) == (
        "2 of 5 records were not accepted; the first, record 1: "
        "InvalidPropertyValueError: n is not welcome"
    )
    assert [(r["index"], r["name"]) for r in result.outputs["refused"]] == [
        (1, "InvalidPropertyValueError"),
        (3, "InvalidPropertyValueError"),
    ]
    assert result.outputs["accepted"] == 3
    assert _stored(sandbox) == [0, 2, 4]


def _stored(sandbox: RunningSandbox) -> list[int]:
    """Return the values of column n of every stored row, sorted."""
    found: list[int] = []
    while True:
        url = f"{sandbox.url}/_sandbox/rows/shop/events?limit=1000&offset={len(found)}"
        page = requests.get(url, timeout=30).json()
        found += [row["n"] for row in page["rows"]]
        if not page["rows"] or len(found) >= page["count"]:
            return sorted(found)
