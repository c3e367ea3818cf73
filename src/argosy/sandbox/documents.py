"""Keep small JSON documents by kind and id: parent segments, folders, segments, profiles, tokens.

Ids are strings of digits outside and integers in the store, so that lists come in order.
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import orjson

from argosy.sandbox.store import OWN, Store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.settings import Json

Kind = Literal["parent-segment", "folder", "segment", "profile", "token"]

_FIRST_ID: Final = 100_001
"""Ids made by the sandbox start here, above the small ones people write in seeds."""
_LONGEST_ID: Final = 18


class Documents:
    """The documents of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def new_id(self) -> str:
        """Make an id that no document has or ever had."""
        while True:
            made = self._store.count_up("documents", _FIRST_ID)
            if not self._store.run(f"SELECT 1 FROM {OWN}.documents WHERE id = ?", [made]):
                return str(made)

    def add(self, kind: Kind, parent_segment: str, documents: Mapping[str, Json]) -> None:
        """Keep new documents of a parent segment, by their ids."""
        if documents:
            self._store.run(
                f"INSERT INTO {OWN}.documents "
                "SELECT ?, unnest(?::BIGINT[]), ?, unnest(?::VARCHAR[])::JSON",
                [
                    kind,
                    [int(key) for key in documents],
                    int(parent_segment),
                    [orjson.dumps(document).decode() for document in documents.values()],
                ],
            )

    def replace(self, kind: Kind, key: str, parent_segment: str, document: Json) -> None:
        """Keep a document in place of the one that has its kind and id."""
        with self._store.transaction():
            self.remove(kind, key)
            self.add(kind, parent_segment, {key: document})

    def find(self, kind: Kind, key: str) -> Json | None:
        """Give a document, or None where there is none, or where the id isn't one."""
        if not (key.isascii() and key.isdigit() and len(key) <= _LONGEST_ID):
            return None
        rows = self._store.run(
            f"SELECT document FROM {OWN}.documents WHERE kind = ? AND id = ?", [kind, int(key)]
        )
        return _read(rows[0][0]) if rows else None

    def every(self, kind: Kind, parent_segment: str | None = None) -> list[Json]:
        """Give all documents of a kind, or those of one parent segment, by ascending id."""
        owner = None if parent_segment is None else int(parent_segment)
        rows = self._store.run(
            f"SELECT document FROM {OWN}.documents WHERE kind = ? "
            "AND (?::BIGINT IS NULL OR parent_segment = ?) ORDER BY id",
            [kind, owner, owner],
        )
        return [_read(row[0]) for row in rows]

    def remove(self, kind: Kind, key: str) -> None:
        """Forget a document."""
        self._store.run(f"DELETE FROM {OWN}.documents WHERE kind = ? AND id = ?", [kind, int(key)])


def _read(text: str) -> dict[str, Json]:
    """Read a document; its members that are arrays become tuples, as frozen values have them."""
    document = orjson.loads(text)
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in document.items()
    }
