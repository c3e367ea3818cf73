"""Keep a region's whole state under a name, and go back to it.

In memory a snapshot is another pair of databases in memory; with a data folder it is a folder
of its own in `snapshots/`. A reset leaves the snapshots there. Where the sandbox has not been
started anew since, its randomness goes back too, so that the same requests make the same ids.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from argosy.sandbox.store import FACTS, ROWS, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.store import Store

NAME: Final = r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}"
_FOLDER: Final = "snapshots"


class Snapshots:
    """The snapshots of a store."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store = store
        self._randomness = randomness
        self._in_memory: dict[str, sqlite3.Connection] = {}
        self._places: dict[str, object] = {}

    def names(self) -> list[str]:
        """Give the names, in order."""
        folder = self._folder()
        if folder is None:
            return sorted(self._in_memory)
        return sorted(one.name for one in folder.glob("*") if re.fullmatch(NAME, one.name))

    def take(self, name: str) -> None:
        """Keep the state under a name that matches NAME, in place of what was there."""
        self.remove(name)
        rows = self._store.rows
        with self._attached(name, is_new=True) as catalog, self._facts(name) as facts:
            rows.execute(f"COPY FROM DATABASE td TO {catalog}")
            self._store.facts.backup(facts)
        self._places[name] = self._randomness.place()

    def restore(self, name: str) -> None:
        """Go back to a snapshot, which must be there."""
        rows = self._store.rows
        with self._attached(name) as catalog, self._facts(name) as facts:
            rows.execute("BEGIN")
            try:
                self._store.drop_rows()
                rows.execute(f"COPY FROM DATABASE {catalog} TO td")
            except BaseException:
                rows.execute("ROLLBACK")
                raise
            rows.execute("COMMIT")
            facts.backup(self._store.facts)
        self._store.forget()
        if name in self._places:
            self._randomness.go_back(self._places[name])

    def remove(self, name: str) -> None:
        """Forget a snapshot, if it is there."""
        self._places.pop(name, None)
        folder = self._folder()
        if folder is not None:
            shutil.rmtree(folder / name, ignore_errors=True)
        elif name in self._in_memory:
            self._in_memory.pop(name).close()
            self._store.rows.execute(f"DETACH {_catalog(name)}")

    def close(self) -> None:
        """Let go of what is kept in memory."""
        for name in list(self._in_memory):
            self.remove(name)

    def _folder(self) -> Path | None:
        return None if self._store.folder is None else self._store.folder / _FOLDER

    @contextmanager
    def _attached(self, name: str, *, is_new: bool = False) -> Iterator[str]:
        """Attach a snapshot's rows, and give what SQL calls them."""
        catalog = _catalog(name)
        folder = self._folder()
        if folder is None:
            if is_new:
                self._store.rows.execute(f"ATTACH ':memory:' AS {catalog}")
            yield catalog
            return
        (folder / name).mkdir(parents=True, exist_ok=True)
        where = str(folder / name / ROWS).replace("'", "''")
        self._store.rows.execute(f"ATTACH '{where}' AS {catalog} (TYPE duckdb)")
        try:
            yield catalog
        finally:
            self._store.rows.execute(f"DETACH {catalog}")

    @contextmanager
    def _facts(self, name: str) -> Iterator[sqlite3.Connection]:
        folder = self._folder()
        if folder is not None:
            with closing(sqlite3.connect(folder / name / FACTS)) as facts:
                yield facts
            return
        if name not in self._in_memory:
            self._in_memory[name] = sqlite3.connect(":memory:", check_same_thread=False)
        yield self._in_memory[name]


def _catalog(name: str) -> str:
    return quoted(f"snapshot-{name}")
