"""What goes out on the wire and what comes back, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model.json import Json


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request ready to be sent: everything but the connection's authentication.

    `send_auth` says whether this request may carry it; it is added when the bytes are written.
    `content` is the value that `body` encodes.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = field(default=None, repr=False)
    send_auth: bool = True
    content: Json = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, lower-case header names, decoded body, number of the attempt."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    attempt: int = 1
