"""What the personalization service refuses: `{"code": number, "message": text}`.

The vendor lists the codes 3000 to 3009 with 400. What it answers to a wrong API key isn't
documented: here the code is the status.
"""

from __future__ import annotations

from enum import IntEnum

from argosy.sandbox.answers import VendorError


class Code(IntEnum):
    """The vendor's codes of refused requests."""

    NO_TOKEN = 3000
    UNKNOWN_TOKEN = 3001
    OTHER_ACCOUNT = 3002
    TOKEN_FORMAT = 3003
    EVENT = 3004
    ADDRESS = 3005
    TOKEN_TYPE = 3006
    ORIGIN = 3007
    METHOD = 3009


class PersonalizationError(VendorError):
    """A refused request."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(status, {"code": code, "message": message})


def refused(code: Code, message: str) -> PersonalizationError:
    """Make the 400 answer of a code."""
    return PersonalizationError(400, code.value, message)
