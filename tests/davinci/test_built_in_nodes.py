"""Nodes of the connector that is built in, in DaVinci's words: a connector of its own there."""

from __future__ import annotations

from argosy.davinci import import_export
from argosy.davinci.exports import export_flows
from argosy.davinci.reading import split_export
from tests.davinci.building import names
from tests.flow.harness import call, flow

MADE = flow(
    call("page", "table-rows", {"table": "users.csv", "amount": 20}, onError="end"),
    call("put", "delete-table", {"database": "shop", "table": "people"}, onError="end"),
)


def test_such_a_node_is_of_a_connector_of_its_own_and_comes_back() -> None:
    written, problems = export_flows(["t"], {"t": MADE.document}, names())

    nodes = split_export(written).flows[0]["graphData"]["elements"]["nodes"]
    data = [one["data"] for one in nodes]
    called = {one["capabilityName"]: one for one in data if "capabilityName" in one}
    assert problems == []
    page, put = called["tableRows"], called["deleteTable"]
    assert page["connectorId"] == "argosyTablesConnector"
    assert page["name"] == page["label"] == "Stored tables"
    assert page["connectionId"] != put["connectionId"]
    [back] = import_export(split_export(written), names())
    ours = {one.get("capability"): one for one in back.document["nodes"]}
    assert ours["table-rows"]["inputs"] == {"table": "users.csv", "amount": 20}
    assert back.report.notes == []


def test_a_flow_of_such_nodes_alone_needs_no_key() -> None:
    page = call("page", "table-rows", {"table": "users.csv"}, onError="end")

    written, _ = export_flows(["t"], {"t": flow(page).document}, names())
    [back] = import_export(split_export(written), names())

    assert back.report.connections == []
