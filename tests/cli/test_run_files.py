"""The files that `argosy run` reads and writes."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.connector import file_validator
from argosy.sandbox import RunningSandbox
from tests.cli.conftest import Ran
from tests.cli.flows import FLOW, INPUT, INSERT, timeless, write_json

Run = Callable[..., Ran]


def test_a_run_is_saved_for_its_owner_and_repeated_from_a_node(
    run: Run, flow: Path, at: tuple[str, str], tmp_path: Path
) -> None:
    saved = tmp_path / "run.json"
    run("run", str(flow), "--input", INPUT, "--save", str(saved), *at)

    ran = run("run", str(flow), "--replay", str(saved), "--from", "big", *at)

    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert json.loads(saved.read_text())["status"] == "succeeded"
    assert ran.status == 0
    assert timeless(ran.out).splitlines()[:3] == [
        "✓ start  trigger, from the earlier run TIME",
        "✓ each  for-each, from the earlier run, 2 items TIME",
        "✓ big  condition, → false TIME",
    ]


def test_what_is_no_record_of_a_run_cannot_be_repeated(
    run: Run, flow: Path, tmp_path: Path
) -> None:
    other = write_json(tmp_path / "other.json", {"id": "1", "steps": [1]})

    ran = run("run", str(flow), "--replay", str(other))

    assert ran.status == 2
    assert "is not the record of a run; `argosy run --save` writes one." in ran.err


def test_one_node_runs_alone_with_pinned_outputs(
    run: Run, flow: Path, at: tuple[str, str], tmp_path: Path
) -> None:
    pins = write_json(tmp_path / "pins.json", {"each": {"count": 7}})
    saved = tmp_path / "run.json"
    run("run", str(flow), "--input", INPUT, "--save", str(saved), *at)

    pinned = run("run", str(flow), "--input", INPUT, "--only", "no", "--pins", str(pins))
    by_run = run("run", str(flow), "--input", INPUT, "--only", "no", "--pins", str(saved))
    unknown = run("run", str(flow), "--input", INPUT, "--only", "nobody")

    assert '"rows": 7' in pinned.out
    assert '"rows": 2' in by_run.out
    assert (unknown.status, "no node 'nobody'" in unknown.err) == (2, True)


@pytest.mark.parametrize("held", [[], {"each": 7}, "text"])
def test_pins_that_are_none_are_told(run: Run, flow: Path, tmp_path: Path, held: Any) -> None:
    pins = write_json(tmp_path / "pins.json", held)

    ran = run("run", str(flow), "--input", INPUT, "--only", "no", "--pins", str(pins))

    assert ran.status == 2
    assert "is not an object of outputs by the ids of nodes" in ran.err


def test_a_run_is_recorded_as_a_flow_test(
    run: Run, flow: Path, at: tuple[str, str], tmp_path: Path
) -> None:
    tests = tmp_path / "t.test.json"

    first = run("run", str(flow), "--input", INPUT, "--record", str(tests), *at)
    run("run", str(flow), "--input", INPUT, "--record", str(tests), *at)

    document = json.loads(tests.read_text())
    case = document["cases"][0]
    assert first.err == f"Recorded as 'A run that succeeded' in {tests}.\n"
    assert not list(file_validator("flow-test").problems(document))
    assert [one["name"] for one in document["cases"]] == [
        "A run that succeeded",
        "A run that succeeded (2)",
    ]
    assert case["input"] == {"email": "ada@example.com", "times": 2}
    assert set(case["stubs"]) == {"each/0/insert", "each/1/insert"}
    assert set(case["stubs"]["each/0/insert"]["outputs"]) == {"uuid", "statusCode"}
    assert case["expect"] == {
        "status": "succeeded",
        "response": {
            "node": "no",
            "status": "success",
            "statusCode": 200,
            "body": {"equals": {"rows": 2}},
        },
        "ran": ["start", "each", "each/*/insert", "big", "no"],
        "skipped": ["yes"],
    }
    assert run("fmt", "--check", str(tests)).status == 0
    assert run("test", str(tests)).status == 0


def test_what_is_no_flow_test_is_refused_before_the_run(
    run: Run, flow: Path, tmp_path: Path
) -> None:
    tests = write_json(tmp_path / "t.test.json", {"formatVersion": 1, "cases": []})

    ran = run("run", str(flow), "--input", INPUT, "--record", str(tests))

    assert (ran.status, ran.out) == (2, "")
    assert "t.test.json#/cases" in ran.err
    assert json.loads(tests.read_text()) == {"formatVersion": 1, "cases": []}


def test_a_recorded_failure_holds_each_attempts_error(
    run: Run, flow: Path, tmp_path: Path, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/not-a-key")
    node = {"id": "insert", "capability": "insert-record", "inputs": INSERT}
    retry = {"maxAttempts": 2, "backoffSeconds": 0, "on": "any"}
    document = {**FLOW, "nodes": [{"id": "start", "kind": "trigger"}, {**node, "retry": retry}]}
    document["edges"] = [{"from": "start", "to": "insert"}]
    tests = tmp_path / "other.test.json"

    run(
        *("run", str(write_json(flow, document)), "--input", INPUT),
        *("--record", str(tests), "--endpoint", sandbox.url),
    )

    recorded = json.loads(tests.read_text())
    (case,) = recorded["cases"]
    first, second = case["stubs"]["insert"]["inTurn"]
    assert recorded["flow"] == "t"
    assert first == second
    assert first["error"]["code"] == "unauthorized"
    assert first["error"]["status"] == 401
    assert case["expect"]["status"] == "failed"
    assert case["expect"]["error"] == {"code": "step-failed"}
    assert case["expect"]["failed"] == ["insert"]
    assert run("test", str(tests)).status == 0
    assert "1/not-a-key" not in tests.read_text()


def test_a_recorded_run_hides_what_is_sensitive_and_promises_no_words_that_vary(
    run: Run, at: tuple[str, str], tmp_path: Path
) -> None:
    watched, signed_up = tmp_path / "workflow-watch.test.json", tmp_path / "sign-up.test.json"
    period = '{"from": "2025-12-30T00:00:00Z"}'
    person = '{"email": "ada@example.com", "clientId": "c-0001"}'

    run("run", "workflow-watch", "--input", period, "--record", str(watched), *at)
    ran = run("run", "sign-up", "--input", person, "--record", str(signed_up), *at)

    (case,) = json.loads(watched.read_text())["cases"]
    assert case["stubs"]["post"] == {"error": {"code": "host-refused"}}
    assert case["expect"]["response"] == {"node": "kept", "status": "error", "statusCode": 502}
    assert "ada@example.com" not in signed_up.read_text()
    assert ran.err.endswith("Secrets in it are masked as ******; write other values there.\n")


def test_a_file_that_cannot_be_written_or_is_no_json_is_told(
    run: Run, flow: Path, at: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text('{"email": ')

    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    unread = run("run", str(flow), "--input", str(cut))
    monkeypatch.setattr(Path, "replace", full)
    unwritten = run("run", str(flow), "--input", INPUT, "--save", str(tmp_path / "r.json"), *at)

    assert (unread.status, unwritten.status) == (2, 1)
    assert "cut.json cannot be read: line 1, column" in unread.err
    assert "r.json cannot be written: No space left on device." in unwritten.err
