"""HTTP answers: JSON ones, and the error that carries its own answer.

A model or route raises a VendorError; one place in the app turns it into the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

JSON: Final = "application/json"
VENDOR_JSON: Final = "application/vnd.treasuredata.v1+json"


def json_answer(document: Json, status: int = 200, media_type: str = JSON) -> Response:
    """Make an answer with a JSON body."""
    return Response(orjson.dumps(document), status, media_type=media_type)


class VendorError(Exception):
    """Something the emulated vendor refuses: a status and a JSON body."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body)
        self.status = status
        self.body = body

    def answer(self) -> Response:
        """Make the answer the vendor would give."""
        return json_answer(self.body, self.status)


class CodeMessageError(VendorError):
    """The `{code, message}` error of the CDP's REST API (`Error` in its specification).

    The records API's own error body isn't documented; the sandbox uses the same one there.
    """

    def __init__(self, status: int, code: str, message: str, **more: Json) -> None:
        super().__init__(status, {"code": code, "message": message, **more})
        self.code = code
        self.message = message
