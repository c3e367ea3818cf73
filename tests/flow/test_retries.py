"""Attempts: when a node is tried again, how long it waits, what it sends the second time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flow.conftest import Start
from tests.flow.harness import body, call, failed_with, flow, kind, outputs_of, step_of, values
from tests.servers import Reset, Say, ScriptedServer
from tests.steering import Steering

BUSY = Say(503, {"message": "busy"})


def retry(attempts: int, **more: Any) -> dict[str, Any]:
    return {"maxAttempts": attempts, **more}


def test_a_node_is_tried_again_with_growing_waits(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(BUSY, BUSY, BUSY, Say(200, {}))
    node = call("a", "tell", retry=retry(5, backoffSeconds=2, factor=3, maxBackoffSeconds=10))
    run = start(steering=steering).run(flow(node))
    step = step_of(run, "a")
    assert step.status == "succeeded"
    assert steering.slept == [2, 6, 10]
    assert step.tries == 4
    assert [one.number for one in step.attempts] == [1, 2, 3]
    assert {one.error["code"] for one in step.attempts} == {"unavailable"}
    assert step.to_json()["attempts"] == 4
    assert len(step.to_json()["failedAttempts"]) == 3


def test_a_node_is_tried_so_often_and_no_more(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(BUSY)
    run = start(steering=steering).run(flow(call("a", "tell", retry=retry(3))))
    assert failed_with(run).endswith("answered 503: busy")
    assert len(server.received) == 3
    assert steering.slept == [1, 2]
    assert len(step_of(run, "a").attempts) == 2


def test_what_will_not_pass_is_not_tried_again(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(Say(422, {"message": "no such column"}))
    run = start(steering=steering).run(flow(call("a", "tell", retry=retry(5))))
    assert len(server.received) == 1
    assert steering.slept == []
    assert step_of(run, "a").tries == 1


def test_any_error_is_tried_again_where_the_node_says_so(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(Say(422), Say(404), Say(200, {}))
    run = start(steering=steering).run(flow(call("a", "tell", retry=retry(3, on="any"))))
    assert run.error is None
    assert len(server.received) == 3


def test_the_flows_settings_count_for_nodes_that_say_nothing(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(BUSY, Say(200, {}), BUSY)
    made = flow(
        call("a", "tell"), call("b", "tell", retry=retry(1)),
        settings={"retry": retry(2, backoffSeconds=0.5)},
    )  # fmt: skip
    run = start(steering=steering).run(made)
    assert [step.tries for step in run.steps] == [1, 2, 1]
    assert steering.slept == [0.5]


@pytest.mark.parametrize("failure", [BUSY, Reset()])
def test_an_attempt_that_is_made_again_sends_the_same_ids(
    start: Start, server: ScriptedServer, steering: Steering, failure: Any
) -> None:
    server.answers(failure, failure, Say(200, {}))
    node = call("a", "tell", {"ref": "{{ new_uuid() }}"}, retry=retry(3))
    run = start(steering=steering).run(flow(node))
    assert outputs_of(run, "a")["id"] == server.last.json["id"]
    assert len({one.body for one in server.received}) == 1


def test_a_loop_that_is_tried_again_sends_the_same_ids_for_each_item(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(Say(200, {}), BUSY, Say(200, {}))
    loop = kind(
        "each", "for-each", {"items": [1, 2]},
        body=body(call("a", "tell", {"n": "{{ item }}"})), retry=retry(2, on="any"),
    )  # fmt: skip
    run = start(steering=steering).run(flow(loop))
    assert run.error is None
    sent = [one.json for one in server.received]
    assert sent[:2] == sent[2:]
    assert sent[0]["id"] != sent[1]["id"]


def test_an_error_branch_sees_the_last_error_only(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(BUSY, Say(404, {"message": "gone"}))
    made = flow(
        call("a", "tell", retry=retry(2)), values("mend", why="{{ nodes.a.error.vendorMessage }}"),
        edges=["start > a", "a error> mend"],
    )  # fmt: skip
    assert outputs_of(start(steering=steering).run(made), "mend") == {"why": "gone"}


def test_the_time_of_a_node_is_each_attempts_own(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    def slow(_request: Any) -> Any:
        steering.now += 4
        return BUSY

    server.answers(slow, slow, Say(200, {}))
    node = call("a", "tell", retry=retry(3, backoffSeconds=3), timeoutSeconds=5)
    run = start(steering=steering).run(flow(node))
    assert run.error is None
    assert steering.slept == [3, 6]


def test_no_attempt_is_made_once_the_run_is_over(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    server.answers(BUSY)
    node = call("a", "tell", retry=retry(10, backoffSeconds=30, factor=1))
    run = start(steering=steering).run(flow(node, settings={"timeoutSeconds": 70}))
    assert failed_with(run) == "The run took longer than 70 s."
    assert steering.slept == [30, 30, 10]
    assert len(server.received) == 3
