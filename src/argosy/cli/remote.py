"""A server as a service: each method one request, each error of the server raised here.

The key and the secrets of connections go over TLS, or to this machine; requests follow no redirect
and use no proxy of the environment, as calls to a vendor do.
"""

from __future__ import annotations

import ipaddress
import json
import random
import re
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import click

from argosy.cli.seen import learn_secrets
from argosy.connections.documents import check_name
from argosy.connections.upload_parts import Arrived, Part, read_arrived, write_part
from argosy.errors import (
    AuthError,
    DuplicatedError,
    JwtTokenExpiredError,
    MethodNotAllowedError,
    RefreshTokenExpiredError,
    ServerError,
    ServerUnavailableError,
    ServiceError,
    ServiceForbiddenError,
    ServiceNotFoundError,
    StorageFullError,
    TooLargeError,
    TooManyRequestsError,
    TransportError,
    UnreadableAnswerError,
    WrongDataError,
)
from argosy.model import (
    Authentication,
    OutgoingRequest,
    Problem,
    Redactor,
    TransportSettings,
    parse_json,
)
from argosy.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from argosy.cli.service import Choices
    from argosy.model import Answer, JsonObject

_TERMS = TransportSettings(
    connect_timeout=5, read_timeout=60, deadline=60, max_attempts=1, max_response_bytes=16 * 2**20
)
#: The type of connection that files are uploaded to, and where.
LOCAL, UPLOADS = "LOCAL", "/v1/uploads/"
#: A part of an upload may take so long.
_PART_SECONDS = 600.0
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
#: By the number and the status: two pairs of classes share a number.
_CLASSES: dict[tuple[int, int], type[ServiceError]] = {
    (one.wire_code, one.http_status): one
    for one in (
        ServerError,
        ServerUnavailableError,
        TooManyRequestsError,
        AuthError,
        JwtTokenExpiredError,
        RefreshTokenExpiredError,
        WrongDataError,
        DuplicatedError,
        StorageFullError,
        TooLargeError,
        ServiceForbiddenError,
        ServiceNotFoundError,
        MethodNotAllowedError,
    )
}
_ASK_FOR_KEY = (
    "The server wants to know who asks: put a service key or a token into ARGOSY_SERVER_KEY or a "
    "file for --server-key-file."
)

_WITHOUT_DATABASE = "name the one of the tables by --database"
_IN_NO_DATABASE = "the token is of none; log in with db_name, or give a service key and --database"


@contextmanager
def open_server(
    url: str, choices: Choices, environ: Mapping[str, str], *, needs_database: bool = False
) -> Iterator[RemoteService]:
    """Log in where there is a key, and yield the server.

    Where a database is needed and none is chosen it is the only one, if there is only one. Raises
    ServiceError, TransportError.
    """
    base = _checked_url(url)
    key = _read_key(choices, environ)
    if key is not None:
        learn_secrets(key)
        _check_secrecy(base, "the key")
    redactor = Redactor([key] if key else [])
    transport = Transport(
        _TERMS, redactor, clock=time.monotonic, sleep=time.sleep, random=random.random
    )
    try:
        server = RemoteService(base, transport, "" if key is None else _place_of_key(choices))
        try:
            if key is not None:
                server.log_in(key, choices, environ)
                if needs_database and not choices.database:
                    server.choose_only_database()
            yield server
        finally:
            server.log_out()
    finally:
        transport.close()


class RemoteService:
    """The API of a server; `key_place` is where the key or token came from, empty without one."""

    def __init__(self, url: str, transport: Transport, key_place: str = "") -> None:
        self._url = url
        self._given = f"It was given in {key_place}" if key_place else ""
        self._transport = transport
        self._auth = Authentication({})
        self._has_session = False
        self._refresh = ""

    def log_in(self, key: str, choices: Choices, environ: Mapping[str, str]) -> None:
        """Use a token as it is, and a service key for a token. Raises ServiceError."""
        if _TOKEN.fullmatch(key):
            if choices.database:
                text = "--database goes with a service key; a token is one of a database already."
                raise click.UsageError(text)
            self._use(key)
            return
        account = choices.server_account or environ.get("ARGOSY_SERVER_ACCOUNT")
        if not account:
            text = "name it by --server-account or ARGOSY_SERVER_ACCOUNT"
            raise click.UsageError(f"A service key belongs to a service account; {text}.")
        self._given += f", as a key of the service account {account}"
        body = {"name": account, "password": key}
        if choices.database:
            body["db_name"] = choices.database
        self._take(self._ask("POST", "login", "service", document=body))
        self._has_session = True

    def choose_only_database(self) -> None:
        """Go on in the organization's database where it has only one. Raises ServiceError.

        A token that was given stays what it is.
        """
        if not self._has_session:
            return
        found = self._ask("GET", "databases", query={"amt": 2}).get("databases")
        if isinstance(found, list) and len(found) == 1:
            name = found[0].get("name") if isinstance(found[0], dict) else None
            if not isinstance(name, str):
                raise self._unreadable("the list of databases gave no name")
            body = {"refresh_token": self._refresh, "db_name": name}
            self._take(self._ask("POST", "login", "refresh-token", document=body))

    def _take(self, answer: JsonObject) -> None:
        """Use the tokens of a login from now on."""
        token = answer.get("token")
        if not isinstance(token, str):
            raise self._unreadable("the login gave no token")
        self._refresh = str(answer.get("refresh_token", ""))
        learn_secrets(token, self._refresh)
        self._use(token)

    def log_out(self) -> None:
        """End the session that a login has begun; one that cannot be ended ends by itself."""
        if self._has_session:
            self._has_session = False
            with suppress(ServiceError, TransportError):
                self._ask("DELETE", "sessions", "current")

    def type(self, type_: str) -> JsonObject:
        """Describe a type of connections."""
        return self._ask("GET", "connection-types", type_.upper().replace("-", "_"))

    def types(self) -> JsonObject:
        """Describe all types of connections."""
        return self._ask("GET", "connection-types")

    def connections(self) -> JsonObject:
        """List all connections."""
        return self._ask("GET", "connections")

    def connection(self, name: str) -> JsonObject:
        """Return one connection, its secrets masked."""
        return self._ask("GET", "connections", name)

    def put_connection(self, name: str, document: JsonObject) -> JsonObject:
        """Make a connection or replace it. Raises UsageError where it would travel in plain."""
        _check_secrecy(self._url, "the secrets of the connection")
        return self._ask("PUT", "connections", name, document=document)

    def remove_connection(self, name: str) -> JsonObject:
        """Delete a connection."""
        return self._ask("DELETE", "connections", name)

    def test_connection(self, name: str, document: JsonObject) -> JsonObject:
        """Test a connection; with a document, what that would make of it.

        Raises UsageError where a document would travel in plain.
        """
        if document:
            _check_secrecy(self._url, "the secrets of the connection")
        return self._ask("POST", "connections", name, "test", document=document)

    def tables(self, **query: Any) -> JsonObject:
        """Return a page of the tables."""
        return self._ask("GET", "tables", query=query)

    def table(self, connection: str, name: str) -> JsonObject:
        """Return one table."""
        return self._ask("GET", *_table(connection, name))

    def patch_table(self, connection: str, name: str, document: JsonObject) -> JsonObject:
        """Make a table, or replace the members of it that are given."""
        return self._ask("PATCH", *_table(connection, name), document=document)

    def remove_table(self, connection: str, name: str) -> JsonObject:
        """Delete a table."""
        return self._ask("DELETE", *_table(connection, name))

    def preview_table(self, connection: str, name: str, document: JsonObject) -> JsonObject:
        """Return what a change would make of a table, with its first rows; store nothing."""
        return self._ask("POST", *_table(connection, name), "test", document=document)

    def test_table(self, connection: str, name: str) -> JsonObject:
        """Open a table as it is stored."""
        return self._ask("GET", *_table(connection, name), "test")

    def begin_upload(self, name: str) -> Callable[[Part, bytes], Arrived]:
        """Return what sends the parts of the file of a table of LOCAL.

        The server signs the address; it is asked for at the server that was chosen, whatever
        the server calls itself.
        """
        signed = str(self.table(LOCAL, name)["connection_table_params"].get("url", ""))
        _, found, rest = signed.partition(UPLOADS)
        if not found:
            raise self._unreadable("the table has no address to upload to")
        return lambda part, data: self._send_part(f"{self._url}{UPLOADS}{rest}", part, data)

    def _send_part(self, url: str, part: Part, data: bytes) -> Arrived:
        headers = {"Accept": "application/json", "Content-Type": "application/octet-stream"}
        request = OutgoingRequest(
            method="PUT",
            url=url,
            headers=headers | write_part(part),
            body=data,
            send_auth=False,
            follows=False,
        )
        deadline = time.monotonic() + _PART_SECONDS
        answer = self._transport.send(request, auth=self._auth, may_repeat=False, deadline=deadline)
        if answer.status == 308:
            return Arrived(read_arrived(answer.headers.get("range", "")))
        found = self._read(answer)
        if answer.status == 200 and isinstance(found.get("bytes"), int) and "status" in found:
            return Arrived(found["bytes"], found)
        raise self._error(answer, found)

    def _use(self, token: str) -> None:
        self._auth = Authentication({"Authorization": f"Bearer {token}"})

    def _ask(
        self,
        method: str,
        *path: str,
        document: JsonObject | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> JsonObject:
        """Send a request and return the object that is answered. Raises ServiceError."""
        steps = "".join(f"{quote(check_name(step, path[0]), safe='')}/" for step in path)
        chosen = {name: value for name, value in (query or {}).items() if value is not None}
        request = OutgoingRequest(
            method=method,
            url=f"{self._url}/v1/{steps}" + (f"?{urlencode(chosen)}" if chosen else ""),
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=None if document is None else json.dumps(document).encode(),
            follows=False,
        )
        answer = self._transport.send(
            request, auth=self._auth, may_repeat=False, deadline=self._transport.deadline()
        )
        found = self._read(answer)
        if answer.status < 300:
            return found
        raise self._error(answer, found)

    def _read(self, answer: Answer) -> JsonObject:
        try:
            found = parse_json(answer.body.decode()) if answer.body else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise self._unreadable(f"HTTP {answer.status}, and no JSON object")
        return found

    def _error(self, answer: Answer, found: JsonObject) -> Exception:
        error = service_error(answer.status, found)
        if error is None:
            return self._unreadable(f"HTTP {answer.status}, and none of the service's errors")
        if isinstance(error, AuthError | JwtTokenExpiredError):
            if not self._given:
                return AuthError(**{**error.facts, "detail": _ASK_FOR_KEY})
            return type(error)(**error.facts, note=f"{self._given}.")
        if error.name == "DATABASE_NOT_SELECTED":
            more = _WITHOUT_DATABASE if self._has_session else _IN_NO_DATABASE
            return type(error)(**{**error.facts, "detail": f"no database selected; {more}."})
        if isinstance(error, ServerError) and (trace := answer.headers.get("x-request-id")):
            return ServerError(detail=f"{error.facts['detail']} The request was {trace}.")
        return error

    def _unreadable(self, detail: str) -> UnreadableAnswerError:
        return UnreadableAnswerError(host=urlsplit(self._url).netloc, detail=detail)


def service_error(status: int, envelope: JsonObject) -> ServiceError | None:
    """Return the error that an answer of the API carries, None where it is none."""
    code, data = envelope.get("error_code"), envelope.get("error_data")
    class_ = _CLASSES.get((code, status)) if isinstance(code, int) else None
    if class_ is None or not isinstance(data, dict):
        return None
    moved = {"problems"} if class_ is ServiceNotFoundError else {"error", "problems"}
    facts = {key: fact for key, fact in data.items() if key not in moved}
    facts["detail"] = str(data.get("error") or envelope.get("message", ""))
    if isinstance(data.get("problems"), list):
        facts["problems"] = [_problem(one) for one in data["problems"] if isinstance(one, dict)]
    error = class_(**facts)
    try:
        _ = error.message
    except (KeyError, IndexError):  # a server of another release may leave a fact out
        return ServerError(detail=str(envelope.get("message", "")))
    return error


def _problem(found: JsonObject) -> Problem:
    code, message, pointer, hint = (
        str(found.get(name, "")) for name in ("code", "message", "pointer", "hint")
    )
    return Problem(code, message, pointer, hint)


def _table(connection: str, name: str) -> tuple[str, ...]:
    return ("connections", connection, "tables", name)


def _checked_url(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise click.UsageError("--server is not an address; write it like https://HOST:PORT.")
    if parts.username is not None or parts.query or parts.fragment:
        raise click.UsageError("--server holds more than an address; write only https://HOST:PORT.")
    return url.strip().rstrip("/").removesuffix("/v1")


def _check_secrecy(url: str, what: str) -> None:
    """Refuse to send `what` over the network in plain. Raises UsageError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if parts.scheme != "https" and not is_here:
        text = f"everybody on the way could read {what}"
        raise click.UsageError(f"{url} is no https: {text}; write --server like https://HOST:PORT.")


def _place_of_key(choices: Choices) -> str:
    file = choices.server_key_file
    return "ARGOSY_SERVER_KEY" if file is None else f"--server-key-file {file}"


def _read_key(choices: Choices, environ: Mapping[str, str]) -> str | None:
    if choices.server_key_file is None:
        return environ.get("ARGOSY_SERVER_KEY", "").strip() or None
    from argosy.cli.secret_files import read_secret

    key = read_secret(choices.server_key_file, "--server-key-file")
    if not key:
        raise click.UsageError(f"--server-key-file {choices.server_key_file} is empty.")
    return key
