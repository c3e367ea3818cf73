"""`argosy check` of flows: which paths it takes, and what it shows of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.model import Connector

Run = Callable[..., Any]

SOUND: dict[str, Any] = {
    "formatVersion": 1,
    "name": "Sound",
    "nodes": [{"id": "start", "kind": "trigger"}],
    "edges": [],
}
BROKEN: dict[str, Any] = {**SOUND, "edges": [{"from": "start", "to": "end"}]}


def write(path: Path, document: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture
def notes(tmp_path: Path, connector: Connector) -> Path:
    """A copy of the second connector with a sound flow and one that is not."""
    copied = tmp_path / "notes"
    source = connector.root / "tests" / "connectors" / "notes"
    shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
    node = {"id": "list", "capability": "list-notes", "inputs": {"limt": 1}}
    uses = {
        **SOUND,
        "nodes": [*SOUND["nodes"], node],
        "edges": [{"from": "start", "to": "list"}],
    }
    write(copied / "flows" / "deep" / "uses.flow.json", uses)
    write(copied / "flows" / "sound.flow.json", SOUND)
    return copied


def test_a_connectors_flows_are_checked_with_it(run: Run, notes: Path) -> None:
    ran = run("check", str(notes))

    assert ran.status == 1
    assert "flows/deep/uses.flow.json#/nodes/1/" in ran.out


def test_a_folder_of_flows_is_checked_against_the_connector_around_it(
    run: Run, notes: Path
) -> None:
    report = run("check", str(notes / "flows"), "--format", "json").json()

    assert (report["files"], report["connector"]) == (2, str(notes / "flows"))
    assert {problem["file"] for problem in report["problems"]} == {"deep/uses.flow.json"}
    assert "has no capability" not in report["problems"][0]["message"]


def test_a_folder_within_is_checked_alone_and_may_call_all(run: Run, notes: Path) -> None:
    node = {"id": "call", "kind": "subflow", "inputs": {"flow": "sound"}}
    calls = {**SOUND, "nodes": [*SOUND["nodes"], node], "edges": [{"from": "start", "to": "call"}]}
    write(notes / "flows" / "deep" / "uses.flow.json", calls)

    ran = run("check", str(notes / "flows" / "deep"))

    assert (ran.status, ran.out) == (0, "1 file checked, no problems.\n")


def test_one_flow_is_checked_alone(run: Run, notes: Path) -> None:
    ran = run("check", str(notes / "flows" / "sound.flow.json"))

    assert (ran.status, ran.out) == (0, "1 file checked, no problems.\n")


def test_a_flow_outside_of_any_connector_is_checked_against_the_one_in_use(
    run: Run, tmp_path: Path, connector: Connector
) -> None:
    node = {"id": "list", "capability": "list-databases"}
    uses = {**SOUND, "nodes": [*SOUND["nodes"], node], "edges": [{"from": "start", "to": "list"}]}
    file = str(write(tmp_path / "uses.flow.json", uses))
    notes = str(connector.root / "tests" / "connectors" / "notes")

    assert run("check", file).status == 0
    assert "has no capability" in run("--connector", notes, "check", file).out


def test_warnings_alone_end_with_0(run: Run, tmp_path: Path) -> None:
    file = write(tmp_path / "a.flow.json", {**SOUND, "layout": {"strat": {"x": 0, "y": 0}}})

    ran = run("check", str(file))

    assert ran.status == 0
    assert "0 errors, 1 warning in 1 file." in ran.out


@pytest.mark.parametrize(
    ("style", "wanted"),
    [
        (
            "text",
            "a.flow.json#/edges/0/to  edges  error\n    there is no node 'end'; there is start",
        ),
        ("json", '"pointer": "/edges/0/to"'),
        ("sarif", '"fullyQualifiedName": "/edges/0/to"'),
        ("github", "a.flow.json,title=edges::/edges/0/to: there is no node 'end'; there is start"),
    ],
)
def test_a_problem_names_file_place_and_rule_in_every_format(
    run: Run, tmp_path: Path, style: str, wanted: str
) -> None:
    file = write(tmp_path / "a.flow.json", BROKEN)

    ran = run("check", str(file), "--format", style)

    assert ran.status == 1
    assert wanted in ran.out


def test_a_flow_that_is_no_json_is_a_problem(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "a.flow.json"
    file.write_text("{", encoding="utf-8")

    ran = run("check", str(file))

    assert ran.status == 1
    assert "the file cannot be read: line 1, column 2" in ran.out


def test_another_json_file_is_no_flow(run: Run, tmp_path: Path) -> None:
    ran = run("check", str(write(tmp_path / "a.json", SOUND)))

    assert ran.status == 2
    assert "nor a NAME.flow.json" in " ".join(ran.err.split())
