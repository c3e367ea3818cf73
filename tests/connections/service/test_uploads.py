"""The addresses that files of LOCAL tables go to."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from argosy.connections.uploads import Uploads
from argosy.errors import ServiceForbiddenError
from argosy.store import KeyRing
from tests.connections.service.service import KEY, OTHER_KEY, Clock

MADE = 1_799_999_000.25


def _check(uploads: Uploads, database: str, name: str, expires: str, signature: str) -> Path | None:
    return uploads.check(database, name, MADE, expires, signature)


def _parts(url: str) -> tuple[str, str, str, str]:
    """Return what a server reads out of an address."""
    split = urlsplit(url)
    database, name = map(unquote, split.path.removeprefix("/v1/uploads/").rstrip("/").split("/"))
    query = parse_qs(split.query)
    return database, name, query["expires"][0], query["signature"][0]


@pytest.mark.parametrize("name", ["users.csv", "a b?c#d%2F&e=f", "日本", "x" * 256])
def test_an_address_leads_to_its_file(tmp_path: Path, name: str) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), origin="https://example.com/", folder=tmp_path)

    url = uploads.url("shop", name, MADE)
    file = _check(uploads, *_parts(url))

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
    ("place", "value"),
    [
        (0, "blog"),
        (0, "../shop"),
        (1, "items.csv"),
        (2, "1900000000"),
        (2, "soon"),
        (2, "-1"),
        (2, "\u0661"),
        (3, "0" * 64),
        (3, ""),
        (3, "\ud800"),
    ],
)
def test_an_address_that_was_changed_is_refused(tmp_path: Path, place: int, value: str) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    parts = list(_parts(uploads.url("shop", "users.csv", MADE)))
    parts[place] = value

    with pytest.raises(ServiceForbiddenError, match="not an upload address of this server"):
        _check(uploads, *parts)


def test_an_address_is_over_after_its_time(tmp_path: Path) -> None:
    clock = Clock()
    uploads = Uploads(KeyRing([KEY]), clock, seconds=60, folder=tmp_path)
    parts = _parts(uploads.url("shop", "users.csv", MADE))

    clock.time += 59
    assert _check(uploads, *parts)
    clock.time += 2
    with pytest.raises(ServiceForbiddenError, match="read the table to get a new one"):
        _check(uploads, *parts)


@pytest.mark.parametrize("made", [None, MADE + 0.000001, 1.0])
def test_an_address_is_over_with_its_table(tmp_path: Path, made: float | None) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    database, name, expires, signature = _parts(uploads.url("shop", "users.csv", MADE))

    with pytest.raises(ServiceForbiddenError, match="not an upload address of this server"):
        uploads.check(database, name, made, expires, signature)


def test_an_address_cannot_be_signed_for_no_table(tmp_path: Path) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), folder=tmp_path)
    parts = _parts(uploads.url("shop", "users.csv", None))  # type: ignore[arg-type]

    with pytest.raises(ServiceForbiddenError):
        uploads.check(parts[0], parts[1], None, *parts[2:])


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
    parts = _parts(Uploads(KeyRing([KEY]), Clock(), folder=tmp_path).url("shop", "users.csv", MADE))

    assert _check(Uploads(KeyRing([OTHER_KEY, KEY]), Clock(), folder=tmp_path), *parts)
    with pytest.raises(ServiceForbiddenError):
        _check(Uploads(KeyRing([OTHER_KEY]), Clock(), folder=tmp_path), *parts)


def test_parts_do_not_run_into_each_other() -> None:
    uploads = Uploads(KeyRing([KEY]), Clock())
    _, _, expires, signature = _parts(uploads.url("ab", "c", MADE))

    with pytest.raises(ServiceForbiddenError):
        uploads.check("a", "bc", MADE, expires, signature)


def test_without_a_folder_nothing_arrives() -> None:
    uploads = Uploads(KeyRing([KEY]), Clock())

    assert _check(uploads, *_parts(uploads.url("shop", "users.csv", MADE))) is None
    assert not uploads.has_file("shop", "users.csv")
