"""A connector that shares nothing with the checkout's own runs on the same host.

It authenticates by another header with another setting, has other regions and families, words
its errors otherwise and brings a handler and a schema of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy import Connection, Connector, Dispatcher, load
from argosy.connector import load_capability
from argosy.errors import (
    ConflictError,
    InvalidConnectionError,
    InvalidInputsError,
    MissingPropertyError,
    UnknownCapabilityError,
    UnknownRegionError,
)
from tests.servers import Received, Say, ScriptedServer
from tests.steering import Steering

NOTES = Path(__file__).resolve().parent / "notes"
TOKEN = "n_0123456789"
NOTE = {"id": 7, "text": "Buy milk"}


@pytest.fixture
def notes() -> Connector:
    return load(NOTES)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def dispatcher(notes: Connector, server: ScriptedServer) -> Iterator[Dispatcher]:
    connection = Connection({"token": TOKEN}, endpoint=f"{server.url}/api/v2")
    with Dispatcher(notes, connection, Steering().ports) as running:
        yield running


def test_it_loads_by_its_folder_and_by_its_manifest(notes: Connector) -> None:
    assert load(NOTES / "connector.json") == notes
    assert (notes.id, notes.version, list(notes.capability_files)) == (
        "notes",
        "2.0.1",
        ["create-note", "list-notes"],
    )


def test_it_loads_by_the_environment(monkeypatch: pytest.MonkeyPatch, notes: Connector) -> None:
    monkeypatch.setenv("ARGOSY_CONNECTOR", str(NOTES))

    assert load() == notes


def test_a_declared_capability_sends_its_request(
    dispatcher: Dispatcher, server: ScriptedServer
) -> None:
    server.answers(Say(201, {"note": NOTE}))

    result = dispatcher.call("create-note", {"text": "Buy milk", "tags": ["home"]})

    assert result.unwrap()["id"] == 7
    assert (server.last.method, server.last.target) == ("PUT", "/api/v2/notes?notebook=inbox")
    assert server.last.headers["x-api-key"] == TOKEN
    assert server.last.headers["x-source"] == "earth-flow"
    assert "authorization" not in server.last.headers
    assert server.last.json == {"text": "Buy milk", "tags": ["home"], "kind": "plain"}


def test_what_is_left_out_is_not_sent(dispatcher: Dispatcher, server: ScriptedServer) -> None:
    server.answers(Say(201, {"note": NOTE}))

    dispatcher.call("create-note", {"text": "Buy milk", "notebook": "shop"}).unwrap()

    assert server.last.json == {"text": "Buy milk", "kind": "plain"}
    assert server.last.query == [("notebook", "shop")]


def test_a_handler_of_its_own_runs(dispatcher: Dispatcher, server: ScriptedServer) -> None:
    def page(request: Received) -> Say:
        number = int(dict(request.query)["page"])
        more = {"next": number + 1} if number < 3 else {}
        return Say(200, {"notes": [{"id": number, "text": "x"}], **more})

    server.answers(page)

    result = dispatcher.call("list-notes", {"notebook": "a/b"})

    assert [note["id"] for note in result.unwrap()["notes"]] == [1, 2, 3]
    assert (result.outputs["pages"], result.attempts) == (3, 3)
    assert server.last.target == "/api/v2/notebooks/a%2Fb/notes?page=3"


def test_its_errors_are_read_as_its_manifest_says(
    dispatcher: Dispatcher, server: ScriptedServer
) -> None:
    server.answers(Say(409, {"problem": "there already"}, {"X-Trace": "t-1"}))

    result = dispatcher.call("create-note", {"text": "x"})

    assert isinstance(result.error, ConflictError)
    shown = result.error.to_json()
    assert (shown["vendorMessage"], shown["requestId"]) == ("there already", "t-1")
    assert shown["note"] == "The notebook holds this very note already."


def test_its_failure_rule_turns_a_success_into_a_failure(
    dispatcher: Dispatcher, server: ScriptedServer
) -> None:
    server.answers(Say(200, {"full": True, "problem": "no page left"}))

    result = dispatcher.call("create-note", {"text": "x"})

    assert str(result.error) == f"127.0.0.1:{server.port} answered 200: no page left"


def test_what_it_may_not_repeat_is_sent_once(
    dispatcher: Dispatcher, server: ScriptedServer
) -> None:
    server.answers(Say(503), Say(201, {"note": NOTE}))

    assert dispatcher.call("create-note", {"text": "x"}).status == "failed"
    assert len(server.received) == 1


def test_what_it_may_repeat_is_sent_again(dispatcher: Dispatcher, server: ScriptedServer) -> None:
    server.answers(Say(503), Say(200, {"notes": []}))

    assert dispatcher.call("list-notes", {"notebook": "x"}).attempts == 2


def test_its_inputs_are_judged_by_its_schema(dispatcher: Dispatcher) -> None:
    result = dispatcher.call("list-notes", {"page": 0})

    assert isinstance(result.error, InvalidInputsError)
    assert [problem.pointer for problem in result.error.problems] == ["", "/page"]


def test_its_regions_are_its_own(notes: Connector) -> None:
    connection = Connection({"token": TOKEN, "region": "moon"})
    with Dispatcher(notes, connection) as dispatcher:
        prepared = [
            dispatcher.prepare("create-note", {"text": "x", **more}).url.partition("/api")[0]
            for more in ({}, {"region": "TERRA"})
        ]

    assert prepared == ["https://moon.notes.example.com", "https://notes.example.com"]


@pytest.mark.parametrize("region", ["us01", "tokyo", "ap02"])
def test_the_other_connectors_regions_mean_nothing_here(notes: Connector, region: str) -> None:
    with Dispatcher(notes, Connection({"token": TOKEN})) as dispatcher:
        result = dispatcher.call("create-note", {"text": "x", "region": region})

    assert isinstance(result.error, InvalidInputsError)
    with pytest.raises(UnknownRegionError, match=r"the regions are earth \(terra\), moon\."):
        Dispatcher(notes, Connection({"token": TOKEN, "region": "us01"}))


def test_its_own_setting_is_the_secret(notes: Connector, server: ScriptedServer) -> None:
    server.answers(Say(400, {"problem": f"unknown token {TOKEN}"}))
    connection = Connection({"token": TOKEN}, endpoint=server.url)

    with Dispatcher(notes, connection) as dispatcher:
        result = dispatcher.call("create-note", {"text": "x"})

    assert TOKEN not in f"{result!r} {result.error} {result.to_json()}"


def test_its_settings_are_judged_by_its_manifest(notes: Connector) -> None:
    with pytest.raises(InvalidConnectionError) as caught:
        Dispatcher(notes, Connection({"token": "wrong-0123", "apiKey": "x"}))

    assert {problem.pointer for problem in caught.value.problems} == {
        "/properties/token",
        "/properties/apiKey",
    }
    assert "wrong-0123" not in repr(caught.value.problems)


def test_the_setting_that_is_missing_is_named(notes: Connector, server: ScriptedServer) -> None:
    with Dispatcher(notes, Connection(endpoint=server.url)) as dispatcher:
        result = dispatcher.call("create-note", {"text": "x"})

    assert isinstance(result.error, MissingPropertyError)
    assert result.error.facts["name"] == "token"


def test_the_other_connectors_capabilities_are_not_there(dispatcher: Dispatcher) -> None:
    with pytest.raises(UnknownCapabilityError) as caught:
        dispatcher.call("insert-record", {})

    assert caught.value.facts["known"] == "list-notes, table-rows, create-note, preview-table"


def test_its_examples_are_what_its_capabilities_do(
    notes: Connector, dispatcher: Dispatcher, server: ScriptedServer
) -> None:
    for name in notes.capability_files:
        for example in load_capability(notes, name).examples:
            server.answers(Say(example.response["status"], example.response["body"]))

            outputs = dispatcher.call(name, example.inputs).unwrap()

            assert {key: outputs[key] for key in example.outputs} == example.outputs


def test_two_connectors_run_side_by_side(
    dispatcher: Dispatcher, connector: Connector, server: ScriptedServer
) -> None:
    server.answers(Say(201, {"note": NOTE}))
    connection = Connection({"apiKey": "1/0123456789"}, endpoint=server.url)
    with Dispatcher(connector, connection) as other:
        other.call(
            "insert-record",
            {"database": "shop", "table": "customers", "record": {"a": 1}},
        ).unwrap()
    dispatcher.call("create-note", {"text": "x"}).unwrap()

    first, second = server.received
    assert ("authorization" in first.headers, "x-api-key" in first.headers) == (True, False)
    assert ("authorization" in second.headers, "x-api-key" in second.headers) == (False, True)
