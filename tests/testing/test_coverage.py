"""Coverage names what no case went through."""

from __future__ import annotations

from typing import Any

from argosy.testing import Coverage
from tests.testing.conftest import Bench


def _coverage(bench: Bench, *cases: Any, flow: str = "welcome") -> Coverage:
    test = bench.load(*cases, flow=flow)
    covered = {p for case in test.cases for p in bench.runner.run(test, case).covered}
    return Coverage.of(test.flow, covered)


def test_what_no_case_met_is_named(bench: Bench) -> None:
    found = _coverage(bench, {"expect": {"failed": []}})

    assert found.to_json() == {
        "flow": "welcome",
        "nodes": {"covered": 5, "total": 7, "missed": ["count", "sorry"]},
        "edges": {
            "covered": 4,
            "total": 7,
            "missed": ["insert error → sorry", "which true → count", "count → answer"],
        },
        "outcomes": {
            "covered": 5,
            "total": 9,
            "missed": ["insert: error", "which: true", "count: success", "sorry: success"],
        },
    }


def test_three_cases_meet_everything(bench: Bench) -> None:
    found = _coverage(
        bench,
        {"expect": {"failed": []}},
        {"input": {"email": "a@example.com", "member": True}, "expect": {"failed": []}},
        {
            "stubs": {"insert": {"error": {"code": "not-found"}}},
            "expect": {"failed": ["insert"]},
        },
    )

    assert found.counts == {"nodes": (7, 7), "edges": (7, 7), "outcomes": (9, 9)}


def test_bodies_count_and_errors_that_nothing_takes_follow_no_edge(bench: Bench) -> None:
    flow = {
        "formatVersion": 1,
        "name": "Each",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {
                "id": "each",
                "kind": "for-each",
                "inputs": {"items": [1, 0]},
                "body": {
                    "nodes": [
                        {
                            "id": "some",
                            "kind": "condition",
                            "inputs": {"when": "{{ item == 1 }}"},
                        },
                        {"id": "bad", "kind": "fail", "inputs": {"message": "no"}},
                        {"id": "note", "kind": "note", "inputs": {"text": "aside"}},
                    ],
                    "edges": [{"from": "some", "outcome": "true", "to": "bad"}],
                },
            },
            {"id": "after", "kind": "transform", "inputs": {"values": {}}},
        ],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "to": "after"}],
    }
    bench.write_flow("each", flow)

    found = _coverage(bench, {"expect": {"status": "failed"}}, flow="each")

    assert found.missed == {
        "nodes": ("after",),
        "edges": ("each → after",),
        "outcomes": ("each: success", "each/some: false", "after: success"),
    }


def test_what_runs_in_a_routine_counts_and_an_end_only_where_an_edge_tells_it(
    bench: Bench,
) -> None:
    flow = {
        "formatVersion": 1,
        "name": "Calls",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {"id": "one", "kind": "call", "inputs": {"routine": "r"}},
            {"id": "two", "kind": "call", "inputs": {"routine": "r"}},
            {"id": "r", "kind": "routine"},
            {"id": "back", "kind": "return"},
            {"id": "never", "kind": "transform", "inputs": {"values": {}}},
        ],
        "edges": [
            {"from": "start", "to": "one"},
            {"from": "one", "to": "two"},
            {"from": "two", "outcome": "ended", "to": "never"},
            {"from": "r", "to": "back"},
        ],
    }
    bench.write_flow("calls", flow)

    found = _coverage(
        bench, {"expect": {"ran": ["two/1/back", "two/*/r"], "order": [["one/1/r", "two"]]}},
        flow="calls",
    )  # fmt: skip

    assert found.counts == {"nodes": (5, 6), "edges": (3, 4), "outcomes": (4, 6)}
    assert found.missed["outcomes"] == ("two: ended", "never: success")
