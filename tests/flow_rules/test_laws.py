"""Laws of the checker: it never raises, and what it calls sound compiles and finds its nodes."""

from __future__ import annotations

import copy
import json
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from argosy.check.flows import FLOW_RULES, Catalogue, check_flow_document
from argosy.flow import Engine, EngineSettings
from argosy.flow.library import parse_flow
from argosy.flow.plan import compile_flow
from argosy.model import Connector, Problem
from tests.counting import calls_of
from tests.drafts import capability, write_connector
from tests.flow_rules.graphs import flows
from tests.flow_rules.samples import HERE, complete

RULES = {rule.ID for rule in FLOW_RULES}
SAMPLES = [
    complete(json.loads(path.read_text(encoding="utf-8"))["flow"])
    for path in sorted(HERE.glob("*/*.json"))
    if not path.name.endswith(".expect.json") and '"flow"' in path.read_text(encoding="utf-8")
]
#: The connector is made once for all examples, and nothing changes it.
LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *["start", "get", "t", "trigger", "condition", "while", "get-item", "true", "always"],
            *[
                "{{",
                "{{ x }}",
                "{{ input.email }}",
                "{{ nodes.t.outputs.v }}",
                "{{ vars }}",
                "{% %}",
            ],
            *["{{ nodes['a\\'b'].error.code }}", "{{ item }}", "a/b~c", "", "é\x00", "\ud800"],
            *[
                "{{ (" + "(" * 200 + ")" * 200 + ") }}",
                "{{ a" + ".b" * 300 + " }}",
                "#",
                "#/$defs/a",
            ],
        ]
    ),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**30), st.floats(allow_nan=False), TEXTS
)
NAMES = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            *[
                "nodes",
                "edges",
                "inputs",
                "id",
                "kind",
                "capability",
                "body",
                "from",
                "to",
                "layout",
            ],
            *["variables", "settings", "type", "properties", "$ref", "values", "cases", "when"],
        ]
    ),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=25,
)


def errors(problems: list[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


@settings(max_examples=150, deadline=None)
@given(document=ANYTHING)
def test_any_document_ends_in_problems(document: Any) -> None:
    found = check_flow_document(document, "any", None)

    assert {problem.code for problem in found} <= RULES


def mutated(document: Any, data: st.DataObject) -> Any:
    """Change one member or item somewhere in a document."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    if not keys:
        return data.draw(ANYTHING)
    key = data.draw(st.sampled_from(keys))
    if isinstance(document[key], dict | list) and data.draw(st.integers(0, 4)):
        document[key] = mutated(document[key], data)
    elif isinstance(document, dict) and data.draw(st.booleans()):
        if data.draw(st.booleans()):
            document[data.draw(NAMES)] = document[key]
        else:
            del document[key]
    elif isinstance(document[key], str) and data.draw(st.booleans()):
        document[key] = data.draw(TEXTS)
    else:
        document[key] = data.draw(ANYTHING)
    return document


@settings(LENIENT, max_examples=200)
@given(data=st.data())
def test_no_change_of_a_flow_makes_the_check_raise_and_what_is_sound_compiles(
    data: st.DataObject, drafted: Connector
) -> None:
    document = copy.deepcopy(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.sampled_from([1, 1, 1, 3]))):
        document = mutated(document, data) if isinstance(document, dict) else document

    found = check_flow_document(document, "sample", drafted)

    assert {problem.code for problem in found} <= RULES
    if not errors(found):
        event("sound")
        compile_flow(parse_flow(document, "sample", ""), drafted)


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_a_sample_without_errors_compiles(sample: dict[str, Any], drafted: Connector) -> None:
    found = [p for p in check_flow_document(sample, "sample", drafted) if p.code != "subflows"]

    if not errors(found):
        compile_flow(parse_flow(sample, "sample", ""), drafted)


@settings(LENIENT, max_examples=200)
@given(document=flows(), yes=st.booleans())
def test_a_sound_flow_misses_nothing_in_a_run(
    document: dict[str, Any], yes: bool, drafted: Connector
) -> None:
    found = check_flow_document(document, "random", drafted)
    if errors(found):
        return
    certain = not any(problem.code == "uncertain-reads" for problem in found)
    event("certain" if certain else "uncertain")

    with Engine(drafted, {}, settings=EngineSettings(workers=0)) as engine:
        run = engine.run(parse_flow(document, "random", ""), {"yes": yes})

    missing = [
        problem["message"]
        for step in run.steps
        for problem in (step.error or {}).get("problems", ())
        if problem["code"] == "missing-value"
    ]
    if certain:
        assert missing == []


def _chain(count: int) -> dict[str, Any]:
    """Make a flow of nodes in a row, each of which reads the one before."""
    names = [f"n{index}" for index in range(count)]
    nodes: list[dict[str, Any]] = [{"id": "start", "kind": "trigger"}]
    for before, name in pairwise(["start", *names]):
        text = "{{ nodes['" + before + "'].status }}"
        nodes.append({"id": name, "kind": "transform", "inputs": {"values": {"v": text}}})
    ids = [node["id"] for node in nodes]
    return complete({"nodes": nodes, "edges": [{"from": a, "to": b} for a, b in pairwise(ids)]})


def test_twice_as_many_nodes_are_twice_the_work(drafted: Connector) -> None:
    few, many = _chain(200), _chain(400)
    assert check_flow_document(few, "few", drafted) == []
    assert check_flow_document(many, "many", drafted) == []

    calls = [calls_of(partial(check_flow_document, one, "chain", drafted)) for one in (few, many)]

    assert calls[1] < 2.5 * calls[0]


def test_more_nodes_than_can_be_looked_through_are_an_error(drafted: Connector) -> None:
    nodes = [{"id": f"n{index}", "kind": "trigger"} for index in range(2_001)]

    (found,) = check_flow_document(complete({"nodes": nodes, "edges": []}), "huge", drafted)

    assert found.message == (
        "the flow has 2001 nodes, and at most 2000 are looked through; put parts of it into "
        "subflows"
    )


def test_a_document_nested_beyond_reason_is_an_error() -> None:
    deep: Any = {}
    for _ in range(5_000):
        deep = {"a": deep}

    (found,) = check_flow_document(deep, "deep", None)

    assert (found.code, "nested" in found.message) == ("flow-schema", True)


def test_schemas_that_double_with_each_reference_are_followed_no_further(
    drafted: Connector,
) -> None:
    definitions: dict[str, Any] = {
        f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}, {"$ref": f"#/$defs/d{i + 1}"}]}
        for i in range(14)
    }
    definitions["d14"] = {"type": "object"}
    document = complete(
        {
            "inputs": {"$ref": "#/$defs/d0", "$defs": definitions},
            "nodes": [
                {"id": "start", "kind": "trigger"},
                {"id": "t", "kind": "transform", "inputs": {"values": {"v": "{{ input.a.b.c }}"}}},
            ],
            "edges": [{"from": "start", "to": "t"}],
        }
    )

    assert check_flow_document(document, "double", drafted) == []


@pytest.mark.parametrize("length", [3, 5, 8, 40, 200])
def test_no_part_of_a_secret_is_in_any_problem(length: int, drafted: Connector) -> None:
    secret = ("Zq7!" * 50)[:length]
    node = {
        "id": "add",
        "capability": "add-item",
        "inputs": {"name": f"{{{{ nope('{secret}') }}}}", "password": secret},
    }
    document = complete(
        {
            "nodes": [{"id": "start", "kind": "trigger"}, node],
            "edges": [{"from": "start", "to": "add"}],
        }
    )

    found = check_flow_document(document, "secret", drafted)

    assert {problem.code for problem in found} >= {"secrets", "node-inputs", "expressions"}
    assert not any(secret[:6] in f"{p.message} {p.hint}" for p in found if p.code != "secrets")


def test_a_secret_that_is_a_members_name_is_in_no_pointer(drafted: Connector) -> None:
    key = "12/" + "0123456789abcdef" * 2 + "01234567"
    node = {"id": "get", "capability": "get-item", "inputs": {"id": "a", key: {"x": 1}}}
    document = complete({"nodes": [{"id": "start", "kind": "trigger"}, node], "edges": []})

    found = check_flow_document(document, "secret", drafted)

    assert {problem.code for problem in found} >= {"secrets", "node-inputs"}
    assert "0123456789abcdef" not in repr([problem.to_json() for problem in found])


def test_flows_of_a_catalogue_are_called_by_a_document(drafted: Connector, tmp_path: Path) -> None:
    other = complete({"nodes": [{"id": "start", "kind": "trigger"}], "edges": []})
    (tmp_path / "other.flow.json").write_text(json.dumps(other), encoding="utf-8")
    nodes = [
        {"id": "start", "kind": "trigger"},
        {"id": "call", "kind": "subflow", "inputs": {"flow": "other"}},
    ]
    document = complete({"nodes": nodes, "edges": [{"from": "start", "to": "call"}]})

    catalogue = Catalogue(drafted, tmp_path, ["other.flow.json"])

    assert check_flow_document(document, "one", drafted, catalogue) == []
    assert len(check_flow_document(document, "one", drafted)) == 1


def test_a_capability_with_faults_of_its_own_is_named(tmp_path: Path) -> None:
    connector = write_connector(tmp_path, capability("list-items"))
    file = tmp_path / connector.capability_files["list-items"]
    file.write_text("{}", encoding="utf-8")
    nodes = [{"id": "start", "kind": "trigger"}, {"id": "list", "capability": "list-items"}]
    document = complete({"nodes": nodes, "edges": [{"from": "start", "to": "list"}]})

    (found,) = check_flow_document(document, "flow", connector)

    assert found.message.startswith("the capability 'list-items' cannot be used: ")
    assert check_flow_document(document, "flow", None) == []


def test_a_chain_of_references_too_long_to_be_followed_is_a_problem(drafted: Connector) -> None:
    links: dict[str, Any] = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(900)}
    document = complete(
        {
            "outputs": {"$ref": "#/$defs/d0", "$defs": {**links, "d900": {"type": "string"}}},
            "nodes": [
                {"id": "start", "kind": "trigger"},
                {"id": "answer", "kind": "respond", "inputs": {"body": 5}},
            ],
            "edges": [{"from": "start", "to": "answer"}],
        }
    )

    found = check_flow_document(document, "chain", drafted)

    assert found
    assert all("deep" in problem.message or "5 is" in problem.message for problem in found)
