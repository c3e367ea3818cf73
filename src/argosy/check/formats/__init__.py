"""Write a report: as text for people, as JSON, as SARIF, as a workflow's annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.formats import document, github, plain, sarif

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.check.report import Report

#: The formats by name; each takes the report and the width of a line, which only text has.
FORMATS: Mapping[str, Callable[[Report, int], str]] = {
    "text": plain.write,
    "json": document.write,
    "sarif": sarif.write,
    "github": github.write,
}


def render(report: Report, form: str, *, width: int = 100) -> str:
    """Write a report in one of `FORMATS`; `width` is the text's, in characters.

    There is no line end at the end. What UTF-8 cannot carry (a file's name may be any bytes)
    is written with backslashes. Raises KeyError for a format that there is not.
    """
    return FORMATS[form](report, width).encode("utf-8", "backslashreplace").decode()
