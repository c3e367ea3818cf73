"""What happens by itself later: jobs that run, tasks of a workflow, schedules that fall due.

Two kinds of entries. A *paced* one goes through the stages "running" and "done" as the pace
says: at once, after the client has looked N times, or after N seconds of the sandbox's clock.
A *timed* one is due at an epoch, whatever the pace. Nothing runs in the background: the gate
runs what is due before it serves a request, and whoever starts something calls `settle`. So
the same requests at the same times on the clock give the same answers.

A kind's handler is told the id and the stage. It must deal with its own failures, is not in a
transaction, and may put new entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from argosy.sandbox.settings import SetupError

if TYPE_CHECKING:
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.store import Store

Handler = Callable[[str, str], None]
"""Takes the id of what is due, and its stage."""

RUNNING: Final = "running"
DONE: Final = "done"
_NEVER: Final = math.inf
_MOST_AT_ONCE: Final = 100_000


class Pace(Struct, frozen=True):
    """How quickly paced things end: at once, after `count` looks, or after `count` seconds."""

    mode: Literal["immediate", "polls", "seconds"] = "immediate"
    count: float = 0

    @classmethod
    def parsed(cls, text: str) -> Pace:
        """Read `immediate`, `polls:N` or `seconds:N`; raise SetupError for anything else."""
        mode, colon, count = text.partition(":")
        if mode == "immediate" and not colon:
            return cls()
        try:
            number = float(count)
        except ValueError:
            number = -1
        is_right = number >= 0 if mode == "seconds" else number >= 1 and number == int(number)
        if mode not in {"polls", "seconds"} or not is_right or not math.isfinite(number):
            message = f"The pace {text!r} is none of immediate, polls:N, seconds:N."
            raise SetupError(message)
        return cls("polls" if mode == "polls" else "seconds", number)

    @property
    def text(self) -> str:
        """Write the pace as it is read."""
        return self.mode if self.mode == "immediate" else f"{self.mode}:{self.count:g}"


class Agenda:
    """The entries of a store, and the handlers of their kinds."""

    def __init__(self, store: Store, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._clock = clock
        self.pace = pace
        self.handlers: dict[str, Handler] = {}
        self._is_settling = False

    def start(self, kind: str, key: str, watch: str | None = None) -> None:
        """Put a paced entry; looks at `watch` count for it (default: `kind:key`)."""
        watch = watch or f"{kind}:{key}"
        now = self._clock.now()
        for stage, share in ((RUNNING, 0.5), (DONE, 1.0)):
            due, polls = now, None
            if self.pace.mode == "seconds":
                due = now + self.pace.count * share
            elif self.pace.mode == "polls":
                due, polls = _NEVER, math.ceil(self.pace.count * share)
            self._put(kind, key, stage, watch, due, polls)

    def at(self, kind: str, key: str, due: float, stage: str = DONE) -> None:
        """Put a timed entry, in place of one of the same kind, id and stage."""
        self._put(kind, key, stage, f"{kind}:{key}", due, None)

    def drop(self, kind: str, key: str) -> None:
        """Take an entry's stages off, so that they never happen."""
        self._store.note("DELETE FROM agenda WHERE kind = ? AND id = ?", [kind, int(key)])

    def due(self, kind: str, key: str) -> float | None:
        """Tell when the next stage of an entry is due; None if there is none."""
        sql = "SELECT min(due) FROM agenda WHERE kind = ? AND id = ?"
        found: float | None = self._store.note(sql, [kind, int(key)])[0][0]
        return found

    def look(self, watch: str) -> None:
        """Count that a client looked at something, and run what was waiting for that."""
        if self.pace.mode == "polls":
            now = self._clock.now()
            self._store.note(
                "UPDATE agenda SET polls = polls - 1, due = iif(polls <= 1, ?, due) "
                "WHERE watch = ? AND polls IS NOT NULL",
                [now, watch],
            )
        self.settle()

    def settle(self) -> None:
        """Run everything that is due by now, and what that makes due, in order."""
        if self._is_settling:
            return  # a handler started something: the loop below comes to it
        self._is_settling = True
        try:
            for _ in range(_MOST_AT_ONCE):
                entry = self._next()
                if entry is None:
                    return
                kind, key, stage = entry
                self.handlers[kind](str(key), stage)
        finally:
            self._is_settling = False

    def _put(
        self, kind: str, key: str, stage: str, watch: str, due: float, polls: int | None
    ) -> None:
        self._store.note(
            "INSERT OR REPLACE INTO agenda VALUES (?, ?, ?, ?, ?, ?, ?)",
            [kind, int(key), stage, watch, due, polls, self._store.count_up("agenda")],
        )

    def _next(self) -> tuple[str, int, str] | None:
        """Take the first entry that is due off the agenda."""
        rows = self._store.note(
            "SELECT kind, id, stage FROM agenda WHERE due <= ? ORDER BY due, position LIMIT 1",
            [self._clock.now()],
        )
        if not rows:
            return None
        kind, key, stage = rows[0]
        sql = "DELETE FROM agenda WHERE kind = ? AND id = ? AND stage = ?"
        self._store.note(sql, [kind, key, stage])
        return kind, key, stage
