"""The vendor's Node client, unmodified, doing its ordinary work against the sandbox."""

from __future__ import annotations

import subprocess
from typing import Any

import orjson
import pytest

from argosy.sandbox import Settings, start
from tests.clients.conftest import NOON, SCRIPTS
from tests.clients.node import NODE_CLIENTS, installed, node_program

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest) -> Any:
    """Let the client do all its works on one sandbox, and give what it saw of each."""
    modules = installed(request.config.cache.mkdir("node-clients"), NODE_CLIENTS)
    with start(Settings(now=NOON, seed={})) as sandbox:
        ended = subprocess.run(
            [node_program(), str(SCRIPTS / "td_node_work.cjs"), modules, sandbox.url, "1/sandbox"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    return orjson.loads(ended.stdout)


def test_databases_tables_and_imports(seen: Any) -> None:
    assert seen["catalogue"] == {
        "status": "ok",
        "databases": ["one"],
        "tables": [["others", 0], ["people", 2]],
        "tail": True,
        "deleted": "log",
    }


def test_queries_and_their_results(seen: Any) -> None:
    assert seen["queries"] == {
        "status": "success",
        "tsv": "ada\t36\nkenji\t41\n",
        "csv": "ada,36\nkenji,41\n",
        "json": '["ada",36]\n["kenji",41]\n',
        "jobs": ["hive", "trino", "presto"],
        "few": 2,
        "killed": "success",
    }


def test_saved_queries(seen: Any) -> None:
    assert seen["schedules"] == {
        "schedules": [["daily", "30 * * * *"]],
        "ran": 2,
        "history": 2,
        "unscheduled": "30 * * * *",
    }


def test_bulk_imports(seen: Any) -> None:
    assert seen["bulkImport"] == {
        "parts": [["part_1"], ["part_2"]],
        "status": "committed",
        "rows": 3,
        "left": 0,
    }


def test_results_and_exports(seen: Any) -> None:
    assert seen["results"] == {
        "urls": ["postgresql://ada:***@db.example.com/main/people"],
        "exported": ["success", ""],
    }


def test_errors(seen: Any) -> None:
    assert seen["failures"] == {
        "stranger": "Failed to Login",
        "again": "Conflict",
        "nowhere": "Not Found",
        "dropped": "one",
    }
