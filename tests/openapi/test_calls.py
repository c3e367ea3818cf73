"""Two documents, made into connectors and called over a socket."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from argosy import Dispatcher
from argosy.errors import ForbiddenError, InvalidInputsError, NotFoundError
from tests.servers import Received, Say, Scripted, ScriptedServer

Start = Callable[..., Dispatcher]

LOGIN = {"clientId": "client-1", "clientSecret": "s3cret"}
PDF = {"Content-Type": "application/pdf"}
NOTES = [{"id": number, "text": f"note {number}"} for number in range(1, 6)]


class NotesApi:
    """The API of `notes.openapi.yaml`, as far as the tests call it."""

    def __init__(self) -> None:
        self.polls = 0

    def __call__(self, request: Received) -> Scripted:
        if request.path == "/oauth/token":
            return Say(200, {"access_token": "t-1", "token_type": "bearer", "expires_in": 3600})
        if request.path == "/v2/health":
            return Say(200, "well")
        if request.headers.get("authorization") != "Bearer t-1":
            return Say(401, {"message": "no token"})
        answers: dict[tuple[str, str], Callable[[Received], Scripted]] = {
            ("GET", "/v2/notes"): self._page,
            ("POST", "/v2/notes"): lambda one: Say(201, {"id": 7, **one.json}),
            ("POST", "/v2/exports"): lambda _: Say(202, self._export("queued")),
            ("GET", "/v2/exports/e1"): self._progress,
            ("GET", "/v2/notes/7/file"): lambda _: Say(200, b"%PDF-1", PDF),
            ("DELETE", "/v2/notes/7"): lambda _: Say(204),
            ("DELETE", "/v2/notes/8"): lambda _: Say(404, {"message": "there is no such note"}),
        }
        answer = answers.get((request.method, request.path))
        return answer(request) if answer else Say(200, {})

    def _page(self, request: Received) -> Scripted:
        start = int(dict(request.query).get("cursor", "0"))
        ahead = str(start + 2) if start + 2 < len(NOTES) else None
        return Say(200, {"notes": NOTES[start : start + 2], "next_cursor": ahead})

    def _progress(self, _request: Received) -> Scripted:
        self.polls += 1
        is_done = self.polls > 2
        url = "https://files.example.com/e1" if is_done else None
        return Say(200, self._export("completed" if is_done else "running", url))

    def _export(self, status: str, url: str | None = None) -> dict[str, str | None]:
        return {"id": "e1", "status": status, "url": url}


class TestOAuthClientCredentials:
    @pytest.fixture
    def notes(self, call: Start, server: ScriptedServer) -> Dispatcher:
        server.answers(NotesApi())
        return call("notes.openapi.yaml", **LOGIN)

    def test_a_token_is_fetched_once_with_the_scopes_of_all(
        self, notes: Dispatcher, server: ScriptedServer
    ) -> None:
        notes.call("list-notes", {}).unwrap()
        notes.call("list-notes", {}).unwrap()

        token, *others = server.received
        pair = base64.b64encode(b"client-1:s3cret").decode()
        assert token.headers["authorization"] == f"Basic {pair}"
        assert dict(parse_qsl(token.body.decode())) == {
            "grant_type": "client_credentials",
            "scope": "notes.read notes.write",
        }
        assert [request.path for request in others] == ["/v2/notes", "/v2/notes"]

    def test_a_server_that_wants_the_client_in_the_form_gets_it_there(
        self, call: Start, server: ScriptedServer
    ) -> None:
        api = NotesApi()

        def strict(request: Received) -> Scripted:
            in_form = b"client_secret=s3cret" in request.body
            is_refused = request.path == "/oauth/token" and not in_form
            return Say(401, {"error": "invalid_client"}) if is_refused else api(request)

        server.answers(strict)

        assert call("notes.openapi.yaml", **LOGIN).call("list-notes", {}).unwrap()["notes"]
        assert [one.path for one in server.received[:2]] == ["/oauth/token", "/oauth/token"]

    def test_a_list_is_followed_to_its_end(self, notes: Dispatcher, server: ScriptedServer) -> None:
        inputs = {"all": True, "limit": 2, "label": ["home", "work"]}

        outputs = notes.call("list-notes", inputs).unwrap()

        assert outputs["notes"] == NOTES
        pages = [dict(one.query) for one in server.received if one.path == "/v2/notes"]
        assert [page.get("cursor") for page in pages] == [None, "2", "4"]
        assert {(page["limit"], page["label"]) for page in pages} == {("2", "home,work")}

    def test_a_body_is_made_of_inputs_without_what_only_answers_hold(
        self, notes: Dispatcher, server: ScriptedServer
    ) -> None:
        outputs = notes.call("create-note", {"text": "Buy milk", "labels": ["home"]}).unwrap()

        assert server.last.json == {"text": "Buy milk", "labels": ["home"]}
        assert (outputs["id"], outputs["text"], outputs["statusCode"]) == (7, "Buy milk", 201)
        refused = notes.call("create-note", {"text": "", "labels": ["garden"]}).error
        assert isinstance(refused, InvalidInputsError)
        assert {problem.pointer for problem in refused.problems} == {"/text", "/labels/0"}

    def test_what_takes_time_is_waited_for(self, notes: Dispatcher) -> None:
        outputs = notes.call("start-export", {"wait": True}).unwrap()

        assert (outputs["status"], outputs["url"]) == ("completed", "https://files.example.com/e1")

    def test_a_file_goes_up_as_a_form_and_comes_down_as_bytes(
        self, notes: Dispatcher, server: ScriptedServer, tmp_path: Path
    ) -> None:
        notes.call("attach-file", {"noteId": 7, "file": b"\x00\x01", "title": "T"}).unwrap()
        sent = server.last
        outputs = notes.call("download-file", {"noteId": 7}).unwrap()

        assert sent.headers["content-type"].startswith("multipart/form-data")
        assert b"\x00\x01" in sent.body
        assert b'name="title"' in sent.body
        assert (outputs["content"], outputs["size"]) == (b"%PDF-1", 6)

    def test_a_change_goes_in_the_media_type_that_the_api_takes(
        self, notes: Dispatcher, server: ScriptedServer
    ) -> None:
        inputs = {"noteId": 7, "text": "x", "otherMembers": {"colour": "red"}}

        notes.call("change-note", inputs).unwrap()

        assert server.last.headers["content-type"] == "application/merge-patch+json"
        assert server.last.json == {"text": "x", "colour": "red"}

    def test_a_refusal_carries_the_apis_words(self, notes: Dispatcher) -> None:
        assert notes.call("delete-note", {"noteId": 7}).unwrap()["statusCode"] == 204
        error = notes.call("delete-note", {"noteId": 8}).error

        assert isinstance(error, NotFoundError)
        assert "there is no such note" in error.message

    def test_what_needs_no_key_sends_none(self, notes: Dispatcher, server: ScriptedServer) -> None:
        assert notes.call("health", {}).unwrap()["text"] == "well"
        assert "authorization" not in server.last.headers
        assert len(server.received) == 1


def _shop(request: Received) -> Scripted:
    if request.headers.get("api_key") != "key-1":
        return Say(403, {"error": {"message": "wrong key"}})
    if request.method == "POST":
        return Say(201, {"id": "o9", "total": 3, "note": None})
    if request.path.endswith("/orders"):
        page = int(dict(request.query).get("page", "0"))
        orders = [{"id": f"o{page}", "total": 1.5}]
        return Say(200, {"data": orders, "meta": {"has_more": page < 2}})
    return Say(200, {"id": request.path.rpartition("/")[2]})


class TestKeyInAHeader:
    def test_pages_are_counted_from_where_the_document_begins(
        self, call: Start, server: ScriptedServer
    ) -> None:
        server.answers(_shop)
        shop = call("shop.openapi.json", apiKey="key-1", region="us")

        outputs = shop.call("list-orders", {"all": True}).unwrap()

        assert [order["id"] for order in outputs["data"]] == ["o0", "o1", "o2"]
        assert {request.path for request in server.received} == {"/us/orders"}
        assert shop.call("list-orders", {"region": "eu"}).unwrap()["hasMore"] is True
        assert server.last.path == "/eu/orders"

    def test_parameters_are_written_in_their_styles(
        self, call: Start, server: ScriptedServer
    ) -> None:
        server.answers(_shop)
        shop = call("shop.openapi.json", apiKey="key-1")
        inputs = {
            "perPage": 5,
            "status": ["open", "paid"],
            "filter": {"sku": "A&B", "city": "x"},
            "window": {"from": "2026-01-01"},
            "xTrace": "t-1",
        }

        shop.call("list-orders", inputs).unwrap()

        assert server.last.query == [
            ("per-page", "5"),
            ("status", "open"),
            ("status", "paid"),
            ("filter[sku]", "A&B"),
            ("filter[city]", "x"),
            ("window[from]", "2026-01-01"),
        ]
        assert server.last.headers["x-trace"] == "t-1"
        assert server.last.headers["api_key"] == "key-1"

    def test_a_form_is_written_as_a_form(self, call: Start, server: ScriptedServer) -> None:
        server.answers(_shop)
        shop = call("shop.openapi.json", apiKey="key-1")
        inputs = {"sku": "ABC-1", "count": 2, "gift": True, "address": {"city": "Graz"}}

        outputs = shop.call("create-order", inputs).unwrap()

        assert parse_qsl(server.last.body.decode()) == [
            ("sku", "ABC-1"),
            ("count", "2"),
            ("gift", "true"),
            ("address[city]", "Graz"),
        ]
        assert (outputs["id"], outputs["total"], outputs["note"]) == ("o9", 3, None)
        refused = shop.call("create-order", {"sku": "abc", "count": 0}).error
        assert isinstance(refused, InvalidInputsError)
        assert {problem.pointer for problem in refused.problems} == {"/sku", "/count"}

    def test_a_path_is_percent_encoded(self, call: Start, server: ScriptedServer) -> None:
        server.answers(_shop)
        shop = call("shop.openapi.json", apiKey="key-1")

        shop.call("get-order", {"id": "a/../b"}).unwrap()

        assert server.last.path == "/eu/orders/a%2F..%2Fb"

    def test_a_wrong_key_is_told_and_does_not_show(
        self, call: Start, server: ScriptedServer
    ) -> None:
        server.answers(_shop)
        shop = call("shop.openapi.json", apiKey="key-2")

        result = shop.call("list-orders", {})

        assert isinstance(result.error, ForbiddenError)
        assert "wrong key" in result.error.message
        assert "key-2" not in json.dumps(result.to_json())
