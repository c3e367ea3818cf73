"""Files of LOCAL tables, and the switches of the operator."""

from __future__ import annotations

import errno
from base64 import b64encode
from hashlib import md5, sha256, sha512
from pathlib import Path
from typing import Any

import pytest

from tests.connections.service.service import S3
from tests.databases import ready_database
from tests.server.api.conftest import Client, Site, open_site

BODY = b"user_id\n1\n"


def url_of(client: Client, name: str) -> str:
    body = {"resource": "user", "connection_table_params": {"file_format": "CSV"}}
    made = client.ask("PATCH", f"/v1/connections/LOCAL/tables/{name}/", body)
    return str(made.json["connection_table_params"]["url"])


def files(site: Site, *, partial: bool = False) -> list[bytes]:
    """What lies in the folder: files of tables, or what is on the way."""
    found = [one for one in sorted(site.settings.uploads.rglob("*")) if one.is_file()]
    shown = [one for one in found if one.name.startswith(".") == partial]
    return [one.read_bytes() for one in shown if not one.name.endswith("-done")]


def sha256_of(data: bytes) -> str:
    return f"sha-256=:{b64encode(sha256(data).digest()).decode()}:"


@pytest.fixture
def own(tmp_path: Path) -> Any:
    with (
        ready_database("sqlite", tmp_path) as url,
        open_site(
            url, tmp_path, opener=None, max_upload_bytes=1000, max_database_bytes=1500
        ) as site,
    ):
        yield site


def test_a_file_is_stored_and_makes_its_table_available(own: Site) -> None:
    client = own.as_("backend")
    url, path = url_of(client, "users"), "/v1/connections/LOCAL/tables/users/"

    early = client.ask("PATCH", path, {"status": "available"})
    sent = own.client.ask("PUT", url, BODY, {"Content-Type": "text/csv"})
    done = client.ask("PATCH", path, {"status": "available"})

    assert early.json["status"] == "uploading"
    assert (sent.json["bytes"], sent.json["status"]) == (len(BODY), "available")
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

    assert found.error == (413, 40, "TOO_LARGE")
    assert found.json["title"] == "Content Too Large"
    assert files(own) == [BODY]
    assert files(own, partial=True) == []


def test_an_address_is_good_for_its_table_and_its_time_alone(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    other = url.replace("/users?", "/orders?")
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
    assert "more came, and Content-Length is 7" in long.json["message"]
    assert files(own) == [BODY]
    assert files(own, partial=True) == []


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

    assert found.error == (413, 40, "TOO_LARGE")
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


def test_an_upload_goes_on_where_it_broke_off(own: Site) -> None:
    client = own.as_("backend")
    url, data = url_of(client, "users"), bytes(range(200)) * 4
    own.client.ask("PUT", url, data[:300], {"Content-Length": "800"})

    asked = own.client.ask("PUT", url, b"", {"Content-Range": "bytes */800"})
    more = own.client.ask("PUT", url, data[300:500], {"Content-Range": "bytes 300-499/800"})
    done = own.client.ask(
        "PUT", url, data[500:],
        {"Content-Range": "bytes 500-799/800", "Repr-Digest": sha256_of(data)},
    )  # fmt: skip
    again = own.client.ask("PUT", url, b"", {"Content-Range": "bytes */800"})

    assert (asked.status, asked.headers["range"], asked.body) == (308, "bytes=0-299", b"")
    assert (more.status, more.headers["range"]) == (308, "bytes=0-499")
    assert (done.status, done.json["bytes"]) == (again.status, again.json["bytes"]) == (200, 800)
    assert files(own) == [data]
    assert files(own, partial=True) == []


def test_an_upload_that_has_not_begun_has_no_range(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")

    asked = own.client.ask("PUT", url, b"", {"Content-Range": "bytes */*"})
    jumped = own.client.ask("PUT", url, b"56789", {"Content-Range": "bytes 5-9/10"})

    assert asked.status == jumped.status == 308
    assert "range" not in asked.headers
    assert "range" not in jumped.headers
    assert files(own, partial=True) == []


def test_a_part_that_does_not_join_is_not_taken(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    own.client.ask("PUT", url, b"01234", {"Content-Range": "bytes 0-4/10"})

    gap = own.client.ask("PUT", url, b"78", {"Content-Range": "bytes 7-8/10"})
    twice = own.client.ask("PUT", url, b"34", {"Content-Range": "bytes 3-4/10"})

    assert gap.headers["range"] == twice.headers["range"] == "bytes=0-4"
    assert files(own, partial=True) == [b"01234"]


def test_a_file_whose_length_nobody_knows_comes_in_parts(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")

    own.client.ask("PUT", url, b"01234", {"Content-Range": "bytes 0-4/*"})
    more = own.client.ask("PUT", url, b"56789", {"Content-Range": "bytes 5-9/*"})
    done = own.client.ask(
        "PUT", url, b"", {"Content-Range": "bytes */10", "Repr-Digest": sha256_of(b"0123456789")}
    )

    assert more.headers["range"] == "bytes=0-9"
    assert done.json["bytes"] == 10
    assert files(own) == [b"0123456789"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Content-Range": "0-4/10"}, "Content-Range is none of"),
        ({"Content-Range": "bytes 4-3/10"}, "ends before it begins"),
        ({"Content-Range": "bytes 0-10/10"}, "or behind the file"),
        ({"Content-Range": "bytes 0-3/10"}, "names 4 bytes, and Content-Length is 10"),
        ({"Content-Range": "bytes */10"}, "names no bytes, and the request brings some"),
        ({"Repr-Digest": "sha-256=abc"}, "Repr-Digest cannot be read; write it as sha-256=:"),
        ({"Content-Digest": "sha-256=:YWJj:"}, "Content-Digest cannot be read"),
        ({"Content-Digest": "unixsum=:YWJj:"}, "no checksum that is known here"),
        ({"Content-MD5": "YWJj"}, "Content-MD5 cannot be read; write it as the checksum in base64"),
        ({"Repr-Digest": sha256_of(b"another")}, "the file does not fit its sha256 checksum"),
        ({"Content-Digest": sha256_of(b"another")}, "the file does not fit its sha256 checksum"),
        ({"Content-MD5": "rL0Y20zC+Fzt72VPzMSk2A=="}, "the file does not fit its md5 checksum"),
    ],
)
def test_what_does_not_fit_is_refused_and_the_old_file_stays(
    own: Site, fields: dict[str, str], told: str
) -> None:
    url = url_of(own.as_("backend"), "users")
    own.client.ask("PUT", url, BODY)

    found = own.client.ask("PUT", url, b"0123456789", fields)

    assert found.error == (400, 40, "WRONG_DATA_TYPE")
    assert told in found.json["message"]
    assert files(own) == [BODY]
    assert files(own, partial=True) == []


def test_checksums_that_fit_are_taken(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    whole = b64encode(sha512(BODY).digest()).decode()

    found = own.client.ask(
        "PUT", url, BODY,
        {
            "Content-MD5": b64encode(md5(BODY).digest()).decode(),
            "Content-Digest": f"unixsum=:YWJj:, {sha256_of(BODY)}",
            "Repr-Digest": f"sha-512=:{whole}:",
        },
    )  # fmt: skip

    assert found.status == 200


def test_a_part_that_was_changed_on_its_way_is_taken_back(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    own.client.ask("PUT", url, b"01234", {"Content-Range": "bytes 0-4/10"})
    fields = {"Content-Range": "bytes 5-9/10", "Content-Digest": sha256_of(b"56789")}

    wrong = own.client.ask("PUT", url, b"56788", fields)
    assert wrong.status == 400
    assert files(own, partial=True) == [b"01234"]
    right = own.client.ask("PUT", url, b"56789", fields)

    assert right.status == 200
    assert files(own) == [b"0123456789"]


def test_chunks_without_a_length_need_a_checksum_and_end_at_the_cap(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    without = {"Content-Length": ""}

    good = own.client.ask("PUT", url, BODY, {**without, "Repr-Digest": sha256_of(BODY)})
    cut = own.client.ask("PUT", url, BODY[:-1], {**without, "Repr-Digest": sha256_of(BODY)})
    long = b"x" * 1001
    over = own.client.ask("PUT", url, long, {**without, "Repr-Digest": sha256_of(long)})

    assert good.status == 200
    assert cut.status == 400
    assert over.error == (413, 40, "TOO_LARGE")
    assert files(own) == [BODY]
    assert files(own, partial=True) == []


@pytest.mark.parametrize("said", ["bytes 0-9/1001", "bytes 995-1004/*", "bytes */1001"])
def test_a_part_of_a_file_that_is_too_large_is_refused(own: Site, said: str) -> None:
    url = url_of(own.as_("backend"), "users")

    found = own.client.ask("PUT", url, b"" if "*/" in said else b"x" * 10, {"Content-Range": said})

    assert found.error == (413, 40, "TOO_LARGE")


def test_the_files_of_a_database_have_so_many_bytes_and_no_more(own: Site) -> None:
    client = own.as_("backend")
    own.client.ask("PUT", url_of(client, "a"), b"x" * 900)
    waiting = url_of(client, "b")
    own.client.ask("PUT", waiting, b"x" * 10, {"Content-Range": "bytes 0-9/500"})

    over = own.client.ask("PUT", url_of(client, "c"), b"x" * 101)
    fits = own.client.ask("PUT", url_of(client, "c"), b"x" * 100)
    replaced = own.client.ask("PUT", url_of(client, "a"), b"x" * 900)
    other = own.client.ask("PUT", url_of(own.as_("backend", "two"), "c"), b"x" * 1000)

    assert over.error == (507, 1, "STORAGE_FULL")
    assert (
        "has 101 bytes, and the other files of the database 1,400 of the 1,500"
        in (over.json["message"])
    )
    assert (fits.status, replaced.status, other.status) == (200, 200, 200)


def test_two_uploads_at_once_are_never_mixed(own: Site) -> None:
    """At addresses of their own the one that ends later wins, whole."""
    client = own.as_("backend")
    one, two = url_of(client, "users"), url_of(client, "users")

    own.client.ask("PUT", one, b"11111", {"Content-Range": "bytes 0-4/10"})
    own.client.ask("PUT", two, b"22222", {"Content-Range": "bytes 0-4/10"})
    own.client.ask("PUT", two, b"22222", {"Content-Range": "bytes 5-9/10"})
    first = files(own)
    own.client.ask("PUT", one, b"11111", {"Content-Range": "bytes 5-9/10"})

    assert first == [b"2" * 10]
    assert files(own) == [b"1" * 10]


@pytest.mark.parametrize("later", [{}, {"Content-Range": "bytes 2-4/5"}])
def test_an_upload_that_another_request_takes_over_writes_no_more(
    own: Site, later: dict[str, str]
) -> None:
    """The connection of the first may be dead; the server cannot know."""
    url = url_of(own.as_("backend"), "users")
    body = b"22222"[5 - (3 if later else 5) :]
    found: list[Any] = []

    class Sending:
        """Sends two bytes, then another request comes, then the rest."""

        def __init__(self) -> None:
            self.parts = [b"11", b"111"]

        def read(self, _size: int) -> bytes:
            if len(self.parts) == 1:
                found.append(own.client.ask("PUT", url, body, later))
            return self.parts.pop(0) if self.parts else b""

    slow = own.client.ask("PUT", url, Sending(), {"Content-Length": "5"})

    assert found[0].status == 200
    assert slow.error == (400, 40, "WRONG_DATA_TYPE")
    assert "another request has begun or gone on with this upload" in slow.json["message"]
    assert files(own) == [b"11222" if later else b"22222"]
    assert files(own, partial=True) == []


def test_the_same_file_goes_on_at_another_address(own: Site) -> None:
    """A checksum of the whole file tells that it is the same."""
    client, whole = own.as_("backend"), sha256_of(b"0123456789")
    fields = {"Repr-Digest": whole}
    own.client.ask(
        "PUT", url_of(client, "users"), b"01234", {"Content-Range": "bytes 0-4/10", **fields}
    )

    url = url_of(client, "users")
    asked = own.client.ask("PUT", url, b"", {"Content-Range": "bytes */10", **fields})
    done = own.client.ask("PUT", url, b"56789", {"Content-Range": "bytes 5-9/10", **fields})

    assert asked.headers["range"] == "bytes=0-4"
    assert done.status == 200


def test_an_upload_that_has_begun_goes_on_behind_the_end_of_its_address(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    own.clock.time += 3000
    own.client.ask("PUT", url, b"01234", {"Content-Range": "bytes 0-4/10"})
    own.clock.time += 3000

    anew = own.client.ask("PUT", url, BODY)
    more = own.client.ask("PUT", url, b"56789", {"Content-Range": "bytes 5-9/10"})

    assert anew.error[:2] == (403, 50)
    assert "the upload address is over" in anew.json["message"]
    assert more.status == 200


def test_what_nobody_goes_on_with_is_removed(own: Site) -> None:
    client = own.as_("backend")
    own.client.ask("PUT", url_of(client, "a"), b"01234", {"Content-Range": "bytes 0-4/10"})
    own.client.ask("PUT", url_of(client, "b"), BODY)

    own.clock.time += 3000
    own.services.tables.uploads.sweep()
    kept = files(own, partial=True)
    own.clock.time += 1000
    url = url_of(own.as_("backend"), "c")
    own.client.ask("PUT", url, b"5", {"Content-Range": "bytes 0-0/10"})

    assert kept == [b"01234"]
    assert files(own, partial=True) == [b"5"]
    assert files(own) == [BODY]


def test_files_are_for_their_owner_alone(own: Site) -> None:
    url = url_of(own.as_("backend"), "users")
    own.client.ask("PUT", url, BODY)
    own.client.ask("PUT", url, b"0", {"Content-Range": "bytes 0-0/10"})

    found = [one for one in own.settings.uploads.rglob("*") if one.is_file()]

    assert len(found) == 3  # what has ended well is noted
    assert {one.stat().st_mode & 0o777 for one in found} == {0o600}
    assert {one.parent.stat().st_mode & 0o777 for one in found} == {0o700}


@pytest.mark.parametrize("at", ["pwrite", "fsync"])
def test_a_full_disk_is_told_and_nothing_is_kept(
    own: Site, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = url_of(own.as_("backend"), "users")
    own.client.ask("PUT", url, BODY)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"argosy.connections.partial_files.os.{at}", refuse)
    found = own.client.ask("PUT", url, b"0123456789")

    assert found.error == (507, 1, "STORAGE_FULL")
    assert "the disk of the server is full" in found.json["message"]
    assert files(own) == [BODY]
    assert files(own, partial=True) == []


def test_a_table_deleted_while_its_file_is_on_the_way_leaves_nothing(own: Site) -> None:
    client, path = own.as_("backend"), "/v1/connections/LOCAL/tables/users/"
    url = url_of(client, "users")

    class Sending:
        """Sends a file, and has its table deleted at its end."""

        def __init__(self) -> None:
            self.parts = [BODY]

        def read(self, _size: int) -> bytes:
            if not self.parts:
                client.ask("DELETE", path)
            return self.parts.pop(0) if self.parts else b""

    sent = own.client.ask("PUT", url, Sending(), {"Content-Length": str(len(BODY))})

    assert sent.status in {400, 403}
    assert files(own) == files(own, partial=True) == []


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


def test_what_had_arrived_is_not_told_of_a_file_that_another_has_replaced(own: Site) -> None:
    client, fields = own.as_("backend"), {"Repr-Digest": sha256_of(BODY)}
    question = {**fields, "Content-Range": f"bytes */{len(BODY)}"}
    own.client.ask("PUT", url_of(client, "users"), BODY, fields)
    there = own.client.ask("PUT", url_of(client, "users"), b"", question)
    own.client.ask("PUT", url_of(client, "users"), b"other")
    gone = own.client.ask("PUT", url_of(client, "users"), b"", question)

    assert (there.status, there.json["bytes"]) == (200, len(BODY))
    assert (gone.status, gone.headers.get("range")) == (308, None)
