"""Answers that a page's script element can read: JSON inside the call of a function it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$]{0,63}(\.[A-Za-z_$][\w$]{0,63}){0,3}", re.ASCII)


def is_callback(name: str) -> bool:
    """Say whether a text is the name of a function, and nothing else."""
    return _CALLBACK.fullmatch(name) is not None


def jsonp_answer(callback: str, document: Json, status: int = 200) -> Response:
    """Make the answer that calls a function, whose name was checked, with a document."""
    # JSON may have the two line separators raw that older JavaScript doesn't allow in strings
    text = orjson.dumps(document).decode().replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(f"/**/{callback}({text});", status, headers, "application/javascript")
