"""Write a report: as text for people, as JSON, as SARIF, as a workflow's annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.formats import document, github, plain, sarif
from argosy.check.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: The formats by name; each takes reports and the width of a line, which only text has.
FORMATS: Mapping[str, Callable[[Sequence[Report], int], str]] = {
    "text": plain.write,
    "json": document.write,
    "sarif": sarif.write,
    "github": github.write,
}


def render(reports: Report | Sequence[Report], form: str, *, width: int = 100) -> str:
    """Write one report or several as one document; `width` is the text's, in characters.

    There is no line end at the end. What UTF-8 cannot carry (a file's name may be any bytes)
    is written with backslashes. Raises KeyError for a format that there is not.
    """
    given = (reports,) if isinstance(reports, Report) else reports
    return FORMATS[form](given, width).encode("utf-8", "backslashreplace").decode()
