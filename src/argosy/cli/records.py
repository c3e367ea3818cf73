"""The files that `argosy run` reads and writes: inputs, records of runs, recorded flow tests."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.model import Json, JsonObject, parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.flow import Run
    from argosy.model import Flow

_TESTS = ".test.json"


def read_input(given: str | None) -> Json:
    """Return a run's input: JSON as it stands, or that of a file or of standard input."""
    if given is None:
        return {}
    if given.lstrip()[:1] not in {"{", "["}:
        return _read("input", given)
    try:
        return parse_json(given)
    except ValueError as error:
        raise click.UsageError(f"--input is not JSON: {error}.") from error


def read_run(file: str) -> Run:
    """Return a run that `--save` has written."""
    from argosy.flow import Run

    try:
        return Run.from_json(_read("replay", file))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise click.UsageError(
            f"--replay {file} is not the record of a run; `argosy run --save` writes one."
        ) from error


def read_outputs(file: str | None) -> dict[str, JsonObject]:
    """Return outputs by node: from a file of just that, or from a saved run."""
    if file is None:
        return {}
    held = _read("pins", file)
    if isinstance(held, dict) and isinstance(held.get("steps"), list):
        steps = [step for step in held["steps"] if isinstance(step, dict)]
        held = {
            path.rpartition("/")[2]: step.get("outputs")
            for path, step in _own_steps(steps)
            if step.get("status") == "succeeded"
        }
    if not isinstance(held, dict) or not all(isinstance(one, dict) for one in held.values()):
        raise click.UsageError(f"--pins {file} is not an object of outputs by the ids of nodes.")
    return held


def _own_steps(steps: Iterable[JsonObject]) -> Iterator[tuple[str, JsonObject]]:
    """Yield the steps of the flow's own graph with their paths, those too that were called."""
    calls: set[str] = set()
    for step in steps:
        path = step.get("path")
        if isinstance(path, str) and ("/" not in path or path.rsplit("/", 2)[0] in calls):
            if step.get("what") == "call":
                calls.add(path)
            yield path, step


def check_target(option: str, file: str) -> None:
    """Refuse a file that cannot be written later; nothing has run yet."""
    path = Path(file)
    if path.is_dir():
        raise click.UsageError(f"--{option} {file} is a folder; name a file.")
    if not path.parent.is_dir():
        raise click.UsageError(f"--{option} {file}: there is no folder {path.parent}.")


def write_run(file: str, run: Run) -> None:
    """Write the record of a run, without secrets; its data is for its owner's eyes."""
    _write("save", Path(file), json.dumps(run.to_json(), indent=2, ensure_ascii=False) + "\n")


def read_tests(file: str) -> JsonObject | None:
    """Return a flow test's document, or None where there is no such file yet."""
    from argosy.connector import file_validator
    from argosy.errors import InvalidFlowTestError

    path = Path(file)
    if not path.exists():
        return None
    document = _read("record", file)
    found = file_validator("flow-test").problems(document)
    if found:
        problems = [replace(problem, file=file) for problem in found]
        raise InvalidFlowTestError(file=file, problems=problems)
    return dict(document)


def write_tests(file: str, document: JsonObject, flow: Flow) -> None:
    """Write a flow test in its canonical form."""
    from argosy.flow.form import canonical_text

    path = Path(file)
    if path.name != f"{flow.id}{_TESTS}":
        document = {"flow": flow.id, **document}
    _write("record", path, canonical_text(document, "flow-test"))


def _read(option: str, file: str) -> Json:
    try:
        if file == "-":
            return parse_json(sys.stdin.read())
        return parse_json(Path(file).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise click.UsageError(f"--{option} {file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise click.UsageError(f"--{option} {file} cannot be read: {error}.") from error


def _write(option: str, path: Path, text: str) -> None:
    from argosy.cli.files import write_atomically

    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise click.ClickException(
            f"--{option} {path} cannot be written: {error.strerror}."
        ) from error
