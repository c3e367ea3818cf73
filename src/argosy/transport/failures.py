"""Turn what the HTTP library raises into our own errors, in words a person can act on."""

from __future__ import annotations

import socket
import ssl
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected

import requests
from urllib3 import exceptions as urllib3_errors

from argosy.errors import (
    HostRefusedError,
    InvocationError,
    RequestTimedOutError,
    UnreachableError,
    UnreadableAnswerError,
    UntrustedServerError,
    causes_of,
)
from argosy.transport.dial import AddressRefusedError

#: No connection at all; the library files it under its time-outs.
_NOT_CONNECTED = (urllib3_errors.NewConnectionError,)
_UNREADABLE = (urllib3_errors.DecodeError, requests.exceptions.ContentDecodingError)
_TIMEOUTS = (requests.Timeout, urllib3_errors.TimeoutError, TimeoutError)


def failure_of(error: Exception, *, host: str, attempts: str) -> InvocationError:
    """Return our error for one of the library's; `attempts` is a phrase such as `2 attempts`."""
    chain = list(causes_of(error))
    for cause in chain:
        if isinstance(cause, AddressRefusedError):
            detail = f"{', '.join(cause.addresses)} is a private or reserved address"
            return HostRefusedError(host=host, detail=detail)
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in chain):
        words = _last_words(chain)
        detail = "it does not speak TLS" if "WRONG_VERSION_NUMBER" in words else words
        return UntrustedServerError(host=host, detail=detail)
    if isinstance(error, _UNREADABLE) or type(error) is ValueError:
        return UnreadableAnswerError(host=host, detail=_last_words(chain))
    is_refused = any(isinstance(cause, _NOT_CONNECTED) for cause in chain)
    if not is_refused and any(isinstance(cause, _TIMEOUTS) for cause in chain):
        phase = "connecting" if _while_connecting(chain) else "waiting for the answer"
        return RequestTimedOutError(host=host, attempts=attempts, detail=f"timed out {phase}")
    return UnreachableError(host=host, attempts=attempts, detail=_reason(chain))


def _while_connecting(chain: list[BaseException]) -> bool:
    kinds = (requests.ConnectTimeout, urllib3_errors.ConnectTimeoutError)
    return any(isinstance(cause, kinds) for cause in chain)


def _reason(chain: list[BaseException]) -> str:
    for cause in chain:
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(cause, socket.gaierror):
            return "the name cannot be resolved"
        if isinstance(cause, ConnectionResetError | BrokenPipeError | RemoteDisconnected):
            return "the connection was closed before an answer came"
        if isinstance(cause, BadStatusLine):
            return "the answer is no HTTP"
        if isinstance(cause, IncompleteRead | urllib3_errors.IncompleteRead):
            return "the connection was closed in the middle of the answer"
    return _last_words(chain)


def _last_words(chain: list[BaseException]) -> str:
    return str(chain[-1]).rstrip(".") or type(chain[-1]).__name__
