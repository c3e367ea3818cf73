"""`argosy fmt`."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran

Run = Callable[..., Ran]

LOOSE = '{"name": "T", "formatVersion": 1, "edges": [], "nodes": [{"kind": "trigger", "id": "a"}]}'
TIDY = (
    '{\n  "formatVersion": 1,\n  "name": "T",\n  "nodes": [\n'
    '    {"id": "a", "kind": "trigger"}\n  ],\n  "edges": []\n}\n'
)
LOOSE_TEST = '{"cases": [{"expect": {"ran": ["a"]}, "name": "It runs"}], "formatVersion": 1}'
TIDY_TEST = (
    '{\n  "formatVersion": 1,\n  "cases": [\n'
    '    {"name": "It runs", "expect": {"ran": ["a"]}}\n  ]\n}\n'
)


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    folder = tmp_path / "flows"
    (folder / "more").mkdir(parents=True)
    (folder / "t.flow.json").write_text(LOOSE)
    (folder / "more" / "t.test.json").write_text(LOOSE_TEST)
    (folder / "other.json").write_text("{ }")
    return folder


def test_all_flows_and_tests_below_a_folder_are_written(run: Run, flows: Path) -> None:
    ran = run("fmt", str(flows))

    assert ran.status == 0
    assert sorted(ran.out.splitlines()) == [
        f"Changed {flows}/more/t.test.json",
        f"Changed {flows}/t.flow.json",
    ]
    assert ran.err == "2 files: 2 changed.\n"
    assert (flows / "t.flow.json").read_text() == TIDY
    assert (flows / "more" / "t.test.json").read_text() == TIDY_TEST
    assert (flows / "other.json").read_text() == "{ }"


def test_a_second_time_changes_nothing(run: Run, flows: Path) -> None:
    run("fmt", str(flows))
    before = (flows / "t.flow.json").stat().st_mtime_ns

    ran = run("fmt", str(flows))

    assert (ran.status, ran.out, ran.err) == (0, "", "2 files: 0 changed.\n")
    assert (flows / "t.flow.json").stat().st_mtime_ns == before


def test_check_lists_what_would_change_and_changes_nothing(run: Run, flows: Path) -> None:
    run("fmt", str(flows / "more"))

    ran = run("fmt", "--check", str(flows))

    assert (ran.status, ran.out) == (1, f"Would change {flows}/t.flow.json\n")
    assert ran.err == "2 files: 1 would change.\n"
    assert (flows / "t.flow.json").read_text() == LOOSE


def test_without_a_path_the_connectors_flows_are_meant(run: Run) -> None:
    ran = run("fmt", "--check")

    assert ran.status == 0
    assert ran.err.endswith(": 0 would change.\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "line 1, column 2"),
        ('{"name": "T", "name": "U"}', "'name' stands twice"),
        ("[]", "not a JSON object"),
        (LOOSE.replace('"edges": [], ', ""), "'edges' is missing"),
        (LOOSE.replace('"kind"', '"sort"'), "/nodes/0"),
        ('{"a": ' * 200 + "1" + "}" * 200, "nested more than 100 deep"),
    ],
    ids=["cut", "twice", "list", "lacking", "unknown", "deep"],
)
def test_what_is_no_flow_is_left_alone_and_told(
    run: Run, flows: Path, text: str, told: str
) -> None:
    (flows / "a.flow.json").write_text(text)

    ran = run("fmt", str(flows))

    assert ran.status == 2
    assert told in ran.err.replace("\n", " ")
    assert "a.flow.json" in ran.err
    assert ran.err.endswith("3 files: 2 changed, 1 not readable.\n")
    assert (flows / "a.flow.json").read_text() == text


def test_a_path_that_is_no_flow_is_a_wrong_command_line(run: Run, flows: Path) -> None:
    missing, other = run("fmt", "gone.flow.json"), run("fmt", str(flows / "other.json"))

    assert (missing.status, other.status) == (2, 2)
    assert "There is no gone.flow.json." in missing.err
    assert "neither a flow nor a flow test; those end .flow.json or .test.json" in other.err


def test_modes_and_links_stay(run: Run, flows: Path) -> None:
    (flows / "t.flow.json").chmod(0o640)
    (flows / "linked.flow.json").symlink_to(flows / "t.flow.json")

    run("fmt", str(flows / "linked.flow.json"))

    assert (flows / "linked.flow.json").is_symlink()
    assert (flows / "t.flow.json").read_text() == TIDY
    assert stat.S_IMODE((flows / "t.flow.json").stat().st_mode) == 0o640


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_folder_that_cannot_be_written_to_is_told(run: Run, flows: Path) -> None:
    flows.chmod(0o500)

    ran = run("fmt", str(flows / "t.flow.json"))

    flows.chmod(0o700)
    assert ran.status == 1
    assert "t.flow.json cannot be written: Permission denied." in ran.err


def test_no_half_file_stays_behind_where_writing_fails(
    run: Run, flows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    ran = run("fmt", str(flows / "t.flow.json"))

    assert ran.status == 1
    assert "cannot be written: No space left on device." in ran.err
    assert sorted(path.name for path in flows.iterdir()) == ["more", "other.json", "t.flow.json"]
    assert (flows / "t.flow.json").read_text() == LOOSE
