"""A document's servers as regions: an id, a title and a base URL each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.openapi.document import Notes, items, members, text
from argosy.openapi.names import Taken, kebab, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.model import Json

_MOST = 40
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Site:
    """One address at which an API is served."""

    id: str
    title: str
    url: str


def sites_of(servers: list[Json], chosen: str, notes: Notes) -> list[Site]:
    """Return where the API is served.

    `chosen` is an address to use in place of the document's; a relative server goes below it.
    """
    found: dict[str, Site] = {}
    for number, server in enumerate(servers or [{"url": "/"}]):
        given = members(server)
        for name, default in {} if chosen else _fixed(given).items():
            note = f"its {name!r} is {default!r}; where yours is another, say so with --server"
            notes.add(f"servers/{number}", note)
        for url, values in _expanded(given):
            try:
                address = address_of(_placed(url, chosen), chosen=bool(chosen))
            except ValueError as error:
                notes.add(f"servers/{number}", f"{url!r} is left out: {error}")
                continue
            if address not in found and len(found) == _MOST:
                notes.add(f"servers/{number}", f"only {_MOST} addresses are taken over")
            elif address not in found:
                found[address] = _site(given, address, values)
    return _named(list(found.values())) if found else []


def address_of(url: str, *, chosen: bool = False) -> str:
    """Return a base URL without a slash at its end. Raises ValueError where it can't be one.

    Where a person has not `chosen` it, a number within a network is refused: a document from
    elsewhere could have the key sent to a neighbour.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not parts.scheme or not host:
        raise ValueError("it has no host; say with --server where the API is")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("an address is https (http on this machine alone)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address holds no user and no password")
    if parts.query or parts.fragment:
        raise ValueError("an address has no query")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", host) and (host, parts.scheme) != ("::1", "http"):
        raise ValueError(f"{host!r} is no host")
    if not chosen and _is_within_network(host):
        raise ValueError("it is a number within a network; where you mean it, use --server")
    port = f":{parts.port}" if parts.port else ""
    named = f"[{host}]" if ":" in host else host
    path = re.sub(r"/{2,}", "/", parts.path).rstrip("/")
    if not re.fullmatch(r"[^\s{}]*", path) or {".", ".."} & set(path.split("/")):
        raise ValueError("its path holds a space, a brace or a way up")
    return f"{parts.scheme}://{named}{port}{path}"


def _is_within_network(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return not address.is_global and not address.is_loopback


def _placed(url: str, chosen: str) -> str:
    """Put a server's address below the chosen one, or the chosen one in its place."""
    if not chosen:
        return url
    return chosen if urlsplit(url).netloc else chosen.rstrip("/") + "/" + url.lstrip("/")


def _fixed(server: Mapping[str, Json]) -> dict[str, str]:
    """Return the variables of an address that stand at their default: names and defaults."""
    variables = {name: members(one) for name, one in members(server.get("variables")).items()}
    url = text(server.get("url"))
    return {
        name: str(one.get("default", ""))
        for name, one in variables.items()
        if not items(one.get("enum")) and f"{{{name}}}" in url
    }


def _expanded(server: Mapping[str, Json]) -> Iterator[tuple[str, list[str]]]:
    """Yield a server's addresses, its variables filled in: one for each value they may have.

    With each comes the list of the values of those variables that have several.
    """
    url = text(server.get("url"))
    variables = {name: members(one) for name, one in members(server.get("variables")).items()}
    choices = []
    for name, variable in variables.items():
        listed = [str(value) for value in items(variable.get("enum"))]
        default = str(variable.get("default", ""))
        usual = [default] if default in listed or not listed else []
        choices.append([(name, value) for value in dict.fromkeys([*usual, *listed])])
    for number, chosen in enumerate(product(*choices)):
        if number == _MOST:
            return
        made = url
        for name, value in chosen:
            made = made.replace(f"{{{name}}}", value)
        several = {name for name, *_ in (c[0] for c in choices if len(c) > 1)}
        yield made, [value for name, value in chosen if name in several]


def _site(given: Mapping[str, Json], address: str, values: list[str]) -> Site:
    """Return a site with its title; an id only where the document has a short name for it."""
    host = urlsplit(address).hostname or "main"
    told = plain(text(given.get("description")), 60).rstrip(".")
    if values:
        return Site(kebab(" ".join(values)), f"{told or host}, {', '.join(values)}"[:80], address)
    is_name = bool(told) and len(told.split()) <= 3 and "://" not in told
    return Site(kebab(told, longest=30) if is_name else "", told or host, address)


def _named(sites: list[Site]) -> list[Site]:
    """Give every site an id: by what its host has and the others do not."""
    labels = [re.split(r"[^a-z0-9]+", urlsplit(site.url).hostname or "") for site in sites]
    shared = set(labels[0]).intersection(*labels) if len(sites) > 1 else set(labels[0])
    taken = Taken(separator="-")
    made = []
    for site, words in zip(sites, labels, strict=True):
        own = "-".join(word for word in words if word and word not in shared) or "main"
        name = site.id or (own if own[0].isalpha() else f"n{own}")[:30].rstrip("-")
        made.append(Site(taken.take(name), site.title, site.url))
    return made
