"""The settings of calls that a connection may carry, as a connection file does.

Only a type that capabilities are called with has them. What belongs to the machine and not to the
organization, its proxies and certificates, stays in connection files.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.connections.documents import check_object, refuse
from argosy.connections.settings import ANYWHERE
from argosy.connector import read_document, schema_folder
from argosy.dispatch.hosts import check_hosts
from argosy.errors import InvalidConnectionError, WrongDataError
from argosy.model import Connection
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Collection

    from argosy.connections.types import ConnectionType
    from argosy.model import Json, JsonObject

#: The credential that is the address of a store which is not the vendor's own.
STORE = "endpoint_url"
MEMBERS = ("endpoint", "allowHosts", "transport")
_OF_THE_MACHINE = ("environmentProxies", "caBundle")
_MOST_KIBIBYTES = 16
_PUBLIC_NAME = re.compile(r"(https://)?([a-z0-9-]+\.)+[a-z][a-z0-9-]*(:[0-9]+)?/?")
_PRIVATE = re.compile(r"\.(localhost|local|internal|test)(:[0-9]+)?/?$")


def check_settings(type_: ConnectionType, value: Json, allowed: Collection[str]) -> JsonObject:
    """Return the settings of calls; `allowed` are the operator's `allow_endpoints`.

    Raises WrongDataError.
    """
    settings = check_object({} if value is None else value, "settings", _MOST_KIBIBYTES)
    if settings and not type_.region:
        detail = f"a connection of the type {type_.id} has no settings of calls."
        raise WrongDataError(detail=detail, field="settings")
    refuse(_validator().problems(settings), "settings")
    try:
        check_hosts(
            Connection(
                endpoint=settings.get("endpoint", ""),
                allow_hosts=tuple(settings.get("allowHosts", ())),
            )
        )
    except InvalidConnectionError as error:
        refuse(error.problems, "settings")
    if ANYWHERE not in allowed:
        _refuse_places(settings, {one.rstrip("/").lower() for one in allowed})
    return {name: value for name, value in settings.items() if value not in ("", [], {})}


def check_endpoint(
    type_: ConnectionType, credentials: JsonObject, allowed: Collection[str]
) -> None:
    """Refuse the address of a store that the operator has not allowed. Raises WrongDataError."""
    endpoint = credentials.get(STORE)
    is_named = type_.origins == "endpoints" and isinstance(endpoint, str) and endpoint
    known = {one.rstrip("/").lower() for one in allowed}
    if is_named and ANYWHERE not in allowed and _origin(str(endpoint)) not in known:
        hint = "Only the operator of this server can allow it; leave it out for the vendor's own."
        detail = f"this server does not call the store {_origin(str(endpoint))}. {hint}"
        raise WrongDataError(detail=detail, field=f"credentials.{STORE}", reason="blocked_host")


def _refuse_places(settings: JsonObject, allowed: Collection[str]) -> None:
    """Refuse what only the operator may allow: an endpoint, and what is not a public name."""
    hint = "Only the operator of this server can allow it."
    endpoint = settings.get("endpoint", "")
    if endpoint and _origin(endpoint) not in allowed:
        detail = f"this server does not send calls to the endpoint {_origin(endpoint)}. {hint}"
        raise WrongDataError(detail=detail, field="settings.endpoint", reason="blocked_host")
    for place, entry in enumerate(settings.get("allowHosts", ())):
        plain = entry.rstrip("/").lower()
        if plain not in allowed and not _is_public_name(plain):
            detail = f"the entry {place + 1} of allowHosts is not a public name. {hint}"
            field = f"settings.allowHosts.{place}"
            raise WrongDataError(detail=detail, field=field, reason="blocked_host")


def _is_public_name(entry: str) -> bool:
    if not _PUBLIC_NAME.fullmatch(entry) or _PRIVATE.search(entry):
        return False
    try:
        ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return True
    return False


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}".lower()


@lru_cache(maxsize=1)
def _validator() -> Validator:
    """Return the validator of what `connection.schema.json` says of these members."""
    declared = read_document(schema_folder(), "connection.schema.json")["properties"]
    members = {name: declared[name] for name in MEMBERS}
    travel = dict(members["transport"])
    travel["properties"] = {
        name: one for name, one in travel["properties"].items() if name not in _OF_THE_MACHINE
    }
    return Validator(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {**members, "transport": travel},
        }
    )
