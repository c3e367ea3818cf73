"""Flows that call flows, and what a flow responds."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.flow import Engine, EngineSettings, FlowLibrary
from argosy.model import Connector, Flow
from tests.flow.conftest import Start
from tests.flow.harness import (
    body,
    failed_with,
    flow,
    kind,
    outputs_of,
    statuses,
    step_of,
    values,
)


def sub(flow_: str = "other", **input_: Any) -> Any:
    return kind("sub", "subflow", {"flow": flow_, "input": input_})


def other(*nodes: Any, **more: Any) -> dict[str, Flow]:
    return {"other": flow(*nodes, id_="other", **more)}


def test_a_subflow_gives_its_response(start: Start) -> None:
    flows = other(kind("r", "respond", {"statusCode": 201, "body": {"twice": "{{ input.n * 2 }}"}}))
    run = start(flows=flows).run(flow(sub(n="{{ input.n }}")), {"n": 4})
    assert outputs_of(run, "sub") == {"statusCode": 201, "body": {"twice": 8}}
    assert list(statuses(run)) == ["start", "sub", "sub/start", "sub/r"]
    assert run.response is None


def test_a_subflow_without_a_response_gives_null(start: Start) -> None:
    run = start(flows=other(values("v"))).run(flow(sub()))
    assert outputs_of(run, "sub") == {"statusCode": 200, "body": None}


def test_a_subflow_sees_its_own_input_nodes_and_variables_only(start: Start) -> None:
    seen = {
        "nodes": "{{ nodes.before | default('none') }}",
        "variable": "{{ vars.mine | default('none') }}",
        "own": "{{ vars.theirs }}",
        "input": "{{ input }}",
        "flow": "{{ run.flow }}",
    }
    flows = other(kind("r", "respond", {"body": seen}), variables={"theirs": {"value": 5}})
    made = flow(values("before"), sub(a=1), variables={"mine": {"value": 1}})
    run = start(flows=flows).run(made, {"secret": 1})
    assert outputs_of(run, "sub")["body"] == {
        "nodes": "none", "variable": "none", "own": 5, "input": {"a": 1}, "flow": "other",
    }  # fmt: skip
    assert run.variables == {"mine": 1}


def test_a_subflow_that_responds_with_an_error_is_a_node_that_fails(start: Start) -> None:
    flows = other(kind("r", "respond", {"status": "error", "body": {"why": "no"}}))
    made = flow(
        sub(), values("ok"), values("mend", got="{{ nodes.sub.outputs }}"),
        edges=["start > sub", "sub > ok", "sub error> mend"],
    )  # fmt: skip
    run = start(flows=flows).run(made)
    assert outputs_of(run, "mend") == {"got": {"statusCode": 400, "body": {"why": "no"}}}
    error = step_of(run, "sub").error
    assert error is not None
    assert error["message"] == "The flow 'other' responded with an error (400)."


def test_a_subflow_that_fails_is_told_by_the_node_that_failed_in_it(start: Start) -> None:
    run = start(flows=other(kind("stop", "fail", {"message": "no"}))).run(flow(sub()))
    assert failed_with(run) == "The node 'sub/stop' failed: no"
    assert statuses(run) == {
        "start": "succeeded",
        "sub": "failed",
        "sub/start": "succeeded",
        "sub/stop": "failed",
    }


def test_a_subflows_input_is_judged_and_filled_in(start: Start) -> None:
    inputs = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "integer"}, "m": {"default": 9}},
    }
    flows = other(kind("r", "respond", {"body": "{{ input.m }}"}), inputs=inputs)
    engine = start(flows=flows)
    assert outputs_of(engine.run(flow(sub(n=1))), "sub")["body"] == 9
    run = engine.run(flow(sub(n="x")))
    assert failed_with(run) == "The node 'sub' failed: The input of the flow 'other' is not valid."


def test_a_flow_that_is_not_there_is_told_with_those_that_are(start: Start) -> None:
    run = start(flows=other(values("v"))).run(flow(sub("otter")))
    assert failed_with(run) == "The node 'sub' failed: There is no flow 'otter'; there is other."


def test_a_flow_that_cannot_run_fails_the_node_that_calls_it(start: Start) -> None:
    run = start(flows=other({"id": "x", "kind": "nothing"})).run(flow(sub()))
    assert "other.flow.json is not a flow that can run: 1 problem." in failed_with(run)


def test_flows_that_call_each_other_end_at_the_limit(drafted: Connector) -> None:
    flows = {
        "a": flow(kind("sub", "subflow", {"flow": "b"}), id_="a"),
        "b": flow(kind("each", "for-each", {"items": [1]}, body=body(sub("a"))), id_="b"),
    }
    for most, ending in ((2, "sub/each"), (3, "sub/each/0/sub")):
        with Engine(drafted, {}, flows, settings=EngineSettings(most_deep=most)) as engine:
            run = engine.run(flows["a"])
        message = f"{ending} would run more than {most} loops, calls and flows deep."
        assert failed_with(run).endswith(message.replace("sub/each would", "sub/each/0 would"))


def test_the_usual_limit_of_depth_is_far_from_pythons(engine: Engine, drafted: Connector) -> None:
    loop = kind("each", "for-each", {"items": [1]}, body=body(sub("a")))
    flows = {"a": flow(loop, id_="a")}
    with Engine(drafted, {}, flows) as running:
        run = running.run(flows["a"])
    assert "would run more than 128 loops, calls and flows deep" in failed_with(run)


def test_a_response_is_told_with_its_node_and_status(engine: Engine) -> None:
    run = engine.run(
        flow(kind("r", "respond", {"status": "error", "statusCode": 418, "body": [1]}))
    )
    assert run.status == "succeeded"
    assert run.response is not None
    assert run.response.to_json() == {
        "node": "r",
        "status": "error",
        "statusCode": 418,
        "body": [1],
    }


def test_a_run_responds_once(engine: Engine) -> None:
    run = engine.run(flow(kind("a", "respond", {"body": 1}), kind("b", "respond", {"body": 2})))
    assert failed_with(run) == (
        "The node 'b' failed: The run has responded already, by the node 'a'."
    )
    assert run.response is not None
    assert run.response.body == 1


def test_what_comes_after_a_response_goes_on(engine: Engine) -> None:
    run = engine.run(flow(kind("r", "respond", {"body": 1}), values("after", n=1)))
    assert outputs_of(run, "after") == {"n": 1}


def test_a_response_has_to_be_what_the_flow_promises(engine: Engine) -> None:
    outputs = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    made = flow(kind("r", "respond", {"body": {"id": 5}}), outputs=outputs)
    run = engine.run(made)
    assert failed_with(run) == (
        "The node 'r' failed: The response of the flow 't' is not what its outputs promise."
    )
    assert run.error is not None
    assert [(one.pointer, one.message) for one in run.error.problems] == [
        ("/id", "5 is not a string")
    ]
    assert run.response is None


def test_a_response_that_is_an_error_need_not_be_what_the_flow_promises(engine: Engine) -> None:
    made = flow(kind("r", "respond", {"status": "error", "body": "no"}), outputs={"type": "object"})
    assert engine.run(made).status == "succeeded"


def test_a_library_gives_the_flows_of_a_folder(drafted: Connector, tmp_path: Any) -> None:
    import json

    (tmp_path / "deep").mkdir()
    document = flow(kind("r", "respond", {"body": 7})).document
    (tmp_path / "deep" / "seven.flow.json").write_text(json.dumps(document))
    with Engine(drafted, {}, FlowLibrary(tmp_path)) as engine:
        assert outputs_of(engine.run(flow(sub("seven"))), "sub")["body"] == 7


@pytest.mark.parametrize("concurrency", [1, 4])
def test_subflows_in_a_loop_keep_to_themselves(start: Start, concurrency: int) -> None:
    flows = other(
        kind("i", "increment", {"variable": "n", "by": "{{ input.by }}"}),
        kind("r", "respond", {"body": "{{ vars.n }}"}),
        variables={"n": {"value": 0}},
    )
    inputs = {
        "items": [1, 2, 3, 4],
        "concurrency": concurrency,
        "collect": "{{ nodes.sub.outputs.body }}",
    }
    made = flow(kind("each", "for-each", inputs, body=body(sub(by="{{ item }}"))))
    assert outputs_of(start(flows=flows).run(made), "each")["results"] == [1, 2, 3, 4]


MUST = {"mustRespond": True}


def test_a_flow_that_must_respond_fails_where_it_does_not(engine: Engine) -> None:
    assert engine.run(flow(values("v"))).status == "succeeded"
    run = engine.run(flow(values("v"), settings=MUST))
    assert failed_with(run) == "The flow ended without a response."
    assert run.error is not None
    assert run.error.code == "no-response"
    assert engine.run(flow(kind("r", "respond"), settings=MUST)).status == "succeeded"


def test_a_missing_response_is_told_with_the_errors_that_led_nowhere(engine: Engine) -> None:
    failing = [kind(f"f{i}", "fail", {"message": f"no {i}"}, onError="end") for i in range(5)]
    taken = kind("taken", "fail", {"message": "taken"})
    made = flow(
        taken, values("mend"), *failing,
        edges=["start > taken", "taken error> mend", *(f"mend > f{i}" for i in range(5))],
        settings=MUST,
    )  # fmt: skip
    with Engine(engine.connector, {}, settings=EngineSettings(workers=0)) as alone:
        run = alone.run(made)
    assert failed_with(run) == (
        "The flow ended without a response; 'f0' failed before: no 0; 'f1' failed before: no 1; "
        "'f2' failed before: no 2"
    )


def test_a_subflow_that_must_respond_fails_the_node_that_calls_it(start: Start) -> None:
    ending = kind("lookup", "fail", {"message": "nobody is there"}, onError="end")
    run = start(flows=other(ending, settings=MUST)).run(flow(sub()))
    assert failed_with(run) == (
        "The node 'sub' failed: The flow ended without a response; 'sub/lookup' failed before: "
        "nobody is there"
    )


def test_a_node_that_runs_alone_need_not_respond(engine: Engine) -> None:
    made = flow(values("v"), kind("r", "respond"), settings=MUST)
    assert engine.run_node(made, "v", {}, {}).status == "succeeded"


def test_calls_that_never_end_fail_the_run_whatever_edge_takes_errors(drafted: Connector) -> None:
    flows = {"a": flow(sub("a"), values("v"), edges=["start > sub", "sub error> v"], id_="a")}

    with Engine(drafted, {}, flows, settings=EngineSettings(most_deep=5)) as engine:
        run = engine.run(flows["a"])

    assert failed_with(run).endswith("would run more than 5 loops, calls and flows deep.")
