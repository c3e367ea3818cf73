"""A connector to check flows against."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from argosy.model import Connector
from tests.drafts import capability, write_connector

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Connector:
    """A connector of one capability."""
    return write_connector(tmp_path_factory.mktemp("connector"), capability("get"))
