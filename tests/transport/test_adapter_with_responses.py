"""The `responses` library works over the lean adapter with nothing set up for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
import responses

from tests.transport.adapter_cases import sized
from tests.transport.scripted_server import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.transport.scripted_server import ScriptedServer

    Serve = Callable[..., ScriptedServer]


@responses.activate
def test_a_registered_answer_is_given(session: requests.Session) -> None:
    responses.post("https://example.com/a", json={"success": True}, headers={"X-A": "b"})

    answer = session.post("https://example.com/a", json={"a": 1})

    assert answer.json() == {"success": True}
    assert answer.headers["X-A"] == "b"
    assert responses.calls[0].request.body == b'{"a": 1}'


@responses.activate
def test_cookies_of_a_registered_answer_are_kept(session: requests.Session) -> None:
    responses.get("https://example.com/a", headers={"Set-Cookie": "a=1"})

    session.get("https://example.com/a")

    assert session.cookies.get_dict() == {"a": "1"}


@responses.activate
def test_an_answer_nobody_registered_is_a_connection_error(session: requests.Session) -> None:
    with pytest.raises(requests.ConnectionError, match="Connection refused by Responses"):
        session.get("https://example.com/b")


@responses.activate
def test_a_registered_error_is_raised(session: requests.Session) -> None:
    responses.get("https://example.com/a", body=requests.ReadTimeout("slow"))

    with pytest.raises(requests.ReadTimeout, match="slow"):
        session.get("https://example.com/a")


def test_an_address_passed_through_reaches_the_server(
    serve: Serve, session: requests.Session
) -> None:
    server = serve(answering(sized(b"hello")))

    with responses.RequestsMock() as mock:
        mock.add_passthru(server.url)
        answer = session.get(server.url)

    assert answer.content == b"hello"
