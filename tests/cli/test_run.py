"""`argosy run`."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.cli.run import cancelled_by_interrupt
from argosy.cli.steps import StepList, duration, split_path
from argosy.sandbox import RunningSandbox
from tests.cli.conftest import Ran
from tests.cli.flows import FLOW, INPUT, INSERT, timeless, write_json

Run = Callable[..., Ran]


def test_steps_are_listed_as_they_end_and_the_response_is_shown(
    run: Run, flow: Path, at: tuple[str, str]
) -> None:
    ran = run("run", str(flow), "--input", INPUT, *at)

    assert (ran.status, ran.err) == (0, "")
    assert timeless(ran.out) == (
        "✓ start  trigger TIME\n"
        "each\n"
        "  ✓ 0/insert  insert-record TIME\n"
        "  ✓ 1/insert  insert-record TIME\n"
        "✓ each  for-each, 2 items TIME\n"
        "✓ big  condition, → false TIME\n"
        "✓ no  respond TIME\n"
        "Skipped: yes\n"
        "Succeeded after TIME, 6 steps\n"
        "Response: success, HTTP status 200\n"
        '{\n  "rows": 2\n}\n'
    )


@pytest.mark.parametrize("width", [40, 60, 120])
def test_durations_stand_at_the_right_in_any_width(
    run: Run, flow: Path, at: tuple[str, str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    lines = run("run", str(flow), "--input", INPUT, *at).out.splitlines()

    timed = [line for line in lines if line.lstrip().startswith("✓")]
    assert {len(line) for line in timed} == {min(width, 100)}


def test_a_flow_of_the_connector_is_run_by_its_id(run: Run, at: tuple[str, str]) -> None:
    given = '{"type": "parcel_lost", "clientId": "c-0001"}'

    ran = run("run", "webhook-event", "--input", given, *at)

    assert ran.status == 0
    assert "Response: error, HTTP status 422" in ran.out


def test_an_input_comes_from_a_file_or_standard_input(
    run: Run, flow: Path, at: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "input.json"
    file.write_text('{"email": "ada@example.com", "times": 3}')

    with file.open() as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        piped = run("run", str(flow), "--input", "-", *at)

    assert "Skipped: no" in run("run", str(flow), "--input", str(file), *at).out
    assert "Skipped: no" in piped.out


def test_a_failed_run_shows_its_error_with_the_hint(
    run: Run, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/not-a-key")
    node = {**FLOW["nodes"][1]["body"]["nodes"][0], "id": "insert"}  # type: ignore[index]
    flow = write_json(
        tmp_path / "f.flow.json",
        {
            **FLOW,
            "nodes": [
                {"id": "start", "kind": "trigger"},
                {**node, "retry": {"maxAttempts": 2, "backoffSeconds": 0, "on": "any"}},
            ],
            "edges": [{"from": "start", "to": "insert"}],
        },
    )

    ran = run("run", str(flow), "--input", INPUT, "--endpoint", sandbox.url)

    assert ran.status == 1
    assert "✗ insert  insert-record, 2 attempts" in ran.out
    assert "    attempt 1: 127.0.0.1" in ran.out
    assert "    attempt 2: 127.0.0.1" in ran.out
    assert "Failed after" in ran.out
    assert ran.err.startswith("Error: The node 'insert' failed: 127.0.0.1")
    assert "1/not-a-key" not in ran.out + ran.err


def test_an_input_that_does_not_fit_names_its_places(run: Run, flow: Path) -> None:
    ran = run("run", str(flow), "--input", '{"times": "two"}')

    assert ran.status == 1
    assert "Error: The input of the flow 't' is not valid." in ran.err
    assert "'email' is missing" in ran.err
    assert "/times" in ran.err


def test_events_come_as_json_lines(run: Run, flow: Path, at: tuple[str, str]) -> None:
    ran = run("run", str(flow), "--json", "--input", INPUT, *at)

    events = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.status, ran.err) == (0, "")
    assert events[0]["event"] == "run-started"
    assert events[-1]["event"] == "run-ended"
    assert [event["path"] for event in events if event["event"] == "step-ended"] == [
        "start",
        "each/0/insert",
        "each/1/insert",
        "each",
        "big",
        "no",
    ]
    assert {event["run"] for event in events} == {events[0]["run"]}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nowhere.flow.json",), "There is no file nowhere.flow.json."),
        (("sign-up", "--input", "{"), "--input is not JSON: line 1, column 2"),
        (("sign-up", "--input", "gone.json"), "gone.json cannot be read: No such file"),
        (("sign-up", "--from", "start"), "--from needs --replay FILE"),
        (("sign-up", "--pins", "p.json"), "--pins needs --only NODE"),
        (("sign-up", "--replay", "a", "--input", "{}"), "--replay and --input do not go together"),
        (("sign-up", "--replay", "a", "--only", "b"), "--replay and --only do not go together"),
        (("sign-up", "--only", "a", "--record", "a.test.json"), "--record takes a whole run"),
        (("sign-up", "--record", "a.json"), "the name of a flow test ends .test.json"),
        (("sign-up", "--record", "no/a.test.json"), "--record no/a.test.json: there is no folder"),
        (("sign-up", "--save", "."), "--save . is a folder; name a file."),
        (("sign-up", "--timeout", "0"), "--timeout"),
        (("sign-up", "--endpoint", ""), "--endpoint is empty"),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_runs(
    run: Run, arguments: tuple[str, ...], told: str
) -> None:
    ran = run("run", *arguments)

    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err.replace("\n", " ")


def test_a_flow_that_is_not_there_names_those_that_are(run: Run) -> None:
    ran = run("run", "sign-ups")

    assert ran.status == 2
    assert ran.err.startswith("Error: There is no flow 'sign-ups'; there is sign-up,")


def test_a_flow_that_cannot_run_names_every_problem(run: Run, tmp_path: Path) -> None:
    nodes = [{"id": "a", "kind": "triger"}, {"id": "b", "capability": "insert-recrod"}]
    flow = write_json(
        tmp_path / "t.flow.json", {"formatVersion": 1, "name": "T", "nodes": nodes, "edges": []}
    )

    ran = run("run", str(flow))

    assert ran.status == 2
    assert "t.flow.json#/nodes/0" in ran.err
    assert "t.flow.json#/nodes/1" in ran.err


def test_a_node_that_names_a_connection_uses_the_stored_one(
    run: Run, flow: Path, tmp_path: Path, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = [
        {"id": "start", "kind": "trigger"},
        {"id": "insert", "capability": "insert-record", "inputs": INSERT, "connection": "other"},
    ]
    write_json(flow, {**FLOW, "nodes": nodes, "edges": [{"from": "start", "to": "insert"}]})
    folder = tmp_path / "config" / "argosy" / "connections"
    folder.mkdir(parents=True)
    write_json(folder / "other.json", {"endpoint": sandbox.url})
    monkeypatch.setenv("ARGOSY_API_KEY", sandbox.write_key)

    stored = run("run", str(flow), "--input", INPUT)
    (folder / "other.json").unlink()
    absent = run("run", str(flow), "--input", INPUT)

    assert stored.status == 0
    assert (absent.status, absent.out) == (2, "")
    assert "There is no connection 'other'" in " ".join(absent.err.split())


def test_flows_beside_the_file_can_be_called_and_with_an_endpoint_all_connections_go_there(
    run: Run, flow: Path, at: tuple[str, str], tmp_path: Path
) -> None:
    insert = {"id": "insert", "capability": "insert-record", "inputs": INSERT, "connection": "b"}
    nodes = [{"id": "start", "kind": "trigger"}, insert]
    write_json(flow, {**FLOW, "nodes": nodes, "edges": [{"from": "start", "to": "insert"}]})
    call = {"id": "call", "kind": "subflow", "inputs": {"flow": "t", "input": "{{ input }}"}}
    nodes = [{"id": "start", "kind": "trigger"}, call, {**call, "id": "again"}]
    edges = [{"from": "start", "to": "call"}, {"from": "call", "to": "again"}]
    outer = write_json(tmp_path / "outer.flow.json", {**FLOW, "nodes": nodes, "edges": edges})

    ran = run("run", str(outer), "--input", INPUT, *at)

    assert ran.status == 0
    assert timeless(ran.out).splitlines()[1:5] == [
        "call",
        "  ✓ start  trigger TIME",
        "  ✓ insert  insert-record TIME",
        "✓ call  subflow TIME",
    ]


def test_where_letters_are_few_the_marks_are_plain_and_an_empty_body_is_not_shown(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rich.console.Console.encoding", "ascii")
    nodes = [{"id": "start", "kind": "trigger"}, {"id": "end", "kind": "respond"}]
    flow = _waiting(0) | {"nodes": nodes, "edges": [{"from": "start", "to": "end"}]}

    ran = run("run", str(write_json(tmp_path / "w.flow.json", flow)))

    assert timeless(ran.out).startswith("+ start  trigger TIME\n+ end  respond TIME\n")
    assert ran.out.endswith("\nResponse: success, HTTP status 200\n")


def test_the_time_of_a_run_can_be_set(run: Run, tmp_path: Path) -> None:
    flow = write_json(tmp_path / "w.flow.json", _waiting(60))

    ran = run("run", str(flow), "--timeout", "0.05", "--workers", "0")

    assert ran.status == 1
    assert "The run took longer than 0.05 s." in ran.err


def test_an_interruption_cancels_the_run_and_records_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_steps: StepList, event: dict[str, Any]) -> None:
        if event.get("path") == "pause" and event["event"] == "step-started":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(StepList, "__call__", interrupt)
    flow = write_json(tmp_path / "w.flow.json", _waiting(60))
    # a shell's background, in which the tests may run, ignores interruptions
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        ran = run("run", str(flow), "--record", str(tmp_path / "w.test.json"))
        after = signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, inherited)

    assert ran.status == 130
    assert re.fullmatch(r"Cancelled after \d+ ms, 2 steps\n", ran.out)
    assert ran.err.startswith("A cancelled run makes no flow test;")
    assert not (tmp_path / "w.test.json").exists()
    assert after is signal.default_int_handler


def test_whoever_ignores_interruptions_goes_on_ignoring_them() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with cancelled_by_interrupt() as cancellation:
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert not cancellation.is_cancelled


def test_what_runs_now_is_told_in_a_last_line_on_a_terminal(
    run: Run, flow: Path, at: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    drawn = StepList._now_running

    def note(steps: StepList) -> Any:
        line = drawn(steps)
        told.append(line.plain)
        return line

    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(StepList, "_now_running", note)
    call = StepList.__call__

    def look(steps: StepList, event: dict[str, Any]) -> None:
        call(steps, event)
        note(steps)

    monkeypatch.setattr(StepList, "__call__", look)

    ran = run("run", str(flow), "--input", INPUT, *at)

    assert ran.status == 0
    assert any(re.fullmatch(r"… each/0/insert \d+ ms", line) for line in told)
    assert told[0] == ""


def test_the_program_ends_with_130_after_an_interruption(tmp_path: Path) -> None:
    flow = write_json(tmp_path / "w.flow.json", _waiting(60))
    saved = tmp_path / "run.json"
    command = [sys.executable, "-m", "argosy.cli.main", "run", str(flow), "--json"]

    with subprocess.Popen(
        [*command, "--save", str(saved)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_interruptions,  # noqa: PLW1509 - no other thread forks here
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        while '"step-started"' not in (line := process.stdout.readline()) or "pause" not in line:
            assert line
        process.send_signal(signal.SIGINT)
        last = process.stdout.read().splitlines()[-1]
        err = process.stderr.read()
        assert process.wait(timeout=20) == 130

    told = json.loads(last)
    assert (told["event"], told["status"]) == ("run-ended", "cancelled")
    assert told["error"]["message"] == "The run was cancelled: it was interrupted."
    assert json.loads(saved.read_text())["status"] == "cancelled"
    assert err == ""


def _waiting(seconds: int) -> dict[str, Any]:
    nodes = [
        {"id": "start", "kind": "trigger"},
        {"id": "pause", "kind": "wait", "inputs": {"seconds": seconds}},
    ]
    edges = [{"from": "start", "to": "pause"}]
    return {"formatVersion": 1, "name": "W", "nodes": nodes, "edges": edges}


def _heed_interruptions() -> None:
    """Undo what a process in a shell's background inherits: it ignores interruptions."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_no_colour_means_plain_lines_on_a_terminal(
    flow: Path, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    coloured = _on_a_terminal(flow, sandbox, {})
    plain = _on_a_terminal(flow, sandbox, {"NO_COLOR": "1"})

    assert "\x1b[" in coloured
    assert "\x1b" not in plain
    assert "✓ start  trigger" in plain


def _on_a_terminal(flow: Path, sandbox: RunningSandbox, more: dict[str, str]) -> str:
    import os
    import pty

    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "ARGOSY_API_KEY": sandbox.master_key, **more}
    command = [sys.executable, "-m", "argosy.cli.main", "run", str(flow), "--input", INPUT]
    with subprocess.Popen(
        [*command, "--endpoint", sandbox.url],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environ,
    ) as process:
        os.close(theirs)
        read = b""
        while chunk := _read_some(ours):
            read += chunk
        assert process.wait(timeout=20) == 0
    os.close(ours)
    return read.decode()


def _read_some(terminal: int) -> bytes:
    import os

    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other end is closed
        return b""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 ms"), (0.0123, "12 ms"), (1.26, "1.3 s"), (59.9, "59.9 s"), (60, "1 min 00 s")],
)
def test_a_duration_is_said_in_the_unit_that_reads_best(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a", ("", "", "a")),
        ("each/3/insert", ("each", "3", "insert")),
        ("sub/insert", ("sub", "", "insert")),
        ("sub/each/0/a", ("sub/each", "0", "a")),
    ],
)
def test_a_path_says_what_is_around_a_step(path: str, parts: tuple[str, str, str]) -> None:
    assert split_path(path) == parts


def counting_down(folder: Path) -> Path:
    """Write a flow whose routine calls itself until it has counted down to 0."""
    left = "{{ nodes.turn.outputs.n - 1 }}"
    nodes = [
        {"id": "start", "kind": "trigger"},
        {"id": "first", "kind": "call", "inputs": {"routine": "turn", "values": {"n": 2}}},
        {"id": "turn", "kind": "routine"},
        {"id": "more", "kind": "condition", "inputs": {"when": "{{ nodes.turn.outputs.n > 0 }}"}},
        {"id": "again", "kind": "call", "inputs": {"routine": "turn", "values": {"n": left}}},
        {"id": "back", "kind": "return", "inputs": {"values": {"n": "{{ nodes.turn.outputs.n }}"}}},
    ]
    edges = [
        {"from": "start", "to": "first"},
        {"from": "turn", "to": "more"},
        {"from": "more", "outcome": "true", "to": "again"},
        {"from": "more", "outcome": "false", "to": "back"},
    ]
    document = {"formatVersion": 1, "name": "Down", "nodes": nodes, "edges": edges}
    return write_json(folder / "down.flow.json", document)


def test_what_a_routine_does_is_listed_below_its_call(
    run: Run, at: tuple[str, str], tmp_path: Path
) -> None:
    ran = run("run", str(counting_down(tmp_path)), *at)

    assert timeless(ran.out) == (
        "✓ start  trigger TIME\n"
        "first\n"
        "  ✓ turn  routine TIME\n"
        "  ✓ more  condition, → true TIME\n"
        "  first/1/again\n"
        "    ✓ turn  routine TIME\n"
        "    ✓ more  condition, → true TIME\n"
        "    first/1/again/1/again\n"
        "      ✓ turn  routine TIME\n"
        "      ✓ more  condition, → false TIME\n"
        "      ✓ back  return TIME\n"
        "  first/1/again\n"
        "    ✓ again  call TIME\n"
        "first\n"
        "  ✓ again  call, → ended TIME\n"
        "✓ first  call, → ended TIME\n"
        "Skipped: first/1/back, first/1/again/1/back, first/1/again/1/again/1/again\n"
        "Succeeded after TIME, 11 steps\n"
    )


def test_one_node_runs_on_what_a_routine_gave_in_a_saved_run(
    run: Run, at: tuple[str, str], tmp_path: Path
) -> None:
    flow, record = str(counting_down(tmp_path)), str(tmp_path / "run.json")
    run("run", flow, "--save", record, *at)

    ran = run("run", flow, "--only", "more", "--pins", record, *at)

    assert (ran.status, "✓ more  condition, → false" in ran.out) == (0, True)
