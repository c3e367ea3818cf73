"""The page about tables in flows tells what happens: its flow, its test and its code run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import argosy
from argosy.cli.main import main
from argosy.flow import Engine, load_flow
from argosy.sandbox import start
from tests.cli.connections import KEYS
from tests.tables_fake import USERS, FakeTables

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "how-to" / "read-tables-in-flows.md").read_text(encoding="utf-8")


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    """The page's flow, with its test beside it."""
    flow, test = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "load-users.test.json").write_text(test, encoding="utf-8")
    path = tmp_path / "load-users.flow.json"
    path.write_text(flow, encoding="utf-8")
    return path


def test_the_flow_passes_the_check_and_its_test(
    flow: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    statuses = [main(["check", str(flow)]), main(["test", str(flow)])]

    assert statuses == [0, 0], capsys.readouterr().out


@pytest.mark.parametrize(("count", "calls"), [(1, 1), (2, 3), (0, 0)])
def test_the_flow_sends_every_row_of_a_table(
    flow: Path, connector: argosy.Connector, count: int, calls: int
) -> None:
    rows = [{**USERS[0], "n": n} for n in range(500 * count + (count > 1))]
    tables = FakeTables({("LOCAL", "users.csv"): rows})

    with start() as sandbox:
        connection = argosy.Connection({"apiKey": sandbox.master_key}, endpoint=sandbox.url)
        with (
            argosy.Dispatcher(connector, connection) as dispatcher,
            Engine(connector, {"": dispatcher}, tables=tables) as engine,
        ):
            run = engine.run(load_flow(flow))

    assert run.response is not None, run.error
    assert run.response.body == {"rows": len(rows)}
    assert len([step for step in run.steps if step.node == "insert"]) == calls
    assert len(tables.asked) == max(calls, 1)


CODE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def run_code(number: int, names: dict[str, Any]) -> dict[str, Any]:
    exec(compile(CODE[number], "read-tables-in-flows.md", "exec"), names)
    return names


def test_the_code_runs() -> None:
    names = run_code(0, {"argosy": argosy, "tables": FakeTables()})

    assert names["page"]["rows"] == USERS
    assert len(CODE) == 2


def test_a_program_gets_a_table_of_a_store_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)
    file = tmp_path / "users.csv"
    file.write_text("user_id,age\n007,42\n", encoding="utf-8")
    made = ("--create", "--resource", "user", "--set", "file_format=CSV")
    place = ("--data", str(tmp_path / "data"))
    assert main(["tables", "upload", "users.csv", str(file), *made, *place]) == 0

    names = run_code(
        1, {"folder": tmp_path / "data", "organization": None, "database": None, "argosy": argosy}
    )

    assert names["rows"] == names["page"]["rows"] == [{"user_id": "007", "age": "42"}]
