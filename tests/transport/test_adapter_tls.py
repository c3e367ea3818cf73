"""TLS over the lean adapter: always verified, with host name, own authorities, own certificate."""

from __future__ import annotations

import socket
import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InsecureRequestWarning

from argosy.transport.adapter import LeanAdapter
from tests.transport.adapter_cases import chunked, in_pieces, ok, sized
from tests.transport.scripted_server import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from tests.transport.conftest import TlsMaterial
    from tests.transport.scripted_server import ScriptedServer

    Serve = Callable[..., ScriptedServer]
    SessionOver = Callable[[BaseAdapter], requests.Session]

HELLO = answering(sized(b"hello"))
both_adapters = pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])


@both_adapters
@pytest.mark.parametrize(
    "answer", [sized(b"hello"), ok("Transfer-Encoding: chunked", body=chunked(b"hello"))]
)
def test_a_trusted_server_is_reached_and_its_connection_kept(
    serve: Serve,
    session_over: SessionOver,
    tls: TlsMaterial,
    adapter: type[HTTPAdapter],
    answer: bytes,
) -> None:
    server = serve(answering(answer), tls=tls.server_context("127.0.0.1"))
    session = session_over(adapter())

    bodies = [session.post(server.url, data=b"a", verify=tls.ca_file).content for _ in range(3)]

    assert bodies == [b"hello"] * 3
    assert server.connections == 1


@both_adapters
def test_a_server_of_an_unknown_authority_is_refused(
    serve: Serve, session_over: SessionOver, tls: TlsMaterial, adapter: type[HTTPAdapter]
) -> None:
    server = serve(HELLO, tls=tls.server_context("127.0.0.1"))

    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        session_over(adapter()).get(server.url)

    assert server.requests == []


@both_adapters
def test_a_certificate_for_another_host_is_refused(
    serve: Serve, session_over: SessionOver, tls: TlsMaterial, adapter: type[HTTPAdapter]
) -> None:
    server = serve(HELLO, tls=tls.server_context("example.com"))

    with pytest.raises(requests.exceptions.SSLError, match=r"doesn't match|not valid for"):
        session_over(adapter()).get(server.url, verify=tls.ca_file)

    assert server.requests == []


@both_adapters
def test_a_server_without_tls_is_an_ssl_error(
    session_over: SessionOver, adapter: type[HTTPAdapter]
) -> None:
    def answer_plainly(listener: socket.socket) -> None:
        sock, _ = listener.accept()
        with sock:
            sock.recv(65536)
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(5)
        pool.submit(answer_plainly, listener)
        with pytest.raises(requests.exceptions.SSLError):
            session_over(adapter()).get(f"https://127.0.0.1:{listener.getsockname()[1]}")


@both_adapters
def test_authorities_may_be_a_directory(
    serve: Serve,
    session_over: SessionOver,
    tls: TlsMaterial,
    adapter: type[HTTPAdapter],
    tmp_path: Path,
) -> None:
    Path(tmp_path, "ca.pem").write_bytes(Path(tls.ca_file).read_bytes())
    subprocess.run(["openssl", "rehash", str(tmp_path)], check=True)
    server = serve(HELLO, tls=tls.server_context("127.0.0.1"))

    answer = session_over(adapter()).get(server.url, verify=str(tmp_path))

    assert answer.content == b"hello"


@both_adapters
@pytest.mark.parametrize("options", [{"verify": "/nowhere"}, {"cert": "/nowhere"}])
def test_a_file_that_is_not_there_is_an_os_error(
    session_over: SessionOver, adapter: type[HTTPAdapter], options: Any
) -> None:
    with pytest.raises(OSError, match="invalid path: /nowhere"):
        session_over(adapter()).get("https://127.0.0.1:1", **options)


@both_adapters
def test_a_file_without_certificates_is_an_ssl_error(
    serve: Serve,
    session_over: SessionOver,
    tls: TlsMaterial,
    adapter: type[HTTPAdapter],
    tmp_path: Path,
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    server = serve(HELLO, tls=tls.server_context("127.0.0.1"))

    with pytest.raises(requests.exceptions.SSLError):
        session_over(adapter()).get(server.url, verify=str(empty))


@both_adapters
def test_a_client_certificate_is_shown(
    serve: Serve, session_over: SessionOver, tls: TlsMaterial, adapter: type[HTTPAdapter]
) -> None:
    server = serve(HELLO, tls=demanding(tls))

    answer = session_over(adapter()).get(server.url, verify=tls.ca_file, cert=tls.client_file)

    assert answer.content == b"hello"


@both_adapters
def test_a_server_that_misses_the_client_certificate_is_an_error(
    serve: Serve, session_over: SessionOver, tls: TlsMaterial, adapter: type[HTTPAdapter]
) -> None:
    server = serve(HELLO, tls=demanding(tls))

    with pytest.raises(requests.ConnectionError):  # SSLError is one
        session_over(adapter()).get(server.url, verify=tls.ca_file)


def test_an_encrypted_client_key_is_an_ssl_error_instead_of_a_question(
    serve: Serve, session: requests.Session, tls: TlsMaterial, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    command = ["openssl", "pkey", "-in", tls.client_file, "-aes256", "-passout", "pass:x", "-out"]
    subprocess.run([*command, str(key)], check=True)
    server = serve(HELLO, tls=demanding(tls))

    with pytest.raises(requests.exceptions.SSLError, match="encrypted"):
        session.get(server.url, verify=tls.ca_file, cert=(tls.client_file, str(key)))


def demanding(tls: TlsMaterial) -> ssl.SSLContext:
    context = tls.server_context("127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    tls.authority.configure_trust(context)
    return context


def test_the_server_is_told_the_host_name(
    serve: Serve, session: requests.Session, tls: TlsMaterial
) -> None:
    names: list[str | None] = []
    context = tls.server_context("localhost")
    context.sni_callback = lambda _sock, name, _context: names.append(name)
    server = serve(HELLO, tls=context)

    session.get(server.url.replace("127.0.0.1", "localhost"), verify=tls.ca_file)

    assert names == ["localhost"]


def test_the_trailing_dot_of_a_host_is_resolved_but_neither_sent_nor_certified(
    serve: Serve, session_over: SessionOver, tls: TlsMaterial
) -> None:
    server = serve(HELLO, tls=tls.server_context("example.com"))
    names: list[str] = []

    def resolve(name: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        names.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

    session = session_over(LeanAdapter(resolve=resolve))

    answer = session.get(f"https://example.com.:{server.port}", verify=tls.ca_file)

    assert answer.content == b"hello"
    assert names == ["example.com."]
    assert f"Host: example.com:{server.port}".encode() in server.requests[0].head


def test_an_ipv6_address_is_checked_against_the_certificate(
    serve: Serve, session: requests.Session, tls: TlsMaterial
) -> None:
    server = serve(HELLO, tls=tls.server_context("::1"), host="::1")

    assert session.get(server.url, verify=tls.ca_file).content == b"hello"


@both_adapters
def test_verification_can_be_switched_off_with_a_warning(
    serve: Serve, session_over: SessionOver, tls: TlsMaterial, adapter: type[HTTPAdapter]
) -> None:
    server = serve(HELLO, tls=tls.server_context("example.com"))

    with pytest.warns(InsecureRequestWarning):
        answer = session_over(adapter()).get(server.url, verify=False)

    assert answer.content == b"hello"


def test_an_unverified_connection_is_not_used_for_a_verified_request(
    serve: Serve, session: requests.Session, tls: TlsMaterial
) -> None:
    server = serve(HELLO, tls=tls.server_context("127.0.0.1"))
    with pytest.warns(InsecureRequestWarning):
        session.get(server.url, verify=False)

    with pytest.raises(requests.exceptions.SSLError):
        session.get(server.url)


def test_bytes_pending_in_tls_spoil_an_idle_connection(
    serve: Serve, session: requests.Session, tls: TlsMaterial
) -> None:
    # The surplus comes in one TLS record with the body: once the body has been received, it
    # waits in the TLS layer, where polling the socket doesn't show it.
    script = in_pieces(ok("Content-Length: 5", body=b""), b"hello" + b"X" * 100)
    server = serve(script, tls=tls.server_context("127.0.0.1"))

    bodies = [session.get(server.url, verify=tls.ca_file).content for _ in range(2)]

    assert bodies == [b"hello"] * 2
    assert server.connections == 2
