"""Requests and answers of the token capabilities against the vendor's own OpenAPI document."""

from __future__ import annotations

from urllib.parse import urlsplit

import orjson
import pytest

from argosy import Connection, Connector, Dispatcher
from argosy.connector import load_capability
from tests.contracts import contract, errors, needs_contracts, operation

CDP = "cdp-api"
TOKENS = (
    "create-profiles-token",
    "get-profiles-token",
    "list-profiles-tokens",
    "update-profiles-token",
    "delete-profiles-token",
)

#: Where the contract is wrong or wider than what the vendor does, and what is done about it.
KNOWN_ERRORS = {
    # The body of a create requires an id, yet creates without one are answered with 200
    # (facts on Treasure Data, section 3.1).
    ("create-profiles-token", "'id' is a required property"),
    # The list of required attributes misspells attributeColumns; the property itself is
    # spelt right (the same section).
    ("create-profiles-token", "'attrributeColumns' is a required property"),
    ("update-profiles-token", "'attrributeColumns' is a required property"),
}

pytestmark = needs_contracts


@pytest.mark.parametrize("capability", TOKENS)
def test_each_request_is_one_that_the_contract_knows(connector: Connector, capability: str) -> None:
    with Dispatcher(connector, Connection(properties={"apiKey": "1/sandbox"})) as dispatcher:
        for example in load_capability(connector, capability).examples:
            request = dispatcher.prepare(capability, example.inputs)
            known = operation(CDP, request.method, urlsplit(request.url).path)

            if request.body is None:
                assert "requestBody" not in known
                continue
            media = request.headers["Content-Type"]
            schema = known["requestBody"]["content"][media]["schema"]
            found = {
                (capability, e.message) for e in errors(CDP, schema, orjson.loads(request.body))
            }
            assert found <= KNOWN_ERRORS


def test_every_known_error_of_the_contract_still_shows(connector: Connector) -> None:
    """When the vendor mends its document, its entry in the list above is to go."""
    schema = contract(CDP)["components"]["schemas"]["EntitiesTokenUpdateRepresentation"]
    bare = {"type": "token", "attributes": {"name": "x", "attributeColumns": []}}

    messages = {error.message for error in errors(CDP, schema, bare)}

    assert messages == {message for _, message in KNOWN_ERRORS}


@pytest.mark.parametrize("capability", TOKENS)
def test_each_example_answer_is_one_that_the_contract_allows(
    connector: Connector, capability: str
) -> None:
    with Dispatcher(connector, Connection(properties={"apiKey": "1/sandbox"})) as dispatcher:
        for example in load_capability(connector, capability).examples:
            request = dispatcher.prepare(capability, example.inputs)
            known = operation(CDP, request.method, urlsplit(request.url).path)
            media = example.response["headers"]["Content-Type"]
            schema = known["responses"]["200"]["content"][media]["schema"]

            assert [e.message for e in errors(CDP, schema, example.response["body"])] == []


@pytest.mark.parametrize("capability", TOKENS)
def test_each_answer_of_the_sandbox_is_one_that_the_contract_allows(
    connector: Connector, dispatcher: Dispatcher, capability: str
) -> None:
    for example in load_capability(connector, capability).examples:
        request = dispatcher.prepare(capability, example.inputs)
        known = operation(CDP, request.method, urlsplit(request.url).path)

        outputs = dispatcher.call(capability, example.inputs).outputs

        media = outputs["headers"]["content-type"].partition(";")[0]
        schema = known["responses"]["200"]["content"][media]["schema"]
        assert [e.message for e in errors(CDP, schema, outputs["rawResponse"])] == []


def test_the_manifests_regions_are_the_contracts_servers(connector: Connector) -> None:
    servers = {server["url"] for server in contract(CDP)["servers"]}

    assert {region.endpoints["cdp"] for region in connector.regions.values()} == servers
