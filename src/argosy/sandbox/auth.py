"""Who may do what: the `Authorization: TD1 <key>` header and the kinds of keys.

The vendor has master keys (everything the user may do) and write-only keys (import only). A
user can also lack the right to import, which `query_only_keys` stand for. A missing, malformed
or unknown key is 401 everywhere. The CDP's 401 text asks for a master key, so a write-only key
gets 401 there too, unless the settings say otherwise (the vendor doesn't document it).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import CodeMessageError

if TYPE_CHECKING:
    from argosy.sandbox.settings import Settings

_UNKNOWN: Final = (
    "Unauthorized; the header 'Authorization: TD1 <API key>' with a known key is needed."
)
_NEEDS_MASTER: Final = "Unauthorized; a TD Master API Key is needed as 'TD1 <master key>'."


class KeyKind(StrEnum):
    """What a key lets its holder do."""

    MASTER = "master"
    WRITE_ONLY = "write-only"
    QUERY_ONLY = "query-only"


class Doorkeeper:
    """Decide by the Authorization header whether a request may go on."""

    def __init__(self, settings: Settings) -> None:
        self._kinds = {
            **dict.fromkeys(settings.query_only_keys, KeyKind.QUERY_ONLY),
            settings.write_key: KeyKind.WRITE_ONLY,
            settings.master_key: KeyKind.MASTER,
        }
        self._write_key_on_cdp = settings.write_key_on_cdp

    def kind(self, authorization: str | None) -> KeyKind:
        """Give the kind of the key in the header; raise the 401 answer if there is none."""
        scheme, _, key = (authorization or "").partition(" ")
        kind = self._kinds.get(key.strip()) if scheme == "TD1" else None
        if kind is None:
            raise CodeMessageError(401, "unauthorized", _UNKNOWN)
        return kind

    def allow_import(self, authorization: str | None) -> KeyKind:
        """Let in whoever may import records; raise the 401 or 403 answer otherwise."""
        kind = self.kind(authorization)
        if kind is KeyKind.QUERY_ONLY:
            raise CodeMessageError(403, "forbidden", "This API key has no write access.")
        return kind

    def allow_cdp(self, authorization: str | None) -> None:
        """Let in whoever may use the CDP API; raise the 401 answer otherwise."""
        if self.kind(authorization) is KeyKind.WRITE_ONLY:
            raise CodeMessageError(self._write_key_on_cdp, "unauthorized", _NEEDS_MASTER)
