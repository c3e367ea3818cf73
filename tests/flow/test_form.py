"""The canonical form of flows and flow tests."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.flow.form import canonical_text
from argosy.flow.library import parse_flow
from argosy.model import Flow, Graph, Node, parse_json

FLOWS = Path(__file__).resolve().parents[2] / "flows"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
OBJECTS = st.dictionaries(TEXTS, DATA, max_size=3)
IDS = st.sampled_from(["a", "b", "c", "d-1", "e_2", "F"])
RETRIES = st.fixed_dictionaries(
    {},
    optional={
        "maxAttempts": st.sampled_from([1, 3]),
        "backoffSeconds": st.sampled_from([1, 1.0, 0.5]),
        "factor": st.sampled_from([2, 3]),
        "maxBackoffSeconds": st.sampled_from([60, 5]),
        "on": st.sampled_from(["retryable", "any"]),
    },
)
PLACES = st.fixed_dictionaries(
    {"x": st.integers(-9, 9) | st.just(180.0), "y": st.integers(-9, 9)},
    optional={"color": st.just("#00ff00"), "width": st.just(9)},
)


def _nodes(bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"id": IDS},
        optional={
            "title": st.just("") | TEXTS,
            "description": TEXTS,
            "connection": st.just("other"),
            "inputs": OBJECTS,
            "retry": RETRIES,
            "timeoutSeconds": st.sampled_from([1, 2.5, 30.0]),
            "join": st.sampled_from(["any", "all"]),
            "onError": st.sampled_from(["fail", "continue", "end"]),
            "body": bodies,
            "source": OBJECTS,
        },
    ).flatmap(
        lambda node: st.sampled_from([{"kind": "note"}, {"capability": "c"}]).map(node.__or__)
    )


EDGES = st.fixed_dictionaries(
    {"from": IDS, "to": IDS},
    optional={
        "outcome": st.sampled_from(["success", "error", "always", "true", "maybe"]),
        "source": OBJECTS,
    },
)


def _graphs(bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"nodes": st.lists(_nodes(bodies), max_size=3), "edges": st.lists(EDGES, max_size=5)}
    )


VARIABLES = st.fixed_dictionaries(
    {},
    optional={"scope": st.sampled_from(["run", "flow"]), "value": DATA, "schema": OBJECTS},
)
HEADS = st.fixed_dictionaries(
    {"formatVersion": st.just(1), "name": TEXTS.filter(bool)},
    optional={
        "description": st.just("") | TEXTS,
        "inputs": OBJECTS,
        "outputs": OBJECTS,
        "variables": st.dictionaries(st.sampled_from(["count", "seen"]), VARIABLES),
        "settings": st.fixed_dictionaries(
            {},
            optional={
                "timeoutSeconds": st.sampled_from([300, 300.0, 20]),
                "retry": RETRIES,
                "sensitive": st.lists(TEXTS.filter(bool), unique=True, max_size=2),
                "maxSteps": st.sampled_from([10_000, 7]),
            },
        ),
        "layout": st.dictionaries(IDS | st.just("gone"), PLACES),
        "source": OBJECTS,
    },
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A flow's document with its members in any order."""
    inner = _graphs(st.just({"nodes": [], "edges": []}))
    made = {**draw(HEADS), **draw(_graphs(inner))}
    return {name: made[name] for name in draw(st.permutations(list(made)))}


def _meaning(flow: Flow) -> Flow:
    """A flow without its document, its edges as a set would have them."""
    return replace(flow, document={}, graph=_graph(flow.graph))


def _graph(graph: Graph) -> Graph:
    nodes = tuple(map(_node, graph.nodes))
    edges = sorted(graph.edges, key=lambda edge: (edge.source, edge.outcome, edge.target))
    return replace(graph, nodes=nodes, edges=tuple(edges))


def _node(node: Node) -> Node:
    return node if node.body is None else replace(node, body=_graph(node.body))


@given(documents())
def test_the_form_says_what_the_flow_said_and_is_a_fixed_point(document: dict[str, Any]) -> None:
    before = parse_flow(document, "x", "x.flow.json")

    text = canonical_text(document, "flow")

    after = parse_flow(parse_json(text), "x", "x.flow.json")
    assert _meaning(after) == _meaning(before)
    assert after.document.get("layout", {}) == document.get("layout", {})
    assert after.document.get("source") == document.get("source")
    assert canonical_text(after.document, "flow") == text


@settings(max_examples=40)
@given(documents(), st.randoms(use_true_random=False))
def test_the_order_of_members_and_edges_makes_no_difference(
    document: dict[str, Any], chance: Any
) -> None:
    plain = [{k: v for k, v in edge.items() if k != "source"} for edge in document["edges"]]
    given_ids = {node["id"]: node for node in document["nodes"]}
    document = {**document, "edges": plain, "nodes": list(given_ids.values())}
    names = list(document)
    chance.shuffle(names)
    shuffled = {name: document[name] for name in names}
    shuffled["edges"] = chance.sample(plain, len(plain))

    assert canonical_text(shuffled, "flow") == canonical_text(document, "flow")


@given(DATA)
def test_data_is_written_as_it_is(value: Any) -> None:
    node = {"id": "a", "kind": "transform", "inputs": {"values": {"v": value}}}
    document = {"formatVersion": 1, "name": "T", "nodes": [node], "edges": []}

    written = parse_json(canonical_text(document, "flow"))

    assert json.dumps(written["nodes"][0]["inputs"]["values"]["v"]) == json.dumps(value)


def test_a_flow_is_written_by_its_schema_with_defaults_left_out() -> None:
    document = {
        "edges": [
            {"to": "c", "from": "b", "outcome": "error"},
            {"from": "b", "to": "c"},
            {"to": "b", "outcome": "success", "from": "a"},
        ],
        "layout": {"c": {"y": 0, "x": 360.0}, "gone": {"x": 1, "y": 1}, "a": {"x": 0, "y": 0}},
        "nodes": [
            {"join": "any", "kind": "trigger", "id": "a", "inputs": {}, "onError": "fail"},
            {"inputs": {"values": {"z": "naïve", "a": 1}}, "kind": "transform", "id": "b"},
            {"capability": "do-it", "id": "c", "retry": {"factor": 2, "maxAttempts": 3}},
        ],
        "name": "T",
        "settings": {"timeoutSeconds": 300},
        "formatVersion": 1,
    }

    assert canonical_text(document, "flow") == (
        "{\n"
        '  "formatVersion": 1,\n'
        '  "name": "T",\n'
        '  "nodes": [\n'
        '    {"id": "a", "kind": "trigger"},\n'
        '    {"id": "b", "kind": "transform", "inputs": {"values": {"z": "naïve", "a": 1}}},\n'
        '    {"id": "c", "capability": "do-it", "retry": {"maxAttempts": 3}}\n'
        "  ],\n"
        '  "edges": [\n'
        '    {"from": "a", "to": "b"},\n'
        '    {"from": "b", "to": "c"},\n'
        '    {"from": "b", "outcome": "error", "to": "c"}\n'
        "  ],\n"
        '  "layout": {\n'
        '    "a": {"x": 0, "y": 0},\n'
        '    "c": {"x": 360, "y": 0},\n'
        '    "gone": {"x": 1, "y": 1}\n'
        "  }\n"
        "}\n"
    )


def test_an_empty_retry_of_a_node_stays_since_it_overrides_the_flows() -> None:
    node = {"id": "a", "kind": "note", "retry": {}}
    document = {"formatVersion": 1, "name": "T", "nodes": [node], "edges": []}

    assert parse_json(canonical_text(document, "flow"))["nodes"] == [node]


def test_a_line_is_full_at_a_hundred_columns_with_its_comma() -> None:
    note = {"id": "a", "title": "", "kind": "note"}
    room = 100 - len("    " + json.dumps(note) + ",")
    fits, does_not = ({**note, "title": "x" * size} for size in (room, room + 1))
    document = {"formatVersion": 1, "name": "T", "nodes": [fits, does_not], "edges": []}

    lines = canonical_text(document, "flow").splitlines()

    assert lines[4] == f"    {json.dumps(fits)},"
    assert len(lines[4]) == 100
    assert lines[5] == "    {"


@pytest.mark.parametrize("file", sorted(FLOWS.glob("*.*.json")), ids=lambda file: file.name)
def test_the_sample_flows_and_their_tests_are_in_this_form(file: Path) -> None:
    kind = "flow" if file.name.endswith(".flow.json") else "flow-test"
    text = file.read_text(encoding="utf-8")

    assert canonical_text(parse_json(text), kind) == text
