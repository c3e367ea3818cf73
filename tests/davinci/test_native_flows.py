"""Flows that were drawn here, in DaVinci's words: they come back and run to the same result."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.davinci import export_flow, export_leniently, import_export
from argosy.davinci.exports import export_flows
from argosy.davinci.reading import split_export
from argosy.davinci.shape import ConnectorNames
from argosy.flow.library import parse_flow
from argosy.flow.run import Run
from argosy.model import Connector
from tests.flow.conftest import Start, drafted, start
from tests.flow.harness import START, call, edge, flow, kind
from tests.servers import Say, ScriptedServer

__all__ = ["drafted", "start"]  # fixtures


def greeting(url: str) -> dict[str, Any]:
    """A flow of all kinds that DaVinci has words for, and the flow that it calls."""
    given = {"name": "{{ input.name | default('') }}"}
    size = {"left": "{{ input.size | default('') }}", "operator": "greater", "right": 2}
    cases = [
        {"outcome": "big", "operator": "equals", "right": "L"},
        {"outcome": "small", "operator": "equals", "right": "S"},
    ]
    said = {
        "hello": "{{ nodes.sub.outputs.body.said | default('') }}!",
        "value": "{{ nodes.ask.outputs.value | default('') }}",
        "page": "{{ nodes.get.outputs.body.title | default('') }}",
        "status": "{{ nodes.get.outputs.statusCode | default('') }}",
        "seen": "{{ vars.seen | default('') }} {{ '{{' }} {{ vars.count | default('') }}",
        "more": {"list": [1, "x"], "true": True},
        "five": 5,
    }
    main = flow(
        kind("is-big", "condition", size),
        kind("keep", "set-variable", {"values": {"seen": "{{ input.name | default('') }}\n2"}}),
        kind("grow", "increment", {"variable": "count", "by": 3}),
        kind("which", "condition", {"left": "{{ input.kind | default('') }}", "cases": cases}),
        kind("get", "http-request", {"url": f"{url}/page", "query": {"q": "a b"}}),
        call("ask", "ask", {"name": "{{ input.name | default('') }}"}, onError="end"),
        kind("sub", "subflow", {"flow": "other", "input": given}),
        kind("wait", "wait", {"seconds": 0}),
        kind("done", "respond", {"statusCode": 201, "body": said}),
        kind("no", "fail", {"message": "Too small, {{ input.name | default('') }}"}),
        kind(
            "other-kind",
            "respond",
            {"status": "error", "body": {"kind": "{{ input.kind | default('') }}"}},
        ),
        kind("remark", "note", {"text": "Says hello {{ x }}"}),
        edges=(
            "start > is-big",
            "is-big true> keep",
            "keep > grow",
            "grow > which",
            "which big> get",
            "which small> get",
            "get > ask",
            "ask > sub",
            "sub > wait",
            "wait > done",
            "is-big false> no",
            "which otherwise> other-kind",
        ),
        id_="main",
        variables={"seen": {}, "count": {"value": 1}},
        settings={"timeoutSeconds": 60},
        layout={"done": {"x": 600, "y": 30, "color": "#9dc967ff"}},
        inputs={
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "description": "Whom to greet"},
                "size": {"type": "number"},
                "kind": {"type": "string"},
            },
        },
    )
    other = flow(
        kind("r", "respond", {"body": {"said": "Hello {{ input.name | default('') }}"}}),
        id_="other",
        inputs={"type": "object", "properties": {"name": {"type": "string"}}},
    )
    return {"main": main, "other": other}


NOTHING_LIKE = "DaVinci has nothing like "
BODY: Any = {"nodes": [], "edges": []}


def fail(message: str, **more: Any) -> Any:
    return kind("n", "fail", {"message": message}, **more)


def documents(flows: dict[str, Any]) -> dict[str, Any]:
    return {name: one.document for name, one in flows.items()}


def summary(run: Run) -> Any:
    response = run.response
    error = None if run.error is None else run.error.message
    told = None if response is None else (response.status_code, response.is_error, response.body)
    return run.status, told, error and error.split("Too small")[-1]


@pytest.mark.parametrize(
    "given",
    [
        {"name": "you", "size": 3, "kind": "L"},
        {"name": "you", "size": 3, "kind": "S"},
        {"name": "you", "size": 3, "kind": "M"},
        {"name": "you", "size": 2, "kind": "L"},
    ],
)
def test_a_flow_comes_back_and_runs_to_the_same_result(
    given: Any, start: Start, drafted: Connector, server: ScriptedServer
) -> None:
    page, asked = Say(200, {"title": "A page"}), Say(200, {"value": "asked"})
    server.script = [lambda got: page if got.path.startswith("/page") else asked] * 9
    flows = greeting(server.url)
    names = ConnectorNames(drafted)
    written, problems = export_flows(["main", "other"], documents(flows), names)
    assert problems == []
    back = import_export(split_export(written), names)
    again = {one.id: parse_flow(one.document, one.id, f"{one.id}.flow.json") for one in back}

    hosts = {"allow_hosts": (server.url.removeprefix("http://"),)}
    ran = [start(flows=made, connection=hosts).run(made["main"], given) for made in (flows, again)]

    assert summary(ran[1]) == summary(ran[0])
    assert export_flows(["main", "other"], {n: f.document for n, f in again.items()}, names) == (
        {"flows": written["flows"]},
        [],
    )


def test_what_is_around_the_graph_and_where_nodes_stand_comes_back(drafted: Connector) -> None:
    main = greeting("http://localhost")["main"].document
    called = {"other": ("f" * 32, "other")}

    written = export_flow(main, ConnectorNames(drafted), called)
    [back] = import_export(split_export(written), ConnectorNames(drafted))

    for member in ("name", "inputs"):
        assert back.document[member] == main[member]
    assert back.document["variables"] == {"seen": {"value": ""}, "count": {"value": 1}}
    assert back.document["settings"] == {"timeoutSeconds": 60, "mustRespond": True}
    notes = [
        one for one in back.document["nodes"] if one["kind" if "kind" in one else "id"] == "note"
    ]
    assert [one["inputs"]["text"] for one in notes] == ["Says hello {{ x }}"]
    colored = [place for place in back.document["layout"].values() if "color" in place]
    assert colored == [{"x": 600, "y": 30, "color": "#9dc967ff"}]


@pytest.mark.parametrize(
    ("node", "place", "message"),
    [
        (
            kind("n", "transform", {"values": {}}),
            "",
            NOTHING_LIKE + "a node of the kind 'transform'",
        ),
        (kind("n", "while", {}, body=BODY), "", NOTHING_LIKE + "a node of the kind 'while'"),
        (
            kind("n", "wait", {"seconds": "{{ input.s }}"}),
            "",
            "DaVinci waits for a number of seconds",
        ),
        (kind("n", "wait", {"until": "2030-01-01"}), "", "DaVinci waits for a number of seconds"),
        (kind("n", "respond", {"body": "x"}), "", "DaVinci responds with fields, so the body has"),
        (
            kind("n", "condition", {"when": "{{ 1 }}"}),
            "",
            "DaVinci compares in no such way: an expr",
        ),
        (
            kind("n", "condition", {"left": 1, "operator": "in"}),
            "",
            "DaVinci compares in no such way",
        ),
        (
            fail("{{ input.a | upper }}"),
            "/inputs",
            "only what a run is given, variables and outputs",
        ),
        (fail("{{ input.a | default('x') }}"), "/inputs", "a default other than '' cannot be said"),
        (fail("{{ '{{' }}global.ip}}"), "/inputs", "DaVinci would read a part of the text as some"),
        (fail("x", retry={"maxAttempts": 2}), "/retry", NOTHING_LIKE + "'retry'"),
        (fail("x", timeoutSeconds=2), "/timeoutSeconds", NOTHING_LIKE + "'timeoutSeconds'"),
        (fail("x", join="all"), "/join", NOTHING_LIKE + "'join'"),
        (fail("x", onError="continue"), "/onError", "DaVinci goes on after an error by an edge of"),
        (
            kind("n", "subflow", {"flow": "f"}),
            "/inputs/flow",
            "DaVinci's id of the flow 'f' is not",
        ),
        (call("n", "ask", {"name": "x", "no": 1}), "/inputs", "there is no input"),
    ],
    ids=range(16),
)
def test_what_davinci_has_no_words_for_is_told_with_its_place(
    node: Any, place: str, message: str, drafted: Connector
) -> None:
    written, problems = export_leniently(flow(node).document, ConnectorNames(drafted))

    assert [(problem.pointer, problem.code) for problem in problems] == [
        (f"/nodes/1{place}", "davinci-has-no-words")
    ]
    assert problems[0].message.startswith(message)
    import_export(split_export(written))


def test_a_schedule_and_an_edge_that_starts_what_is_led_to_are_told() -> None:
    trigger = {**START, "inputs": {"on": "schedule", "cron": "0 * * * *"}}
    made = flow(
        kind("a", "fail", {"message": "x"}),
        kind("b", "fail", {"message": "y"}),
        edges=("start > a", "a error> b", "start > b"),
    ).document
    made = {**made, "nodes": [trigger, *made["nodes"][1:]]}

    _, problems = export_leniently(made)

    assert [(problem.pointer, problem.message) for problem in problems] == [
        ("/nodes/0/inputs/on", "what starts a flow stands in no export of DaVinci's: 'on'"),
        ("/nodes/0/inputs/cron", "what starts a flow stands in no export of DaVinci's: 'cron'"),
        ("/edges/2", "DaVinci starts 'b' by itself only where no edge leads to it"),
    ]


def test_a_node_that_nothing_leads_to_is_told() -> None:
    made = flow(
        kind("a", "fail", {"message": "x"}),
        kind("b", "fail", {"message": "y"}),
        edges=("start > a",),
    )

    _, problems = export_leniently(made.document)

    assert [(problem.pointer, problem.message) for problem in problems] == [
        ("/nodes/2", "DaVinci starts a node that no edge leads to")
    ]


def test_an_edge_without_an_end_is_told() -> None:
    made = flow(kind("a", "fail", {"message": "x"})).document
    made = {**made, "edges": [*made["edges"], edge("a > gone"), edge("lost > a")]}

    _, problems = export_leniently(made)

    assert [problem.message for problem in problems] == [
        "an edge has the end 'gone', and there is no such node",
        "an edge has the end 'lost', and there is no such node",
    ]


@pytest.mark.parametrize(
    ("members", "pointer"),
    [
        ({"outputs": {"type": "object", "properties": {"a": {"type": "string"}}}}, "/outputs/type"),
        (
            {"inputs": {"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}}},
            "/inputs/properties",
        ),
        ({"inputs": {"type": "object", "properties": {"a": {"default": 5}}}}, "/inputs/properties"),
        ({"variables": {"a": {"schema": {"type": "string", "enum": ["x"]}}}}, "/variables/a"),
        ({"settings": {"maxSteps": 5}}, "/settings/maxSteps"),
        ({"settings": {"retry": {"maxAttempts": 2}}}, "/settings/retry"),
    ],
)
def test_what_stands_around_the_graph_and_has_no_words_is_told(members: Any, pointer: str) -> None:
    _, problems = export_leniently(flow(kind("a", "fail", {"message": "x"}), **members).document)

    assert pointer in [problem.pointer for problem in problems]


def test_what_is_left_out_leaves_no_edges_behind() -> None:
    made = flow(
        kind("a", "fail", {"message": "x"}),
        kind("b", "transform", {"values": {}}),
        kind("c", "fail", {"message": "y"}),
        edges=("start > a", "a error> b", "b > c"),
    )

    written, problems = export_leniently(made.document)

    elements = written["graphData"]["elements"]
    assert elements["edges"] == []
    assert [one["data"]["capabilityName"] for one in elements["nodes"]] == [
        "customErrorMessage"
    ] * 2
    assert [problem.pointer for problem in problems] == ["/nodes/2", "/nodes/3"]
