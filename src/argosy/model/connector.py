"""The manifest as values: connector, regions, API families, authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.model.credential import Credential, credentials_from_json
from argosy.model.davinci import DavinciConnector

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from argosy.model.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Region:
    """A site of the vendor: base URL by API family. Aliases are other names of it."""

    id: str
    title: str
    aliases: tuple[str, ...]
    endpoints: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """One of the vendor's APIs with its own endpoint; `auth` is empty where it takes no key."""

    id: str
    title: str
    auth: tuple[Credential, ...]


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector as its manifest describes it; capabilities are read when they are used.

    `capability_files` maps a capability's id to its file below `root`. `auth` is what families
    authenticate with that do not say otherwise. `companions` are the built-in connectors beside
    it, whose capabilities flows use too; an id is that of one capability among them all.
    """

    root: Path
    id: str
    version: str
    title: str
    description: str
    categories: tuple[str, ...]
    settings: JsonObject
    auth: tuple[Credential, ...]
    families: Mapping[str, Family]
    regions: Mapping[str, Region]
    error_message_pointers: tuple[str, ...]
    request_id_headers: tuple[str, ...]
    capability_files: Mapping[str, str]
    davinci: DavinciConnector
    companions: tuple[Connector, ...] = ()

    @classmethod
    def from_json(cls, document: JsonObject, root: Path) -> Connector:
        """Read a manifest that has passed its schema."""
        errors = document.get("errors", {})
        auth = credentials_from_json(document.get("auth", False))
        return cls(
            root=root,
            id=document["id"],
            version=document["version"],
            title=document["title"],
            description=document.get("description", ""),
            categories=tuple(document.get("categories", ())),
            settings=document.get("settings", {"type": "object"}),
            auth=auth,
            families={
                name: _family(name, value, auth) for name, value in document["families"].items()
            },
            regions={
                name: _region(name, value) for name, value in document.get("regions", {}).items()
            },
            error_message_pointers=tuple(errors.get("message", ("/message",))),
            request_id_headers=tuple(name.lower() for name in errors.get("requestId", ())),
            capability_files={
                entry.rpartition("/")[2]: f"capabilities/{entry}.json"
                for entry in document["capabilities"]
            },
            davinci=DavinciConnector.from_json(document.get("davinci", {})),
        )

    @property
    def secret_settings(self) -> tuple[str, ...]:
        """The names of the settings whose values are secrets."""
        declared: Mapping[str, Json] = self.settings.get("properties", {})
        return tuple(name for name, schema in declared.items() if schema.get("secret"))

    @property
    def with_companions(self) -> tuple[Connector, ...]:
        """This connector, then its companions."""
        return (self, *self.companions)

    @property
    def every_capability(self) -> tuple[str, ...]:
        """The ids of its capabilities, then of its companions'."""
        return tuple(id_ for one in self.with_companions for id_ in one.capability_files)

    def home_of(self, capability: str) -> Connector:
        """Return the connector that has a capability: this one or a companion.

        It is this one where none has it, which then says so when it is asked for it.
        """
        having = (one for one in self.with_companions if capability in one.capability_files)
        return next(having, self)


def _family(name: str, value: JsonObject, auth: tuple[Credential, ...]) -> Family:
    return Family(name, value["title"], credentials_from_json(value.get("auth", True), auth))


def _region(name: str, value: JsonObject) -> Region:
    return Region(
        id=name,
        title=value["title"],
        aliases=tuple(value.get("aliases", ())),
        endpoints=value["endpoints"],
    )


def identifier(capability: str) -> str:
    """Derive the Python name of a capability's handler from its id."""
    return capability.replace("-", "_")
