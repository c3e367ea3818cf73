"""What a connector's files say of its shape in DaVinci: the names there, where they differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model.json import JsonObject

#: How DaVinci stores a property's value; `argosy.davinci.shape` says what each form is.
DavinciForm = Literal["text", "number", "switch", "choice", "texts", "rows", "json-text"]


@dataclass(frozen=True, slots=True)
class DavinciProperty:
    """One property as declared; what is empty is derived. `name` is our input or setting."""

    name: str
    form: DavinciForm | None = None
    display_name: str = ""
    info: str = ""

    @classmethod
    def from_json(cls, document: JsonObject, name: str) -> DavinciProperty:
        """Read a property's declaration; `name` is the input's where it names none."""
        return cls(
            name=document.get("input", name),
            form=document.get("form"),
            display_name=document.get("displayName", ""),
            info=document.get("info", ""),
        )


@dataclass(frozen=True, slots=True)
class DavinciCapability:
    """A capability's name and title there, where they differ, and properties by names there."""

    name: str = ""
    title: str = ""
    properties: Mapping[str, DavinciProperty] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: JsonObject) -> DavinciCapability:
        """Read the `davinci` member of a capability's file."""
        return cls(
            name=document.get("name", ""),
            title=document.get("title", ""),
            properties=_properties(document, "properties"),
        )


@dataclass(frozen=True, slots=True)
class DavinciConnector:
    """A connector's id and display name there, and the settings that are a connection's there.

    `settings` is None where all of them are. `colors` are of the box that a node is drawn as.
    """

    connector_id: str = ""
    name: str = ""
    settings: Mapping[str, DavinciProperty] | None = None
    colors: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: JsonObject) -> DavinciConnector:
        """Read the `davinci` member of a manifest."""
        return cls(
            connector_id=document.get("connectorId", ""),
            name=document.get("name", ""),
            settings=_properties(document, "settings") if "settings" in document else None,
            colors=document.get("colors", {}),
        )


def _properties(document: JsonObject, member: str) -> Mapping[str, DavinciProperty]:
    declared = document.get(member, {})
    return {name: DavinciProperty.from_json(one, name) for name, one in declared.items()}
