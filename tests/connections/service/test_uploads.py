"""The addresses that files of LOCAL tables go to."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from argosy.connections.uploads import Uploads
from argosy.errors import ServiceForbiddenError
from argosy.store import KeyRing
from tests.connections.service.service import KEY, OTHER_KEY, Clock


def _parts(url: str) -> tuple[str, str, str, str]:
    """Return what a server reads out of an address."""
    split = urlsplit(url)
    database, name = map(unquote, split.path.removeprefix("/v1/uploads/").rstrip("/").split("/"))
    query = parse_qs(split.query)
    return database, name, query["expires"][0], query["signature"][0]


@pytest.mark.parametrize("name", ["users.csv", "a b?c#d%2F&e=f", "日本", "x" * 256])
def test_an_address_leads_to_its_file(tmp_path: Path, name: str) -> None:
    uploads = Uploads(KeyRing([KEY]), Clock(), origin="https://example.com/", folder=tmp_path)

    url = uploads.url("shop", name)
    file = uploads.check(*_parts(url))

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
    parts = list(_parts(uploads.url("shop", "users.csv")))
    parts[place] = value

    with pytest.raises(ServiceForbiddenError, match="not an upload address of this server"):
        uploads.check(*parts)


def test_an_address_is_over_after_its_time(tmp_path: Path) -> None:
    clock = Clock()
    uploads = Uploads(KeyRing([KEY]), clock, seconds=60, folder=tmp_path)
    parts = _parts(uploads.url("shop", "users.csv"))

    clock.time += 59
    assert uploads.check(*parts)
    clock.time += 2
    with pytest.raises(ServiceForbiddenError, match="read the table to get a new one"):
        uploads.check(*parts)


def test_an_address_outlives_a_change_of_keys(tmp_path: Path) -> None:
    parts = _parts(Uploads(KeyRing([KEY]), Clock(), folder=tmp_path).url("shop", "users.csv"))

    assert Uploads(KeyRing([OTHER_KEY, KEY]), Clock(), folder=tmp_path).check(*parts)
    with pytest.raises(ServiceForbiddenError):
        Uploads(KeyRing([OTHER_KEY]), Clock(), folder=tmp_path).check(*parts)


def test_parts_do_not_run_into_each_other() -> None:
    uploads = Uploads(KeyRing([KEY]), Clock())
    _, _, expires, signature = _parts(uploads.url("ab", "c"))

    with pytest.raises(ServiceForbiddenError):
        uploads.check("a", "bc", expires, signature)


def test_without_a_folder_nothing_arrives() -> None:
    uploads = Uploads(KeyRing([KEY]), Clock())

    assert uploads.check(*_parts(uploads.url("shop", "users.csv"))) is None
    assert not uploads.has_file("shop", "users.csv")
