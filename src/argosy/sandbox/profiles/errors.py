"""The lookup's error object: `{error, message, status}`.

The vendor's Android client looks at the shape and not at the HTTP status, since such an object
has come with 200 too; a setting makes the sandbox do so.
"""

from __future__ import annotations

from http import HTTPStatus

from argosy.sandbox.answers import VendorError


class LookupRefusedError(VendorError):
    """An answer with the lookup's error object."""

    def __init__(self, status: int, message: str) -> None:
        phrase = HTTPStatus(status).phrase
        super().__init__(status, {"error": phrase, "message": message, "status": status})
