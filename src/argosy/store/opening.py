"""Open the store that an address names, and bring it to the schema of this release.

An SQLite file is its owner's alone (0600), and so is a folder made for it: only the data folder
is made, since any other is a slip of the pen where it is not there. It is in WAL mode:
readers and the writer do not wait for each other, and a process that is killed leaves a whole
store.
"""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

from argosy.errors import MissingExtraError, StoreAddressError, StoreError, StoreUnavailableError
from argosy.store.migrating import migrate
from argosy.store.store import WRITES, Store, reason_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

_BUSY_PAUSE = 0.02
_POSTGRES = {"postgres", "postgresql", "postgresql+psycopg"}


def open_store(
    url: str,
    *,
    create: bool = True,
    folder: Path | None = None,
    wait: float = 30.0,
    sleep: Callable[[float], None] = time.sleep,
) -> Store:
    """Open a store: `sqlite:///FILE` or `postgresql://USER@HOST/DATABASE`.

    Migrations run here, under a lock. With `create` False, a store that is not there is an error.
    `folder` is made, as its owner's alone, where the file lies in it; another must be there.
    `wait` is how many seconds to wait for other writers. Raises StoreAddressError,
    StoreUnavailableError, StoreTooNewError, StoreError where the database refuses what a store
    needs, and MissingExtraError where the driver is missing.
    """
    address = _read_address(url)
    is_sqlite = address.drivername == "sqlite"
    file = Path(address.database or "").absolute() if is_sqlite else None
    if file is not None:
        _prepare_file(file, folder, create=create)
    engine = _sqlite_engine(address, wait) if is_sqlite else _postgres_engine(address, wait)
    try:
        if is_sqlite:
            _turn_on_wal(engine, wait, sleep)
        migrate(engine, create=create)
    except (OperationalError, InterfaceError) as error:
        engine.dispose()
        raise StoreUnavailableError(detail=reason_of(error)) from error
    except DBAPIError as error:
        engine.dispose()
        raise StoreError(detail=reason_of(error)) from error
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, wait=wait, folder=file.parent if file else None)


def _read_address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        # the text may hold a password, and so may what the parser says about it
        raise StoreAddressError(detail="it is not an address.") from None
    if address.drivername in _POSTGRES:
        if not address.database:
            raise StoreAddressError(detail="it names no database on the PostgreSQL server.")
        return address.set(drivername="postgresql+psycopg")
    if address.drivername != "sqlite":
        raise StoreAddressError(detail=f"{address.drivername!r} is not a database known here.")
    if address.host or not address.database or address.database == ":memory:":
        raise StoreAddressError(detail="sqlite:// names no file; a relative one has three slashes.")
    return address


def _prepare_file(file: Path, folder: Path | None, *, create: bool) -> None:
    try:
        if not create and not file.is_file():
            raise StoreAddressError(detail=f"there is no file {file}.")
        if folder is not None and file.parent == folder.absolute():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not file.parent.exists():
            raise StoreAddressError(detail=f"there is no folder {file.parent}; make it first.")
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
    except OSError as error:
        raise StoreAddressError(detail=f"{file}: {error.strerror}.") from error


def _sqlite_engine(address: URL, wait: float) -> Engine:
    engine = create_engine(
        address,
        hide_parameters=True,
        pool_size=5,
        max_overflow=45,
        pool_timeout=wait,
        connect_args={"timeout": wait},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # transactions are begun below, so that DDL is in them too
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgres_engine(address: URL, wait: float) -> Engine:
    milliseconds = int(wait * 1000)
    try:
        return create_engine(
            address,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=5,
            max_overflow=45,
            pool_timeout=wait,
            connect_args={
                "connect_timeout": 10,
                "options": f"-c lock_timeout={milliseconds}"
                " -c idle_in_transaction_session_timeout=60000",
            },
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError(what="A PostgreSQL store", extra="postgres") from error


def _turn_on_wal(engine: Engine, wait: float, sleep: Callable[[float], None]) -> None:
    """Switch the file to WAL, which it then stays in.

    SQLite does not wait for others here, so two processes that open a new file at once do so by
    themselves.
    """
    pauses = max(1, int(wait / _BUSY_PAUSE))
    for left in range(pauses, -1, -1):
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.DatabaseError as error:
            if "locked" not in str(error):
                raise StoreAddressError(detail=f"{error}.") from error
            if not left:
                raise StoreUnavailableError(detail=f"{error}.") from error
        else:
            return
        finally:
            connection.close()
        sleep(_BUSY_PAUSE)
