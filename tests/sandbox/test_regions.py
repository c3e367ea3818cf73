"""Regions, the vendor's host names, and HTTPS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from argosy.sandbox import Settings, SetupError, start
from argosy.sandbox.hosts import VENDOR_HOSTS, family_of, region_of
from tests.sandbox.conftest import NOON, SEED, Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def two() -> Iterator[Client]:
    with start(Settings(now=NOON, seed=SEED, regions=("us01", "eu01"))) as sandbox:
        client = Client(sandbox)
        with client.session:
            yield client


def test_each_region_is_a_treasure_data_of_its_own(two: Client) -> None:
    here = two.call("POST", "/v3/database/create/mine").status_code
    there = two.call("GET", "/eu01/v3/database/list").json()["databases"]

    assert here == 200
    assert "shop" in [one["name"] for one in there]
    assert "mine" not in [one["name"] for one in there]


def test_an_id_of_one_region_is_unknown_in_the_other(two: Client) -> None:
    created = two.create_token("Here")

    assert two.call("GET", f"/entities/tokens/{created['id']}").status_code == 200
    assert two.call("GET", f"/eu01/entities/tokens/{created['id']}").status_code == 404


def test_a_region_goes_by_the_vendors_host_name_too(two: Client) -> None:
    created = two.create_token("Named")
    path = f"/entities/tokens/{created['id']}"

    def status(host: str) -> int:
        return two.call("GET", path, headers={"Host": host}).status_code

    assert status("api-cdp.treasuredata.com") == 200
    assert status("api-cdp.eu01.treasuredata.com") == 404
    assert status("eu01.localhost:8040") == 404


def test_a_region_that_is_not_there_is_named(two: Client) -> None:
    answer = two.call("GET", "/v3/database/list", headers={"Host": "api.ap02.treasuredata.com"})

    assert answer.status_code == 404
    assert "ap02" in answer.json()["message"]
    assert "us01, eu01" in answer.json()["message"]


def test_a_family_s_own_host_has_no_paths_of_others(two: Client) -> None:
    """On the host of the records API, `api` is a database like any other."""
    record = {"Host": "us01.records.in.treasuredata.com"}

    answer = two.single({"a": 1}, "audiences/customers", headers=record)
    other = two.call("GET", "/audiences", headers={"Host": "api.treasuredata.com"})

    assert answer.status_code == 200
    assert two.rows("audiences/customers") == [{"time": NOON, "a": 1}]
    assert other.status_code in {404, 501}


@pytest.mark.parametrize("host", sorted(VENDOR_HOSTS))
def test_every_host_has_its_region_and_family(host: str) -> None:
    region, family = VENDOR_HOSTS[host]

    assert region_of(host, "/x/y", ["us01"]) == (region, "/x/y")
    assert family_of(host, "/x/y") == family


def test_the_path_names_a_region_that_is_served_only() -> None:
    assert region_of("127.0.0.1", "/eu01/v3/x", ["us01", "eu01"]) == ("eu01", "/v3/x")
    assert region_of("127.0.0.1", "/eu01/orders", ["us01"]) == (None, "/eu01/orders")
    assert region_of("127.0.0.1", "/eu01", ["eu01"]) == ("eu01", "/")


@pytest.mark.parametrize("regions", [(), ("mars",), ("us01", "us01")])
def test_wrong_regions_are_refused(regions: tuple[str, ...]) -> None:
    with pytest.raises(SetupError, match="us01, ap01, eu01, ap02, ap03"):
        Settings(regions=regions)


def test_https_with_an_authority_that_stays_the_same(
    start_client: Callable[..., Client], tmp_path: Path
) -> None:
    for _ in range(2):
        client = start_client(data=tmp_path / "data", tls=True)
        trusted = str(tmp_path / "data" / "ca.pem")
        answer = requests.get(f"{client.url}/_sandbox/ca.pem", verify=trusted, timeout=10)
        assert client.url.startswith("https://127.0.0.1:")
        assert answer.text == (tmp_path / "data" / "ca.pem").read_text()
        client.sandbox.close()

    assert (tmp_path / "data" / "ca.key").stat().st_mode & 0o077 == 0


def test_https_is_not_believed_without_its_authority(start_client: Callable[..., Client]) -> None:
    client = start_client(tls=True)

    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{client.url}/_sandbox/clock", timeout=10)
