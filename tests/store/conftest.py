"""Each test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy.store import KeyRing, Store, open_store
from tests.databases import KINDS, empty_database, ready_database

KEY = bytes(range(32))
OTHER_KEY = bytes(range(100, 132))


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of an SQLite file: keys lie elsewhere."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def empty_url(kind: str, data: Path) -> Iterator[str]:
    """A database with nothing in it."""
    with empty_database(kind, data) as url:
        yield url


@pytest.fixture
def url(kind: str, data: Path) -> Iterator[str]:
    """A database that holds an empty store."""
    with ready_database(kind, data) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([KEY])
