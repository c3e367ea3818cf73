"""How DaVinci stores a value follows from the input's schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy.davinci.shape import ConnectorNames, PropertyRule
from argosy.davinci.shape.definitions import definition_of, stored
from argosy.davinci.shape.rules import title_of
from tests.drafts import capability, write_connector

ROWS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["key", "value"],
        "properties": {"key": {"type": "string"}, "value": {}},
    },
}
NULL = {"type": "null"}

#: A schema, the form, the type of the stored value, and its widget.
FORMS: list[tuple[Any, str, str, str]] = [
    ({"type": "string"}, "text", "string", "textField"),
    ({"type": ["string", "null"]}, "text", "string", "textField"),
    ({"type": ["integer", "string"]}, "text", "string", "textField"),
    ({"anyOf": [{"type": "string"}, NULL]}, "text", "string", "textField"),
    ({"const": "token"}, "text", "string", "textField"),
    ({"type": "integer"}, "number", "number", "textField"),
    ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "number", "number", "textField"),
    ({"type": "boolean"}, "switch", "boolean", "toggleSwitch"),
    ({"enum": ["a", "b", None]}, "choice", "string", "dropDown"),
    ({"type": "integer", "enum": [1, 2]}, "choice", "number", "dropDown"),
    ({"type": "array", "items": {"type": "string"}}, "texts", "array", "textFieldArrayView"),
    ({"type": "array", "items": {"enum": ["a"]}}, "texts", "array", "dropDownMultiSelect"),
    ({"type": "array", "items": {"type": "integer"}}, "json-text", "string", "textArea"),
    ({"type": "array"}, "json-text", "string", "textArea"),
    (ROWS, "rows", "array", "keyValueList"),
    ({"anyOf": [{"type": "object"}, ROWS]}, "rows", "array", "keyValueList"),
    ({"type": "object"}, "json-text", "string", "textArea"),
    ({"type": ["object", "string"]}, "json-text", "string", "textArea"),
    ({"allOf": [{"type": "boolean"}]}, "switch", "boolean", "toggleSwitch"),
    ({"enum": [{"a": 1}]}, "json-text", "string", "textArea"),
    ({"anyOf": [{"type": "string"}, {}]}, "json-text", "string", "textArea"),
    ({"type": "string", "contentEncoding": "base64"}, "text", "string", "textField"),
    ({}, "json-text", "string", "textArea"),
    (True, "json-text", "string", "textArea"),
]


def rule_of(folder: Path, schema: Any, declared: dict[str, Any] | None = None) -> PropertyRule:
    document = capability(
        "read-note",
        inputs={
            "type": "object",
            "properties": {"value": schema},
            "$defs": {"circle": {"anyOf": [{"$ref": "#/$defs/circle"}, {"type": "boolean"}]}},
        },
        davinci={"properties": {"value": declared or {}}},
    )
    [rule] = ConnectorNames(write_connector(folder, document)).rules("read-note")
    return rule


@pytest.mark.parametrize(("schema", "form", "kind", "control"), FORMS)
def test_a_schema_tells_the_form(
    tmp_path: Path, schema: Any, form: str, kind: str, control: str
) -> None:
    rule = rule_of(tmp_path, schema)
    definition = definition_of(rule)

    assert rule.form == form
    assert (definition["type"], definition["preferredControlType"]) == (kind, control)


def test_a_circle_of_references_comes_to_an_end(tmp_path: Path) -> None:
    assert rule_of(tmp_path, {"$ref": "#/$defs/circle"}).form == "switch"


@pytest.mark.parametrize(
    ("schema", "is_nullable"),
    [
        ({"type": "string"}, False),
        ({"type": ["string", "null"]}, True),
        ({"anyOf": [{"type": "string"}, NULL]}, True),
        ({"enum": ["a", None]}, True),
        ({}, True),
        ({"$ref": "#/$defs/circle"}, False),
    ],
)
def test_blank_may_be_null(tmp_path: Path, schema: Any, is_nullable: bool) -> None:
    assert rule_of(tmp_path, schema).nullable is is_nullable


def test_what_a_schema_cannot_tell_is_declared(tmp_path: Path) -> None:
    declared = {"form": "rows", "displayName": "The Value", "info": "Rows of it."}
    rule = rule_of(tmp_path, {"type": "object", "title": "Value"}, declared)

    assert (rule.form, rule.display_name, rule.info) == ("rows", "The Value", "Rows of it.")


def test_a_label_is_the_title_beside_the_reference_or_made_of_the_name(tmp_path: Path) -> None:
    assert rule_of(tmp_path / "a", {"title": "Given"}).display_name == "Given"
    assert rule_of(tmp_path / "b", {"$ref": "#/$defs/circle"}).display_name == "Value"
    assert title_of("parentFolderId") == "Parent Folder ID"
    assert title_of("sqlQuery2") == "SQL Query 2"


def test_a_region_is_one_of_those_that_serve_the_family(tmp_path: Path) -> None:
    document = capability(
        "ping",
        family="open",
        inputs={"type": "object", "properties": {"region": {"type": "string"}}},
    )
    names = ConnectorNames(write_connector(tmp_path, document))
    [rule] = names.rules("ping")
    [_, setting] = names.settings

    assert (rule.form, rule.choices, rule.labels) == ("choice", ("north",), ("North",))
    assert setting.choices == ("north", "south")


@pytest.mark.parametrize(
    ("schema", "value", "written"),
    [
        ({"type": "object"}, {"a": "ü"}, '{"a": "ü"}'),
        (ROWS, {"a": 1, "b": "x"}, [{"key": "a", "value": 1}, {"key": "b", "value": "x"}]),
        (ROWS, [{"key": "a", "value": 1}], [{"key": "a", "value": 1}]),
        ({"type": ["integer", "string"]}, 7, "7"),
        ({"type": "boolean"}, False, False),
    ],
)
def test_a_value_is_stored_in_its_form(
    tmp_path: Path, schema: Any, value: Any, written: Any
) -> None:
    assert stored(rule_of(tmp_path, schema), value) == written


def test_a_default_is_shown_and_a_secret_never(tmp_path: Path) -> None:
    assert definition_of(rule_of(tmp_path / "a", {"const": "token"}))["value"] == "token"
    hidden = definition_of(
        rule_of(tmp_path / "b", {"type": "string", "secret": True, "default": "k"})
    )

    assert "value" not in hidden
    assert hidden["secure"] is hidden["hashedVisibility"] is True
