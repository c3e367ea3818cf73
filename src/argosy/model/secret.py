"""Secrets: text that does not show itself, and a redactor that takes secrets out of values."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from argosy.model.json import Json

MASK = "******"
_SHORTEST_SECRET = 4
_SHORTEST_PART = 16
_PERCENT = re.compile("%[0-9A-F]{2}")


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

    Knows each secret in the forms in which it travels: as it is, in upper or lower case,
    percent-encoded, escaped in JSON or HTML, in base64 by itself, in UTF-16. A quick look for what
    all forms have in common comes first, since nearly every text holds no secret. Texts shorter
    than four characters are no secrets: to mask them would mask half of every answer.
    """

    __slots__ = ("_bytes", "_known", "_probes", "_texts")

    def __init__(self, secrets: Iterable[str]) -> None:
        self._known: frozenset[str] = frozenset()
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Know further secrets from now on: an access token that the vendor has just given."""
        found = {str(secret) for secret in secrets if len(str(secret)) >= _SHORTEST_SECRET}
        known = self._known = self._known | found
        forms = {form for secret in known for form in _forms(secret)}
        self._probes = tuple({probe for secret in known for probe in _probes(secret)})
        self._texts = tuple(sorted(forms, key=len, reverse=True))
        self._bytes = tuple(
            form.encode(code, "surrogatepass")
            for form in self._texts
            for code in ("utf-8", "utf-16-le", "utf-16-be")
        )

    def knowing(self, *secrets: str) -> Redactor:
        """Return a redactor that knows further secrets; this one doesn't learn them."""
        return Redactor({*self._known, *secrets}) if secrets else self

    def __repr__(self) -> str:
        return f"Redactor({len(self._texts)} forms)"

    @property
    def forms(self) -> tuple[str, ...]:
        """All forms that are masked, the longest first: secrets themselves, not to be shown."""
        return self._texts

    def text(self, text: str) -> str:
        """Return the text with every secret masked."""
        lower = text.lower()
        if not any(probe in lower for probe in self._probes):
            return text
        for form in self._texts:
            text = text.replace(form, MASK)
        return text

    def data(self, data: bytes) -> bytes:
        """Return the bytes with every secret masked."""
        lower = data.lower()
        is_clean = not any(
            probe.encode("utf-8", "surrogatepass") in lower for probe in self._probes
        )
        if is_clean and b"\0" not in data:
            return data
        for form in self._bytes:
            data = data.replace(form, MASK.encode())
        return data

    def stream(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the same bytes with every secret masked, also one that two chunks share."""
        longest = max(map(len, self._bytes), default=1)
        kept = b""
        for chunk in chunks:
            clean = self.data(kept + chunk)
            end = max(len(clean) - longest + 1, 0)
            kept = clean[end:]
            yield clean[:end]
        yield kept

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


def _parts(secret: str) -> set[str]:
    """Return what is secret of a secret: a key `ACCOUNT/KEY` is one in its second part alone."""
    tail = secret.rpartition("/")[2]
    return {secret, tail} if len(tail) >= _SHORTEST_PART else {secret}


def _forms(secret: str) -> set[str]:
    return {form for part in _parts(secret) for form in _written(part)}


def _probes(secret: str) -> Iterator[str]:
    """Yield texts, in lower case, one of which stands in every form of every part of a secret."""
    for part in _parts(secret):
        data = part.encode(errors="surrogatepass")
        yield b64encode(data).decode().rstrip("=").lower()
        yield urlsafe_b64encode(data).decode().rstrip("=").lower()
        runs = re.findall(r"[A-Za-z0-9]+", part)
        if runs:
            yield max(runs, key=len).lower()
        else:
            yield from (form.lower() for form in _written(part))


def _written(secret: str) -> Iterator[str]:
    data = secret.encode(errors="surrogatepass")
    quoted = (quote(data, safe=""), quote(data), quote_plus(data))
    escaped = (json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1])
    encoded = (b64encode(data).decode(), urlsafe_b64encode(data).decode())
    yield from (secret, secret.upper(), secret.lower())
    yield from quoted
    yield from (_PERCENT.sub(lambda found: found[0].lower(), form) for form in quoted)
    yield from escaped
    yield from (form.replace("/", "\\/") for form in escaped)
    yield from (secret.replace("/", entity) for entity in ("&#47;", "&#x2F;", "&#x2f;", "&sol;"))
    yield from encoded
    yield from (form.rstrip("=") for form in encoded)
