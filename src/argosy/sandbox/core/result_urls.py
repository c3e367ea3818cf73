"""Result URLs, `type://user:password@host/path?options`, without what is secret in them."""

from __future__ import annotations

import re
from typing import Any, Final

MASK: Final = "***"

_SECRET: Final = re.compile(r"pass|secret|token|key|credential|private", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z0-9_. -]{1,256}")
_NOT_SECRET: Final = frozenset({"key", "keys", "unique_key", "key_column", "primary_key"})


def masked_url(url: str) -> str:
    """Hide the password of a URL, a key in place of one, and the values of secret options.

    Passwords come with slashes and question marks that should have been escaped, so what ends
    them is an `@`, not what the rules for URLs say.
    """
    scheme, mark, rest = url.partition("://")
    if not mark:
        return url if _WORD.fullmatch(url) else MASK
    place, question, options = rest.partition("?")
    owner, at, place = place.rpartition("@")
    if "@" in options.partition("=")[0]:
        owner, at, rest = rest.rpartition("@")
        place, question, options = rest.partition("?")
    user, colon, _ = owner.partition(":")
    shown = (f"{user}:{MASK}@" if colon else f"{MASK}@") if at else ""
    listed = "&".join(_masked_option(one) for one in options.split("&"))
    return f"{scheme}://{shown}{place}{question}{listed}"


def _masked_option(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}={MASK}" if equals and is_secret(name) else text


def is_secret(name: str) -> bool:
    """Say whether a setting of this name holds something secret."""
    return name.lower() not in _NOT_SECRET and _SECRET.search(name) is not None


def unmasked_settings(value: Any, known: Any) -> Any:
    """Put the known secrets in the place of masks, as settings come back that were read."""
    if not isinstance(value, dict):
        return value
    before = known if isinstance(known, dict) else {}
    return {
        name: before.get(name, one)
        if one == MASK and is_secret(name)
        else unmasked_settings(one, before.get(name))
        for name, one in value.items()
    }


def masked_settings(value: Any) -> Any:
    """Hide the secret members of settings, at any depth."""
    if isinstance(value, dict):
        return {
            name: MASK if is_secret(name) and one is not None else masked_settings(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked_settings(one) for one in value]
    return value
