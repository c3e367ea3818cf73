"""The dispatchers that flows call with: of connections that were given, and of stored ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, ValuesView
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from argosy.dispatch import Dispatcher
    from argosy.model import Connection

#: Gives the connection of a name. Raises KeyError where there is none.
FindConnection = Callable[[str], "Connection"]

#: How many seconds a stored connection is taken for what it was.
KEPT = 1.0


class _Found(NamedTuple):
    connection: Connection
    dispatcher: Dispatcher
    until: float


class Dispatchers(Mapping[str, "Dispatcher"]):
    """Dispatchers by the name of their connection.

    What is not `given` is found when it is asked for, and again after `KEPT` seconds, so that a
    connection which was changed is soon used as it is then; its dispatcher is kept as long as it
    stays the same. It holds no more than it was asked for: listing it lists those, and looks
    nothing up.
    """

    def __init__(
        self,
        given: Mapping[str, Dispatcher],
        find: FindConnection,
        open_: Callable[[Connection], Dispatcher],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._given = given
        self._find = find
        self._open = open_
        self._clock = clock
        self._found: dict[str, _Found] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Dispatcher:
        """Return a dispatcher. Raises KeyError where there is no such connection.

        Raises what finding one raises where that is another error, and keeps what it had then.
        """
        given = self._given.get(name)
        if given is not None:
            return given
        now = self._clock()
        known = self._found.get(name)
        if known is not None and now < known.until:
            return known.dispatcher
        try:
            connection = self._find(name)
        except KeyError:
            with self._lock:
                self._found.pop(name, None)
            raise
        with self._lock:
            known = self._found.get(name)
            if known is None or known.connection != connection:
                # a run may still call with the one of before: it closes when nobody has it any more
                made = self._open(connection)
            else:
                made = known.dispatcher
            self._found[name] = _Found(connection, made, now + KEPT)
            return made

    def __iter__(self) -> Iterator[str]:
        """Yield the names that are given or were asked for."""
        with self._lock:
            return iter([*self._given, *self._found])

    def values(self) -> ValuesView[Dispatcher]:
        """Return the dispatchers that are open."""
        with self._lock:
            found = {name: one.dispatcher for name, one in self._found.items()}
        return {**self._given, **found}.values()

    def __len__(self) -> int:
        """Return how many those are."""
        return len(self._given) + len(self._found)
