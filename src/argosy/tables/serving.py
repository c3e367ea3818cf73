"""Pages of a table's rows, for flows: a reading that waits for the next page, or begins anew.

A cursor says how many rows were given, of which source, and which was the last. While the reading
of the page before is still open the next page goes on with it; after a restart, or where it was
closed meanwhile, the table is read again up to there. A source that has changed since is told,
since its rows may have moved.

A reading outlasts whoever asks for its pages: it has an end of its own, which those that wait for
a page bring about when their time is up or they are cancelled, and nobody else.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from argosy.errors import TableError
from argosy.rendering import encode_json
from argosy.tables.terms import late
from argosy.transport import OWN_TERMS, Cancellation, Control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from argosy.model import JsonObject
    from argosy.tables.reader import TableReader

#: So many readings wait for their next page, each so many seconds.
MOST_WAITING = 16
LONGEST_WAIT = 120.0
#: A page ends with the row that brings it to so many bytes, as Arrow holds them.
MOST_BYTES = 8 * 1024 * 1024

_AGAIN = "Begin again without a cursor."
_LATE = "the time of whoever waited was up"


class OpenTable(Protocol):
    """Opens a stored table for reading, by the names of its connection and of itself."""

    def __call__(self, connection: str, table: str, control: Control) -> TableReader:
        """`control` ends the reading. Raises TableError, ServiceError, RunCancelledError."""
        ...

    def identity(self, connection: str, table: str) -> str:
        """Return what is another when the table is. Raises ServiceError."""
        ...


@dataclass(slots=True, eq=False)
class _Reading:
    """A reading that is given page by page; `ending` cuts off what is under way for it.

    `rest` holds the rows of the last batch from `at` on.
    """

    ending: Cancellation = field(default_factory=Cancellation)
    reader: TableReader | None = None
    identity: str = ""
    given: int = 0
    last: str = ""
    used: float = 0.0
    #: What it waits for: the page of a connection, a table and a cursor.
    awaits: tuple[str, str, str] = ("", "", "")
    rest: pa.RecordBatch | None = None
    at: int = 0

    def take(self, amount: int) -> list[JsonObject]:
        """Return up to `amount` rows, fewer where they are large, and none only at the end."""
        from argosy.tables.values import json_rows  # noqa: PLC0415 - an extra

        rows: list[JsonObject] = []
        left = MOST_BYTES
        while len(rows) < amount and left > 0 and (rest := self.ahead()) is not None:
            part = rest.slice(self.at, amount - len(rows))
            while part.num_rows > 1 and part.nbytes > left:
                part = part.slice(0, part.num_rows // 2)
            rows += json_rows(part)
            self.at += part.num_rows
            left -= part.nbytes
        self.given += len(rows)
        self.last = _mark(rows[-1]) if rows else ""
        return rows

    def skip(self, count: int) -> None:
        """Leave so many rows out that were given before, or all that there are."""
        from argosy.tables.values import json_rows  # noqa: PLC0415 - an extra

        while self.given < count and (rest := self.ahead()) is not None:
            step = min(count - self.given, rest.num_rows - self.at)
            self.at += step
            self.given += step
            if self.given == count:
                self.last = _mark(json_rows(rest.slice(self.at - 1, 1))[0])

    def ahead(self) -> pa.RecordBatch | None:
        """Return the batch that has the next row, None at the end."""
        while self.reader is not None and (self.rest is None or self.at == self.rest.num_rows):
            self.at, self.rest = 0, next(self.reader, None)
            if self.rest is None:
                return None
        return self.rest

    def close(self) -> None:
        """End it, without waiting for what it is just fetching."""
        self.ending.cancel("its reading was closed")
        if self.reader is not None:
            self.reader.close()


class TablePages:
    """Gives pages of rows of stored tables. Threads may share it; close it.

    A reading that nobody goes on with is closed, after twice its longest wait at most. `clock`
    gives seconds that only grow; `alarm` makes what calls back after so many of them.
    """

    def __init__(
        self,
        open_table: OpenTable,
        clock: Callable[[], float],
        alarm: Callable[[float, Callable[[], None]], threading.Timer] = threading.Timer,
    ) -> None:
        self._open = open_table
        self._clock = clock
        self._new_alarm = alarm
        self._alarm: threading.Timer | None = None
        #: The one that waits longest is the first; several may wait for the same page.
        self._waiting: list[_Reading] = []
        self._closings = 0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the readings that wait, and those under way once their page is read."""
        with self._lock:
            self._closings += 1
            alarm, self._alarm = self._alarm, None
        if alarm is not None:
            alarm.cancel()
        self._close_all(lambda _: True)

    def rows(
        self,
        connection: str,
        table: str,
        cursor: str,
        amount: int,
        control: Control = OWN_TERMS,
    ) -> JsonObject:
        """Return the next page of a table, as `argosy.sdk.TableService` describes it.

        Raises TableError, also for a cursor that is none or whose source has changed.
        """
        offset, version, last = _read(cursor) if cursor else (0, "", "")
        self._close_late()
        with self._lock:
            closings = self._closings
            reading = self._take((connection, table, cursor)) or _Reading()
        try:
            with _on_terms_of(control, reading.ending, self._clock):
                reader = self._opened(reading, connection, table)
                if reading.given < offset:
                    _go_on(reading, reader, offset, version, last)
                tally = reader.tally
                before = (tally.rows_refused, len(tally.refusals), len(tally.warnings))
                rows = reading.take(amount)
                is_last = reading.ahead() is None
        except BaseException:
            reading.close()
            raise
        following = "" if is_last else _write(reading.given, reader.version, reading.last)
        if is_last or reading.ending.is_cancelled:
            reading.close()
        else:
            reading.awaits = (connection, table, following)
            self._keep(reading, closings)
        refused = tally.rows_refused - before[0]
        return {
            "rows": rows,
            "cursor": following,
            "columns": _columns(reader),
            "rows_read": len(rows) + refused,
            "rows_refused": refused,
            "refusals": [one.to_json() for one in tally.refusals[before[1] :]],
            "warnings": tally.warnings[before[2] :] if cursor else list(tally.warnings),
        }

    def _opened(self, reading: _Reading, connection: str, table: str) -> TableReader:
        """Return the reader of a reading, opened unless it is. Raises TableError."""
        identity = self._open.identity(connection, table)
        if reading.reader is None:
            own = Control(sleep=reading.ending.wait, cancellation=reading.ending)
            reading.reader, reading.identity = self._open(connection, table, own), identity
        elif reading.identity != identity:
            raise _changed()
        return reading.reader

    def _take(self, key: tuple[str, str, str]) -> _Reading | None:
        found = next((one for one in reversed(self._waiting) if one.awaits == key), None)
        if found is not None:
            self._waiting.remove(found)
        return found

    def _keep(self, reading: _Reading, closings: int) -> None:
        """Have a reading wait, unless all were closed since there were so many closings."""
        reading.used = self._clock()
        with self._lock:
            is_closed = closings != self._closings
            over = reading if is_closed else None
            if not is_closed:
                self._waiting.append(reading)
                over = self._waiting.pop(0) if len(self._waiting) > MOST_WAITING else None
                self._set_alarm()
        if over is not None:
            over.close()

    def _set_alarm(self) -> None:
        """See to it that those that wait too long are closed, though nobody asks for a page."""
        if self._alarm is None and self._waiting:
            self._alarm = self._new_alarm(LONGEST_WAIT, self._wake)
            self._alarm.daemon = True
            self._alarm.start()

    def _wake(self) -> None:
        try:
            self._close_late()
        finally:
            with self._lock:
                self._alarm = None
                self._set_alarm()

    def _close_late(self) -> None:
        now = self._clock()
        self._close_all(lambda one: one.used <= now - LONGEST_WAIT)

    def _close_all(self, is_over: Callable[[_Reading], bool]) -> None:
        with self._lock:
            closing = [one for one in self._waiting if is_over(one)]
            self._waiting = [one for one in self._waiting if not is_over(one)]
        with ExitStack() as stack:  # each is closed, though another cannot be
            for one in closing:
                stack.callback(one.close)


def _columns(reader: TableReader) -> list[JsonObject]:
    from argosy.tables.formats.types import word_of  # noqa: PLC0415 - an extra

    return [
        {"name": one.name, "type": word_of(one.type), "nullable": one.nullable}
        for one in reader.schema
    ]


def _changed() -> TableError:
    return TableError(
        detail="the table or what it is read from has changed since the page before.",
        remedy=_AGAIN,
        reason="changed",
        status="unknown_error",
    )


@contextmanager
def _on_terms_of(
    control: Control, ending: Cancellation, clock: Callable[[], float]
) -> Iterator[None]:
    """Have a reading end with the time of whoever waits for it, or when they are cancelled.

    Raises TableError or RunCancelledError, whichever says so, in place of what came of it.
    """
    left = None if control.deadline is None else control.deadline - clock()
    if left is not None and left <= 0:
        raise late()
    alarm = threading.Timer(min(left or 0, threading.TIMEOUT_MAX), ending.cancel, [_LATE])
    alarm.daemon = True
    if control.cancellation is not None:
        control.cancellation.hold(ending)
    try:
        if left is not None:
            alarm.start()
        yield
    except Exception as error:
        if ending.is_cancelled and ending.reason == _LATE:
            raise late() from error
        ending.check()
        raise
    finally:
        if left is not None:
            alarm.cancel()
            alarm.join()
        if control.cancellation is not None:
            control.cancellation.let_go(ending)


def _go_on(reading: _Reading, reader: TableReader, offset: int, version: str, last: str) -> None:
    """Read again up to where the page before ended. Raises TableError where that has moved."""
    if reader.version != version:
        raise _changed()
    reading.skip(offset)
    if reading.given < offset:
        raise TableError(
            detail=f"the table has {reading.given:,} rows, and the cursor is behind them.",
            remedy=_AGAIN,
            reason="changed",
            status="unknown_error",
        )
    if reading.last != last:
        raise _changed()
    reading.ahead()  # as the page before has done: what was refused up to there was told with it


def _mark(row: JsonObject) -> str:
    """Return what is another when a row is."""
    return sha256(encode_json(row)).hexdigest()[:16]


def _write(offset: int, version: str, last: str) -> str:
    text = json.dumps([offset, version, last], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str, str]:
    """Return how many rows were given, of which source, and which was the last.

    Raises TableError.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        offset, version, last = found
    except (binascii.Error, ValueError, TypeError, RecursionError):
        offset, version, last = None, None, None
    is_text = isinstance(version, str) and isinstance(last, str)
    if type(offset) is not int or offset <= 0 or not is_text:
        raise TableError(
            detail="this is not a cursor that a page of rows gave.",
            remedy=_AGAIN,
            reason="bad_shape",
        )
    return offset, version, last
