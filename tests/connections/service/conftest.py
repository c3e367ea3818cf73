"""The service runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from argosy.connections.settings import ConnectionsSettings
from argosy.store import KeyRing, Store, open_store
from tests.connections.service.service import KEY, Clock, FakeProber, Service, found_organizations
from tests.databases import KINDS, ready_database


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path) -> Iterator[str]:
    with ready_database(kind, tmp_path) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        found_organizations(opened)
        yield opened


@pytest.fixture
def service(store: Store) -> Service:
    return Service(store, KeyRing([KEY]), Clock(), FakeProber(), ConnectionsSettings())
