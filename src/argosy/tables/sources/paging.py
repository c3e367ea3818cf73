"""Read a list page by page: on to the next, patient where that helps, never in a circle."""

from __future__ import annotations

import logging
import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from argosy.connections.probing.result import Remote
from argosy.errors import TableError, frames_of
from argosy.rendering import MISSING, encode_json
from argosy.tables.content import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from argosy.connections.probing.session import Called
    from argosy.model import Json, JsonObject

_LOG = logging.getLogger("argosy.tables")
Row = TypeVar("Row")
#: So many empty pages in a row are believed to lead on.
_MOST_EMPTY = 100
_MOST_CURSOR = 8_192


class RowSession(Protocol):
    """Calls the steps that a type declares for its tables: `argosy.connections.probing.session`.

    It signs in before the first call, and again where that has expired. Failures are TableErrors.
    """

    def call(self, step: str, **values: Json) -> Called:
        """Make a call; the step's templates read the values by their names."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a full reading waits for another system. Times are in seconds.

    A call is made at most `attempts` times. A system may ask for a pause of `most_pause`; all the
    pauses of one reading together last `total` at most, and none begins that would not end while
    there is time `left`.
    """

    attempts: int = 6
    first_pause: float = 1.0
    most_pause: float = 120.0
    total: float = 900.0
    sleep: Callable[[float], None] = time.sleep
    left: Callable[[], float] = lambda: math.inf


@dataclass(slots=True)
class Caller:
    """Makes the calls of one reading; without `patience` each is made once.

    `tally` counts the bytes of the answers.
    """

    session: RowSession
    patience: Patience | None = None
    tally: Tally = field(default_factory=Tally)
    _paused: float = 0.0

    def call(self, step: str, **values: Json) -> Called:
        """Make a call, again where that may help. Raises TableError."""
        attempt = 1
        while True:
            try:
                called = self.session.call(step, **values)
            except TableError as error:
                self._wait(error, attempt)
            else:
                self.tally.bytes_read += len(called.answer.body)
                return called
            attempt += 1

    def _wait(self, error: TableError, attempt: int) -> None:
        """Wait before the next attempt, or raise the error where that cannot help."""
        patience = self.patience
        if patience is None or not error.passes or attempt >= patience.attempts:
            raise error
        remote = error.facts.get("remote")
        asked = remote.retry_after if isinstance(remote, Remote) else None
        pause = asked or patience.first_pause * 2 ** (attempt - 1)
        most = min(patience.most_pause, patience.total - self._paused)
        if pause > most or pause >= patience.left():
            raise error
        self._paused += pause
        patience.sleep(pause)


@dataclass(slots=True)
class Trail:
    """Which pages have been read, so that no page leads back to one of them."""

    place: str
    _seen: set[bytes] = field(default_factory=set)
    _empty: int = 0

    def follow(self, cursor: Json, page: int, rows: int) -> None:
        """Note where a page leads. Raises TableError where that was before, or leads nowhere."""
        key = encode_json(cursor)
        self._empty = 0 if rows else self._empty + 1
        if key in self._seen:
            raise self._circle(f"page {page} leads back to a page that was read before.")
        if len(key) > _MOST_CURSOR:
            raise self._circle(f"page {page} names the next one in more than 8 KiB.")
        if self._empty > _MOST_EMPTY:
            raise self._circle(f"{_MOST_EMPTY} pages in a row are empty, and each leads on.")
        self._seen.add(key)

    def _circle(self, detail: str) -> TableError:
        return TableError(
            detail=detail,
            remedy="Reading has ended here; it is the other system's fault. Try again later.",
            status="unknown_error",
            reason="unreadable",
            passes=True,
            file=self.place,
        )


@contextmanager
def told_at(place: str) -> Iterator[None]:
    """Raise TableError in place of what odd answers do to code that believes the other system.

    Its documentation says which members an answer has, and of which types; an answer that lacks
    one, or has another there, is told as what cannot be read. Where it was found is logged, since
    it may be that code's fault.
    """
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        name, frames = type(error).__name__, frames_of(error)
        _LOG.warning("reading an answer failed with %s:\n%s", name, frames)
        raise TableError(
            detail="an answer is not of the form that it should have.",
            remedy="The other system may have changed its API, or a proxy stands in between.",
            status="unknown_error",
            reason="unreadable",
            file=place,
        ) from error


def pages_from(
    read: Callable[[Json, int], tuple[list[Row], Json]], place: str
) -> Iterator[list[Row]]:
    """Yield the rows of each page until one leads no further.

    `read` takes a cursor, MISSING for the first page, and the number of the page from 1; it
    returns the rows and the cursor of the next page, where nothing ends the list.
    """
    trail, cursor, page = Trail(place), MISSING, 1
    while True:
        rows, cursor = read(cursor, page)
        if cursor is MISSING or cursor is None or cursor == "":
            yield rows
            return
        trail.follow(cursor, page, len(rows))
        yield rows
        page += 1


def cut(pages: Iterable[list[JsonObject]], first: int | None) -> Iterator[list[JsonObject]]:
    """Yield pages that have rows, and of those the first rows only; all where that is None."""
    left = first
    for rows in pages:
        taken = rows if left is None else rows[:left]
        if taken:
            yield taken
        if left is not None:
            left -= len(taken)
            if not left:
                return
