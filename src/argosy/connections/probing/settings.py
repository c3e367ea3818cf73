"""What the operator decides about tests of credentials: times, sizes, and where they may go."""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """The terms of tests. Times are in seconds.

    `total` bounds a whole test, `connect` and `read` single waits. Where a table is read whole,
    `long_call` bounds each call and `long_read` single waits instead. `base_urls` sends all calls
    of a type to another address, for development: `{"S3": "http://127.0.0.1:5000"}`.
    `allow_networks` are networks that are not public and may be called all the same.
    `allow_endpoints` are origins of stores like S3 that a connection may name, `own_origins`
    those of this server, where its feeds are. `upload_folder` is where uploaded files lie.
    `ca_bundle` is a file of certificates to trust instead of the usual ones. `now` is the time
    in epoch seconds, `clock` measures, `resolve` has the signature of `socket.getaddrinfo`.

    Raises ValueError for what is no network.
    """

    total: float = 5.0
    connect: float = 2.0
    read: float = 3.0
    long_call: float = 60.0
    long_read: float = 15.0
    max_bytes: int = 64 * 1024
    base_urls: Mapping[str, str] = field(default_factory=dict)
    allow_networks: tuple[str, ...] = ()
    allow_endpoints: tuple[str, ...] = ()
    own_origins: tuple[str, ...] = ()
    upload_folder: Path | None = None
    ca_bundle: str = ""
    now: Callable[[], float] = time.time
    clock: Callable[[], float] = time.monotonic
    resolve: Callable[..., Any] = socket.getaddrinfo

    def __post_init__(self) -> None:
        """Refuse what is no network, before the first test asks for it."""
        self.networks()

    def networks(self) -> tuple[Network, ...]:
        """Return the networks that are allowed although they are not public."""
        return tuple(ipaddress.ip_network(text, strict=False) for text in self.allow_networks)
