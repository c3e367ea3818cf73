"""Keep small JSON documents by kind and id, and bytes beside them.

A document has the id of what it belongs to (its parent; "0" for none), and is found by its
member `name` too. Ids are strings of digits outside and integers in the store, so that lists
come in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from msgspec.structs import asdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from argosy.sandbox.settings import Json
    from argosy.sandbox.store import Store

_LONGEST_ID: Final = 18
_EVERYTHING: Final = 1 << 62


class Documents:
    """The documents of a store. A kind is a word in kebab case, such as `parent-segment`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._forgetting: dict[str, list[Callable[[], None]]] = {}

    def watch(self, kinds: Iterable[str], forget: Callable[[], None]) -> None:
        """Call something whenever a document of one of these kinds may have changed.

        It is for what is kept in memory because it is asked for again and again.
        """
        self._store.caches.append(forget)
        for kind in kinds:
            self._forgetting.setdefault(kind, []).append(forget)

    def _change(self, kind: str) -> None:
        for forget in self._forgetting.get(kind, ()):
            forget()

    def new_id(self, counter: str = "documents") -> str:
        """Make an id that no document of this counter has or ever had."""
        while True:
            made = self._store.count_up(counter, self._store.first_id)
            if not self._store.note("SELECT 1 FROM documents WHERE id = ? LIMIT 1", [made]):
                return str(made)

    def add(self, kind: str, parent: str, documents: Mapping[str, Json]) -> None:
        """Keep new documents of a parent, by their ids."""
        with self._store.transaction():
            for key, document in documents.items():
                self._store.note(
                    "INSERT INTO documents VALUES (?, ?, ?, ?, ?)",
                    [kind, int(key), int(parent), _name(document), _written(document)],
                )
        self._change(kind)

    def replace(self, kind: str, key: str, parent: str, document: Json) -> None:
        """Keep a document in place of the one that has its kind and id, if there is one."""
        self._store.note(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)",
            [kind, int(key), int(parent), _name(document), _written(document)],
        )
        self._change(kind)

    def find(self, kind: str, key: str) -> Json | None:
        """Give a document, or None where there is none, or where the id isn't one."""
        if not is_id(key):
            return None
        sql = "SELECT document FROM documents WHERE kind = ? AND id = ?"
        rows = self._store.note(sql, [kind, int(key)])
        return _read(rows[0][0]) if rows else None

    def named(self, kind: str, name: str, parent: str | None = None) -> Json | None:
        """Give the oldest document of this name, of one parent or of any, or None."""
        rows = self._store.note(
            "SELECT document FROM documents WHERE kind = ? AND name = ? "
            "AND (? IS NULL OR parent = ?) ORDER BY id LIMIT 1",
            [kind, name, parent, None if parent is None else int(parent)],
        )
        return _read(rows[0][0]) if rows else None

    def every(self, kind: str, parent: str | None = None) -> list[Json]:
        """Give all documents of a kind, or those of one parent, by ascending id."""
        return self.page(kind, parent)

    def page(
        self,
        kind: str,
        parent: str | None = None,
        *,
        after: int = -1,
        before: int = _EVERYTHING,
        most: int = -1,
        newest_first: bool = False,
    ) -> list[Json]:
        """Give up to `most` documents with ids between two (exclusive), in order of their ids."""
        owner = None if parent is None else int(parent)
        sql = (
            "SELECT document FROM documents WHERE kind = ? AND id > ? AND id < ? "
            "AND (? IS NULL OR parent = ?) ORDER BY id "
        )
        rows = self._store.note(
            sql + ("DESC LIMIT ?" if newest_first else "ASC LIMIT ?"),
            [kind, after, before, owner, owner, most],
        )
        return [_read(row[0]) for row in rows]

    def count(self, kind: str, parent: str | None = None) -> int:
        """Count the documents of a kind, or those of one parent."""
        owner = None if parent is None else int(parent)
        sql = "SELECT count(*) FROM documents WHERE kind = ? AND (? IS NULL OR parent = ?)"
        return int(self._store.note(sql, [kind, owner, owner])[0][0])

    def remove(self, kind: str, key: str) -> None:
        """Forget a document."""
        self._store.note("DELETE FROM documents WHERE kind = ? AND id = ?", [kind, int(key)])
        self._change(kind)

    def put_bytes(self, kind: str, key: str, content: bytes) -> None:
        """Keep bytes (an archive, a log, a result) under a kind and a text."""
        self._store.note("INSERT OR REPLACE INTO blobs VALUES (?, ?, ?)", [kind, key, content])

    def bytes(self, kind: str, key: str) -> bytes | None:
        """Give kept bytes, or None."""
        rows = self._store.note("SELECT content FROM blobs WHERE kind = ? AND id = ?", [kind, key])
        return bytes(rows[0][0]) if rows else None

    def remove_bytes(self, kind: str, key: str) -> None:
        """Forget kept bytes."""
        self._store.note("DELETE FROM blobs WHERE kind = ? AND id = ?", [kind, key])


def is_id(key: str) -> bool:
    """Say whether a text can be an id."""
    return key.isascii() and key.isdigit() and len(key) <= _LONGEST_ID


def _name(document: Json) -> str | None:
    name = document.get("name") if isinstance(document, dict) else None
    return name if isinstance(name, str) else None


def _written(document: Json) -> str:
    return orjson.dumps(document, default=asdict).decode()  # a value may hold others


def _read(text: str) -> dict[str, Json]:
    """Read a document; its members that are arrays become tuples, as frozen values have them."""
    document = orjson.loads(text)
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
