"""The vendor's OpenAPI documents as JSON Schemas, read from `../shared` beside the checkout."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from vendor_coverage import shape_of

CONTRACTS = Path(__file__).resolve().parents[2] / "shared" / "contracts"

needs_contracts = pytest.mark.skipif(
    not CONTRACTS.is_dir(), reason="the vendor's contracts are not beside this checkout"
)


@lru_cache(maxsize=4)
def contract(name: str) -> dict[str, Any]:
    """Read one contract, its OpenAPI 3.0 schemas turned into JSON Schema."""
    text = (CONTRACTS / f"{name}.openapi.yml").read_text(encoding="utf-8")
    document: dict[str, Any] = _as_json_schema(yaml.load(text, Loader=yaml.CSafeLoader))
    if name == "cdp-api":
        _mend_references(document["components"]["schemas"])
        _mend_rules(document["components"]["schemas"])
    _open_all_of(document, document["components"].get("schemas", {}))
    return document


def errors(name: str, schema: dict[str, Any], value: Any) -> list[ValidationError]:
    """Hold a value against one of a contract's schemas, its references resolved."""
    whole = {**schema, "components": contract(name)["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return list(validator.iter_errors(value))


def operation(name: str, method: str, path: str) -> dict[str, Any] | None:
    """Return the operation with a path, whatever its placeholders are called.

    `places` are the names that the document has for them, in their order.
    """
    for template, item in contract(name)["paths"].items():
        if shape_of(template.replace("}{path_format}", "}")) == shape_of(path):
            found = item.get(method.lower())
            if found is not None:
                shared = item.get("parameters", [])
                given = [*shared, *found.get("parameters", [])]
                return {**found, "parameters": given, "places": _places(template)}
    return None


def _places(template: str) -> list[str]:
    """Return the names of a path's placeholders in their order."""
    return re.findall(r"\{([^{}]+)\}", template.replace("}{path_format}", "}"))


def resolved(name: str, node: Any) -> Any:
    """Follow a reference within a contract."""
    while isinstance(node, dict) and "$ref" in node:
        target: Any = contract(name)
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def merged(name: str, node: Any) -> dict[str, Any]:
    """Return a schema with its references followed, its `allOf` made one and null left aside."""
    schema: dict[str, Any] = resolved(name, node) or {}
    branches = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    if len(branches) == 1:
        return merged(name, branches[0])
    parts = [merged(name, part) for part in schema.get("allOf", [])]
    properties = {key: one for part in parts for key, one in part.get("properties", {}).items()}
    own = {key: one for key, one in schema.items() if key != "allOf"}
    whole = {key: one for part in reversed(parts) for key, one in part.items()} | own
    if properties:
        whole["properties"] = properties | own.get("properties", {})
    return whole


def _open_all_of(node: Any, schemas: dict[str, Any]) -> None:
    """Mend a slip of the documents: parts of an `allOf` that each refuse the others' members.

    Taken strictly, `additionalProperties: false` in one part refuses every member of another, so
    that no value fits the whole. A part is copied without it.
    """
    if isinstance(node, dict):
        parts = node.get("allOf")
        if isinstance(parts, list):
            node["allOf"] = [_opened(part, schemas) for part in parts]
        for member in list(node.values()):
            _open_all_of(member, schemas)
    elif isinstance(node, list):
        for item in node:
            _open_all_of(item, schemas)


def _opened(part: Any, schemas: dict[str, Any]) -> Any:
    if isinstance(part, dict) and "$ref" in part:
        part = schemas.get(part["$ref"].rpartition("/")[2], part)
    if isinstance(part, dict) and part.get("additionalProperties") is False:
        return {key: member for key, member in part.items() if key != "additionalProperties"}
    return part


def _mend_references(schemas: dict[str, Any]) -> None:
    """Mend a slip of the document: it puts `data` around each reference to a segment once more.

    So both alternatives take any reference, and none can be taken by exactly one of them.
    """
    references = schemas["RelationshipsSegmentJsonApiResource"]["properties"]["data"]["items"]
    names = [one["$ref"].rpartition("/")[2] for one in references.pop("oneOf")]
    references["anyOf"] = [schemas[name]["properties"]["data"] for name in names]


def _mend_rules(schemas: dict[str, Any]) -> None:
    """Mend a slip of the document: alternatives in rules overlap, and one alone may fit.

    One of those for `arrayMatching` takes any value, and an attribute of a customer group is one
    by its name too, so that no such rule would fit.
    """
    for name, schema in schemas.items():
        if "v5_rule" in name:
            _fit_any(schema)


def _fit_any(node: Any) -> None:
    if isinstance(node, dict):
        if isinstance(node.get("oneOf"), list):
            node["anyOf"] = node.pop("oneOf")
        for member in node.values():
            _fit_any(member)
    elif isinstance(node, list):
        for item in node:
            _fit_any(item)


def _as_json_schema(value: Any) -> Any:
    """Say `nullable` the way JSON Schema 2020-12 does: null is another type."""
    if isinstance(value, list):
        return [_as_json_schema(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: _as_json_schema(member) for key, member in value.items() if key != "nullable"}
    if value.get("nullable") is True:
        return {"anyOf": [result, {"type": "null"}]}
    return result
