"""The outcome of a check, a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.model import JsonObject, Problem


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found.

    `connector` is the connector's folder as it was given, or that of the flows where those alone
    were checked, and a problem's file is relative to it. Problems are sorted by file and place.
    `files` counts the files that were looked at.
    """

    connector: Path
    problems: tuple[Problem, ...]
    files: int

    @property
    def failed(self) -> bool:
        """Whether there is an error; warnings alone are no failure."""
        return self.errors > 0

    @property
    def errors(self) -> int:
        """How many of the problems are errors."""
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def warnings(self) -> int:
        """How many of the problems are warnings."""
        return len(self.problems) - self.errors

    def to_json(self) -> JsonObject:
        """Return the report as a JSON object."""
        return {
            "connector": str(self.connector),
            "failed": self.failed,
            "files": self.files,
            "errors": self.errors,
            "warnings": self.warnings,
            "problems": [problem.to_json() for problem in self.problems],
        }
