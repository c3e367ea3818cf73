"""The certificate a sandbox shows when asked to speak HTTPS: made here, by an authority of its own.

It names this machine and the vendor's hosts, so that a client sent here under those believes it
once it trusts the authority. A data folder keeps the authority (its key for the owner's eyes
only), so that it is to be trusted once; without one it is made anew each time.
"""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Final

from argosy.sandbox.hosts import REGIONS, VENDOR_HOSTS
from argosy.sandbox.settings import SetupError

if TYPE_CHECKING:
    from pathlib import Path

    import trustme

AUTHORITY: Final = "ca.pem"
"""The file in a data folder that clients are to trust."""
_KEY: Final = "ca.key"


def server_context(data: Path | None) -> tuple[ssl.SSLContext, bytes]:
    """Give what a server's sockets need, and the authority's certificate to trust.

    Raises SetupError where the extra isn't installed, or the folder's authority can't be read.
    """
    try:
        import trustme  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        message = "HTTPS needs the extra `tls`: pip install 'argosy[tls]'."
        raise SetupError(message) from error
    try:
        authority = _authority(data)
    except (OSError, ValueError) as error:
        message = f"{data}: the authority kept there can't be used. {error}"
        raise SetupError(message) from error
    names = ("localhost", "127.0.0.1", "::1", *(f"{region}.localhost" for region in REGIONS))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names, *VENDOR_HOSTS).configure_cert(context)
    return context, authority.cert_pem.bytes()


def _authority(data: Path | None) -> trustme.CA:
    import trustme  # noqa: PLC0415 - an extra

    if data is not None and (data / AUTHORITY).exists():
        kept = (data / AUTHORITY).read_bytes(), (data / _KEY).read_bytes()
        return trustme.CA.from_pem(*kept)
    made = trustme.CA(organization_name="Argosy sandbox")
    if data is not None:
        (data / AUTHORITY).write_bytes(made.cert_pem.bytes())
        descriptor = os.open(data / _KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made.private_key_pem.bytes())
    return made
