"""One request and its answer, for who watches a sandbox from within its process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from argosy.sandbox.delivery import Answer, Headers
    from argosy.sandbox.faults import Incoming


class Exchange(Struct, frozen=True):
    """What came (the body decoded) and what the app answered, before any fault."""

    incoming: Incoming
    query: str
    headers: Headers
    body: bytes
    answer: Answer
