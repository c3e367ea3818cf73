"""TLS from the dispatcher down: verified always, with the connection's own authorities if named."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from argosy import Connection, Connector, Dispatcher, Ports, TransportSettings
from argosy.errors import UntrustedServerError


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.headers.get("Authorization"))  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_arguments: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str | None] = []
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_arguments: object) -> None:
        pass  # a client that refuses the certificate hangs up


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def server(authority: trustme.CA) -> Iterator[_Server]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    made = _Server(context)
    thread = threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def _connection(server: _Server, host: str, ca_bundle: str = "") -> Connection:
    return Connection(
        {"apiKey": "1/0123456789abcdef"},
        endpoint=f"https://{host}:{server.server_address[1]}",
        transport=TransportSettings(ca_bundle=ca_bundle),
    )


def test_a_server_of_the_connections_own_authority_is_trusted(
    connector: Connector, server: _Server, bundle: str
) -> None:
    connection = _connection(server, "localhost", bundle)

    with Dispatcher(connector, connection) as dispatcher:
        result = dispatcher.call("list-profiles-tokens", {"audienceId": "1"})

    assert result.outputs["statusCode"] == 200
    assert server.asked == ["TD1 1/0123456789abcdef"]


@pytest.mark.parametrize(("host", "is_known"), [("localhost", False), ("127.0.0.1", True)])
def test_a_server_that_cannot_be_verified_gets_no_request_and_no_second_try(
    connector: Connector, server: _Server, bundle: str, host: str, is_known: bool
) -> None:
    """Either the authority is unknown, or the certificate names another host."""
    connection = _connection(server, host, bundle if is_known else "")
    waits: list[float] = []

    with Dispatcher(connector, connection, Ports(sleep=waits.append)) as dispatcher:
        result = dispatcher.call("list-profiles-tokens", {"audienceId": "1"})

    assert isinstance(result.error, UntrustedServerError)
    assert "certificate" in str(result.error)
    assert (server.asked, waits, result.attempts) == ([], [], 1)
