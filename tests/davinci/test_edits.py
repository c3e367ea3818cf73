"""An edit of an imported flow reaches DaVinci's document, and nothing else in it changes."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import example, given, settings

from argosy import load
from argosy.davinci import export_leniently, import_flow
from argosy.davinci.shape import ConnectorNames
from argosy.flow.form import canonical_text
from argosy.model import lookup_pointer, parse_json
from tests.conftest import ROOT
from tests.davinci.documents import SEEDS, any_flow
from tests.davinci.edits import changes, make_edited, stray

NAMES = ConnectorNames(load(ROOT))
OURS = {"f1": "first", "f2": "second"}
CALLED = {"first": ("f1", "First"), "second": ("f2", "Second")}


@settings(deadline=None, max_examples=150)
@given(SEEDS)
@example(200376)  # a node goes that a circle was broken at
def test_an_edit_is_said_or_told_and_nothing_else_changes(seed: int) -> None:
    flow = any_flow(seed)
    view = import_flow(flow, NAMES, OURS)
    name, edited = make_edited(seed, view.document, view)
    before = copy.deepcopy(edited.document)

    written, problems = export_leniently(edited.document, NAMES, CALLED)

    assert edited.document == before, name
    for problem in problems:
        lookup_pointer(edited.document, problem.pointer)
        assert problem.message, name
    if edited.is_sayable:
        assert not problems, (name, problems)
    assert not stray(changes(flow, written), edited.may_change), name
    if not problems:
        came_back = import_flow(written, NAMES, OURS).document
        if seed % 3 == 0:  # odd names may become others
            has_gate = any(one.get("kind") == "transform" for one in edited.document["nodes"])
            one, other = (_seen(d, has_gate=has_gate) for d in (came_back, edited.document))
            assert one == other, name
        assert export_leniently(came_back, NAMES, CALLED) == (written, [])
        text = canonical_text(edited.document, "flow")
        assert export_leniently(parse_json(text), NAMES, CALLED) == (written, [])


def _seen(document: Any, *, has_gate: bool) -> Any:
    """Return what people edit of a flow, without the names that an import makes.

    A gate that is left with one edge becomes that edge.
    """
    own = {node["id"]: node for node in document["nodes"] if _is_own(node)}
    edges = {(e["from"], e.get("outcome", "success"), e["to"]) for e in document["edges"]}
    return {
        "name": document["name"],
        "description": document.get("description", ""),
        "inputs": document.get("inputs", {}).get("properties"),
        "settings": {"timeoutSeconds": 300, **document.get("settings", {}), "mustRespond": None},
        "nodes": {name: _without_nothing(node) for name, node in own.items()},
        "edges": set() if has_gate else {e for e in edges if e[0] in own and e[2] in own},
        "places": {name: place for name, place in document["layout"].items() if name in own},
    }


def _is_own(node: Any) -> bool:
    """Tell whether a node is one of DaVinci's, and no helper of the importer's."""
    is_helper = node.get("kind") in {"transform", "trigger"} or node.get("title") in {
        "Again",
        "Go back",
    }
    return not is_helper


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        members = ((name, _without_nothing(held)) for name, held in value.items())
        return {name: held for name, held in members if held not in (None, "", {}, False)}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value
