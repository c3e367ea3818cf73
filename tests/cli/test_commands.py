"""The other commands, and how the program starts and ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from argosy import Connector
from argosy.cli.main import COMMANDS
from argosy.sandbox import start
from tests.cli.conftest import Ran

Run = Callable[..., Ran]


def _program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "argosy.cli.main", *arguments]


def test_help_lists_every_command(run: Run) -> None:
    ran = run("--help")

    assert ran.status == 0
    assert re.findall(r"^  (\w+)  ", ran.out, re.MULTILINE) == sorted(COMMANDS)


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    assert "Usage: argosy" in run().out


def test_the_version_names_the_connector_in_use(run: Run, connector: Connector) -> None:
    assert run("--version").out == f"argosy {connector.version} (Treasure Data, {connector.root})\n"


def test_capabilities_are_listed_by_family(run: Run, connector: Connector) -> None:
    ran = run("capabilities")

    assert "Data ingestion\n  Records\n" in ran.out
    assert re.findall(r"^    ([a-z0-9-]+)  ", ran.out, re.MULTILINE) == list(
        connector.capability_files
    )


@pytest.mark.parametrize("width", ["50", "120"])
def test_those_of_a_built_in_connector_are_listed_below_its_title(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    ran = run("capabilities")

    last = ran.out[ran.out.index("Stored tables\n") :]
    assert re.findall(r"^  ([a-z-]+)  +read", last, re.MULTILINE) == ["table-rows", "preview-table"]
    assert "with its mapping applied." in " ".join(last.split())
    assert max(map(len, ran.out.splitlines())) <= int(width)


def test_a_search_finds_by_every_word_and_shows_family_group_and_effect(run: Run) -> None:
    found = run("capabilities", "--search", "DELETE segment")
    listed = run("capabilities", "--search", "delete segment", "--json").json()

    assert found.out.startswith("Audience\n")
    assert re.search(r"^  Segments\n", found.out, re.MULTILINE)
    assert re.search(r"^    delete-segment +delete  Delete a segment", found.out, re.MULTILINE)
    assert "delete-segment" in [row["id"] for row in listed]
    assert all("delete" in str(row).lower() and "segment" in str(row).lower() for row in listed)


def test_a_search_finds_by_the_familys_title(run: Run, connector: Connector) -> None:
    listed = run("capabilities", "--search", "data ingestion", "--json").json()

    assert [row["id"] for row in listed] == ["insert-record", "insert-records"]


def test_a_search_that_finds_nothing_says_so(run: Run) -> None:
    found = run("capabilities", "--search", "zebra")
    listed = run("capabilities", "--search", "zebra", "--json")

    assert (found.status, found.out) == (1, "")
    assert found.err == "No capability matches 'zebra'; fewer or other words may.\n"
    assert (listed.status, listed.json()) == (1, [])


def test_a_legacy_capability_says_what_to_use_instead(run: Run) -> None:
    found = run("capabilities", "--search", "delete-segment-rest")
    listed = run("capabilities", "--search", "delete-segment-rest", "--json").json()

    assert "Legacy: use delete-segment." in " ".join(found.out.split())
    assert listed[0]["legacy"] == "delete-segment"


def test_capabilities_as_json_hold_the_agreed_members(run: Run, connector: Connector) -> None:
    listed = run("capabilities", "--json").json()

    assert [row["id"] for row in listed] == list(connector.every_capability)
    assert all({"id", "title", "family", "summary"} <= set(row) for row in listed)


@pytest.mark.parametrize("width", ["40", "100", "200"])
def test_a_capability_is_shown_within_the_terminals_width(
    run: Run, monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)

    ran = run("capabilities", "show", "insert-record")

    assert ran.out.startswith("Insert a Record  (insert-record)\n")
    assert all(len(line) <= int(width) for line in ran.out.splitlines())
    for word in ("database", "required", "us01 (us, aws)", "uuid", "413"):
        assert word in ran.out


def test_a_shown_capability_as_json_stands_alone(run: Run) -> None:
    shown = run("capabilities", "show", "create-profiles-token", "--json").json()

    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(shown)))
    assert references
    assert all(reference.startswith("#/$defs/") for reference in references)


def test_check_finds_nothing_in_this_repository(run: Run) -> None:
    ran = run("check")

    assert ran.status == 0
    assert "no problems" in ran.out


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github"])
def test_check_names_the_place_of_a_mistake_in_every_format(
    run: Run, tmp_path: Path, style: str
) -> None:
    manifest = {"formatVersion": 1, "id": "Notes", "version": "1.0.0", "title": "Notes"}
    (tmp_path / "connector.json").write_text(json.dumps(manifest))

    ran = run("check", str(tmp_path), "--format", style)

    assert ran.status == 1
    assert "connector.json" in ran.out
    assert "families" in ran.out


def test_another_connector_is_used_when_told(run: Run, tmp_path: Path) -> None:
    ran = run("--connector", str(tmp_path), "capabilities")

    assert ran.status == 2
    assert "is not a valid manifest" in " ".join(ran.err.split())


def test_the_demo_runs_every_step_and_reads_the_rows_back(run: Run) -> None:
    ran = run("demo", "--once")

    assert ran.status == 0
    assert "4 rows in shop.customers" in ran.out
    assert "kenji@example.com" in ran.out
    assert "rowCount = 3" in ran.out
    assert "count = 35" in ran.out
    assert "3 rows in shop.people" in ran.out
    assert "00501" in ran.out
    assert "Column 'o.order_total' cannot be resolved" in " ".join(ran.out.split())
    assert ran.out.rstrip().endswith("All 12 steps succeeded.")
    assert "1/sandbox" not in ran.out


def test_the_demo_leaves_out_what_is_not_installed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("argosy.cli.demo_tables.find_spec", lambda _name: None)

    ran = run("demo", "--once")

    assert ran.status == 0
    told = " ".join(ran.out.split())
    assert "Left out: Reading tables needs more than is installed: pip install" in told
    assert "Left out: the step 'import' was left out." in told
    assert told.endswith("9 of 12 steps succeeded.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_printed(run: Run, shell: str) -> None:
    assert "_ARGOSY_COMPLETE" in run("completion", shell).out


def test_completion_offers_commands() -> None:
    environ = {**os.environ, "_ARGOSY_COMPLETE": "bash_complete", "COMP_WORDS": "argosy ca"}
    program = [sys.executable, "-c", "from argosy.cli.main import main; main()"]
    done = subprocess.run(
        program, env={**environ, "COMP_CWORD": "1"}, capture_output=True, text=True, check=False
    )

    assert done.stdout.split() == ["plain,call", "plain,capabilities"]


def test_no_colour_without_a_terminal_and_with_no_color(run: Run) -> None:
    assert "\x1b[" not in run("capabilities").out


def test_a_defect_of_ours_ends_with_70_and_a_report_without_the_key(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/0123456789abcdef")

    def break_down(*_arguments: object) -> None:
        raise RuntimeError("the key 1/0123456789abcdef is in this message")

    monkeypatch.setattr("argosy.cli.call.read_inputs", break_down)

    ran = run("call", "insert-record")

    assert ran.status == 70
    (name,) = re.findall(r"is in (\S+)\.", ran.err)
    report = Path(name).read_text(encoding="utf-8")
    Path(name).unlink()
    assert "RuntimeError: the key ****** is in this message" in report
    assert "0123456789abcdef" not in report + ran.err


def test_a_reader_that_goes_away_gets_no_traceback() -> None:
    program = _program("capabilities", "show", "insert-record", "--json")
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_the_sandbox_tells_its_address_and_keys_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    data = tmp_path / "td.duckdb"
    program = _program("sandbox", "--port", "0", "--data", str(data))
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        (url,) = re.findall(r"at (http://\S+),", first)
        keys = process.stdout.readline() + process.stdout.readline() + process.stdout.readline()
        answer = requests.get(f"{url}/audiences", headers={"Authorization": "TD1 1/sandbox"})
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""

    assert answer.status_code == 200
    assert "1/sandbox" in keys
    assert data.exists()


def test_a_seed_that_is_no_seed_is_told(run: Run, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"databases": []}')

    ran = run("sandbox", "--port", "0", "--seed", str(seed))

    assert ran.status == 1
    assert "databases" in ran.err
    assert run("sandbox", "--seed", "missing.json").status == 2


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (("--help",), {"duckdb", "starlette", "uvicorn", "requests", "jsonschema", "rich"}),
        (("capabilities", "--json"), {"duckdb", "starlette", "requests", "jsonschema", "jinja2"}),
        (("check",), {"duckdb", "starlette", "uvicorn"}),
    ],
)
def test_a_quick_command_imports_nothing_heavy(command: tuple[str, ...], absent: set[str]) -> None:
    code = (
        "import sys; from argosy.cli.main import main; main(sys.argv[1:]); "
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=True
    )

    assert absent & set(done.stderr.split()) == set()


def test_several_connectors_are_checked_into_one_document(run: Run, connector: Connector) -> None:
    notes = connector.root / "tests" / "connectors" / "notes"
    paths = (str(connector.root), str(notes))

    assert len(run("check", *paths, "--format", "json").json()) == 2
    assert len(run("check", *paths, "--format", "sarif").json()["runs"]) == 2
    assert str(notes) in run("check", *paths).out


def test_a_path_that_is_not_there_is_named(run: Run) -> None:
    ran = run("check", "nowhere")

    assert ran.status == 2
    assert "There is no nowhere." in ran.err


def test_a_file_that_is_no_connector_is_named(run: Run, connector: Connector) -> None:
    ran = run("check", str(connector.root / "README.md"))

    assert ran.status == 2
    wanted = "is neither a connector's directory, its connector.json nor a NAME.flow.json"
    assert wanted in " ".join(ran.err.split())


def test_in_a_narrow_terminal_nothing_of_the_list_is_cut(
    run: Run, monkeypatch: pytest.MonkeyPatch, connector: Connector
) -> None:
    monkeypatch.setenv("COLUMNS", "40")

    ran = run("capabilities")

    assert all(capability in ran.out for capability in connector.capability_files)
    assert "…" not in ran.out


def test_completion_offers_capabilities() -> None:
    environ = {**os.environ, "_ARGOSY_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    program = [sys.executable, "-c", "from argosy.cli.main import main; main()"]
    done = subprocess.run(
        program,
        env={**environ, "COMP_WORDS": "argosy call insert"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == ["plain,insert-record", "plain,insert-records"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_output_that_cannot_be_written_is_told() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            _program("capabilities", "--json"),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_connector_without_a_demo_says_so(run: Run, connector: Connector) -> None:
    notes = connector.root / "tests" / "connectors" / "notes"

    ran = run("--connector", str(notes), "demo", "--once")

    assert ran.status == 2
    assert "has no demo" in ran.err


def test_a_call_that_is_interrupted_ends_with_130() -> None:
    with start() as sandbox:
        fault = {"kind": "delay", "seconds": 60, "when": "before"}
        requests.post(f"{sandbox.url}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
        program = _program("call", "list-profiles-tokens", "--set", "audienceId=1")
        environ = {**os.environ, "ARGOSY_API_KEY": "1/sandbox"}
        with subprocess.Popen(
            [*program, "--endpoint", sandbox.url],
            env=environ,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_heed_interruptions,  # noqa: PLW1509 - no other thread forks here
        ) as process:
            while not _matched(sandbox.url):
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)

    assert (process.returncode, err.strip()) == (130, "Interrupted.")


def _heed_interruptions() -> None:
    """Undo what a process in a shell's background inherits: it ignores interruptions."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _matched(url: str) -> int:
    rules = requests.get(f"{url}/_sandbox/faults", timeout=10).json()["faults"]
    return int(rules[0]["matched"])


def test_what_a_handler_prints_does_not_stand_in_the_output(run: Run, tmp_path: Path) -> None:
    notes = Path(__file__).resolve().parents[1] / "connectors" / "notes"
    copied = shutil.copytree(notes, tmp_path / "notes")
    (handler,) = [path for path in (copied / "handlers").glob("*.py") if path.stem != "__init__"]
    text = handler.read_text(encoding="utf-8") + '\nprint("HELLO")\n'
    handler.write_text(text, encoding="utf-8")

    ran = run("check", str(copied), "--format", "json")

    assert isinstance(ran.json(), dict)
    assert "HELLO" in ran.err
