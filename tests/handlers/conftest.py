"""A vendor of scripted answers, by method and path, and the connector's dispatcher before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from argosy import Connection, Connector, Dispatcher
from argosy.model import Result
from tests.servers import Answering, Received, Say, Scripted, ScriptedServer
from tests.steering import Steering

# A property is about values, not about how busy the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

KEY = "1/0123456789abcdef0123456789abcdef01234567"


class Vendor:
    """Answers each method and path by a script of its own, whose last answer stays."""

    def __init__(self, server: ScriptedServer, dispatcher: Dispatcher) -> None:
        self.server = server
        self.dispatcher = dispatcher
        self._scripts: dict[str, list[Answering]] = {}
        server.answers(self._answer)

    def says(self, request: str, *answers: Any) -> None:
        """Set what a request, such as `GET /api/projects`, is answered; JSON means 200."""
        self._scripts[request] = [
            Say(200, one) if isinstance(one, dict | list) else one for one in answers
        ]

    def call(self, capability: str, *, save_to: Path | None = None, **inputs: Any) -> Result:
        """Call one capability."""
        return self.dispatcher.call(capability, inputs, save_to=save_to)

    @property
    def asked(self) -> list[str]:
        """The requests that came, as `GET /path`."""
        return [f"{one.method} {one.path}" for one in self.server.received]

    def received(self, request: str) -> list[Received]:
        """Return what came for one method and path."""
        return [one for one in self.server.received if f"{one.method} {one.path}" == request]

    def _answer(self, request: Received) -> Scripted:
        script = self._scripts.get(f"{request.method} {request.path}")
        if script is None:
            return Say(404, {"message": "there is nothing here"})
        answer = script.pop(0) if len(script) > 1 else script[0]
        return answer if isinstance(answer, Scripted) else answer(request)


@pytest.fixture
def vendor(connector: Connector, server: ScriptedServer, steering: Steering) -> Iterator[Vendor]:
    connection = Connection(properties={"apiKey": KEY}, endpoint=server.url)
    with Dispatcher(connector, connection, steering.ports) as dispatcher:
        yield Vendor(server, dispatcher)
