"""API families and regions fit together: names are known, served somewhere, and unambiguous.

A capability of an unknown family has no address; a region's alias that another region has too
would send a key to the wrong site. A family that no capability uses is fine: full URLs may
still lead to it. A connector that sends no request needs no regions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import UnknownRegionError
from argosy.model import Connector, Problem, join_pointer
from argosy.regions import find_region
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "families-and-regions"
DEMAND = "Families are known and served somewhere; a region's id and aliases are its alone."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what does not fit between families, regions and capabilities."""
    connector = subject.connector
    if connector is None:
        return
    file = subject.manifest.file
    for pointer, message in (
        *_unserved(connector),
        *_unknown_endpoints(connector),
        *_shared_names(connector),
        *_default_region(connector),
    ):
        yield Problem(ID, message, pointer, file=file)
    for _, capability in subject.valid_capabilities():
        if capability.family not in connector.families:
            known = list_words(connector.families, capability.family)
            message = f"{capability.family!r} is not a family of the manifest; there is {known}"
            yield Problem(ID, message, "/family", file=capability.file)
        if capability.request.path and not connector.regions:
            message = "the manifest has no regions, so this path has no address"
            yield Problem(ID, message, "/request/path", file=capability.file)


def _unserved(connector: Connector) -> Iterator[tuple[str, str]]:
    served = {name for region in connector.regions.values() for name in region.endpoints}
    for name in connector.families:
        if connector.regions and name not in served:
            message = f"the family {name!r} has an endpoint in no region"
            yield join_pointer(("families", name)), message


def _unknown_endpoints(connector: Connector) -> Iterator[tuple[str, str]]:
    for region in connector.regions.values():
        for name in region.endpoints:
            if name not in connector.families:
                known = list_words(connector.families, name)
                message = f"{name!r} is not a family of the manifest; there is {known}"
                yield join_pointer(("regions", region.id, "endpoints", name)), message


def _shared_names(connector: Connector) -> Iterator[tuple[str, str]]:
    owners = {region.id: region.id for region in connector.regions.values()}
    for region in connector.regions.values():
        for index, alias in enumerate(region.aliases):
            owner = owners.setdefault(alias, region.id)
            if owner != region.id or alias == region.id:
                message = f"{alias!r} already names the region {owner!r}"
                yield join_pointer(("regions", region.id, "aliases", index)), message


def _default_region(connector: Connector) -> Iterator[tuple[str, str]]:
    setting = connector.settings.get("properties", {}).get("region", {})
    default = setting.get("default")
    if isinstance(default, str):
        try:
            find_region(connector, default)
        except UnknownRegionError as error:
            yield "/settings/properties/region/default", error.message.rstrip(".")
