"""Whatever a document holds, it is linted, and soon."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.davinci.lint import lint_export, lint_flow
from argosy.davinci.lint.linting import MOST_FINDINGS
from tests.davinci.lint.drawing import Document, edge, evaluator, flow, node
from tests.davinci.lint.pairs import PAIRS

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(document=ANYTHING)
def test_anything_is_linted(document: Any) -> None:
    lint_export(document)
    lint_export({"flows": [document, document]})
    lint_export({"flowId": document, "graphData": {"elements": {"nodes": document}}})


@given(code=st.sampled_from(sorted(PAIRS)), data=st.data(), value=ANYTHING)
def test_a_flow_in_which_anything_may_be_somewhere_is_linted(
    code: str, data: st.DataObject, value: Any
) -> None:
    pair = PAIRS[code]
    flows = json.loads(json.dumps([pair.wrong, *pair.others]))
    places = list(_places(flows))
    parent, key = data.draw(st.sampled_from(places))
    parent[key] = value

    lint_export(flows)
    lint_export(flows, as_far_as_linter=True)


def _places(value: Any) -> Any:
    """Yield each parent and key in a document."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from _places(value[key])


def large(count: int) -> Document:
    """Return a flow in which each node leads to the next."""
    texts = [{"children": [{"text": ""}, {"data": "{{local.n000000001.payload.output.a}}"}]}]
    steps = [
        node(f"n{i:09}", "pingOneSSOConnector.userLookup", message=json.dumps(texts))
        for i in range(count)
    ]
    evals = [evaluator(f"e{i:09}") for i in range(count - 1)]
    edges = [(f"n{i:09}", f"e{i:09}") for i in range(count - 1)]
    edges += [(f"e{i:09}", f"n{i + 1:09}") for i in range(count - 1)]
    return flow(*steps, *evals, edges=edges)


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_five_hundred_nodes_take_a_moment() -> None:
    document = large(500)

    assert seconds(lambda: lint_flow(document)) < 1


def hub(count: int) -> Document:
    """Return a flow of many Kerberos nodes, all before and behind one EVAL."""
    steps = [node(f"n{i:09}", "pingOneSSOConnector.kerberosAuthentication") for i in range(count)]
    edges = [(f"n{i:09}", "eval000001") for i in range(count)]
    edges += [("eval000001", f"n{i:09}") for i in range(count)]
    logic = {f"n{i:09}": "always" for i in range(count)}
    return flow(*steps, evaluator("eval000001", **logic), edges=edges)


def circle(count: int) -> Document:
    """Return a flow that calls itself over and over."""
    me = {"label": "Main", "value": "flow-1"}
    document = flow(
        *(node(f"n{i:09}", "flowConnector.startUiSubFlow", subFlowId=me) for i in range(count))
    )
    names = [{"propertyName": f"p{i}", "required": True} for i in range(count)]
    return {**document, "inputSchema": names}


def jumps(count: int) -> Document:
    """Return a flow of many jumps to one start that needs much."""
    schema = {"properties": {f"p{i}": {"required": True} for i in range(count)}}
    start = node("there00001", "nodeConnector.startNode", inputSchema=json.dumps(schema))
    leaps = (
        node(f"n{i:09}", "nodeConnector.goToNode", nodeInstanceId="there00001")
        for i in range(count)
    )
    return flow(start, *leaps)


def braces(count: int) -> Document:
    """Return a flow with a text of nothing but opened braces, and one of commas and blanks."""
    texts = {"message": "{{" * count * 50, "customScript": " " * count * 50}
    rows = [{"name": "include-rules", "value": " " * count * 50}]
    options = node("_dvlint_", "variablesConnector.saveValue", saveVariables=rows)
    document = flow(node("n000000001", "httpConnector.customHTMLTemplate", **texts))
    document["graphData"]["elements"]["nodes"].append(options)
    return document


@pytest.mark.parametrize("draw", [hub, circle, jumps, braces])
def test_a_flow_that_is_drawn_to_take_long_does_not(draw: Callable[[int], Document]) -> None:
    document = draw(5_000)

    assert seconds(lambda: lint_flow(document)) < 10


def test_a_rule_that_finds_no_end_is_not_heard_out() -> None:
    found = lint_flow(jumps(300))

    told = [one for one in found if one.code == "dv-er-teleport-002"]
    assert len(told) == MOST_FINDINGS


def test_a_document_may_be_nested_deeply() -> None:
    deep: Any = "x"
    for _ in range(20_000):
        deep = [deep]
    text = "[" * 200_000

    lint_flow(flow(node("a000000001", message=deep, customHTML=text), deep=deep))


def test_an_edge_may_stand_twice_and_lead_nowhere() -> None:
    document = flow(node("a000000001"))
    document["graphData"]["elements"]["edges"] += [edge("a000000001", "gone")] * 2

    assert lint_flow(document) == []
