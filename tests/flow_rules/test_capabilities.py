"""No false alarm: what a capability's examples give is fine, written out or computed."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.check.flows import check_flow_document
from argosy.connector import load_capability
from argosy.model import Connector, Json
from tests.flow_rules.samples import complete


def flow_of(capability: str, inputs: Json) -> dict[str, Any]:
    nodes = [
        {"id": "start", "kind": "trigger"},
        {"id": "call", "capability": capability, "inputs": inputs},
    ]
    edges = [{"from": "start", "to": "call"}]
    return complete({"nodes": nodes, "edges": edges, "variables": {"any": {"value": 1}}})


def computed(value: Json, depth: int) -> Json:
    """Return a value with expressions of unknown types in place of what is at a depth."""
    if depth and isinstance(value, dict):
        return {name: computed(member, depth - 1) for name, member in value.items()}
    if depth and isinstance(value, list):
        return [computed(item, depth - 1) for item in value]
    return "{{ vars.any }}"


@pytest.mark.parametrize("depth", [None, 1, 2])
def test_no_example_of_a_capability_has_a_problem_in_a_flow(
    depth: int | None, connector: Connector
) -> None:
    told = []
    for name in connector.every_capability:
        for example in load_capability(connector.home_of(name), name).examples:
            inputs = example.inputs if depth is None else computed(example.inputs, depth)
            found = check_flow_document(flow_of(name, inputs), "flow", connector)
            told += [(name, p.pointer, p.message) for p in found if p.severity == "error"]

    assert [one for one in told if "secret" not in one[2]] == []
