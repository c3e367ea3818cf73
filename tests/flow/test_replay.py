"""Runs that are repeated: from the start, from where they failed, from a node; one node alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.errors import InvalidReplayError
from argosy.flow import Engine
from argosy.flow.run import Run
from tests.flow.conftest import Start
from tests.flow.harness import (
    body,
    call,
    failed_with,
    flow,
    kind,
    outputs_of,
    paths_of,
    statuses,
    step_of,
    values,
)
from tests.servers import Received, Say, Scripted, ScriptedServer


def recorded(run: Run) -> Run:
    """Return a run as it comes back from its record."""
    return Run.from_json(json.loads(json.dumps(run.to_json())))


def ask(id_: str, **more: Any) -> Any:
    return call(id_, "ask", {"name": id_}, **more)


def refusing(*paths: str) -> Any:
    def answer(request: Received) -> Scripted:
        if request.path in paths:
            return Say(404, {"message": "not yet"})
        return Say(200, {"value": f"v{request.path}"})

    return answer


ROW = flow(
    ask("a"),
    ask("b"),
    values("c", a="{{ nodes.a.outputs.value }}", b="{{ nodes.b.outputs.value }}"),
)


@pytest.mark.parametrize("as_record", [False, True])
def test_a_replay_goes_on_from_the_step_that_failed(
    start: Start, server: ScriptedServer, as_record: bool
) -> None:
    engine = start()
    server.answers(refusing("/b"))
    failed = engine.run(ROW)
    server.answers(refusing())
    again = engine.replay(ROW, recorded(failed) if as_record else failed)
    assert outputs_of(again, "c") == {"a": "v/a", "b": "v/b"}
    assert paths_of(server) == ["/a", "/b", "/b"]
    assert {step.path: step.reused for step in again.steps} == {
        "start": True, "a": True, "b": False, "c": False,
    }  # fmt: skip
    assert again.id != failed.id


def test_a_replay_of_a_run_that_succeeded_asks_nothing_and_gives_the_same(
    start: Start, server: ScriptedServer
) -> None:
    engine = start()
    server.answers(refusing())
    run = engine.run(ROW)
    again = engine.replay(ROW, run)
    assert len(server.received) == 2
    assert [(s.path, s.status, s.outputs) for s in again.steps] == [
        (s.path, s.status, s.outputs) for s in run.steps
    ]


def test_a_run_from_the_start_asks_everything_again(start: Start, server: ScriptedServer) -> None:
    engine = start()
    server.answers(refusing())
    run = engine.run(ROW, {"n": 1})
    again = engine.replay(ROW, run, start_at="start")
    assert paths_of(server) == ["/a", "/b", "/a", "/b"]
    assert again.input == {"n": 1}


def test_a_replay_from_a_node_runs_it_and_what_comes_after(
    start: Start, server: ScriptedServer
) -> None:
    made = flow(
        ask("a"), ask("b"), ask("c"), ask("d"),
        edges=["start > a", "a > b", "b > c", "start > d"],
    )  # fmt: skip
    engine = start(workers=0)
    server.answers(refusing())
    run = engine.run(made)
    server.received.clear()
    engine.replay(made, run, start_at="b")
    assert paths_of(server) == ["/b", "/c"]


def test_a_replay_makes_the_same_ids_where_it_has_the_same_run_id(
    start: Start, server: ScriptedServer
) -> None:
    engine = start()
    server.answers(Say(503), Say(200, {}))
    failed = engine.run(flow(call("t", "tell")))
    engine.replay(flow(call("t", "tell")), failed, run_id=failed.id)
    engine.replay(flow(call("t", "tell")), failed)
    first, same, other = (one.json["id"] for one in server.received)
    assert first == same != other


def test_a_failure_that_the_flow_took_care_of_is_not_tried_again(
    start: Start, server: ScriptedServer
) -> None:
    made = flow(
        ask("a"), values("mend", why="{{ nodes.a.error.vendorMessage }}"), ask("b"),
        edges=["start > a", "a error> mend", "mend > b"],
    )  # fmt: skip
    engine = start()
    server.answers(refusing("/a", "/b"))
    failed = engine.run(made)
    server.answers(refusing())
    again = engine.replay(made, recorded(failed))
    assert outputs_of(again, "mend") == {"why": "not yet"}
    assert outputs_of(again, "b")["value"] == "v/b"
    assert paths_of(server) == ["/a", "/b", "/b"]
    assert statuses(again)["a"] == "failed"


def test_items_of_a_loop_that_were_done_are_not_done_again(
    start: Start, server: ScriptedServer
) -> None:
    inputs = {"items": ["p", "q", "r"], "collect": "{{ nodes.a.outputs.value }}"}
    made = flow(
        kind("each", "for-each", inputs, body=body(call("a", "ask", {"name": "{{ item }}"})))
    )
    engine = start()
    server.answers(refusing("/q"))
    failed = engine.run(made)
    server.answers(refusing())
    again = engine.replay(made, failed)
    assert outputs_of(again, "each")["results"] == ["v/p", "v/q", "v/r"]
    assert paths_of(server) == ["/p", "/q", "/q", "/r"]


def test_a_loop_that_collected_errors_is_taken_over_with_them(
    start: Start, server: ScriptedServer
) -> None:
    inputs = {"items": ["p", "q"], "onItemError": "collect"}
    loop = kind("each", "for-each", inputs, body=body(call("a", "ask", {"name": "{{ item }}"})))
    made = flow(loop, ask("b"))
    engine = start()
    server.answers(refusing("/q", "/b"))
    failed = engine.run(made)
    server.answers(refusing())
    again = engine.replay(made, failed)
    assert again.error is None
    assert paths_of(server) == ["/p", "/q", "/b", "/b"]
    assert [one["index"] for one in outputs_of(again, "each")["errors"]] == [1]


def test_steps_within_a_subflow_that_failed_are_taken_over(
    start: Start, server: ScriptedServer
) -> None:
    other = flow(
        ask("a"), ask("b", onError="continue"), ask("c"),
        kind("r", "respond", {"body": "{{ nodes.c.outputs.value }}"}), id_="other",
    )  # fmt: skip
    made = flow(kind("sub", "subflow", {"flow": "other"}))
    engine = start(flows={"other": other})
    server.answers(refusing("/b", "/c"))
    failed = engine.run(made)
    server.answers(refusing())
    again = engine.replay(made, recorded(failed))
    assert outputs_of(again, "sub")["body"] == "v/c"
    assert paths_of(server) == ["/a", "/b", "/c", "/c"]


def test_a_response_that_was_given_is_given_again(start: Start, server: ScriptedServer) -> None:
    made = flow(kind("r", "respond", {"statusCode": 202, "body": [1]}), ask("a"))
    engine = start()
    server.answers(refusing("/a"))
    failed = engine.run(made)
    again = engine.replay(made, recorded(failed))
    assert again.response == failed.response
    assert again.response is not None


def test_variables_are_what_they_were(start: Start, server: ScriptedServer) -> None:
    inner = body(
        kind("i", "increment", {"variable": "n", "by": "{{ item }}"}),
        kind("s", "set-variable", {"values": {"last": "{{ item }}"}}), edges=["i > s"],
    )  # fmt: skip
    made = flow(
        kind("each", "for-each", {"items": [1, 2, 3]}, body=inner),
        kind("once", "increment", {"variable": "n", "by": 10}),
        ask("a"),
        values("seen", n="{{ vars.n }}", last="{{ vars.last }}"),
        variables={"n": {"value": 0}, "last": {}},
    )
    engine = start()
    server.answers(refusing("/a"))
    failed = engine.run(made)
    server.answers(refusing())
    again = engine.replay(made, recorded(failed))
    assert outputs_of(again, "seen") == {"n": 16, "last": 3}
    assert again.variables == {"n": 16, "last": 3}


def test_variables_that_are_kept_from_run_to_run_are_not_changed_twice(
    start: Start, server: ScriptedServer
) -> None:
    made = flow(
        kind("i", "increment", {"variable": "n"}),
        kind("s", "set-variable", {"values": {"s": "old"}}), ask("a"),
        variables={"n": {"scope": "flow"}, "s": {"scope": "flow"}},
    )  # fmt: skip
    engine = start()
    server.answers(refusing("/a"))
    failed = engine.run(made)
    engine.run(made)
    engine.variables.change("t", "s", None, lambda _: "new")
    engine.replay(made, failed)
    assert engine.variables.load("t") == {"n": 2, "s": "new"}


def test_a_record_that_hides_what_would_be_needed_is_refused(
    start: Start, server: ScriptedServer
) -> None:
    made = flow(ask("a"), ask("b"), settings={"sensitive": ["value"]})
    engine = start()
    server.answers(refusing("/b"))
    failed = engine.run(made)
    with pytest.raises(InvalidReplayError) as caught:
        engine.replay(made, recorded(failed))
    assert caught.value.message == (
        "The run cannot be repeated: the record of 'a' hides values that would be needed."
    )
    server.answers(refusing())
    assert engine.replay(made, recorded(failed), start_at="a").error is None
    assert engine.replay(made, failed).error is None


def test_a_record_that_hides_its_input_is_refused(start: Start, server: ScriptedServer) -> None:
    made = flow(ask("a"), settings={"sensitive": ["token"]})
    engine = start()
    server.answers(refusing("/a"))
    record = recorded(engine.run(made, {"token": "a-long-token"}))
    for start_at in ("", "start"):
        with pytest.raises(InvalidReplayError, match="hides values of its input"):
            engine.replay(made, record, start_at=start_at)


def test_a_run_of_another_flow_is_refused(engine: Engine) -> None:
    run = engine.run(flow(values("a")))
    with pytest.raises(InvalidReplayError) as caught:
        engine.replay(flow(values("a"), id_="u"), run)
    assert caught.value.message == (
        "The run cannot be repeated: it is one of the flow 't', not of 'u'."
    )


def test_a_node_that_is_not_there_is_refused(engine: Engine) -> None:
    made = flow(values("a"), kind("n", "note"), edges=["start > a"])
    run = engine.run(made)
    with pytest.raises(InvalidReplayError, match="the flow has no node 'b'"):
        engine.replay(made, run, start_at="b")
    with pytest.raises(InvalidReplayError, match="the flow has no node 'n' that runs"):
        engine.run_node(made, "n", {}, {})


def test_one_node_runs_alone_with_pinned_outputs(start: Start, server: ScriptedServer) -> None:
    server.answers(refusing())
    made = flow(
        values("a", name="never"),
        call("b", "ask", {"name": "{{ nodes.a.outputs.name }}"}),
        ask("c"),
    )
    run = start().run_node(made, "b", {}, {"a": {"name": "pinned"}})
    assert run.status == "succeeded"
    assert paths_of(server) == ["/pinned"]
    assert [step.path for step in run.steps] == ["b"]
    assert run.skipped == []


def test_one_node_alone_fails_whatever_the_flow_does_about_errors(engine: Engine) -> None:
    stop = kind("a", "fail", {"message": "no"}, onError="continue")
    made = flow(stop, values("b"), edges=["start > a", "a error> b"])
    assert failed_with(engine.run_node(made, "a", None, {})) == "The node 'a' failed: no"


def test_a_node_in_a_loop_does_not_run_alone(engine: Engine) -> None:
    made = flow(kind("each", "for-each", {"items": [1]}, body=body(values("v"))))
    with pytest.raises(InvalidReplayError, match="'v' stands in a loop, which runs as a whole"):
        engine.run_node(made, "v", {}, {})


def test_a_node_that_reads_what_was_not_pinned_says_so(engine: Engine) -> None:
    made = flow(values("a"), values("b", n="{{ nodes.a.outputs.n }}"))
    assert "there is no nodes.a" in failed_with(engine.run_node(made, "b", {}, {}))


def test_a_record_comes_back_as_it_was(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(503), Say(200, {"value": 1}))
    made = flow(
        call("a", "tell", retry={"maxAttempts": 2, "backoffSeconds": 0}),
        kind("r", "respond", {"body": 1}),
    )
    run = start().run(made, {"n": 1})
    assert recorded(run).to_json() == run.to_json()
    assert step_of(recorded(run), "a").tries == 2
