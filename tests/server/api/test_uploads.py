"""Files of LOCAL tables, and the switches of the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.connections.service.service import S3
from tests.databases import ready_database
from tests.server.api.conftest import Client, Site, open_site

BODY = b"user_id\n1\n"


def url_of(client: Client, name: str) -> str:
    made = client.ask("PATCH", f"/v1/connections/LOCAL/tables/{name}/", {"resource": "user"})
    return str(made.json["connection_table_params"]["url"])


def files(site: Site) -> list[bytes]:
    folder = site.settings.uploads
    return [one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()]


@pytest.fixture
def own(tmp_path: Path) -> Any:
    with (
        ready_database("sqlite", tmp_path) as url,
        open_site(url, tmp_path, max_upload_bytes=1000) as site,
    ):
        yield site


def test_a_file_is_stored_and_makes_its_table_available(own: Site) -> None:
    client = own.as_("backend")
    url, path = url_of(client, "users"), "/v1/connections/LOCAL/tables/users/"

    early = client.ask("PATCH", path, {"status": "available"})
    sent = own.client.ask("PUT", url, BODY, {"Content-Type": "text/csv"})
    done = client.ask("PATCH", path, {"status": "available"})

    assert early.json["status"] == "uploading"
    assert sent.json == {"bytes": len(BODY)}
    assert done.json["status"] == "available"
    assert files(own) == [BODY]
    client.ask("DELETE", path)
    assert files(own) == []


def test_a_second_file_takes_the_place_of_the_first(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")

    own.client.ask("PUT", url, BODY)
    own.client.ask("PUT", url, b"")

    assert files(own) == [b""]


def test_a_file_that_is_too_large_leaves_nothing_and_changes_nothing(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    own.client.ask("PUT", url, BODY)

    found = own.client.ask("PUT", url, b"x" * 1001)

    assert found.error == (400, 40, "WRONG_DATA_TYPE")
    assert files(own) == [BODY]


def test_an_address_is_good_for_its_table_and_its_time_alone(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    other = url.replace("/users/", "/orders/")
    longer = url.replace("expires=", "expires=9")

    asked = [own.client.ask("PUT", one, BODY) for one in (other, longer, f"{url}0")]
    own.clock.time += 7200
    asked.append(own.client.ask("PUT", url, BODY))

    assert [one.error[:2] for one in asked] == [(403, 50)] * 4
    assert files(own) == []


def test_an_address_takes_nothing_but_a_file(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")

    assert own.client.ask("GET", url).error[:2] == (405, 70)


def test_the_operator_may_keep_backend_from_changing_connections(tmp_path: Path) -> None:
    with (
        ready_database("sqlite", tmp_path) as url,
        open_site(url, tmp_path, backend_writes=False, test_unsaved=False) as site,
    ):
        refused = site.as_("backend").ask("PUT", "/v1/connections/S3/", S3)
        made = site.as_("manager").ask("PUT", "/v1/connections/S3/", S3)
        unsaved = site.as_("manager").ask("POST", "/v1/connections/S3/test/", S3)
        stored = site.as_("backend").ask("POST", "/v1/connections/S3/test/")

    assert refused.error[:2] == (403, 50)
    assert made.status == 200
    assert unsaved.error[:2] == (403, 50)
    assert stored.status == 200
