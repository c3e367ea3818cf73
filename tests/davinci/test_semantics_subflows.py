"""Flows that call flows: what they are given, what they see, and how they answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.davinci.building import (
    answers,
    body,
    bundle,
    connection,
    error,
    fails,
    flow,
    function,
    imported,
    message,
    out,
    ran,
    rich,
    run,
    saves,
    variable,
    works,
)

PARAMETER = "{{global.parameters.p}}"


def calls(id_: str, flow_id: str = "f2", capability: str = "startSubFlow", **inputs: str) -> Any:
    """Return a call of a flow; the inputs are rich texts."""
    texts = {name: rich(text) for name, text in inputs.items()}
    named = {"subFlowId": {"label": flow_id, "value": flow_id}, "subFlowVersionId": -1}
    return connection(id_, "flowConnector", capability, **named, **texts)


def schema(**types: str) -> list[dict[str, Any]]:
    """Return the inputs that a flow declares."""
    return [{"propertyName": name, "preferredDataType": type_} for name, type_ in types.items()]


CALLER = (
    calls("sub", p="{{global.parameters.x}}"),
    answers("good", said=out("sub", "said")),
    answers("bad", "createErrorResponse", m=error("sub", "message"), c=error("sub", "code")),
)
WAYS = ["sub > good, bad:anyTriggersFalse"]


def called(*nodes: Any, **more: Any) -> Any:
    """Return an export of a flow that calls another, which has these nodes."""
    return bundle(flow(*CALLER, ways=WAYS), flow(*nodes, id_="f2", **more))


@pytest.mark.parametrize("capability", ["startSubFlow", "startUiSubFlow"])
def test_a_flow_is_given_its_inputs_and_returns_the_fields_of_its_response(capability: str) -> None:
    caller = flow(
        calls("sub", capability=capability, p="{{global.parameters.x}}!"),
        answers("good", said=out("sub", "said")),
        ways=["sub > good"],
    )

    found = run(bundle(caller, flow(answers("end", said=PARAMETER), id_="f2")), {"x": "hello"})

    assert body(found) == {"said": "hello!"}


def test_the_order_of_the_flows_in_the_export_makes_no_difference() -> None:
    flows = [flow(*CALLER, ways=WAYS), flow(answers("end", said=PARAMETER), id_="f2")]

    for order in (flows, flows[::-1]):
        assert body(run(bundle(*order), {"x": "1"}, main="f1")) == {"said": "1"}


def test_inputs_are_turned_into_the_types_that_the_flow_declares() -> None:
    code = "return {t: [typeof params.n, typeof params.b, params.o.a].join()}"
    given = {name: ("any", f"{{{{global.parameters.{name}}}}}") for name in "nbo"}
    nodes = [function("f", code, **given), answers("end", t=out("f", "t"))]
    declared = schema(n="number", b="boolean", o="object")
    caller = [
        calls("sub", n="4", b="true", o='{"a": 7}'),
        answers("good", t=out("sub", "t")),
    ]

    found = run(
        bundle(
            flow(*caller, ways=["sub > good"]),
            flow(*nodes, ways=["f > end"], id_="f2", inputSchema=declared),
        )
    )

    assert body(found) == {"t": "number,boolean,7"}


def test_an_input_that_is_left_empty_may_be_missed_by_another_type() -> None:
    export = called(answers("end", said="fine"), inputSchema=schema(p="number"))

    assert body(run(export)) == {"said": "fine"}


def test_an_input_of_a_wrong_type_takes_the_false_branch() -> None:
    export = called(answers("end", said="fine"), inputSchema=schema(p="number"))

    found = run(export, {"x": "many"})

    assert "number" in body(found)["m"]


def test_an_error_response_takes_the_false_branch_with_its_message_and_code() -> None:
    fields = {"message": "no such user", "code": "unknown-user"}

    found = run(called(answers("end", "createErrorResponse", **fields)))

    assert body(found) == {"m": "no such user", "c": "unknown-user"}
    assert ran(found) == {"sub", "end", "bad"}


def test_a_failure_of_the_flow_takes_the_false_branch_with_what_failed_there() -> None:
    stops = connection(
        "stop", "errorConnector", "customErrorMessage", errorMessage=rich("it is closed")
    )

    assert body(run(called(stops)))["m"] == "it is closed"


def test_a_flow_that_ends_without_its_response_takes_the_false_branch() -> None:
    found = run(called(fails("a"), answers("end", said="x"), ways=["a > end"]))

    assert "without a response" in body(found)["m"]
    assert "no time" in body(found)["m"]


def test_a_flow_without_any_response_succeeds_with_nothing() -> None:
    assert body(run(called(works("a")))) == {"said": ""}


def test_what_the_flow_did_before_an_error_response_can_be_read() -> None:
    nodes = [
        calls("sub"),
        answers("bad", "createErrorResponse", d=("object", error("sub", "details"))),
    ]
    caller = flow(*nodes, ways=["sub > bad:anyTriggersFalse"])
    inner = flow(answers("end", "createErrorResponse", why="full"), id_="f2")

    assert body(run(bundle(caller, inner))) == {"d": {"why": "full"}}


def test_a_flow_sees_neither_the_callers_variables_nor_its_inputs_nor_its_nodes() -> None:
    told = "/".join(["{{global.variables.v}}", "{{global.parameters.x}}", out("before", "v")])
    caller = flow(
        saves("set", {"v": "mine"}),
        function("before", "return {v: 1}"),
        calls("sub", p="given"),
        answers("good", said=out("sub", "said"), still="{{global.variables.v}}"),
        ways=["set > before", "before > sub", "sub > good"],
        variables=[variable("v")],
    )
    inner = flow(
        saves("set2", {"w": "its own"}),
        answers("end", said=told + PARAMETER),
        ways=["set2 > end"],
        id_="f2",
        variables=[variable("v"), variable("w")],
    )

    assert body(run(bundle(caller, inner), {"x": "secret"})) == {
        "said": "//given",
        "still": "mine",
    }


def test_a_flow_in_no_export_takes_the_false_branch_and_is_reported() -> None:
    export = flow(*CALLER, ways=WAYS)

    assert "'f2'" in body(run(export))["m"]
    [opaque] = imported(export)[0].report.opaque
    assert opaque.why == "the flow 'f2' that it calls is not in the export"


def test_a_call_that_names_no_flow_ends_the_run() -> None:
    nodes = [connection("sub", "flowConnector", "startSubFlow"), *CALLER[1:]]

    assert "names no flow" in message(run(flow(*nodes, ways=WAYS)))


def test_flows_that_call_each_other_in_a_circle_fail_and_say_so() -> None:
    export = bundle(flow(calls("a", "f2")), flow(calls("b", "f1"), id_="f2"))

    told = message(run(export))

    assert "deep" in told
    assert "a/b/a" in told


def test_flows_of_one_name_are_told_apart_by_their_ids() -> None:
    export = bundle(
        flow(*CALLER, ways=WAYS, name="The flow"),
        flow(answers("end", said="the wrong one"), id_="f3", name="The flow"),
        flow(answers("end", said="the right one"), id_="f2", name="The flow"),
    )

    assert body(run(export)) == {"said": "the right one"}


def test_a_flow_within_a_flow_within_a_flow_answers_through_all() -> None:
    export = bundle(
        flow(*CALLER, ways=WAYS),
        flow(calls("sub", "f3", q=PARAMETER + "b"), CALLER[1], ways=["sub > good"], id_="f2"),
        flow(answers("end", said="{{global.parameters.q}}c"), id_="f3"),
    )

    assert body(run(export, {"x": "a"})) == {"said": "abc"}


def test_a_call_runs_twice_where_it_is_called_twice() -> None:
    export = bundle(
        flow(
            calls("one", p="1"),
            calls("two", p=out("one", "said") + "2"),
            answers("good", said=out("two", "said")),
            ways=["one > two", "two > good"],
        ),
        flow(answers("end", said="<" + PARAMETER + ">"), id_="f2"),
    )

    assert body(run(export)) == {"said": "<<1>2>"}
