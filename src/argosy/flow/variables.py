"""Where variables are kept that outlive a run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.model import Json


class VariableStore(Protocol):
    """Keeps the variables of flows whose scope is `flow`."""

    def load(self, flow: str) -> Mapping[str, Json]:
        """Return what is kept of a flow's variables, by name."""

    def change(self, flow: str, name: str, first: Json, change: Callable[[Json], Json]) -> Json:
        """Change a variable by what it is, `first` where none is kept, and return it.

        Nobody else's change comes in between.
        """


class MemoryVariables:
    """Keeps them as long as the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, Json]] = {}

    def load(self, flow: str) -> Mapping[str, Json]:
        """Return what is kept of a flow's variables."""
        with self._lock:
            return dict(self._kept.get(flow, {}))

    def change(self, flow: str, name: str, first: Json, change: Callable[[Json], Json]) -> Json:
        """Change a variable."""
        with self._lock:
            kept = self._kept.setdefault(flow, {})
            kept[name] = change(kept.get(name, first))
            return kept[name]
