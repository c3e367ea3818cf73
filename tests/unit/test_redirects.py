"""Redirects: which a call follows, and that the key never follows one elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from argosy import Dispatcher
from argosy.errors import RedirectRefusedError
from argosy.transport.adapter import LeanAdapter
from tests.drafts import KEY, capability, unsafe
from tests.servers import Received, Say, ScriptedServer
from tests.steering import Steering

Start = Callable[..., Dispatcher]


class TestRedirects:
    """Each is an answer that sends the call elsewhere; what follows is asked of the server."""

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    @pytest.mark.parametrize("location", ["/next?a=1", "next?a=1", "{url}/next?a=1"])
    def test_of_a_get_within_the_server_are_followed(
        self, start: Start, server: ScriptedServer, status: int, location: str
    ) -> None:
        headers = {"Location": location.format(url=server.url)}
        server.answers(Say(status, headers=headers), Say(200, {"a": 1}))

        result = start(capability("read")).call("read", {})

        assert result.unwrap()["rawResponse"] == {"a": 1}
        assert [request.target for request in server.received] == ["/items", "/next?a=1"]
        assert server.last.headers["x-notes-key"] == f"Key {KEY}"

    def test_to_another_server_are_refused(self, start: Start, server: ScriptedServer) -> None:
        with ScriptedServer() as other:
            server.answers(Say(302, headers={"Location": f"{other.url}/x?secret=1"}))

            result = start(capability("read")).call("read", {})

            assert isinstance(result.error, RedirectRefusedError)
            assert result.error.facts["location"] == f"{other.url}/x"
            assert (other.received, len(server.received)) == ([], 1)

    @pytest.mark.parametrize("is_named", [True, False])
    def test_to_a_server_that_allow_hosts_names_are_followed_without_the_key(
        self, start: Start, server: ScriptedServer, is_named: bool
    ) -> None:
        """Nor does what the inputs put into headers go there."""
        go = capability(
            "read", request={"method": "GET", "path": "/", "headers": {"X-A": "secret"}}
        )
        with ScriptedServer() as other:
            server.answers(Say(302, headers={"Location": f"{other.url}/x"}))
            other.answers(Say(200, {"from": "other"}))

            allowed = (other.url,) if is_named else ("https://partner.example.com",)
            result = start(go, allow_hosts=allowed).call("read", {})

            if is_named:
                assert result.unwrap()["rawResponse"] == {"from": "other"}
                assert {"x-notes-key", "x-a"} & set(other.last.headers) == set()
                assert KEY not in str(other.received)
                assert result.attempts == 2
            else:
                assert isinstance(result.error, RedirectRefusedError)
                assert other.received == []

    @pytest.mark.parametrize(
        "location",
        [
            "//evil.example/",
            "https://evil.example/",
            "http://127.0.0.1:1/",
            "ftp://127.0.0.1/",
            "http://user@127.0.0.1:{port}/",
            "https://127.0.0.1:{port}/",
            "http://localhost:{port}/",
            "http://127.0.0.1:{port}.evil.example/",
            "http://127.0.0.1:{port}\\@evil.example/",
            "http://127.0.0.1:port/",
            "http://[bad",
            "//[::1",
        ],
    )
    def test_to_another_origin_are_refused(
        self, start: Start, server: ScriptedServer, location: str
    ) -> None:
        server.answers(Say(302, headers={"Location": location.format(port=server.port)}))

        result = start(capability("read")).call("read", {})

        assert isinstance(result.error, RedirectRefusedError)
        assert len(server.received) == 1

    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_of_what_is_no_get_are_refused(
        self, start: Start, server: ScriptedServer, method: str
    ) -> None:
        server.answers(Say(307, headers={"Location": "/next"}))
        document = unsafe("write", request={"method": method, "path": "/items"})

        result = start(document).call("write", {})

        assert isinstance(result.error, RedirectRefusedError)
        assert len(server.received) == 1

    def test_that_go_round_in_circles_end(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(302, headers={"Location": "/items"}))

        result = start(capability("read")).call("read", {})

        assert isinstance(result.error, RedirectRefusedError)
        assert len(server.received) == 6

    def test_without_a_place_are_an_answer_like_another(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(304))

        result = start(capability("read")).call("read", {})

        assert result.error is not None
        assert result.error.code == "api"

    def test_keep_to_the_deadline(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        def later(_: Received) -> Say:
            steering.now += 50
            return Say(302, headers={"Location": "/items"})

        server.answers(later)

        result = start(capability("read")).call("read", {})

        assert result.status == "failed"
        assert len(server.received) == 3

    def test_without_a_path_stay_on_the_connections_of_their_server(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(302, headers={"Location": server.url}), Say(200))
        dispatcher = start(capability("read"))

        dispatcher.call("read", {}).unwrap()

        adapter = dispatcher.transport._session.get_adapter(server.url)
        assert isinstance(adapter, LeanAdapter)
        assert [key[0] for key in adapter._pools] == [server.url]


@pytest.mark.parametrize(("location", "follows"), [("/mine/y", True), ("/other/steal", False)])
def test_a_redirect_stays_below_the_path_of_the_endpoint(
    start: Start, server: ScriptedServer, location: str, follows: bool
) -> None:
    """Another path of the same host may be a neighbour's, who must not get the key."""
    server.answers(Say(302, headers={"Location": location}), Say(200, {"a": 1}))

    result = start(capability("read"), endpoint=f"{server.url}/mine").call("read", {})

    assert (result.status == "succeeded") is follows
    assert len(server.received) == (2 if follows else 1)


def test_a_user_name_in_a_redirect_is_not_shown(start: Start, server: ScriptedServer) -> None:
    server.answers(Say(302, headers={"Location": "http://user:word@evil.example/x"}))

    result = start(capability("read")).call("read", {})

    assert "redirects to http://evil.example/x;" in str(result.error)
