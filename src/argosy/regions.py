"""Region names, and which base URL an API family has in a region.

The vendor names the same site in two ways (Tokyo is `ap01` to one API, `jp01` to another), so
a region has one id and aliases, and the manifest's table holds the address of each API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import UnknownRegionError

if TYPE_CHECKING:
    from argosy.model import Connector, Region


def find_region(connector: Connector, name: str) -> Region:
    """Return the region with this id or alias, whatever the case of its letters.

    Raises UnknownRegionError, with the regions there are.
    """
    wanted = name.strip().lower()
    for region in connector.regions.values():
        if wanted == region.id or wanted in region.aliases:
            return region
    raise UnknownRegionError(found=name, known=region_names(connector))


def region_names(connector: Connector) -> str:
    """List the regions for a message: each id with its aliases."""
    return ", ".join(
        f"{region.id} ({', '.join(region.aliases)})" if region.aliases else region.id
        for region in connector.regions.values()
    )


def resolve(connector: Connector, family: str, region: str, endpoint: str = "") -> str:
    """Choose the base URL of one API family in a region, without a slash at its end.

    A region that the manifest does not list is an error even where the connection's own
    `endpoint` decides, so that a slip of the pen is not hidden by a sandbox.

    Raises UnknownRegionError; also where the family is not served in the region.
    """
    found = find_region(connector, region)
    if endpoint:
        return endpoint.rstrip("/")
    if family not in found.endpoints:
        served = [r.id for r in connector.regions.values() if family in r.endpoints]
        raise UnknownRegionError(
            found=f"{region} (for {connector.families[family].title})", known=", ".join(served)
        )
    return found.endpoints[family].rstrip("/")
