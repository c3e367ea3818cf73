"""Where a test may go: the type's hosts, what the operator allows, and public addresses only."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from argosy.connections.probing.draft import UnsendableError
from argosy.dispatch.hosts import is_public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from argosy.connections.probing.settings import ProbeSettings
    from argosy.connections.types import ConnectionType

_GAP = re.compile(r"[\s\\\x00-\x20\x7f]")
_WHERE = {
    "endpoints": "The operator of this server names the stores that may be called.",
    "own": "A feed is one of this server's own addresses.",
}


@dataclass(frozen=True, slots=True)
class Places:
    """The places that the test of one connection may go to."""

    hosts: tuple[str, ...]
    origins: frozenset[str]
    trusted: frozenset[str]
    base: str
    networks: tuple[Any, ...]
    hint: str

    @classmethod
    def of(
        cls, type_: ConnectionType, settings: ProbeSettings, endpoints: Mapping[str, str]
    ) -> Places:
        """Return the places of a type; `endpoints` are those of the connector's region."""
        further: Mapping[str, Iterable[str]] = {
            "endpoints": settings.allow_endpoints,
            "own": settings.own_origins,
            "regions": endpoints.values(),
        }
        base = settings.base_urls.get(type_.id, "")
        origins = tuple(further.get(type_.origins, ()))
        # what the operator names may be private; the vendor's own names may not lead there
        named = (base,) if type_.origins == "regions" else (base, *origins)
        return cls(
            hosts=type_.hosts,
            origins=frozenset(map(_origin, origins)),
            trusted=frozenset(urlsplit(one).hostname or "" for one in named if one),
            base=base,
            networks=settings.networks(),
            hint=_WHERE.get(type_.origins, ""),
        )

    def admit(self, url: str) -> str:
        """Return the address to call for a URL: itself, or below the base URL where there is one.

        Raises UnsendableError, with the reason `blocked_host`, for any other place.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", 0
        is_whole = bool(host) and "@" not in parts.netloc and not _GAP.search(url)
        is_known = parts.scheme == "https" and port in {None, 443} and self._is_vendor(host)
        if not is_whole or not (is_known or _origin(url) in self.origins):
            shown = host if re.fullmatch(r"[a-z0-9.-]{1,100}", host) else "this address"
            text = f"This server may not call {shown}."
            raise UnsendableError(text, hint=self.hint, reason="blocked_host")
        if not self.base:
            return url
        base = urlsplit(self.base)
        path = base.path.rstrip("/") + parts.path
        return urlunsplit((base.scheme, base.netloc, path, parts.query, ""))

    def allows(self, host: str, address: str) -> bool:
        """Tell whether a host that was admitted may be called at this IP address."""
        if host.strip("[]").lower() in self.trusted:
            return True
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        ip = getattr(ip, "ipv4_mapped", None) or ip
        return is_public(ip) or any(ip in network for network in self.networks)

    def _is_vendor(self, host: str) -> bool:
        return any(re.fullmatch(pattern, host) for pattern in self.hosts)


def bounded(resolve: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """Return a resolver that gives up after so long: the system's own may take half a minute."""

    def look_up(host: str, port: int, **options: Any) -> Any:
        found: list[Any] = []

        def ask() -> None:
            try:
                found.append(resolve(host, port, **options))
            except OSError as error:
                found.append(error)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(seconds)
        if not found:
            raise socket.gaierror(socket.EAI_AGAIN, "the name was not resolved in time")
        if isinstance(found[0], OSError):
            raise found[0]
        return found[0]

    return look_up


def _origin(url: str) -> str:
    parts = urlsplit(url)
    try:
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"
