"""Pages of a table's rows, for flows: a reading that waits for the next page, or begins anew.

A cursor says how many rows were given and of which source. While the reading of the page before
is still open the next page goes on with it; after a restart, or where it was closed meanwhile,
the table is read again up to there. A source that has changed since is told, since its rows may
have moved.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from argosy.errors import TableError
from argosy.transport import OWN_TERMS, Control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.model import JsonObject
    from argosy.tables.reader import TableReader

#: So many readings wait for their next page, each so many seconds.
MOST_WAITING = 16
LONGEST_WAIT = 120.0

_AGAIN = "Begin again without a cursor."


class OpenTable(Protocol):
    """Opens a stored table for reading, by the names of its connection and of itself."""

    def __call__(self, connection: str, table: str, control: Control) -> TableReader:
        """`control` may be steered while it is read. Raises TableError, ServiceError."""
        ...

    def identity(self, connection: str, table: str) -> str:
        """Return what is another when the table is. Raises ServiceError."""
        ...


@dataclass(slots=True)
class _Reading:
    reader: TableReader
    pages: Iterator[list[JsonObject]]
    identity: str
    control: Control
    given: int = 0
    rest: list[JsonObject] = field(default_factory=list)
    used: float = 0.0

    def take(self, amount: int) -> list[JsonObject]:
        """Return up to `amount` rows; afterwards `rest` is empty only at the end."""
        while len(self.rest) <= amount:
            more = next(self.pages, None)
            if more is None:
                break
            self.rest += more
        rows, self.rest = self.rest[:amount], self.rest[amount:]
        self.given += len(rows)
        return rows


class TablePages:
    """Gives pages of rows of stored tables. Threads may share it; close it.

    `clock` gives seconds that only grow.
    """

    def __init__(self, open_table: OpenTable, clock: Callable[[], float]) -> None:
        self._open = open_table
        self._clock = clock
        self._waiting: OrderedDict[tuple[str, str, str], _Reading] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the readings that wait for their next page."""
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
        now = self._clock()
        self._close_all(lambda one: one.used < now - LONGEST_WAIT)
        reading = self._find(connection, table, cursor, control)
        tally = reading.reader.tally
        before = (tally.rows_refused, len(tally.refusals), len(tally.warnings))
        try:
            rows = reading.take(amount)
        except BaseException:
            reading.reader.close()
            raise
        following = ""
        _steer(reading.control, OWN_TERMS)  # what is fetched ahead has nobody's deadline
        if reading.rest:
            following = _write(reading.given, reading.reader.version)
            self._keep((connection, table, following), reading)
        else:
            reading.reader.close()
        refused = tally.rows_refused - before[0]
        return {
            "rows": rows,
            "cursor": following,
            "columns": _columns(reading.reader),
            "rows_read": len(rows) + refused,
            "rows_refused": refused,
            "refusals": [one.to_json() for one in tally.refusals[before[1] :]],
            "warnings": tally.warnings[before[2] :] if cursor else list(tally.warnings),
        }

    def _find(self, connection: str, table: str, cursor: str, control: Control) -> _Reading:
        """Return the reading that goes on at a cursor."""
        offset, version = _read(cursor) if cursor else (0, "")
        with self._lock:
            waiting = self._waiting.pop((connection, table, cursor), None) if cursor else None
        if waiting is not None:
            if waiting.identity == self._open.identity(connection, table):
                _steer(waiting.control, control)
                return waiting
            waiting.reader.close()
            raise _changed()
        identity, own = self._open.identity(connection, table), Control()
        _steer(own, control)
        reader = self._open(connection, table, own)
        from argosy.tables.values import json_rows  # noqa: PLC0415 - an extra

        reading = _Reading(reader, (json_rows(batch) for batch in reader), identity, own)
        try:
            self._go_on(reading, offset, version)
        except BaseException:
            reader.close()
            raise
        return reading

    def _go_on(self, reading: _Reading, offset: int, version: str) -> None:
        """Read up to where the page before ended. Raises TableError."""
        if offset and reading.reader.version != version:
            raise _changed()
        while reading.given < offset:
            if not reading.take(min(offset - reading.given, 10_000)):
                raise TableError(
                    detail=f"the table has {reading.given:,} rows, and the cursor is behind them.",
                    remedy=_AGAIN,
                    reason="changed",
                    status="unknown_error",
                )

    def _keep(self, key: tuple[str, str, str], reading: _Reading) -> None:
        reading.used = self._clock()
        with self._lock:
            same = self._waiting.pop(key, None)
            self._waiting[key] = reading
            over = [] if len(self._waiting) <= MOST_WAITING else [self._waiting.popitem(last=False)]
        for one in (same, *(reading for _, reading in over)):
            if one is not None:
                one.reader.close()

    def _close_all(self, is_over: Callable[[_Reading], bool]) -> None:
        with self._lock:
            over = [key for key, one in self._waiting.items() if is_over(one)]
            closing = [self._waiting.pop(key) for key in over]
        for one in closing:
            one.reader.close()


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


def _steer(own: Control, control: Control) -> None:
    """Have a reading go by the terms of whoever asks for its next page."""
    own.deadline, own.sleep = control.deadline, control.sleep
    own.cancellation = control.cancellation


def _write(offset: int, version: str) -> str:
    text = json.dumps([offset, version], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    """Return what a cursor says. Raises TableError."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        offset, version = found
    except (binascii.Error, ValueError, TypeError, RecursionError):
        offset, version = None, None
    if type(offset) is not int or offset < 0 or not isinstance(version, str):
        raise TableError(
            detail="this is not a cursor that a page of rows gave.",
            remedy=_AGAIN,
            reason="bad_shape",
        )
    return offset, version
