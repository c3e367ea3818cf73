"""The details view: of the shape that the admin API gives, whole, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from argosy import Connector, load
from argosy.davinci.shape import ConnectorNames, details_view
from argosy.davinci.shape.definitions import must_be_filled
from argosy.errors import InvalidManifestError, UnknownCapabilityError
from tests.drafts import capability, write_connector

HERE = Path(__file__).parent
SHAPE = Draft202012Validator(json.loads((HERE / "details.schema.json").read_text(encoding="utf-8")))
NOTES = HERE.parents[1] / "connectors" / "notes"


@pytest.fixture(scope="module")
def names() -> ConnectorNames:
    return ConnectorNames(load(HERE.parents[2]))


@pytest.fixture(scope="module")
def view(names: ConnectorNames) -> dict[str, Any]:
    return details_view(names)


def items(holder: dict[str, Any]) -> list[str]:
    return [item["propertyName"] for item in holder["items"]]


def test_the_view_has_the_shape_of_the_admin_api(view: dict[str, Any]) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in SHAPE.iter_errors(view)]
    assert errors == []


def test_a_small_connector_is_described_whole(golden: Callable[[Path, Any], None]) -> None:
    described = details_view(ConnectorNames(load(NOTES)))

    assert list(SHAPE.iter_errors(described)) == []
    golden(HERE / "notes.golden.json", described)


def test_every_input_has_a_defined_property(names: ConnectorNames, view: dict[str, Any]) -> None:
    connector = names.connector
    assert len(view["capabilities"]) == len(connector.capability_files)
    used = set(items(view["accountConfigView"]))
    for id_ in connector.capability_files:
        shown = view["capabilities"][names.name_of(id_)]
        properties = items(shown["flowConfigView"])
        assert len(set(properties)) == len(properties)
        assert not set(properties) & set(items(view["accountConfigView"]))
        inputs = names.capability(id_).inputs
        filled = {rule.input for name in properties if (rule := names.rule_of(id_, name))}
        assert filled == set(inputs.get("properties", ()))
        required = shown["payloadInputSchema"]["default"]["properties"]["properties"]["required"]
        found = {rule.input for name in required if (rule := names.rule_of(id_, name))}
        wanted = {rule.input for rule in names.rules(id_) if not rule.nullable}
        assert found == set(inputs.get("required", ())) & wanted
        used |= set(properties)
    assert used == set(view["properties"])


def test_the_schemas_are_sound_and_the_examples_fit(view: dict[str, Any]) -> None:
    for name, shown in view["capabilities"].items():
        schema = shown["payloadInputSchema"]["default"]
        Draft202012Validator.check_schema(schema)
        Draft202012Validator.check_schema(shown["localOutputSchema"]["output"])
        errors = list(Draft202012Validator(schema).iter_errors(schema["example"]))
        assert errors == [], name


def test_a_property_means_one_thing_whoever_uses_it(
    names: ConnectorNames, view: dict[str, Any]
) -> None:
    for id_ in names.connector.capability_files:
        for rule in names.rules(id_):
            definition = view["properties"][names.property_of(id_, rule.input)]
            assert definition["displayName"] == rule.display_name
            assert definition.get("info", "") == rule.info
            assert definition.get("enum", []) == list(rule.choices)
            assert must_be_filled(rule) or not definition["required"]


def test_a_connection_has_the_key_alone_and_it_is_hidden(view: dict[str, Any]) -> None:
    assert items(view["accountConfigView"]) == ["apiKey"]
    assert view["properties"]["apiKey"] == {
        "type": "string",
        "displayName": "API Key",
        "preferredControlType": "textField",
        "info": "Treasure Data API Key",
        "hashedVisibility": True,
        "secure": True,
        "required": True,
    }
    assert view["connectorCategories"] == [{"name": "Operate", "value": "operate"}]


def test_some_capabilities_are_described_as_they_are_among_all(
    names: ConnectorNames, view: dict[str, Any]
) -> None:
    ids = ["list-folders", "insert-record", "list-folders"]
    some = details_view(names, ids)

    assert list(some["capabilities"]) == [names.name_of(id_) for id_ in ids[:2]]
    for name, shown in some["capabilities"].items():
        assert shown == view["capabilities"][name]
    for name, definition in some["properties"].items():
        assert definition == view["properties"][name]
    assert len(some["properties"]) < len(view["properties"])


def test_no_secret_is_shown(names: ConnectorNames, view: dict[str, Any]) -> None:
    hidden = 0
    for id_ in names.connector.capability_files:
        shown = view["capabilities"][names.name_of(id_)]
        example = shown["payloadInputSchema"]["default"]["example"]["properties"]
        for rule in names.rules(id_):
            name = names.property_of(id_, rule.input)
            if rule.secret:
                assert view["properties"][name]["secure"]
                assert "value" not in view["properties"][name]
                assert example.get(name, "******") == "******"
                hidden += name in example
    assert hidden, "an example gives a password"


def test_what_a_call_adds_is_among_the_outputs(tmp_path: Path) -> None:
    connector = write_connector(
        tmp_path,
        capability(
            "list-notes",
            inputs={"type": "object", "properties": {"page": {"type": "integer"}}},
            outputs={
                "type": "object",
                "properties": {
                    "notes": {"type": "array", "description": "All of them."},
                    "count": {"type": "integer"},
                    "any": {"type": ["string", "object"]},
                },
            },
            paging={"items": "notes", "next": {"page": "{{ body.next }}"}},
        ),
        capability("read-file", response={"format": "bytes"}),
    )
    shown = details_view(ConnectorNames(connector))["capabilities"]

    listed = shown["listNotes"]["localOutputSchema"]["output"]["properties"]
    assert listed["notes"] == {"type": "array", "description": "All of them."}
    assert (listed["count"], listed["any"]) == ({"type": "number"}, {})
    assert {"hasMore", "next"} <= listed.keys()
    read = shown["readFile"]["localOutputSchema"]["output"]["properties"]
    assert {"content", "file", "size"} <= read.keys()


def test_a_region_by_another_name_is_shown_by_its_id(tmp_path: Path) -> None:
    example = {
        "title": "One",
        "inputs": {"region": "n"},
        "response": {"status": 200},
        "outputs": {},
    }
    document = capability(
        "read-note",
        inputs={"type": "object", "properties": {"region": {"type": "string"}}},
        examples=[example],
    )
    connector = write_connector(tmp_path, document, davinci={"settings": {}})
    shown = details_view(ConnectorNames(connector))["capabilities"]["readNote"]

    assert shown["payloadInputSchema"]["default"]["example"] == {"properties": {"region": "north"}}


def test_two_capabilities_of_one_name_are_refused(tmp_path: Path) -> None:
    connector = write_connector(
        tmp_path, capability("read-note"), capability("get-note", davinci={"name": "readNote"})
    )
    with pytest.raises(InvalidManifestError) as caught:
        details_view(ConnectorNames(connector))

    assert "'readNote' is already another's" in caught.value.problems[0].message


def test_a_capability_that_there_is_not_is_told(connector: Connector) -> None:
    with pytest.raises(UnknownCapabilityError, match="insert-record"):
        details_view(ConnectorNames(connector), ["insert-recrod"])


def test_the_manifest_gives_name_and_colors(tmp_path: Path) -> None:
    davinci = {"connectorId": "notes9", "name": "My Notes", "colors": {"canvas": "#00ff00"}}
    view = details_view(ConnectorNames(write_connector(tmp_path, davinci=davinci)))

    assert (view["connectorId"], view["name"]) == ("notes9", "My Notes")
    assert view["metadata"]["colors"]["canvas"] == "#00ff00"
    assert view["capabilities"] == {}
