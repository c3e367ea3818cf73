"""Results as JUnit XML: a suite for each file, the trace in what failed, coverage as properties."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from argosy.testing.trace import trace_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from argosy.testing.coverage import Coverage
    from argosy.testing.result import CaseResult

#: What XML 1.0 cannot hold, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(
    results: Iterable[CaseResult], coverage: Mapping[str, Coverage], seconds: float
) -> str:
    """Return a document with all results, which come file by file, as `coverage` is."""
    root = ET.Element("testsuites", name="argosy test")
    suites = [_suite(file, list(found), coverage) for file, found in groupby(results, _file)]
    root.extend(suites)
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", f"{seconds:.3f}")
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _file(result: CaseResult) -> str:
    return result.file


def _suite(
    file: str, results: Sequence[CaseResult], coverage: Mapping[str, Coverage]
) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=_clean(file),
        tests=str(len(results)),
        failures=str(sum(result.verdict == "failed" for result in results)),
        errors="0",
        skipped=str(sum(result.verdict == "skipped" for result in results)),
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    if file in coverage:
        suite.append(_properties(coverage[file]))
    suite.extend(_case(result) for result in results)
    return suite


def _properties(coverage: Coverage) -> ET.Element:
    properties = ET.Element("properties")
    for what, (covered, total) in coverage.counts.items():
        values = {f"coverage.{what}": f"{covered}/{total}"}
        if coverage.missed[what]:
            values[f"coverage.{what}.missed"] = ", ".join(coverage.missed[what])
        for name, value in values.items():
            ET.SubElement(properties, "property", name=name, value=_clean(value))
    return properties


def _case(result: CaseResult) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=_clean(result.flow),
        name=_clean(result.name),
        file=_clean(result.file),
        time=f"{result.seconds:.3f}",
    )
    if result.verdict == "skipped":
        ET.SubElement(case, "skipped", message=_clean(result.reason))
    elif result.verdict == "failed":
        first = result.mismatches[0].message if result.mismatches else result.reason
        failure = ET.SubElement(case, "failure", message=_clean(first), type="mismatch")
        failure.text = _clean("\n".join(trace_lines(result)))
    return case


def _clean(text: str) -> str:
    return _ILLEGAL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
