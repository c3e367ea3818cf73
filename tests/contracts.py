"""The vendor's OpenAPI documents as JSON Schemas, read from `../shared` beside the checkout."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

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
    return document


def errors(name: str, schema: dict[str, Any], value: Any) -> list[ValidationError]:
    """Hold a value against one of a contract's schemas, its references resolved."""
    whole = {**schema, "components": contract(name)["components"]}
    validator = Draft202012Validator(whole, format_checker=FormatChecker())
    return list(validator.iter_errors(value))


def operation(name: str, method: str, path: str) -> dict[str, Any]:
    """Return the operation that serves a request; `path` is the path of a real URL."""
    found = [
        operations[method.lower()]
        for template, operations in contract(name)["paths"].items()
        if _fits(template, path) and method.lower() in operations
    ]
    assert len(found) == 1, f"{len(found)} operations for {method} {path}"
    result: dict[str, Any] = found[0]
    return result


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) is not None


def _mend_references(schemas: dict[str, Any]) -> None:
    """Mend a slip of the document: it puts `data` around each reference to a segment once more.

    So both alternatives take any reference, and none can be taken by exactly one of them.
    """
    references = schemas["RelationshipsSegmentJsonApiResource"]["properties"]["data"]["items"]
    names = [one["$ref"].rpartition("/")[2] for one in references.pop("oneOf")]
    references["anyOf"] = [schemas[name]["properties"]["data"] for name in names]


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
