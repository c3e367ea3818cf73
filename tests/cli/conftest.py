"""A sandbox, and the command line called in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from argosy.cli.main import main
from argosy.sandbox import RunningSandbox, start
from tests.cli.flows import FLOW, write_json


@dataclass(frozen=True)
class Ran:
    """What one run of the command line did."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    def run_main(*arguments: str) -> Ran:
        status = main(list(arguments))
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run_main


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with start() as running:
        yield running


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    return write_json(tmp_path / "t.flow.json", FLOW)


@pytest.fixture
def at(sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The options that send a run to the sandbox."""
    monkeypatch.setenv("ARGOSY_API_KEY", sandbox.master_key)
    return ("--endpoint", sandbox.url)
