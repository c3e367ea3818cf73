"""The idle connections to one server, and the exchange of one request over one of them.

This is what `requests.adapters.HTTPAdapter.send` calls where urllib3's pool would stand.
It raises what urllib3 raises, so that requests turns it into its own errors. No request
is ever sent twice: a connection that came to an end while idle is noticed before the
first byte goes out, and one that ends later is an error.

`MaxRetryError` (its reason tells why) and AddressRefusedError mean that no byte of the
request went out, but for one case: TLS 1.3 tells a client whose certificate is refused
only afterwards (reason SSLError). `ProtocolError` and `ReadTimeoutError` come later: the
server may have got the request.
"""

from __future__ import annotations

import socket
import ssl
import threading
import warnings
import weakref
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    InsecureRequestWarning,
    LocationParseError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from argosy.transport.dial import AddressRefusedError
from argosy.transport.limits import Limits
from argosy.transport.request_bytes import RequestBytes, encode_request
from argosy.transport.response_bytes import receive_response
from argosy.transport.tls import wrap
from argosy.transport.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from urllib3 import HTTPResponse
    from urllib3.util import Timeout

    from argosy.transport.dial import Dialer
    from argosy.transport.tls import TlsContexts, TlsSettings

__all__ = ["AddressRefusedError", "LeanPool"]

_PORTS = {"http": 80, "https": 443}


class LeanPool(ConnectionPool):
    """Connections to one scheme, host and port under one set of TLS settings.

    `tls` is None for plain HTTP. `size` bounds the idle connections, not those in use.
    """

    def __init__(
        self,
        scheme: str,
        host: str,
        port: int,
        *,
        dialer: Dialer,
        tls: TlsSettings | None,
        contexts: TlsContexts,
        size: int,
        clock: Callable[[], float],
    ) -> None:
        self.scheme = scheme
        super().__init__(host, port)
        self._port = port
        self._dialer = dialer
        self._tls = tls
        self._contexts = contexts
        self._size = size
        self._clock = clock
        self._host_header = _host_header(self.host, port, _PORTS[scheme])
        self._idle: list[Wire] = []
        self._lock = threading.Lock()
        self._is_closed = False
        weakref.finalize(self, _close_all, self._idle)

    def urlopen(
        self,
        method: str,
        url: str,
        *,
        body: Any,
        headers: Mapping[str | bytes, Any],
        timeout: Timeout,
        chunked: bool,
        **_: Any,
    ) -> HTTPResponse:
        """Send one request and return the response with its body unread.

        What requests passes besides (redirects, retries) is left unused: both are the
        business of others. Raises ValueError for a request that can't be encoded.
        """
        if self._tls is not None and not self._tls.verified:
            warnings.warn(f"Unverified HTTPS request to {self.host}", InsecureRequestWarning, 2)
        limits = Limits(timeout, self._clock)
        request = encode_request(method, url, self._host_header, headers, body, chunked=chunked)
        wire = self._take_idle() or self._connect(url, limits)
        try:
            wire.begin(limits)
            return self._exchange(wire, request, method, url)
        except TimeoutError as error:
            message = f"Read timed out. (read timeout={limits.read})"
            raise ReadTimeoutError(self, url, message) from error
        except ssl.SSLError as error:
            raise MaxRetryError(self, url, SSLError(error)) from error
        except (OSError, HTTPException) as error:
            message = "Connection aborted."
            raise ProtocolError(message, error) from error

    def _exchange(self, wire: Wire, request: RequestBytes, method: str, url: str) -> HTTPResponse:
        try:
            try:
                request.send_to(wire.send)
            except (BrokenPipeError, ConnectionResetError):
                wire.cut = True  # the server may have answered before it hung up
            return receive_response(wire, method, self, url)
        except BaseException:
            wire.close()
            raise

    def _take_idle(self) -> Wire | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                wire = self._idle.pop()
            if wire.is_quiet():
                return wire
            wire.close()

    def _connect(self, url: str, limits: Limits) -> Wire:
        try:
            context = self._contexts.context_for(self._tls) if self._tls is not None else None
            sock = self._dialer.open(self.host, self._port, limits)
            if context is not None:
                sock = wrap(sock, context, self.host, limits)
        except AddressRefusedError:
            raise
        except UnicodeError:
            message = f"{self.host!r}, label empty or too long"
            raise LocationParseError(message) from None
        except OSError as error:
            raise MaxRetryError(self, url, self._reason(error, limits)) from error
        return Wire(sock, limits, self._give_back)

    def _reason(self, error: OSError, limits: Limits) -> Exception:
        """Name a failure to connect as urllib3 does."""
        described = HTTPConnection(self.host, self.port)  # never opened: messages show it
        if isinstance(error, socket.gaierror):
            return NameResolutionError(self.host, described, error)
        if isinstance(error, TimeoutError):
            message = f"Connection to {self.host} timed out. (connect timeout={limits.connect})"
            return ConnectTimeoutError(described, message)
        if isinstance(error, ssl.SSLError):
            return SSLError(error)
        return NewConnectionError(described, f"Failed to establish a new connection: {error}")

    def _give_back(self, wire: Wire) -> None:
        with self._lock:
            if not self._is_closed and len(self._idle) < self._size:
                self._idle.append(wire)
                return
        wire.close()

    def _put_conn(self, wire: Wire) -> None:
        """Take back a wire from urllib3's response, which calls this by this name."""
        wire.release()

    def close(self) -> None:
        """Close the idle connections; those in use are closed when they come back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle[:] = self._idle[:], []
        _close_all(idle)


def _close_all(wires: list[Wire]) -> None:
    for wire in wires:
        wire.close()


def _host_header(host: str, port: int, default_port: int) -> str:
    name = f"[{host.partition('%')[0]}]" if ":" in host else host.rstrip(".")
    return name if port == default_port else f"{name}:{port}"
