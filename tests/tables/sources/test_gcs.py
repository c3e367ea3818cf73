"""Tables on Cloud Storage: its emulator behind a guard that wants the right token, and refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from argosy.connections.opener import TableToOpen
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.stored import StoredConnection
from argosy.connections.types import load_types
from argosy.errors import TableError
from argosy.tables.sources import Contents, Files
from tests.connections.fakes.google import NOW, TOKEN, google_error, key_file
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World
from tests.servers import Received, Reset, Say, Scripted, Silence
from tests.tables.conftest import ODD_KEYS, Emulator

Find = Callable[..., Contents]


@pytest.fixture
def find(world: World, authority: trustme.CA, tmp_path: Path) -> Iterator[Find]:
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    opened = []

    def open_(
        params: dict[str, Any],
        *,
        name: str = "other",
        budget: float | None = 5.0,
        credentials: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Contents:
        terms: dict[str, Any] = {
            "allow_networks": ("127.0.0.0/8",),
            "ca_bundle": str(bundle),
            "now": lambda: float(NOW),
            "resolve": world.resolve,
        }
        prober = Prober(ProbeSettings(**(terms | settings)))
        files = Files(prober, load_types(), lambda _database, _name: None)
        stored = StoredConnection("org", "GCS", "GCS", key_file() | (credentials or {}))
        asked = {"connection_table_params": {"bucket": "bucket-one"} | params}
        found = files.find(stored, TableToOpen("db", name, asked), budget=budget)
        opened.append(found)
        return found

    yield open_
    for one in opened:
        one.close()


def failed(call: Callable[[], object]) -> TableError:
    with pytest.raises(TableError) as caught:
        call()
    return caught.value


def told(error: TableError) -> tuple[str, str, str, str]:
    return error.message, error.reason, error.status, error.field


class TestFinding:
    def test_an_object_by_its_path(self, find: Find, world: World) -> None:
        (content,) = find({"path": "data/part-2.csv"})

        assert (content.name, content.size) == ("gcs://bucket-one/data/part-2.csv", 15)
        assert content.version.isdigit()
        assert [content.read(*one) for one in ((0, 99), (5, 4), (15, 1))] == [
            b"data/part-2.csv", b"part", b"",
        ]  # fmt: skip
        objects = "GET storage.googleapis.com/storage/v1/b/bucket-one/o/data%2Fpart-2.csv"
        assert world.calls == ["POST oauth2.googleapis.com/token", *[objects] * 3]
        assert dict(world.received[2].query) == {
            "alt": "media",
            "ifGenerationMatch": content.version,
        }
        # so that objects that are stored compressed come as they are stored
        assert world.received[2].headers["accept-encoding"] == "gzip"

    def test_the_key_is_the_name_of_the_table_where_none_is_given(self, find: Find) -> None:
        assert find({}, name="other").files[0].read(0, 9) == b"other"

    def test_a_prefix_in_natural_order(self, find: Find) -> None:
        found = find({"prefix": "data/"})

        assert [one.name[17:] for one in found] == [
            "data/old/part-1.csv", "data/part-2.csv", "data/part-10.csv",
        ]  # fmt: skip
        assert [one.read(0, 99).decode() for one in found] == [one.name[17:] for one in found]

    def test_a_glob(self, find: Find) -> None:
        found = find({"glob": "data/**/part-?.csv"})

        assert [one.name[17:] for one in found] == ["data/old/part-1.csv", "data/part-2.csv"]

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_whatever_letters_a_key_has(self, find: Find, key: str) -> None:
        (content,) = find({"bucket": "odd-keys", "path": key})

        assert content.read(0, 99) == b"body %d" % ODD_KEYS.index(key)

    def test_an_empty_object(self, find: Find, world: World) -> None:
        (content,) = find({"path": "empty.csv"})

        assert (content.size, content.read(0, 9)) == (0, b"")
        assert len(world.calls) == 2

    def test_pages_are_asked_for_until_the_last(
        self, find: Find, world: World, vendors: Vendors
    ) -> None:
        def small_pages(request: Received) -> Scripted:
            target = request.target.replace("maxResults=1000", "maxResults=2")
            return vendors.storage(replace(request, target=target))

        world.vendors = {**vendors.by_host(), r"storage\.googleapis\.com": small_pages}

        found = find({"glob": "data/**"})

        assert len(found) == 3
        assert len(world.calls) == 3
        assert "pageToken" not in dict(world.received[1].query)
        assert dict(world.received[2].query)["pageToken"]


class TestRefusals:
    def test_a_missing_object(self, find: Find) -> None:
        assert told(failed(lambda: find({"path": "Other"}))) == (
            "There is no object 'Other' in the bucket bucket-one, or no such bucket. Check bucket "
            "and path letter by letter (without a path, the table's own name is meant); capital "
            "letters count.",
            "not_found",
            "resource_not_found",
            "connection_table_params.path",
        )

    @pytest.mark.parametrize("params", [{"path": "x"}, {"prefix": "x"}])
    def test_a_missing_bucket(self, find: Find, world: World, params: dict[str, str]) -> None:
        missing = google_error(404, "notFound", "The specified bucket does not exist.")
        world.fault, world.healthy = missing, 1

        assert told(failed(lambda: find({"bucket": "bucket-two", **params}))) == (
            "There is no bucket bucket-two. Check the name of the bucket.",
            "not_found",
            "resource_not_found",
            "connection_table_params.bucket",
        )

    def test_a_missing_bucket_in_fewer_words(self, find: Find) -> None:
        error = failed(lambda: find({"bucket": "bucket-two", "prefix": "x"}))

        assert error.finding == "There is no bucket bucket-two."

    def test_an_object_that_may_not_be_read(self, find: Find, vendors: Vendors) -> None:
        vendors.storage.is_permitted = False

        assert told(failed(lambda: find({"path": "other"}))) == (
            "The service account may not read the object 'other' of the bucket bucket-one, or "
            "there is none. Check path, and give the account the role Storage Object Viewer on "
            "the bucket.",
            "forbidden",
            "wrong_credentials",
            "connection_table_params.path",
        )

    def test_a_bucket_that_may_not_be_listed(self, find: Find, vendors: Vendors) -> None:
        vendors.storage.is_permitted = False

        assert told(failed(lambda: find({"prefix": "x"}))) == (
            "The service account may not list the bucket bucket-one. Give it the role Storage "
            "Object Viewer on the bucket, or name one object by path.",
            "forbidden",
            "wrong_credentials",
            "connection_table_params.bucket",
        )

    def test_a_wrong_private_key(self, find: Find, world: World) -> None:
        other = {"private_key": key_file("other")["private_key"]}

        assert told(failed(lambda: find({"path": "other"}, credentials=other))) == (
            "Google refused the private key. The key may be deleted, or of another account; make "
            "a new key and copy the whole file.",
            "refused",
            "wrong_credentials",
            "credentials.private_key",
        )
        assert world.calls == ["POST oauth2.googleapis.com/token"]

    def test_a_private_key_that_is_cut_short(self, find: Find) -> None:
        cut = {"private_key": key_file()["private_key"][:200]}

        error = failed(lambda: find({"path": "other"}, credentials=cut))

        assert error.finding == "The private key cannot be read as an RSA key in PEM form."
        assert (error.status, error.field) == ("wrong_credentials", "credentials.private_key")

    @pytest.mark.parametrize(
        ("answer", "reason", "message"),
        [
            (
                google_error(401, "authError"),
                "refused",
                "Google did not accept the token of the service account. "
                "Try again; if it stays so, make a new key.",
            ),
            (
                google_error(429, "rateLimitExceeded"),
                "rate_limited",
                "Google Cloud Storage has been called too often (rateLimitExceeded). "
                "Try again in a minute.",
            ),
            (
                google_error(400, "required", "Bucket is a requester pays bucket but no project"),
                "forbidden",
                "Whoever reads the bucket bucket-one pays for it, and no project is named to pay. "
                "Such buckets are not supported.",
            ),
            (
                Say(200, []),
                "unreadable",
                "storage.googleapis.com answered something that Google Cloud Storage does not "
                "answer. A proxy may stand in between.",
            ),
        ],
    )
    def test_what_the_emulator_does_not_answer(
        self, find: Find, world: World, answer: Say, reason: str, message: str
    ) -> None:
        world.fault, world.healthy = answer, 1

        for params in ({"path": "x"}, {"prefix": "x"}):
            world.received.clear()
            error = failed(partial(find, params))

            assert (error.reason, error.message) == (reason, message)

    @pytest.mark.parametrize("bucket", ["Bucket", "a/b", "..", "x", "a b"])
    def test_what_no_bucket_can_be_called_is_not_asked_for(
        self, find: Find, world: World, bucket: str
    ) -> None:
        error = failed(lambda: find({"bucket": bucket}))

        assert error.message == (
            "No bucket can have this name. "
            "A bucket's name has small letters, digits, dots, hyphens and underscores."
        )
        assert world.calls == []

    @pytest.mark.parametrize(
        "item",
        [{"name": "x"}, {"size": "1"}, {"name": "x", "size": -1}, "x", {"name": 1, "size": "1"}],
    )
    def test_a_list_that_is_none_is_told(self, find: Find, world: World, item: Any) -> None:
        world.fault, world.healthy = Say(200, {"items": [item]}), 1

        assert failed(lambda: find({"prefix": "x"})).reason == "unreadable"


class TestReading:
    def test_an_object_that_is_replaced_while_it_is_read(
        self, find: Find, emulator: Emulator
    ) -> None:
        emulator.put("bucket-one", "changing", b"first")
        (content,) = find({"path": "changing"})
        emulator.put("bucket-one", "changing", b"other")

        error = failed(lambda: content.read(0, 5))

        assert told(error) == (
            "gcs://bucket-one/changing: the object was replaced while it was read. Read it again.",
            "changed",
            "unknown_error",
            "",
        )
        assert error.passes

    @pytest.mark.parametrize(
        ("answer", "reason", "message"),
        [
            (
                Say(412, "conditionNotMet"),
                "changed",
                "the object was replaced while it was read. Read it again.",
            ),
            (
                Say(404, "No such object: bucket-one/other"),
                "changed",
                "the object was deleted after it was found. Read the table again.",
            ),
            (
                Say(403, "no"),
                "forbidden",
                "the service account may not read the object. "
                "Give it the role Storage Object Viewer on the bucket.",
            ),
            (
                Say(400, "The target object is encrypted by a customer-supplied encryption key."),
                "forbidden",
                "the object cannot be read as it is stored. It may be encrypted with a key that "
                "comes with each call, which is not supported; store it encrypted with a key of "
                "Google or of Cloud KMS.",
            ),
            (
                Say(200, b"x" * (16 * 1024**2 + 1)),
                "too_large",
                "the store sends the object whole, and tables are read in parts. "
                "Only a store that answers ranges (HTTP 206) can be read from.",
            ),
        ],
    )
    def test_a_refusal_while_reading(
        self, find: Find, world: World, answer: Say, reason: str, message: str
    ) -> None:
        (content,) = find({"path": "other"})
        world.fault, world.healthy = answer, 2

        error = failed(lambda: content.read(0, 5))

        assert (error.reason, error.message) == (reason, f"gcs://bucket-one/other: {message}")

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [(Reset(), "unreachable"), (Silence(), "timed_out"), (Say(503), "remote_unavailable")],
    )
    def test_trouble_on_the_way_passes(
        self, find: Find, world: World, answer: Scripted, reason: str
    ) -> None:
        (content,) = find({"path": "other"}, budget=1.0)
        world.fault, world.healthy = answer, 2

        error = failed(lambda: content.read(0, 5))

        assert (error.reason, error.status, error.passes) == (reason, "unknown_error", True)
        assert error.message.startswith("gcs://bucket-one/other: ")

    def test_a_token_that_ends_is_fetched_again(
        self, find: Find, world: World, vendors: Vendors
    ) -> None:
        (content,) = find({"path": "other"}, budget=None)
        ended = [google_error(401, "authError")]

        def storage(request: Received) -> Scripted:
            return ended.pop() if ended else vendors.storage(request)

        world.vendors = {**vendors.by_host(), r"storage\.googleapis\.com": storage}

        assert content.read(0, 5) == b"other"
        assert world.calls.count("POST oauth2.googleapis.com/token") == 2

    def test_no_secret_is_told(self, find: Find, world: World) -> None:
        key = key_file()["private_key"].splitlines()[5]
        texts = []
        for status in (400, 401, 403, 404, 412, 500):
            for healthy in (1, 2):
                world.received.clear()
                world.fault, world.healthy = None, 0
                echo = google_error(status, TOKEN, f"{key} {TOKEN}")
                world.fault, world.healthy = echo, healthy
                error = failed(lambda: find({"path": "other"}).files[0].read(0, 5))
                texts.append(f"{error} {error.facts!r} {error.to_json()}")

        assert len(texts) == 12
        for hidden in (key, TOKEN):
            assert hidden not in "\n".join(texts)
