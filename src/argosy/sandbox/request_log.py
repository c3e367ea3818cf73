"""Remember the latest requests, for tests and people to look at; secrets are masked."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from argosy.sandbox.log_masks import masked_body, masked_text

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

BODY_LIMIT: Final = 1 << 14
"""How many bytes of a request's body the log keeps."""

_SECRET_HEADERS: Final = frozenset({"x-td-write-key", "wp13n-token"})


class Entry(Struct, frozen=True):
    """One request as it came, and what it got; what is secret in it is masked where it is shown.

    `status` is None where no answer was sent; `fault` is the kind of fault it met, if any.
    `size` counts the bytes of the decoded body, of which `body` is the beginning; one that was
    refused (too large, not gzip) counts nothing. `note` tells what the answer kept to itself,
    such as why an event that was answered with 200 isn't stored.
    """

    at: float
    method: str
    path: str
    query: bytes
    headers: list[tuple[bytes, bytes]]
    size: int
    body: bytes
    status: int | None
    fault: str | None
    note: str | None = None

    def shown(self) -> Json:
        """Give the request as a JSON object without its secrets; patterns take their time."""
        return {
            "at": self.at,
            "method": self.method,
            "path": self.path,
            "query": masked_text(self.query.decode("latin-1")),
            "headers": masked(self.headers),
            "size": self.size,
            "body": masked_body(self.path, self.body.decode("utf-8", "replace")),
            "status": self.status,
            "fault": self.fault,
            "note": self.note,
        }


class RequestLog:
    """The latest requests, oldest first."""

    def __init__(self, most: int) -> None:
        self._entries: deque[Entry] = deque(maxlen=most)

    def add(self, entry: Entry) -> None:
        """Remember a request, and forget the oldest if there are too many."""
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests."""
        self._entries.clear()

    def shown(self) -> list[Json]:
        """Give the requests as JSON objects."""
        return [entry.shown() for entry in self._entries]


def masked(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers as text with the keys in them left out."""
    shown = {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
    for name in (name for name in shown if name.endswith("authorization")):
        scheme, space, _ = shown[name].partition(" ")
        shown[name] = f"{scheme} ***" if space else "***"
    for name in _SECRET_HEADERS & shown.keys():
        shown[name] = "***"
    return shown
