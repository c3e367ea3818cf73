"""The report as text: each problem a clickable place, then what was found, then a hint."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.check.report import Report
    from argosy.model import Problem

_INDENT = "    "


def write(reports: Sequence[Report], width: int) -> str:
    """Write reports as text, sentences wrapped at `width`; several are headed by their folder."""
    if len(reports) == 1:
        return _report(reports[0], width)
    headed = (f"{_printable(str(r.connector))}:\n\n{_report(r, width)}" for r in reports)
    return "\n\n".join(headed)


def _report(report: Report, width: int) -> str:
    blocks = [_block(problem, width) for problem in report.problems]
    return "\n\n".join([*blocks, _summary(report)])


def _block(problem: Problem, width: int) -> str:
    lines = [f"{_printable(problem.place)}  {problem.code}  {problem.severity}"]
    lines.append(_wrapped(problem.message, width, _INDENT))
    if problem.hint:
        lines.append(_wrapped(f"Hint: {problem.hint}", width, _INDENT + "      "))
    return "\n".join(lines)


def _wrapped(text: str, width: int, indent: str) -> str:
    return textwrap.fill(
        _printable(" ".join(text.split())),
        width=max(width, 20),
        initial_indent=_INDENT,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _printable(text: str) -> str:
    """Escape what would steer a terminal; a file's name or a schema's hint may hold it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _summary(report: Report) -> str:
    if not report.problems:
        return f"{_count(report.files, 'file')} checked, no problems."
    errors = _count(report.errors, "error")
    warnings = _count(report.warnings, "warning")
    files = _count(len({problem.file for problem in report.problems}), "file")
    return f"{errors}, {warnings} in {files}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
