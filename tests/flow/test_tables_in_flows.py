"""Nodes of the connector that is built in: no connection, the engine's tables, pages in a loop."""

from __future__ import annotations

import pytest

from argosy.errors import HandlerError, RunTimedOutError, TableError
from argosy.flow import Engine, EngineSettings
from argosy.model import Connector, Flow, JsonObject
from tests.flow.conftest import Start
from tests.flow.harness import body, call, failed_with, flow, kind, outputs_of, step_of
from tests.servers import Say, ScriptedServer
from tests.steering import Steering
from tests.tables_fake import USERS, FakeTables

PAGE = {"table": "users.csv", "amount": 2, "cursor": "{{ vars.cursor }}"}


def pages_to_the_end() -> Flow:
    """A flow that reads a table page by page and answers all its rows."""
    kept = {
        "cursor": "{{ nodes.page.outputs.cursor }}",
        "rows": "{{ vars.rows + nodes.page.outputs.rows }}",
    }
    inner = body(
        call("page", "table-rows", PAGE),
        kind("next", "set-variable", {"values": kept}),
        edges=["page > next"],
    )
    again = {"condition": "{{ index == 0 or vars.cursor != '' }}"}
    return flow(
        kind("pages", "while", again, body=inner),
        kind("end", "respond", {"body": "{{ vars.rows }}"}),
        variables={"cursor": {"value": ""}, "rows": {"value": []}},
    )


@pytest.mark.parametrize("workers", [0, 4])
def test_a_flow_reads_a_table_to_its_end_without_any_connection(
    drafted: Connector, workers: int
) -> None:
    tables = FakeTables()
    with Engine(drafted, {}, tables=tables, settings=EngineSettings(workers=workers)) as engine:
        run = engine.run(pages_to_the_end())

    assert run.error is None, run.error.to_json()
    assert run.response is not None
    assert run.response.body == USERS
    assert [asked[2] for asked in tables.asked] == ["", "2", "4"]


def test_rows_go_on_to_the_connectors_own_capabilities(
    start: Start, server: ScriptedServer
) -> None:
    server.script = [Say(200, {})] * 5
    inner = body(call("tell", "tell", {"id": "{{ item.id }}"}))
    made = flow(
        call("page", "table-rows", {"table": "users.csv"}),
        kind("each", "for-each", {"items": "{{ nodes.page.outputs.rows }}"}, body=inner),
    )

    run = start(tables=FakeTables()).run(made)

    assert outputs_of(run, "page")["rowCount"] == len(server.received) == 5
    assert outputs_of(run, "page")["statusCode"] == 200


def test_a_connection_that_such_a_node_names_is_not_used(drafted: Connector) -> None:
    with Engine(drafted, {}, tables=FakeTables()) as engine:
        run = engine.run(flow(call("see", "preview-table", {"table": "users.csv"}, connection="x")))

    assert outputs_of(run, "see")["status"] == "available"


def test_without_tables_the_step_fails_and_says_how_to_get_them(drafted: Connector) -> None:
    with Engine(drafted, {}) as engine:
        run = engine.run(flow(call("page", "table-rows", {"table": "users.csv"})))

    assert "in Python a Dispatcher or an Engine is given `tables`" in failed_with(run)
    assert step_of(run, "page").error["code"] == HandlerError.error_code()  # type: ignore[index]


def test_a_table_that_takes_longer_than_the_run_may_is_told_as_that(drafted: Connector) -> None:
    class Late(FakeTables):
        def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
            steering.now += 5
            raise TableError(detail="it took too long.", reason="timed_out", passes=True)

    steering = Steering()
    page = call("page", "table-rows", {"table": "users.csv"})
    with Engine(drafted, {}, tables=Late(), ports=steering.ports) as engine:
        run = engine.run(flow(page, settings={"timeoutSeconds": 2}))

    assert isinstance(run.error, RunTimedOutError)


def test_trouble_with_a_table_takes_the_edge_of_errors(drafted: Connector) -> None:
    class Broken(FakeTables):
        def rows(self, connection: str, table: str, cursor: str, amount: int) -> JsonObject:
            raise TableError(detail="the file ends within a row.", file="users.csv", line=3)

    told = "{{ nodes.page.error.code }}: {{ nodes.page.error.message }}"
    made = flow(
        call("page", "table-rows", {"table": "users.csv"}),
        kind("tell", "respond", {"body": told}),
        edges=["start > page", "page error> tell"],
    )

    with Engine(drafted, {}, tables=Broken()) as engine:
        run = engine.run(made)

    assert run.response is not None
    assert run.response.body == "table: users.csv, line 3: the file ends within a row."


def test_wrong_inputs_are_told_before_a_table_is_asked(drafted: Connector) -> None:
    tables = FakeTables()
    with Engine(drafted, {}, tables=tables) as engine:
        run = engine.run(flow(call("page", "table-rows", {"table": "users.csv", "amount": 0})))

    assert "not valid" in failed_with(run)
    assert tables.asked == []
