"""Run flow tests: `NAME.test.json` beside `NAME.flow.json`.

    with Runner(argosy.load()) as runner:
        test = load_flow_test(Path("flows/greet.test.json"), runner.connector)
        results = [runner.run(test, case) for case in test.cases]

A test is read and checked as a whole (`loading`), each case is run against a sandbox of its own
state on a clock of its own (`running`), and what came out is compared with what the case expects
(`expectations`, `matching`). A result is a value; text, JSON and JUnit XML are renderings of it
(`trace`, `junit`). The command line and the pytest plugin are both made of these parts.

Names load on first use, so that pytest pays nothing where there are no flow tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argosy.testing.cases import Case, FlowTest
    from argosy.testing.coverage import Coverage
    from argosy.testing.junit import junit_xml
    from argosy.testing.loading import find_flow_tests, load_flow_test
    from argosy.testing.result import CaseResult, Difference, Mismatch
    from argosy.testing.running import Runner
    from argosy.testing.selection import Selection
    from argosy.testing.snapshots import SnapshotFile
    from argosy.testing.trace import trace_lines

__all__ = [
    "Case",
    "CaseResult",
    "Coverage",
    "Difference",
    "FlowTest",
    "Mismatch",
    "Runner",
    "Selection",
    "SnapshotFile",
    "find_flow_tests",
    "junit_xml",
    "load_flow_test",
    "trace_lines",
]

_HOMES = {
    "Case": "cases",
    "CaseResult": "result",
    "Coverage": "coverage",
    "Difference": "result",
    "FlowTest": "cases",
    "Mismatch": "result",
    "Runner": "running",
    "Selection": "selection",
    "SnapshotFile": "snapshots",
    "find_flow_tests": "loading",
    "junit_xml": "junit",
    "load_flow_test": "loading",
    "trace_lines": "trace",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'argosy.testing' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"argosy.testing.{_HOMES[name]}"), name)
