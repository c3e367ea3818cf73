"""Turn what the HTTP library raises into our own errors, in words a person can act on."""

from __future__ import annotations

import socket
import ssl
from http.client import IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING

import requests
from urllib3 import exceptions as urllib3_errors

from argosy.errors import (
    HostRefusedError,
    InvocationError,
    RequestTimedOutError,
    UnreachableError,
    UntrustedServerError,
)
from argosy.transport.dial import AddressRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TIMEOUTS = (requests.Timeout, urllib3_errors.TimeoutError, TimeoutError)


def without_frames(error: BaseException) -> BaseException:
    """Return an error with the frames of it and of everything behind it let go.

    The frames of the HTTP library hold the request's bytes, the key among them, and some tools
    print the locals of every frame in a chain.
    """
    for cause in _causes(error):
        cause.__traceback__ = None
    return error


def failure_of(error: Exception, *, host: str, attempts: str) -> InvocationError:
    """Return our error for one of the library's; `attempts` is a phrase such as `2 attempts`."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, AddressRefusedError):
            detail = f"{', '.join(cause.addresses)} is a private or reserved address"
            return HostRefusedError(host=host, detail=detail)
    if any(isinstance(cause, requests.exceptions.SSLError | ssl.SSLError) for cause in chain):
        return UntrustedServerError(host=host, detail=_last_words(chain))
    if any(isinstance(cause, _TIMEOUTS) for cause in chain):
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
        if isinstance(cause, IncompleteRead | urllib3_errors.IncompleteRead):
            return "the connection was closed in the middle of the answer"
    return _last_words(chain)


def _last_words(chain: list[BaseException]) -> str:
    return str(chain[-1]).rstrip(".") or type(chain[-1]).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and everything behind it: causes, contexts, reasons and wrapped errors."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        behind = [getattr(current, "reason", None), current.__cause__, current.__context__]
        waiting += [inner for inner in (*behind, *current.args) if isinstance(inner, Exception)]
