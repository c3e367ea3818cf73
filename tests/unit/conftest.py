"""What the unit tests share: a loopback server, steered time, drafted connectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from argosy import Dispatcher
from argosy.model import Connection
from tests.drafts import KEY, write_connector
from tests.servers import ScriptedServer
from tests.steering import Steering

# A property is about values, not about how busy the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def start(
    tmp_path: Path, server: ScriptedServer, steering: Steering
) -> Iterator[Callable[..., Dispatcher]]:
    """Start a dispatcher of drafted capabilities whose endpoint is the server.

    Keywords are the connection's, and `handlers` and `manifest` of the draft.
    """
    with ExitStack() as stack:

        def run(*documents: dict[str, Any], **settings: Any) -> Dispatcher:
            draft = {"handlers": settings.pop("handlers", {}), **settings.pop("manifest", {})}
            connector = write_connector(tmp_path, *documents, **draft)
            properties = {"apiKey": KEY, **settings.pop("properties", {})}
            connection = Connection(properties, **{"endpoint": server.url, **settings})
            return stack.enter_context(Dispatcher(connector, connection, steering.ports))

        yield run
