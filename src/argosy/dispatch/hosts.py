"""Where a request with a full URL may go, and whether the key may go with it.

The key goes to the origins that the manifest names for API families that take it, and to the
connection's own endpoint. Everything else is refused unless the connection's `allowHosts` names
it, and then the key stays behind. An entry is a host (`api.example.com`), a host with a port, an
origin with its scheme (`http://localhost:8080`; without one only https is allowed), or a network
(`10.0.0.0/8`), which allows every address in it. A host that is allowed by name may still not
resolve to an address that is not public unless an entry names that address or network: the
transport asks `allows_address` for the very address it is about to connect to, so a name cannot
be re-pointed in between.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from argosy.errors import HostRefusedError, InvalidConnectionError
from argosy.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.model import Connection, Connector

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_Origin = tuple[str, str, int]

_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".test")
_PORTS = {"http": 80, "https": 443}

#: IPv6 ranges that wrap an IPv4 address or are private, and that count as global elsewhere.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(text)
    for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "::/96", "fec0::/10")
)


@dataclass(frozen=True, slots=True)
class Destination:
    """A URL that may be called, and whether the connection's key goes with it."""

    url: str
    send_auth: bool


class HostPolicy:
    """The rules of one connection.

    Raises InvalidConnectionError for an endpoint or an entry of `allowHosts` that is none.
    """

    def __init__(self, connector: Connector, connection: Connection) -> None:
        self._vendor: dict[_Origin, bool] = {}
        for region in connector.regions.values():
            for family, url in region.endpoints.items():
                origin = _origin(urlsplit(url))
                takes_key = bool(connector.families[family].auth)
                self._vendor[origin] = self._vendor.get(origin, False) or takes_key
        self._endpoint = _checked_endpoint(connection.endpoint)
        self._networks, self._allowed = _read_entries(connection.allow_hosts)
        self._trusted_hosts = {host for _, host, _ in self._vendor}
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
        path = parts.path or "/"
        if origin in self._vendor:
            base = self._endpoint or parts
            prefix = self._endpoint.path.rstrip("/") if self._endpoint else ""
            rebased = (base.scheme, base.netloc, prefix + path, parts.query, "")
            return Destination(urlunsplit(rebased), self._vendor[origin])
        plain = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
        if self._endpoint and origin == _origin(self._endpoint) and self._is_below_endpoint(path):
            return Destination(plain, send_auth=True)
        if self._is_allowed(origin):
            return Destination(plain, send_auth=False)
        raise HostRefusedError(
            host=parts.netloc,
            detail="neither the connector nor the connection's allowHosts names it",
        )

    def token_url(self, url: str) -> str:
        """Return where access tokens are fetched: at the connection's endpoint if it has one.

        So a flow that is tried against a sandbox does not show the vendor its secrets. Raises
        HostRefusedError for what is no address.
        """
        parts = _split(url)
        if self._endpoint:
            path = self._endpoint.path.rstrip("/") + parts.path
            parts = self._endpoint._replace(path=path, query=parts.query)
        self._trusted_hosts.add(_origin(parts)[1])
        return urlunsplit(parts)

    def judge_redirect(self, source: str, target: str) -> bool | None:
        """Say whether a call follows a redirect: with the key, without it, or not (None).

        The key stays within the origin, and below the endpoint's path; without it a call goes
        where allowHosts says.
        """
        try:
            parts = _split(target)
        except HostRefusedError:
            return None
        origin = _origin(parts)
        if origin == _origin(urlsplit(source)):
            at_endpoint = self._endpoint and origin == _origin(self._endpoint)
            return None if at_endpoint and not self._is_below_endpoint(parts.path) else True
        return False if self._is_allowed(origin) else None

    def allows_address(self, host: str, address: str) -> bool:
        """Tell whether `host`, which has been admitted, may be reached at this IP address."""
        name = host.strip("[]").lower().rstrip(".")
        if name in self._trusted_hosts:
            return True
        ip = _ip(address)
        if ip is None:
            return False
        if self._is_in_network(ip) or any(_ip(allowed) == ip for _, allowed, _ in self._allowed):
            return True
        return ip.is_loopback if name == "localhost" else is_public(ip)

    def _is_allowed(self, origin: _Origin) -> bool:
        ip = _ip(origin[1])
        return origin in self._allowed or bool(ip and self._is_in_network(ip))

    def _is_below_endpoint(self, path: str) -> bool:
        """Tell whether a path is one of the endpoint's: another may be a neighbour's."""
        prefix = self._endpoint.path.rstrip("/") if self._endpoint else ""
        return path == prefix or path.startswith(f"{prefix}/")

    def _is_in_network(self, ip: _Address) -> bool:
        return any(ip in network for network in self._networks)


def check_hosts(connection: Connection) -> None:
    """Raise InvalidConnectionError for an endpoint or an entry of `allowHosts` that is none."""
    _checked_endpoint(connection.endpoint)
    _read_entries(connection.allow_hosts)


def is_public(ip: _Address) -> bool:
    """Tell whether an address is one of the open internet: not private, local or reserved."""
    return ip.is_global and not ip.is_multicast and not any(ip in net for net in _NOT_PUBLIC)


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
    if _holds_gaps(url):
        raise HostRefusedError(host=parts.hostname, detail="its URL holds spaces or backslashes")
    if {".", ".."} & set(unquote(parts.path).split("/")):
        raise HostRefusedError(host=parts.hostname, detail="its path holds . or ..")
    return parts


def _holds_gaps(url: str) -> bool:
    """Tell whether a URL holds what some readers of URLs skip and others do not."""
    return "\\" in url or any(c.isspace() or ord(c) < 32 or ord(c) == 127 for c in url)


def _origin(parts: SplitResult) -> _Origin:
    scheme = parts.scheme.lower()
    host = (parts.hostname or "").lower().rstrip(".")
    ip = _ip(host)
    return scheme, str(ip) if ip else host, parts.port or _PORTS.get(scheme, 0)


def _ip(text: str) -> _Address | None:
    try:
        ip = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _read_entries(entries: Iterable[str]) -> tuple[list[_Network], set[_Origin]]:
    networks: list[_Network] = []
    origins: set[_Origin] = set()
    for index, entry in enumerate(entries):
        network = _network(entry)
        if network:
            networks.append(network)
            continue
        try:
            parts = urlsplit(entry if "://" in entry else f"https://{entry}")
            origin = _origin(parts)
        except ValueError:
            origin = ("", "", 0)
        is_bare = origin[0] in _PORTS and origin[1] and not parts.path.strip("/")
        if not is_bare or "@" in entry or _holds_gaps(entry):
            raise _invalid(
                f"{entry!r} is no host, host:port, origin or network", f"/allowHosts/{index}"
            )
        origins.add(origin)
    return networks, origins


def _network(entry: str) -> _Network | None:
    try:
        return ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return None


def _checked_endpoint(endpoint: str) -> SplitResult | None:
    """Split the connection's endpoint; plain http only where the key stays on a private network."""
    if not endpoint:
        return None
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), 0
    host = (parts.hostname or "").lower()
    has_extras = parts.query or parts.fragment or "@" in parts.netloc or _holds_gaps(endpoint)
    if parts.scheme not in _PORTS or not host or port == 0 or has_extras:
        shown = repr(endpoint) if "@" not in endpoint else "a URL with a user name"
        raise _invalid(f"{shown} is not a base URL such as https://host/path", "/endpoint")
    if parts.scheme == "http" and not _is_private(host):
        text = f"{endpoint!r} would send the key unencrypted; only https is allowed there"
        raise _invalid(text, "/endpoint")
    return parts


def _is_private(host: str) -> bool:
    """Tell whether a host is on this machine or a private network, as far as its name says."""
    ip = _ip(host)
    if ip:
        return ip.is_private
    is_short = "." not in host and host[:1].isalpha()  # digits alone would be an address
    return is_short or host.endswith(_PRIVATE_SUFFIXES)


def _invalid(message: str, pointer: str) -> InvalidConnectionError:
    code = "connection-endpoint" if pointer == "/endpoint" else "connection-allow-hosts"
    return InvalidConnectionError(problems=[Problem(code, message, pointer)])
