"""Who is behind a request of a browser or phone: address, program, and the visitor's global id.

The global id is a UUID in a cookie of the collector's own (the name is the one the vendor's
JavaScript client keeps it under). A visitor without one gets it when something asks for it, and
the answer then sets the cookie. Assumptions: it lasts two years, and a page of another site
sends it along (`SameSite=None`) over HTTPS only, which is what browsers ask for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.settings import Json

GLOBAL_ID_COOKIE: Final = "_td_global"
_MAX_AGE: Final = 2 * 365 * 24 * 3600
_PLAIN: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Visitor(Struct):
    """Who sent a request; the address is the connection's, whatever headers claim."""

    ip: str
    agent: str
    is_secure: bool
    cookie: str | None
    randomness: Randomness
    made: str | None = None

    @classmethod
    def of(cls, request: Request, randomness: Randomness) -> Visitor:
        """Read what a request tells; a cookie that no collector would have set is ignored."""
        cookie = request.cookies.get(GLOBAL_ID_COOKIE, "")
        return cls(
            ip=request.client.host if request.client else "",
            agent=request.headers.get("user-agent", ""),
            is_secure=request.url.scheme == "https",
            cookie=cookie if _PLAIN.fullmatch(cookie) else None,
            randomness=randomness,
        )

    def global_id(self) -> str:
        """Give the visitor's global id, a new one if there is none yet."""
        if self.cookie is not None:
            return self.cookie
        if self.made is None:
            self.made = self.randomness.uuid()
        return self.made

    def filled(self, record: dict[str, Json]) -> dict[str, Json]:
        """Give a record with what the server knows in place of a column's own name as value."""
        known: dict[str, Callable[[], str]] = {
            "td_global_id": self.global_id,
            "td_ip": lambda: self.ip,
            "td_ua": lambda: self.agent,
        }
        return {
            name: known[name]() if name in known and value == name else value
            for name, value in record.items()
        }

    def mark(self, answer: Response) -> Response:
        """Set the cookie in an answer if the visitor got a global id, and give the answer."""
        if self.made is not None:
            answer.set_cookie(
                GLOBAL_ID_COOKIE,
                self.made,
                max_age=_MAX_AGE,
                secure=self.is_secure,
                samesite="none" if self.is_secure else "lax",
            )
        return answer
