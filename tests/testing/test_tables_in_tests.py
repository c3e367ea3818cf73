"""Flow tests of flows that read tables: stubs give the rows, and no store is reached."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.errors import InvalidFlowTestError
from argosy.testing import sandboxes
from tests.testing.conftest import Bench

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
def counting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A bench with the flow, where no sandbox may be started."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a sandbox was asked for")

    monkeypatch.setattr(sandboxes.Sandboxes, "lend", refuse)
    bench.write_flow("count", FLOW)
    return bench


def test_a_stub_gives_the_rows(counting: Bench) -> None:
    stubs = {"page": {"outputs": {"rows": [{}], "rowCount": 1}}}

    result = counting.run(
        {"stubs": stubs, "expect": {"response": {"body": {"equals": 1}}}}, flow="count"
    )

    assert result.verdict == "passed", result.mismatches


def test_without_a_stub_the_case_fails_and_says_so(counting: Bench) -> None:
    result = counting.run({"expect": {"status": "succeeded"}}, flow="count")

    assert result.verdict == "failed"
    told = str(result.run)
    assert "A flow test reads no stored tables, so 'users.csv' of LOCAL is not there" in told
    assert "give the node's outputs in the case's `stubs`" in told


def test_a_stub_may_say_that_the_table_is_in_trouble(counting: Bench) -> None:
    stubs = {"page": {"error": {"code": "table", "message": "users.csv is no CSV."}}}
    failed = {"status": "failed", "error": {"cause": "table"}}

    result = counting.run({"stubs": stubs, "expect": failed}, flow="count")

    assert result.verdict == "passed", result.mismatches


def test_a_stub_gives_only_what_there_is(counting: Bench) -> None:
    with pytest.raises(InvalidFlowTestError) as caught:
        counting.load(
            {"stubs": {"page": {"outputs": {"row": 1}}}, "expect": {"status": "succeeded"}},
            flow="count",
        )

    assert "'table-rows' has no output 'row'" in caught.value.problems[0].message
