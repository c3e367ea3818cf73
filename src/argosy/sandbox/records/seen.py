"""Which uuids a table took lately, so that a record sent twice is stored once.

A batch is one row in the store: the uuids that its records came with, or, for uuids made here,
the first of a block that counts up. What is asked for again and again is kept in memory, and
read from the store where it isn't.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.store import Store

_SIZE: Final = 16
_HEAD: Final = 10  # bytes of a uuid that its block has in common, version and variant among them
_BLOCK_BITS: Final = 12
_ENDINGS: Final = tuple(f"{number:03x}" for number in range(1 << _BLOCK_BITS))


class _Known(Struct):
    """What is known of one table: when it took each uuid, and the blocks by their heads."""

    sent: dict[bytes, float] = field(default_factory=dict)
    blocks: dict[bytes, list[tuple[int, int, float]]] = field(default_factory=dict)

    def add(self, uuids: bytes, made: int, at: float) -> None:
        if made:
            block = (int.from_bytes(uuids[_HEAD:]), made, at)
            self.blocks.setdefault(uuids[:_HEAD], []).append(block)
        else:
            starts = range(0, len(uuids), _SIZE)
            self.sent.update(dict.fromkeys((uuids[i : i + _SIZE] for i in starts), at))

    def has(self, uuid: bytes, since: float) -> bool:
        if self.sent.get(uuid, since) > since:
            return True
        number = int.from_bytes(uuid[_HEAD:])
        return any(
            at > since and first <= number < first + made
            for first, made, at in self.blocks.get(uuid[:_HEAD], ())
        )


class Seen:
    """The uuids that tables took, by the tables' ids; times are epochs."""

    def __init__(self, store: Store, randomness: Randomness) -> None:
        self._store = store
        self._randomness = randomness
        self._known: dict[str, _Known] = {}
        store.caches.append(self._known.clear)

    def among(self, table: str, uuids: Iterable[bytes], since: float) -> set[bytes]:
        """Give those of the uuids that the table took after an epoch."""
        known = self._of(table)
        return {uuid for uuid in uuids if known.has(uuid, since)}

    def remember(self, table: str, uuids: Sequence[bytes], at: float) -> None:
        """Note that the table took these uuids."""
        self._note(table, b"".join(uuids), 0, at)

    def make(self, table: str, count: int, at: float) -> list[str]:
        """Make uuids for the records of one batch that is taken now, and note them."""
        first = self._randomness.uuid()
        bits = bytes.fromhex(first.replace("-", ""))
        # a block counts in its last three digits, which begin at zero
        number = int.from_bytes(bits[_HEAD:]) >> _BLOCK_BITS << _BLOCK_BITS
        self._note(table, bits[:_HEAD] + number.to_bytes(_SIZE - _HEAD), count, at)
        head = first[: -len(_ENDINGS[0])]
        return [head + ending for ending in _ENDINGS[:count]]

    def forget(self, until: float) -> None:
        """Drop the uuids taken up to an epoch."""
        self._store.note("DELETE FROM seen WHERE taken_at <= ?", [until])
        self._known.clear()

    def _note(self, table: str, uuids: bytes, made: int, at: float) -> None:
        if uuids:
            self._of(table).add(uuids, made, at)
            self._store.note("INSERT INTO seen VALUES (?, ?, ?, ?)", [int(table), at, uuids, made])

    def _of(self, table: str) -> _Known:
        if table not in self._known:
            known = _Known()
            rows = self._store.note(
                "SELECT uuids, made, taken_at FROM seen WHERE owner = ?", [int(table)]
            )
            for uuids, made, at in rows:
                known.add(uuids, made, at)
            self._known[table] = known
        return self._known[table]
