"""The addresses that files of LOCAL tables go to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from argosy.connections.uploads import Address, Uploads
from argosy.errors import ServiceForbiddenError
from argosy.store import KeyRing
from tests.connections.service.service import KEY, OTHER_KEY, Clock

MADE = 1_799_999_000.25


def _check(uploads: Uploads, address: Address) -> Path | None:
    upload = uploads.check(address, MADE)
    return None if upload is None else upload.place


def _read(url: str) -> Address:
    """Return what a server reads out of an address."""
    split = urlsplit(url)
    database, name = map(unquote, split.path.removeprefix("/v1/uploads/").rstrip("/").split("/"))
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    return Address(database, name, query["id"], query["expires"], query["signature"])


@pytest.mark.parametrize("name", ["users.csv", "a b?c#d%2F&e=f", "日本", "x" * 256])
def test_an_address_leads_to_its_file(tmp_path: Path, name: str) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), origin="https://example.com/", folder=tmp_path)

    url = uploads.url("shop", name, MADE)
    file = _check(uploads, _read(url))

    assert url.startswith("https://example.com/v1/uploads/shop/")
    assert file == uploads.file("shop", name)
    assert file is not None
    assert file.parent == tmp_path / "shop"
    assert len(file.name) == 64


def test_every_table_has_a_file_of_its_own(tmp_path: Path) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)

    files = {uploads.file(*key) for key in (("a", "x"), ("a", "X"), ("b", "x"), ("a", "x "))}

    assert len(files) == 4


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("database", "blog"),
        ("database", "../shop"),
        ("name", "items.csv"),
        ("id", "0123456789abcdef"),
        ("id", "../x"),
        ("expires", "1900000000"),
        ("expires", "soon"),
        ("expires", "-1"),
        ("expires", "\u0661"),
        ("signature", "0" * 64),
        ("signature", ""),
        ("signature", "\ud800"),
    ],
)
def test_an_address_that_was_changed_is_refused(tmp_path: Path, part: str, value: str) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    address = _read(uploads.url("shop", "users.csv", MADE))

    with pytest.raises(ServiceForbiddenError, match="not an upload address of this server"):
        _check(uploads, replace(address, **{part: value}))


def test_each_address_is_of_an_upload_of_its_own(tmp_path: Path) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)

    addresses = [_read(uploads.url("shop", "users.csv", MADE)) for _ in range(2)]

    assert len({address.id for address in addresses}) == 2
    assert {_check(uploads, address) for address in addresses} == {
        uploads.file("shop", "users.csv")
    }


def test_an_address_is_over_after_its_time(tmp_path: Path) -> None:
    clock = Clock()
    uploads = Uploads(KeyRing([KEY]), clock, seconds=60, folder=tmp_path)
    address = _read(uploads.url("shop", "users.csv", MADE))

    clock.time += 59
    upload = uploads.check(address, MADE)
    clock.time += 2
    late = uploads.check(address, MADE)

    assert upload is not None
    assert late is not None
    assert (upload.is_over, late.is_over) == (False, True)


@pytest.mark.parametrize("made", [None, MADE + 0.000001, 1.0])
def test_an_address_is_over_with_its_table(tmp_path: Path, made: float | None) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    address = _read(uploads.url("shop", "users.csv", MADE))

    with pytest.raises(ServiceForbiddenError, match="not an upload address of this server"):
        uploads.check(address, made)


def test_an_address_cannot_be_signed_for_no_table(tmp_path: Path) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    address = _read(uploads.url("shop", "users.csv", None))  # type: ignore[arg-type]

    with pytest.raises(ServiceForbiddenError):
        uploads.check(address, None)


def test_files_are_removed_of_one_database_alone(tmp_path: Path) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    for database in ("shop", "blog"):
        file = uploads.file(database, "users.csv")
        assert file is not None
        file.parent.mkdir()
        file.write_text("user_id")

    for database in ("shop", "..", "", "gone"):
        uploads.remove_files(database)

    assert not uploads.has_file("shop", "users.csv")
    assert uploads.has_file("blog", "users.csv")


def test_an_address_outlives_a_change_of_keys(tmp_path: Path) -> None:
    address = _read(
        Uploads(KeyRing([KEY]), Clock(), folder=tmp_path).url("shop", "users.csv", MADE)
    )

    assert _check(Uploads(KeyRing([OTHER_KEY, KEY]), Clock(), folder=tmp_path), address)
    with pytest.raises(ServiceForbiddenError):
        _check(Uploads(KeyRing([OTHER_KEY]), Clock(), folder=tmp_path), address)


def test_parts_do_not_run_into_each_other() -> None:
    uploads = Uploads(KeyRing([KEY]), Clock())
    address = _read(uploads.url("ab", "c", MADE))

    with pytest.raises(ServiceForbiddenError):
        uploads.check(replace(address, database="a", name="bc"), MADE)


def test_without_a_folder_nothing_arrives() -> None:
    uploads = Uploads(KeyRing([KEY]), Clock())

    assert _check(uploads, _read(uploads.url("shop", "users.csv", MADE))) is None
    assert not uploads.has_file("shop", "users.csv")
