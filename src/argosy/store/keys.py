"""The keys that secrets are encrypted with, and what is derived from them.

A key is 256 random bits; its id is the start of its SHA-256. The first of a ring encrypts, all
decrypt, so that a key is changed by putting a new one in front and rotating (`rotation`). What is
used is never a key itself but one derived from it for each purpose (HKDF).

Ciphertext is `v1:KEY ID:BASE64(nonce and AES-256-GCM ciphertext)`, bound to a context: a row that
is copied under another name, or into another organization, cannot be decrypted.
"""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode, urlsafe_b64decode
from binascii import Error as NotBase64Error
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from argosy.errors import KeyRingError, UndecryptableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = "v1"
_LEAST_DIFFERENT_BYTES = 12  # of 32 random bytes there are fewer in one of 10^15 keys


class KeyRing:
    """Keys in order: the first encrypts and signs, all decrypt and verify.

    `random` gives so many random bytes. Raises KeyRingError where a key is not one, or there is
    none.
    """

    __slots__ = ("_ciphers", "_keys", "_random", "ids")

    def __init__(
        self, keys: Iterable[bytes], *, random: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._keys: dict[str, bytes] = {}
        for place, key in enumerate(keys, start=1):
            _check_key(key, place)
            if self._keys.setdefault(key_id(key), key) != key:
                raise KeyRingError(detail=f"key {place} has the id of another.")
        if not self._keys:
            raise KeyRingError(detail="there is none.")
        #: The ids of all keys, the one that encrypts first.
        self.ids: tuple[str, ...] = tuple(self._keys)
        self._random = random
        self._ciphers = {id_: AESGCM(self.sign_key("encrypt", id_)) for id_ in self.ids}

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self.ids)}>"

    def __reduce__(self) -> str:
        msg = "a key ring is not written anywhere"
        raise TypeError(msg)

    def encrypt(self, plain: bytes, context: tuple[str, ...]) -> str:
        """Encrypt with the first key, bound to the context; the text says the key's id."""
        nonce = self._random(_NONCE_BYTES)
        sealed = self._ciphers[self.ids[0]].encrypt(nonce, plain, _joined(context))
        return f"{_FORMAT}:{self.ids[0]}:{b64encode(nonce + sealed).decode()}"

    def decrypt(self, cipher: str, context: tuple[str, ...]) -> bytes:
        """Decrypt what `encrypt` gave for the same context.

        Raises UndecryptableError: the key is not in the ring, or text or context is another.
        """
        what = " ".join(context)
        form, _, rest = cipher.partition(":")
        id_, _, sealed = rest.partition(":")
        if form != _FORMAT:
            raise UndecryptableError(what=what, detail="it is in a form that is not known here.")
        if id_ not in self._ciphers:
            raise UndecryptableError(what=what, detail=f"there is no key {id_[:8]!r}.")
        try:
            blob = b64decode(sealed, validate=True)
            nonce, content = blob[:_NONCE_BYTES], blob[_NONCE_BYTES:]
            return self._ciphers[id_].decrypt(nonce, content, _joined(context))
        except (InvalidTag, ValueError):
            detail = "it was changed, or belongs to something else."
            raise UndecryptableError(what=what, detail=detail) from None

    def sign_key(self, purpose: str, id_: str | None = None) -> bytes:
        """Return 32 bytes for one purpose, derived from the first key or from that of an id.

        Raises KeyError where the ring has no such id.
        """
        key = self._keys[self.ids[0] if id_ is None else id_]
        info = f"argosy {purpose}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)

    def fingerprint(self, text: str) -> str:
        """Return 8 hex digits that tell two secrets apart and say nothing about either."""
        key = self.sign_key("fingerprint")
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:8]


def credentials_context(organization: str, name: str, type_: str) -> tuple[str, ...]:
    """Return the context of a connection's credentials."""
    return ("connection", organization, name, type_)


def key_id(key: bytes) -> str:
    """Return the id of a key: 8 hex digits."""
    return sha256(key).hexdigest()[:8]


def read_keys(text: str) -> list[bytes]:
    """Read keys from text: hex or base64, with commas, spaces or lines between; `#` comments.

    Raises KeyRingError that tells the place of what is no key, and never the text.
    """
    lines = (line.partition("#")[0] for line in text.splitlines())
    words = " ".join(lines).replace(",", " ").split()
    return [_read_key(word, place) for place, word in enumerate(words, start=1)]


def _read_key(word: str, place: int) -> bytes:
    readings: tuple[Callable[[str], bytes], ...] = (bytes.fromhex, _from_base64)
    for read in readings:
        try:
            key = read(word)
        except (NotBase64Error, ValueError):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise KeyRingError(detail=f"key {place} is not 32 bytes in base64 or hex.")


def _from_base64(word: str) -> bytes:
    padded = word.rstrip("=") + "=" * (-len(word.rstrip("=")) % 4)
    if "-" in word or "_" in word:
        return urlsafe_b64decode(padded)
    return b64decode(padded, validate=True)


def _check_key(key: bytes, place: int) -> None:
    if len(key) != KEY_BYTES:
        raise KeyRingError(detail=f"key {place} has {len(key)} bytes; a key has {KEY_BYTES}.")
    if len(set(key)) < _LEAST_DIFFERENT_BYTES:
        raise KeyRingError(detail=f"key {place} is not random.")


def _joined(context: tuple[str, ...]) -> bytes:
    """Join the parts so that no two contexts give the same bytes."""
    parts = [_FORMAT.encode(), *(part.encode("utf-8", "surrogatepass") for part in context)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
