"""Cases run by themselves: their own sandbox state, clock, ids, stubs, connections."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from argosy import load
from argosy.errors import RunCancelledError
from argosy.testing import Runner, load_flow_test
from argosy.transport import Cancellation
from tests.testing.conftest import STUBS, WELCOME, Bench

ROWS = {"database": "shop", "table": "people"}
PASSING = {"code": "unavailable", "message": "later"}


def test_a_wait_of_an_hour_takes_no_time_and_moves_both_clocks(bench: Bench) -> None:
    began = time.monotonic()

    result = bench.run(
        {
            "stubs": {"insert": {"inTurn": [{"seconds": 60}]}},
            "expect": {
                "response": {"body": {"includes": {"at": 1767225600 + 60 + 3600}}},
                "rows": [{**ROWS, "includes": [{"time": 1767225660}]}],
            },
        }
    )

    assert result.mismatches == ()
    assert time.monotonic() - began < 60


def test_backoff_takes_no_time_and_attempts_are_counted(bench: Bench) -> None:
    fails_twice = {"inTurn": [{"error": PASSING}, {"error": PASSING}, "real"]}

    result = bench.run(
        {
            "stubs": {"insert": fails_twice},
            "expect": {
                "steps": {"insert": {"attempts": 3, "status": "succeeded"}},
                "rows": [{**ROWS, "count": 1, "includes": [{"time": 1767225600 + 60 + 60}]}],
                "requests": [{"path": "/shop/people", "count": 1}],
            },
        }
    )

    assert result.mismatches == ()


def test_a_case_never_sees_what_another_left(bench: Bench, runner: Runner) -> None:
    posts = [{"path": "/shop/people", "count": 1}]
    writes = {"expect": {"rows": [{**ROWS, "count": 1}], "requests": posts}}
    looks = {"stubs": STUBS, "expect": {"rows": [{**ROWS, "count": 0}], "requests": [{"count": 0}]}}
    test = bench.load(*[writes, looks] * 4)

    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda case: runner.run(test, case), test.cases))

    assert [result.mismatches for result in results] == [()] * 8


def test_a_case_finds_no_faults_and_no_pace_of_the_one_before(bench: Bench) -> None:
    fault = {"kind": "status", "status": 400, "match": {"path": "^/shop/"}}
    test = bench.load(
        {"sandbox": {"faults": [fault], "pace": "polls:3"}, "expect": {"failed": ["insert"]}},
        {"expect": {"failed": []}},
    )

    results = [bench.runner.run(test, case) for case in test.cases]

    assert [result.mismatches for result in results] == [(), ()]


def test_two_runs_of_a_case_are_the_same(bench: Bench, connector: Any) -> None:
    test = bench.load({"expect": {"status": "failed"}})
    with Runner(connector) as other:
        runs = [one.run(test, test.cases[0]).run for one in (bench.runner, bench.runner, other)]

    assert runs[0] == runs[1] == runs[2] is not None


def test_parallel_branches_take_turns_the_same_way_each_time(bench: Bench) -> None:
    branches = [f"b{number}" for number in range(8)]
    flow = {
        "formatVersion": 1,
        "name": "Fan",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            *({"id": name, "kind": "wait", "inputs": {"seconds": 1}} for name in branches),
        ],
        "edges": [{"from": "start", "to": name} for name in branches],
    }
    bench.write_flow("fan", flow)

    result = bench.run({"expect": {"order": [branches]}}, flow="fan")

    assert result.mismatches == ()


def test_real_time_passes_by_itself(bench: Bench) -> None:
    brief = {**WELCOME, "nodes": [{**n, "inputs": {"seconds": 0.02}} if n["id"] == "pause" else n
                                  for n in WELCOME["nodes"]]}  # fmt: skip
    bench.write_flow("brief", brief)

    result = bench.run(
        {"time": "real", "expect": {"that": "{{ run.startedAt > 1790000000 }}"}}, flow="brief"
    )

    assert result.mismatches == ()
    assert result.run is not None
    assert result.run["seconds"] >= 0.02


def test_a_step_that_takes_too_long_on_the_clock_times_out(bench: Bench) -> None:
    slow = {**WELCOME, "nodes": [{**n, "timeoutSeconds": 10} if n["id"] == "insert" else n
                                 for n in WELCOME["nodes"]]}  # fmt: skip
    bench.write_flow("slow", slow)

    result = bench.run(
        {
            "stubs": {"insert": {"seconds": 11, "outputs": {}}},
            "expect": {"steps": {"insert": {"error": {"code": "step-timed-out"}, "attempts": 3}}},
        },
        flow="slow",
    )

    assert result.mismatches == ()


class TestStubs:
    def test_outputs_stand_in_for_a_call(self, bench: Bench) -> None:
        result = bench.run(
            {
                "stubs": {"insert": {"outputs": {"uuid": "11111111-2222-4333-8444-555555555555"}}},
                "expect": {
                    "requests": [{"count": 0}],
                    "steps": {"insert": {"inputs": {"includes": {"table": "people"}}}},
                    "that": [
                        "{{ response.body.uuid == '11111111-2222-4333-8444-555555555555' }}",
                        "{{ nodes.insert.outputs.statusCode == 200 }}",
                    ],
                },
            }
        )

        assert result.mismatches == ()

    def test_inputs_of_a_stubbed_call_are_judged_as_for_the_real_one(self, bench: Bench) -> None:
        nodes = [
            {**n, "inputs": {"database": "shop"}} if n["id"] == "insert" else n
            for n in WELCOME["nodes"]
        ]
        bench.write_flow("wrong", {**WELCOME, "nodes": nodes})

        result = bench.run(
            {
                "stubs": {"insert": {"outputs": {}}},
                "expect": {"steps": {"insert": {"error": {"code": "invalid-inputs"}}}},
            },
            flow="wrong",
        )

        assert result.mismatches == ()

    def test_a_condition_goes_where_its_stub_says(self, bench: Bench) -> None:
        result = bench.run(
            {
                "stubs": {"which": {"outputs": {}, "outcome": "true"}},
                "expect": {"ran": ["count"], "variables": {"greeted": {"equals": 1}}},
            }
        )

        assert result.mismatches == ()

    def test_an_error_is_one_of_the_tree_and_flows_read_it(self, bench: Bench) -> None:
        result = bench.run(
            {
                "stubs": {"insert": {"error": {"code": "rate-limited", "retryAfter": 7}}},
                "expect": {
                    "response": {"statusCode": 502, "body": {"equals": "rate-limited"}},
                    "steps": {"insert": {"attempts": 3}},
                    "that": [
                        "{{ nodes.insert.error.status == 429 }}",
                        "{{ nodes.insert.error.retryAfter == 7 }}",
                        "{{ nodes.insert.outputs.statusCode == 429 }}",
                    ],
                },
            }
        )

        assert result.mismatches == ()

    def test_a_path_counts_for_more_than_a_pattern_and_that_for_more_than_an_id(
        self, bench: Bench
    ) -> None:
        flow = {
            "formatVersion": 1,
            "name": "Each",
            "nodes": [
                {"id": "start", "kind": "trigger"},
                {
                    "id": "each",
                    "kind": "for-each",
                    "inputs": {
                        "items": [1, 2, 3],
                        "collect": "{{ nodes.one.outputs.v }}",
                    },
                    "body": {
                        "nodes": [
                            {"id": "one", "kind": "transform", "inputs": {"values": {"v": "real"}}}
                        ],
                        "edges": [],
                    },
                },
            ],
            "edges": [{"from": "start", "to": "each"}],
        }
        bench.write_flow("each", flow)

        result = bench.run(
            {
                "stubs": {
                    "one": {"outputs": {"v": "id"}},
                    "each/*/one": {"outputs": {"v": "pattern"}},
                    "each/1/one": "real",
                },
                "expect": {
                    "steps": {"one": {"count": 3}, "each/*/one": {"count": 3}},
                    "that": "{{ nodes.each.outputs.results == ['pattern', 'real', 'pattern'] }}",
                },
            },
            flow="each",
        )

        assert result.mismatches == ()


def test_defaults_hold_where_a_case_says_nothing(bench: Bench) -> None:
    test = bench.load(
        {"expect": {"failed": ["insert"]}},
        {"stubs": {"insert": "real"}, "expect": {"failed": []}},
        defaults={"stubs": {"insert": {"error": {"code": "not-found"}}}},
    )

    results = [bench.runner.run(test, case) for case in test.cases]

    assert [result.mismatches for result in results] == [(), ()]


def test_variables_begin_with_what_the_case_says(bench: Bench) -> None:
    result = bench.run(
        {
            "input": {"email": "ada@example.com", "member": True},
            "variables": {"greeted": 41},
            "expect": {"variables": {"greeted": {"equals": 42}}},
        }
    )

    assert result.mismatches == ()


@pytest.mark.parametrize("seed", ["document", "file", "folder"])
def test_a_seed_is_a_document_a_file_or_a_folder(bench: Bench, seed: str) -> None:
    document = {"databases": {"shop": {"people": [{"email": "eve@example.com"}]}}}
    (bench.folder / "people").mkdir()
    for place in ("people.json", "people/seed.json"):
        text = str(document).replace("'", '"')
        (bench.folder / place).write_text(text, encoding="utf-8")
    given: Any = {"document": document, "file": "people.json", "folder": "people"}[seed]

    result = bench.run(
        {
            "sandbox": {"seed": given, "now": 1700000000},
            "expect": {
                "rows": [
                    {**ROWS, "count": 2, "includes": [{"time": 1700000000}] * 2},
                    {**ROWS, "where": {"email": "eve@example.com"}, "count": 1},
                ]
            },
        }
    )

    assert result.mismatches == ()


def test_the_connection_is_the_cases_own(bench: Bench) -> None:
    result = bench.run(
        {
            "connection": {"region": "tokyo", "properties": {"apiKey": "3/not-the-key"}},
            "expect": {"steps": {"insert": {"error": {"code": "unauthorized"}}}},
        }
    )
    wrong = bench.run({"connection": {"region": "atlantis"}, "expect": {"failed": []}})

    assert result.mismatches == ()
    assert [one.pointer for one in wrong.mismatches] == ["/cases/0/connection"]
    assert "atlantis" in wrong.mismatches[0].message


def test_no_secret_is_in_a_result(bench: Bench) -> None:
    secret = "1/abcdef0123456789abcdef0123456789"
    nodes = [
        {**n, "inputs": {"body": f"it is {secret}"}} if n["id"] == "answer" else n
        for n in WELCOME["nodes"]
    ]
    bench.write_flow("leak", {**WELCOME, "nodes": nodes})
    result = bench.run(
        {
            "connection": {"properties": {"apiKey": secret}},
            "stubs": {"insert": {"outputs": {}}},
            "expect": {
                "response": {"body": {"equals": "it is hidden", "snapshot": True}},
                "that": "{{ response.body }}",
            },
        },
        flow="leak",
    )

    assert len(result.mismatches) == 3
    assert secret not in repr(result)
    assert "it is ******" in repr(result.mismatches)


def test_what_is_sensitive_is_not_shown_where_it_differs(bench: Bench) -> None:
    bench.write_flow("shy", {**WELCOME, "settings": {"timeoutSeconds": 9e4, "sensitive": ["uuid"]}})

    result = bench.run({"expect": {"response": {"body": {"equals": {"uuid": "mine"}}}}}, flow="shy")

    shown = repr(result.mismatches[0].differences[0])
    assert "mine" not in shown
    assert "c460168d" not in repr(result)
    assert "it differs, and is not shown" in shown


def test_a_wrong_flow_fails_its_test(bench: Bench) -> None:
    case = {
        "input": {"email": "ada@example.com", "member": True},
        "expect": {"ran": ["count"], "skipped": ["pause"]},
    }
    swapped = [
        {**edge, "outcome": {"true": "false", "false": "true"}[edge["outcome"]]}
        if edge["from"] == "which"
        else edge
        for edge in WELCOME["edges"]
    ]
    bench.write_flow("swapped", {**WELCOME, "edges": swapped})

    right, wrong = bench.run(case), bench.run(case, flow="swapped")

    assert right.mismatches == ()
    assert [one.message for one in wrong.mismatches] == [
        "'count' did not run",
        "'pause' ran; it should have been skipped",
    ]


def test_a_flow_that_asks_nothing_of_the_outside_needs_no_sandbox(
    bench: Bench, connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = {
        "formatVersion": 1,
        "name": "Pure",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {"id": "answer", "kind": "respond", "inputs": {"body": 1}},
        ],
        "edges": [{"from": "start", "to": "answer"}],
    }
    bench.write_flow("pure", flow)
    monkeypatch.setattr("argosy.sandbox.start", None)

    with Runner(connector) as runner:
        test = load_flow_test(bench.write({"expect": {"ran": ["answer"]}}, flow="pure"), connector)
        assert runner.run(test, test.cases[0]).verdict == "passed"


def test_a_runner_that_is_cancelled_runs_no_more(bench: Bench, connector: Any) -> None:
    test = bench.load({"expect": {"status": "cancelled"}})
    cancellation = Cancellation()
    cancellation.cancel()

    with Runner(connector, cancellation) as runner, pytest.raises(RunCancelledError):
        runner.run(test, test.cases[0])


def test_a_case_may_be_skipped_with_a_reason(bench: Bench) -> None:
    result = bench.run({"skip": "not yet", "expect": {"status": "failed"}})

    assert (result.verdict, result.reason) == ("skipped", "not yet")


def test_steps_of_a_flow_that_is_called_are_stubbed_and_expected_by_path(bench: Bench) -> None:
    flow = {
        "formatVersion": 1,
        "name": "Caller",
        "settings": {"timeoutSeconds": 7200},
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {
                "id": "call",
                "kind": "subflow",
                "inputs": {"flow": "welcome", "input": {"email": "eve@example.com"}},
            },
        ],
        "edges": [{"from": "start", "to": "call"}],
    }
    bench.write_flow("caller", flow)

    result = bench.run(
        {
            "stubs": {
                "call/insert": {"outputs": {"uuid": "11111111-2222-4333-8444-555555555555"}},
                "call/answer": {"outputs": {}},
            },
            "expect": {
                "ran": ["call/insert", "answer"],
                "order": [["call/insert", "call/answer"]],
                "response": None,
            },
        },
        flow="caller",
    )

    assert result.mismatches == ()
    called = str(bench.folder / "welcome.flow.json")
    assert (called, "edges", "start → insert") in result.covered


def test_a_case_whose_calls_are_all_stubbed_needs_no_sandbox(
    bench: Bench, connector: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argosy.sandbox.start", None)
    stubs = {"insert": {"inTurn": [{"error": PASSING}, {"outputs": {}}]}}

    with Runner(connector) as runner:
        test = bench.load({"stubs": stubs, "expect": {"steps": {"insert": {"attempts": 2}}}})
        result = runner.run(test, test.cases[0])

    # the stub gives no uuid, so the response cannot be made
    assert [one.pointer for one in result.mismatches] == ["/cases/0/expect"]


def test_flows_of_another_connector_are_tested_too(tmp_path: Path) -> None:
    notes = load(Path(__file__).parents[1] / "connectors" / "notes")
    flow = {
        "formatVersion": 1,
        "name": "Note",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {"id": "note", "capability": "create-note", "inputs": {"text": "hello"}},
        ],
        "edges": [{"from": "start", "to": "note"}],
    }
    with Runner(notes) as runner:
        bench = Bench(tmp_path, runner)
        bench.write_flow("note", flow)
        test = bench.load(
            {"stubs": {"note": {"outputs": {}}}, "expect": {"ran": ["note"]}},
            {"expect": {"steps": {"note": {"error": {"code": "missing-property"}}}},
             "stubs": {"note": {"seconds": 1}}},
            flow="note",
        )  # fmt: skip
        results = [runner.run(test, case) for case in test.cases]

    assert [result.mismatches for result in results[:1]] == [()]
    assert [one.pointer for one in results[1].mismatches] == ["/cases/1/expect"]
