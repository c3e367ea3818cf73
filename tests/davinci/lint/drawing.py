"""Draw small DaVinci flows to lint."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]


def rich(text: str, binding: str = "") -> str:
    """Return a text as DaVinci keeps it, with a binding behind it if one is given."""
    children: list[Document] = [{"text": text}]
    if binding:
        children += [{"type": "link", "data": f"{{{{{binding}}}}}", "children": [{"text": "x"}]}]
    return json.dumps([{"children": children}])


def node(id_: str, what: str = "httpConnector.customHtmlMessage", /, **properties: Any) -> Document:
    """Return a node with a title and a description; a property that is None is left out."""
    connector, _, capability = what.partition(".")
    told = {"nodeTitle": id_, "nodeDescription": "what it is for", **properties}
    data = {
        "id": id_,
        "nodeType": "CONNECTION",
        "connectorId": connector,
        "capabilityName": capability,
        "name": connector,
        "status": "configured",
        "properties": {name: {"value": one} for name, one in told.items() if one is not None},
    }
    return {"data": data, "position": {"x": 0, "y": 100}}


def evaluator(id_: str, **logic: str) -> Document:
    """Return an EVAL; `logic` is what it says of the nodes that it leads to."""
    properties = {target: {"value": way} for target, way in logic.items()}
    return {"data": {"id": id_, "nodeType": "EVAL", "properties": properties}}


def title(y: float = 0, **members: Any) -> Document:
    """Return the annotation that is a flow's title."""
    drawn = node("note000001", "annotationConnector.updateAnnotationProperties")
    style = {"backgroundColor": "#4462edff", "fontFamily": "sans-serif", **members}
    drawn["data"] |= {
        "nodeType": "ANNOTATION",
        "properties": {name: {"value": value} for name, value in style.items()},
    }
    return {**drawn, "position": {"x": 0, "y": y}}


def branding() -> Document:
    """Return a node that sets what screens need to know of the company."""
    rows = [{"name": name, "value": rich("x")} for name in ("companyLogo", "companyName")]
    return node("start00001", "variablesConnector.saveValue", saveVariables=rows)


def edge(source: str, target: str, row: str = "") -> Document:
    """Return an edge, from a row of a comparison if one is given."""
    ends = {"id": f"{source}-{target}", "source": source, "target": target}
    return {"data": {**ends, "multiValueSourceId": row} if row else ends}


def with_data(drawn: Document, **members: Any) -> Document:
    """Return a node with other data."""
    return {**drawn, "data": {**drawn["data"], **members}}


def flow(
    *nodes: Document, edges: Sequence[tuple[str, ...]] | None = None, **members: Any
) -> Document:
    """Return a flow without a fault of its own, in which some nodes follow its first one.

    `edges` are drawn beside those by which the first node leads to nodes that nothing leads to.
    """
    drawn = [edge(*ends) for ends in edges or []]
    targets = {one["data"]["target"] for one in drawn} | {"note000001"}
    routines = {one["data"]["id"] for one in nodes if _is_start(one)}
    loose = [one["data"]["id"] for one in nodes if one["data"]["id"] not in targets | routines]
    all_nodes = [title(), branding(), *nodes]
    if loose:
        all_nodes.append(evaluator("eval000000"))
        drawn += [edge("start00001", "eval000000")]
        drawn += [edge("eval000000", id_) for id_ in loose]
    connectors = {one["data"].get("connectorId") for one in all_nodes} - {None}
    return {
        "flowId": "flow-1",
        "name": "Main",
        "connectorIds": sorted(connectors),
        "settings": {"logLevel": 2, "useCustomCSS": True, "css": ".companyLogo {}"},
        "graphData": {"elements": {"nodes": all_nodes, "edges": drawn}},
        **members,
    }


def _is_start(one: Document) -> bool:
    return bool(one["data"].get("capabilityName") == "startNode")
