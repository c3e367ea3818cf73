"""What goes out on the wire and what comes back, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model.json import Json


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request ready to be sent: everything but the connection's authentication.

    `send_auth` says whether this request may carry it; it is added when the bytes are written.
    `content` is the value that `body` encodes. `follows` says whether a redirect is followed at
    all. With `as_is` the body of a good answer (2xx) is data: it is neither decoded nor redacted.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)
    send_auth: bool = True
    content: Json = field(default=None, repr=False)
    follows: bool = True
    as_is: bool = False


@dataclass(frozen=True, slots=True)
class Authentication:
    """What is added to a request when its bytes are written: headers, and a part of the query."""

    headers: Mapping[str, str]
    query: str = field(default="", repr=False)


NO_AUTHENTICATION: Final = Authentication({})


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, lower-case header names, decoded body, number of the attempt.

    Where the body went to a file, `file` is its path, `size` the number of bytes in it, and
    `body` is empty.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    attempt: int = 1
    file: str = ""
    size: int = 0
