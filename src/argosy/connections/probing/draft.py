"""The request of one step, before and after it is encoded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from argosy.connections.probing.plan import PLACEHOLDER, Step
from argosy.model import OutgoingRequest
from argosy.rendering import encode_json, percent_encode, to_text

if TYPE_CHECKING:
    from argosy.model import Json
    from argosy.rendering import Scope

_USER_AGENT = "argosy"
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e]")


class UnsendableError(ValueError):
    """A request cannot be made of these credentials; `field` says which one is at fault.

    `reason` is one of the reasons of a result. The text holds no value.
    """

    def __init__(
        self, message: str, *, hint: str = "", field: str = "", reason: str = "bad_shape"
    ) -> None:
        super().__init__(message)
        self.hint = hint
        self.field = field
        self.reason = reason


@dataclass(slots=True)
class Draft:
    """A request whose parts may still be added to; `form` and `json` exclude each other."""

    method: str
    url: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    form: dict[str, str] | None = field(default=None, repr=False)
    json: Json = field(default=None, repr=False)

    @property
    def encoded_query(self) -> str:
        """The query in the order of its names, every letter but the unreserved ones encoded."""
        return encode_pairs(self.query)

    @property
    def body(self) -> bytes | None:
        """The bytes of the body."""
        if self.form is not None:
            return encode_pairs(self.form).encode()
        return None if self.json is None else encode_json(self.json)

    def outgoing(self, *, as_is: bool = False) -> OutgoingRequest:
        """Return the request as it goes out, without following redirects.

        With `as_is` the body of a good answer is data, and is not touched.

        Raises UnsendableError for a header that would break out of its line.
        """
        for name, value in self.headers.items():
            if _UNSENDABLE.search(value):
                raise UnsendableError(
                    f"The header {name} would hold a letter that no header may hold.",
                    hint="Copy the credentials again without what stands around them.",
                )
        url = f"{self.url}?{self.encoded_query}" if self.query else self.url
        return OutgoingRequest(
            self.method,
            url,
            self.headers,
            body=self.body,
            send_auth=False,
            follows=False,
            as_is=as_is,
        )


def encode_pairs(pairs: Mapping[str, str]) -> str:
    """Encode names and values for a query or a form, sorted by name."""
    return urlencode(sorted(pairs.items()), quote_via=quote, safe="-_.~")


def make_draft(step: Step, scope: Scope) -> Draft:
    """Fill in the request of a step.

    Raises UnsendableError for a part of the address that has no value.
    """
    form, json = step.form(scope), step.json(scope)
    headers = {"User-Agent": _USER_AGENT, "Accept": "application/json"}
    headers |= {name: to_text(value) for name, value in step.headers(scope).items()}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif json is not None:
        headers["Content-Type"] = "application/json"
    return Draft(
        method=step.method,
        url=fill_url(step.url, scope),
        query={name: to_text(value) for name, value in step.query(scope).items()},
        headers=headers,
        form=None if form is None else {name: to_text(value) for name, value in form.items()},
        json=json,
    )


def fill_url(template: str, scope: Scope) -> str:
    """Fill the placeholders of an address, see `PLACEHOLDER`. Raises UnsendableError."""

    def fill(found: re.Match[str]) -> str:
        path, value = found[2], _look_up(scope, found[2])
        if not isinstance(value, str | int) or value == "":
            if path.startswith("answers."):
                text = "The answer lacks what the next call needs."
                raise UnsendableError(text, reason="unreadable")
            raise UnsendableError(f"The address lacks {path}.", field=path)
        if found[1] == "/":
            return quote(str(value), safe="/~")
        if not found[1]:
            return percent_encode(value)
        is_base = found.end() < len(template)
        return str(value).rstrip("/") if is_base else str(value)

    url = PLACEHOLDER.sub(fill, template)
    return url if "/" in url.partition("://")[2] else f"{url}/"


def _look_up(scope: Scope, path: str) -> Json:
    value: Json = scope
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
