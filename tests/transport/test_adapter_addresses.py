"""Which addresses the lean adapter connects to, and who may refuse them."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter

from argosy.transport.adapter import AddressRefusedError, LeanAdapter
from tests.transport.adapter_cases import sized
from tests.transport.scripted_server import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from tests.transport.scripted_server import ScriptedServer

    Serve = Callable[..., ScriptedServer]
    SessionOver = Callable[[BaseAdapter], requests.Session]

HELLO = answering(sized(b"hello"))


def resolving_to(*addresses: str) -> Callable[..., list[Any]]:
    def resolve(_host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in addresses]

    return resolve


def test_only_an_allowed_address_is_connected_to(serve: Serve, session_over: SessionOver) -> None:
    server = serve(HELLO)
    asked: list[tuple[str, str]] = []

    def allow(host: str, ip: str) -> bool:
        asked.append((host, ip))
        return ip == "127.0.0.1"

    adapter = LeanAdapter(allow_address=allow, resolve=resolving_to("10.0.0.1", "127.0.0.1"))

    answer = session_over(adapter).get(f"http://example.com:{server.port}")

    assert answer.content == b"hello"
    assert asked == [("example.com", "10.0.0.1"), ("example.com", "127.0.0.1")]


def test_a_host_with_no_allowed_address_is_refused_with_its_addresses(
    session_over: SessionOver,
) -> None:
    adapter = LeanAdapter(
        allow_address=lambda _host, _ip: False, resolve=resolving_to("10.0.0.1", "127.0.0.1")
    )

    with pytest.raises(requests.ConnectionError) as caught:
        session_over(adapter).get("http://example.com")

    refusal = caught.value.args[0]
    assert isinstance(refusal, AddressRefusedError)
    assert (refusal.host, refusal.addresses) == ("example.com", ("10.0.0.1", "127.0.0.1"))
    assert str(refusal) == "no allowed address for example.com: refused 10.0.0.1, 127.0.0.1"


def test_a_literal_address_is_asked_for_too(serve: Serve, session_over: SessionOver) -> None:
    server = serve(HELLO)
    session = session_over(LeanAdapter(allow_address=lambda _host, _ip: False))

    with pytest.raises(requests.ConnectionError, match=r"no allowed address for 127\.0\.0\.1"):
        session.get(server.url)

    assert server.connections == 0


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_switching_verification_off_does_not_get_around_the_refusal(
    serve: Serve, session_over: SessionOver
) -> None:
    server = serve(HELLO)
    session = session_over(LeanAdapter(allow_address=lambda _host, _ip: False))

    with pytest.raises(requests.ConnectionError, match="no allowed address"):
        session.get(server.url.replace("http:", "https:"), verify=False)

    assert server.connections == 0


def test_a_name_that_resolves_anew_is_asked_for_anew(
    serve: Serve, session_over: SessionOver
) -> None:
    server = serve(answering(sized(b"hello", "Connection: close"), hang_up=True))
    answers = iter(["127.0.0.1", "169.254.169.254"])

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return resolving_to(next(answers))(host, port)

    adapter = LeanAdapter(
        allow_address=lambda _host, ip: ip == "127.0.0.1",
        resolve=resolve,
    )
    session = session_over(adapter)
    session.get(f"http://example.com:{server.port}")

    with pytest.raises(requests.ConnectionError, match=r"refused 169\.254\.169\.254"):
        session.get(f"http://example.com:{server.port}")


def test_the_next_address_is_tried_when_one_refuses_connections(
    serve: Serve, session_over: SessionOver
) -> None:
    server = serve(HELLO)
    session = session_over(LeanAdapter(resolve=resolving_to("127.0.0.2", "127.0.0.1")))

    assert session.get(f"http://example.com:{server.port}").content == b"hello"


def test_a_name_without_addresses_is_a_connection_error(session_over: SessionOver) -> None:
    session = session_over(LeanAdapter(resolve=resolving_to()))

    with pytest.raises(requests.ConnectionError, match="resolved to no address"):
        session.get("http://example.com")


def test_a_name_that_does_not_resolve_is_a_connection_error(session_over: SessionOver) -> None:
    def resolve(*_: object, **__: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    session = session_over(LeanAdapter(resolve=resolve))

    with pytest.raises(requests.ConnectionError, match="Failed to resolve") as caught:
        session.get("http://example.com")

    assert isinstance(caught.value.args[0].reason, urllib3.exceptions.NameResolutionError)


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
def test_a_closed_port_is_a_connection_error(
    session_over: SessionOver, adapter: type[HTTPAdapter]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(requests.ConnectionError, match="Connection refused") as caught:
        session_over(adapter()).get(f"http://127.0.0.1:{port}")

    assert isinstance(caught.value.args[0].reason, urllib3.exceptions.NewConnectionError)


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
def test_a_label_too_long_is_an_error_of_the_url(
    session_over: SessionOver, adapter: type[HTTPAdapter]
) -> None:
    with pytest.raises((requests.exceptions.InvalidURL, urllib3.exceptions.LocationParseError)):
        session_over(adapter()).get(f"http://{'a' * 70}.example.com")


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
@pytest.mark.parametrize("url", ["http://127.0.0.1:port/", "http:///path"])
def test_a_prepared_url_that_makes_no_sense_is_an_error_of_the_url(
    session_over: SessionOver, adapter: type[HTTPAdapter], url: str
) -> None:
    request = requests.Request("GET", "http://127.0.0.1").prepare()
    request.url = url

    with pytest.raises(requests.exceptions.InvalidURL):
        session_over(adapter()).send(request)


def test_a_url_without_path_is_not_taken_for_another_host() -> None:
    adapter = LeanAdapter()
    request = requests.Request("GET", "http://example.com").prepare()
    hosts = []

    for request.url in ("http://example.com", "http://example.co/", "http://example.com?a/b"):
        hosts.append(adapter.get_connection_with_tls_context(request, verify=True).host)

    assert hosts == ["example.com", "example.co", "example.com"]


def test_an_ipv6_literal_is_reached_and_named_in_brackets(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(HELLO, host="::1")

    answer = session.get(server.url)

    assert answer.content == b"hello"
    assert f"Host: [::1]:{server.port}".encode() in server.requests[0].head


@pytest.mark.parametrize("adapter", [HTTPAdapter, LeanAdapter])
def test_a_proxy_takes_the_request(
    serve: Serve, session_over: SessionOver, adapter: type[HTTPAdapter]
) -> None:
    proxy = serve(HELLO)

    answer = session_over(adapter()).get("http://example.com/a", proxies={"http": proxy.url})

    assert answer.content == b"hello"
    assert proxy.requests[0].line == "GET http://example.com/a HTTP/1.1"


def test_a_proxy_for_other_schemes_leaves_the_request_alone(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(HELLO)

    answer = session.get(server.url + "/a", proxies={"https": "http://127.0.0.1:1"})

    assert answer.content == b"hello"
    assert server.requests[0].line == "GET /a HTTP/1.1"
