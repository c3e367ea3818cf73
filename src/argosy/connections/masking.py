"""Secrets that are written and never read: the mask, what keeps and what clears a secret.

A read shows the mask in place of a secret. Whoever sends that back, or leaves the secret out,
keeps what is stored; null clears it; anything else replaces it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from argosy.connections.documents import scalars
from argosy.connections.fields import secret_fields, secret_values
from argosy.errors import WrongDataError
from argosy.model.secret import MASK

if TYPE_CHECKING:
    from collections.abc import Collection

    from argosy.connections.types import ConnectionType
    from argosy.model import Json, JsonObject
    from argosy.store import KeyRing

_EMPTY = ("", None)
#: Shorter secrets are other texts by chance.
_SHORTEST = 8
#: Shorter ones stand within other texts by chance: a company's name in that of its bucket.
_SHORTEST_WITHIN = 16


def merge(type_: ConnectionType, stored: JsonObject, given: JsonObject) -> JsonObject:
    """Return the credentials that `given` makes of those that are stored.

    Fields that are no secrets are those that are given, and no others.
    """
    secrets = secret_fields(type_, stored) | secret_fields(type_, given)
    kept = {name: stored[name] for name in secrets if name in stored and _keeps(given, name)}
    replaced = {name: value for name, value in given.items() if value not in _EMPTY}
    return {**replaced, **kept}


def kept_secrets(
    type_: ConnectionType, stored: JsonObject, given: JsonObject | None
) -> frozenset[str]:
    """Return the names of the stored secrets that `given` keeps; None keeps all."""
    secrets = secret_fields(type_, stored)
    held = {name for name in secrets if stored.get(name) not in _EMPTY}
    if given is None:
        return frozenset(held)
    return frozenset(name for name in held if _keeps(given, name))


def masked(type_: ConnectionType, credentials: JsonObject) -> JsonObject:
    """Return credentials as they are shown."""
    secrets = secret_fields(type_, credentials)
    return {
        name: MASK if name in secrets and value not in _EMPTY else value
        for name, value in credentials.items()
    }


def fingerprints(ring: KeyRing, type_: ConnectionType, credentials: JsonObject) -> dict[str, str]:
    """Return, for each secret that is set, 8 digits that tell it from another."""
    secrets = secret_fields(type_, credentials)
    return {
        name: ring.fingerprint(value if isinstance(value, str) else _as_text(value))
        for name, value in sorted(credentials.items())
        if name in secrets and value not in _EMPTY
    }


def guarded_texts(type_: ConnectionType, credentials: JsonObject) -> frozenset[str]:
    """Return the secrets that are long enough to be looked for in other texts."""
    return frozenset(
        text
        for text in secret_values(type_, credentials)
        if len(text) >= _SHORTEST and text != MASK
    )


def refuse_secrets(value: Json, secrets: Collection[str], field: str) -> None:
    """Refuse what is shown to everybody where it holds a secret of the connection.

    Raises WrongDataError that does not repeat it.
    """
    texts = [one for one in scalars(value) if isinstance(one, str)]
    whole = "\0".join(texts)
    is_within = any(secret in whole for secret in secrets if len(secret) >= _SHORTEST_WITHIN)
    if is_within or any(text in secrets for text in texts):
        detail = f"{field} holds a secret of the connection, and is shown to everybody."
        raise WrongDataError(detail=detail, field=field, reason="bad_shape")


def clear_part(type_: ConnectionType, credentials: JsonObject) -> JsonObject:
    """Return the credentials that are shown in full, and all names with null for the secrets."""
    secrets = secret_fields(type_, credentials)
    return {name: None if name in secrets else value for name, value in credentials.items()}


def _keeps(given: JsonObject, name: str) -> bool:
    kept: bool = given.get(name, MASK) == MASK
    return kept


def _as_text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
