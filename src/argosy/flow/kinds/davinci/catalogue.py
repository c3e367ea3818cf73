"""What DaVinci's core connectors can do, as the files in `connectors` declare it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from argosy.model import SUCCESS, JsonObject, lookup_pointer, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class DavinciCapability:
    """One capability of a connector of DaVinci's.

    `properties` are schemas by DaVinci's names, each with a `control` as well; `takes_any` says
    that there are others. `outcomes_from` is a property whose rows' ids are outcomes too.
    `one_output` says that what it gives is one value, whose name is not published. `opaque` is
    why it cannot run here, by the names of `opaque.REASONS`; empty where it can.
    """

    connector: str
    name: str
    title: str
    properties: Mapping[str, JsonObject] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    takes_any: bool = False
    outcomes: tuple[str, ...] = (SUCCESS,)
    outcomes_from: str = ""
    outputs: JsonObject = field(default_factory=dict)
    one_output: bool = False
    opaque: str = ""


@dataclass(frozen=True, slots=True)
class DavinciConnector:
    """A connector of DaVinci's, with its capabilities by their names."""

    id: str
    title: str
    capabilities: Mapping[str, DavinciCapability]


@lru_cache(maxsize=1)
def davinci_connectors() -> Mapping[str, DavinciConnector]:
    """Return the connectors that are declared, by their ids in DaVinci."""
    found = {}
    for file in resources.files(__package__).joinpath("connectors").iterdir():
        if file.name.endswith(".json"):
            id_ = file.name.removesuffix(".json")
            document: JsonObject = parse_json(file.read_text(encoding="utf-8"))
            found[id_] = _connector(id_, document)
    return dict(sorted(found.items()))


def davinci_capability(connector: str, capability: str) -> DavinciCapability | None:
    """Return a capability that is declared, or None."""
    found = davinci_connectors().get(connector)
    return None if found is None else found.capabilities.get(capability)


def _connector(id_: str, document: JsonObject) -> DavinciConnector:
    capabilities = {
        name: _capability(id_, name, declared, document)
        for name, declared in document["capabilities"].items()
    }
    return DavinciConnector(id_, document["title"], capabilities)


def _capability(
    connector: str, name: str, declared: JsonObject, document: JsonObject
) -> DavinciCapability:
    properties = {
        property_: lookup_pointer(document, given["$ref"].removeprefix("#"))
        if "$ref" in given
        else given
        for property_, given in declared.get("properties", {}).items()
    }
    return DavinciCapability(
        connector=connector,
        name=name,
        title=declared["title"],
        properties=properties,
        required=tuple(declared.get("required", ())),
        takes_any=declared.get("takesAny", False),
        outcomes=tuple(declared.get("outcomes", (SUCCESS,))),
        outcomes_from=declared.get("outcomesFrom", ""),
        outputs=declared.get("outputs", {}),
        one_output=declared.get("oneOutput", False),
        opaque=declared.get("opaque", ""),
    )
