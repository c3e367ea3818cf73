"""Errors as they go over the wire: problem details (RFC 9457) that carry the API's envelope."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

from argosy.errors import (
    AuthError,
    JwtTokenExpiredError,
    ServerError,
    ServerUnavailableError,
    ServiceError,
    StoreUnavailableError,
    TooManyRequestsError,
    frames_of,
)
from argosy.rendering import encode_json
from argosy.server.api.whole_texts import with_whole_texts

if TYPE_CHECKING:
    from argosy.model import JsonObject

MEDIA_TYPE = "application/problem+json"
#: After how many seconds a client may ask again where the store could not be reached.
_RETRY_AFTER = 1

#: Phrases that differ between releases of Python.
_TITLES = {413: "Content Too Large"}

_LOG = logging.getLogger("argosy.server")


def problem_document(error: ServiceError) -> JsonObject:
    """Return the body of an error's answer."""
    return {
        "type": "about:blank",
        "title": _TITLES.get(error.http_status) or HTTPStatus(error.http_status).phrase,
        "status": error.http_status,
        "detail": error.message,
        **error.envelope(),
    }


def problem_body(error: ServiceError) -> bytes:
    """Return the body of an error's answer as it is sent."""
    return encode_json(with_whole_texts(problem_document(error)))


def problem_headers(error: ServiceError) -> dict[str, str]:
    """Return the headers of an error's answer: what it is, and what the client may do."""
    headers = {"content-type": MEDIA_TYPE, "cache-control": "no-store"}
    if isinstance(error, TooManyRequestsError):
        headers["retry-after"] = str(error.facts["retry_after"])
    elif isinstance(error, ServerUnavailableError):
        headers["retry-after"] = str(_RETRY_AFTER)
    elif isinstance(error, AuthError | JwtTokenExpiredError):
        headers["www-authenticate"] = 'Bearer realm="argosy"'
    return headers


def service_error(error: Exception) -> ServiceError:
    """Return the error that is answered where this one was raised.

    Nothing of an error that nobody foresaw is answered or logged but its class and its frames:
    its words may hold secrets.
    """
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, StoreUnavailableError) or _is_of_database(error):
        _LOG.warning("the store cannot be used: %s", type(error).__name__)
        return ServerUnavailableError(detail="the store cannot be reached; try again.")
    _LOG.error("a request failed with %s:\n%s", type(error).__name__, frames_of(error))
    return ServerError(detail="it did not expect this; its log says more.")


def _is_of_database(error: Exception) -> bool:
    from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError  # noqa: PLC0415, A004

    return isinstance(error, InterfaceError | OperationalError | TimeoutError)
