"""Where flows begin and end: entries, annotations, nodes that cannot run, responses."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.errors import NoResponseError
from tests.davinci.building import (
    answers,
    body,
    bundle,
    connection,
    counted,
    error,
    fails,
    flow,
    imported,
    message,
    out,
    ran,
    rich,
    run,
    starts_here,
    works,
)


def annotation(id_: str, text: str = "a remark") -> dict[str, Any]:
    """Return a remark on the canvas."""
    made = connection(id_, "annotationConnector", "updateAnnotationProperties", annotation=text)
    return {**made, "nodeType": "ANNOTATION"}


def scheduled(id_: str) -> dict[str, Any]:
    """Return the start of a flow that runs on a schedule."""
    return {"id": id_, "nodeType": "START", "name": "Start Node", "properties": {}}


def stops(id_: str, **properties: str) -> dict[str, Any]:
    """Return a node that ends the flow with a message."""
    texts = {name: rich(text) for name, text in properties.items()}
    return connection(id_, "errorConnector", "customErrorMessage", **texts)


def test_all_nodes_that_no_edge_leads_to_start() -> None:
    found = run(flow(works("a"), works("b"), works("c"), ways=["b > c"]))

    assert ran(found) == {"a", "b", "c"}


def test_an_end_node_that_is_not_wired_fires_at_the_start() -> None:
    nodes = [works("a", 30), answers("end", said="at once"), works("b")]

    found = run(flow(*nodes, ways=["a > b"]), workers=4)

    assert body(found) == {"said": "at once"}
    assert ran(found) == {"a", "b", "end"}


def test_a_scheduled_flow_starts_at_its_start_node() -> None:
    found = run(flow(scheduled("begin"), works("a"), works("b"), ways=["begin > a", "a > b"]))

    assert ran(found) == {"begin", "a", "b"}
    assert found.steps[0].node == "begin"


def test_annotations_do_nothing_and_join_nothing() -> None:
    export = flow(works("a"), annotation("n"), works("b"), ways=["a > b"])

    assert ran(run(export)) == {"a", "b"}
    assert imported(export)[0].report.annotations == 1


def test_an_edge_of_an_annotation_leads_nowhere() -> None:
    found = run(flow(works("a"), annotation("n"), works("b"), ways=["a > n", "n > b", "a > b"]))

    assert ran(found) == {"a", "b"}


def test_a_disabled_node_does_not_do_what_it_is_for() -> None:
    off = {**answers("off", said="x"), "isDisabled": True}

    found = run(flow(off, answers("end"), ways=["off > end:anyTriggersFalse"]))

    assert message(found) == "httpConnector/createSuccessResponse cannot run here: it is disabled."


def test_a_node_that_was_never_configured_fails_and_says_so() -> None:
    blank = {**connection("blank", "httpConnector", ""), "status": "unconfigured"}

    found = run(flow(blank, answers("end"), ways=["blank > end:anyTriggersFalse"]))

    assert message(found) == "httpConnector cannot run here: no capability was configured."


@pytest.mark.parametrize("elements", [{}, {"nodes": []}, {"nodes": [], "edges": []}, None])
def test_an_empty_flow_does_nothing_and_succeeds(elements: Any) -> None:
    export = flow()
    export["graphData"] = {} if elements is None else {"elements": elements}

    found = run(export)

    assert (found.status, ran(found), found.response) == ("succeeded", set(), None)


def test_a_flow_of_teleport_starts_alone_does_nothing() -> None:
    assert ran(run(flow(starts_here("s"), works("a"), ways=["s > a"]))) == set()


def test_a_node_of_another_service_ends_the_run_and_takes_no_branch() -> None:
    other = connection("other", "pingOneSSOConnector", "userLookup", username=rich("ada"))
    nodes = [other, answers("good", a="1"), answers("bad", why=error("other", "message"))]

    found = run(flow(*nodes, ways=["other > good, bad:anyTriggersFalse"]))

    assert message(found).startswith("pingOneSSOConnector/userLookup cannot run here: ")
    assert (ran(found), found.response) == ({"other"}, None)


def test_a_node_of_another_service_fails_a_flow_that_responds_to_nobody_too() -> None:
    other = connection("other", "connectorExample", "postHTTP")

    found = run(flow(other, works("a"), ways=["other > a"]))

    assert "connectorExample/postHTTP" in message(found)


def test_a_node_of_another_service_ends_the_run_from_within_another_flow() -> None:
    called = flow(connection("other", "connectorExample", "postHTTP"), id_="f2")
    which = {"label": "inner", "value": "f2"}
    sub = connection("sub", "flowConnector", "startSubFlow", subFlowId=which)
    caller = flow(sub, answers("bad"), ways=["sub > bad:anyTriggersFalse"])

    assert "connectorExample/postHTTP" in message(run(bundle(caller, called)))


def test_a_flow_with_responses_that_ends_without_one_fails_and_names_the_node() -> None:
    nodes = [works("a"), fails("lookup"), answers("end", said="x")]

    found = run(flow(*nodes, ways=["a > lookup", "lookup > end"]))

    assert isinstance(found.error, NoResponseError)
    assert "'lookup'" in message(found)
    assert '"no time" is no time in milliseconds' in message(found)


def test_a_flow_whose_responses_were_all_passed_by_fails_too() -> None:
    found = run(flow(works("a"), answers("end"), ways=["a > end:anyTriggersFalse"]))

    assert isinstance(found.error, NoResponseError)


def test_a_failure_that_no_branch_takes_does_not_keep_others_from_responding() -> None:
    nodes = [works("a"), fails("b"), works("c", 20), answers("end", said="still")]

    for workers in (0, 4):
        found = run(flow(*nodes, ways=["a > b", "a > c", "c > end"]), workers=workers)
        assert body(found) == {"said": "still"}


def test_a_flow_without_responses_may_end_without_one() -> None:
    assert run(flow(works("a"))).status == "succeeded"


def test_the_first_of_two_responses_counts() -> None:
    nodes = [works("a"), answers("one", said="first"), answers("two", said="second")]

    found = run(flow(*nodes, ways=["a > one", "one > two"]))

    assert body(found) == {"said": "first"}
    assert counted(found)["two"] == 1
    assert {step.node: step.status for step in found.steps}["two"] == "failed"


def test_a_flow_goes_on_behind_its_response() -> None:
    nodes = [answers("end", said="x"), works("a")]

    assert ran(run(flow(*nodes, ways=["end > a"]))) == {"end", "a"}


def test_an_error_message_fails_the_run_with_its_words() -> None:
    nodes = [works("a"), stops("stop", errorMessage="We are closed.", errorCode="closed")]

    found = run(flow(*nodes, ways=["a > stop"]))

    assert message(found).endswith("We are closed.")
    assert found.steps[-1].error is not None
    assert found.steps[-1].error["code"] == "closed"


def test_an_error_message_may_say_what_failed_before() -> None:
    nodes = [fails("a"), stops("stop", errorMessage="Sorry: " + error("a", "message"))]

    assert 'Sorry: "no time"' in message(run(flow(*nodes, ways=["a > stop:always"])))


def test_an_error_message_that_a_branch_takes_does_not_end_the_run() -> None:
    nodes = [stops("stop", errorMessage="no"), answers("end", why=error("stop", "message"))]

    assert body(run(flow(*nodes, ways=["stop > end:anyTriggersFalse"]))) == {"why": "no"}


def test_fields_of_a_response_have_the_types_that_their_rows_say() -> None:
    fields: dict[str, Any] = {
        "n": ("number", "4"),
        "b": ("boolean", "true"),
        "o": ("object", '{"a": 1}'),
        "s": ("string", "4"),
        "kept": ("array", "{{global.parameters.list}}"),
    }

    assert body(run(flow(answers("end", **fields)), {"list": [1]})) == {
        "n": 4,
        "b": True,
        "o": {"a": 1},
        "s": "4",
        "kept": [1],
    }


def test_an_error_response_is_one_with_its_status_and_message() -> None:
    end = answers("end", "createErrorResponse", field="x")
    end["properties"] |= {
        "message": {"value": rich("It is full.")},
        "httpStatusCode": {"value": 409},
    }

    found = run(flow(end))

    assert body(found) == {"message": "It is full.", "field": "x"}
    assert found.response is not None
    assert (found.response.is_error, found.response.status_code) == (True, 409)


def test_an_unwrapped_response_is_its_body_alone() -> None:
    text = '{"list": [1, {{global.parameters.n}}], "name": "{{global.parameters.name}}"}'
    end = connection("end", "httpConnector", "createUnwrappedResponse", jsonString=rich(text))

    assert body(run(flow(end), {"n": 2, "name": "ada"})) == {"list": [1, 2], "name": "ada"}


def test_a_response_can_be_read_by_what_comes_after_it() -> None:
    log = connection(
        "log", "analyticsConnector", "logOutcome", outcomeDescription=rich(out("end", "statusCode"))
    )

    found = run(flow(answers("end", said="x"), log, ways=["end > log"]))

    assert found.steps[-1].inputs["properties"] == {"outcomeDescription": 200}
