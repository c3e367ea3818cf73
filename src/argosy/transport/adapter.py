"""The adapter that carries requests' traffic at about half the CPU time of its own.

`requests.adapters.HTTPAdapter` stays in charge: its `send` is inherited, so that errors
are mapped by requests itself and the `responses` library, which replaces that method,
works unprepared. Only the pool it is given is ours (`argosy.transport.pool`). What it
adds to requests' promises: `urllib3.util.Timeout(total=…)` bounds the whole exchange, no
request is sent twice, and addresses can be refused after the name was resolved.

A request that goes through a proxy takes the stock way: there the proxy resolves the
name and connects, so neither addresses nor the total are checked.
"""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import DEFAULT_CA_BUNDLE_PATH, DEFAULT_POOLSIZE, HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.models import Response
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers, select_proxy

from argosy.transport.dial import AddressRefusedError, Dialer
from argosy.transport.pool import LeanPool
from argosy.transport.response_bytes import WholeResponse
from argosy.transport.tls import TlsContexts, TlsSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests import PreparedRequest
    from urllib3.connectionpool import ConnectionPool

    Certificate = tuple[str, str] | str | None

__all__ = ["AddressRefusedError", "LeanAdapter"]


class LeanAdapter(HTTPAdapter):
    """Send requests over kept-alive connections; one adapter serves any number of threads.

    `pool_connections` bounds the servers remembered, `pool_maxsize` the idle connections
    to each. `allow_address` is asked with host and IP address before each connection is
    opened; if it refuses all of a host's addresses, the requests.ConnectionError raised
    has an AddressRefusedError as its first argument. `resolve` has the signature of
    `socket.getaddrinfo`, `clock` that of `time.monotonic`.
    """

    def __init__(
        self,
        *,
        pool_connections: int = DEFAULT_POOLSIZE,
        pool_maxsize: int = DEFAULT_POOLSIZE,
        allow_address: Callable[[str, str], bool] | None = None,
        resolve: Callable[..., Any] = socket.getaddrinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(pool_connections=pool_connections, pool_maxsize=pool_maxsize)
        self._most_pools = pool_connections
        self._pool_size = pool_maxsize
        self._dialer = Dialer(resolve, allow_address)
        self._clock = clock
        self._contexts = TlsContexts()
        self._pools: dict[tuple[Any, ...], LeanPool] = {}
        self._lock = threading.Lock()

    def get_connection_with_tls_context(
        self,
        request: PreparedRequest,
        verify: bool | str | None,
        proxies: Mapping[str, str] | None = None,
        cert: Certificate = None,
    ) -> ConnectionPool:
        """Return our pool for the request's server, or requests' own where a proxy applies."""
        url = cast("str", request.url)
        if proxies and select_proxy(url, proxies):
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        end = url.find("/", len("https://"))
        key = (url[:end] if end > 0 else url, verify, cert)
        return self._pools.get(key) or self._add_pool(key, request, verify, cert)

    def _add_pool(
        self,
        key: tuple[Any, ...],
        request: PreparedRequest,
        verify: bool | str | None,
        cert: Certificate,
    ) -> LeanPool:
        # requests' own pool parses the URL and checks the paths; it opens nothing by itself.
        stock: Any = super().get_connection_with_tls_context(request, verify, None, cert)
        super().cert_verify(stock, request.url, verify, cert)  # type: ignore[no-untyped-call]
        pool = LeanPool(
            stock.scheme,
            stock.host,
            stock.port,
            dialer=self._dialer,
            tls=_tls_settings(stock) if stock.scheme == "https" else None,
            contexts=self._contexts,
            size=self._pool_size,
            clock=self._clock,
        )
        with self._lock:
            while len(self._pools) >= self._most_pools:
                self._pools.pop(next(iter(self._pools))).close()
            return self._pools.setdefault(key, pool)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing for our pool: it was made for these very settings."""
        if not isinstance(conn, LeanPool):
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]

    def request_url(self, request: PreparedRequest, proxies: Mapping[str, str] | None) -> str:
        """Return the path, or what a proxy needs where proxies are given."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return the library's response; one that came the short way costs less."""
        if type(resp) is WholeResponse:
            return LeanResponse(req, resp, self)
        return super().build_response(req, resp)

    def close(self) -> None:
        """Close all idle connections; the adapter can be used again afterwards."""
        super().close()
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.close()


def _tls_settings(stock: Any) -> TlsSettings:
    """Read what requests has put on its pool; its default authorities go unnamed there."""
    named = stock.ca_certs or stock.ca_cert_dir
    return TlsSettings(
        verified=stock.cert_reqs == "CERT_REQUIRED",
        ca_file=stock.ca_certs if named else DEFAULT_CA_BUNDLE_PATH,
        ca_directory=stock.ca_cert_dir,
        certificate=stock.cert_file,
        key=stock.key_file,
    )


class LeanResponse(Response):
    """The library's response without what nobody may ever ask of it: made when asked for.

    It came the short way, so it sets no cookie.
    """

    def __init__(self, request: PreparedRequest, raw: WholeResponse, adapter: LeanAdapter) -> None:
        self._content = cast("Any", False)  # the library's word for not read yet
        self._content_consumed = False
        self._next = None
        self.status_code = raw.status
        self.raw = raw
        self.url = cast("str", request.url)
        self.history = []
        self.reason = raw.reason
        self.elapsed = timedelta(0)
        self.request = request
        self.connection = adapter

    @cached_property
    def headers(self) -> CaseInsensitiveDict[str]:  # type: ignore[override]
        """The headers."""
        return CaseInsensitiveDict(self.raw.headers)

    @cached_property
    def encoding(self) -> str | None:  # type: ignore[override]
        """How the text is encoded, as the headers say."""
        return get_encoding_from_headers(self.headers)

    @cached_property
    def cookies(self) -> RequestsCookieJar:  # type: ignore[override]
        """No cookies."""
        return RequestsCookieJar()
