"""Say in an answer's headers that its path will go, and what to use instead (RFC 9745)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from fastapi import Response

#: Since when, in seconds since 1970: the first release had the successors already.
_SINCE = "@1764115200"


def deprecated(response: Response, successor: str) -> str:
    """Set the headers, and return a warning that says the same to people."""
    response.headers["deprecation"] = _SINCE
    response.headers["link"] = f'</v1/{quote(successor, safe="/?=")}>; rel="successor-version"'
    return f"This endpoint is deprecated; use {successor} instead."
