"""`argosy test`: run flow tests, and tell what failed and why."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from argosy.cli.output import console, print_error, print_json
from argosy.cli.verdicts import STYLES, Verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argosy.errors import ArgosyError
    from argosy.model import Connector
    from argosy.testing import Case, CaseResult, Coverage, FlowTest, SnapshotFile

    Planned = tuple[FlowTest, Case]


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "-k",
    "expression",
    metavar="EXPRESSION",
    default="",
    help="Run only cases whose names match: words joined by and, or, not.",
)
@click.option("--junit", metavar="FILE", help="Write the results to this file as JUnit XML.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--update-snapshots", is_flag=True, help="Keep what there is now as snapshots.")
@click.option(
    "-j",
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 64),
    default=min(4, os.cpu_count() or 1),
    help="Run so many cases at a time.  [default: one a processor, at most 4]",
)
@click.option("--coverage", is_flag=True, help="Name the nodes, edges and outcomes no case met.")
@click.pass_obj
def test(
    connector: str | None,
    *,
    paths: Sequence[str],
    expression: str,
    junit: str | None,
    as_json: bool,
    update_snapshots: bool,
    jobs: int,
    coverage: bool,
) -> int:
    """Run flow tests against a sandbox: NAME.test.json beside NAME.flow.json.

    PATH is a test, a flow or a folder; without one, the connector's flows are tested. Ends with 1
    where a case failed, with 2 where a test cannot be run or there is none.
    """
    from rich.console import Console

    from argosy import load
    from argosy.testing import junit_xml

    loaded = load(connector)
    tests, errors = _load(loaded, _files(loaded, paths))
    if errors:
        return _print_invalid(errors, as_json=as_json)
    planned = _chosen(tests, expression)
    began = time.perf_counter()
    out = Console(quiet=True) if as_json else console()
    out.file = sys.stdout
    report = Verdicts(out)
    snapshots = _snapshot_files(tests)
    with redirect_stdout(sys.stderr):  # what a handler prints must not stand in the output
        running = _results(loaded, planned, snapshots, jobs, updates=update_snapshots)
        for result in running:
            report.add(result)
    seconds = time.perf_counter() - began
    found = _coverage(tests, report.results)
    if junit:
        _write(Path(junit), junit_xml(report.results, found, seconds))
    changed = _update(snapshots, tests, report.results) if update_snapshots else 0
    if as_json:
        print_json(_summary(report.results, found, seconds))
    else:
        report.end(seconds, _each_once(found) if coverage else [], changed)
    return 1 if report.failed else 0


def _files(connector: Connector, paths: Sequence[str]) -> list[Path]:
    """Return the files of the tests, each once. Raises UsageError where there is none."""
    from argosy.testing import find_flow_tests

    given = [Path(path) for path in paths] or [_flows_of(connector)]
    found: dict[Path, None] = {}
    for path in given:
        if not path.exists():
            raise click.UsageError(f"There is no {path}.")
        for file in find_flow_tests(path):
            if not file.exists():
                raise click.UsageError(f"There is no {file} beside {path.name}.")
            found[file] = None
    if not found:
        where = ", ".join(map(str, given))
        text = "a flow test is a file NAME.test.json beside NAME.flow.json"
        raise click.UsageError(f"No flow tests in {where}; {text}.")
    return list(found)


def _flows_of(connector: Connector) -> Path:
    folder = connector.root / "flows"
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _load(connector: Connector, files: Sequence[Path]) -> tuple[list[FlowTest], list[ArgosyError]]:
    """Read the tests; return those that can run, and the errors of the others."""
    from argosy.errors import ConnectorError, FlowError
    from argosy.flow import FlowLibrary
    from argosy.testing import SnapshotFile, load_flow_test

    libraries: dict[Path, FlowLibrary] = {}
    tests: list[FlowTest] = []
    errors: list[ArgosyError] = []
    for file in files:
        library = libraries.setdefault(file.parent, FlowLibrary(file.parent))
        try:
            tests.append(load_flow_test(file, connector, library))
            SnapshotFile(file)
        except (FlowError, ConnectorError) as error:
            errors.append(error)
    return tests, errors


def _print_invalid(errors: Sequence[ArgosyError], *, as_json: bool) -> int:
    if as_json:
        print_json({"status": "invalid", "errors": [error.to_json() for error in errors]})
    else:
        for error in errors:
            print_error(error, as_json=False)
    return 2


def _chosen(tests: Sequence[FlowTest], expression: str) -> list[Planned]:
    from argosy.testing import Selection
    from argosy.testing.selection import SelectionError

    try:
        selection = Selection(expression)
    except SelectionError as error:
        raise click.UsageError(f"-k {error}") from error
    every = [(one, case) for one in tests for case in one.cases]
    found = [
        (one, case)
        for one, case in every
        if selection.chooses(one.path.name, one.flow.id, case.name)
    ]
    if not found:
        raise click.UsageError(f"-k {expression!r} matches none of the {len(every)} cases.")
    return found


def _snapshot_files(tests: Sequence[FlowTest]) -> dict[str, SnapshotFile]:
    from argosy.testing import SnapshotFile

    return {one.file: SnapshotFile(one.path) for one in tests}


def _results(
    connector: Connector,
    planned: Sequence[Planned],
    snapshots: Mapping[str, SnapshotFile],
    jobs: int,
    *,
    updates: bool,
) -> Iterator[CaseResult]:
    """Run cases, some at a time, and yield their results in the order they were planned."""
    from argosy.testing import Runner
    from argosy.transport import Cancellation

    cancellation = Cancellation()
    pool = ThreadPoolExecutor(jobs, "case")
    with Runner(connector, cancellation) as runner:
        futures = [
            pool.submit(
                runner.run, one, case, snapshots[one.file].of(case.name), updates_snapshots=updates
            )
            for one, case in planned
        ]
        try:
            for future in futures:
                yield future.result()
        finally:  # reached early by an interruption
            for future in futures:
                future.cancel()
            if any(not future.done() for future in futures):
                cancellation.cancel("the tests were interrupted")
            pool.shutdown()


def _coverage(tests: Sequence[FlowTest], results: Sequence[CaseResult]) -> dict[str, Coverage]:
    """Return what all cases together went through, by the tests' files."""
    from argosy.testing import Coverage

    covered = {place for result in results for place in result.covered}
    return {one.file: Coverage.of(one.flow, covered) for one in tests}


def _each_once(coverage: Mapping[str, Coverage]) -> list[Coverage]:
    """Return the coverage of each flow, also of one that two files test, once."""
    return list({one.file: one for one in coverage.values()}.values())


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--junit {path} cannot be written: {error.strerror}.") from error


def _update(
    snapshots: Mapping[str, SnapshotFile],
    tests: Sequence[FlowTest],
    results: Sequence[CaseResult],
) -> int:
    changed = 0
    for one in tests:
        own = [result for result in results if result.file == one.file]
        names = [case.name for case in one.cases]
        changed += snapshots[one.file].write(own, names)
    return changed


def _summary(
    results: Sequence[CaseResult], coverage: Mapping[str, Coverage], seconds: float
) -> dict[str, object]:
    counts = {name: sum(one.verdict == name for one in results) for name in STYLES}
    return {
        "status": "failed" if counts["failed"] else "passed",
        **counts,
        "seconds": round(seconds, 3),
        "cases": [one.to_json() for one in results],
        "coverage": [one.to_json() for one in _each_once(coverage)],
    }
