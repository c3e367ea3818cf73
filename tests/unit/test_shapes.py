"""What schemas say of values without having one; what is not said is taken to be possible."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.check.flows.shapes import ANY, TYPES, Shape, type_words, types_of


def shape(schema: Any) -> Shape:
    return Shape(schema, schema if isinstance(schema, dict) else {})


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        (True, TYPES),
        (False, set()),
        ({}, TYPES),
        ({"type": "number"}, {"integer", "number"}),
        ({"enum": ["a", None, 2.0, 2.5]}, {"string", "null", "integer", "number"}),
        ({"const": [1]}, {"array"}),
        ({"allOf": [{"type": ["string", "null"]}, {"type": ["null", "array"]}]}, {"null"}),
        ({"anyOf": [{"type": "string"}, False]}, {"string"}),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "boolean"}}}, {"boolean"}),
    ],
)
def test_the_types_of_a_value(schema: Any, types: set[str]) -> None:
    assert shape(schema).types == types


CLOSED = {"type": "object", "additionalProperties": False, "properties": {"a": {"type": "null"}}}


@pytest.mark.parametrize(
    ("schema", "types"),
    [
        ({"type": "string"}, None),
        (CLOSED, None),
        ({**CLOSED, "patternProperties": {"b": {}}}, TYPES),
        ({"additionalProperties": {"type": "array"}}, {"array"}),
        ({"properties": {"b": {"type": "string"}}}, {"string"}),
        ({"allOf": [CLOSED, {}]}, None),
        ({"anyOf": [CLOSED, {"type": "string"}]}, None),
        ({"anyOf": [CLOSED, {"properties": {"b": {"type": "array"}}}]}, {"array"}),
        ({"oneOf": [{"properties": {"b": {"type": "array"}}}, {"const": {}}]}, TYPES),
        ({"properties": {"b": {"type": ["null", "array"]}}, "$ref": "#/$defs/a",
          "$defs": {"a": {"properties": {"b": {"type": ["array", "string"]}}}}}, {"array"}),
    ],
)  # fmt: skip
def test_a_member_is_known_unknown_or_impossible(schema: Any, types: set[str] | None) -> None:
    found = shape(schema).member("b")

    assert (found.types if found else None) == types


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        (True, None),
        ({"type": "object"}, None),
        (CLOSED, {"a"}),
        ({"properties": {"a": {}}, "additionalProperties": True}, None),
        ({"properties": {"a": {}}, "allOf": [{"properties": {"b": {}}}]}, {"a", "b"}),
        ({"properties": {"a": {}}, "then": {"additionalProperties": {}}}, None),
        ({"$ref": "#/$defs/a", "$defs": {"a": CLOSED}}, {"a"}),
    ],
)
def test_the_declared_names_where_a_schema_means_no_others(
    schema: Any, names: set[str] | None
) -> None:
    assert shape(schema).names() == names


def test_items_are_known_where_all_are_of_one_kind() -> None:
    items = {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"type": "string"}}}}

    assert shape(items).item().types == {"string"}
    assert shape({"items": {"type": "string"}, "prefixItems": [{}]}).item().types == TYPES
    assert ANY.item().types == TYPES


def test_types_are_named_as_people_do() -> None:
    assert type_words({"integer", "number", "null"}) == "null or a number"
    assert types_of({}) | types_of([]) | types_of(True) == {"object", "array", "boolean"}
