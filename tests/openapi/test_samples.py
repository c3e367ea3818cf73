"""Values made for examples: they fit, for schemas and patterns as documents have them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.openapi.patterns import text_of_pattern
from argosy.openapi.samples import candidates, sample
from argosy.validation import Validator

LEAF: dict[str, Any] = {"type": "string", "minLength": 6}


def read(_reference: str) -> dict[str, Any]:
    return LEAF


@pytest.mark.parametrize(
    "pattern",
    [
        "^AC[0-9a-fA-F]{32}$",
        r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@-]{1,64}$",
        r"^(?:[a-z]{2}|[A-Z]{3})-\d+$",
        "^(asc|desc)$",
        "[^/]+",
        r"^[^\s,]{3}$",
        r"\S+@\S+\.\S+",
        "^#?([a-f0-9]{6}|[a-f0-9]{3})$",
        r"^\+[1-9]\d{1,14}$",
        r"^\u0041\x42$",
        "^[]a]$|^b$",
        r"^v\d+(\.\d+)*?$",
        r"^.{3,5}?x$",
        "^(?=[a-z])[a-z]{2}$",
        r"^\^\$\[\]\(\)$",
        "",
    ],
)
def test_a_text_fits_the_pattern_it_was_made_for(pattern: str) -> None:
    assert Validator({"pattern": pattern}).is_valid(text_of_pattern(pattern))


@given(st.text(alphabet="ap01()[]{}^$|?*+.\\d-,:<=!", max_size=30))
def test_no_pattern_makes_the_reader_fail(pattern: str) -> None:
    assert isinstance(text_of_pattern(pattern), str)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 9, "maxLength": 9},
        {"type": "string", "maxLength": 2},
        {"type": "string", "pattern": "^[a-z]+$", "minLength": 12},
        {"type": "integer", "minimum": 5, "maximum": 6},
        {"type": "integer", "exclusiveMinimum": 5, "multipleOf": 4},
        {"type": "integer", "maximum": -3},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 0.7},
        {"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "integer"}},
        {"type": "array", "minItems": 2, "items": {"$ref": "leaf"}},
        {"type": "object", "required": ["a", "b"], "properties": {"a": {"$ref": "leaf"}}},
        {"type": "object", "minProperties": 1, "additionalProperties": {"type": "boolean"}},
        {"anyOf": [{"type": "null"}, {"type": "string"}]},
        {"const": {"a": 1}},
        {"enum": [3, 4]},
        {"type": ["null", "string"]},
        {"type": "string", "format": "uuid"},
        {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"type": "string"}},
            "anyOf": [
                {"required": ["x"], "properties": {"x": {"type": "integer"}}},
            ],
        },
        {"type": "string", "examples": ["not the kind", 5], "maxLength": 4},
        {},
    ],
)
def test_one_of_the_candidates_fits(schema: dict[str, Any]) -> None:
    judged = Validator(schema if "$ref" not in str(schema) else _with(schema, LEAF))

    assert any(judged.is_valid(one) for one in candidates(schema, read))


def _with(schema: Any, leaf: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        return leaf if "$ref" in schema else {k: _with(v, leaf) for k, v in schema.items()}
    return [_with(one, leaf) for one in schema] if isinstance(schema, list) else schema


def test_a_schema_that_holds_itself_comes_to_an_end() -> None:
    endless: dict[str, Any] = {"type": "object", "required": ["a"], "properties": {}}
    endless["properties"]["a"] = {"$ref": "x"}

    assert isinstance(sample(endless, lambda _: endless, full=True), dict)
