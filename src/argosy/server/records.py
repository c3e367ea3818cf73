"""The latest runs of a process, kept in memory."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.flow import Run


class RunRing:
    """The latest runs with all their steps, oldest first; the oldest makes room for a new one.

    What `Run.to_json` gives of a run is without secrets.
    """

    def __init__(self, size: int) -> None:
        self._runs: deque[Run] = deque(maxlen=size)
        self._lock = threading.Lock()

    def add(self, run: Run) -> None:
        """Keep a run."""
        with self._lock:
            self._runs.append(run)

    def find(self, run_id: str) -> Run | None:
        """Return the run of this id, or None where it is not kept any more."""
        return next((run for run in reversed(self.latest()) if run.id == run_id), None)

    def latest(self) -> list[Run]:
        """Return the runs, oldest first."""
        with self._lock:
            return list(self._runs)
