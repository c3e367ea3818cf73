"""Taking out of texts what is secret for good, and what proves a secret in the latest calls."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from argosy.model import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Of so many calls the proofs are remembered: those whose answers may still be under way.
_MOST_CALLS = 8


class CallRedactor(Redactor):
    """Knows secrets as its base does, and the proofs of the latest calls, such as signatures.

    Each call may have another signature, and a long reading makes many calls, so the proofs of
    earlier ones are forgotten. Threads may share it.
    """

    __slots__ = ("_lock", "_proofs")

    def __init__(self, secrets: Iterable[str]) -> None:
        self._proofs: tuple[tuple[frozenset[str], Redactor], ...] = ()
        self._lock = threading.Lock()
        super().__init__(secrets)

    def learn(self, *secrets: str) -> None:
        """Know further secrets for good."""
        with self._lock:
            super().learn(*secrets)

    def learn_proofs(self, proofs: Iterable[str]) -> None:
        """Know what proves secrets in a call that is made now."""
        found = frozenset(proofs)
        if not found or any(found == known for known, _ in self._proofs):
            return
        latest = (found, Redactor(found))
        with self._lock:
            self._proofs = (latest, *self._proofs[: _MOST_CALLS - 1])

    def text(self, text: str) -> str:
        """Return the text with every secret and proof masked."""
        # proofs first, since they may hold a secret: all of one is masked
        for _, proofs in self._proofs:
            text = proofs.text(text)
        return super().text(text)

    def data(self, data: bytes) -> bytes:
        """Return the bytes with every secret and proof masked."""
        for _, proofs in self._proofs:
            data = proofs.data(data)
        return super().data(data)
