"""Where a request with a full URL may go, and whether the key may go with it.

The key goes to the origins that the manifest names and to the connection's own endpoint.
Everything else is refused unless the connection's `allowHosts` names it, and then the key
stays behind. An entry is a host (`api.example.com`), a host with a port, an origin with its
scheme (`http://localhost:8080`; without one only https is allowed), or a network
(`10.0.0.0/8`). A host that is allowed by name may still not resolve to a loopback, private,
link-local or otherwise reserved address unless an entry names that address or network: the
transport asks `allows_address` for the very address it is about to connect to, so a name
cannot be re-pointed in between.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from argosy.errors import HostRefusedError, InvalidConnectionError
from argosy.model import Connection, Connector, Problem

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".test")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that may be called, and whether the connection's key goes with it."""

    url: str
    send_auth: bool


class HostPolicy:
    """The rules of one connection."""

    def __init__(self, connector: Connector, connection: Connection) -> None:
        self._vendor = {
            _origin(urlsplit(url))
            for region in connector.regions.values()
            for url in region.endpoints.values()
        }
        self._endpoint = _checked_endpoint(connection.endpoint)
        self._networks = [n for entry in connection.allow_hosts if (n := _network(entry))]
        self._allowed = {_allowed_origin(entry) for entry in connection.allow_hosts}
        self._trusted_hosts = {origin[1] for origin in self._vendor}
        if self._endpoint:
            self._trusted_hosts.add(_origin(self._endpoint)[1])

    def admit(self, url: str) -> Destination:
        """Return where a request to `url` goes.

        An address of the vendor goes to the connection's endpoint where there is one, so that
        a flow that is tried against a sandbox cannot reach the vendor. Raises HostRefusedError
        for every address that neither the manifest nor the connection names.
        """
        parts = _split(url)
        origin = _origin(parts)
        if self._endpoint and origin in self._vendor:
            base = self._endpoint
            path = base.path.rstrip("/") + parts.path
            return Destination(
                urlunsplit((base.scheme, base.netloc, path, parts.query, "")), send_auth=True
            )
        plain = urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, ""))
        if origin in self._vendor or (self._endpoint and origin == _origin(self._endpoint)):
            return Destination(plain, send_auth=True)
        if origin in self._allowed or self._in_network(origin[1]):
            return Destination(plain, send_auth=False)
        raise HostRefusedError(
            host=parts.netloc,
            detail="neither the connector nor the connection's allowHosts names it",
        )

    def allows_address(self, host: str, address: str) -> bool:
        """Tell whether `host`, which has been admitted, may be reached at this IP address."""
        if host.strip("[]").lower() in self._trusted_hosts:
            return True
        ip = _ip(address)
        if ip is None:
            return False
        if any(ip in network for network in self._networks):
            return True
        if ip.is_loopback:
            return host.lower() == "localhost"
        return ip.is_global and not ip.is_multicast

    def _in_network(self, host: str) -> bool:
        ip = _ip(host)
        return ip is not None and any(ip in network for network in self._networks)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise HostRefusedError(host=repr(url), detail=f"it is no URL: {error}") from error
    if parts.scheme.lower() not in _PORTS or not parts.hostname or port == 0:
        raise HostRefusedError(host=repr(url), detail="it is not a full http or https URL")
    if "@" in parts.netloc:
        raise HostRefusedError(host=parts.hostname, detail="its URL holds a user name")
    if "\\" in url or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise HostRefusedError(host=parts.hostname, detail="its URL holds spaces or backslashes")
    return parts


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower().rstrip(".")
    ip = _ip(host)
    return scheme, str(ip) if ip else host, parts.port or _PORTS.get(scheme, 0)


def _allowed_origin(entry: str) -> tuple[str, str, int]:
    return _origin(urlsplit(entry if "://" in entry else f"https://{entry}"))


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    host = urlsplit(entry).hostname or "" if "://" in entry else entry
    try:
        return ipaddress.ip_network(host.strip("[]"), strict=False)
    except ValueError:
        ip = _ip(urlsplit(f"//{entry}").hostname or "") if "://" not in entry else None
        return ipaddress.ip_network(ip) if ip else None


def _ip(text: str) -> _Address | None:
    try:
        ip = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(ip, "ipv4_mapped", None)
    return mapped or ip


def _checked_endpoint(endpoint: str) -> SplitResult | None:
    """Split the connection's endpoint; plain http only where the key stays on a private network."""
    if not endpoint:
        return None
    parts = urlsplit(endpoint)
    host = (parts.hostname or "").lower()
    if parts.scheme not in _PORTS or not host or parts.query or parts.fragment or parts.username:
        raise _bad_endpoint(f"{endpoint!r} is not a base URL such as https://host/path")
    ip = _ip(host)
    is_private = ip.is_private if ip else "." not in host or host.endswith(_LOCAL_SUFFIXES)
    if parts.scheme == "http" and not is_private:
        raise _bad_endpoint(f"{endpoint!r} would send the key unencrypted; only https is allowed")
    return parts


def _bad_endpoint(message: str) -> InvalidConnectionError:
    problem = Problem("connection-endpoint", message, "/endpoint")
    return InvalidConnectionError(problems=[problem])
