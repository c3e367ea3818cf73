"""Finding and reading flow tests: everything wrong is told at once, with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy.errors import InvalidFlowTestError
from argosy.testing import find_flow_tests, load_flow_test
from tests.testing.conftest import Bench


def _problems(bench: Bench, *cases: Any, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidFlowTestError) as raised:
        bench.load(*cases, **more)
    assert all(one.file.endswith(".json") for one in raised.value.problems)
    return [(one.pointer, one.message) for one in raised.value.problems]


WRONG: list[tuple[str, Any, str, str]] = [
    (
        "a member that is not there",
        {"expects": 1},
        "/cases/0/expects",
        "'expects' is not a member here",
    ),
    ("a stub of no node", {"stubs": {"inser": "real"}}, "/cases/0/stubs/inser", "no node 'inser'"),
    (
        "a path that begins with no node",
        {"stubs": {"nowhere/insert": "real"}},
        "/cases/0/stubs/nowhere~1insert",
        "no node 'nowhere'",
    ),
    (
        "an error that is none",
        {"stubs": {"insert": {"error": {"code": "boom"}}}},
        "/cases/0/stubs/insert/error/code",
        "'boom' is no error that a step fails with",
    ),
    (
        "a status of another error",
        {"stubs": {"insert": {"inTurn": [{"error": {"code": "not-found", "status": 500}}]}}},
        "/cases/0/stubs/insert/inTurn/0/error/status",
        "500 is the status of 'unavailable', not of 'not-found'",
    ),
    (
        "a status where no API answers",
        {"stubs": {"insert": {"error": {"code": "unreachable", "status": 500}}}},
        "/cases/0/stubs/insert/error/status",
        "'unreachable' is no error that an API answers",
    ),
    (
        "words of an error that has none",
        {"stubs": {"insert": {"error": {"code": "not-finished", "message": "x"}}}},
        "/cases/0/stubs/insert/error/message",
        "'not-finished' has no words of its own",
    ),
    (
        "an output that the capability does not have",
        {"stubs": {"insert": {"outputs": {"uid": "x"}}}},
        "/cases/0/stubs/insert/outputs/uid",
        "'insert-record' has no output 'uid'; there is uuid",
    ),
    (
        "an output that the capability cannot have",
        {"stubs": {"insert": {"outputs": {"uuid": 7}}}},
        "/cases/0/stubs/insert/outputs/uuid",
        "'insert-record' cannot have it: 7 is not a string",
    ),
    (
        "an outcome that the node does not have",
        {"stubs": {"which": {"outputs": {}, "outcome": "maybe"}}},
        "/cases/0/stubs/which/outcome",
        "no outcome 'maybe'; there is true, false",
    ),
    (
        "a variable that the flow does not declare",
        {"variables": {"count": 1}},
        "/cases/0/variables/count",
        "the flow declares no variable 'count'",
    ),
    (
        "a seed outside",
        {"sandbox": {"seed": "../secret"}},
        "/cases/0/sandbox/seed",
        "'../secret' is not below the test's folder",
    ),
    (
        "a seed that is not there",
        {"sandbox": {"seed": "nothing.json"}},
        "/cases/0/sandbox/seed",
        "'nothing.json' cannot be read",
    ),
    (
        "a fault that is none",
        {"sandbox": {"faults": [{"kind": "flood"}]}},
        "/cases/0/sandbox/faults/0",
        "flood",
    ),
    (
        "a clock in real time",
        {"time": "real", "sandbox": {"now": 1}},
        "/cases/0/sandbox/now",
        "leave `now` out",
    ),
    ("an expected node", {"expect": {"ran": ["x"]}}, "/cases/0/expect/ran/0", "no node 'x'"),
    (
        "an order of no node",
        {"expect": {"order": [["start", "x"]]}},
        "/cases/0/expect/order/0/1",
        "no node 'x'",
    ),
    (
        "an expected error",
        {"expect": {"error": {"cause": "boom"}}},
        "/cases/0/expect/error/cause",
        "'boom' is no error of a run or a step",
    ),
    (
        "an expression that cannot be read",
        {"expect": {"that": ["{{ 1 + }}"]}},
        "/cases/0/expect/that/0",
        "cannot be read",
    ),
    (
        "a text that is no expression",
        {"expect": {"response": {"body": {"that": "value == 1"}}}},
        "/cases/0/expect/response/body/that",
        "is not one expression",
    ),
    (
        "a schema that is none",
        {"expect": {"steps": {"insert": {"outputs": {"schema": {"type": "txt"}}}}}},
        "/cases/0/expect/steps/insert/outputs/schema",
        "it is no JSON Schema",
    ),
    (
        "a pattern that is none",
        {"expect": {"response": {"body": {"snapshot": {"patterns": ["("]}}}}},
        "/cases/0/expect/response/body/snapshot/patterns/0",
        "'(' is none of uuid, epoch, time and no regular expression",
    ),
]


@pytest.mark.parametrize(
    ("case", "pointer", "words"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG]
)
def test_a_problem_is_told_with_its_place(
    bench: Bench, case: Any, pointer: str, words: str
) -> None:
    found = _problems(bench, {"expect": {"status": "succeeded"}, **case})

    assert [place for place, _ in found] == [pointer]
    assert words in found[0][1]


def test_every_problem_is_told_at_once(bench: Bench) -> None:
    found = _problems(
        bench,
        {"name": "one", "stubs": {"a": "real"}, "expect": {"ran": ["b"]}},
        {"name": "one", "expect": {"skipped": ["c"]}},
    )

    assert [place for place, _ in found] == [
        "/cases/0/stubs/a",
        "/cases/0/expect/ran/0",
        "/cases/1/name",
        "/cases/1/expect/skipped/0",
    ]


def test_a_problem_of_the_defaults_is_told_once_and_there(bench: Bench) -> None:
    expect = {"expect": {"status": "succeeded"}}

    found = _problems(bench, expect, expect, defaults={"stubs": {"nobody": "real"}})

    assert [place for place, _ in found] == ["/defaults/stubs/nobody"]


def test_a_test_without_its_flow_is_refused(bench: Bench) -> None:
    found = _problems(bench, {"expect": {"failed": []}}, flow="absent")

    assert found == [("/flow", "There is no flow 'absent'; there is welcome.")]


def test_problems_of_the_flow_are_told_as_the_flows(bench: Bench) -> None:
    node = {"id": "x", "capability": "no-such-thing"}
    bench.write_flow("odd", {"formatVersion": 1, "name": "Odd", "nodes": [node], "edges": []})

    with pytest.raises(InvalidFlowTestError) as raised:
        bench.load({"expect": {"failed": []}}, flow="odd")

    assert [Path(one.file).name for one in raised.value.problems] == ["odd.flow.json"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1, "a": 2}', "\ud800", "[" * 100_000])
def test_a_file_that_is_no_json_object_is_refused(bench: Bench, text: str) -> None:
    path = bench.folder / "welcome.test.json"
    path.write_bytes(text.encode(errors="surrogatepass"))

    with pytest.raises(InvalidFlowTestError) as raised:
        load_flow_test(path, bench.runner.connector)

    assert [one.code for one in raised.value.problems] == ["unreadable-file"]


def test_tests_are_found_below_a_folder_and_foreign_files_are_left_alone(bench: Bench) -> None:
    own = bench.write({"expect": {"failed": []}})
    (bench.folder / "deep").mkdir()
    foreign = bench.folder / "deep" / "other.test.json"
    foreign.write_text('{"cases": []}', encoding="utf-8")
    marked = bench.folder / "deep" / "lone.test.json"
    marked.write_text('{"$schema": "x/flow-test.schema.json"}', encoding="utf-8")

    assert find_flow_tests(bench.folder) == [marked, own]
    assert find_flow_tests(foreign) == [foreign]
    assert find_flow_tests(bench.folder / "welcome.flow.json") == [own]
