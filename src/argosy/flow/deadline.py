"""When a run or a step has to be over."""

from __future__ import annotations

from dataclasses import dataclass

from argosy.errors import RunTimedOutError, StepTimedOutError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the ports' clock, `seconds` after its run or step began.

    `path` is the step's, empty for the run's own. What runs within a step has the step's
    deadline too, so the error that comes of it says whose time was up.
    """

    at: float
    seconds: float
    path: str = ""

    def check(self, now: float) -> None:
        """Raise RunTimedOutError or StepTimedOutError where the time is up."""
        if now >= self.at:
            raise self.error()

    def error(self) -> RunTimedOutError | StepTimedOutError:
        """Return the error that says so."""
        seconds = f"{self.seconds:g}"
        if self.path:
            return StepTimedOutError(seconds=seconds, path=self.path)
        return RunTimedOutError(seconds=seconds)
