"""Passwords, as argon2id hashes.

The figures are the second recommendation of RFC 9106: 64 MiB, three passes. At most four are
computed at once, so that a crowd at the door takes no more memory than that. Who has no account
waits as long as who has one: something is hashed all the same.
"""

from __future__ import annotations

import threading
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from argosy.errors import WrongDataError

if TYPE_CHECKING:
    from collections.abc import Callable

FEWEST_BYTES = 12
MOST_BYTES = 200
_AT_ONCE = 4


class Passwords:
    """Hashes passwords and verifies them.

    `memory` is in KiB, `passes` and `lanes` are argon2id's; `random` gives so many random bytes.
    """

    def __init__(
        self,
        *,
        memory: int = 64 * 1024,
        passes: int = 3,
        lanes: int = 4,
        random: Callable[[int], bytes],
    ) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes)
        self._random = random
        self._turns = threading.BoundedSemaphore(_AT_ONCE)

    @cached_property
    def _nobodys(self) -> str:
        """The hash that is looked at where there is no account."""
        return self.hash(self._random(16).hex())

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its salt and figures in it."""
        with self._turns:
            return self._hasher.hash(_bytes(password), salt=self._random(16))

    def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether a password is the one of a hash; takes as long where there is no hash."""
        nobodys = self._nobodys  # made at the first look, whoever that is for
        with self._turns:
            try:
                self._hasher.verify(stored or nobodys, _bytes(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other figures, and should be made again."""
        return self._hasher.check_needs_rehash(stored)


def check_password(password: str, *, field: str = "password", unlike: str = "") -> str:
    """Return a password that may be one: 12 to 200 bytes, and not the account's name.

    Raises WrongDataError, which does not repeat it.
    """
    try:
        size = len(unicodedata.normalize("NFC", password).encode())
    except UnicodeEncodeError:
        raise WrongDataError(detail=f"{field} is not text.", field=field) from None
    if not FEWEST_BYTES <= size <= MOST_BYTES:
        detail = f"{field} has {size} bytes; it needs {FEWEST_BYTES} to {MOST_BYTES}."
        raise WrongDataError(detail=detail, field=field)
    if unlike and password.strip().lower() == unlike.lower():
        raise WrongDataError(detail=f"{field} is the name of the account.", field=field)
    return password


def _bytes(password: str) -> bytes:
    """Return the bytes that are hashed: the same however a keyboard composes an accent."""
    # one that is longer is no password: enough of it is hashed to be wrong
    found = unicodedata.normalize("NFC", password[: 4 * MOST_BYTES])
    return found.encode("utf-8", "surrogatepass")
