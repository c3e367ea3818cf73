"""Requests and answers of every capability against the vendor's own OpenAPI documents.

Each request that an example makes is one that its document knows: method and path, parameters
and body. Each answer of an example is one that the document allows, and the answers that the
document itself shows pass through the capability's outputs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import vendor_coverage

from argosy import Connection, Connector, Dispatcher, load
from argosy.dispatch.content import read_bytes
from argosy.dispatch.normalise import check_outputs, decode, outputs_of
from argosy.dispatch.plan import Plan, compile_plan
from argosy.model import Answer, Capability
from argosy.rendering import MISSING, to_text
from tests.contracts import contract, errors, needs_contracts, operation, resolved

pytestmark = needs_contracts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {document.family: document for document in vendor_coverage.DOCUMENTS}

#: Where a document is wrong or narrower than what the vendor does, and what is done about it:
#: capability, and how what is found begins, each of which may hold a `*`. Sections are those of
#: the facts on Treasure Data.
KNOWN_ERRORS = (
    # 3.1: the body of a create requires an id, yet creates without one are answered with 200.
    ("create-profiles-token", "body: 'id' is a required property"),
    # 3.1: the list of required attributes misspells attributeColumns.
    ("create-profiles-token", "body/attributes: 'attrributeColumns' is a required property"),
    ("update-profiles-token", "body/attributes: 'attrributeColumns' is a required property"),
    # 4.5: connection_id and connector_config are required, but the members are connectionId and
    # connectorConfig, which all real scripts send.
    ("create-activation", "body/attributes: 'connection_id' is a required property"),
    ("create-activation", "body/attributes: 'connector_config' is a required property"),
    ("update-activation", "body/attributes: 'connection_id' is a required property"),
    ("update-activation", "body/attributes: 'connector_config' is a required property"),
    ("create-activation-rest", "body: 'connection_id' is a required property"),
    ("create-activation-rest", "body: 'connector_config' is a required property"),
    ("update-activation-rest", "body: 'connection_id' is a required property"),
    ("update-activation-rest", "body: 'connector_config' is a required property"),
    # 4.3: the id of a segment query is an opaque text; for two of three operations the contract
    # has a number.
    ("get-segment-query", "path/queryId: "),
    ("kill-segment-query", "path/queryId: "),
    # A.1: no body is documented for this change; the vendor's own scripts send the attributes.
    ("update-realtime-journey", "body: "),
    # A.1: `relationships` is required and nowhere defined.
    ("create-realtime-journey", "body: 'relationships' is a required property"),
    # 4.1: real clients get one document with a list, the contract has a list of documents.
    ("list-parent-segments", "answer: "),
    # A.2, JourneyActivationStepRes: the body of a create requires the id that a new step lacks.
    ("create-journey-activation", "body: 'id' is a required property"),
    # A.2, JourneyProfilesRes: a whole number is a number too, so it fits two alternatives.
    ("list-journey-profiles", "answer/data/rows/"),
    ("list-journey-stage-profiles", "answer/rows/"),
    # 7: an attempt without a retry name has null there, and its key is required.
    ("*workflow*", "answer/*retryAttemptName: None "),
    # 7: the open-source server takes an archive without a revision.
    ("download-workflow-project", "query: revision is missing"),
    # 6.5: clients read a date, the contract has a number.
    ("list-tables", "answer/tables/0/last_log_timestamp: "),
    ("get-table", "answer/last_log_timestamp: "),
    # 5.1: the event is an object; the contract calls it a text.
    ("send-postback-event-*", "body: "),
    # A.2, SyndicationOverview: both alternatives of `lastExecution` take any object.
    ("list-folder-activations", "answer/syndications/0/lastExecution: "),
)
#: Parameters that real clients send and the documents lack (6.5, 6.9).
KNOWN_PARAMETERS = {
    ("list-jobs", "from"),
    ("list-jobs", "to"),
    ("list-jobs", "status"),
    ("get-job-result", "format"),
    ("get-job-rows", "format"),
    ("get-newest-table-rows", "count"),
}


def _covered() -> Iterator[Any]:
    connector = load(ROOT)
    for one in connector.capability_files:
        plan = compile_plan(connector, one)
        if _operation(plan.capability) is not None:
            yield pytest.param(plan, id=one)


def _operation(capability: Capability) -> dict[str, Any] | None:
    document = DOCUMENTS.get(capability.family)
    if document is None or not vendor_coverage.CONTRACTS.is_dir():
        return None
    path = capability.request.path.removeprefix(document.prefix)
    return operation(document.name, capability.request.method, path)


COVERED = list(_covered())


def _known(plan: Plan) -> tuple[str, dict[str, Any]]:
    found = _operation(plan.capability)
    assert found is not None
    return DOCUMENTS[plan.capability.family].name, found


def _is_known(capability: str, finding: str) -> bool:
    return any(_covers(known, capability, finding) for known in KNOWN_ERRORS)


def _covers(known: tuple[str, str], capability: str, finding: str) -> bool:
    ids, start = known
    return fnmatchcase(capability, ids) and fnmatchcase(finding, f"{start}*")


def _findings(name: str, schema: Any, value: Any, what: str) -> Iterator[str]:
    for error in errors(name, schema, value):
        yield f"{'/'.join([what, *map(str, error.absolute_path)])}: {error.message}"


def _request_findings(plan: Plan, dispatcher: Dispatcher) -> Iterator[str]:
    """Yield what is wrong with the requests of a capability's examples."""
    name, known = _known(plan)
    for example in plan.capability.examples:
        inputs, _, _ = read_bytes(plan.byte_inputs, {**plan.defaults, **example.inputs}, 0)
        scope = {"inputs": inputs, "connection": {}}
        yield from _parameter_findings(name, known, plan, scope)
        request = dispatcher.prepare(plan.capability.id, example.inputs)
        body = resolved(name, known.get("requestBody"))
        if body is None:
            if request.body is not None:
                yield f"body: {request.body!r} is sent, and there is none"
            continue
        media = request.headers.get("Content-Type", "")
        if request.body is None:
            if body.get("required"):
                yield "body: there is none"
        elif media not in body["content"] and "*/*" not in body["content"]:
            yield f"body: {media} is none of {sorted(body['content'])}"
        elif not isinstance(request.content, bytes):
            content = body["content"].get(media) or body["content"]["*/*"]
            yield from _findings(name, content["schema"], request.content, "body")


def _parameter_findings(
    name: str, known: dict[str, Any], plan: Plan, scope: dict[str, Any]
) -> Iterator[str]:
    parameters = [resolved(name, one) for one in known["parameters"]]
    declared = {one["name"]: one for one in parameters if one["in"] == "query"}
    sent = plan.query(scope)
    for parameter, value in sent.items():
        if parameter not in declared:
            if (plan.capability.id, parameter) not in KNOWN_PARAMETERS:
                yield f"query: {parameter} is no parameter"
            continue
        schema = resolved(name, declared[parameter]["schema"])
        yield from _findings(name, schema, _typed(value, name, schema), f"query/{parameter}")
    for parameter, one in declared.items():
        if one.get("required") and parameter not in sent:
            yield f"query: {parameter} is missing"
    paths = {one["name"]: one for one in parameters if one["in"] == "path"}
    # the connector's names are its own, so a path's places are matched by their order
    places = zip(_places(plan.capability.request.path), known["places"], strict=True)
    for placeholder, place in places:
        one = paths[place]
        schema = resolved(name, one["schema"])
        value = _typed(scope["inputs"][placeholder], name, schema)
        yield from _findings(name, schema, value, f"path/{placeholder}")


def _places(path: str) -> list[str]:
    return re.findall(r"\{([^{}]+)\}", path)


def _typed(value: Any, name: str, schema: dict[str, Any]) -> Any:
    """Read text of the URL as the type that the document has for it."""
    kind = schema.get("type")
    if kind == "integer" and isinstance(value, str) and value.isdecimal():
        return int(value)
    if kind == "array" and isinstance(value, str):
        items = resolved(name, schema.get("items", {}))
        return [_typed(item, name, items) for item in value.split(",")]
    if kind == "string" and not isinstance(value, str):
        return to_text(value)
    return value


@pytest.fixture(scope="module")
def dispatcher() -> Iterator[Dispatcher]:
    connection = Connection(properties={"apiKey": "1/sandbox"})
    with Dispatcher(load(ROOT), connection) as made:
        yield made


@pytest.mark.parametrize("plan", COVERED)
def test_each_request_is_one_that_the_contract_knows(plan: Plan, dispatcher: Dispatcher) -> None:
    found = list(_request_findings(plan, dispatcher))

    assert [one for one in found if not _is_known(plan.capability.id, one)] == []


def _answer_findings(plan: Plan) -> Iterator[str]:
    """Yield what is wrong with the answers of a capability's examples."""
    name, known = _known(plan)
    for example in plan.capability.examples:
        answer = resolved(name, known["responses"].get(str(example.response["status"])))
        if answer is None:
            if any(status.startswith("2") for status in known["responses"]):
                yield f"answer: {example.response['status']} is no answer of the vendor"
            continue
        content = answer.get("content") or {}
        media = example.response.get("headers", {}).get("Content-Type", "")
        if "body" in example.response and media in content and "schema" in content[media]:
            schema = content[media]["schema"]
            yield from _findings(name, schema, example.response["body"], "answer")


@pytest.mark.parametrize("plan", COVERED)
def test_each_example_answer_is_one_that_the_contract_allows(plan: Plan) -> None:
    found = list(_answer_findings(plan))

    assert [one for one in found if not _is_known(plan.capability.id, one)] == []


def test_every_known_error_of_the_contracts_still_shows(dispatcher: Dispatcher) -> None:
    """When the vendor mends its document, its entry in the lists above is to go."""
    plans = [parameter.values[0] for parameter in COVERED]
    found = [
        (plan.capability.id, finding)
        for plan in plans
        for finding in (*_request_findings(plan, dispatcher), *_answer_findings(plan))
    ]

    idle = [
        (capability, start)
        for capability, start in KNOWN_ERRORS
        if not any(_covers((capability, start), c, f) for c, f in found)
    ]
    assert idle == []


def _shown_answers(plan: Plan) -> Iterator[tuple[int, str, Any]]:
    """Yield the good answers that a document shows: status, media type, body."""
    name, known = _known(plan)
    for status, given in known["responses"].items():
        answer = resolved(name, given)
        if not str(status).startswith("2"):
            continue
        for media, content in (answer.get("content") or {}).items():
            shown = [resolved(name, one) for one in (content.get("examples") or {}).values()]
            bodies = [one["value"] for one in shown if isinstance(one, dict) and "value" in one]
            bodies += [content["example"]] if "example" in content else []
            made = _shown(name, content.get("schema"))
            bodies += [] if made is MISSING else [made]
            for body in bodies:
                yield int(status), media, body


def _shown(name: str, node: Any, within: tuple[str, ...] = ()) -> Any:
    """Put a value together from the examples of a schema and its members; MISSING without any."""
    if not isinstance(node, dict) or node.get("$ref") in within:
        return MISSING
    if "$ref" in node:
        return _shown(name, resolved(name, node), (*within, node["$ref"]))
    # a document may show a list as the text "[…]": that is no value of the list
    if "example" in node and (
        not isinstance(node["example"], str) or node.get("type") not in ("array", "object")
    ):
        return node["example"]
    branches = [*node.get("oneOf", ()), *node.get("anyOf", ())]
    if branches:
        found = (_shown(name, one, within) for one in branches)
        return next((value for value in found if value is not MISSING), MISSING)
    if "items" in node:
        item = _shown(name, node["items"], within)
        return MISSING if item is MISSING else [item]
    return _shown_members(name, node, within) or MISSING


def _shown_members(name: str, node: dict[str, Any], within: tuple[str, ...]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for part in node.get("allOf", []):
        value = _shown(name, part, within)
        members |= value if isinstance(value, dict) else {}
    for member, schema in node.get("properties", {}).items():
        value = _shown(name, schema, within)
        if value is not MISSING:
            members[member] = value
    if members:
        for member in set(node.get("required", ())) & set(node.get("properties", {})) - set(
            members
        ):
            members[member] = _least(name, node["properties"][member])
    return members


def _least(name: str, node: Any) -> Any:
    """Make a small value that fits a schema without an example."""
    schema = resolved(name, node)
    branches = [*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())]
    if branches:
        return _least(name, branches[0])
    if "enum" in schema:
        return schema["enum"][0]
    required = set(schema.get("required", ()))
    if "properties" in schema:
        given = schema["properties"].items()
        return {member: _least(name, one) for member, one in given if member in required}
    kind = schema.get("type", "null")
    return {"array": [], "object": {}, "boolean": True, "string": "1"}.get(kind, 1)


@pytest.mark.parametrize("plan", COVERED)
def test_the_answers_that_the_contract_shows_pass_through_the_outputs(plan: Plan) -> None:
    for status, media, body in _shown_answers(plan):
        data = body.encode() if isinstance(body, str) else json.dumps(body, default=str).encode()
        answer = Answer(status, {"content-type": media}, data)
        read = decode(answer, plan.capability.response.format)

        named = outputs_of(plan, answer, read, MISSING)

        assert check_outputs(plan, named) is None


def test_the_contracts_show_answers() -> None:
    shown = sum(1 for one in COVERED for _ in _shown_answers(one.values[0]))

    assert shown > 50


def test_the_manifests_regions_are_the_contracts_servers(connector: Connector) -> None:
    for family, name, prefix in (("cdp", "cdp-api", ""), ("workflow", "workflow-api", "")):
        servers = {server["url"].removesuffix(prefix) for server in contract(name)["servers"]}
        assert {region.endpoints[family] for region in connector.regions.values()} == servers
    core = {server["url"].removesuffix("/v3") for server in contract("td-api-v3")["servers"]}
    assert core <= {region.endpoints["core"] for region in connector.regions.values()}
