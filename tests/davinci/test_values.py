"""What an edit of one place leaves as it was, and variables of other contexts than the run's."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from argosy.davinci import export_leniently, import_export
from argosy.davinci.bindings import Bindings
from argosy.davinci.reading import split_export
from argosy.davinci.texts import spoken
from argosy.davinci.values import built, put, put_properties, put_value, shown
from argosy.flow.library import parse_flow
from tests.davinci import building
from tests.flow.conftest import Start, drafted, start
from tests.flow.harness import flow, kind

__all__ = ["drafted", "start"]  # fixtures

SHARED = {"v": {"value": 1, "scope": "shared"}}
SAID = kind("said", "respond", {"body": {"v": "{{ vars.v | default('') }}"}})


def edited(original: str, old: str, new: str) -> str:
    bindings = Bindings()
    before = shown(original, bindings)
    assert isinstance(before, str)
    assert old in before
    wanted = before.replace(old, new, 1)
    made = put(original, before, wanted, bindings)
    assert isinstance(made, str)
    assert bindings.parts(str(shown(made, bindings))) == bindings.parts(wanted)
    return made


def in_lines(*lines: list[Any]) -> str:
    return json.dumps([{"type": "paragraph", "children": line} for line in lines], indent=2)


def link(data: str, **more: Any) -> dict[str, Any]:
    return {"type": "link", "src": "http.svg", "data": data, "children": [{"text": "x"}], **more}


@pytest.mark.parametrize("scope", ["run", "shared", "flow"])
@pytest.mark.parametrize(
    ("node", "value"),
    [
        (kind("set", "set-variable", {"values": {"v": 7}}), 7),
        (kind("set", "increment", {"variable": "v", "by": 6}), 7),
    ],
    ids=["set", "increment"],
)
def test_a_variable_that_is_set_is_the_same_one_after_an_export(
    node: Any, value: int, scope: str, start: Start
) -> None:
    variables = {"v": {"value": 1, "scope": scope}}
    drawn = flow(node, SAID, edges=("start > set", "set > said"), variables=variables)
    written, problems = export_leniently(drawn.document)
    [back] = import_export(split_export(written))
    again = parse_flow(back.document, "main", "main.flow.json")

    assert problems == []
    for one in (drawn, again):
        response = start(flows={one.id: one}).run(one, {}).response
        assert response is not None
        assert response.body == {"v": value}


def test_a_new_row_names_a_variable_of_another_context() -> None:
    variables = [building.variable("v"), building.variable("v", "company")]
    given = building.flow(building.saves("set", {"v": "1"}), variables=variables)
    [came] = import_export(split_export(given))
    document = copy.deepcopy(came.document)
    [node] = [one for one in document["nodes"] if one["id"] == "set"]
    node["inputs"]["properties"]["saveVariables"] += [
        {"name": "company_v", "type": "string", "value": "2"}
    ]

    written, problems = export_leniently(document)
    [back] = import_export(split_export(written))

    assert problems == []
    [node] = [one for one in back.document["nodes"] if one["id"] == "set"]
    rows = node["inputs"]["properties"]["saveVariables"]
    assert [(row["name"], row["value"]) for row in rows] == [("v", "1"), ("company_v", "2")]


def test_choices_and_plain_members_of_new_nodes_are_no_rich_texts() -> None:
    properties = {
        "httpMethod": "POST",
        "httpBody": "raw",
        "contentType": "application/json",
        "raw": '{"a": "{{ input.a | default(\'\') }}"}',
        "url": "https://example.com/",
    }
    inputs = {"connector": "httpConnector", "capability": "makeRestApiCall"}
    row = {"name": "a", "preferredDataType": "string", "value": "x"}
    called = {"connector": "functionsConnector", "capability": "customFunction"}
    drawn = flow(
        kind("get", "davinci", {**inputs, "properties": properties}, onError="end"),
        kind("run", "davinci", {**called, "properties": {"variableInputList": [row]}}),
        edges=("start > get", "get > run"),
    )

    written, _ = export_leniently(drawn.document)

    made = {
        name: held["value"]
        for one in written["graphData"]["elements"]["nodes"]
        for name, held in one["data"].get("properties", {}).items()
    }
    assert made["httpMethod"] == "POST"
    assert made["httpBody"] == "raw"
    assert made["contentType"] == "application/json"
    assert made["raw"] == '{"a": "{{global.parameters.a}}"}'
    assert made["url"].startswith("[")
    [row] = made["variableInputList"]
    assert (row["name"], row["preferredDataType"]) == ("a", "string")
    assert row["value"].startswith("[")


def test_plain_members_within_rows_stay_plain() -> None:
    made = built([{"ruleName": "a", "pattern": "b", "value": "c"}], Bindings())

    assert isinstance(made, list)
    row = made[0]
    assert isinstance(row, dict)
    assert (row["ruleName"], row["pattern"], spoken(str(row["value"]))) == ("a", "b", "c")
    assert row["value"] != "c"


def test_an_edit_of_one_word_keeps_the_other_pieces_of_a_rich_text() -> None:
    children: list[dict[str, Any]] = [
        {"text": "Dear "},
        {"text": "old friend", "bold": True},
        {"text": ""},
        link("{{global.parameters['x.y']}}", own=1),
        {"text": ", see "},
        {"type": "component", "id": 5, "children": [{"text": "the page"}]},
        {"type": "moustache", "name": "m", "data": "{{global.ip}}", "children": [{"text": "ip"}]},
    ]
    second = [{"text": "Bye", "italic": True}]
    wanted = copy.deepcopy(children)
    wanted[1]["text"] = "new friend"

    made = edited(in_lines(children, second), "old", "new")

    assert json.loads(made) == json.loads(in_lines(wanted, second))


def test_two_edits_at_the_ends_keep_what_stands_between_them() -> None:
    between = [{"text": "b", "bold": True}, link('{{global.parameters["x.y"]}}')]
    original = in_lines([{"text": "one "}, *between, {"text": " two"}])
    bindings = Bindings()
    before = shown(original, bindings)
    after = str(before).replace("one", "1").replace("two", "2")

    made = put(original, before, after, bindings)

    assert json.loads(str(made)) == json.loads(in_lines([{"text": "1 "}, *between, {"text": " 2"}]))


def test_a_new_line_and_a_new_binding_come_between_the_old_pieces() -> None:
    old = [{"text": "a "}, link("{{global.ip}}", own=1)]

    made = json.loads(edited(in_lines(old), "a ", "a\n{{ input.b | default('') }} "))

    assert [block["type"] for block in made] == ["paragraph", "paragraph"]
    assert made[0]["children"] == [{"text": "a"}]
    assert made[1]["children"][-1] == old[1]
    assert spoken(json.dumps(made)) == "a\n{{global.parameters.b}} {{global.ip}}"


def test_a_binding_that_is_not_touched_keeps_its_spelling_in_a_plain_text() -> None:
    original = "a {{ global.parameters[\"x.y\"]}} {{global.parameters['x.y']}}"

    assert edited(original, "a ", "b ") == "b" + original[1:]


def test_a_long_text_with_an_edit_at_both_ends_is_written_whole() -> None:
    words = " ".join(map(str, range(3000)))
    original = in_lines([{"text": f"a {words} b"}])
    bindings = Bindings()
    after = f"A {words[::-1]} B"

    made = put(original, shown(original, bindings), after, bindings)

    assert spoken(str(made)) == after


@pytest.mark.parametrize(
    ("held", "value", "wanted"),
    [
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"value": 2}, {"a": 1, "value": {"value": 2}}),
        ({"a": 1}, 5, {"a": 1, "value": 5}),
        ({"value": 1, "b": 2}, {"a": 2}, {"value": {"a": 2}, "b": 2}),
        (5, 6, 6),
        (5, {"a": 1}, {"value": {"a": 1}}),
    ],
)
def test_a_property_keeps_its_wrapper_or_none(held: Any, value: Any, wanted: Any) -> None:
    properties = {"p": held}
    put_value(properties, "p", value)
    assert properties == {"p": wanted}


def test_an_object_without_a_wrapper_is_edited_in_its_place() -> None:
    properties: dict[str, Any] = {"p": {"a": "x", "b": 1}}
    put_properties(properties, {"p": {"a": "x", "b": 1}}, {"p": {"a": "y", "b": 1}}, Bindings())
    assert properties == {"p": {"a": "y", "b": 1}}


@pytest.mark.parametrize(
    ("value", "type_"),
    [(5, "number"), (True, "boolean"), ({"a": 1}, "object"), ([1], "array"), ("5", "string")],
)
def test_a_new_variable_without_a_schema_has_the_type_of_its_value(value: Any, type_: str) -> None:
    drawn = flow(kind("a", "fail", {"message": "x"}), variables={"v": {"value": value}})
    written, problems = export_leniently(drawn.document)
    [back] = import_export(split_export(written))

    assert problems == []
    assert written["variables"][0]["fields"]["type"] == type_
    assert back.document["variables"] == {"v": {"value": value}}
