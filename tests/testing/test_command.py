"""`argosy test` as people and CI meet it: lines, exit statuses, JSON, JUnit, snapshots."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from argosy.cli.main import main
from tests.testing.conftest import STUBS, Bench

PASSES = {"name": "all is well", "stubs": STUBS, "expect": {"response": {"statusCode": 201}}}
FAILS = {"name": "it is not", "stubs": STUBS, "expect": {"response": {"statusCode": 200}}}


def test_what_passes_is_listed_and_ends_with_0(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write(PASSES, {"name": "later", "skip": "not yet", "expect": {"failed": []}})

    status = main(["test", str(path)])

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert lines[0] == str(path)
    assert lines[1].startswith("  passed  all is well (")
    assert lines[2] == "  skipped later (not yet)"
    assert lines[-1].startswith("1 passed, 1 skipped in ")
    assert all(line == line.rstrip() for line in lines)


def test_what_fails_shows_the_difference_and_ends_with_1(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write(PASSES, FAILS)

    status = main(["test", str(path), "--coverage"])

    out = capsys.readouterr().out
    assert status == 1
    assert "  FAILED  it is not (" in out
    assert f"\n{path}: it is not\n  the response has another status code\n" in out
    assert "    expected: 200\n    found:    201\n" in out
    assert "Coverage of welcome: 5/7 nodes, 4/7 edges, 5/9 outcomes" in out
    assert "  not met: edge insert error → sorry" in out
    assert "1 passed, 1 failed in " in out
    assert "\x1b" not in out


@pytest.mark.parametrize("no_color", ["", "1"])
def test_colour_is_for_terminals_and_never_with_no_color(
    bench: Bench,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    no_color: str,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("COLUMNS", "60")
    path = bench.write({**FAILS, "name": "a name that is so long that no line of sixty holds it"})

    main(["test", str(path)])

    out = capsys.readouterr().out
    assert ("\x1b[32m" in out or "\x1b[31m" in out) == (not no_color)


def test_a_test_that_cannot_run_ends_with_2_and_every_problem(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write_flow("other", json.loads((bench.folder / "welcome.flow.json").read_text()))
    bench.write({"expect": {"ran": ["nobody"]}})
    bench.write({"expect": {"order": "x"}}, flow="other")

    status = main(["test", str(bench.folder)])

    err = capsys.readouterr().err
    assert status == 2
    assert "welcome.test.json#/cases/0/expect/ran/0  the flow has no node 'nobody'" in err
    assert "other.test.json#/cases/0/expect/order" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["FOLDER/none"], "There is no FOLDER/none."),
        (["FOLDER/empty"], "No flow tests in FOLDER/empty"),
        (["FOLDER/lone.flow.json"], "There is no FOLDER/lone.test.json beside lone.flow.json."),
        (["FOLDER", "-k", "nobody"], "-k 'nobody' matches none of the 1 cases."),
        (["FOLDER", "-k", "and"], "-k 'and' cannot be read"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    bench: Bench, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    bench.write(PASSES)
    (bench.folder / "empty").mkdir()
    (bench.folder / "lone.flow.json").write_text("{}", encoding="utf-8")

    status = main(["test", *(one.replace("FOLDER", str(bench.folder)) for one in arguments)])

    assert status == 2
    assert words.replace("FOLDER", str(bench.folder)) in capsys.readouterr().err


def test_a_seed_that_the_sandbox_does_not_take_ends_with_2_and_its_place(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write({"sandbox": {"seed": {"databases": 5}}, "expect": {"failed": []}})

    status = main(["test", str(path)])

    err = capsys.readouterr().err
    assert status == 2
    assert f"{path}#/cases/0/sandbox/seed  the sandbox does not take it: /databases" in err


def test_flows_of_one_name_in_two_folders_are_covered_apart(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.write(PASSES)
    other = bench.folder / "other"
    other.mkdir()
    for name in ("welcome.flow.json", "welcome.test.json"):
        text = (bench.folder / name).read_text(encoding="utf-8")
        (other / name).write_text(text.replace('"input": {', '"skip": "x", "input": {'), "utf-8")

    status = main(["test", str(bench.folder), "--coverage"])

    out = capsys.readouterr().out
    assert status == 0
    assert "Coverage of welcome: 0/7 nodes" in out
    assert "Coverage of welcome: 5/7 nodes" in out


def test_cases_run_at_the_same_time_against_sandboxes_of_their_own(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"database": "shop", "table": "people", "count": 1}]
    path = bench.write(*({"expect": {"rows": rows}} for _ in range(4)))

    status = main(["test", str(path), "-j", "2"])

    assert (status, "4 passed in " in capsys.readouterr().out) == (0, True)


def test_k_chooses_cases(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    path = bench.write(PASSES, FAILS)

    assert main(["test", str(path), "-k", "well and not nobody"]) == 0
    assert "1 passed in " in capsys.readouterr().out


def test_json_tells_all_and_nothing_else_is_printed(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write(PASSES, FAILS)

    status = main(["test", str(path), "--json", "-j", "2"])

    told = json.loads(capsys.readouterr().out)
    assert status == 1
    assert (told["status"], told["passed"], told["failed"]) == ("failed", 1, 1)
    assert [case["status"] for case in told["cases"]] == ["passed", "failed"]
    mismatch = told["cases"][1]["mismatches"][0]
    assert mismatch["pointer"] == "/cases/1/expect/response/statusCode"
    assert mismatch["differences"] == [{"path": [], "expected": 200, "found": 201}]
    assert told["cases"][1]["run"]["status"] == "succeeded"
    assert told["coverage"][0]["nodes"]["missed"] == ["count", "sorry"]


def test_json_of_a_test_that_cannot_run(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    path = bench.write({"expect": {"ran": ["nobody"]}})

    status = main(["test", str(path), "--json"])

    told = json.loads(capsys.readouterr().out)
    assert (status, told["status"]) == (2, "invalid")
    assert told["errors"][0]["problems"][0]["pointer"] == "/cases/0/expect/ran/0"


def test_junit_holds_a_suite_a_file_with_traces_and_coverage(bench: Bench) -> None:
    odd = "it \x00\x1b[31m<is>&\ufffe not"
    path = bench.write(
        PASSES,
        {**FAILS, "name": odd, "input": {"email": "\u0001<&"}},
        {"name": "later", "skip": "not yet", "expect": {"failed": []}},
    )
    report = bench.folder / "deep" / "junit.xml"

    status = main(["test", str(path), "--junit", str(report)])

    suites = ET.parse(report).getroot()
    assert status == 1
    assert (suites.tag, suites.get("tests"), suites.get("failures")) == ("testsuites", "3", "1")
    (suite,) = suites
    assert (suite.get("name"), suite.get("skipped")) == (str(path), "1")
    properties = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert properties["coverage.nodes"] == "5/7"
    assert properties["coverage.nodes.missed"] == "count, sorry"
    cases = list(suite.iter("testcase"))
    assert [case.get("classname") for case in cases] == ["welcome"] * 3
    assert cases[1].get("name") == r"it \u0000\u001b[31m<is>&\ufffe not"
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.get("message") == "the response has another status code"
    assert "expected: 200\n    found:    201" in (failure.text or "")
    skipped = cases[2].find("skipped")
    assert skipped is not None
    assert skipped.get("message") == "not yet"


def test_a_report_that_cannot_be_written_is_told(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write(PASSES)

    status = main(["test", str(path), "--junit", str(path / "x.xml")])

    assert status == 2
    assert "cannot be written" in capsys.readouterr().err


def test_snapshots_are_updated_when_asked_for(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write({"stubs": STUBS, "expect": {"response": {"body": {"snapshot": True}}}})

    before = main(["test", str(path)])
    updated = main(["test", str(path), "--update-snapshots"])
    after = main(["test", str(path)])

    assert (before, updated, after) == (1, 0, 0)
    out = capsys.readouterr().out
    assert "has no snapshot yet" in out
    assert "1 case has other snapshots now" in out
    kept = json.loads((bench.folder / "welcome.snapshot.json").read_text(encoding="utf-8"))
    assert kept["cases"]["case 1"]["/response/body"]["at"] == 1767229200


def test_control_characters_do_not_reach_the_terminal(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    path = bench.write(
        {"name": "a\x1b[31mb", "stubs": STUBS, "expect": {"that": "{{ '\x1b]0;x' == 'y' }}"}}
    )

    main(["test", str(path)])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert r"a\u001b[31mb" in out


def test_help_imports_neither_sandbox_nor_pytest() -> None:
    code = (
        "import sys; from argosy.cli.main import main; main(['test', '--help']); "
        "print([m for m in ('argosy.sandbox', 'pytest', 'argosy.flow') if m in sys.modules])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.splitlines()[-1] == "[]"


def test_the_flows_of_the_connector_are_tested_without_a_path(
    bench: Bench, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "connector"
    (root / "flows").mkdir(parents=True)
    own = bench.runner.connector.root
    manifest = json.loads((own / "connector.json").read_text(encoding="utf-8"))
    manifest["capabilities"] = []
    manifest.pop("demo", None)
    (root / "connector.json").write_text(json.dumps(manifest), encoding="utf-8")
    flow = {
        "formatVersion": 1,
        "name": "Pure",
        "nodes": [{"id": "start", "kind": "trigger"}],
        "edges": [],
    }
    test = {"formatVersion": 1, "cases": [{"name": "it starts", "expect": {"ran": ["start"]}}]}
    (root / "flows" / "pure.flow.json").write_text(json.dumps(flow), encoding="utf-8")
    (root / "flows" / "pure.test.json").write_text(json.dumps(test), encoding="utf-8")

    assert main(["--connector", str(root), "test"]) == 0
    assert "  passed  it starts (" in capsys.readouterr().out


def test_an_interruption_ends_what_waits_and_exits_with_130(bench: Bench) -> None:
    (bench.folder / "brief.flow.json").write_text(
        json.dumps(
            {
                "formatVersion": 1,
                "name": "Slow",
                "nodes": [
                    {"id": "start", "kind": "trigger"},
                    {"id": "pause", "kind": "wait", "inputs": {"seconds": 200}},
                ],
                "edges": [{"from": "start", "to": "pause"}],
            }
        ),
        encoding="utf-8",
    )
    first = {"name": "first", "input": {}, "expect": {"ran": ["pause"]}}
    path = bench.write(first, {**first, "name": "slow", "time": "real"}, flow="brief")
    command = [sys.executable, "-m", "argosy.cli.main", "test", str(path)]

    with subprocess.Popen(
        [*command[:1], "-u", *command[1:]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_heed_interruptions,  # noqa: PLW1509 - no other thread forks here
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert b"first" in running.stdout.readline()  # the other one waits meanwhile
        running.send_signal(signal.SIGINT)
        told = running.stdout.read()

    assert (running.returncode, told.strip()) == (130, b"Interrupted.")


def _heed_interruptions() -> None:
    """Undo what a shell does to jobs in its background, which ignore interruptions."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
