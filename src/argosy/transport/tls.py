"""TLS as requests promises it: verified unless switched off, with the host name checked.

What urllib3 sets on a context (versions, ciphers, strictness) is taken from its own
function, so that it follows urllib3's releases.
"""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from urllib3.util.ssl_ import create_urllib3_context, is_ipaddress

if TYPE_CHECKING:
    import socket

    from argosy.transport.limits import Limits


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """What decides a TLS context: trusted authorities and the client's certificate.

    Paths are as requests' `verify` and `cert` give them; one of `ca_file` and
    `ca_directory` is set unless `verified` is False.
    """

    verified: bool
    ca_file: str | None
    ca_directory: str | None
    certificate: str | None
    key: str | None

    def build_context(self) -> ssl.SSLContext:
        """Build a client context with urllib3's defaults; raises OSError for unusable files."""
        context = create_urllib3_context(
            cert_reqs=ssl.CERT_REQUIRED if self.verified else ssl.CERT_NONE
        )
        context.set_alpn_protocols(["http/1.1"])
        if self.verified:
            context.load_verify_locations(self.ca_file, self.ca_directory)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key, _refuse_password)
        return context


class TlsContexts:
    """The contexts built so far: loading the authorities takes far longer than a handshake."""

    def __init__(self) -> None:
        self._built: dict[TlsSettings, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def context_for(self, settings: TlsSettings) -> ssl.SSLContext:
        """Return the one context for these settings; raises OSError for unusable files."""
        with self._lock:
            context = self._built.get(settings)
            if context is None:
                context = self._built[settings] = settings.build_context()
            return context


def _refuse_password() -> str:
    # Without this OpenSSL asks at the terminal.
    raise ssl.SSLError("the client's key is encrypted; requests has no way to pass its password")


def wrap(sock: socket.socket, context: ssl.SSLContext, host: str, limits: Limits) -> ssl.SSLSocket:
    """Do the TLS handshake on a connected socket and check the certificate's host name.

    Closes the socket if that fails.
    """
    name = host.rstrip(".")
    without_zone = name.partition("%")[0]
    if is_ipaddress(without_zone):
        name = without_zone  # a certificate names an address without the zone
    try:
        sock.settimeout(limits.until_connected())
        wrapped = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        sock = wrapped  # the plain socket is an empty shell now
        with limits.cuttable(wrapped):
            wrapped.do_handshake()
    except BaseException:
        sock.close()
        raise
    return wrapped
