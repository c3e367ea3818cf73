"""The small connector that the samples are held against."""

from __future__ import annotations

import pytest

from argosy.model import Connector
from tests.drafts import capability, write_connector
from tests.flow_rules.samples import CAPABILITIES


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Connector:
    """The connector that the samples are held against."""
    documents = [capability(one["id"], **one) for one in CAPABILITIES]
    return write_connector(tmp_path_factory.mktemp("connector"), *documents)
