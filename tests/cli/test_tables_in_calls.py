"""`argosy call` and `argosy run` with what is built in: the tables of the store on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from argosy.cli.completion import complete_capability
from argosy.cli.main import cli
from argosy.server.api.services import Services
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS
from tests.cli.flows import write_json
from tests.tables_fake import USERS, FakeTables

Run = Callable[..., Ran]
FLOW: dict[str, Any] = {
    "formatVersion": 1,
    "name": "Count",
    "nodes": [
        {"id": "start", "kind": "trigger"},
        {"id": "page", "capability": "table-rows", "inputs": {"table": "users.csv"}},
        {"id": "end", "kind": "respond", "inputs": {"body": "{{ nodes.page.outputs.rowCount }}"}},
    ],
    "edges": [{"from": "start", "to": "page"}, {"from": "page", "to": "end"}],
}


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> FakeTables:
    """A store in a data folder of its own, whose tables are in memory."""
    tables = FakeTables({("LOCAL", "users.csv"): USERS, ("S3", "users.csv"): USERS[:1]})
    monkeypatch.setattr(Services, "table_service", lambda _services, _who=None: nullcontext(tables))
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert run("tables", "list").status == 0  # makes the store
    return tables


@pytest.fixture
def flow(tmp_path: Path) -> str:
    return str(write_json(tmp_path / "count.flow.json", FLOW))


def test_rows_are_read_through_the_connection_that_an_input_names(
    run: Run, stored: FakeTables
) -> None:
    ran = run("call", "table-rows", "--set", "connection=S3", "--set", "table=users.csv", "--json")

    assert (ran.status, ran.err) == (0, "")
    assert ran.json()["outputs"]["rows"] == USERS[:1]
    assert stored.asked == [("S3", "users.csv", "", 500)]


def test_the_outputs_are_shown_without_a_status_of_http(run: Run, stored: FakeTables) -> None:
    ran = run("call", "preview-table", "--set", "table=users.csv")

    head, _, outputs = ran.out.partition("\n")
    assert head == "Succeeded: preview-table"
    assert json.loads(outputs)["rows"] == USERS


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--connection", "S3"), "leave --connection out; name the one it reads by --set conn"),
        (("--region", "tokyo"), "leave --region out."),
        (("--endpoint", "http://127.0.0.1:9"), "leave --endpoint out."),
        (("--api-key-file", "key.txt"), "leave --api-key-file out."),
    ],
)
def test_it_is_called_with_no_connection(run: Run, option: tuple[str, str], words: str) -> None:
    ran = run("call", "table-rows", "--set", "table=users.csv", *option)

    assert ran.status == 2
    assert "table-rows is built in (Stored tables) and called with no connection" in ran.err
    assert words in ran.err


def test_where_nothing_is_stored_yet_nothing_is_made(run: Run, tmp_path: Path) -> None:
    ran = run("call", "table-rows", "--set", "table=users.csv", "--data", str(tmp_path / "none"))

    assert ran.status == 1
    told = " ".join(ran.err.split())
    assert "There are no stored tables yet:" in told
    assert "`argosy tables set` makes one" in told
    assert not (tmp_path / "none").exists()


def test_a_flow_reads_tables_without_a_connection(
    run: Run, stored: FakeTables, flow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARGOSY_API_KEY", raising=False)

    ran = run("run", flow)

    assert (ran.status, ran.err) == (0, "")
    assert "Response: success, HTTP status 200\n5\n" in ran.out


def test_a_run_is_recorded_as_a_test_that_reads_none(
    run: Run, stored: FakeTables, flow: str, tmp_path: Path
) -> None:
    test = tmp_path / "count.test.json"
    assert run("run", flow, "--record", str(test)).status == 0
    stored.asked.clear()

    ran = run("test", str(test))

    assert ran.status == 0, ran.out
    assert stored.asked == []
    [case] = json.loads(test.read_text(encoding="utf-8"))["cases"]
    assert case["stubs"]["page"]["outputs"]["rows"] == USERS


@pytest.mark.parametrize("command", ["call", "run"])
def test_another_connector_has_them_too(
    run: Run, stored: FakeTables, flow: str, command: str
) -> None:
    notes = str(Path(__file__).resolve().parents[1] / "connectors" / "notes")
    words = (
        ["call", "table-rows", "--set", "table=users.csv"] if command == "call" else ["run", flow]
    )

    ran = run("--connector", notes, *words)

    assert (ran.status, ran.err) == (0, "")
    assert len(stored.asked) == 1


def test_they_are_completed() -> None:
    context = cli.make_context("argosy", ["call", "x"])

    assert complete_capability(context, cli.params[0], "table-r") == ["table-rows"]


@pytest.mark.parametrize("width", ["50", "120"])
def test_one_is_shown_like_any_other(run: Run, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)

    ran = run("capabilities", "show", "table-rows")

    assert ran.out.startswith("Table Rows  (table-rows)\n")
    assert max(map(len, ran.out.splitlines())) <= int(width)
    assert "Request" not in ran.out


def test_the_shape_of_its_connector_in_davinci_is_its_own(run: Run) -> None:
    shape = run("export", "davinci-connector", "--capability", "table-rows").json()

    assert shape["connectorId"] == "argosyTablesConnector"
    assert list(shape["capabilities"]) == ["tableRows"]
