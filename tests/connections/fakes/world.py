"""All vendors at once: one TLS server on loopback that answers for every host name.

A resolver leads each name to the server's port, so tests call the very addresses that the product
calls, by TLS, and see which host was asked for. `fault` is answered instead of any vendor, once
`healthy` requests were answered well.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import trustme

from tests.servers import Answering, Received, Say, Scripted, ScriptedServer

Vendor = Callable[[Received], Scripted]

NAMES = (
    "sts.us-east-1.amazonaws.com",
    "sts.eu-west-1.amazonaws.com",
    "s3.us-east-1.amazonaws.com",
    "s3.eu-west-1.amazonaws.com",
    "oauth2.googleapis.com",
    "storage.googleapis.com",
    "bigquery.googleapis.com",
    "*.my.salesforce.com",
    "*.sandbox.my.salesforce.com",
    "api.sailthru.com",
    "api.iterable.com",
    "api.eu.iterable.com",
    "a.klaviyo.com",
    "api.sendlane.com",
    "sso.auth.mparticle.com",
    "api.mparticle.com",
    "s2s.mparticle.com",
    "s2s.eu1.mparticle.com",
    "api.segmentapis.com",
    "eu1.api.segmentapis.com",
    "api.segment.io",
    "events.eu1.segmentapis.com",
    "collector.movableink-dmz.com",
    "collector.micpn.com",
    "*.myshopify.com",
    "rest.iad-01.braze.com",
    "rest.fra-01.braze.eu",
    "api.treasuredata.com",
    "api.treasuredata.co.jp",
)


class World(ScriptedServer):
    """Serves every vendor until it is closed; use it as a context manager."""

    def __init__(self, authority: trustme.CA) -> None:
        super().__init__(self._ask)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*NAMES).configure_cert(context)
        self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self.vendors: Mapping[str, Vendor] = {}
        self.fault: Answering | None = None
        self.healthy = 0
        self.resolved: list[str] = []

    def __enter__(self) -> World:
        super().__enter__()
        return self

    def reset(self, vendors: Mapping[str, Vendor]) -> None:
        """Begin again with these vendors, each by a regular expression of its hosts."""
        self.vendors = vendors
        self.fault = None
        self.healthy = 0
        self.received.clear()
        self.resolved.clear()

    def resolve(self, host: str, _port: int, **_options: Any) -> Any:
        """Lead every name to this server."""
        self.resolved.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", self.port))]

    @property
    def calls(self) -> list[str]:
        """What was asked: method, host and path."""
        return [f"{one.method} {one.headers['host']}{one.path}" for one in self.received]

    def _ask(self, request: Received) -> Scripted:
        if self.fault is not None and len(self.received) > self.healthy:
            return self.fault if isinstance(self.fault, Scripted) else self.fault(request)
        host = request.headers["host"]
        vendor = next((v for hosts, v in self.vendors.items() if re.fullmatch(hosts, host)), None)
        return vendor(request) if vendor else Say(404, "nobody lives here")


def body_of(request: Received) -> dict[str, str]:
    """Return the fields of a form."""
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))
