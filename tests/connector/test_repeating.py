"""A call that failed gives what to repeat it with, so that repeating stores nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from argosy import Connection, Connector, Dispatcher, Ports, TransportSettings
from argosy.sandbox import RunningSandbox

TARGET = {"database": "shop", "table": "events"}
LOST = {"kind": "reset", "when": "after", "match": {"family": "records"}}


@pytest.fixture
def hasty(connector: Connector, sandbox: RunningSandbox) -> Iterator[Dispatcher]:
    connection = Connection(
        {"apiKey": sandbox.write_key},
        endpoint=sandbox.url,
        transport=TransportSettings(max_attempts=2),
    )
    with Dispatcher(connector, connection, Ports(sleep=lambda _seconds: None)) as made:
        yield made


def _faults(sandbox: RunningSandbox, *rules: dict[str, Any]) -> None:
    requests.delete(f"{sandbox.url}/_sandbox/faults", timeout=10).raise_for_status()
    for rule in rules:
        answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=10)
        answer.raise_for_status()


def _count(sandbox: RunningSandbox) -> int:
    rows = requests.get(f"{sandbox.url}/_sandbox/rows/shop/events", timeout=10).json()
    return int(rows["count"])


def test_a_record_whose_answers_were_lost_is_repeated_with_its_uuid(
    hasty: Dispatcher, sandbox: RunningSandbox
) -> None:
    _faults(sandbox, LOST)
    failed = hasty.call("insert-record", {**TARGET, "record": {"n": 1}})
    _faults(sandbox)

    again = {"n": 1, "uuid": failed.outputs["uuid"]}
    repeated = hasty.call("insert-record", {**TARGET, "record": again})

    assert (failed.status, failed.attempts, repeated.status) == ("failed", 2, "succeeded")
    assert _count(sandbox) == 1


def test_records_whose_answers_were_lost_are_repeated_with_their_uuids(
    hasty: Dispatcher, sandbox: RunningSandbox
) -> None:
    _faults(sandbox, LOST)
    failed = hasty.call("insert-records", {**TARGET, "records": [{"n": 1}, {"n": 2}]})
    _faults(sandbox)

    uuids = [receipt["uuid"] for receipt in failed.outputs["receipts"]]
    again = [{"n": n, "uuid": uuid} for n, uuid in zip((1, 2), uuids, strict=True)]
    repeated = hasty.call("insert-records", {**TARGET, "records": again})

    assert [record["index"] for record in failed.outputs["refused"]] == [0, 1]
    assert (failed.status, repeated.status, _count(sandbox)) == ("failed", "succeeded", 2)


def test_a_refused_input_was_never_sent_and_gives_nothing_to_repeat(hasty: Dispatcher) -> None:
    result = hasty.call("insert-record", {**TARGET, "record": {"time": 1.5}})

    assert (result.outputs, result.attempts) == ({}, 0)


def test_one_records_call_sends_no_more_requests_than_its_attempts(
    hasty: Dispatcher, sandbox: RunningSandbox
) -> None:
    unavailable = {"kind": "status", "status": 503, "when": "before"}
    partial = {"kind": "partial", "records": [0]}
    _faults(sandbox, {"every": 1, "cycle": [unavailable, partial]})

    result = hasty.call("insert-records", {**TARGET, "records": [{"n": 1}, {"n": 2}]})

    assert result.attempts == 2
    assert result.outputs["accepted"] == 1
    assert [record["index"] for record in result.outputs["refused"]] == [0]
