"""What comes from DaVinci goes back as it came, and is a flow of ours meanwhile."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings

from argosy import load
from argosy.connector import file_validator
from argosy.davinci import export_flow, import_export, import_flow
from argosy.davinci.exports import export_again
from argosy.davinci.reading import read_export
from argosy.davinci.shape import ConnectorNames
from argosy.flow.form import canonical_text
from argosy.flow.library import parse_flow
from argosy.flow.plan import compile_flow
from argosy.model import parse_json
from tests.conftest import ROOT
from tests.davinci.documents import ANY_EXPORT, ANY_FLOW, same_json

CONNECTOR = load(ROOT)
NAMES = ConnectorNames(CONNECTOR)
OURS = {"f1": "first", "f2": "second"}
LAW = settings(deadline=None, max_examples=120)


@pytest.mark.parametrize("names", [NAMES, None], ids=["connector", "none"])
@LAW
@given(ANY_FLOW)
def test_a_flow_leaves_as_it_came(names: ConnectorNames | None, flow: Any) -> None:
    before = copy.deepcopy(flow)

    document = import_flow(flow, names, OURS).document

    assert same_json(export_flow(document, names), before)
    assert same_json(flow, before)


@LAW
@given(ANY_FLOW)
def test_an_imported_flow_is_a_flow_of_ours(flow: Any) -> None:
    document = import_flow(flow, NAMES, OURS).document

    assert not list(file_validator("flow").problems(document))
    compile_flow(parse_flow(document, "f", "f.flow.json"), CONNECTOR)


@LAW
@given(ANY_FLOW)
def test_importing_twice_gives_the_same(flow: Any) -> None:
    one, other = (import_flow(flow, NAMES, OURS).document for _ in range(2))

    assert json.dumps(one) == json.dumps(other)


@LAW
@given(ANY_FLOW)
def test_writing_an_imported_flow_changes_nothing_of_it(flow: Any) -> None:
    text = canonical_text(import_flow(flow, NAMES, OURS).document, "flow")
    again = parse_json(text)

    assert canonical_text(again, "flow") == text
    assert same_json(export_flow(again, NAMES), flow)


@LAW
@given(ANY_EXPORT)
def test_a_whole_export_leaves_as_it_came(document: Any) -> None:
    export = read_export(json.dumps(document).encode(), "x.json")

    flows = import_export(export, NAMES)

    texts = {one.id: canonical_text(one.document, "flow") for one in flows}
    read = {id_: parse_json(text) for id_, text in texts.items()}
    again, problems = export_again(flows[0].id, read, NAMES)
    assert problems == []
    assert same_json(again, document)
