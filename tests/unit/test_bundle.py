"""Bundles: a schema with all the files it refers to, standing alone."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from argosy.connector import bundle_schema, load_connector, read_document
from argosy.validation import SchemaReferenceError, Validator, bundle

ROOT = Path(__file__).resolve().parents[2]
CONNECTOR = load_connector(ROOT)
NO_FILES: dict[str, dict[str, Any]] = {}


class TestBundle:
    def test_a_reference_to_a_file_becomes_a_definition(self) -> None:
        files = {"schemas/id.schema.json": {"$id": "x", "$schema": "y", "type": "string"}}

        bundled = bundle(
            {"$ref": "../schemas/id.schema.json"}, "capabilities/a.json", files.__getitem__
        )

        assert bundled == {"$ref": "#/$defs/id", "$defs": {"id": {"type": "string"}}}

    def test_a_reference_is_relative_to_the_file_it_stands_in(self) -> None:
        files = {"deep/a.json": {"$ref": "b.json"}, "deep/b.json": {"type": "string"}}

        bundled = bundle({"$ref": "deep/a.json"}, "root.json", files.__getitem__)

        assert Validator(bundled).is_valid("x")
        assert not Validator(bundled).is_valid(1)

    def test_a_property_may_be_called_like_a_keyword(self) -> None:
        names = ("default", "const", "enum", "examples", "$ref", "properties")
        schema = {"properties": {name: {"$ref": "a.json"} for name in names}}

        bundled = bundle(schema, "r.json", {"a.json": {"type": "string"}}.__getitem__)

        for name in names:
            assert Validator(bundled).is_valid({name: "x"})
            assert not Validator(bundled).is_valid({name: 1})

    def test_a_file_that_is_referred_to_twice_lands_once(self) -> None:
        reads = []

        def read(path: str) -> dict[str, Any]:
            reads.append(path)
            return {"type": "string"}

        bundled = bundle({"items": [{"$ref": "a.json"}, {"$ref": "./a.json"}]}, "r.json", read)

        assert reads == ["a.json"]
        assert list(bundled["$defs"]) == ["a"]

    def test_a_reference_to_a_definition_of_another_file_is_kept(self) -> None:
        files = {"a.json": {"$defs": {"x": {"type": "string"}}}}

        bundled = bundle({"$ref": "a.json#/$defs/x"}, "r.json", files.__getitem__)

        assert Validator(bundled).is_valid("x")
        assert not Validator(bundled).is_valid(1)

    def test_a_reference_within_the_root_stays_as_it_is(self) -> None:
        schema = {"items": {"$ref": "#/$defs/x"}, "$defs": {"x": {"type": "string"}}}

        assert bundle(schema, "r.json", NO_FILES.__getitem__) == schema

    def test_the_schema_that_is_given_is_not_changed(self) -> None:
        schema = {"$id": "r", "properties": {"a": {"$ref": "a.json"}}}
        before = copy.deepcopy(schema)

        bundle(schema, "r.json", {"a.json": {"type": "string"}}.__getitem__)

        assert schema == before

    def test_a_schema_may_refer_to_itself(self) -> None:
        files = {"tree.json": {"properties": {"below": {"$ref": "#"}, "n": {"type": "integer"}}}}

        bundled = bundle({"$ref": "tree.json"}, "r.json", files.__getitem__)

        assert Validator(bundled).is_valid({"below": {"below": {"n": 1}}})
        assert not Validator(bundled).is_valid({"below": {"below": {"n": "x"}}})

    def test_files_may_refer_to_each_other(self) -> None:
        files = {
            "a.json": {"properties": {"b": {"$ref": "b.json"}}},
            "b.json": {"properties": {"a": {"$ref": "a.json"}, "n": {"type": "integer"}}},
        }

        bundled = bundle({"$ref": "a.json"}, "r.json", files.__getitem__)

        assert not Validator(bundled).is_valid({"b": {"a": {"b": {"n": "x"}}}})

    def test_a_property_that_is_named_as_a_keyword_is_left_alone(self) -> None:
        schema = {"properties": {"$id": {"type": "string"}, "$ref": {"type": "integer"}}}

        assert bundle(schema, "r.json", NO_FILES.__getitem__) == schema

    @pytest.mark.parametrize(
        ("reference", "words"),
        [
            ("nothing.json", "leads to no file"),
            ("https://schemas.example.com/a.json", "leads to no file"),
            ("../a.json", "leads out of the connector"),
            ("x/../../a.json", "leads out of the connector"),
            ("/etc/a.json", "leads out of the connector"),
            ("a.json#/$defs/nothing", "leads nowhere"),
        ],
    )
    def test_a_reference_that_leads_nowhere_is_named_with_its_file(
        self, reference: str, words: str
    ) -> None:
        files: dict[str, dict[str, Any]] = {"a.json": {"type": "string"}}

        with pytest.raises(SchemaReferenceError) as caught:
            bundle({"items": {"$ref": reference}}, "r.json", files.__getitem__)

        assert str(caught.value) == f"{reference!r} in r.json {words}"

    @pytest.mark.parametrize("part", ["inputs", "outputs"])
    @pytest.mark.parametrize("name", CONNECTOR.capability_files)
    def test_a_bundle_of_the_connector_stands_alone(self, name: str, part: str) -> None:
        def refuse(path: str) -> dict[str, Any]:
            raise AssertionError(path)

        file = CONNECTOR.capability_files[name]
        schema = bundle_schema(CONNECTOR, read_document(ROOT, file)[part], file)

        jsonschema.Draft202012Validator.check_schema(schema)
        assert bundle(schema, "alone.json", refuse) == schema

    def test_a_file_may_refer_to_its_own_definitions(self) -> None:
        files = {"a.json": {"items": {"$ref": "#/$defs/x"}, "$defs": {"x": {"type": "string"}}}}

        bundled = bundle({"$ref": "a.json"}, "root.json", files.__getitem__)

        assert Validator(bundled).is_valid(["x"])
        assert not Validator(bundled).is_valid([1])

    def test_two_files_of_one_name_in_two_folders_stay_two(self) -> None:
        files = {"x/a.json": {"type": "string"}, "y/a.json": {"type": "integer"}}
        schema = {"properties": {"s": {"$ref": "x/a.json"}, "i": {"$ref": "y/a.json"}}}

        bundled = bundle(schema, "root.json", files.__getitem__)

        assert Validator(bundled).is_valid({"s": "x", "i": 1})

    def test_a_file_does_not_take_the_place_of_the_roots_own_definition(self) -> None:
        schema = {
            "properties": {"s": {"$ref": "#/$defs/a"}, "i": {"$ref": "a.json"}},
            "$defs": {"a": {"type": "string"}},
        }

        bundled = bundle(schema, "root.json", {"a.json": {"type": "integer"}}.__getitem__)

        assert Validator(bundled).is_valid({"s": "x", "i": 1})

    def test_a_files_name_may_be_percent_encoded(self) -> None:
        bundled = bundle(
            {"$ref": "a%20b.json"}, "root.json", {"a b.json": {"type": "string"}}.__getitem__
        )

        assert Validator(bundled).is_valid("x")

    def test_a_fragment_may_be_percent_encoded(self) -> None:
        files = {"a.json": {"$defs": {"x y": {"type": "string"}}}}

        bundled = bundle({"$ref": "a.json#/$defs/x%20y"}, "root.json", files.__getitem__)

        assert Validator(bundled).is_valid("x")

    def test_an_anchor_of_another_file_is_followed_or_refused(self) -> None:
        files = {"a.json": {"$defs": {"x": {"$anchor": "word", "type": "string"}}}}

        try:
            bundled = bundle({"$ref": "a.json#word"}, "root.json", files.__getitem__)
        except SchemaReferenceError:
            return

        assert Validator(bundled).is_valid("x")
