"""What a case comes to: a value that text, JSON and JUnit XML are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model import Json, JsonObject
    from argosy.testing.coverage import Place

Verdict = Literal["passed", "failed", "skipped"]


class _Absent:
    """The type of `ABSENT`."""

    def __repr__(self) -> str:
        return "nothing"


#: Stands in a difference where one side has nothing.
ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which a value is not what was expected; `path` leads there."""

    path: tuple[str | int, ...]
    expected: Json
    found: Json

    def to_json(self) -> JsonObject:
        """Return the difference as a JSON object; a side that has nothing is left out."""
        shown: JsonObject = {"path": list(self.path)}
        if self.expected is not ABSENT:
            shown["expected"] = self.expected
        if self.found is not ABSENT:
            shown["found"] = self.found
        return shown


@dataclass(frozen=True, slots=True)
class Mismatch:
    """An expectation that was not met. `pointer` is its place in the test's file."""

    pointer: str
    message: str
    differences: tuple[Difference, ...] = ()

    def to_json(self) -> JsonObject:
        """Return the mismatch as a JSON object."""
        shown: JsonObject = {"pointer": self.pointer, "message": self.message}
        if self.differences:
            shown["differences"] = [one.to_json() for one in self.differences]
        return shown


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The outcome of one case, without secrets.

    `seconds` is real time. `run` is the run's record, None where there was none. `reason` is why
    a case was skipped, or why it could not be run. `snapshots` are the values that the case
    compares with its file, by the expectation's place within the case; `covered` is what of the
    flows it went through.
    """

    file: str
    flow: str
    name: str
    verdict: Verdict
    seconds: float = 0.0
    reason: str = ""
    mismatches: tuple[Mismatch, ...] = ()
    run: JsonObject | None = None
    snapshots: Mapping[str, Json] = field(default_factory=dict)
    covered: frozenset[Place] = frozenset()

    def to_json(self) -> JsonObject:
        """Return the result as a JSON object; the run only where the case failed."""
        shown: JsonObject = {
            "file": self.file,
            "flow": self.flow,
            "name": self.name,
            "status": self.verdict,
            "seconds": round(self.seconds, 3),
        }
        if self.reason:
            shown["reason"] = self.reason
        if self.verdict == "failed":
            shown["mismatches"] = [one.to_json() for one in self.mismatches]
            shown["run"] = self.run
        return shown
