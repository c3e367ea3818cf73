"""Nothing of the vendor's inputs is lost: every parameter and member, and every limit of each.

A capability's template says which input carries what; the input's schema is then held against the
one that the document has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import vendor_coverage

from argosy import load
from argosy.connector import bundle_schema, load_capability
from argosy.model import Capability, lookup_pointer
from tests.contracts import merged, needs_contracts, operation, resolved

pytestmark = needs_contracts

ROOT = Path(__file__).resolve().parents[2]
CONNECTOR = load(ROOT)
DOCUMENTS = {document.family: document for document in vendor_coverage.DOCUMENTS}

#: Members that the documents have in bodies and that only the vendor sets.
SET_BY_THE_VENDOR = {"createdAt", "createdBy", "updatedAt", "updatedBy"}
#: Parameters and members that a capability leaves out on purpose.
LEFT_OUT = {
    # a new thing has no id yet; 3.1 of the facts on Treasure Data tells that none is sent
    ("create-activation", "id"),
    ("create-activation-template", "id"),
    ("create-folder", "id"),
    ("create-funnel", "id"),
    ("create-journey-activation", "id"),
    ("create-parent-segment", "id"),
    ("create-predictive-segment", "id"),
    ("create-segment", "id"),
    # the path names it
    ("update-parent-segment", "id"),
    # it is a line of CSV; this capability reads JSON lines
    ("get-job-rows", "header"),
}
#: Where a document is too narrow: 4.3, the id of a segment query is an opaque text.
NARROW = {("get-segment-query", "queryId"), ("kill-segment-query", "queryId")}
_PLAIN_LIMITS = ("minimum", "maximum", "maxLength", "minItems", "maxItems")
#: Ids are digits, as text or as numbers; the documents have one or the other.
_ID = re.compile(r"^\^\[[01]-9\](\[0-9\])?\{[01],1[89]\}\$$")


def _covered() -> Iterator[Any]:
    for one in CONNECTOR.capability_files:
        capability = load_capability(CONNECTOR, one)
        document = DOCUMENTS.get(capability.family)
        if document and vendor_coverage.CONTRACTS.is_dir():
            path = capability.request.path.removeprefix(document.prefix)
            found = operation(document.name, capability.request.method, path)
            if found:
                yield pytest.param(capability, document.name, found, id=one)


COVERED = list(_covered())


def _pairs(
    capability: Capability, name: str, known: dict[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """Yield each parameter and member of a document: its name, our template, its schema.

    The template is None where there is none.
    """
    parameters = [resolved(name, one) for one in known["parameters"]]
    query = capability.request.query
    for one in parameters:
        if one["in"] == "query" and not ("..." in query and one["name"] not in query):
            yield one["name"], query.get(one["name"]), one.get("schema", {})
    schemas = {one["name"]: one["schema"] for one in parameters if one["in"] == "path"}
    ours = re.findall(r"\{(\w+)\}", capability.request.path)
    for mine, theirs in zip(ours, known["places"], strict=True):
        yield theirs, f"{{{{ inputs.{mine} }}}}", schemas.get(theirs, {})
    body = resolved(name, known.get("requestBody"))
    for content in list((body or {}).get("content", {}).values())[:1]:
        yield from _members(name, content["schema"], capability.request.body)


def _members(name: str, schema: Any, template: Any) -> Iterator[tuple[str, Any, Any]]:
    if not isinstance(template, dict):
        return
    for wire, member in merged(name, schema).get("properties", {}).items():
        if merged(name, member).get("readOnly") or ("..." in template and wire not in template):
            continue
        if isinstance(template.get(wire), dict):
            yield from _members(name, member, template[wire])
        else:
            yield wire, template.get(wire), member


@pytest.mark.parametrize(("capability", "name", "known"), COVERED)
def test_every_input_of_the_contract_can_be_given(
    capability: Capability, name: str, known: dict[str, Any]
) -> None:
    missing = {wire for wire, template, _ in _pairs(capability, name, known) if template is None}

    assert {
        wire for wire in missing - SET_BY_THE_VENDOR if (capability.id, wire) not in LEFT_OUT
    } == set()


@pytest.mark.parametrize(("capability", "name", "known"), COVERED)
def test_every_limit_of_the_contract_is_kept(
    capability: Capability, name: str, known: dict[str, Any]
) -> None:
    root = bundle_schema(CONNECTOR, capability.inputs, capability.file)
    found = []
    for wire, template, schema in _pairs(capability, name, known):
        read = re.fullmatch(r"\{\{ inputs\.(\w+)( \|.*)? \}\}", str(template))
        if read and (capability.id, wire) not in NARROW:
            ours = _followed(root["properties"][read[1]], root)
            found += [f"{wire}: {one}" for one in _lost(merged(name, schema), ours)]

    assert found == []


def test_the_contracts_have_inputs_with_limits() -> None:
    pairs = [pair for one in COVERED for pair in _pairs(*one.values)]
    limits = {*_PLAIN_LIMITS, "enum", "pattern"}

    assert len(pairs) > 1000
    assert sum(bool(limits & set(schema)) for _, _, schema in pairs) > 80


def _followed(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return one of our schemas with its references and its one alternative to null followed."""
    while "$ref" in schema:
        target = lookup_pointer(root, schema["$ref"].removeprefix("#"))
        schema = {**target, **{key: one for key, one in schema.items() if key != "$ref"}}
    branches = [one for one in schema.get("anyOf", []) if one != {"type": "null"}]
    return _followed(branches[0], root) if len(branches) == 1 else schema


def _lost(theirs: dict[str, Any], ours: dict[str, Any]) -> Iterator[str]:
    """Yield the limits of a document's schema that ours does not have."""
    is_list = theirs.get("type") == "array"
    is_id = bool(_ID.match(ours.get("pattern", "")))
    for keyword in _PLAIN_LIMITS:
        # the documents bound a list by the words for texts
        own = keyword.replace("Length", "Items") if is_list else keyword
        if keyword in theirs and not is_id and ours.get(own) != theirs[keyword]:
            yield f"{keyword} is {theirs[keyword]}, not {ours.get(own)}"
    words = ours.get("enum", [ours["const"]] if "const" in ours else [])
    if "enum" in theirs and set(theirs["enum"]) != set(words):
        yield f"enum is {theirs['enum']}, not {words}"
    if "pattern" in theirs and not is_id and not _is_anchored(theirs["pattern"], ours):
        yield f"pattern is {theirs['pattern']}, not {ours.get('pattern')}"
    kinds = ours.get("type", theirs.get("type"))
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "type" in theirs and theirs["type"] not in kinds and not is_id:
        yield f"type is {theirs['type']}, not {kinds}"


def _is_anchored(theirs: str, ours: dict[str, Any]) -> bool:
    """Tell whether our pattern is the document's, held to the whole text."""
    bare = theirs.removeprefix("^").removesuffix("$")
    same = {theirs, f"^{bare}$", f"^(?:{bare})$"}
    # the document's letters in another order, and the least and most of them as two keywords
    loose = {re.sub(r"\{\d+,\d+\}", "", one.replace("0-9a-z", "a-z0-9")) for one in same}
    pattern = ours.get("pattern", "")
    return pattern in same or (re.sub(r"\{\d+,\d+\}", "", pattern) in loose and "maxLength" in ours)
