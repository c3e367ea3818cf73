"""How requests authenticate: headers, queries, several at once, access tokens; and secrecy."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from argosy import Dispatcher
from argosy.errors import (
    InvalidInputsError,
    MissingPropertyError,
    UnauthorizedError,
    UnreadableAnswerError,
)
from argosy.model import MASK
from tests.drafts import KEY, MANIFEST, capability
from tests.servers import Received, Say, ScriptedServer
from tests.steering import Steering

Start = Callable[..., Dispatcher]

READ = capability("read", outputs={"type": "object"})
SECRETS = {
    "settings": {
        "type": "object",
        "properties": {
            "apiKey": MANIFEST["settings"]["properties"]["apiKey"],
            "user": {"type": "string", "title": "User"},
            "password": {"type": "string", "title": "Password", "secret": True},
            "region": {"type": "string", "title": "Region", "default": "north"},
        },
    }
}
GRANT = {
    "url": "https://login.notes.example.com/oauth/token",
    "clientId": "{{ connection.user }}",
    "clientSecret": "{{ connection.password }}",
    "scope": "notes.read notes.write",
    "parameters": {"audience": "https://notes.example.com"},
}
BEARER = {"header": "Authorization", "value": "Bearer {{ token }}", "token": GRANT}
LOGIN = {"user": "client-1", "password": "s3cret/word"}


def manifest(auth: Any, **more: Any) -> dict[str, Any]:
    return {**SECRETS, "auth": auth, **more}


class TestPlaces:
    def test_a_query_carries_a_key_that_nothing_shows(
        self, start: Start, server: ScriptedServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        auth = {"query": "write_key", "value": "{{ connection.apiKey }}"}
        request = {"method": "GET", "path": "/items", "query": {"a": "b"}}
        dispatcher = start(capability("read", request=request), manifest=manifest(auth))
        server.answers(Say(403, {"message": f"bad key {KEY}"}))

        with caplog.at_level(logging.DEBUG):
            result = dispatcher.call("read", {})
        planned = dispatcher.prepare("read", {})

        assert server.last.query == [("a", "b"), ("write_key", KEY)]
        assert planned.url.endswith("?a=b&write_key=******")
        assert KEY not in str(result.to_json()) + caplog.text
        assert KEY not in repr(dispatcher.credentials.authentication(dispatcher.connector.auth, 0))

    @pytest.mark.parametrize(("password", "pair"), [("", "client-1:"), ("p", "client-1:p")])
    def test_a_part_with_a_default_may_be_absent(
        self, start: Start, server: ScriptedServer, password: str, pair: str
    ) -> None:
        both = "(connection.user ~ ':' ~ (connection.password | default('')))"
        auth = {"header": "Authorization", "value": f"Basic {{{{ {both} | base64 }}}}"}
        properties = {"user": "client-1", "password": password}
        dispatcher = start(READ, manifest=manifest(auth), properties=properties)

        dispatcher.call("read", {}).unwrap()

        encoded = base64.b64encode(pair.encode()).decode()
        assert server.last.headers["authorization"] == f"Basic {encoded}"

    def test_what_is_absent_is_asked_for_by_a_call_and_not_by_a_dry_run(self, start: Start) -> None:
        auth = {"header": "X-User", "value": "User {{ connection.user }}"}
        dispatcher = start(READ, manifest=manifest(auth), properties={"user": ""})

        error = dispatcher.call("read", {}).error

        assert isinstance(error, MissingPropertyError)
        assert "User" in error.message
        assert dispatcher.prepare("read", {}).headers["X-User"] == "User "

    def test_several_credentials_go_together(self, start: Start, server: ScriptedServer) -> None:
        auth = [
            {"header": "X-App", "value": "{{ connection.user }}"},
            {"header": "X-Key", "value": "{{ connection.apiKey }}"},
        ]

        start(READ, manifest=manifest(auth), properties=LOGIN).call("read", {}).unwrap()

        assert (server.last.headers["x-app"], server.last.headers["x-key"]) == ("client-1", KEY)

    def test_a_family_and_a_capability_may_authenticate_otherwise(
        self, start: Start, server: ScriptedServer
    ) -> None:
        families = {
            "api": {
                "title": "Notes",
                "auth": {"header": "X-Write", "value": "{{ connection.apiKey }}"},
            },
            "open": {"title": "Open", "auth": False},
        }
        own = capability("own", auth={"header": "X-Own", "value": "{{ connection.apiKey }}"})
        none = capability("none", auth=False)
        dispatcher = start(READ, own, none, manifest={"families": families})

        for name in ("read", "own", "none"):
            dispatcher.call(name, {}).unwrap()

        sent = [{n for n, v in r.headers.items() if v == KEY} for r in server.received]
        assert sent == [{"x-write"}, {"x-own"}, set()]

    def test_name_and_password_in_base64_are_a_secret_too(
        self, start: Start, server: ScriptedServer
    ) -> None:
        basic = base64.b64encode(b"client-1:s3cret/word").decode()
        value = "Basic {{ (connection.user ~ ':' ~ connection.password) | base64 }}"
        dispatcher = start(
            READ,
            manifest=manifest({"header": "Authorization", "value": value}),
            properties=LOGIN,
        )
        server.answers(lambda request: Say(400, {"message": request.headers["authorization"]}))

        result = dispatcher.call("read", {})

        assert server.last.headers["authorization"] == f"Basic {basic}"
        assert basic not in str(result.to_json())
        assert dispatcher.prepare("read", {}).headers["Authorization"] == f"Basic {MASK}"

    def test_an_input_cannot_set_a_header_that_authenticates(self, start: Start) -> None:
        request = {"method": "GET", "path": "/items", "headers": {"x-write": "{{ inputs.a }}"}}
        own = {"header": "X-Write", "value": "{{ connection.apiKey }}"}
        inputs = {"type": "object", "properties": {"a": {}}}
        dispatcher = start(capability("read", request=request, auth=own, inputs=inputs))

        result = dispatcher.call("read", {"a": "forged"})

        assert isinstance(result.error, InvalidInputsError)
        assert result.error.problems[0].code == "reserved-header"


class Vendor:
    """Answers the token endpoint and the API; tokens count up."""

    def __init__(self, **token: Any) -> None:
        self.token = {"token_type": "bearer", "expires_in": 3600, **token}
        self.given = 0
        self.refused: set[str] = set()

    def __call__(self, request: Received) -> Say:
        if request.path == "/oauth/token":
            self.given += 1
            return Say(body={"access_token": f"token-{self.given}", **self.token})
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        known = {f"token-{n}" for n in range(1, self.given + 1)} - self.refused
        return Say(200, {}) if token in known else Say(401, {"message": f"bad {token}"})


class TestAccessTokens:
    def test_are_fetched_once_and_kept(self, start: Start, server: ScriptedServer) -> None:
        vendor = Vendor()
        server.answers(vendor)
        dispatcher = start(READ, manifest=manifest(BEARER), properties=LOGIN)

        for _ in range(3):
            dispatcher.call("read", {}).unwrap()

        asked = server.received[0]
        pair = base64.b64encode(b"client-1:s3cret%2Fword").decode()
        assert vendor.given == 1
        assert (asked.method, asked.headers["authorization"]) == ("POST", f"Basic {pair}")
        assert parse_qsl(asked.body.decode()) == [
            ("grant_type", "client_credentials"),
            ("audience", "https://notes.example.com"),
            ("scope", "notes.read notes.write"),
        ]
        assert server.last.headers["authorization"] == "Bearer token-1"

    def test_are_asked_for_with_a_form_where_the_manifest_says_so(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Vendor())
        auth = {**BEARER, "token": {**GRANT, "clientIn": "body"}}

        start(READ, manifest=manifest(auth), properties=LOGIN).call("read", {}).unwrap()

        form = dict(parse_qsl(server.received[0].body.decode()))
        assert (form["client_id"], form["client_secret"]) == ("client-1", "s3cret/word")
        assert "authorization" not in server.received[0].headers

    def test_are_fetched_anew_shortly_before_they_end(
        self, start: Start, server: ScriptedServer, steering: Steering
    ) -> None:
        vendor = Vendor(expires_in=100)
        server.answers(vendor)
        dispatcher = start(READ, manifest=manifest(BEARER), properties=LOGIN)

        dispatcher.call("read", {}).unwrap()
        steering.now += 69
        dispatcher.call("read", {}).unwrap()
        steering.now += 2
        dispatcher.call("read", {}).unwrap()

        assert vendor.given == 2

    def test_that_are_refused_are_fetched_anew_once(
        self, start: Start, server: ScriptedServer
    ) -> None:
        vendor = Vendor()
        server.answers(vendor)
        dispatcher = start(READ, manifest=manifest(BEARER), properties=LOGIN)
        dispatcher.call("read", {}).unwrap()
        vendor.refused = {"token-1"}

        again = dispatcher.call("read", {})
        vendor.refused = {f"token-{n}" for n in range(9)}
        refused = dispatcher.call("read", {})

        assert (again.error, vendor.given) == (None, 3)
        assert isinstance(refused.error, UnauthorizedError)
        assert "token-" not in str(refused.to_json())

    def test_that_cannot_be_had_are_told(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(401, {"error": "invalid_client", "error_description": "no s3cret/word"}))
        dispatcher = start(READ, manifest=manifest(BEARER), properties=LOGIN)

        result = dispatcher.call("read", {})

        assert isinstance(result.error, UnauthorizedError)
        assert f"no {MASK}" in str(result.error)
        assert "client's id and secret" in result.error.to_json()["note"]
        assert [r.path for r in server.received] == ["/oauth/token"]

    @pytest.mark.parametrize("body", [{}, {"access_token": 7}, [], "token=1"])
    def test_that_are_none_are_told(self, start: Start, server: ScriptedServer, body: Any) -> None:
        server.answers(Say(200, body))

        result = start(READ, manifest=manifest(BEARER), properties=LOGIN).call("read", {})

        assert isinstance(result.error, UnreadableAnswerError)

    def test_need_what_they_are_made_from(self, start: Start, server: ScriptedServer) -> None:
        result = start(READ, manifest=manifest(BEARER)).call("read", {})

        assert isinstance(result.error, MissingPropertyError)
        assert server.received == []

    def test_are_neither_fetched_nor_shown_in_a_dry_run(
        self, start: Start, server: ScriptedServer
    ) -> None:
        request = start(READ, manifest=manifest(BEARER)).prepare("read", {})

        assert request.headers["Authorization"] == f"Bearer {MASK}"
        assert server.received == []
