"""The report as GitHub workflow commands, which show as annotations at the files.

A command is a line `::error file=…,title=…::message`. Its parts are escaped as GitHub's
toolkit does: per cent signs and line ends everywhere, colons and commas in properties too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.check.report import Report
    from argosy.model import Problem


def write(reports: Sequence[Report], _width: int) -> str:
    """Write one command a problem; nothing where there is no problem.

    A file's path starts with the connector's folder as it was given, since annotations are
    placed relative to the repository.
    """
    return "\n".join(_command(p, report) for report in reports for p in report.problems)


def _command(problem: Problem, report: Report) -> str:
    file = (report.connector / problem.file).as_posix()
    message = f"{problem.pointer}: {problem.message}" if problem.pointer else problem.message
    if problem.hint:
        message += f"\nHint: {problem.hint}"
    properties = f"file={_property(file)},title={_property(problem.code)}"
    return f"::{problem.severity} {properties}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
