"""How the first rows of a table look on terminals of any width."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from argosy.connections.tables import Tables
from argosy.errors import WrongDataError
from tests.cli.conftest import Ran
from tests.cli.connections import KEYS
from tests.connections.bodies import ITEMS

Run = Callable[..., Ran]
Golden = Callable[[Path, Any], None]
GOLDENS = Path(__file__).parent / "goldens"
CHECK = {"name": "open", "status": "passed", "message": "It was opened.", "hint": "", "field": ""}


def _column(name: str, type_: str = "text") -> dict[str, Any]:
    return {"name": name, "type": type_, "nullable": True}


PREVIEW: dict[str, Any] = {
    "columns": [
        _column("item_id"),
        _column("price", "number"),
        _column("name"),
        _column("在庫", "integer"),
        _column("tags", "list"),
        _column("of\tnote"),
        *(_column(f"extra_{number}", "integer") for number in range(30)),
    ],
    "rows": [
        {
            "item_id": "00501",
            "price": 12.5,
            "name": "短い日本語の名前",
            "在庫": 3,
            "tags": ["a", "é"],
        },
        {"item_id": None, "price": None, "name": "null", "在庫": None, "tags": None},
        {"item_id": "", "price": 1e300, "name": "two\nlines\r\nand\ta tab", "tags": [], "在庫": 0},
        {"item_id": " 7", "price": -1, "name": "x" * 200, "of\tnote": "\x1b[31mred\u202e\ufeff"},
        {"item_id": '"7"', "price": True, "name": "長" * 60, "of\tnote": "e\u0301clair"},
    ],
    "rows_read": 20_000,
    "bytes_read": 1_048_576,
    "truncated": True,
}
FOUND = {
    **ITEMS,
    "warnings": ["The column 'price' has two kinds of values."],
    "name": "items.csv",
    "connection": "LOCAL",
    "connection_type": "LOCAL",
    "status": "available",
    "checks": [CHECK],
    "preview": PREVIEW,
}


@pytest.fixture(autouse=True)
def _known_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_SECRET_KEYS", KEYS)


@pytest.mark.parametrize("columns", ["40", "60", "80", "200"])
def test_a_preview_fits_the_terminal(
    columns: str, run: Run, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(Tables, "preview", lambda *_: FOUND)

    ran = run("tables", "preview", "LOCAL", "items.csv")

    assert ran.status == 0
    lines = ran.out.splitlines()
    assert max(map(cell_len, lines)) <= int(columns)
    golden(GOLDENS / f"tables-preview-{columns}.golden.json", lines)
    assert ran.err == "Warning: The column 'price' has two kinds of values.\n"


def test_no_command_to_the_terminal_comes_out_of_a_table(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    monkeypatch.setattr(Tables, "preview", lambda *_: FOUND)

    ran = run("tables", "preview", "LOCAL", "items.csv")

    assert "\\u001b[31mred\\u202e\\ufeff" in ran.out
    assert not set("\x1b\u202e\ufeff\t") & set(ran.out)


def test_a_table_without_rows_shows_its_columns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = {"columns": [_column("user_id")], "rows": [], "rows_read": 0, "bytes_read": 8}
    found = {**FOUND, "preview": {**empty, "truncated": False}}
    monkeypatch.setattr(Tables, "preview", lambda *_: found)

    ran = run("tables", "preview", "LOCAL", "items.csv")

    assert "\nuser_id\ntext\n0 rows read, 8 bytes read\n" in ran.out


def test_json_is_what_the_api_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tables, "preview", lambda *_: FOUND)

    ran = run("tables", "preview", "LOCAL", "items.csv", "--json")

    assert ran.json() == FOUND


def test_what_cannot_be_opened_says_what_to_change_and_ends_with_1(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {
        **CHECK,
        "status": "failed",
        "message": "items.csv: it does not begin as a gzip file does.",
        "hint": "Set options.compression to none.",
        "field": "connection_table_params.options.compression",
    }
    skipped = {**CHECK, "name": "rows", "status": "skipped", "message": "Nothing was read."}

    def refuse(*_: object) -> None:
        raise WrongDataError(
            detail="it does not begin as a gzip file does.",
            reason="wrong_compression",
            status="wrong_specification",
            checks=[failed, skipped],
        )

    monkeypatch.setattr(Tables, "preview", refuse)
    monkeypatch.setattr(Tables, "test", refuse)
    monkeypatch.setenv("COLUMNS", "60")

    for command in ("preview", "test"):
        ran = run("tables", command, "LOCAL", "items.csv")

        assert ran.status == 1
        assert ran.out.splitlines() == [
            "✗ open  items.csv: it does not begin as a gzip file does.",
            "        Set options.compression to none.",
            "        Field: connection_table_params.options.compression",
            "○ rows  Nothing was read.",
            "Failed: wrong compression",
        ]
        assert run("tables", command, "LOCAL", "items.csv", "--json").status == 1
