"""What the core API refuses, and the one body it answers with.

The specification names five members of an error, and each of the vendor's clients reads others
of them, so all are there. Texts that start with "Couldn't find" or end in "already exists" are
the ones the clients' own tests know; the rest are the sandbox's.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from argosy.sandbox.answers import VendorError

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

SHORTEST_NAME: Final = 3
LONGEST_NAME: Final = 256


class CoreError(VendorError):
    """An error of the core API; `details` is for what a client may act on."""

    def __init__(self, status: int, message: str, *, error: str = "", **details: Json) -> None:
        body: dict[str, Json] = {
            "error": error or HTTPStatus(status).phrase,
            "message": message,
            "text": message,
            "severity": "error",
            "status_code": status,
        }
        super().__init__(status, body | ({"details": details} if details else {}))
        self.message = message


def unauthorized() -> CoreError:
    """Make the answer for a missing or unknown key, or a wrong password."""
    return CoreError(401, "Failed to Login", error="Failed to Login")


def forbidden(what: str) -> CoreError:
    """Make the answer for what a key may not do; clients look for "not authorized"."""
    return CoreError(403, f"You are not authorized to {what}.")


def no_database(name: str) -> CoreError:
    """Make the answer for a database that isn't there."""
    return CoreError(404, f"Couldn't find UserDatabase with name = {name}")


def no_table(name: str) -> CoreError:
    """Make the answer for a table that isn't there."""
    return CoreError(404, f"Couldn't find UserTableReference with name = {name}")


def not_found(what: str, name: str) -> CoreError:
    """Make the answer for something else that isn't there."""
    return CoreError(404, f"Couldn't find {what} with name = {name}")


def already_there(what: str, name: str) -> CoreError:
    """Make the answer for a name that is taken."""
    return CoreError(409, f"{what} {name} already exists")


def invalid(message: str) -> CoreError:
    """Make the answer for a parameter that can't be taken."""
    return CoreError(422, message)


def not_done(what: str) -> CoreError:
    """Make the answer for what the vendor does and the sandbox can't."""
    return CoreError(501, f"The sandbox does not do this: {what}", error="not-implemented")


def check_short_name(name: str) -> None:
    """Refuse a name of a session, connection or saved query that is too short or too long."""
    if len(name) < SHORTEST_NAME:
        raise invalid("Validation failed: Name is too short")
    if len(name) > LONGEST_NAME:
        raise invalid("Validation failed: Name is too long")
