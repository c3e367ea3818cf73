"""Runs as cases of flow tests."""

from __future__ import annotations

from typing import Any

from argosy.errors import StepFailedError
from argosy.flow import Attempt, Run, Step
from argosy.flow.recording import recorded_case, with_case
from argosy.flow.run import Response
from argosy.model import Flow, Graph

FLOW = Flow("t", "T", Graph((), ()), document={"nodes": []})
BUSY = {"code": "unavailable", "message": "x answered 503: Busy.", "status": 503}
BUSY |= {"vendorMessage": "Busy.", "retryAfter": 2}


def _run(*steps: Step, **more: Any) -> Run:
    return Run(**{"id": "r-1", "flow": "t", "input": {}, "started_at": 7.9, **more}, steps=[*steps])


def _step(path: str, **more: Any) -> Step:
    made = {"what": "do-it", "status": "succeeded", "outcome": "success", "tries": 1, **more}
    return Step(path, path.rpartition("/")[2], **made)


def _case(run: Run, flow: Flow = FLOW) -> Any:
    return recorded_case(run, flow, {"do-it"})


def test_turns_that_answered_the_same_share_a_stub() -> None:
    steps = [_step(f"each/{turn}/a", outputs={"n": 1}) for turn in range(3)]

    case = _case(_run(*steps, status="succeeded"))

    assert case["stubs"] == {"each/*/a": {"outputs": {"n": 1}}}
    assert case["expect"]["ran"] == ["each/*/a"]
    assert case["sandbox"] == {"seed": {}, "now": 7}


def test_turns_that_answered_otherwise_have_stubs_of_their_own() -> None:
    steps = [_step(f"each/{turn}/a", outputs={"n": turn}) for turn in range(2)]

    case = _case(_run(*steps, status="succeeded"))

    assert set(case["stubs"]) == {"each/0/a", "each/1/a"}


def test_attempts_come_in_turn_with_what_the_api_said() -> None:
    step = _step("a", outputs={"n": 1}, attempts=[Attempt(1, 0.1, BUSY)], tries=2)

    case = _case(_run(step, status="succeeded"))

    said = {"code": "unavailable", "message": "Busy.", "status": 503, "retryAfter": 2}
    assert case["stubs"] == {"a": {"inTurn": [{"error": said}, {"outputs": {"n": 1}}]}}


def test_raw_answers_are_kept_only_where_the_flow_reads_them() -> None:
    step = _step("a", outputs={"rawResponse": [1], "headers": {"x": "y"}, "n": b"abc"})
    reads = Flow("t", "T", Graph((), ()), document={"x": "{{ nodes.a.outputs.headers.x }}"})

    kept = _case(_run(step, status="succeeded"), reads)["stubs"]["a"]["outputs"]
    dropped = _case(_run(step, status="succeeded"))["stubs"]["a"]["outputs"]

    assert kept == {"headers": {"x": "y"}, "n": {"bytes": 3}}
    assert dropped == {"n": {"bytes": 3}}


def test_what_no_stub_is_for_has_none() -> None:
    case = _case(_run(_step("a", what="transform"), status="succeeded"))

    assert "stubs" not in case
    assert case["expect"] == {"status": "succeeded", "response": None, "ran": ["a"]}


def test_a_failure_names_the_error_and_the_nodes() -> None:
    step = _step("a", status="failed", outcome="error", error=BUSY)
    run = _run(step, status="failed", error=StepFailedError(node="a", detail="x"))
    run.skipped = ["b"]

    case = _case(run)

    assert case["name"] == "A run that failed"
    assert case["expect"] == {
        "status": "failed",
        "error": {"code": "step-failed"},
        "response": None,
        "ran": ["a"],
        "skipped": ["b"],
        "failed": ["a"],
    }


def test_a_body_is_expected_unless_another_run_says_other_words() -> None:
    failed = _step("a", status="failed", outcome="error", error=BUSY)

    def body(value: Any, *steps: Step, **more: Any) -> Any:
        run = _run(*steps, status="succeeded", response=Response("n", False, 200, value), **more)
        return _case(run)["expect"]["response"].get("body")

    assert body({"n": 1}, failed) == {"equals": {"n": 1}}
    assert body({"n": "run r-1"}) is None
    assert body({"n": f"it says {BUSY['message']}"}, failed) is None
    assert body({"email": "a@example.com"}, sensitive=frozenset({"email"})) is None


def test_a_case_is_added_after_those_that_are_there() -> None:
    first = recorded_case(_run(status="succeeded"), FLOW, {})
    second = recorded_case(_run(status="succeeded"), FLOW, {}, [first["name"]])

    document = with_case(with_case(None, first), second)

    assert document["formatVersion"] == 1
    assert [case["name"] for case in document["cases"]] == [
        "A run that succeeded",
        "A run that succeeded (2)",
    ]
