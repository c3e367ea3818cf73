"""Regions: every host is the vendor's, every other name is refused with the names there are."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.errors import UnknownRegionError
from argosy.model import Connector
from argosy.regions import find_region, region_names, resolve

# Written by hand from the vendor's own lists of hosts, not from the manifest: US, Tokyo, EU,
# Korea and the second site in Japan. Korea has no real-time personalization.
HOSTS = {
    "us01": {
        "core": "api.treasuredata.com",
        "import": "api-import.treasuredata.com",
        "cdp": "api-cdp.treasuredata.com",
        "workflow": "api-workflow.treasuredata.com",
        "presto": "api-presto.treasuredata.com",
        "records": "us01.records.in.treasuredata.com",
        "postback": "in.treasuredata.com",
        "postback-v2": "us01.records.in.treasuredata.com",
        "profiles": "cdp.in.treasuredata.com",
        "personalization": "us01.p13n.in.treasuredata.com",
    },
    "ap01": {
        "core": "api.treasuredata.co.jp",
        "import": "api-import.treasuredata.co.jp",
        "cdp": "api-cdp.treasuredata.co.jp",
        "workflow": "api-workflow.treasuredata.co.jp",
        "presto": "api-presto.treasuredata.co.jp",
        "records": "ap01.records.in.treasuredata.com",
        "postback": "tokyo.in.treasuredata.com",
        "postback-v2": "ap01.records.in.treasuredata.com",
        "profiles": "cdp-tokyo.in.treasuredata.com",
        "personalization": "ap01.p13n.in.treasuredata.com",
    },
    "eu01": {
        "core": "api.eu01.treasuredata.com",
        "import": "api-import.eu01.treasuredata.com",
        "cdp": "api-cdp.eu01.treasuredata.com",
        "workflow": "api-workflow.eu01.treasuredata.com",
        "presto": "api-presto.eu01.treasuredata.com",
        "records": "eu01.records.in.treasuredata.com",
        "postback": "eu01.in.treasuredata.com",
        "postback-v2": "eu01.records.in.treasuredata.com",
        "profiles": "cdp-eu01.in.treasuredata.com",
        "personalization": "eu01.p13n.in.treasuredata.com",
    },
    "ap02": {
        "core": "api.ap02.treasuredata.com",
        "import": "api-import.ap02.treasuredata.com",
        "cdp": "api-cdp.ap02.treasuredata.com",
        "workflow": "api-workflow.ap02.treasuredata.com",
        "presto": "api-presto.ap02.treasuredata.com",
        "records": "ap02.records.in.treasuredata.com",
        "postback": "ap02.in.treasuredata.com",
        "postback-v2": "ap02.records.in.treasuredata.com",
        "profiles": "cdp-ap02.in.treasuredata.com",
    },
    "ap03": {
        "core": "api.ap03.treasuredata.com",
        "import": "api-import.ap03.treasuredata.com",
        "cdp": "api-cdp.ap03.treasuredata.com",
        "workflow": "api-workflow.ap03.treasuredata.com",
        "presto": "api-presto.ap03.treasuredata.com",
        "records": "ap03.records.in.treasuredata.com",
        "postback": "ap03.in.treasuredata.com",
        "postback-v2": "ap03.records.in.treasuredata.com",
        "profiles": "cdp-ap03.in.treasuredata.com",
        "personalization": "ap03.p13n.in.treasuredata.com",
    },
}
ALIASES = {"us": "us01", "aws": "us01", "jp": "ap01", "jp01": "ap01", "tokyo": "ap01"}


@pytest.mark.parametrize(
    ("region", "family", "host"),
    [(region, family, host) for region, hosts in HOSTS.items() for family, host in hosts.items()],
)
def test_a_family_in_a_region_has_the_vendors_host(
    connector: Connector, region: str, family: str, host: str
) -> None:
    assert resolve(connector, family, region) == f"https://{host}"


def test_the_manifest_holds_no_other_region_and_no_other_family(connector: Connector) -> None:
    found = {name: set(region.endpoints) for name, region in connector.regions.items()}

    assert found == {name: set(hosts) for name, hosts in HOSTS.items()}


@pytest.mark.parametrize(("alias", "region"), ALIASES.items())
def test_an_alias_is_its_region(connector: Connector, alias: str, region: str) -> None:
    assert find_region(connector, alias).id == region


@pytest.mark.parametrize("name", ["EU01", "Tokyo", "TOKYO", " us01 ", "Jp01"])
def test_case_and_space_around_do_not_matter(connector: Connector, name: str) -> None:
    assert find_region(connector, name) is find_region(connector, name.strip().lower())


@pytest.mark.parametrize("name", ["", "us-east-1", "us02", "us 01", "us01.", "us01/ap01", "*"])
def test_a_region_the_manifest_lacks_is_refused_with_those_it_has(
    connector: Connector, name: str
) -> None:
    with pytest.raises(UnknownRegionError) as caught:
        find_region(connector, name)

    assert caught.value.facts == {"found": name, "known": region_names(connector)}
    assert str(caught.value) == (
        f"There is no region {name!r}; the regions are "
        "us01 (us, aws), ap01 (jp, jp01, tokyo), eu01 (eu), ap02 (korea), ap03."
    )


def test_a_family_that_is_not_served_in_a_region_is_refused_with_where_it_is(
    connector: Connector,
) -> None:
    with pytest.raises(UnknownRegionError) as caught:
        resolve(connector, "personalization", "ap02")

    assert caught.value.facts == {
        "found": "ap02 (for Real-time personalization)",
        "known": "us01, ap01, eu01, ap03",
    }


@pytest.mark.parametrize("family", sorted(HOSTS["us01"]))
def test_the_connections_endpoint_stands_for_every_family(
    connector: Connector, family: str
) -> None:
    found = resolve(connector, family, "ap02", "http://localhost:8080/td/")

    assert found == "http://localhost:8080/td"


def test_an_unknown_region_is_an_error_even_with_an_endpoint(connector: Connector) -> None:
    with pytest.raises(UnknownRegionError):
        resolve(connector, "core", "us02", "http://localhost:8080")


@given(
    name=st.text(max_size=12) | st.sampled_from([*HOSTS, *ALIASES]).map(str.title),
    family=st.sampled_from(sorted(HOSTS["us01"])),
)
def test_no_name_leads_to_a_host_that_the_manifest_does_not_hold(
    connector: Connector, name: str, family: str
) -> None:
    try:
        url = resolve(connector, family, name)
    except UnknownRegionError:
        return

    assert urlsplit(url).scheme == "https"
    assert urlsplit(url).netloc in {hosts.get(family) for hosts in HOSTS.values()}
