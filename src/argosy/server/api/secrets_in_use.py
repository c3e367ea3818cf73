"""The secrets that this process has decrypted, so that its log shows none of them."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from argosy.connections.fields import secret_values
from argosy.model import Redactor
from argosy.store import KeyRing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from argosy.connections.types import ConnectionType

#: Of more secrets than any server has, those that were used last.
_MOST = 5000


class SecretsInUse:
    """Masks secrets that it was told of; each costs the same, however many there are."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Redactor] = OrderedDict()
        self._lock = threading.Lock()

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these secrets from now on."""
        for secret in secrets:
            if secret in self._known:
                continue
            made = Redactor([secret])
            with self._lock:
                self._known[secret] = made
                if len(self._known) > _MOST:
                    self._known.popitem(last=False)

    def text(self, text: str) -> str:
        """Return the text with every secret masked, a longer one before what is a part of it."""
        with self._lock:
            known = list(self._known.items())
        found = [
            (len(secret), redactor) for secret, redactor in known if redactor.text(text) != text
        ]
        for _, redactor in sorted(found, key=lambda one: -one[0]):
            text = redactor.text(text)
        return text


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
