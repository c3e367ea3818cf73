"""Engines for the tests of flows: one that calls nobody, and some whose server is scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from argosy import Dispatcher
from argosy.flow import Engine, EngineSettings
from argosy.model import Connection, Connector, Flow
from tests.drafts import KEY, write_connector
from tests.flow.harness import CAPABILITIES
from tests.servers import ScriptedServer
from tests.steering import Steering

# A property is about values, not about how busy the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

Start = Callable[..., Engine]


@pytest.fixture(scope="session")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Connector:
    """The drafted connector, in memory once it was read."""
    return write_connector(tmp_path_factory.mktemp("drafted"), *CAPABILITIES)


@pytest.fixture
def start(drafted: Connector, server: ScriptedServer) -> Iterator[Start]:
    """Start an engine whose connection's endpoint is the server; keywords are the engine's.

    With `steering` its time, ids and chance are steered; `others` are names of more connections,
    and `connection` has members of all of them.
    """
    with ExitStack() as stack:

        def make(
            workers: int = 4,
            flows: Mapping[str, Flow] | None = None,
            steering: Steering | None = None,
            others: tuple[str, ...] = (),
            connection: Mapping[str, Any] | None = None,
            **more: Any,
        ) -> Engine:
            ports = steering.ports if steering else None
            given = Connection({"apiKey": KEY}, endpoint=server.url, **(connection or {}))
            dispatchers = {
                name: stack.enter_context(Dispatcher(drafted, given, ports))
                for name in ("", *others)
            }
            if steering:
                more["sleep"] = lambda seconds, _cancellation: steering.sleep(seconds)
            more.setdefault("settings", EngineSettings(workers=workers))
            return stack.enter_context(Engine(drafted, dispatchers, flows, ports=ports, **more))

        yield make


@pytest.fixture(scope="session")
def engine(drafted: Connector) -> Iterator[Engine]:
    """An engine that calls nobody."""
    with Engine(drafted, {}, settings=EngineSettings(workers=2)) as running:
        yield running
