"""Proxies of the environment are used where the connection asks for it, and nowhere else."""

from __future__ import annotations

import pytest

from argosy import Connection, Connector, Dispatcher, TransportSettings
from tests.servers import Say, ScriptedServer, closed_port


@pytest.mark.parametrize("asked", [True, False])
def test_proxies_of_the_environment(
    connector: Connector, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, asked: bool
) -> None:
    server.answers(Say(200, {"by": "proxy"}))
    for name in ("NO_PROXY", "no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url)
    partner = f"http://127.0.0.1:{closed_port()}"
    connection = Connection(
        {"apiKey": "1/0123456789abcdef"},
        allow_hosts=(partner,),
        transport=TransportSettings(environment_proxies=asked, max_attempts=1),
    )

    with Dispatcher(connector, connection) as dispatcher:
        inputs = {"endpoint": f"{partner}/items", "method": "GET"}
        result = dispatcher.call("make-custom-api-call", inputs)

    if asked:
        assert result.outputs["rawResponse"] == {"by": "proxy"}
        assert "Authorization" not in str(server.received)
    else:
        assert result.status == "failed"
        assert server.received == []
