"""What the records API refuses: whole requests by status, single records by error name.

The vendor's clients treat 400, 401, 403 and 422 as permanent and drop a record whose error
name is one of the three `Invalid…Error`; every other status or name is worth a retry.
The error bodies of whole requests aren't documented; they are `{code, message}` here.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from argosy.sandbox.answers import CodeMessageError

PermanentName = Literal[
    "InvalidCollectionNameError", "InvalidPropertyNameError", "InvalidPropertyValueError"
]


class RecordError(Struct, frozen=True):
    """Why one record of a request wasn't taken."""

    name: str
    description: str


class RefusedRecordError(Exception):
    """Raised while a record is examined: it can't be taken, now or later."""

    def __init__(self, name: PermanentName, description: str) -> None:
        super().__init__(description)
        self.error = RecordError(name, description)


def bad_request(message: str) -> CodeMessageError:
    """Make the 400 answer."""
    return CodeMessageError(400, "bad-request", message)


def too_large(message: str) -> CodeMessageError:
    """Make the 413 answer."""
    return CodeMessageError(413, "payload-too-large", message)


def unknown_media_type(found: str, known: str) -> CodeMessageError:
    """Make the 415 answer; the dossier of the API finds 400 equally plausible."""
    message = f"{found!r} is not a media type for records; there are {known}."
    return CodeMessageError(415, "unsupported-media-type", message)


def no_such_target(what: str, name: str) -> CodeMessageError:
    """Make the answer for a missing database or table: 422, since no client expects a 404."""
    return CodeMessageError(422, f"{what}-not-found", f"The {what} {name!r} does not exist.")


def refused_single(error: RecordError) -> CodeMessageError:
    """Make the answer for a single record that can't be taken (422 is an assumption)."""
    details = {"name": error.name, "description": error.description}
    return CodeMessageError(422, "record-refused", error.description, error=details)
