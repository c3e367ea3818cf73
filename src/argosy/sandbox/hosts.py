"""Tell by a request's host and path which region and API family it is meant for.

The vendor has a host for each family in each region; the sandbox has one address for all. A
client that is sent here under the vendor's host names (by a hosts file, or curl's
`--connect-to`) is understood by its Host header. One that can't be goes by the path: a path
that begins with a region's name is that region's, and the rest of it tells the family.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Collection

FamilyName = Literal[
    "records", "cdp", "profiles", "core", "workflow", "postback", "personalization"
]

FAMILIES: Final[tuple[FamilyName, ...]] = get_args(FamilyName)
REGIONS: Final = ("us01", "ap01", "eu01", "ap02", "ap03")
PERSONALIZATION_HEADER: Final = "wp13n-token"
"""The personalization service has the paths of the records API, on a host of its own."""

_DOMAIN: Final = "treasuredata.com"
_OWN_DOMAINS: Final = {"us01": _DOMAIN, "ap01": "treasuredata.co.jp"}
_API_HOSTS: Final[dict[str, FamilyName]] = {
    "api": "core",
    "api-import": "core",
    "api-cdp": "cdp",
    "api-workflow": "workflow",
}
_WORDS: Final[dict[str, FamilyName]] = {
    **dict.fromkeys(("entities", "audiences", "master_segments", "tree"), "cdp"),
    **dict.fromkeys(("v3", "v4"), "core"),
    **dict.fromkeys(("postback", "js", "android", "ios"), "postback"),
    "api": "workflow",
}


def _vendor_hosts() -> dict[str, tuple[str, FamilyName]]:
    hosts: dict[str, tuple[str, FamilyName]] = {
        f"records.in.{_DOMAIN}": ("us01", "records"),
        f"in.{_DOMAIN}": ("us01", "postback"),
        f"tokyo.in.{_DOMAIN}": ("ap01", "postback"),
        f"cdp.in.{_DOMAIN}": ("us01", "profiles"),
        f"cdp-tokyo.in.{_DOMAIN}": ("ap01", "profiles"),
    }
    for region in REGIONS:
        domain = _OWN_DOMAINS.get(region, f"{region}.{_DOMAIN}")
        for name, family in _API_HOSTS.items():
            hosts[f"{name}.{domain}"] = (region, family)
        hosts[f"{region}.records.in.{_DOMAIN}"] = (region, "records")
        hosts[f"{region}.p13n.in.{_DOMAIN}"] = (region, "personalization")
        if region not in _OWN_DOMAINS:
            hosts[f"{region}.in.{_DOMAIN}"] = (region, "postback")
            hosts[f"cdp-{region}.in.{_DOMAIN}"] = (region, "profiles")
    return hosts


VENDOR_HOSTS: Final = _vendor_hosts()
"""The vendor's hosts, each with its region and family."""


def host_name(header: str) -> str:
    """Give the name in a Host header, without the port and the brackets of IPv6."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()


def region_of(host: str, path: str, regions: Collection[str]) -> tuple[str | None, str]:
    """Give the region that a request names, if it names one, and the path without it.

    `host` has no port. The path's word wins, where it is one of the sandbox's `regions`.
    """
    word, slash, rest = path[1:].partition("/")
    if word in regions:
        return word, f"{slash}{rest}" or "/"
    if host in VENDOR_HOSTS:
        return VENDOR_HOSTS[host][0], path
    label = host.partition(".")[0]
    return (label if label in REGIONS else None), path


def family_of(host: str, path: str, headers: Collection[str] = ()) -> FamilyName:
    """Tell the API family of a request; `path` is without the region, headers in lower case."""
    if host in VENDOR_HOSTS and not _is_postback_v2(host, path):
        return VENDOR_HOSTS[host][1]
    if path.startswith("/cdp/lookup/"):
        return "profiles"
    is_personal = PERSONALIZATION_HEADER in headers or path.startswith("/public/")
    usual: FamilyName = "personalization" if is_personal else "records"
    return _WORDS.get(path.partition("/")[2].partition("/")[0], usual)


def _is_postback_v2(host: str, path: str) -> bool:
    return VENDOR_HOSTS[host][1] == "records" and path.startswith("/postback/v3/")
