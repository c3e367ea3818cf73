"""What the linter finds in ways of its own is found so here; where it breaks off, we go on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.davinci.lint import Finding, LintFlow, codes, lint_alone, lint_export, lint_flow
from tests.davinci.lint.drawing import (
    Document,
    evaluator,
    flow,
    node,
    rich,
    title,
    with_data,
)
from tests.davinci.lint.pairs import (
    ANSWERING,
    CIBA_CALLING,
    NEEDY,
    NO_SUBFLOW,
    RESPONSE,
    calling,
    flow_variable,
    jump,
    jumping,
    kerberos,
    page,
    pingone,
    settings,
    start,
    subflow,
    without_title,
)


def found(code: str, findings: list[Finding]) -> list[str]:
    return [one.node_id for one in findings if one.code == code]


def test_a_jump_is_told_each_input_that_it_lacks() -> None:
    needed = {name: {"required": True} for name in ("a", "b", "c")}
    document = jumping(*start(schema=json.dumps({"properties": needed})), jump(b=rich("x")))

    assert found("dv-er-teleport-002", lint_flow(document)) == ["jump000001"] * 2


def test_a_subflow_that_is_called_twice_is_told_twice_but_not_as_one_of_pingone() -> None:
    calls = [
        node(
            f"call00000{i}",
            "flowConnector.startSubFlow",
            subFlowId={"label": "Old", "value": "flow-2"},
        )
        for i in (1, 2)
    ]
    others = [subflow(settings=settings(pingOneFlow=True))]

    findings = lint_flow(flow(*calls), others)

    assert found("dv-er-subflow-001", findings) == ["", ""]
    assert found("dv-er-subflow-004", findings) == []


def test_a_note_may_be_what_a_subflow_begins_with() -> None:
    screen = with_data(node("screen0001"), respondToUser=True)

    noted = lint_flow(calling(ui=True), [subflow(title(), screen)])
    bare = lint_flow(calling(ui=True), [subflow(screen)])

    assert found("dv-bp-subflow-005", noted) == ["call000001"]
    assert found("dv-bp-subflow-005", bare) == []


def test_the_last_node_that_saves_variables_counts_unless_one_saves_both() -> None:
    one = node("save000001", "variablesConnector.saveValue", saveVariables=[{"name": "x"}])
    document = flow(one)
    elements = document["graphData"]["elements"]

    assert lint_flow(document) == []
    elements["nodes"][1]["data"]["properties"]["saveVariables"]["value"] = [{"name": "companyLogo"}]
    told = {one.code for one in lint_flow(document)}
    assert told == {"dv-bp-logo-003", "dv-bp-logo-004"}


@pytest.mark.parametrize("name", ["my_count", "my-count"])
def test_a_variable_with_an_underscore_or_a_dash_is_never_used(name: str) -> None:
    findings = lint_flow(flow_variable(name, f"global.flow.variables.{name}"))

    assert [one.code for one in findings] == ["dv-bp-variable-001"]


def test_who_a_pingone_user_is_may_be_read_from_anywhere() -> None:
    gone = rich("", "local.gone000001.payload.output.id")
    ping = "pingOneSSOConnector.userLookup"

    assert found("dv-er-variable-003", lint_flow(flow(node("a", ping, identifier=gone)))) == []
    assert found("dv-er-variable-003", lint_flow(flow(node("a", ping, other=gone)))) == ["a"]


def test_what_is_opened_in_one_text_may_be_closed_in_another() -> None:
    properties = {"customScript": "`${{`", "message": "{{local.start00001.payload}}"}

    assert lint_flow(flow(node("a000000001", **properties))) == []


@pytest.mark.parametrize(
    ("evals", "expected"),
    [
        ([evaluator("eval000001", aaaaaaaaaa="anyTriggersFalse")], "true"),
        ([evaluator("eval000001", aaaaaaaaaa="always")], ""),
        ([evaluator("eval000001", aaaaaaaaaa="")], "false"),
        ([evaluator("eval000001", aaaaaaaaaa="", bbbbbbbbbb="allTriggersFalse")], ""),
        (
            [
                evaluator("eval000001", aaaaaaaaaa="anyTriggersFalse"),
                evaluator("eval000002", bbbbbbbbbb=""),
            ],
            "",
        ),
    ],
)
def test_a_way_without_a_word_on_its_logic_counts_as_true(
    evals: list[Document], expected: str
) -> None:
    told = [f for f in lint_flow(pingone(*evals)) if f.code == "dv-er-pingOneFlow-002"]

    assert [f"no {expected} way" in one.message for one in told] == [True] * bool(expected)


def test_a_kerberos_node_is_told_once_for_each_edge_that_leads_to_it() -> None:
    document = kerberos("kerberosAuthentication")
    edges = document["graphData"]["elements"]["edges"]
    edges.append(next(e for e in edges if e["data"]["target"] == "aaaaaaaaaa"))

    assert found("dv-er-pingOneFlow-003", lint_flow(document)) == ["aaaaaaaaaa"] * 2


def test_what_is_told_under_the_main_flow_may_stand_in_another() -> None:
    other = subflow(page(formFieldsList=[{}], customScript="{{global.ip}}"))

    told = {one.code: one for one in lint_flow(flow(), [other])}

    for code in ("dv-er-validFields-004", "dv-bp-globalVariable-001"):
        assert (told[code].flow_id, told[code].node_id) == ("flow-1", "page000001")
        assert told[code].pointer is None


def test_a_flow_alone_is_told_nothing_of_those_beside_it() -> None:
    other = subflow(node("a000000001", nodeTitle=None), node("b000000001", nodeTitle=None))

    assert lint_alone(LintFlow(calling()), [LintFlow(other)]) == []
    assert found("dv-bp-node-001", lint_flow(calling(), [other])) == ["a000000001", "b000000001"]


def test_a_flow_alone_has_to_do_only_with_what_it_calls() -> None:
    flows = [LintFlow(one) for one in (CIBA_CALLING, {**ANSWERING, "flowId": "flow-3"}, NEEDY)]

    assert found("dv-er-ciba-flow-003", lint_alone(flows[0], flows[1:])) == []
    flows = [LintFlow(one) for one in (CIBA_CALLING, ANSWERING)]
    assert found("dv-er-ciba-flow-003", lint_alone(flows[0], flows[1:])) == ["call000001"]


def test_a_flow_that_another_calls_needs_no_branding() -> None:
    plain = {**flow(), "settings": {}, "flowId": "flow-2", "name": "Sub"}

    called = {one.code for one in lint_flow(plain, [calling()])}
    alone = {one.code for one in lint_flow(plain)}

    assert called == set()
    assert alone == {"dv-bp-logo-001", "dv-bp-logo-002"}


def test_the_first_flow_of_an_export_is_the_main_one() -> None:
    export = {"flows": [calling(label="Old"), *NO_SUBFLOW]}

    assert found("dv-er-subflow-001", lint_export(export)) == [""]
    assert lint_export(export) == lint_export(export["flows"]) == lint_flow(*_split(export))
    assert lint_export({"flows": []}) != []
    assert lint_export([]) == lint_export([5]) == lint_export(None) == []


def _split(export: Any) -> tuple[Document, list[Document]]:
    return export["flows"][0], export["flows"][1:]


def test_a_call_without_a_subflow_is_told_at_its_node() -> None:
    findings = lint_flow(calling(""), NO_SUBFLOW)

    assert found("dv-er-subflow-001", findings) == ["call000001"]


def test_the_code_of_a_snippet_stands_on_its_connection() -> None:
    snippet = node("code000001", "codeSnippetConnector.snippet")

    def connected(code: str) -> Document:
        connection = {
            "connectorId": "codeSnippetConnector",
            "properties": {"code": {"value": code}},
        }
        return flow(snippet, connections=[None, {}, connection])

    [unsafe] = lint_flow(connected("return {{global.ip}}"))

    assert (unsafe.code, unsafe.node_id) == ("dv-bp-globalVariable-003", "")
    assert "code000001" in unsafe.message
    assert lint_flow(connected("return 1")) == []


def test_of_a_page_in_plain_html_no_site_key_is_known() -> None:
    document = flow(page(customHTML="<div class='skrecaptcha'></div>"))

    assert lint_flow(document) == []


# --- where the linter breaks off


NO_NODES = {**NEEDY, "graphData": {"elements": {"nodes": [], "edges": []}}}

BREAKS: dict[str, tuple[Document, str, int, int]] = {
    "a subflow that is not in the export": (
        flow(*(calling(f"gone-{i}")["graphData"]["elements"]["nodes"][2] for i in (1, 2, 3))),
        "dv-er-subflow-001",
        1,
        3,
    ),
    "an annotation without a font": (
        without_title(
            with_data(title(), properties={"backgroundColor": {"value": "#4462edff"}}),
        ),
        "dv-bp-annotation-002",
        0,
        1,
    ),
    "a value of a comparison that is plain": (
        flow(
            node(
                "compare001",
                "functionsConnector.AEqualsMultipleB",
                rightValueMultiple=[{"id": "row0000001", "value": "GB"}],
            )
        ),
        "dv-bp-AEqualsBMultipleCondition-003",
        0,
        1,
    ),
    "a further field that is empty": (
        flow(node("end0000001", RESPONSE, claimsNameValuePairs=[{"name": "a", "value": ""}])),
        "dv-er-validFields-002",
        0,
        1,
    ),
    "a schema of a teleport that is no JSON": (
        jumping(*start("one0000001", schema="{"), *start()[:1], jump("one0000001"), edges=[]),
        "dv-er-teleport-001",
        0,
        1,
    ),
    "a response without a colour's value": (
        flow(with_data(node("end0000001", RESPONSE), properties={"backgroundColor": {}})),
        "dv-bp-node-002",
        0,
        1,
    ),
    "an export that lists no connectors": (
        {**without_title(), "connectorIds": None},
        "dv-bp-annotation-003",
        0,
        1,
    ),
    "a subflow without nodes": (
        calling(ui=True),
        "dv-er-subflow-003",
        0,
        1,
    ),
    "a node without a name": (
        flow(with_data(node("a000000001"), status="unconfigured", name=None)),
        "dv-er-node-002",
        0,
        1,
    ),
    "a flow without elements": (flow(graphData={}), "dv-er-empty-flow-001", 0, 1),
}


@pytest.mark.parametrize("why", BREAKS)
def test_we_go_on_where_the_linter_breaks_off(why: str) -> None:
    document, code, there, here = BREAKS[why]

    as_linter = lint_flow(document, [NO_NODES], as_far_as_linter=True)

    assert len(found(code, as_linter)) == there
    assert len(found(code, lint_flow(document, [NO_NODES]))) == here


# --- what a flow leaves out


def leaving_out(*, as_text: bool = False, **options: str) -> Document:
    rows = [
        {"name": name.replace("_", "-"), "value": value if as_text else rich(value)}
        for name, value in options.items()
    ]
    variables = node("rules00001", "variablesConnector.saveValue", saveVariables=rows)
    document = flow(node("a000000001", nodeTitle="", nodeDescription=None, message="{{local.x}}"))
    nodes = document["graphData"]["elements"]["nodes"]
    nodes[1]["data"]["isDisabled"] = True
    variables["data"]["properties"]["nodeTitle"] = {"value": "The _DVLint_ node"}
    document["graphData"]["elements"]["edges"].append(
        {"data": {"source": "eval000000", "target": "rules00001"}}
    )
    nodes.insert(1, variables)
    return document


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"node-001", "node-002", "logo-001"}),
        ({"include_rules": "dv-rule-node-001"}, {"node-001"}),
        ({"exclude_rules": "dv-rule-node-001 , dv-rule-logo-001"}, {"node-002"}),
        ({"ignore_rules": "dv-rule-node-001,dv-rule-node-002"}, {"logo-001"}),
        ({"include_rules": "dv-rule-node-001", "exclude_rules": "dv-rule-node-001"}, set()),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_a_flow_leaves_rules_out(
    options: dict[str, str], expected: set[str], as_text: bool
) -> None:
    document = leaving_out(as_text=as_text, **options)
    nodes = document["graphData"]["elements"]["nodes"]
    nodes[2]["data"]["properties"]["saveVariables"]["value"] = [{"name": "x"}]

    rules = {codes()[one.code].rule for one in lint_flow(document)}

    assert rules == {f"dv-rule-{name}" for name in expected}
