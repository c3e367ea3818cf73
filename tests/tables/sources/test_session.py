"""A session signs in once, makes declared calls, and tells every failure as a table's."""

from __future__ import annotations

import gzip
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.probing.redacting import CallRedactor
from argosy.connections.probing.session import Session
from argosy.connections.types import ConnectionType, load_types
from argosy.errors import RunCancelledError, TableError
from argosy.transport import Cancellation, Control
from tests.servers import Answering, Raw, Received, Reset, Say, Scripted, ScriptedServer, Silence
from tests.servers import closed_port as free_port

SECRET = "planted-secret-0123456789"
TOKEN = "given-token-0123456789"

TYPE = ConnectionType.from_json(
    {
        "type": "EXAMPLE",
        "title": "Example",
        "description": "An example.",
        "direction": ["read"],
        "credentials": {
            "type": "object",
            "required": ["secret"],
            "properties": {
                "secret": {"type": "string", "title": "Secret", "secret": True, "description": "."},
                "role": {"type": "string", "title": "Role", "description": "."},
            },
        },
        "metadata": {"type": "object", "properties": {}},
        "hosts": ["api\\.example\\.com"],
        "probe": {
            "description": "Signs in.",
            "variables": {"base": "https://api.example.com"},
            "codes": ["/code"],
            "texts": ["/message"],
            "failures": [
                {"code": "worn", "reason": "refused", "message": "The secret is worn ({{ code }})."}
            ],
            "steps": [
                {
                    "name": "authenticate",
                    "description": "Signs in.",
                    "method": "POST",
                    "url": "{+vars.base}/token",
                    "form": {"secret": "{{ credentials.secret }}"},
                    "success": {"has": ["/token"]},
                    "secrets": ["/token"],
                    "failures": [
                        {
                            "status": 400,
                            "reason": "refused",
                            "message": "The secret was refused: {{ body.message }}.",
                            "hint": "Check it.",
                            "field": "credentials.secret",
                        }
                    ],
                },
                {
                    "name": "assume",
                    "description": "Takes on a role.",
                    "when": "{{ credentials.role is defined }}",
                    "url": "{+vars.base}/role",
                },
            ],
        },
        "tables": {
            "kind": "list",
            "description": "A list.",
            "signIn": ["authenticate", "assume"],
            "variables": {"list": "{{ table.object | default('all') }}"},
            "failures": [
                {
                    "status": 404,
                    "reason": "not_found",
                    "message": "There is no list {{ vars.list }}.",
                    "hint": "Check object.",
                    "field": "connection_table_params.object",
                }
            ],
            "steps": [
                {
                    "name": "rows",
                    "description": "Reads rows.",
                    "url": "{+vars.base}/lists/{vars.list}",
                    "query": {"page": "{{ page }}", "named": "{{ table.name }}"},
                    "headers": {"Authorization": "Bearer {{ answers.authenticate.token }}"},
                    "success": {"answer": "object", "has": ["/rows"]},
                },
                {
                    "name": "data",
                    "description": "Reads bytes.",
                    "url": "{+vars.base}/data/{/path}",
                    "success": {"status": [200, 206], "answer": "bytes"},
                    "failures": [
                        {"status": 412, "reason": "changed", "message": "The file was replaced."}
                    ],
                },
                {
                    "name": "own",
                    "description": "Reads what the table names.",
                    "url": "{+vars.base}/{table.object}",
                },
            ],
        },
    }
)

GIVES_TOKEN = Say(200, {"token": TOKEN})
ROWS = Say(200, {"rows": [1]})
Open = Callable[..., Session]


class Api(ScriptedServer):
    """Signs in, and answers everything else with what it was given."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self.sign_in: Answering = GIVES_TOKEN
        self.calls: list[Answering] = [ROWS]

    def __enter__(self) -> Api:
        super().__enter__()
        return self

    def _answer(self, request: Received) -> Scripted:
        if request.path == "/token":
            answer = self.sign_in
        else:
            answer = self.calls.pop(0) if len(self.calls) > 1 else self.calls[0]
        return answer if isinstance(answer, Scripted) else answer(request)

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.received]


@pytest.fixture
def api() -> Any:
    with Api() as running:
        yield running


@pytest.fixture
def open_session(api: Api) -> Any:
    opened: list[Session] = []

    def open_(
        credentials: dict[str, Any] | None = None,
        *,
        settings: dict[str, Any] | None = None,
        budget: float | None = 5.0,
        **more: Any,
    ) -> Session:
        terms = ProbeSettings(**({"base_urls": {"EXAMPLE": api.url}} | (settings or {})))
        given = {"secret": SECRET} if credentials is None else credentials
        more.setdefault("table", {"name": "visits"})
        session = Prober(terms).session(TYPE, given, {}, budget=budget, **more)
        opened.append(session)
        return session

    yield open_
    for session in opened:
        session.close()


def failed(call: Callable[[], object]) -> TableError:
    with pytest.raises(TableError) as caught:
        call()
    return caught.value


class TestCalls:
    def test_the_first_call_signs_in_and_the_next_does_not(
        self, api: Api, open_session: Open
    ) -> None:
        session = open_session()

        first, second = session.call("rows", page=1), session.call("rows", page=2)

        assert first.body == {"rows": [1]}
        assert second.answer.status == 200
        assert api.paths == ["/token", "/lists/all", "/lists/all"]
        assert api.received[1].headers["authorization"] == f"Bearer {TOKEN}"
        assert [one.query for one in api.received[1:]] == [
            [("named", "visits"), ("page", "1")],
            [("named", "visits"), ("page", "2")],
        ]

    def test_signing_in_twice_is_signing_in_once(self, api: Api, open_session: Open) -> None:
        session = open_session()

        session.sign_in()
        session.sign_in()

        assert api.paths == ["/token"]

    def test_a_step_of_the_sign_in_is_taken_where_it_is_for_these_credentials(
        self, api: Api, open_session: Open
    ) -> None:
        open_session({"secret": SECRET, "role": "reader"}).sign_in()

        assert api.paths == ["/token", "/role"]

    def test_the_table_and_variables_of_tables_are_read(self, api: Api, open_session: Open) -> None:
        open_session(table={"name": "visits", "object": "a b/c"}).call("rows")

        assert api.received[-1].target == "/lists/a%20b%2Fc?named=visits"

    def test_a_path_keeps_its_slashes_and_nothing_else(self, api: Api, open_session: Open) -> None:
        open_session().call("data", path="a b/ü+%/~x/../y")

        assert api.received[-1].target == "/data/a%20b/%C3%BC%2B%25/~x/../y"

    def test_a_step_that_is_not_declared_is_a_mistake_of_the_caller(
        self, open_session: Open
    ) -> None:
        with pytest.raises(KeyError):
            open_session().call("drop")


class TestData:
    @pytest.mark.parametrize("size", [0, 10, 200_000])
    def test_bytes_come_as_they_are_even_where_they_hold_a_secret(
        self, api: Api, open_session: Open, size: int
    ) -> None:
        data = f"\0{SECRET}\0{TOKEN}".encode() + bytes(range(256)) * (size // 256)
        api.calls = [Say(206, data, {"Content-Range": "bytes 0-9/10"})]

        called = open_session().call("data", path="x")

        assert called.answer.body == data
        assert called.body is None

    def test_a_body_that_is_stored_compressed_is_not_unpacked(
        self, api: Api, open_session: Open
    ) -> None:
        data = gzip.compress(b"a,b\n")[:9]
        for coding in ("gzip", "aws-chunked", "br"):
            api.calls = [Say(206, data, {"Content-Encoding": coding})]

            assert open_session().call("data", path="x").answer.body == data

    def test_a_body_that_breaks_off_is_not_taken_for_the_whole(
        self, api: Api, open_session: Open
    ) -> None:
        api.calls = [Raw(b"HTTP/1.1 206 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 70_000)]

        error = failed(lambda: open_session().call("data", path="x"))

        assert (error.reason, error.status, error.passes) == ("unreachable", "unknown_error", True)
        assert error.message == (
            f"There is no connection to {api.url[7:]}. "
            "Check the network and firewall of this server."
        )

    def test_more_bytes_than_the_session_takes_are_refused(
        self, api: Api, open_session: Open
    ) -> None:
        api.calls = [Say(200, b"x" * 1001)]

        error = failed(lambda: open_session(max_bytes=1000).call("data", path="x"))

        assert error.reason == "too_large"
        assert error.finding == f"{api.url[7:]} answered more than this server reads."

    def test_a_refusal_in_place_of_data_is_understood(self, api: Api, open_session: Open) -> None:
        answers = {
            "The file was replaced.": Say(412, b""),
            "The secret is worn (worn).": Say(403, {"code": "worn"}),
        }
        for told, answer in answers.items():
            api.calls = [answer]

            assert failed(lambda: open_session().call("data", path="x")).message == told

        api.calls = [Say(412, b"")]
        error = failed(lambda: open_session().call("data", path="x"))
        assert (error.reason, error.status, error.passes) == ("changed", "unknown_error", True)


class TestFailures:
    def test_a_declared_failure_is_told_with_all_that_is_known(
        self, api: Api, open_session: Open
    ) -> None:
        api.calls = [Say(404, {"code": "gone"}, {"Retry-After": "7"})]

        error = failed(lambda: open_session(table={"object": "orders"}).call("rows"))

        assert error.message == "There is no list orders. Check object."
        assert (error.status, error.reason) == ("resource_not_found", "not_found")
        assert error.field == "connection_table_params.object"
        assert not error.passes
        assert error.facts["remote"].to_json() == {
            "http_status": 404,
            "code": "gone",
            "retry_after": 7.0,
        }

    def test_a_refused_sign_in_is_told_and_no_call_is_made(
        self, api: Api, open_session: Open
    ) -> None:
        api.sign_in = Say(400, {"message": "no"})

        error = failed(lambda: open_session().call("rows"))

        assert error.message == "The secret was refused: no. Check it."
        assert (error.status, error.field) == ("wrong_credentials", "credentials.secret")
        assert api.paths == ["/token"]

    @pytest.mark.parametrize(
        ("answer", "reason", "told"),
        [
            (
                Say(429, b"", {"Retry-After": "30"}),
                "rate_limited",
                "Example has been called too often. Wait 30 s and try again.",
            ),
            (
                Say(503),
                "remote_unavailable",
                "Example is not available at the moment: it answered 503. Try again later.",
            ),
            (
                Say(200, b"<html>sign in</html>"),
                "unreadable",
                "HOST answered with a web page in place of data. "
                "A proxy or a sign-in page may stand in between.",
            ),
            (
                Say(302, b"", {"Location": "https://example.com/"}),
                "redirected",
                "HOST sends the call elsewhere, and this server does not follow. "
                "Check the region and names in the settings; a proxy may stand in between.",
            ),
            (
                Reset(),
                "unreachable",
                "There is no connection to HOST. Check the network and firewall of this server.",
            ),
            (
                Say(403, b""),
                "forbidden",
                "Example knows the credentials, and they may not do this. "
                "Give them the permission to read, or use others.",
            ),
            (
                Say(418, b""),
                "unexpected",
                "Example answered 418, which is not expected here. "
                "Check the credentials and settings.",
            ),
        ],
    )
    def test_what_no_type_declares_is_told_in_words_of_reading(
        self, api: Api, open_session: Open, answer: Scripted, reason: str, told: str
    ) -> None:
        api.calls = [answer]

        error = failed(lambda: open_session().call("rows"))

        assert error.reason == reason
        assert error.message == told.replace("HOST", api.url[7:])
        transient = {"rate_limited", "remote_unavailable", "unreachable"}
        assert error.passes is (reason in transient)
        assert len(api.received) == 2, "one attempt only"

    def test_a_budget_bounds_all_calls_together(self, api: Api, open_session: Open) -> None:
        api.calls = [Silence()]

        error = failed(lambda: open_session(budget=0.2).call("rows"))

        assert (error.reason, error.passes) == ("timed_out", True)
        assert error.message == (
            f"{api.url[7:]} did not answer in time. "
            "Try again later; if it stays so, check the network of this server."
        )

    def test_without_a_budget_each_call_has_its_own_time(
        self, api: Api, open_session: Open
    ) -> None:
        session = open_session(budget=None, settings={"base_urls": {"EXAMPLE": api.url}} | QUICK)
        session.call("rows")
        api.calls = [Silence()]

        assert failed(lambda: session.call("rows")).reason == "timed_out"

        api.calls = [ROWS]
        assert session.call("rows").body == {"rows": [1]}

    def test_nobody_there(self, open_session: Open) -> None:
        away = {"base_urls": {"EXAMPLE": f"http://127.0.0.1:{free_port()}"}}

        assert failed(lambda: open_session(settings=away).call("rows")).reason == "unreachable"

    def test_a_table_that_lacks_what_the_address_takes(self, open_session: Open) -> None:
        error = failed(lambda: open_session().call("own"))

        assert error.message == (
            "The table names no object. Give it in connection_table_params.object."
        )
        assert (error.status, error.field) == (
            "wrong_specification",
            "connection_table_params.object",
        )

    def test_a_value_that_no_address_can_hold(self, open_session: Open) -> None:
        for value in ("..", "\ud800"):
            error = failed(partial(open_session(table={"object": value}).call, "own"))

            assert error.message == "The settings of the table do not fit the call."
            assert error.status == "wrong_specification"

    def test_credentials_of_the_wrong_form_are_refused_before_any_call(
        self, api: Api, open_session: Open
    ) -> None:
        error = failed(lambda: open_session({}))

        assert "secret" in error.message
        assert (error.status, error.reason) == ("wrong_credentials", "bad_shape")
        assert error.field == "credentials.secret"
        assert api.received == []

    def test_a_run_that_is_cancelled_ends_the_call(self, api: Api, open_session: Open) -> None:
        cancellation = Cancellation()
        session = open_session(control=Control(cancellation=cancellation))
        session.sign_in()
        api.calls = [Silence()]
        threading.Timer(0.05, cancellation.cancel).start()

        with pytest.raises(RunCancelledError):
            session.call("rows")


QUICK = {"long_read": 0.2, "long_call": 0.5}


class TestTokensThatEnd:
    def test_it_signs_in_again_once_and_makes_the_call_again(
        self, api: Api, open_session: Open
    ) -> None:
        api.calls = [ROWS, Say(401), ROWS, Say(401), ROWS]
        session = open_session(budget=None)

        assert [session.call("rows").body for _ in range(3)] == [{"rows": [1]}] * 3

        assert api.paths.count("/token") == 3
        assert len(api.received) == 8

    def test_the_same_token_may_be_given_again(self, api: Api, open_session: Open) -> None:
        api.calls = [ROWS, Say(401), ROWS]
        session = open_session()
        session.call("rows")
        session.call("rows")

        assert api.last.headers["authorization"] == f"Bearer {TOKEN}"

    def test_a_declared_refusal_counts_too(self, api: Api, open_session: Open) -> None:
        api.calls = [ROWS, Say(400, {"code": "worn"}), ROWS]
        session = open_session()
        session.call("rows")

        assert session.call("rows").body == {"rows": [1]}

    def test_a_second_refusal_in_a_row_is_told(self, api: Api, open_session: Open) -> None:
        api.calls = [ROWS, Say(401)]
        session = open_session()
        session.call("rows")

        error = failed(lambda: session.call("rows"))

        assert (error.reason, error.status) == ("refused", "wrong_credentials")
        assert api.paths.count("/token") == 2
        assert failed(lambda: session.call("rows")).reason == "refused"
        assert api.paths.count("/token") == 2, "what a sign-in gave was refused at once"

    def test_a_first_call_that_is_refused_is_not_made_again(
        self, api: Api, open_session: Open
    ) -> None:
        api.calls = [Say(401)]

        assert failed(lambda: open_session().call("rows")).reason == "refused"
        assert api.paths == ["/token", "/lists/all"]

    def test_threads_sign_in_once_together(self, api: Api, open_session: Open) -> None:
        valid = {TOKEN}
        given = iter(range(100))

        def sign_in(_request: Received) -> Scripted:
            token = f"{TOKEN}-{next(given)}"
            valid.clear()
            valid.add(token)
            return Say(200, {"token": token})

        def rows(request: Received) -> Scripted:
            known = request.headers["authorization"].removeprefix("Bearer ") in valid
            return ROWS if known else Say(401)

        api.sign_in, api.calls = sign_in, [rows]
        session = open_session(budget=None)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: session.call("rows"), range(16)))
            assert api.paths.count("/token") == 1

            valid.clear()
            list(pool.map(lambda _: session.call("rows"), range(16)))

        assert api.paths.count("/token") == 2


class TestSecrets:
    def test_what_is_echoed_is_not_told(
        self, api: Api, open_session: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        echo = f"{SECRET} {TOKEN}"
        told = []
        for status in (400, 401, 403, 404, 412, 429, 500):
            for step in ("rows", "data"):
                api.calls = [Say(status, {"code": SECRET, "message": echo}, {"X-Echo": SECRET})]
                error = failed(partial(open_session().call, step, path=echo))
                told.append(f"{error} {error.facts!r} {error.to_json()}")
        text = "\n".join([*told, caplog.text])
        for secret in (SECRET, TOKEN):
            assert secret not in text
            assert secret.upper() not in text

    def test_proofs_of_calls_long_past_are_forgotten_and_secrets_never(self) -> None:
        redactor = CallRedactor([SECRET])
        for at in range(100):
            redactor.learn_proofs([f"signature-{at:04}"])

        assert redactor.text(f"{SECRET} signature-0099 signature-0092") == "****** ****** ******"
        assert redactor.text("signature-0000") == "signature-0000"
        redactor.learn(TOKEN)
        assert redactor.data(f"{SECRET} {TOKEN}".encode()) == b"****** ******"

    def test_what_a_sign_in_echoes_is_masked(self, api: Api, open_session: Open) -> None:
        api.sign_in = Say(400, {"message": f"{SECRET}\x1b[31m"})

        error = failed(lambda: open_session().call("rows"))

        assert error.message == "The secret was refused: ****** [31m. Check it."

    def test_json_rows_are_redacted(self, api: Api, open_session: Open) -> None:
        api.calls = [Say(200, {"rows": [SECRET, TOKEN]})]

        assert open_session().call("rows").body == {"rows": ["******", "******"]}


class TestPlaces:
    def test_a_private_address_is_not_called(self, api: Api, open_session: Open) -> None:
        def resolve(_host: str, _port: int, **_options: Any) -> Any:
            return [(2, 1, 6, "", ("127.0.0.1", api.port))]

        error = failed(
            lambda: open_session(settings={"base_urls": {}, "resolve": resolve}).sign_in()
        )

        assert (error.reason, error.status) == ("blocked_host", "wrong_specification")
        assert error.message == (
            "api.example.com leads to a private or reserved address, and this server goes to "
            "public ones only. The operator of this server can allow the network."
        )
        assert api.received == []

    def test_a_host_that_the_type_does_not_name_is_not_called(self, api: Api) -> None:
        document = load_types()["S3"]
        given = {
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": SECRET,
            "endpoint_url": api.url,
        }
        with Prober(ProbeSettings()).session(document, given, table={"bucket": "a-b"}) as session:
            error = failed(lambda: session.call("find", key="x"))

        assert error.reason == "blocked_host"
        assert error.field == "credentials.endpoint_url"
        assert error.message == (
            "The endpoint 127.0.0.1 is not one that this server may call. The operator of this "
            "server names the stores that may be called; leave endpoint_url empty for AWS itself."
        )
        assert api.received == []
