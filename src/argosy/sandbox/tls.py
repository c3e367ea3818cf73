"""The certificate a sandbox shows when asked to speak HTTPS: made here, by an authority of its own.

It names this machine and the vendor's hosts, so that a client sent here under those believes it
once it trusts the authority. In a data folder both are kept; otherwise they are made anew.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from argosy.sandbox.hosts import REGIONS, VENDOR_HOSTS
from argosy.sandbox.settings import SetupError

if TYPE_CHECKING:
    from argosy.sandbox.settings import Settings

AUTHORITY: Final = "ca.pem"
"""The file in a data folder that clients are to trust."""
_KEPT: Final = "tls.pem"


def server_context(settings: Settings) -> ssl.SSLContext:
    """Make what a server's sockets need; raise SetupError where the extra isn't installed."""
    try:
        import trustme  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "HTTPS needs the extra `tls`: pip install 'argosy[tls]'."
        raise SetupError(message) from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA(organization_name="Argosy sandbox")
    names = ("localhost", "127.0.0.1", "::1", *(f"{region}.localhost" for region in REGIONS))
    authority.issue_cert(*names, *VENDOR_HOSTS).configure_cert(context)
    if settings.data is not None:
        authority.cert_pem.write_to_path(str(settings.data / AUTHORITY))
    return context
