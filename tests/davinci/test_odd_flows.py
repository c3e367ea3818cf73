"""Flows that cannot leave as they stand are refused with a place; what is large stays quick."""

from __future__ import annotations

import copy
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from argosy.connector import file_validator
from argosy.davinci import export_again, export_folder, export_leniently, import_flow
from argosy.davinci.document import MOST_WIRES
from argosy.davinci.exports import import_export
from argosy.davinci.reading import split_export
from argosy.errors import ArgosyError, UnsayableFlowError
from argosy.flow.library import parse_flow
from tests.counting import calls_of
from tests.davinci.building import bundle, connection, flow, imported, one_of, rich, works
from tests.davinci.documents import any_flow, places
from tests.flow.harness import flow as drawn
from tests.flow.harness import kind


def calls(id_: str, flow_id: str, label: str) -> Any:
    named = {"subFlowId": {"label": label, "value": flow_id}, "subFlowVersionId": -1}
    return connection(id_, "flowConnector", "startSubFlow", **named)


def left(node: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Export a flow of one node; return DaVinci's flow, and what it has no words for, by place."""
    document = drawn(node, edges=(f"start > {node['id']}",)).document
    exported, problems = export_leniently(document)
    return exported, [(problem.pointer, problem.message) for problem in problems]


OBJECT = "DaVinci needs {!r} as an object with its members, not as an expression"


@pytest.mark.parametrize(
    ("name", "inputs", "message"),
    [
        ("set-variable", {"values": "{{ input.x }}"}, OBJECT.format("values")),
        ("http-request", {"url": "u", "query": "{{ input.q }}"}, OBJECT.format("query")),
        ("return", {"values": "{{ input }}"}, OBJECT.format("values")),
        ("call", {"routine": "r", "values": "{{ input }}"}, OBJECT.format("values")),
        ("subflow", {"flow": "f", "input": "{{ input }}"}, OBJECT.format("input")),
        (
            "condition",
            {"cases": "{{ x }}"},
            "DaVinci needs 'cases' as a list of objects that stands in the flow",
        ),
        ("condition", {"operator": []}, "DaVinci needs 'operator' as a text, not as a list"),
        (
            "condition",
            {"operator": "equals", "compareAs": "{{ x }}"},
            "DaVinci cannot compare as '{{ x }}'",
        ),
        ("davinci", {}, "its input 'connector' is missing"),
        (
            "davinci",
            {"connector": 5, "properties": []},
            "DaVinci needs 'connector' as a text, not as a number",
        ),
        (
            "davinci",
            {"connector": "c", "properties": []},
            "DaVinci needs 'properties' as an object with its members, not as a list",
        ),
        ("http-request", {}, "its input 'url' is missing"),
        ("increment", {}, "its input 'variable' is missing"),
        ("set-variable", {}, "its input 'values' is missing"),
        ("fail", {}, "its input 'message' is missing"),
        ("fail", {"message": None}, "DaVinci needs 'message' as a text, not as null"),
        ("call", {}, "its input 'routine' is missing"),
        (
            "wait",
            {"seconds": 1e308},
            "DaVinci waits for a number of seconds that stands in the flow",
        ),
    ],
)
def test_inputs_that_no_properties_can_be_made_of_are_refused(
    name: str, inputs: Any, message: str
) -> None:
    _, problems = left({"id": "one", "kind": name, "inputs": inputs})

    assert ("/nodes/1", message) in problems


def test_a_node_without_inputs_is_refused() -> None:
    assert left({"id": "one", "kind": "fail"})[1] == [
        ("/nodes/1", "its input 'message' is missing")
    ]


def test_an_edit_that_no_properties_can_be_made_of_is_refused_with_its_place() -> None:
    document = import_flow(flow(works("abcdefghi0"))).document
    node = next(one for one in document["nodes"] if one["id"] == "abcdefghi0")
    node["inputs"] = {**node["inputs"], "properties": []}

    _, problems = export_leniently(document)

    place = document["nodes"].index(node)
    assert [problem.pointer for problem in problems] == [f"/nodes/{place}/inputs"]


def test_a_new_node_can_be_disabled() -> None:
    given = {"connector": "httpConnector", "capability": "x", "disabled": True}

    exported, problems = left(kind("one", "davinci", given))

    assert problems == []
    [node] = exported["graphData"]["elements"]["nodes"]
    assert node["data"]["isDisabled"] is True


@pytest.mark.parametrize("row", [{"value": "1"}, {"name": [], "value": "1"}, 5])
def test_a_row_of_variables_without_a_name_is_kept_as_it_is(row: Any) -> None:
    given = {
        "connector": "variablesConnector",
        "capability": "saveValue",
        "properties": {"saveVariables": [row]},
    }

    exported, _ = left(kind("one", "davinci", given))

    [node] = exported["graphData"]["elements"]["nodes"]
    [saved] = node["data"]["properties"]["saveVariables"]["value"]
    assert not isinstance(row, dict) or "label" not in saved
    assert given["properties"] == {"saveVariables": [row]}


@pytest.mark.parametrize("graph", [[], None, 5, {"elements": []}])
def test_a_kept_flow_without_a_graph_takes_new_nodes(graph: Any) -> None:
    document = import_flow(flow()).document
    document["source"]["flow"]["graphData"] = graph
    document["nodes"].append({"id": "abcdefghi0", "kind": "note", "inputs": {"text": "New"}})

    exported, problems = export_leniently(document)

    assert problems == []
    assert len(exported["graphData"]["elements"]["nodes"]) == 1


@pytest.mark.parametrize(
    "kept",
    [
        {"flows": [1, {}], "around": 5},
        {"flows": [], "around": []},
        {"flows": ["f1"], "around": []},
        {"flows": ["f1", {}], "around": {}},
        {"flows": {}},
        [],
    ],
)
def test_an_export_that_is_kept_badly_is_not_there(kept: Any) -> None:
    came = flow(works("abcdefghi0"))
    document = import_flow(came).document
    document["source"]["export"] = kept

    for exported, problems in (
        export_again("f1", {"f1": document}),
        export_folder({"f1": document}),
    ):
        assert exported == came
        assert problems == []


def rows(count: int, ways: int) -> Any:
    """Return a flow that compares with so many values, all alike, each leading on by itself."""
    values = {f"row{i}": "{{global.parameters.x}}" for i in range(count)}
    told = [f"cmp#row{i} > to{i % 10}" for i in range(ways)]
    return flow(one_of("cmp", rich("x"), values), *(works(f"to{i}") for i in range(10)), ways=told)


def test_each_row_is_read_as_often_however_many_rows_there_are() -> None:
    def cost(count: int) -> int:
        document = rows(count, count)
        for row in document["graphData"]["elements"]["nodes"][0]["data"]["properties"][
            "rightValueMultiple"
        ]["value"]:
            row["value"] = rich(row["id"])
        return calls_of(lambda: import_flow(document))

    assert cost(800) < 2.5 * cost(400)


def test_outcomes_of_ways_that_are_too_many_are_told_and_kept() -> None:
    document = rows(1_000, 1_000)

    [one] = import_export(split_export(document))

    assert len(one.document["edges"]) <= MOST_WIRES
    [note] = [text for node, text in one.report.notes if node == "cmp"]
    assert note.endswith("with them the flow would have more than 100,000 edges")
    assert export_again(one.id, {one.id: one.document})[0] == document


def test_a_called_flow_that_did_not_come_is_none_of_those_that_did() -> None:
    document = flow(
        calls("one", "missing1", "Sub-flow"), calls("two", "missing2", "sub flow"), name="Sub flow"
    )

    [made] = imported(document)

    called = {n["id"]: n["inputs"]["flow"] for n in made.document["nodes"] if "inputs" in n}
    assert called == {"one": "sub-flow-2", "two": "sub-flow-3"}
    assert [one.why for one in made.report.opaque] == [
        f"the flow 'sub-flow-{number}' that it calls is not in the export" for number in (2, 3)
    ]
    assert export_again(made.id, {made.id: made.document}) == (document, [])


def test_a_called_flow_that_did_not_come_is_called_alike_by_all_that_came() -> None:
    flows = imported(
        bundle(
            flow(calls("one", "x", "Sub"), calls("two", "y", "Sub")),
            flow(calls("three", "y", "Sub"), id_="f2", name="Sub"),
        )
    )

    called = [
        {n["id"]: n["inputs"]["flow"] for n in one.document["nodes"] if "inputs" in n}
        for one in flows
    ]
    assert called == [{"one": "sub-2", "two": "sub-3"}, {"three": "sub-3"}]


def two_flows() -> tuple[Any, dict[str, Any]]:
    """Return an export of two flows, and our documents by their ids."""
    export = bundle(flow(calls("one", "f2", "f2")), flow(works("abcdefghi0"), id_="f2"))
    return export, {one.id: one.document for one in imported(export)}


def test_a_folder_with_the_flows_of_two_exports_is_refused() -> None:
    _, flows = two_flows()
    other = {one.id: one.document for one in imported(bundle(flow(id_="f3"), flow(id_="f4")))}

    with pytest.raises(UnsayableFlowError) as caught:
        export_folder({**flows, **other})

    [problem] = caught.value.problems
    assert problem.message == "flows of 2 exports: each has something else around its flows"
    assert problem.hint == "Export the file of one of them; its flows go along."
    assert caught.value.message == "f1, f3 cannot be said in DaVinci's words: 1 problem."


@pytest.mark.parametrize("is_called_so", [False, True])
def test_a_flow_whose_file_has_another_name_is_found_by_its_id(*, is_called_so: bool) -> None:
    export, flows = two_flows()
    flows["renamed"] = flows.pop("f2")
    if is_called_so:
        node = next(one for one in flows["f1"]["nodes"] if one["id"] == "one")
        node["inputs"]["flow"] = "renamed"

    assert export_again("f1", flows) == (export, [])
    assert export_folder(flows) == (export, [])


def test_another_flow_by_the_name_of_one_that_came_is_not_taken_for_it() -> None:
    _, flows = two_flows()
    flows["f2"] = parse_flow(
        drawn(kind("one", "note", {"text": "x"})).document, "f2", "f2.flow.json"
    ).document

    with pytest.raises(UnsayableFlowError) as caught:
        export_again("f1", flows)

    [problem] = caught.value.problems
    assert problem.message == "the flow 'f2' came in the same export and is not here"
    assert problem.pointer == "/source/export/flows"
    assert "Put its file back under any name" in problem.hint


ODD: tuple[Any, ...] = (
    None,
    True,
    5,
    "",
    "x",
    "{{ input.x }}",
    [],
    [1],
    [{}],
    {},
    {"value": None},
    {"a": []},
)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_a_flow_that_fits_its_schema_holds_its_export_ends_without_a_crash(
    seed: int,
) -> None:
    random = Random(seed)
    flows = [import_flow(any_flow(seed + number)).document for number in range(3)]
    fits = file_validator("flow").is_valid
    tried = 0
    while tried < 60:
        document = copy.deepcopy(random.choice(flows))
        for _ in range(random.randint(1, 3)):
            parent, key = random.choice(list(places(document)))
            parent[key] = copy.deepcopy(random.choice(ODD))
        if fits(document):
            tried += 1
            with suppress(ArgosyError):
                export_leniently(document)
