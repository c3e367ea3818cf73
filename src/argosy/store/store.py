"""An open store: reads that see one moment, and writes that take turns.

SQLite lets one writer in at a time, so that what a write has read is still so when it commits.
On PostgreSQL a lock gives the same: whoever writes code against one database has written it for
both. Settings change rarely; turns cost nothing that anybody notices.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from argosy.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Connection, Engine

#: The execution option that tells a write's transaction from a read's.
WRITES = "argosy_writes"
#: Any number, the same in every process, that no other program's advisory lock is likely to have.
WRITE_LOCK = 0x6172_676F_7379_0001
_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


class Store:
    """What `open_store` gives: `write()`, `read()`, `close()`; a context manager that closes.

    `folder` is where an SQLite file lies, None on PostgreSQL. A store may be used by many
    threads; a process that forks opens its own. `wait` is how many seconds a write waits for its
    turn.
    """

    def __init__(self, engine: Engine, *, wait: float, folder: Path | None = None) -> None:
        self.folder = folder
        self._engine = engine
        self._wait = wait
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._turn = threading.Lock()
        self._mine = threading.local()

    def __repr__(self) -> str:
        return f"<Store {self._engine.url.render_as_string(hide_password=True)}>"

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def database(self) -> str:
        """Which database this is: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give the connection of a write transaction: kept whole at the end, or not at all.

        Waits for its turn; what it reads cannot change before it ends, so keep it short: no
        network and no password hashing inside. A write within a write of the same thread raises
        RuntimeError, since it would wait for itself. Raises StoreUnavailableError.
        """
        if getattr(self._mine, "writes", False):
            msg = "a write within a write would wait for itself: hand its connection on"
            raise RuntimeError(msg)
        self._mine.writes = True
        try:
            with self._in_turn(), self._transaction(writes=True) as connection:
                if not self._is_sqlite:
                    connection.execute(select(func.pg_advisory_xact_lock(WRITE_LOCK)))
                yield connection
        finally:
            self._mine.writes = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection that sees the store as it is now, until the end; it cannot write.

        Raises StoreUnavailableError.
        """
        with self._transaction(writes=False) as connection:
            if not self._is_sqlite:
                connection.execute(_ONE_MOMENT)
            yield connection

    def close(self) -> None:
        """Close all connections; a store that is closed may be closed again."""
        self._engine.dispose()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Queue the threads of this process: SQLite's own waiting looks again now and then."""
        if not self._is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._wait):
            raise StoreUnavailableError(detail=f"others have been writing for {self._wait:g} s.")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        try:
            opened = self._engine.connect().execution_options(**{WRITES: writes})
            with opened as connection, connection.begin():
                yield connection
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            raise StoreUnavailableError(detail=reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """Return the database's own first line about an error, without statement and values."""
    said: Any = getattr(error, "orig", None) or error
    return str(said).strip().partition("\n")[0].rstrip(".") + "."
