"""What every request passes first: paths, bodies, origins, headers, the log."""

from __future__ import annotations

import json
import logging
import pickle
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from argosy.errors import StoreUnavailableError
from tests.connections.service.service import S3
from tests.databases import postgres, ready_database
from tests.server.api.conftest import Client, Site, open_site

LOGIN = {"email": "root@one.example.com", "password": "wrong horse battery"}


class TestPaths:
    @pytest.mark.parametrize(
        "path", ["/v1/connections/", "/v1/connections", "/connections/", "/connections"]
    )
    def test_a_path_is_answered_with_and_without_version_and_slash(
        self, local: Client, path: str
    ) -> None:
        assert local.ask("GET", path).json == {"connections": []}

    @pytest.mark.parametrize("path", ["/health", "/health/", "/docs/", "/openapi.json", "/setup"])
    def test_pages_are_answered_with_and_without_slash(self, local: Client, path: str) -> None:
        assert local.ask("GET", path).status == 200

    @pytest.mark.parametrize(
        "path", ["/", "/v1", "/v2/connections/", "/nix", "/v1/connections//tables/", "/v1/health"]
    )
    def test_an_unknown_path_is_not_found_with_the_envelope(self, local: Client, path: str) -> None:
        found = local.ask("GET", path)

        assert found.error == (404, 60, "PATH_NOT_FOUND")
        assert found.headers["content-type"] == "application/problem+json"
        assert found.json["error_data"]["type"] == "path"

    def test_a_path_that_is_not_utf8_is_refused(self, local: Client) -> None:
        environ_path = "/v1/connections/\udcff/".encode("utf-8", "surrogateescape")

        class Raw(str):
            def encode(self, *_: Any) -> bytes:
                return environ_path

        assert local.ask("GET", Raw("/x")).error == (400, 40, "WRONG_DATA_TYPE")

    @pytest.mark.parametrize("path", ["/v1/connections/a\0b/", "/v1/tables/?connection=%00"])
    def test_nul_is_refused(self, local: Client, path: str) -> None:
        assert local.ask("GET", path).error == (400, 40, "WRONG_DATA_TYPE")

    @pytest.mark.parametrize("query", ["a=%ff", "&".join(f"a{n}=1" for n in range(60))])
    def test_a_query_that_cannot_be_read_is_refused(self, local: Client, query: str) -> None:
        assert local.ask("GET", f"/v1/tables/?{query}").error == (400, 40, "WRONG_DATA_TYPE")


class TestQueries:
    def test_a_parameter_that_stands_twice_is_refused(self, local: Client) -> None:
        found = local.ask("GET", "/v1/tables/?connection=S3&amt=1&connection=GCS")

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        data = found.json["error_data"]
        assert data["error"] == "connection stands 2 times in the query; give it once."
        assert data["field"] == "connection"

    @pytest.mark.parametrize(
        ("path", "warning"),
        [
            (
                "/v1/tables/?conection=S3&foo=1&foo=2",
                "conection, foo are not known and left aside: there is connection, resource, page, "
                "amt. Is it connection?",
            ),
            (
                "/v1/connections/?page=2",
                "page is not known and left aside: there is no parameter here.",
            ),
            ("/health?x", "x is not known and left aside: there is no parameter here."),
        ],
    )
    def test_an_unknown_parameter_is_left_aside_with_a_warning(
        self, local: Client, path: str, warning: str
    ) -> None:
        found = local.ask("GET", path)

        assert (found.status, found.json["warnings"]) == (200, [warning])
        assert found.headers["content-length"] == str(len(found.body))

    def test_every_route_names_what_it_does_not_know(self, local: Client) -> None:
        """A route that is made by another router would pass it over."""
        paths = local.ask("GET", "/openapi.json").json["paths"]
        asked = 0
        for path in (one for one, methods in paths.items() if "get" in methods and "{" not in one):
            found = local.ask("GET", f"{path}?nix=1")
            assert "nix is not known and left aside" in found.json["warnings"][-1], path
            asked += 1
        assert asked > 8

    def test_warnings_of_the_answer_stay(self, local: Client) -> None:
        local.ask("PUT", "/v1/connections/S3/", S3)
        found = local.ask("PUT", "/v1/connections/S3/?x=1", {**S3, "colour": "red"})

        first, *_, last = found.json["warnings"]
        assert first.startswith("colour is not known and left aside")
        assert last.startswith("x is not known and left aside")
        assert local.ask("DELETE", "/v1/connections/S3/").status == 200

    def test_a_page_for_people_has_no_warnings(self, local: Client) -> None:
        assert local.ask("GET", "/openapi.json?x=1").json["openapi"] == "3.1.0"
        assert local.ask("GET", "/docs?x=1").status == 200


class TestWords:
    WRONG = (1.5, "x", True, [1], {"a": 1}, None, -(10**30))

    def test_what_is_refused_is_told_in_our_words(self, local: Client) -> None:
        """Each member of each body, and each parameter, with a value of each kind."""
        document = local.ask("GET", "/openapi.json").json
        sentences = set()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                asked = path.replace("{connection}", "S3").replace("{", "").replace("}", "")
                for body in self.bodies(document, operation):
                    found = local.ask(method.upper(), asked, body).json
                    sentences.add(str(found.get("error_data", {}).get("error")))
                for query in self.queries(operation):
                    found = local.ask(method.upper(), f"{asked}?{query}").json
                    sentences.add(str(found.get("error_data", {}).get("error")))

        text = "\n".join(sorted(sentences))
        assert "credentials is not an object." in text
        assert "page is not a whole number." in text
        assert "amt is more than 64." in text
        for foreign in ("nput should", "valid", "dictionary", "unable to", "cannot be used as it"):
            assert foreign not in text

    def bodies(self, document: Any, operation: Any) -> Iterator[dict[str, Any]]:
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        name = schema["$ref"].rpartition("/")[2]
        for member in document["components"]["schemas"][name]["properties"]:
            for value in self.WRONG:
                yield {member: value}

    def queries(self, operation: Any) -> Iterator[str]:
        for one in operation.get("parameters", ()):
            if one["in"] == "query":
                yield from (
                    f"{one['name']}={value}" for value in ("x", "0", "1.5", "99", "9" * 5000)
                )


class TestMethods:
    def test_another_method_is_refused_with_those_there_are(self, local: Client) -> None:
        found = local.ask("POST", "/v1/connections/S3/")

        assert found.error == (405, 70, "")
        assert found.json["error_data"] == {"method": "POST"}
        assert found.headers["allow"] == "DELETE, GET, OPTIONS, PUT"

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("POST", "/v1/connections/", "GET, OPTIONS"),
            ("PATCH", "/connections/S3", "DELETE, GET, OPTIONS, PUT"),
            ("POST", "/v1/uploads/some-database/a.csv/", "OPTIONS, PUT"),
            ("DELETE", "/v1/accounts/x/keys", "GET, OPTIONS"),
        ],
    )
    @pytest.mark.parametrize("body", [b"a=1", b"{"])
    def test_another_method_is_told_whatever_its_body_is(
        self, local: Client, method: str, path: str, allowed: str, body: bytes
    ) -> None:
        found = local.ask(method, path, body, {"Content-Type": "text/plain"})

        assert found.error == (405, 70, "")
        assert found.json["error_data"] == {"method": method}
        assert found.headers["allow"] == allowed

    def test_an_unknown_path_is_told_whatever_its_body_is(self, local: Client) -> None:
        found = local.ask("POST", "/v1/nix/", b"a=1", {"Content-Type": "text/plain"})

        assert found.error == (404, 60, "PATH_NOT_FOUND")

    def test_options_tells_the_methods(self, local: Client) -> None:
        found = local.ask("OPTIONS", "/connections/S3/tables/x")

        assert (found.status, found.headers["allow"]) == (204, "DELETE, GET, OPTIONS, PATCH")

    def test_head_is_get_without_the_body(self, local: Client) -> None:
        found = local.ask("HEAD", "/v1/connections/")

        assert (found.status, found.body) == (200, b"")
        assert found.headers["content-length"] == str(len(b'{"connections":[]}'))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/connections/LOCAL/"),
        ("PUT", "/v1/connections/LOCAL/"),
        ("DELETE", "/v1/connections/LOCAL/"),
        ("POST", "/v1/connections/LOCAL/test/"),
    ],
)
@pytest.mark.parametrize("body", [{}, {"credentials": 1}])
def test_local_is_not_allowed_where_credentials_are_whatever_the_body_is(
    lite: Site, method: str, path: str, body: Any
) -> None:
    found = lite.as_("root").ask(method, path, body)
    unknown = lite.client.ask(method, path, body)
    frontend = lite.as_("frontend").ask(method, path, body)

    assert found.error == (400, 40, "WRONG_DATA_TYPE")
    assert found.json["error_data"]["error"].startswith("LOCAL is not allowed here")
    assert found.json["error_data"]["field"] == "connection"
    assert (unknown.status, frontend.status) == (401, 403)


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"{", "the body is not JSON: line 1, column 2"),
            (b"[]", "the body is not a JSON object."),
            (b'"text"', "the body is not a JSON object."),
            (b'{"a": 1, "a": 2}', "the key 'a' stands twice in one object"),
            (b'{"a": NaN}', "NaN has no form in JSON"),
            (b'{"a": ' + b"9" * 5000 + b"}", "a whole number has more than 4300 digits."),
            (b'{"a": "\\ud800"}', "half a character"),
            (b'{"a": "x\\u0000"}', "the character U+0000"),
            (b'{"a\\u0000": 1}', "the character U+0000"),
            (b'{"a": "\xff"}', "the body is not UTF-8."),
            (b'{"a": ' + b"[" * 33 + b"]" * 33 + b"}", "nested more than 32 deep."),
            (b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "nested"),
            (b'{"a": "' + b"x" * 1024 * 1024 + b'"}', "more than the 1048576 bytes"),
        ],
    )
    def test_a_body_that_is_not_in_order_is_refused(
        self, local: Client, body: bytes, words: str
    ) -> None:
        found = local.ask("PUT", "/v1/connections/S3/", body)

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert words in found.json["error_data"]["error"]

    @pytest.mark.parametrize("body", [b"a=1", b"{", b"[]", b"x" * 3 * 1024 * 1024])
    def test_a_body_that_means_nothing_is_passed_over(self, local: Client, body: bytes) -> None:
        local.ask("PUT", "/v1/connections/S3/", S3)
        kind = {"Content-Type": "text/plain"}

        assert local.ask("GET", "/v1/connections/S3/", body, kind).status == 200
        assert local.ask("POST", "/v1/login/jwt/", body, kind).status == 200
        assert local.ask("DELETE", "/v1/connections/S3/", body, kind).status == 200

    def test_two_backslashes_before_u0000_are_text(self, local: Client) -> None:
        found = local.ask("POST", "/v1/databases/", b'{"name": "\\\\u0000"}')

        assert (found.status, found.json["name"]) == (200, "\\u0000")

    def test_a_length_that_is_announced_too_large_is_refused_unread(self, local: Client) -> None:
        headers = {"Content-Length": "99999999999999999999", "Content-Type": "application/json"}

        assert local.ask("PUT", "/v1/connections/S3/", b"{}", headers).status == 400

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("application/x-www-form-urlencoded", "must be application/json, not 'application/x"),
            ("text/plain", "must be application/json, not 'text/plain'."),
            ("", "and the request names none."),
        ],
    )
    def test_only_json_is_read(self, local: Client, kind: str, words: str) -> None:
        found = local.ask("PUT", "/v1/connections/S3/", b"a=1", {"Content-Type": kind})

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert words in found.json["error_data"]["error"]

    def test_json_under_another_name_is_json(self, local: Client) -> None:
        kind = {"Content-Type": "application/merge-patch+json; charset=utf-8"}

        assert local.ask("POST", "/v1/login/jwt/", b"{}", kind).status == 200

    def test_a_pickle_is_refused_unread_with_the_remedy(self, local: Client) -> None:
        body = zlib.compress(pickle.dumps({"email": "ada@example.com"}))
        headers = {"Content-Type": "application/xminds-pkl", "Content-Encoding": "gzip"}

        found = local.ask("POST", "/v1/login/individual/", body, headers)

        assert found.error == (400, 40, "WRONG_DATA_TYPE")
        assert "CrossingMindsApiClient(serializer='json'" in found.json["error_data"]["error"]

    def test_a_compressed_body_is_refused(self, local: Client) -> None:
        headers = {"Content-Encoding": "gzip"}

        found = local.ask("PUT", "/v1/connections/S3/", b"{}", headers)

        assert found.json["error_data"]["error"] == "the body is compressed; send it as it is."

    def test_a_missing_body_is_an_empty_object(self, local: Client) -> None:
        found = local.ask("PUT", "/v1/connections/S3/")

        assert found.json["error_data"]["error"] == "credentials is missing."

    def test_the_body_of_a_read_is_passed_over(self, local: Client) -> None:
        assert local.ask("GET", "/v1/connections/", b"\0nonsense").status == 200

    def test_what_is_wrong_is_told_and_never_repeated(self, lite: Site) -> None:
        found = lite.client.ask("POST", "/v1/login/individual/", {"email": ["s3cret-a"], "x": 1})

        assert found.json["error_data"]["error"] == ("email is not a string. password is missing.")
        assert b"s3cret-a" not in found.body


class TestLocal:
    @pytest.mark.parametrize(
        "host", ["localhost", "LOCALHOST:8050", "127.0.0.1:8050", "[::1]:8050", "127.0.0.1"]
    )
    def test_loopback_is_answered(self, local: Client, host: str) -> None:
        assert local.ask("GET", "/v1/connections/", headers={"Host": host}).status == 200

    @pytest.mark.parametrize(
        "host",
        [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.nip.example",
            "127.0.0.1@example.com",
            "localhost,example.com",
            "10.0.0.1:8050",
            "",
        ],
    )
    @pytest.mark.parametrize("path", ["/v1/connections/", "/docs", "/nix"])
    def test_another_name_is_refused(self, local: Client, host: str, path: str) -> None:
        assert local.ask("GET", path, headers={"Host": host}).error[:2] == (403, 50)

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://example.com"},
            {"Origin": "null"},
            {"Origin": "http://["},
            {"Origin": "file://127.0.0.1"},
            {"Origin": "http://127.0.0.1:9"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_a_page_of_another_site_is_refused(
        self, local: Client, headers: dict[str, str]
    ) -> None:
        found = local.ask("DELETE", "/v1/connections/S3/", headers=headers)

        assert found.error[:2] == (403, 50)

    def test_its_own_page_is_answered(self, local: Client) -> None:
        headers = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}

        assert local.ask("GET", "/v1/connections/", headers=headers).status == 200

    def test_nobody_logs_in_where_nobody_has_to(self, local: Client) -> None:
        assert local.ask("POST", "/v1/login/individual/", LOGIN).status == 404
        assert local.ask("POST", "/v1/login/jwt/").json["account"] == {
            "id": "",
            "name": "operator",
            "role": "root",
        }

    def test_an_account_is_answered_to_from_anywhere(self, lite: Site) -> None:
        headers = {"Host": "argosy.example.com", "Origin": "https://example.com"}

        found = lite.as_("backend").ask("GET", "/v1/connections/", headers=headers)

        assert found.status == 200


class TestAnswers:
    @pytest.mark.parametrize("path", ["/v1/connections/", "/nix", "/docs", "/openapi.json"])
    def test_every_answer_has_the_headers_that_keep_browsers_in_check(
        self, local: Client, path: str
    ) -> None:
        headers = local.ask("GET", path).headers

        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["cache-control"] == "no-store"

    def test_a_trace_id_comes_back(self, local: Client) -> None:
        given = {"X-Cloud-Trace-Context": "105445aa7843bc8bf206b12000100000/1;o=1"}

        found = local.ask("GET", "/health", headers=given).headers

        assert found["x-cloud-trace-context"] == found["x-request-id"]
        assert found["x-request-id"] == "105445aa7843bc8bf206b12000100000/1;o=1"

    @pytest.mark.parametrize("given", [None, "", "a\x1b[31m", "x" * 101])
    def test_a_request_without_a_good_one_is_given_one(
        self, local: Client, given: str | None
    ) -> None:
        headers = {} if given is None else {"X-Request-Id": given}

        one = local.ask("GET", "/health", headers=headers).headers["x-request-id"]
        other = local.ask("GET", "/health", headers=headers).headers["x-request-id"]

        assert len(one) == 32
        assert one != other

    def test_an_error_that_nobody_foresaw_tells_nothing(
        self, lite: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = lite.as_("root")

        words = "".join(["the password is hunter2", "hunter2"])  # frames show a line as it stands

        def fail(*_: Any) -> None:
            raise RuntimeError(words)

        monkeypatch.setattr(type(lite.services.connections), "list", fail)
        found = client.ask("GET", "/v1/connections/")

        assert found.error == (500, 0, "")
        assert b"hunter2" not in found.body
        assert "a request failed with RuntimeError" in caplog.text
        assert words not in caplog.text
        assert "in find_connections" in caplog.text

    def test_an_answer_that_breaks_the_contract_is_an_error_of_ours(
        self, lite: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = lite.as_("root")

        monkeypatch.setattr(type(lite.services.connections), "list", lambda *_: {"nix": 1})

        assert client.ask("GET", "/v1/connections/").error == (500, 0, "")

    def test_a_store_that_cannot_be_reached_says_when_to_come_back(
        self, lite: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = lite.as_("root")

        def fail(*_: Any) -> None:
            raise StoreUnavailableError(detail="password=hunter2hunter2 refused")

        monkeypatch.setattr(type(lite.services.connections), "list", fail)
        found = client.ask("GET", "/v1/connections/")

        assert found.error == (503, 1, "")
        assert found.headers["retry-after"] == "1"
        assert b"hunter2" not in found.body


class TestLog:
    def lines(self, caplog: pytest.LogCaptureFixture) -> list[str]:
        return [one.getMessage() for one in caplog.records if one.name == "argosy.access"]

    def test_a_request_is_one_line_with_its_trace_and_no_value_of_its_query(
        self, lite: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        client = lite.as_("root")
        account = client.ask("POST", "/v1/login/jwt/").json["account"]["id"]
        headers = {"X-Request-Id": "trace-7"}

        with caplog.at_level(logging.INFO, "argosy.access"):
            client.ask("GET", "/tables/?connection=s3cret&page=1", headers=headers)

        (line,) = self.lines(caplog)
        assert line.startswith("GET /tables/?connection&page 400 ")
        assert line.endswith(f" ms from 127.0.0.1 by {account} trace trace-7")

    def test_a_path_cannot_write_lines_of_its_own(
        self, local: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "argosy.access"):
            local.ask("GET", "/v1/connections/a\nGET /fake 200\x1b[2J/")

        (line,) = self.lines(caplog)
        assert line.startswith("GET /v1/connections/a%0AGET%20/fake%20200%1B%5B2J/ 404 ")

    def test_tokens_and_passwords_are_not_logged(
        self, lite: Site, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            lite.client.ask("POST", "/v1/login/individual/", LOGIN)
            lite.as_("root").ask("GET", "/setup?token=argu_s3cret")

        assert LOGIN["password"] not in caplog.text
        assert "argu_s3cret" not in caplog.text
        assert lite.tokens["root", "one"][1] not in caplog.text


class TestAddress:
    @pytest.mark.parametrize(("trusted", "seen"), [(True, "198.51.100.7"), (False, "127.0.0.1")])
    def test_a_proxy_is_believed_only_where_there_is_one(
        self, lite: Site, trusted: bool, seen: str
    ) -> None:
        from dataclasses import replace

        from argosy.server.api.wsgi import gate_of

        settings = replace(lite.settings, behind_proxy=trusted)
        client = Client(gate_of(lite.services, settings))
        login = {"email": "root@one.example.com", "password": "correct horse battery"}
        headers = {"X-Forwarded-For": "203.0.113.1, 198.51.100.7"}

        token = client.ask("POST", "/v1/login/individual/", login, headers).json["token"]
        sessions = client.with_token(token).ask("GET", "/v1/sessions/").json["sessions"]

        assert [one["address"] for one in sessions if one["is_own"]] == [seen]


def test_a_problem_is_both_a_problem_and_the_envelope(local: Client) -> None:
    found = local.ask("GET", "/v1/connections/GCS/")

    assert json.loads(found.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "The connection 'GCS' does not exist.",
        "error_code": 60,
        "error_name": "NotFoundError",
        "message": "The connection 'GCS' does not exist.",
        "error_data": {
            "name": "CONNECTION_NOT_FOUND",
            "type": "connection",
            "key": "GCS",
            "error": "It is not set up yet: store its credentials first.",
        },
    }


def test_a_crowd_that_waits_for_others_keeps_nobody_waiting(
    lite: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More at once than a pool of threads of the usual size holds."""
    client, crowd = lite.as_("root"), threading.Barrier(64)

    def meet(*_: Any) -> Any:
        crowd.wait(timeout=30)
        return {"connections": []}

    monkeypatch.setattr(type(lite.services.connections), "list", meet)
    with ThreadPoolExecutor(64) as threads:
        asked = [threads.submit(client.ask, "GET", "/v1/connections/") for _ in range(64)]

    assert {one.result().status for one in asked} == {200}


def test_a_database_that_is_gone_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    with ready_database("postgresql", tmp_path) as url, open_site(url, tmp_path) as site:
        client, name = site.as_("root"), url.partition("?")[0].rpartition("/")[2]
        server = postgres()

        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        gone = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        server.execute(gone)
        away = [client.ask("GET", path) for path in ("/v1/connections/", "/health")]
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        back = client.ask("GET", "/v1/connections/")

    assert [one.error for one in away] == [(503, 1, "")] * 2
    assert [one.headers["retry-after"] for one in away] == ["1", "1"]
    assert back.status == 200
