"""`argosy export davinci-connector`: to standard output or a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Ran

Run = Callable[..., Ran]


def test_the_view_is_printed(run: Run) -> None:
    ran = run("export", "davinci-connector", "--capability", "insert-record")

    assert (ran.status, ran.err) == (0, "")
    assert list(ran.json()["capabilities"]) == ["insertRecord"]


def test_the_view_goes_to_a_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "connector.json"
    arguments = ["export", "davinci-connector", "--capability", "insert-record"]

    ran = run(*arguments, "--out", str(out))

    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert json.loads(out.read_text(encoding="utf-8")) == run(*arguments).json()


def test_a_file_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "none" / "connector.json"

    ran = run("export", "davinci-connector", "--capability", "insert-record", "--out", str(out))

    assert ran.status == 2
    assert f"--out {out} cannot be written: No such file or directory." in ran.err


def test_a_capability_that_there_is_not_is_told(run: Run) -> None:
    ran = run("export", "davinci-connector", "--capability", "insert-recrod")

    assert (ran.status, ran.out) == (2, "")
    assert "There is no capability 'insert-recrod'" in ran.err
