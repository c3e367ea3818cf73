"""Find and read flow tests; everything that is wrong with one is told at once, with its place."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.connector import file_validator, read_document
from argosy.errors import ArgosyError, InvalidFlowTestError
from argosy.flow.library import SUFFIX, FlowLibrary
from argosy.flow.plan import compile_flow
from argosy.model import Problem
from argosy.testing.cases import Case, FlowTest, with_defaults
from argosy.testing.checking import Subject, case_problems
from argosy.testing.marks import ENDING, is_flow_test

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from argosy.model import Connector, Flow, Json, JsonObject


def find_flow_tests(path: Path) -> list[Path]:
    """Return the flow tests in a folder and below it, or those of one file, in order.

    A file that is named may be a test, or a flow that has one beside it. In a folder, files that
    end like flow tests and are none are left alone, and so are hidden folders.
    """
    if not path.is_dir():
        beside = path.with_name(path.name.removesuffix(SUFFIX) + ENDING)
        return [beside] if path.name.endswith(SUFFIX) else [path]
    found: list[Path] = []
    for parent, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [path.__class__(parent, name) for name in names if name.endswith(ENDING)]
    return sorted(one for one in found if is_flow_test(one))


def load_flow_test(path: Path, connector: Connector, flows: FlowLibrary | None = None) -> FlowTest:
    """Read a flow test with its flow, which stands in the same folder.

    `flows` are those of the folder, where they were read already. Raises InvalidFlowTestError
    with every problem of the test, and those of its flow.
    """
    document = _read(path)
    problems = list(file_validator("flow-test").problems(document))
    if problems:
        raise _refusal(path, problems)
    library = flows or FlowLibrary(path.parent)
    flow = _flow(document.get("flow", path.name.removesuffix(ENDING)), library, path, connector)
    called = tuple(_called(flow, library))
    defaults = document.get("defaults", {})
    cases = []
    names: set[str] = set()
    subject = Subject(flow, called, connector, path.parent)
    for index, given in enumerate(document["cases"]):
        pointer = f"/cases/{index}"
        if given["name"] in names:
            text = f"a case before this one is named {given['name']!r} too"
            problems.append(Problem("case-name", text, f"{pointer}/name"))
        names.add(given["name"])
        filled = with_defaults(given, defaults)
        seed, found = _seed(filled.get("sandbox", {}).get("seed"), path.parent)
        where = _Placer(given, defaults, pointer)
        problems += [where.put(Problem("seed", text, "/sandbox/seed")) for text in found]
        problems += map(where.put, case_problems(filled, subject))
        cases.append(Case.from_json(filled, pointer, seed))
    if problems:
        raise _refusal(path, dict.fromkeys(problems))
    return FlowTest(path, flow, library, tuple(cases), called)


class _Placer:
    """Finds out where in the file a problem of a case is: in the case, or in the defaults."""

    def __init__(self, given: JsonObject, defaults: JsonObject, pointer: str) -> None:
        self._given = given
        self._defaults = defaults
        self._pointer = pointer

    def put(self, problem: Problem) -> Problem:
        """Return a problem, whose place is within the case, with its place in the file."""
        parts = problem.pointer.split("/")[1:3]
        own, default = self._given, self._defaults
        for raw in parts:
            part = raw.replace("~1", "/").replace("~0", "~")
            is_own = isinstance(own, dict) and part in own
            if not is_own and isinstance(default, dict) and part in default:
                return replace(problem, pointer=f"/defaults{problem.pointer}")
            own = own.get(part, {}) if is_own else {}
            default = default.get(part, {}) if isinstance(default, dict) else {}
        return replace(problem, pointer=self._pointer + problem.pointer)


def _read(path: Path) -> JsonObject:
    try:
        return read_document(path.parent, path.name)
    except ValueError as error:
        raise _refusal(path, [Problem("unreadable-file", str(error))]) from error


def _refusal(path: Path, problems: Iterable[Problem]) -> InvalidFlowTestError:
    found = [one if one.file else replace(one, file=str(path)) for one in problems]
    return InvalidFlowTestError(file=str(path), problems=found)


def _flow(name: str, library: FlowLibrary, path: Path, connector: Connector) -> Flow:
    try:
        flow = library[name]
        compile_flow(flow, connector)
    except ArgosyError as error:
        unknown = [Problem("flow", error.message, "/flow")]
        raise _refusal(path, error.problems or unknown) from error
    return flow


def _called(flow: Flow, library: FlowLibrary) -> Iterator[Flow]:
    """Yield the flows that a flow calls; where a name is computed, it may be any of the folder."""
    seen = {flow.id}
    waiting = [flow]
    while waiting:
        for name in _names_called(waiting.pop(), library):
            if name in seen or name not in library:
                continue
            seen.add(name)
            try:
                found = library[name]
            except ArgosyError:
                continue  # the step that calls it will say what is wrong
            waiting.append(found)
            yield found


def _names_called(flow: Flow, library: FlowLibrary) -> Iterator[str]:
    for node in flow.graph.every_node():
        name = node.called_flow
        if isinstance(name, str) and "{{" in name:
            yield from library
        elif isinstance(name, str):
            yield name


def _seed(given: Json, folder: Path) -> tuple[Mapping[str, Json] | Path | None, list[str]]:
    """Return the document or folder that a seed names, and what is wrong with it."""
    if not isinstance(given, str):
        return given, []
    try:
        path = (folder / given).resolve()
        if not path.is_relative_to(folder.resolve()):
            return None, [f"{given!r} is not below the test's folder"]
        if path.is_dir():
            return path, []
        return read_document(folder, given), []
    except (OSError, ValueError, RuntimeError) as error:
        return None, [f"{given!r} cannot be read: {error}"]
