"""Each kind of expectation: what holds passes, and what does not is told where and how."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.testing import trace_lines
from tests.testing.conftest import Bench, loop

EVERYTHING: dict[str, Any] = {
    "status": "succeeded",
    "response": {
        "node": "answer",
        "status": "success",
        "statusCode": 201,
        "body": {
            "includes": {"at": 1767229200},
            "schema": {"type": "object", "required": ["uuid"]},
            "that": ["{{ value.uuid == nodes.insert.outputs.uuid }}"],
        },
    },
    "steps": {
        "insert": {
            "status": "succeeded",
            "outcome": "success",
            "attempts": 1,
            "count": 1,
            "inputs": {"includes": {"record": {"email": "ada@example.com"}}},
            "outputs": {"includes": {"statusCode": 200}},
        },
        "which": {"outcome": "false"},
        "count": {"status": "skipped", "count": 0},
    },
    "ran": ["insert", "answer"],
    "skipped": ["sorry", "count"],
    "failed": [],
    "order": [["insert", "which", "pause", "answer"]],
    "variables": {"greeted": {"equals": 0}},
    "requests": [
        {
            "method": "POST",
            "path": "/shop/*",
            "status": 200,
            "count": 1,
            "body": {"email": "ada@example.com"},
        }
    ],
    "rows": [
        {
            "database": "shop",
            "table": "people",
            "count": 1,
            "includes": [{"email": "ada@example.com", "time": 1767225600}],
        },
        {"database": "shop", "table": "nobody", "count": 0},
    ],
    "that": "{{ response.body.at == run.startedAt + 3600 }}",
}


def test_what_holds_passes(bench: Bench) -> None:
    result = bench.run({"expect": EVERYTHING})

    assert trace_lines(result)[:1] == ["  Steps:"]
    assert (result.verdict, result.mismatches) == ("passed", ())


BROKEN: list[tuple[str, Any, str]] = [
    (
        "status",
        {"status": "failed"},
        "  the run has succeeded, not failed\n    at FILE#/cases/0/expect/status",
    ),
    (
        "error",
        {"error": {"code": "step-failed"}, "status": "succeeded"},
        "  the run has no error\n    at FILE#/cases/0/expect/error",
    ),
    (
        "no response",
        {"response": None},
        "  'answer' has responded, and nothing should\n    at FILE#/cases/0/expect/response\n"
        "    expected: nothing\n"
        '    found:    {"node": "answer", "status": "success", "statusCode": 201, '
        '"body": {"uuid":\n              "c460168d-e02a-52d3-ad0c-ce1ab2203572", '
        '"at": 1767229200}}',
    ),
    (
        "response status",
        {"response": {"statusCode": 200}},
        "  the response has another status code\n"
        "    at FILE#/cases/0/expect/response/statusCode\n    expected: 200\n    found:    201",
    ),
    (
        "equality, only where it differs",
        {"response": {"body": {"equals": {"at": 1767229200, "name": "Ada"}}}},
        "  the response's body is not what was expected\n"
        "    at FILE#/cases/0/expect/response/body/equals\n"
        '    /name\n      expected: "Ada"\n      found:    nothing\n'
        "    /uuid\n      expected: nothing\n"
        '      found:    "c460168d-e02a-52d3-ad0c-ce1ab2203572"',
    ),
    (
        "subset",
        {"steps": {"insert": {"outputs": {"includes": {"rawResponse": {"success": False}}}}}},
        "  what step 'insert' has as outputs lacks something\n"
        "    at FILE#/cases/0/expect/steps/insert/outputs/includes\n"
        "    /rawResponse/success\n      expected: false\n      found:    true",
    ),
    (
        "JSON Schema",
        {"response": {"body": {"schema": {"properties": {"at": {"type": "string"}}}}}},
        "  the response's body does not fit the schema: /at: 1767229200 is not a string\n"
        "    at FILE#/cases/0/expect/response/body/schema",
    ),
    (
        "an expression that gives something else",
        {"that": "{{ response.statusCode }}"},
        "  {{ response.statusCode }} does not hold\n    at FILE#/cases/0/expect/that\n"
        "    expected: true\n    found:    201",
    ),
    (
        "an expression that reads what is not there",
        {"that": ["{{ nodes.sorry.status == 'x' }}"]},
        "  {{ nodes.sorry.status == 'x' }} has no value: there is no nodes.sorry.\n"
        "    at FILE#/cases/0/expect/that/0",
    ),
    (
        "attempts",
        {"steps": {"insert": {"attempts": 2}}},
        "  step 'insert' has another number of attempts\n"
        "    at FILE#/cases/0/expect/steps/insert/attempts\n    expected: 2\n    found:    1",
    ),
    (
        "a step's status",
        {"steps": {"insert": {"status": "failed"}}},
        "  step 'insert' has another status\n"
        "    at FILE#/cases/0/expect/steps/insert/status\n"
        '    expected: "failed"\n    found:    "succeeded"',
    ),
    (
        "a step's error",
        {"steps": {"insert": {"error": {"code": "not-found"}}}},
        "  step 'insert' has no error\n    at FILE#/cases/0/expect/steps/insert/error",
    ),
    (
        "outcome",
        {"steps": {"which": {"outcome": "true"}}},
        "  step 'which' has another outcome\n"
        "    at FILE#/cases/0/expect/steps/which/outcome\n"
        '    expected: "true"\n    found:    "false"',
    ),
    (
        "count of steps",
        {"steps": {"insert": {"count": 2}}},
        "  'insert' has run another number of times\n"
        "    at FILE#/cases/0/expect/steps/insert/count\n    expected: 2\n    found:    1",
    ),
    (
        "a step that did not run",
        {"steps": {"sorry": {"status": "succeeded"}}},
        "  'sorry' did not run\n    at FILE#/cases/0/expect/steps/sorry",
    ),
    ("ran", {"ran": ["sorry"]}, "  'sorry' did not run\n    at FILE#/cases/0/expect/ran/0"),
    (
        "skipped",
        {"skipped": ["insert"]},
        "  'insert' ran; it should have been skipped\n    at FILE#/cases/0/expect/skipped/0",
    ),
    (
        "failed",
        {"failed": ["insert"]},
        "  'insert' succeeded; it should have failed\n    at FILE#/cases/0/expect/failed/0",
    ),
    (
        "order",
        {"order": [["insert", "answer", "pause"]]},
        "  'answer' has not ended before 'pause' begins\n    at FILE#/cases/0/expect/order/0",
    ),
    (
        "a variable",
        {"variables": {"greeted": {"equals": 1}}},
        "  the variable 'greeted' is not what was expected\n"
        "    at FILE#/cases/0/expect/variables/greeted/equals\n    expected: 1\n    found:    0",
    ),
    (
        "requests that did not come",
        {"requests": [{"method": "GET"}]},
        "  there is no GET request; those there are: POST /shop/people (200)\n"
        "    at FILE#/cases/0/expect/requests/0",
    ),
    (
        "the number of requests",
        {"requests": [{"path": "/shop/*", "count": 2}]},
        "  there is another number of /shop/* requests\n"
        "    at FILE#/cases/0/expect/requests/0/count\n    expected: 2\n    found:    1",
    ),
    (
        "the body of a request",
        {"requests": [{"path": "/shop/people", "body": {"email": "eve@example.com"}}]},
        "  none of 1 /shop/people requests has this body; the first other:\n"
        "    at FILE#/cases/0/expect/requests/0/body\n"
        '    /email\n      expected: "eve@example.com"\n      found:    "ada@example.com"',
    ),
    (
        "a table that is not there",
        {"rows": [{"database": "shop", "table": "nobody", "count": 1}]},
        "  there is no table shop.nobody\n    at FILE#/cases/0/expect/rows/0",
    ),
    (
        "the number of rows",
        {"rows": [{"database": "shop", "table": "people", "count": 3}]},
        "  shop.people holds another number of rows\n"
        "    at FILE#/cases/0/expect/rows/0/count\n    expected: 3\n    found:    1",
    ),
    (
        "a row",
        {
            "rows": [
                {
                    "database": "shop",
                    "table": "people",
                    "includes": [{"email": "eve@example.com", "time": 1767225600}],
                }
            ]
        },
        "  shop.people holds no such row among 1; the nearest:\n"
        "    at FILE#/cases/0/expect/rows/0/includes/0\n"
        '    /email\n      expected: "eve@example.com"\n      found:    "ada@example.com"',
    ),
    (
        "a snapshot that is not there",
        {"response": {"body": {"snapshot": True}}},
        "  the response's body has no snapshot yet; `argosy test --update-snapshots` keeps "
        "what there is now\n    at FILE#/cases/0/expect/response/body/snapshot",
    ),
]


@pytest.mark.parametrize(
    ("expect", "told"), [one[1:] for one in BROKEN], ids=[b[0] for b in BROKEN]
)
def test_what_is_broken_is_told_with_its_place_and_the_difference(
    bench: Bench, expect: Any, told: str
) -> None:
    assert bench.told(expect) == told


REFUSED = {"insert": {"error": {"code": "not-found", "message": "no such table"}}}


def test_requests_are_told_apart_by_what_their_query_has(bench: Bench) -> None:
    flow = {
        "formatVersion": 1,
        "name": "Look",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {"id": "look", "capability": "list-jobs", "inputs": {"status": "running"}},
        ],
        "edges": [{"from": "start", "to": "look"}],
    }
    bench.write_flow("look", flow)

    result = bench.run(
        {
            "expect": {
                "requests": [
                    {"query": {"status": "running"}, "count": 1},
                    {"query": {"status": "killed"}, "count": 0},
                ]
            }
        },
        flow="look",
    )

    assert result.mismatches == ()


def test_an_error_of_the_run_is_compared(bench: Bench) -> None:
    flow_fails = {"insert": "real", "which": {"error": {"code": "expression", "message": "odd"}}}

    good = bench.run(
        {
            "stubs": flow_fails,
            "expect": {"error": {"code": "step-failed", "contains": "odd", "cause": "expression"}},
        }
    )
    told = bench.told(
        {"error": {"code": "run-timed-out", "contains": "even", "cause": "not-found"}},
        stubs=flow_fails,
    )

    assert good.mismatches == ()
    assert told == (
        "  the run's error is another one: The node 'which' failed: odd cannot be computed: odd.\n"
        "    at FILE#/cases/0/expect/error/code\n"
        '    expected: "run-timed-out"\n    found:    "step-failed"\n\n'
        "  the run's error has other words\n    at FILE#/cases/0/expect/error/contains\n"
        '    expected: "even"\n'
        "    found:    \"The node 'which' failed: odd cannot be computed: odd.\"\n\n"
        "  no step failed with 'not-found'; they did with expression\n"
        "    at FILE#/cases/0/expect/error/cause"
    )


def test_a_failure_that_is_not_listed_is_told(bench: Bench) -> None:
    assert bench.told({"failed": []}, stubs=REFUSED) == (
        "  'insert' failed, which is not expected: the stub answered 404: no such table\n"
        "    at FILE#/cases/0/expect/failed"
    )


def test_the_trace_shows_the_step_that_failed_with_its_inputs_and_its_error(bench: Bench) -> None:
    result = bench.run({"stubs": REFUSED, "expect": {"response": {"status": "success"}}})

    lines = trace_lines(result, 80)

    assert lines[lines.index("  Steps:") :] == [
        "  Steps:",
        "    ok       start   trigger",
        "    FAILED   insert  insert-record",
        '             inputs: {"database": "shop", "table": "people", "record": {"email":',
        '                     "ada@example.com"}}',
        "             error: not-found: the stub answered 404: no such table",
        "    ok       sorry   respond",
        "    skipped: which, count, pause, answer",
        '    response: 502 "not-found"',
    ]


def test_the_trace_shows_the_inputs_of_a_step_that_an_expectation_is_about(bench: Bench) -> None:
    result = bench.run({"expect": {"steps": {"which": {"outcome": "true"}}}})

    assert '             inputs: {"when": false}' in trace_lines(result)


@pytest.mark.parametrize("width", [60, 120])
def test_lines_of_a_trace_keep_to_the_width(bench: Bench, width: int) -> None:
    result = bench.run(
        {"stubs": REFUSED, "expect": {"response": {"body": {"equals": {"words": "word " * 60}}}}}
    )

    lines = trace_lines(result, width)

    assert all(len(line) <= width or line.startswith("    at ") for line in lines)


def test_of_long_texts_the_part_that_differs_is_shown(bench: Bench) -> None:
    flow = {
        "formatVersion": 1,
        "name": "Echo",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {"id": "answer", "kind": "respond", "inputs": {"body": "{{ input.text }}"}},
        ],
        "edges": [{"from": "start", "to": "answer"}],
    }
    bench.write_flow("echo", flow)
    text = "a" * 500 + "HERE" + "b" * 500

    result = bench.run(
        {
            "input": {"text": text},
            "expect": {"response": {"body": {"equals": text.replace("HERE", "THERE")}}},
        },
        flow="echo",
    )

    found = "\n".join(trace_lines(result, 120))
    assert f"expected: …{'a' * 30}THERE{'b' * 55}…" in found
    assert f"found:    …{'a' * 30}HERE{'b' * 56}…" in found


def test_of_many_steps_the_ends_are_shown_and_those_that_failed(bench: Bench) -> None:
    bench.write_flow("each", loop(list(range(100)), onItemError="collect"))
    result = bench.run(
        {
            "stubs": {"each/50/one": {"error": {"code": "expression", "message": "odd"}}},
            "expect": {"steps": {"one": {"count": 99}}},
        },
        flow="each",
    )

    lines = trace_lines(result)

    steps = [line.split()[:2] for line in lines if "transform" in line]
    assert len(steps) == 18 + 20 + 1
    assert ["FAILED", "each/50/one"] in steps
    assert [line.strip() for line in lines if "more" in line] == ["… 32 more", "… 29 more"]
