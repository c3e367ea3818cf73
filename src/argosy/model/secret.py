"""Secrets: text that does not show itself, and a redactor that takes secrets out of values."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from argosy.model.json import Json

MASK = "******"
_SHORTEST_SECRET = 4
_ENCODED = re.compile("%[0-9A-F]{2}")


class MaskedText(str):
    """Text that a library may send, yet that shows as the mask wherever it is represented.

    A header value of this class stays out of `repr` of a mapping, of a debugger's view of
    locals and of a traceback that captures them.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{MASK}'"


class Redactor:
    """Takes known secrets out of text, bytes and JSON values.

    Knows each secret in the forms in which it travels: as it is, percent-encoded, escaped in
    JSON, and in base64. Texts shorter than four characters are no secrets: to mask them would
    mask half of every answer.
    """

    __slots__ = ("_bytes", "_texts")

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(str(secret))}
        self._texts = tuple(sorted(forms, key=len, reverse=True))
        self._bytes = tuple(form.encode() for form in self._texts)

    def __repr__(self) -> str:
        return f"Redactor({len(self._texts)} forms)"

    def text(self, text: str) -> str:
        """Return the text with every secret masked."""
        for form in self._texts:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def data(self, data: bytes) -> bytes:
        """Return the bytes with every secret masked."""
        for form in self._bytes:
            if form in data:
                data = data.replace(form, MASK.encode())
        return data

    def value(self, value: Json) -> Json:
        """Return a JSON value, problem or list of them with every secret masked, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.data(value)
        if isinstance(value, Mapping):
            return {self.value(key): self.value(member) for key, member in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.value(item) for item in value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(
                value, **{f.name: self.value(getattr(value, f.name)) for f in fields(value)}
            )
        return value


def _forms(secret: str) -> set[str]:
    if len(secret) < _SHORTEST_SECRET:
        return set()
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    plain, escaped = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
    encoded = {b64encode(secret.encode()).decode(), urlsafe_b64encode(secret.encode()).decode()}
    return {
        secret,
        *quoted,
        *(_ENCODED.sub(lambda found: found[0].lower(), form) for form in quoted),
        plain,
        escaped,
        plain.replace("/", "\\/"),
        escaped.replace("/", "\\/"),
        *encoded,
        *(form.rstrip("=") for form in encoded),
    }
