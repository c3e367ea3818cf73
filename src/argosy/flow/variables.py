"""Where variables are kept that outlive a run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.model import Json


#: Stands for all flows where a store asks whose a variable is.
SHARED: Final = ""


class VariableStore(Protocol):
    """Keeps the variables whose scope is `flow` or `shared`.

    `owner` is the id of the flow, or empty (`SHARED`) for those that all flows share.
    """

    def load(self, owner: str) -> Mapping[str, Json]:
        """Return what is kept of the variables of an owner, by name."""

    def change(self, owner: str, name: str, first: Json, change: Callable[[Json], Json]) -> Json:
        """Change a variable by what it is, `first` where none is kept, and return it.

        Nobody else's change comes in between.
        """


class MemoryVariables:
    """Keeps them as long as the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, dict[str, Json]] = {}

    def load(self, owner: str) -> Mapping[str, Json]:
        """Return what is kept of the variables of an owner."""
        with self._lock:
            return dict(self._kept.get(owner, {}))

    def change(self, owner: str, name: str, first: Json, change: Callable[[Json], Json]) -> Json:
        """Change a variable."""
        with self._lock:
            kept = self._kept.setdefault(owner, {})
            kept[name] = change(kept.get(name, first))
            return kept[name]
