"""The types of connections, as `schemas/connection-types/` declares them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from argosy.connector.finding import read_document, schema_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from argosy.model import JsonObject

FOLDER = "connection-types"


@dataclass(frozen=True, slots=True)
class ConnectionType:
    """A kind of external system: what its connections hold and how they are tested.

    `credentials` and `metadata` are JSON Schemas of objects; a property with `secret: true` is
    never shown. `tables` says what a table of such a connection is. `hosts` are regular
    expressions of the hosts that a test may call, `origins` says where further ones come from.
    `probe` is the test as declared, see `argosy.connections.probing.plan`.
    """

    id: str
    title: str
    description: str
    direction: tuple[str, ...]
    credentials: JsonObject
    metadata: JsonObject
    tables: JsonObject
    hosts: tuple[str, ...]
    origins: str
    region: str
    probe: JsonObject

    @classmethod
    def from_json(cls, document: JsonObject) -> ConnectionType:
        """Read a declaration that has passed `schemas/connection-type.schema.json`."""
        return cls(
            id=document["type"],
            title=document["title"],
            description=document["description"],
            direction=tuple(document["direction"]),
            credentials=document["credentials"],
            metadata=document["metadata"],
            tables=document["tables"],
            hosts=tuple(document.get("hosts", ())),
            origins=document.get("origins", ""),
            region=document.get("region", ""),
            probe=document["probe"],
        )


def load_types(folder: Path | None = None) -> Mapping[str, ConnectionType]:
    """Return all types by their id, sorted; `folder` holds the declarations, else our own.

    Raises ValueError for a file that is no JSON object.
    """
    return _load(folder or schema_folder() / FOLDER)


def type_of_calls(types: Mapping[str, ConnectionType], connector: str) -> ConnectionType | None:
    """Return the type whose connections hold what a connector of this id is called with.

    None for a connector that has no type: a key of one vendor is not sent to another because both
    call it `apiKey`.
    """
    called = (one for one in types.values() if one.region)
    return next((one for one in called if one.id.lower().replace("_", "-") == connector), None)


@lru_cache(maxsize=4)
def _load(folder: Path) -> Mapping[str, ConnectionType]:
    files = sorted(path.name for path in folder.glob("*.json"))
    found = (ConnectionType.from_json(read_document(folder, name)) for name in files)
    return {one.id: one for one in sorted(found, key=lambda one: one.id)}
