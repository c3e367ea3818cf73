"""Each built-in kind: what it gives, and how it says what is wrong with its inputs."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.errors import InvalidFlowError
from argosy.flow import Engine
from argosy.flow.kinds import KINDS
from argosy.validation import Validator
from tests.flow.conftest import Start
from tests.flow.harness import (
    body,
    call,
    failed_with,
    flow,
    kind,
    outputs_of,
    statuses,
    step_of,
    values,
)
from tests.servers import Say, ScriptedServer
from tests.steering import Steering


def test_the_trigger_gives_the_input_with_defaults(engine: Engine) -> None:
    inputs = {"type": "object", "properties": {"n": {"type": "integer", "default": 7}, "s": {}}}
    run = engine.run(flow(inputs=inputs), {"s": "x"})
    assert outputs_of(run, "start") == {"n": 7, "s": "x"}


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "'n' is missing"),
        ({"n": "1"}, '"1" is not an integer'),
        ([1], "the input is not an object"),
        ("text", "the input is not an object"),
    ],
)
def test_an_input_that_does_not_fit_fails_the_run_before_any_step(
    engine: Engine, given: Any, problem: str
) -> None:
    inputs = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    run = engine.run(flow(inputs=inputs), given)
    assert failed_with(run) == "The input of the flow 't' is not valid."
    assert run.error is not None
    assert [one.message for one in run.error.problems] == [problem]
    assert run.steps == []
    assert run.to_json()["input"] == given


def test_an_input_nested_beyond_measure_is_refused_and_not_recorded(engine: Engine) -> None:
    deep: Any = {}
    for _ in range(900):
        deep = {"a": deep}
    run = engine.run(flow(), deep)
    assert run.error is not None
    assert [one.message for one in run.error.problems] == ["it is nested more than 200 levels deep"]
    assert run.to_json()["input"] is None


@pytest.mark.parametrize(
    ("inputs", "outcome"),
    [
        ({"when": "{{ input.n > 1 }}"}, "true"),
        ({"when": "{{ input.n > 5 }}"}, "false"),
        ({"left": "{{ input.n }}", "operator": "equals", "right": 3}, "true"),
        ({"left": "{{ input.n }}", "operator": "equals", "right": "3"}, "false"),
        (
            {"left": "{{ input.n }}", "operator": "equals", "right": "3", "compareAs": "text"},
            "true",
        ),
        (
            {"left": " 3 ", "operator": "equals", "right": "{{ input.n }}", "compareAs": "number"},
            "true",
        ),
        ({"left": 1, "operator": "equals", "right": True}, "false"),
        ({"left": "TRUE", "operator": "equals", "right": True, "compareAs": "boolean"}, "true"),
        ({"left": 1, "operator": "not-equals", "right": True}, "true"),
        ({"left": {"a": [1, 2.0]}, "operator": "equals", "right": {"a": [1.0, 2]}}, "true"),
        ({"left": "b", "operator": "in", "right": ["a", "b"]}, "true"),
        ({"left": "c", "operator": "not-in", "right": ["a", "b"]}, "true"),
        ({"left": "B", "operator": "in", "right": ["a", "b"], "ignoreCase": True}, "true"),
        ({"left": 1, "operator": "in", "right": [True]}, "false"),
        ({"left": "abc", "operator": "contains", "right": "b"}, "true"),
        ({"left": "a1", "operator": "contains", "right": 1}, "true"),
        ({"left": [1, 2], "operator": "contains", "right": 2}, "true"),
        ({"left": {"k": 1}, "operator": "contains", "right": "k"}, "true"),
        ({"left": {"k": 1}, "operator": "contains", "right": ["k"]}, "false"),
        ({"left": "abc", "operator": "not-contains", "right": "z"}, "true"),
        ({"left": "", "operator": "empty"}, "true"),
        ({"left": [], "operator": "empty"}, "true"),
        ({"left": "{{ input.absent | default(none) }}", "operator": "empty"}, "true"),
        ({"left": "{{ input.absent | default(omit) }}", "operator": "empty"}, "true"),
        ({"left": 0, "operator": "empty"}, "false"),
        ({"left": False, "operator": "not-empty"}, "true"),
        ({"left": 1, "operator": "less", "right": 2}, "true"),
        ({"left": 2, "operator": "less-or-equal", "right": 2}, "true"),
        ({"left": "b", "operator": "greater", "right": "a"}, "true"),
        ({"left": 2, "operator": "greater-or-equal", "right": 2.5}, "false"),
        ({"left": 5, "operator": "between", "right": 1, "upTo": 5}, "true"),
        ({"left": 6, "operator": "between", "right": 1, "upTo": 5}, "false"),
        ({"left": "10", "operator": "greater", "right": "9", "compareAs": "number"}, "true"),
        ({"left": "9" * 400, "operator": "greater", "right": 1.5, "compareAs": "number"}, "true"),
    ],
)
def test_a_condition_compares(engine: Engine, inputs: Any, outcome: str) -> None:
    run = engine.run(flow(kind("if", "condition", inputs)), {"n": 3})
    assert outputs_of(run, "if") == {"outcome": outcome}
    assert step_of(run, "if").outcome == outcome


def test_a_condition_takes_the_first_case_that_holds(engine: Engine) -> None:
    cases = [
        {"outcome": "small", "operator": "less", "right": 10},
        {"outcome": "round", "operator": "in", "right": [10, 100]},
        {"outcome": "huge", "when": "{{ input.n > 1000 }}"},
    ]
    made = flow(kind("if", "condition", {"left": "{{ input.n }}", "cases": cases}))
    found = [outputs_of(engine.run(made, {"n": n}), "if")["outcome"] for n in (1, 100, 5000, 50)]
    assert found == ["small", "round", "huge", "otherwise"]


def test_a_condition_records_what_it_compared(engine: Engine) -> None:
    inputs = {"left": "{{ input.n }}", "operator": "in", "right": [1]}
    run = engine.run(flow(kind("if", "condition", inputs)), {"n": 3})
    assert step_of(run, "if").inputs == {"left": 3, "right": [1]}


@pytest.mark.parametrize(
    ("inputs", "detail"),
    [
        ({"when": "{{ 1 }}"}, "'when' gives 1, not true or false"),
        ({"when": "yes"}, "'when' gives \"yes\", not true or false"),
        (
            {"left": 1, "operator": "in", "right": "a"},
            "'in' needs a list on its right side, not \"a\"",
        ),
        (
            {"left": 1, "operator": "contains", "right": 1},
            "'contains' needs a text, a list or an object on its left side, not 1",
        ),
        (
            {"left": 1, "operator": "less", "right": "2"},
            '1 and "2" have no order; compare two numbers or two texts',
        ),
        (
            {"left": True, "operator": "less", "right": 2},
            "true and 2 have no order; compare two numbers or two texts",
        ),
        (
            {"left": "x", "operator": "equals", "right": 2, "compareAs": "number"},
            '"x" is no number',
        ),
        (
            {"left": "nan", "operator": "less", "right": 2, "compareAs": "number"},
            '"nan" is no number',
        ),
        (
            {"left": "inf", "operator": "less", "right": 2, "compareAs": "number"},
            '"inf" is no number',
        ),
        (
            {"left": 0, "operator": "equals", "right": True, "compareAs": "boolean"},
            "0 is neither true nor false",
        ),
    ],
)
def test_a_condition_says_what_it_cannot_compare(engine: Engine, inputs: Any, detail: str) -> None:
    run = engine.run(flow(kind("if", "condition", inputs)))
    expected = f"The inputs of 'condition' are not valid: {detail}."
    assert failed_with(run) == f"The node 'if' failed: {expected}"


@pytest.mark.parametrize(
    ("inputs", "pointer", "message"),
    [
        ({}, "/nodes/1/inputs", "'when' is missing"),
        ({"left": 1}, "/nodes/1/inputs", "'operator' is missing"),
        ({"left": 1, "operator": "like"}, "/nodes/1/inputs/operator", '"like" is not one of'),
        ({"cases": "x"}, "/nodes/1/inputs/cases", '"x" is not a list'),
        ({"cases": [{"when": "x"}]}, "/nodes/1/inputs/cases/0", "'outcome' is missing"),
        ({"cases": [{"outcome": "a"}]}, "/nodes/1/inputs/cases/0", "is missing"),
    ],
)
def test_a_condition_that_is_none_is_refused_with_its_place(
    engine: Engine, inputs: Any, pointer: str, message: str
) -> None:
    with pytest.raises(InvalidFlowError) as caught:
        engine.run(flow(kind("if", "condition", inputs)))
    found = [(one.pointer, one.message) for one in caught.value.problems]
    assert any(place == pointer and message in text for place, text in found), found


def test_a_transform_builds_values(engine: Engine) -> None:
    made = flow(
        values(
            "make",
            same="{{ input.n }}",
            text="n is {{ input.n }}",
            deep={"list": ["{{ input.n }}", 2, None]},
            left_out="{{ input.absent | default(omit) }}",
        )
    )
    run = engine.run(made, {"n": 3})
    assert outputs_of(run, "make") == {"same": 3, "text": "n is 3", "deep": {"list": [3, 2, None]}}


@pytest.mark.parametrize(
    ("node", "detail"),
    [
        (kind("x", "transform", {}), "/: 'values' is missing"),
        (kind("x", "transform", {"values": "{{ [1] }}"}), "/values: [1] is not an object"),
        (kind("x", "transform", {"values": {}, "valeus": {}}), "/valeus: "),
        (
            kind("x", "set-variable", {"values": {}}),
            "/values: the object has 0 members, at least 1",
        ),
        (
            kind("x", "set-variable", {"values": {"sum": 1}}),
            "the flow declares no variable 'sum'; there is ",
        ),
        (
            kind("x", "set-variable", {"values": {"count": "many"}}),
            'the variable \'count\' cannot be "many": "many" is not an integer',
        ),
        (
            kind("x", "increment", {"variable": "total"}),
            "the flow declares no variable 'total'; there is ",
        ),
        (
            kind("x", "increment", {"variable": "name"}),
            "the variable 'name' is \"a\", which is no number",
        ),
        (kind("x", "increment", {"variable": "count", "by": "1"}), '/by: "1" is not a number'),
        (
            kind("x", "increment", {"variable": "count", "by": 0.5}),
            "the variable 'count' cannot be 0.5: 0.5 is not an integer",
        ),
        (kind("x", "for-each", {"items": {"a": 1}}, body=body()), '/items: {"a":1} is not a list'),
        (
            kind("x", "for-each", {"items": [], "concurrency": 0}, body=body()),
            "/concurrency: 0 is less than 1",
        ),
        (
            kind("x", "while", {"condition": "{{ 'yes' }}"}, body=body()),
            "'condition' gives \"yes\", not true or false",
        ),
        (
            kind("x", "while", {"condition": "{{ false }}", "limit": 0}, body=body()),
            "/limit: 0 is less",
        ),
        (kind("x", "wait", {}), "/: "),
        (kind("x", "wait", {"seconds": -1}), "/seconds: -1 is less than 0"),
        (
            kind("x", "wait", {"until": "tomorrow"}),
            "'until' is \"tomorrow\", which is no date and time as 2026-01-31T12:00:00Z is",
        ),
        (kind("x", "wait", {"until": "{{ input.huge }}"}), "which is no date and time"),
        (kind("x", "http-request", {}), "/: 'url' is missing"),
        (
            kind("x", "http-request", {"url": "http://x", "method": "BREW"}),
            '/method: "BREW" is not one of',
        ),
        (kind("x", "subflow", {}), "/: 'flow' is missing"),
        (kind("x", "respond", {"statusCode": 99}), "/statusCode: 99 is less than 200"),
        (kind("x", "respond", {"status": "maybe"}), '/status: "maybe" is not one of'),
        (kind("x", "fail", {}), "/: 'message' is missing"),
        (kind("x", "fail", {"message": ""}), '/message: "" has 0 characters, at least 1 is needed'),
    ],
)
def test_inputs_that_do_not_fit_fail_the_step_with_place_and_value(
    engine: Engine, node: Any, detail: str
) -> None:
    variables = {"count": {"schema": {"type": "integer"}, "value": 0}, "name": {"value": "a"}}
    run = engine.run(flow(node, variables=variables), {"huge": 10**400})
    start = f"The node 'x' failed: The inputs of '{node['kind']}' are not valid: "
    message = failed_with(run)
    assert message.startswith(start)
    assert detail in message
    assert step_of(run, "x").error is not None


def test_a_number_that_becomes_too_large_is_told(engine: Engine) -> None:
    made = flow(
        kind("x", "increment", {"variable": "n", "by": "{{ input.by }}"}),
        variables={"n": {"value": 1.5}},
    )
    assert "would become too large a number" in failed_with(engine.run(made, {"by": 10**400}))


def test_what_json_cannot_say_is_no_value(engine: Engine) -> None:
    run = engine.run(flow(values("x", n="{{ 1e308 + 1e308 }}")))
    assert failed_with(run).endswith("cannot be computed: the number would be too large.")


def test_a_wait_goes_on_after_so_many_seconds(start: Start, steering: Steering) -> None:
    run = start(steering=steering).run(flow(kind("w", "wait", {"seconds": 2.5})))
    assert outputs_of(run, "w") == {"seconds": 2.5}
    assert steering.slept == [2.5]


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        (1010, 10),
        ("1970-01-01T00:17:00Z", 20),
        ("1970-01-01T00:17:00", 20),
        (999, 0),
        ("1969-12-31", 0),
    ],
)
def test_a_wait_until_a_moment(
    start: Start, steering: Steering, until: Any, seconds: float
) -> None:
    run = start(steering=steering).run(flow(kind("w", "wait", {"until": until})))
    assert outputs_of(run, "w") == {"seconds": seconds}
    assert sum(steering.slept) == seconds


def test_fail_ends_the_run_with_the_flows_own_words(engine: Engine) -> None:
    run = engine.run(
        flow(kind("stop", "fail", {"message": "No stock of {{ input.sku }}"})), {"sku": 5}
    )
    assert failed_with(run) == "The node 'stop' failed: No stock of 5"
    assert step_of(run, "stop").error == {
        "code": "failed-on-purpose",
        "message": "No stock of 5",
        "retryable": False,
        "problems": [],
    }


def test_a_note_never_runs(engine: Engine) -> None:
    made = flow(values("a"), kind("n", "note", {"text": "a remark"}), edges=["start > a"])
    assert list(statuses(engine.run(made))) == ["start", "a"]


def test_an_http_request_sends_what_it_says(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(200, {"ok": True}, {"X-Seen": "yes"}))
    inputs = {
        "url": f"{server.url}/hook?a=1",
        "method": "PUT",
        "query": {"b": "two words"},
        "headers": {"X-Number": "{{ input.n }}"},
        "body": {"n": "{{ input.n }}"},
    }
    engine = start(connection={"allow_hosts": (f"127.0.0.1:{server.port}",)})
    outputs = outputs_of(engine.run(flow(kind("h", "http-request", inputs)), {"n": 3}), "h")
    assert outputs["statusCode"] == 200
    assert outputs["body"] == {"ok": True}
    assert outputs["headers"]["x-seen"] == "yes"
    assert server.last.method == "PUT"
    assert server.last.target == "/hook?a=1&b=two+words"
    assert server.last.headers["x-number"] == "3"
    assert "x-notes-key" not in server.last.headers
    assert server.last.json == {"n": 3}


def test_an_http_request_goes_only_where_the_connection_allows(
    start: Start, server: ScriptedServer
) -> None:
    run = start().run(flow(kind("h", "http-request", {"url": "http://169.254.169.254/latest"})))
    assert "A call to 169.254.169.254 is refused" in failed_with(run)
    assert server.received == []


def test_an_http_request_takes_other_statuses_as_errors_unless_told_otherwise(
    start: Start, server: ScriptedServer
) -> None:
    server.answers(Say(404, {"message": "no such thing"}))
    engine = start(connection={"allow_hosts": (f"127.0.0.1:{server.port}",)})
    inputs = {"url": f"{server.url}/x"}
    run = engine.run(flow(kind("h", "http-request", inputs)))
    assert failed_with(run).endswith("answered 404: no such thing")
    run = engine.run(flow(kind("h", "http-request", {**inputs, "failOnStatus": False})))
    assert outputs_of(run, "h")["statusCode"] == 404


def test_a_capability_says_which_of_its_inputs_are_wrong(start: Start) -> None:
    run = start().run(flow(call("a", "ask", {"name": 5})))
    assert failed_with(run) == "The node 'a' failed: The inputs of 'ask' are not valid: 1 problem."
    assert run.error is not None
    assert [(one.pointer, one.message) for one in run.error.problems] == [
        ("/name", "5 is not a string")
    ]


def test_a_node_that_names_no_known_connection_fails_with_those_there_are(start: Start) -> None:
    run = start(others=("eu", "jp")).run(flow(call("a", "ask", {"name": "x"}, connection="us")))
    assert failed_with(run) == "The node 'a' failed: There is no connection 'us'; there is eu, jp."


def test_every_kind_gives_what_it_declares(
    start: Start, server: ScriptedServer, steering: Steering
) -> None:
    engine = start(
        steering=steering,
        flows={"other": flow(kind("r", "respond", {"body": 1}), id_="other")},
        connection={"allow_hosts": (f"127.0.0.1:{server.port}",)},
    )
    made = flow(
        kind("condition", "condition", {"when": "{{ true }}"}),
        values("transform", a=1),
        kind("set", "set-variable", {"values": {"n": 1}}),
        kind("inc", "increment", {"variable": "n"}),
        kind("each", "for-each", {"items": [1]}, body=body(values("v", x="{{ item }}"))),
        kind("while", "while", {"condition": "{{ index < 2 }}"}, body=body(values("v"))),
        kind("wait", "wait", {"seconds": 1}),
        kind("http", "http-request", {"url": f"{server.url}/x"}),
        kind("sub", "subflow", {"flow": "other"}),
        kind("call", "call", {"routine": "routine", "values": {"n": 1}}),
        kind("respond", "respond", {"body": 1}),
        kind("routine", "routine"),
        kind("return", "return", {"values": {"n": 2}}),
        edges=[
            "start > condition", "condition true> transform", "transform > set", "set > inc",
            "inc > each", "each > while", "while > wait", "wait > http", "http > sub",
            "sub > call", "call > respond", "routine > return",
        ],
        variables={"n": {}},
    )  # fmt: skip
    run = engine.run(made)
    assert run.error is None
    ran = {step.what for step in run.steps}
    assert ran == set(KINDS) - {"fail", "note", "davinci"}
    for step in (one for one in run.steps if not one.path.startswith("sub/")):
        validator = Validator(KINDS[step.what].outputs)
        assert validator.problems(step.outputs) == (), step.path
        declared = KINDS[step.what].outcomes(_node(made, step.node))
        assert step.outcome in declared or step.what == "return", step.path


def _node(made: Any, name: str) -> Any:
    return next(one for one in made.graph.every_node() if one.id == name)
