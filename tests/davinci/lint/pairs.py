"""For each code a flow in which it is found and where, and one like it in which it is not."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.davinci.lint.drawing import (
    Document,
    branding,
    evaluator,
    flow,
    node,
    rich,
    title,
    with_data,
)


@dataclass(frozen=True)
class Pair:
    """Two flows; `at` is the node that the code is found at, empty where no node is told.

    `others` are beside the wrong one, and beside the right one unless `well_beside` is given.
    """

    wrong: Document
    right: Document
    at: str = ""
    others: tuple[Document, ...] = ()
    under: str = "flow-1"
    well_beside: tuple[Document, ...] | None = None

    @property
    def beside_right(self) -> tuple[Document, ...]:
        return self.others if self.well_beside is None else self.well_beside


COMPARISON = "functionsConnector.AEqualsMultipleB"
RESPONSE = "httpConnector.createSuccessResponse"
ERROR = "httpConnector.createErrorResponse"
GREEN, RED = "#9DC967ff", "#ffc8c1ff"
ROW = {"id": "row0000001", "value": rich("GB")}


def comparison(*rows: Document) -> Document:
    return node("compare001", COMPARISON, leftValueA=rich("", "input"), rightValueMultiple=[*rows])


def after_comparison(row: str) -> Document:
    ends = [("compare001", "eval000001", row), ("eval000001", "next000001")]
    drawn = (comparison(ROW), evaluator("eval000001"), node("next000001"))
    return flow(*drawn, edges=[end if end[-1] else end[:2] for end in ends])


def with_loose(loose: Document) -> Document:
    """Return a flow with a node that nothing leads to."""
    document = flow(node("a000000001"))
    document["graphData"]["elements"]["nodes"].append(loose)
    return document


def settings(**members: Any) -> Document:
    return {"logLevel": 2, "useCustomCSS": True, "css": ".companyLogo {}", **members}


def without_title(*notes: Document) -> Document:
    document = flow()
    elements = document["graphData"]["elements"]
    elements["nodes"] = [*notes, *elements["nodes"][1:]]
    return document


def saving(*names: str) -> Document:
    rows = [{"name": name, "value": rich("x")} for name in names]
    document = flow()
    document["graphData"]["elements"]["nodes"][1]["data"]["properties"]["saveVariables"] = {
        "value": rows
    }
    return document


# --- flows that nobody waits for


def unattended(trigger: str, *more: Document, end: str = "endFlowSuccess") -> Document:
    """Return a flow of a start node, a step and an end."""
    start = with_data(evaluator("begin00001"), nodeType="START")
    nodes = [start, node("step000001"), node("end0000001", f"flowCanvasToolsConnector.{end}")]
    links = [("begin00001", "step000001"), ("step000001", "end0000001")]
    document = flow(*nodes, *more, edges=links, trigger={"type": trigger})
    elements = document["graphData"]["elements"]
    elements["nodes"] = [one for one in elements["nodes"][2:] if one["data"]["id"] != "eval000000"]
    elements["edges"] = elements["edges"][:2]
    return document


def leading(document: Document, *ends: str) -> Document:
    """Return a flow with one more edge."""
    document["graphData"]["elements"]["edges"].append(
        {"data": {"source": ends[0], "target": ends[1]}}
    )
    return document


def changed(document: Document, id_: str, **data: Any) -> Document:
    """Return a flow in which a node has other data."""
    for one in document["graphData"]["elements"]["nodes"]:
        if one["data"]["id"] == id_:
            one["data"] |= data
    return document


def unattended_pairs(trigger: str, kind: str) -> dict[str, Pair]:
    fine = unattended(trigger)
    flow_node = {"connectorId": "flowConnector", "capabilityName": "startSubFlow"}
    return {
        f"dv-er-{kind}-001": Pair(leading(unattended(trigger), "begin00001", "end0000001"), fine),
        f"dv-er-{kind}-002": Pair(unattended(trigger, end="somethingElse"), fine, "end0000001"),
        f"dv-er-{kind}-003": Pair(
            changed(unattended(trigger), "step000001", **flow_node), fine, "step000001"
        ),
        f"dv-er-{kind}-005": Pair(
            changed(unattended(trigger), "step000001", respondToUser=True),
            changed(unattended(trigger), "end0000001", respondToUser=True),
            "step000001",
        ),
    }


STREAM = {"capabilityName": "streamingListUsers"}

# --- subflows


def calling(id_: str = "flow-2", label: str = "Sub", ui: bool = False, **inputs: Any) -> Document:
    capability = "startUiSubFlow" if ui else "startSubFlow"
    chosen = {"label": label, "value": id_} if id_ else None
    return flow(node("call000001", f"flowConnector.{capability}", subFlowId=chosen, **inputs))


def subflow(*nodes: Document, **members: Any) -> Document:
    document = {**flow(), "flowId": "flow-2", "name": "Sub", **members}
    document["graphData"]["elements"]["nodes"] = [*nodes] or [with_data(branding())]
    document["graphData"]["elements"]["edges"] = []
    return document


BACK = {"label": "Main", "value": "flow-1"}
CALLER = node("back000001", "flowConnector.startSubFlow", subFlowId=BACK)
SCREEN = with_data(node("screen0001"), respondToUser=True)
NEEDY = subflow(inputSchema=[{"propertyName": "email", "required": True}])

# --- CIBA


def ciba(*capabilities: str) -> Document:
    nodes = [
        node(f"ciba{i:06}", name if "." in name else f"pingOneAuthenticationConnector.{name}")
        for i, name in enumerate(capabilities)
    ]
    return flow(*nodes, settings=settings(pingOneFlow=True, cibaFlow=True))


TURNS = ("flowConnector.oobStart", "flowConnector.oobContinue")
ANSWERS = ("returnCibaSuccess", "returnCibaError")
CIBA = ciba(*TURNS, *ANSWERS)
CIBA_CALLING = flow(
    *(one for one in CIBA["graphData"]["elements"]["nodes"] if one["data"]["id"][:4] == "ciba"),
    node("call000001", "flowConnector.startSubFlow", subFlowId={"label": "Sub", "value": "flow-2"}),
    settings=CIBA["settings"],
)
ANSWERING = subflow(node("answer0001", "pingOneAuthenticationConnector.returnCibaError"))

# --- teleports


def start(id_: str = "there00001", schema: str = "", **logic: str) -> tuple[Document, ...]:
    begun = node(id_, "nodeConnector.startNode", inputSchema=schema or None)
    return begun, evaluator("eval000001", **logic), node("next000001")


AFTER_START = [("there00001", "eval000001"), ("eval000001", "next000001")]
NEEDS_NAME = '{"type": "object", "properties": {"name": {"type": "string", "required": true}}}'


def jump(target: str | None = "there00001", **inputs: Any) -> Document:
    return node("jump000001", "nodeConnector.goToNode", nodeInstanceId=target, **inputs)


def jumping(*nodes: Document, edges: Sequence[tuple[str, ...]] = AFTER_START) -> Document:
    return flow(*nodes, edges=edges)


# --- PingOne


def pingone(*evals: Document, capability: str = "userLookup") -> Document:
    """Return a flow whose PingOne node leads by EVALs to the nodes that those name."""
    ids = [one["data"]["id"] for one in evals]
    targets = [target for one in evals for target in one["data"]["properties"]]
    nodes = [node(target, "errorConnector.customErrorMessage") for target in targets]
    edges = [("ping000001", id_) for id_ in ids]
    edges += [(one["data"]["id"], to) for one in evals for to in one["data"]["properties"]]
    found = node("ping000001", f"pingOneSSOConnector.{capability}", identifier=rich("a"))
    return flow(found, *evals, *nodes, edges=edges)


BOTH = pingone(
    evaluator("eval000001", aaaaaaaaaa="allTriggersTrue"),
    evaluator("eval000002", bbbbbbbbbb="anyTriggersFalse"),
)
ONE = pingone(evaluator("eval000001", aaaaaaaaaa="allTriggersTrue"))


def kerberos(second: str) -> Document:
    document = pingone(
        evaluator("eval000001", aaaaaaaaaa="always"), capability="kerberosAuthentication"
    )
    return changed(document, "aaaaaaaaaa", capabilityName=second)


def ending(capability: str) -> Document:
    end = node("end0000001", f"pingOneAuthenticationConnector.{capability}")
    return flow(end, settings=settings(pingOneFlow=True))


# --- variables


def flow_variable(name: str, read: str) -> Document:
    row = {"name": name, "value": rich("1")}
    saved = node("save000001", "variablesConnector.saveFlowValue", saveFlowVariables=[row])
    return flow(saved, node("read000001", message=rich("", read)))


def page(**properties: Any) -> Document:
    return node("page000001", "httpConnector.customHTMLTemplate", **properties)


def recaptcha(**options: str) -> Document:
    piece = {"component": "skrecaptcha", "options": {"theme": "light", **options}}
    return page(message=json.dumps([{"children": [piece]}]))


def needing(**properties: Any) -> Document:
    rows = [{"requiredField": "email", "requiredFieldTitle": "E-mail"}]
    return flow(
        with_data(node("need000001", **properties), capabilityConfigRequiredProperties=rows)
    )


PLAIN = flow()
NO_SUBFLOW = (subflow(),)
INPUTS = [{"name": "a", "value": rich("", "global.company.variables.secret")}]
OWN_INPUTS = [{"name": "a", "value": rich("", "global.parameters.a")}]
CLAIM = {"name": "a", "value": rich("b")}
NO_CLAIM = {"name": "a", "value": rich("")}

PAIRS: Mapping[str, Pair] = {
    "dv-er-AEqualsBMultipleCondition-001": Pair(
        flow(comparison()), flow(comparison(ROW)), "compare001"
    ),
    "dv-bp-AEqualsBMultipleCondition-002": Pair(
        after_comparison(""), after_comparison("row0000001"), "compare001"
    ),
    "dv-bp-AEqualsBMultipleCondition-003": Pair(
        flow(comparison(ROW)), after_comparison("row0000001"), "compare001"
    ),
    "dv-bp-annotation-001": Pair(
        without_title(title(backgroundColor="#123456ff")), PLAIN, "note000001"
    ),
    "dv-bp-annotation-002": Pair(without_title(title(fontFamily="serif")), PLAIN, "note000001"),
    "dv-bp-missing-title-annotation-001": Pair(
        without_title(title(backgroundColor="#ffffffff")), PLAIN
    ),
    "dv-bp-title-not-on-top-001": Pair(without_title(title(y=101)), PLAIN, "note000001"),
    "dv-bp-annotation-003": Pair(flow(connectorIds=["variablesConnector"]), PLAIN),
    **unattended_pairs("BATCH_PROCESSING", "batchProcessingFlow"),
    "dv-er-ciba-flow-001": Pair(ciba(*TURNS, "returnCibaSuccess"), CIBA),
    "dv-er-ciba-flow-002": Pair(ciba(*ANSWERS, "flowConnector.oobStart"), CIBA),
    "dv-er-ciba-flow-003": Pair(
        CIBA_CALLING, CIBA_CALLING, "call000001", (ANSWERING,), well_beside=NO_SUBFLOW
    ),
    "dv-bp-debug-off-001": Pair(flow(settings=settings(logLevel=3)), PLAIN),
    "dv-er-empty-flow-001": Pair(flow(graphData={"elements": {}}), PLAIN),
    "dv-bp-globalVariable-001": Pair(
        flow(page(customScript="let a = '{{global.ip}}'")),
        flow(page(customScript="let a = '{{other}}'")),
        "page000001",
    ),
    "dv-bp-globalVariable-002": Pair(
        flow(node("call000001", "functionsConnector.customFunction", variableInputList=INPUTS)),
        flow(node("call000001", "functionsConnector.customFunction", variableInputList=OWN_INPUTS)),
        "call000001",
    ),
    "dv-bp-globalVariable-003": Pair(
        flow(node("login00001", "mfaContainerConnector.login", customScript="{{global.ip}}")),
        flow(node("login00001", "mfaContainerConnector.login", customScript="let a")),
    ),
    "dv-bp-logo-001": Pair(flow(settings=settings(useCustomCSS=False)), PLAIN),
    "dv-bp-logo-002": Pair(flow(settings=settings(css="")), PLAIN),
    "dv-bp-logo-003": Pair(saving("companyName"), PLAIN),
    "dv-bp-logo-004": Pair(saving("companyLogo"), PLAIN),
    "dv-er-multi-start-001": Pair(with_loose(node("loose00001")), with_loose(jump(None))),
    "dv-bp-node-001": Pair(flow(node("a000000001", nodeTitle="")), flow(jump()), "a000000001"),
    "dv-bp-node-002": Pair(
        flow(node("end0000001", RESPONSE, backgroundColor=RED)),
        flow(
            node("end0000001", RESPONSE, backgroundColor=GREEN),
            node("end0000002", ERROR, backgroundColor=RED),
        ),
        "end0000001",
    ),
    "dv-bp-node-003": Pair(
        flow(node("a000000001", nodeDescription=None)),
        flow(node("a000000001", "functionsConnector.AEqualsB", nodeDescription=None)),
        "a000000001",
    ),
    "dv-er-node-004": Pair(
        flow(node("form000001", "pingOneFormsConnector.customForm")),
        flow(node("form000001", "pingOneFormsConnector.customForm", form="f")),
        "form000001",
    ),
    "dv-er-node-005": Pair(
        flow(
            node("a000000001", oeInteractionCacheExpire=True),
            node("b000000001"),
            edges=[("a000000001", "b000000001")],
        ),
        flow(node("a000000001", oeInteractionCacheExpire=True)),
        "a000000001",
    ),
    "dv-er-node-001": Pair(
        flow(with_data(node("a000000001"), isDisabled=True)),
        flow(with_data(node("a000000001"), isDisabled="true")),
        "a000000001",
    ),
    "dv-er-node-002": Pair(
        flow(with_data(node("a000000001"), status="unconfigured")), flow(node("a")), "a000000001"
    ),
    "dv-er-pingOneFlow-001": Pair(ending("other"), ending("returnErrorResponseRedirect")),
    "dv-er-pingOneFlow-002": Pair(ONE, BOTH, "ping000001"),
    "dv-er-pingOneFlow-003": Pair(
        kerberos("kerberosAuthentication"), kerberos("userLookup"), "aaaaaaaaaa"
    ),
    "dv-er-requiredFields-001": Pair(needing(), needing(email="a@example.com"), "need000001"),
    **unattended_pairs("SCHEDULE", "scheduleFlow"),
    "dv-er-scheduleFlow-004": Pair(
        unattended("WEBHOOK"), unattended("BATCH_PROCESSING"), "end0000001"
    ),
    "dv-er-scheduleFlow-006": Pair(
        unattended(
            "SCHEDULE",
            with_data(node("users00001"), **STREAM),
            with_data(node("users00002"), capabilityClass="streaming"),
        ),
        unattended("SCHEDULE", with_data(node("users00001"), **STREAM)),
        "users00002",
    ),
    "dv-er-subflow-001": Pair(calling(label="Old name"), calling(), "", NO_SUBFLOW, under="flow-2"),
    "dv-er-subflow-002": Pair(
        calling(),
        calling(),
        "back000001",
        (subflow(CALLER),),
        under="flow-2",
        well_beside=NO_SUBFLOW,
    ),
    "dv-er-subflow-003": Pair(calling(), calling(email="x"), "call000001", (NEEDY,)),
    "dv-er-subflow-004": Pair(
        calling(),
        calling(),
        "call000001",
        (subflow(settings=settings(pingOneFlow=True)),),
        well_beside=NO_SUBFLOW,
    ),
    "dv-bp-subflow-005": Pair(calling(ui=True), calling(), "call000001", NO_SUBFLOW),
    "dv-er-teleport-001": Pair(jumping(*start()), jumping(*start(), jump()), "there00001"),
    "dv-er-teleport-002": Pair(
        jumping(*start(schema=NEEDS_NAME), jump()),
        jumping(*start(schema=NEEDS_NAME), jump(name=rich("Ada"))),
        "jump000001",
    ),
    "dv-er-teleport-003": Pair(
        jumping(*start(next000001="anyTriggersFalse"), jump()),
        jumping(*start(next000001="allTriggersTrue"), jump()),
        "there00001",
    ),
    "dv-er-teleport-004": Pair(
        jumping(*start(), jump(None)), jumping(*start(), jump()), "jump000001"
    ),
    "dv-er-validFields-001": Pair(flow(recaptcha()), flow(recaptcha(siteKey="k")), "page000001"),
    "dv-er-validFields-002": Pair(
        flow(node("end0000001", RESPONSE, claimsNameValuePairs=[CLAIM, NO_CLAIM])),
        flow(node("end0000001", RESPONSE, claimsNameValuePairs=[CLAIM])),
        "end0000001",
    ),
    "dv-er-validFields-003": Pair(
        flow(node("end0000001", ERROR, claimsNameValuePairs=[{"name": "a"}])),
        flow(node("end0000001", ERROR, claimsNameValuePairs=[])),
        "end0000001",
    ),
    "dv-er-validFields-004": Pair(
        flow(page(formFieldsList=[{"propertyName": ""}])),
        flow(page(formFieldsList=[{"propertyName": "email"}])),
        "page000001",
    ),
    "dv-bp-variable-001": Pair(
        flow_variable("count", "global.flow.variables.other"),
        flow_variable("count", "global.flow.variables.count"),
        "save000001",
    ),
    "dv-er-variable-002": Pair(
        flow_variable("count", "global.flow.variables.other"),
        flow_variable("count", "global.flow.variables.count"),
        "read000001",
    ),
    "dv-er-variable-003": Pair(
        flow(node("read000001", message=rich("", "local.gone000001.payload.success"))),
        flow(node("read000001", message=rich("", "local.start00001.payload.success"))),
        "read000001",
    ),
}
