"""Files of LOCAL tables, and the switches of the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from argosy.errors import ServiceForbiddenError
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


def test_a_broken_off_upload_changes_nothing(own: Site) -> None:
    client = own.as_("backend")
    url = url_of(client, "users")
    own.client.ask("PUT", url, BODY)

    short = own.client.ask("PUT", url, b"x" * 14, {"Content-Length": "900"})
    long = own.client.ask("PUT", url, b"x" * 14, {"Content-Length": "7"})

    assert short.error == long.error == (400, 40, "WRONG_DATA_TYPE")
    assert "14 bytes came, and Content-Length is 900" in short.json["message"]
    assert files(own) == [BODY]


@pytest.mark.parametrize("length", ["", "-1", "ten"])
def test_an_upload_says_how_long_it_is(own: Site, length: str) -> None:
    url = url_of(own.as_("backend"), "users")

    found = own.client.ask("PUT", url, BODY, {"Content-Length": length})

    assert found.error == (400, 40, "WRONG_DATA_TYPE")
    assert "Content-Length" in found.json["message"]
    assert files(own) == []


@pytest.mark.parametrize("length", ["1001", "9" * 5000])
def test_a_length_that_is_too_large_is_refused_unread(own: Site, length: str) -> None:
    url = url_of(own.as_("backend"), "users")

    found = own.client.ask("PUT", url, BODY, {"Content-Length": length})

    assert "the 1000 bytes that it may have" in found.json["message"]


def test_an_address_ends_with_its_table(own: Site) -> None:
    client, path = own.as_("backend"), "/v1/connections/LOCAL/tables/users/"
    url = url_of(client, "users")
    client.ask("DELETE", path)

    gone = own.client.ask("PUT", url, BODY)
    own.clock.time += 0.001
    anew = url_of(client, "users")
    old = own.client.ask("PUT", url, BODY)
    good = own.client.ask("PUT", anew, BODY)

    assert gone.error[:2] == old.error[:2] == (403, 50)
    assert good.status == 200


def test_a_table_deleted_while_its_file_is_on_the_way_leaves_nothing(own: Site) -> None:
    client, path = own.as_("backend"), "/v1/connections/LOCAL/tables/users/"
    place, _, query = url_of(client, "users").partition("?")
    database = place.split("/")[-3]
    expires, signature = (part.partition("=")[2] for part in query.split("&"))
    tables = own.services.tables
    upload = tables.begin_upload(database, "users", expires, signature)
    assert upload is not None
    upload.place.parent.mkdir(parents=True)
    made = upload.place.parent / ".upload-1"
    made.write_bytes(BODY)
    client.ask("DELETE", path)

    with pytest.raises(ServiceForbiddenError, match="was deleted while its file was on the way"):
        tables.end_upload(upload, made)

    assert not upload.place.exists()


def test_a_database_takes_its_files_and_addresses_with_it(own: Site) -> None:
    client = own.as_("backend")
    url = url_of(client, "users")
    own.client.ask("PUT", url, BODY)
    database = client.ask("GET", "/v1/databases/current/").json["id"]

    removed = own.as_("root").ask("DELETE", f"/v1/databases/{database}/")
    late = own.client.ask("PUT", url, BODY)

    assert removed.status == 200
    assert late.error[:2] == (403, 50)
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
