"""Flows of the real connector over a real sandbox: what goes wrong there, and how runs end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from argosy import Connection, Connector, Dispatcher
from argosy.flow import Engine
from argosy.flow.run import Run
from argosy.sandbox import RunningSandbox, Settings, start
from tests.flow.harness import (
    body,
    call,
    failed_with,
    flow,
    kind,
    outputs_of,
    run_and_cancel,
    statuses,
    step_of,
    values,
)


@dataclass(frozen=True)
class Shop:
    """An engine over a sandbox, and a way into the sandbox."""

    engine: Engine
    sandbox: RunningSandbox

    def fault(self, path: str, **rule: Any) -> None:
        """Have requests to a path go wrong."""
        self._control("POST", "faults", {"match": {"path": path}, **rule})

    def mend(self) -> None:
        """Have nothing go wrong any more."""
        self._control("DELETE", "faults")

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, without the times at which they came."""
        found = self._control("GET", f"rows/shop/{table}")["rows"]
        return [{name: row[name] for name in row if name != "time"} for row in found]

    def asked(self, path: str) -> int:
        """Count the requests to a path."""
        return sum(one["path"] == path for one in self._control("GET", "requests")["requests"])

    def _control(self, method: str, path: str, document: Any = None) -> Any:
        url = f"{self.sandbox.url}/_sandbox/{path}"
        answer = requests.request(method, url, json=document, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with start(Settings(seed={})) as sandbox:
        yield sandbox


@pytest.fixture
def shop(connector: Connector, running: RunningSandbox) -> Iterator[Shop]:
    requests.post(f"{running.url}/_sandbox/reset", json={}, timeout=10).raise_for_status()
    given = Connection({"apiKey": running.master_key}, endpoint=running.url)
    with Dispatcher(connector, given) as dispatcher, Engine(connector, {"": dispatcher}) as engine:
        yield Shop(engine, running)


def insert(id_: str, table: str, record: Any, **more: Any) -> Any:
    inputs = {"region": "us01", "database": "shop", "table": table, "record": record}
    return call(id_, "insert-record", inputs, **more)


HANGING = {"kind": "delay", "seconds": 20, "when": "before"}


def test_a_record_goes_in_and_its_id_comes_out(shop: Shop) -> None:
    made = flow(
        insert(
            "in", "people", {"email": "{{ input.email }}", "n": "{{ input.n | default(omit) }}"}
        ),
        kind("r", "respond", {"statusCode": 201, "body": {"id": "{{ nodes['in'].outputs.uuid }}"}}),
    )
    run = shop.engine.run(made, {"email": "a@example.com"})
    assert run.response is not None
    assert run.response.body == {"id": step_of(run, "in").outputs["uuid"]}
    assert shop.rows("people") == [{"email": "a@example.com"}]


@pytest.mark.parametrize("fault", [{"kind": "reset", "when": "after"}, {"kind": "truncate"}])
def test_a_record_whose_answer_was_lost_is_not_stored_twice(shop: Shop, fault: Any) -> None:
    shop.fault("^/shop/", times=4, **fault)
    retry = {"maxAttempts": 5, "backoffSeconds": 0.01}
    run = shop.engine.run(flow(insert("in", "people", {"n": 1}, retry=retry)))
    assert outputs_of(run, "in")["statusCode"] == 200
    assert shop.asked("/shop/people") == 5
    assert shop.rows("people") == [{"n": 1}]


def test_a_branch_that_is_killed_leaves_the_other_alone(shop: Shop) -> None:
    shop.fault("^/shop/bad", kind="status", status=422)
    made = flow(
        insert("bad", "bad", {"n": 1}, onError="end"), insert("after_bad", "bad", {"n": 2}),
        insert("good", "good", {"n": 1}), insert("after_good", "good", {"n": 2}),
        edges=["start > bad", "bad > after_bad", "start > good", "good > after_good"],
    )  # fmt: skip
    run = shop.engine.run(made)
    assert run.status == "succeeded"
    assert run.skipped == ["after_bad"]
    assert statuses(run)["bad"] == "failed"
    assert shop.rows("good") == [{"n": 1}, {"n": 2}]


def test_a_request_that_hangs_ends_with_its_nodes_time(shop: Shop) -> None:
    shop.fault("^/shop/slow", **HANGING)
    made = flow(
        insert("slow", "slow", {"n": 1}, timeoutSeconds=0.3),
        insert("note", "failures", {"code": "{{ nodes.slow.error.code }}"}),
        edges=["start > slow", "slow error> note"],
    )  # fmt: skip
    began = time.monotonic()
    run = shop.engine.run(made)
    assert run.error is None
    assert time.monotonic() - began < 10
    assert shop.rows("failures") == [{"code": "step-timed-out"}]
    assert outputs_of(run, "slow")["uuid"], "what to repeat it with"


def test_a_run_that_hangs_ends_with_its_time(shop: Shop) -> None:
    shop.fault("^/shop/slow", **HANGING)
    made = flow(
        insert("slow", "slow", {"n": 1}, onError="continue"), settings={"timeoutSeconds": 0.3}
    )
    assert failed_with(shop.engine.run(made)) == "The run took longer than 0.3 s."


def test_a_run_is_cancelled_while_its_requests_hang(shop: Shop) -> None:
    shop.fault("^/shop/slow", **HANGING)
    begun = threading.Semaphore(0)
    events: list[Any] = []

    def listener(event: Any) -> None:
        events.append(event)
        if event["event"] == "step-started" and event["node"] == "slow":
            begun.release()

    def both_are_there() -> None:
        assert begun.acquire(timeout=10)
        assert begun.acquire(timeout=10)

    inner = body(insert("slow", "slow", {"n": "{{ item }}"}))
    made = flow(kind("each", "for-each", {"items": [1, 2, 3, 4], "concurrency": 2}, body=inner))
    began = time.monotonic()
    run = run_and_cancel(shop.engine, made, both_are_there, listener=listener)
    assert failed_with(run, "cancelled") == "The run was cancelled: it was asked for."
    assert time.monotonic() - began < 10
    assert [one["event"] for one in events][-1] == "run-ended"
    shop.mend()
    assert shop.engine.run(flow(insert("in", "people", {"n": 1}))).status == "succeeded"


def test_a_replay_goes_on_where_the_run_failed(shop: Shop) -> None:
    shop.fault("^/shop/second", kind="status", status=422)
    made = flow(
        insert("one", "first", {"n": 1}),
        insert("two", "second", {"of": "{{ nodes.one.outputs.uuid }}"}),
        values("end", id="{{ nodes.two.outputs.uuid }}"),
    )
    failed = shop.engine.run(made)
    assert failed_with(failed).startswith("The node 'two' failed: ")
    shop.mend()
    record = Run.from_json(json.loads(json.dumps(failed.to_json())))
    again = shop.engine.replay(made, record)
    assert outputs_of(again, "end")["id"]
    assert shop.asked("/shop/first") == 1
    assert shop.rows("first") == [{"n": 1}]
    assert shop.rows("second") == [{"of": step_of(failed, "one").outputs["uuid"]}]


def test_a_replay_with_the_same_run_id_stores_nothing_twice(shop: Shop) -> None:
    shop.fault("^/shop/people", kind="reset", when="after")
    made = flow(insert("in", "people", {"n": 1}))
    failed = shop.engine.run(made)
    assert failed.status == "failed"
    shop.mend()
    again = shop.engine.replay(made, failed, run_id=failed.id)
    assert again.status == "succeeded"
    assert shop.rows("people") == [{"n": 1}]


def test_one_node_runs_alone_with_pinned_values(shop: Shop) -> None:
    made = flow(
        insert("one", "first", {"n": 1}),
        insert("two", "second", {"of": "{{ nodes.one.outputs.uuid }}", "by": "{{ input.who }}"}),
    )
    run = shop.engine.run_node(made, "two", {"who": "me"}, {"one": {"uuid": "pinned"}})
    assert run.status == "succeeded"
    assert shop.rows("second") == [{"of": "pinned", "by": "me"}]
    assert shop.asked("/shop/first") == 0
