"""Stored connections in runs: one that goes away, or that cannot be looked up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from argosy import Dispatcher
from argosy.errors import StoreUnavailableError
from argosy.flow import Engine, EngineSettings
from argosy.model import Connection
from argosy.server.dispatchers import Dispatchers
from tests.drafts import write_connector
from tests.flow.harness import CAPABILITIES, call, flow, values
from tests.server.api.conftest import Clock
from tests.servers import Received, Say, Scripted, ScriptedServer

SECRET = "k-of-the-stored-one"


class Stored:
    """A store of connections; `error` is raised in place of an answer."""

    def __init__(self, **connections: Connection) -> None:
        self.connections = connections
        self.error: Exception | None = None

    def find(self, name: str) -> Connection:
        if self.error is not None:
            raise self.error
        return self.connections[name]


@pytest.fixture
def stored(server: ScriptedServer) -> Stored:
    return Stored(own=Connection({"apiKey": SECRET}, endpoint=server.url))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path, stored: Stored, clock: Clock) -> Iterator[Engine]:
    drafted = write_connector(tmp_path, *CAPABILITIES)
    found = Dispatchers({}, stored.find, lambda one: Dispatcher(drafted, one), clock=clock)
    with Engine(drafted, found, settings=EngineSettings(workers=0)) as running:
        yield running


def run_and_lose(
    engine: Engine, server: ScriptedServer, clock: Clock, lose: Callable[[], None]
) -> Any:
    """Run a flow that calls twice; what is lost is lost after the first call."""

    def tell_the_key(request: Received) -> Scripted:
        lose()
        clock.time += 5
        return Say(200, {"value": request.headers["x-notes-key"]})

    server.answers(tell_the_key)
    twice = flow(
        call("first", "ask", {"name": "a"}, connection="own"),
        call("second", "ask", {"name": "b"}, connection="own"),
        values("caught", code="{{ nodes.second.error.code }}"),
        edges=["start > first", "first > second", "second error> caught"],
    )
    return engine.run(twice, {"given": SECRET})


def test_the_error_branch_is_taken_where_the_connection_was_deleted(
    engine: Engine, server: ScriptedServer, stored: Stored, clock: Clock
) -> None:
    run = run_and_lose(engine, server, clock, stored.connections.clear)

    assert run.status == "succeeded"
    assert run.step("caught").outputs == {"code": "unknown-connection"}
    assert run.step("second").error["message"] == "There is no connection 'own'; there is none."
    assert SECRET not in json.dumps(run.to_json())


def test_a_run_after_that_says_so_too(
    engine: Engine, server: ScriptedServer, stored: Stored, clock: Clock
) -> None:
    run_and_lose(engine, server, clock, stored.connections.clear)

    again = engine.run(flow(call("first", "ask", {"name": "a"}, connection="own")), {})

    assert again.error is not None
    assert again.error.code == "step-failed"
    assert "There is no connection 'own'; there is none." in again.error.message


def test_the_error_branch_is_taken_where_the_store_cannot_be_reached(
    engine: Engine, server: ScriptedServer, stored: Stored, clock: Clock
) -> None:
    def lose() -> None:
        stored.error = StoreUnavailableError(detail="it is gone.")

    run = run_and_lose(engine, server, clock, lose)

    assert run.status == "succeeded"
    assert run.step("caught").outputs == {"code": "store-unavailable"}
    assert SECRET not in json.dumps(run.to_json())


def test_a_secret_that_was_replaced_while_a_run_used_it_stays_masked(
    engine: Engine, server: ScriptedServer, stored: Stored, clock: Clock
) -> None:
    def change() -> None:
        stored.connections["own"] = Connection({"apiKey": "k-another"}, endpoint=server.url)

    run = run_and_lose(engine, server, clock, change)

    assert run.step("second").status == "succeeded"
    assert run.step("second").outputs["value"] == "Key ******"
    shown = json.dumps(run.to_json())
    assert SECRET not in shown
    assert "k-another" not in shown
