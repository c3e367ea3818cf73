"""The secrets that this process has decrypted, so that its log shows none of them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from argosy.connections.fields import secret_values
from argosy.model import Redactor
from argosy.store import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from argosy.connections.types import ConnectionType

#: Of more secrets than a server has in use, those that were used last.
_MOST = 5000
#: Shorter texts stand in lines by chance, and whoever stored them could blind the log. Where a
#: connection's own answers are made its short secrets are masked all the same.
_SHORTEST = 8


class SecretsInUse:
    """Masks secrets that it was told of, in one pass over a text however many there are.

    Every form in which a secret is written holds one of its clues: pieces of eight characters, of
    those that are there the ones that the fewest other secrets share.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[str, frozenset[str]] = OrderedDict()
        self._owners: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        self._is_deaf: ContextVar[bool] = ContextVar("is_deaf", default=False)

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these secrets from now on."""
        if self._is_deaf.get():
            return
        with self._lock:
            for secret in secrets:
                if secret in self._known:
                    self._known.move_to_end(secret)
                elif len(secret) >= _SHORTEST:
                    self._add(secret)

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Learn nothing within: a list decrypts all that there is, and uses none of it."""
        before = self._is_deaf.set(True)
        try:
            yield
        finally:
            self._is_deaf.reset(before)

    def text(self, text: str) -> str:
        """Return the text with every secret masked, a longer one before what is a part of it."""
        folded = text.casefold()
        pieces = {folded[at : at + _SHORTEST] for at in range(len(folded) - _SHORTEST + 1)}
        with self._lock:
            found = {one for piece in pieces for one in self._owners.get(piece, ())}
            for secret in found:
                self._known.move_to_end(secret)
        return Redactor(found).text(text) if found else text

    def _add(self, secret: str) -> None:
        clues = self._known[secret] = self._clues(secret)
        for clue in clues:
            self._owners.setdefault(clue, set()).add(secret)
        if len(self._known) > _MOST:
            oldest, clues = self._known.popitem(last=False)
            for clue in clues:
                self._owners[clue].remove(oldest)
                if not self._owners[clue]:
                    del self._owners[clue]

    def _clues(self, secret: str) -> frozenset[str]:
        found: set[str] = set()
        for form in sorted({one.casefold() for one in Redactor([secret]).forms}):
            if not any(clue in form for clue in found):
                pieces = [form[at : at + _SHORTEST] for at in range(len(form) - _SHORTEST + 1)]
                found.add(min(pieces, key=lambda piece: len(self._owners.get(piece, ()))))
        return frozenset(found)


class WatchedRing(KeyRing):
    """The keys of a ring; `hear` is told what they encrypt and decrypt, and its context."""

    __slots__ = ("_hear",)

    def __init__(self, ring: KeyRing, hear: Callable[[bytes, tuple[str, ...]], None]) -> None:
        for name in KeyRing.__slots__:
            setattr(self, name, getattr(ring, name))
        self._hear = hear

    def encrypt(self, plain: bytes, context: tuple[str, ...]) -> str:
        """Encrypt as the ring does."""
        self._hear(plain, context)
        return super().encrypt(plain, context)

    def decrypt(self, cipher: str, context: tuple[str, ...]) -> bytes:
        """Decrypt as the ring does. Raises UndecryptableError."""
        plain = super().decrypt(cipher, context)
        self._hear(plain, context)
        return plain


def watched(ring: KeyRing, types: Mapping[str, ConnectionType], secrets: SecretsInUse) -> KeyRing:
    """Return the ring, its secrets of connections known to `secrets` as soon as they are used."""

    def hear(plain: bytes, context: tuple[str, ...]) -> None:
        type_ = types.get(context[-1])
        if type_ is not None:
            secrets.learn(secret_values(type_, json.loads(plain).get("credentials", {})))

    return WatchedRing(ring, hear)
