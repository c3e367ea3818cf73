"""The same examples run against a real sandbox over a socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from argosy import Connection, Connector, Dispatcher, load
from argosy.connector import load_capability
from argosy.sandbox import RunningSandbox, Settings, start
from tests.connector.conftest import SEED

ROOT = Path(__file__).resolve().parents[2]
_MADE_BY_THE_SERVER = {
    "createdAt",
    "updatedAt",
    "createdBy",
    "updatedBy",
    "id",
    "token",
    "lookupToken",
}

#: What the sandbox does so far; everything else it answers with 501, which says so.
SHAPED = (
    "insert-record",
    "insert-records",
    "create-profiles-token",
    "get-profiles-token",
    "list-profiles-tokens",
    "update-profiles-token",
    "delete-profiles-token",
    "lookup-profile",
    "make-custom-api-call",
)
SERVED = (
    "list-parent-segments-rest",
    "get-parent-segment-rest",
    "list-parent-segments",
    "get-parent-segment",
    "list-folders",
)


def _examples(capabilities: Iterable[str]) -> list[Any]:
    connector = load(ROOT)
    return [
        pytest.param(capability, index, id=f"{capability}-{index}")
        for capability in capabilities
        for index in range(len(load_capability(connector, capability).examples))
    ]


@pytest.mark.parametrize(("capability", "index"), _examples(SHAPED))
def test_an_example_succeeds_on_the_sandbox_with_outputs_of_the_same_shape(
    connector: Connector, dispatcher: Dispatcher, capability: str, index: int
) -> None:
    example = load_capability(connector, capability).examples[index]

    result = dispatcher.call(capability, example.inputs)

    assert result.error is None, result.error
    assert result.outputs["statusCode"] == example.response["status"]
    for name, value in example.outputs.items():
        if name != "count" and not (name == "tokens" and value == []):
            assert _shape(result.outputs[name]) == _shape(value), name


@pytest.mark.parametrize(("capability", "index"), _examples(SERVED))
def test_an_example_succeeds_on_the_sandbox(
    connector: Connector, dispatcher: Dispatcher, capability: str, index: int
) -> None:
    example = load_capability(connector, capability).examples[index]

    result = dispatcher.call(capability, example.inputs)

    assert result.error is None, result.error


@pytest.fixture(scope="module")
def resting(connector: Connector) -> Iterator[Dispatcher]:
    """One sandbox for all that it does not do: nothing changes in it."""
    with start(Settings(seed=SEED)) as sandbox:
        connection = Connection(properties={"apiKey": sandbox.master_key}, endpoint=sandbox.url)
        with Dispatcher(connector, connection) as made:
            yield made


def test_what_the_sandbox_cannot_do_yet_it_answers_with_501_and_the_reason(
    connector: Connector, resting: Dispatcher
) -> None:
    others = [one for one in connector.capability_files if one not in (*SHAPED, *SERVED)]

    for capability in others:
        for example in load_capability(connector, capability).examples:
            result = resting.call(capability, example.inputs)

            assert result.error is not None, capability
            assert result.outputs["statusCode"] == 501, (capability, str(result.error))
            assert "The sandbox does not do" in str(result.error)
            assert (result.attempts, result.error.retryable) == (1, False)


def _shape(value: Any) -> Any:
    """Return a value with texts and numbers reduced to their kind, lists to their first item."""
    if isinstance(value, dict):
        return {k: _shape(v) for k, v in sorted(value.items()) if k not in _MADE_BY_THE_SERVER}
    if isinstance(value, list):
        return [_shape(item) for item in value[:1]]
    return "text" if value is None else type(value).__name__.replace("str", "text")


def test_an_inserted_record_is_read_back_with_its_types(
    dispatcher: Dispatcher, sandbox: RunningSandbox
) -> None:
    record = {
        "email": "ada@example.com",
        "visits": 3,
        "score": 0.5,
        "member": True,
        "time": 1767225600,
    }

    dispatcher.call(
        "insert-record", {"database": "shop", "table": "customers", "record": record}
    ).unwrap()

    rows = requests.get(f"{sandbox.url}/_sandbox/rows/shop/customers", timeout=10).json()["rows"]
    assert rows == [record]


def test_a_token_lives_through_create_get_update_list_lookup_and_delete(
    dispatcher: Dispatcher,
) -> None:
    relationships = {
        "parentFolder": {"data": {"id": "201", "type": "folder-segment"}},
        "segments": {"data": [{"id": "301", "type": "segment-batch"}]},
    }
    attributes = {"name": "Web shop", "keyColumn": "customer_id", "attributeColumns": ["plan"]}
    made = dispatcher.call(
        "create-profiles-token", {"attributes": attributes, "relationships": relationships}
    ).unwrap()

    changed = {**attributes, "attributeColumns": ["country"]}
    dispatcher.call("update-profiles-token", {"id": made["id"], "attributes": changed}).unwrap()
    got = dispatcher.call("get-profiles-token", {"id": made["id"]}).unwrap()
    listed = dispatcher.call("list-profiles-tokens", {"audienceId": "101"}).unwrap()
    found = dispatcher.call(
        "lookup-profile", {"token": made["lookupToken"], "key": {"customer_id": "c-1"}}
    ).unwrap()
    dispatcher.call("delete-profiles-token", {"id": made["id"]}).unwrap()
    gone = dispatcher.call("get-profiles-token", {"id": made["id"]})

    assert got["token"]["attributes"]["attributeColumns"] == ["country"]
    assert {token["id"] for token in listed["tokens"]} == {"501", made["id"]}
    assert (found["segments"], found["attributes"]) == (["301"], {"country": "JP"})
    assert gone.error is not None
    assert gone.error.code == "not-found"
    assert gone.outputs["statusCode"] == 404


def test_a_write_only_key_may_insert_and_may_not_list_tokens(
    connector: Connector, sandbox: RunningSandbox
) -> None:
    connection = Connection(properties={"apiKey": sandbox.write_key}, endpoint=sandbox.url)
    with Dispatcher(connector, connection) as dispatcher:
        record = {"email": "ada@example.com"}
        inputs = {"database": "shop", "table": "customers", "record": record}
        inserted = dispatcher.call("insert-record", inputs)
        listed = dispatcher.call("list-profiles-tokens", {"audienceId": "101"})

    assert inserted.error is None
    assert listed.error is not None
    assert listed.error.code == "unauthorized"
    assert "master key" in listed.error.to_json()["note"]


def test_a_custom_call_to_the_vendor_goes_to_the_connections_endpoint(
    dispatcher: Dispatcher, sandbox: RunningSandbox
) -> None:
    endpoint = "https://api-cdp.treasuredata.co.jp/audiences/101/folders"

    result = dispatcher.call("make-custom-api-call", {"endpoint": endpoint, "method": "GET"})

    assert result.error is None
    assert [folder["id"] for folder in result.outputs["rawResponse"]] == ["201"]
    seen = requests.get(f"{sandbox.url}/_sandbox/requests", timeout=10).json()
    assert "/audiences/101/folders" in str(seen)
    assert sandbox.master_key not in str(seen)
