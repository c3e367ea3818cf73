"""Let web pages use the APIs that are made for them: the answers browsers ask for beforehand.

Pages of any origin may use the collector, the records API, the lookup and the personalization
service, cookies included; that is what the vendor's JavaScript client, which is served from its
customers' sites, needs. The other families' keys have no place in a page, so there no question
of a browser's is answered and no answer may be read; the same goes for the control routes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.delivery import Answer, Headers

if TYPE_CHECKING:
    from argosy.sandbox.hosts import FamilyName

OPEN_FAMILIES: Final[frozenset[FamilyName]] = frozenset(
    {"records", "postback", "personalization", "profiles"}
)
_ALLOWED_HEADERS: Final = (
    "Accept, Authorization, Content-Type, User-Agent, WP13n-Token, X-TD-Fetch-Api, X-TD-Write-Key"
)
_ALLOWED: Final[Headers] = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", _ALLOWED_HEADERS.encode()),
    (b"access-control-max-age", b"600"),
]


def preflight(family: FamilyName, method: str, headers: Headers) -> Answer | None:
    """Answer a browser's question before a request; None where the request is no such question."""
    names = {name for name, _ in headers}
    asks = {b"origin", b"access-control-request-method"} <= names
    if method != "OPTIONS" or not asks or family not in OPEN_FAMILIES:
        return None
    return Answer(204, list(_ALLOWED), b"")


def readable(family: FamilyName, headers: Headers, answer: Answer) -> Answer:
    """Give an answer as the page that asked may read it, if it is a page of an open family."""
    origin = dict(headers).get(b"origin")
    if origin is None or family not in OPEN_FAMILIES:
        return answer
    access: Headers = [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]
    return Answer(answer.status, [*answer.headers, *access], answer.body)
