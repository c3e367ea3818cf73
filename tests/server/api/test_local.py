"""A server without accounts: which database everybody works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from argosy.accounts import Principal
from argosy.errors import ServiceNotFoundError
from tests.databases import KINDS, ready_database
from tests.server.api.conftest import open_site


def current(url: str, folder: Path, database: str | None = None) -> str:
    """Return the database of a server that starts now."""
    with open_site(url, folder, local=True, database=database) as site:
        return str(site.client.ask("GET", "/v1/databases/current/").json["name"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_database_keeps_no_server_from_starting(kind: str, tmp_path: Path) -> None:
    with ready_database(kind, tmp_path) as url:
        first = current(url, tmp_path)
        with open_site(url, tmp_path, local=True) as site:
            assert site.client.ask("POST", "/v1/databases/", {"name": "a-shop"}).status == 200

        assert first == current(url, tmp_path) == "default"
        assert current(url, tmp_path, "a-shop") == "a-shop"
        with pytest.raises(ServiceNotFoundError, match="nowhere"):
            current(url, tmp_path, "nowhere")


def test_the_oldest_database_is_used_where_none_is_called_default(tmp_path: Path) -> None:
    with ready_database("sqlite", tmp_path) as url:
        with open_site(url, tmp_path, local=True) as site:
            databases = site.services.accounts.databases
            who = site.services.local
            assert isinstance(who, Principal)
            for name in ("z-first", "a-second"):
                site.clock.time += 1
                databases.create(who, name)
            databases.remove(who, who.require_database())

        assert current(url, tmp_path) == "z-first"
