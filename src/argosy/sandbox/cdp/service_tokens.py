"""The tokens of personalization services: made by the CDP API, used at the service itself.

A token's value is told once, as the vendor does; what is kept of it is a digest to find it by.
Not documented, so assumed: a token's index, the middle of its value, is its service's id, and
`allowedIps` are addresses or networks.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import asdict

from argosy.sandbox.cdp.errors import AbsentError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.plain import SERVICE, Plain

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

_KIND: Final = "personalization-service-token"


class ServiceToken(Struct, frozen=True):
    """A token of a service; `name` is the digest of its value, `label` what clients call it."""

    id: str
    name: str
    label: str
    service: str
    allowed_ips: tuple[str, ...]

    @property
    def shown(self) -> dict[str, Json]:
        """Give what may be told of the token."""
        return {
            "id": self.id,
            "name": self.label,
            "value": None,
            "allowedIps": self.allowed_ips,
        }


class ServiceTokens:
    """The tokens of all services."""

    def __init__(self, foundation: Foundation) -> None:
        self._documents = foundation.documents
        self._randomness = foundation.randomness

    def create(self, service: Plain, body: Json) -> tuple[ServiceToken, str]:
        """Make a token of a service, and give its value too; raise InvalidError if it can't be."""
        fields = Fields(body)
        label, addresses = fields.name(), fields.items("allowedIps")
        for index, one in enumerate(addresses):
            if not _is_network(one):
                fields.wrong(f"/allowedIps/{index}", "Must be an IP address or a network")
        fields.check()
        value = f"1/{service.id}/{self._randomness.uuid().replace('-', '')}"
        key = self._documents.new_id(_KIND)
        made = ServiceToken(key, _digest(value), label, service.id, tuple(addresses))
        self._documents.add(_KIND, service.id, {key: asdict(made)})
        return made, value

    def of(self, service: Plain) -> list[ServiceToken]:
        """Give the tokens of a service."""
        return [ServiceToken(**one) for one in self._documents.every(_KIND, service.id)]

    def delete(self, service: Plain, key: str) -> ServiceToken:
        """Forget a token of a service; raise AbsentError."""
        document = self._documents.find(_KIND, key)
        if document is None or document["service"] != service.id:
            raise AbsentError("token", key)
        self._documents.remove(_KIND, key)
        return ServiceToken(**document)

    def forget(self, service: Plain) -> None:
        """Forget all tokens of a service, which goes itself."""
        for one in self.of(service):
            self._documents.remove(_KIND, one.id)

    def opened(self, value: str) -> tuple[ServiceToken, Plain] | None:
        """Give the token with a value and its service, unless either is gone."""
        token = self._documents.named(_KIND, _digest(value))
        service = None if token is None else self._documents.find(SERVICE.name, token["service"])
        if token is None or service is None:
            return None
        return ServiceToken(**token), Plain(**service)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def _is_network(text: Json) -> bool:
    try:
        return isinstance(text, str) and bool(ipaddress.ip_network(text))
    except ValueError:
        return False
