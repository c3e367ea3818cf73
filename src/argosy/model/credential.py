"""What authenticates a request, as the manifest or a capability declares it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from argosy.model.json import Json, JsonObject

ClientPlace = Literal["header", "body", "either"]


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """How an access token is fetched: OAuth 2 client credentials; texts are templates.

    `client_in` says where id and secret travel: in an Authorization header, in the form, or in
    the header first and, where that is refused, in the form.
    """

    url: str
    client_id: str
    client_secret: str
    scope: str
    parameters: tuple[tuple[str, str], ...]
    client_in: ClientPlace


@dataclass(frozen=True, slots=True)
class Credential:
    """A header or a parameter of the query, and the template of its value."""

    name: str
    in_query: bool
    value: str
    token: TokenGrant | None = None


def credentials_from_json(
    value: Json, inherited: tuple[Credential, ...] = ()
) -> tuple[Credential, ...]:
    """Read an `auth` member: true stands for what is inherited, false for nothing."""
    if isinstance(value, bool):
        return inherited if value else ()
    return tuple(_credential(one) for one in (value if isinstance(value, list) else [value]))


def _credential(document: JsonObject) -> Credential:
    return Credential(
        name=document["query"] if "query" in document else document["header"],
        in_query="query" in document,
        value=document["value"],
        token=_grant(document["token"]) if "token" in document else None,
    )


def _grant(document: JsonObject) -> TokenGrant:
    return TokenGrant(
        url=document["url"],
        client_id=document["clientId"],
        client_secret=document["clientSecret"],
        scope=document.get("scope", ""),
        parameters=tuple(document.get("parameters", {}).items()),
        client_in=document.get("clientIn", "header"),
    )
