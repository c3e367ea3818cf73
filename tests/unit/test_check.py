"""The check as a whole: this repository's own connector, and the report as a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from argosy.check import Report, check_connector
from argosy.check.rules import RULES
from argosy.check.subschemas import endless_reference, subschemas
from argosy.model import Connector, Problem

ROOT = Path(__file__).resolve().parent.parent.parent


def warning(message: str) -> Problem:
    return Problem("wording", message, severity="warning")


def test_this_repositorys_connector_has_no_problems() -> None:
    assert check_connector(ROOT).problems == ()


def test_every_file_of_the_connector_is_counted(connector: Connector) -> None:
    schemas = list((ROOT / "schemas").glob("*.schema.json"))
    handlers = list((ROOT / "handlers").glob("*.py"))
    flows = list((ROOT / "flows").glob("*.flow.json"))
    manifest_and_demo = 2

    files = check_connector(ROOT).files

    wanted = len(connector.capability_files) + len(schemas) + len(handlers) + manifest_and_demo
    wanted += len(flows)
    wanted += sum(check_connector(one.root).files for one in connector.companions)
    assert files == wanted


def test_an_error_fails_the_check() -> None:
    report = Report(Path(), (Problem("outputs", "x"), warning("y")), 1)

    assert report.failed
    assert (report.errors, report.warnings) == (1, 1)


def test_warnings_alone_do_not_fail_the_check() -> None:
    assert not Report(Path(), (warning("y"),), 1).failed


def test_the_ids_of_rules_are_their_modules_names() -> None:
    names = [rule.__name__.rpartition(".")[2].replace("_", "-") for rule in RULES]  # type: ignore[attr-defined]

    assert [rule.ID for rule in RULES] == names


def test_every_module_of_a_rule_is_in_the_list() -> None:
    modules = (ROOT / "src/argosy/check/rules").glob("[!_]*.py")

    assert sorted(path.stem.replace("_", "-") for path in modules) == sorted(
        rule.ID for rule in RULES
    )


def test_every_rule_says_what_it_demands_in_a_sentence() -> None:
    assert all(rule.DEMAND.endswith(".") and len(rule.DEMAND) <= 100 for rule in RULES)


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"not": {"$ref": "#"}},
        {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {"$ref": "#"}}},
        {"properties": {"a": {"$ref": "#/properties/a"}}},
    ],
)
def test_a_reference_back_to_the_same_value_is_endless(schema: dict[str, object]) -> None:
    assert endless_reference(schema) is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"items": {"$ref": "#"}},
        {"properties": {"not": {"$ref": "#"}, "allOf": {"$ref": "#"}}},
        {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}], "$defs": {"a": {}}},
        {"additionalProperties": {"anyOf": [{"$ref": "#"}, {"type": "string"}]}},
    ],
)
def test_a_reference_one_value_deeper_ends(schema: dict[str, object]) -> None:
    assert endless_reference(schema) is None


def test_only_keywords_that_hold_schemas_are_walked() -> None:
    schema = {
        "properties": {"pattern": {"type": "string"}, "any": True},
        "examples": [{"items": {}}],
        "const": {"not": {}},
        "prefixItems": [{"minimum": 1}],
    }

    paths = [path for path, _ in subschemas(schema)]

    assert paths == [(), ("prefixItems", 0), ("properties", "pattern")]
