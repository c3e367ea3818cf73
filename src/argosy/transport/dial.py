"""Opening sockets: resolve a name, ask whether each address is allowed, connect.

The address that was allowed is the address that is connected to, so a name that resolves
to something else a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.transport.limits import Limits

_Address = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class AddressRefusedError(OSError):
    """None of the addresses a host resolved to is allowed."""

    def __init__(self, host: str, addresses: tuple[str, ...]) -> None:
        super().__init__(f"no allowed address for {host}: refused {', '.join(addresses)}")
        self.host = host
        self.addresses = addresses


@dataclass(frozen=True, slots=True)
class Dialer:
    """How names become sockets.

    `resolve` has the signature of `socket.getaddrinfo`. `allow_address` is asked with
    host and IP address (text, as the resolver gives it) before each attempt to connect;
    None allows every address.
    """

    resolve: Callable[..., Any] = socket.getaddrinfo
    allow_address: Callable[[str, str], bool] | None = None

    def open(self, host: str, port: int, limits: Limits) -> socket.socket:
        """Connect to the first allowed address that answers.

        Raises AddressRefusedError if no address is allowed, socket.gaierror if the name
        doesn't resolve, TimeoutError, the OSError of the last attempt, or RunCancelledError.
        """
        failure: OSError | None = None
        for address in self._allowed(host, port):
            try:
                return _connect(address, limits)
            except OSError as error:
                failure = error
        raise failure or OSError(f"{host} resolved to no address")

    def _allowed(self, host: str, port: int) -> Iterator[_Address]:
        found = self.resolve(host, port, type=socket.SOCK_STREAM)
        refused: list[str] = []
        for address in found:
            ip = address[4][0]
            if self.allow_address is None or self.allow_address(host, ip):
                yield address
            else:
                refused.append(ip)
        if refused and len(refused) == len(found):
            raise AddressRefusedError(host, tuple(refused))


def _connect(address: _Address, limits: Limits) -> socket.socket:
    family, kind, protocol, _, where = address
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(limits.until_connected())
        with limits.cuttable(sock):
            sock.connect(where)
    except BaseException:
        sock.close()
        raise
    return sock
