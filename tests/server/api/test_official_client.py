"""The official Python client of the API that ours is compatible with, against a real server."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.accounts import tokens
from argosy.errors import ServiceError
from argosy.store import KeyRing
from tests.server.api.running import KEYS, running
from tests.servers import Say, ScriptedServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from xminds.api import exceptions
    from xminds.api.client import CrossingMindsApiClient

PASSWORD = "correct horse battery"
S3 = {
    "credentials": {
        "aws_access_key_id": "my-user@test.com",
        "aws_secret_access_key": "PasSW0rD",
    }
}


def logged_in(url: str, email: str = "ada@example.com", **more: Any) -> Any:
    client = CrossingMindsApiClient(serializer="json", host=url)
    client.api.session.trust_env = False
    client.login_individual(email, PASSWORD, more.get("db_id"))
    return client


def raised(call: Callable[[], Any]) -> tuple[type[Exception], Any]:
    with pytest.raises(exceptions.XMindsError) as caught:
        call()
    return type(caught.value), (caught.value.data or {}).get("name")


def test_it_logs_in_refreshes_and_knows_each_error_of_ours(  # noqa: PLR0915 - one start for all
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(tmp_path / "data", "--no-access-log") as server:
        server.found(PASSWORD)
        database = server.log_in(PASSWORD)["database"]["id"]
        client = logged_in(server.url, db_id=database)
        api = client.api

        # connections and tables, by the paths of the brief; the client adds the slash
        assert api.get("connections") == {"connections": []}
        assert api.put("connections/S3", S3)["credentials"]["aws_secret_access_key"] == "******"
        made = api.patch("connections/LOCAL/tables/users", {"resource": "user"})
        assert made["status"] == "uploading"
        assert api.get("tables", {"connection": "LOCAL"})["tables"][0]["name"] == "users"
        assert api.post("connections/LOCAL/tables/users/test", {})["name"] == "users"
        assert api.delete("connections/LOCAL/tables/users") == {}
        assert len(api.last_trace) == 32

        # its own methods for accounts
        assert client.login_jwt()["account"]["role"] == "root"
        assert client.get_organization()["name"] == "Example"
        assert client.get_database()["id"] == database
        assert client.list_accounts()["accounts"][0]["name"] == "ada@example.com"
        assert client.create_individual_account("bob@example.com", PASSWORD, role="frontend")["id"]
        client.create_service_account("nightly", role="backend")
        key = client.create_service_account_key("nightly")
        other = CrossingMindsApiClient(serializer="json", host=server.url)
        other.api.session.trust_env = False
        assert other.login_service("nightly", key["key"], database)["role"] == "backend"
        client.delete_service_account_key(key["id"])

        # code 22 makes it refresh, once, and repeat the call
        before = api.jwt_token
        claims = tokens.verify(KeyRing([bytes.fromhex(KEYS)]), before, now=0)
        expired = tokens.sign(KeyRing([bytes.fromhex(KEYS)]), claims, now=1e9, life=60)
        api.set_jwt_token(expired)
        assert client.get_organization()["name"] == "Example"
        assert api.jwt_token != expired  # one of the same second as the first may be the same

        # its default serializer is refused, unread, with the remedy
        pickling = CrossingMindsApiClient(host=server.url)
        pickling.api.session.trust_env = False
        with pytest.raises(exceptions.ServerError, match=r"CrossingMindsApiClient\(serializer="):
            pickling.login_individual("ada@example.com", PASSWORD, None)

        # each error is the class that the client has for it
        wrong, missing = exceptions.WrongData, exceptions.NotFoundError
        assert raised(lambda: api.get("connections/S4")) == (wrong, "WRONG_DATA_TYPE")
        assert raised(lambda: api.put("connections/S3", {"credentials": 1})) == (
            wrong,
            "WRONG_DATA_TYPE",
        )
        assert raised(lambda: api.get("connections/GCS")) == (missing, "CONNECTION_NOT_FOUND")
        assert raised(lambda: api.get("connections/S3/tables/x")) == (missing, "TABLE_NOT_FOUND")
        assert raised(lambda: api.get("nix")) == (missing, "PATH_NOT_FOUND")
        assert raised(lambda: client.delete_individual_account("x@example.com")) == (
            missing,
            "ACCOUNT_NOT_FOUND",
        )
        assert raised(lambda: api.post("connections/S3", {"a": 1})) == (
            exceptions.MethodNotAllowed,
            None,
        )
        twice = raised(lambda: client.create_individual_account("bob@example.com", PASSWORD))
        assert twice == (exceptions.DuplicatedError, "DUPLICATED_ACCOUNT")
        frontend = logged_in(server.url, "bob@example.com")
        assert raised(lambda: frontend.api.get("connections"))[0] is exceptions.ForbiddenError
        without = logged_in(server.url)
        assert raised(lambda: without.api.get("tables")) == (
            exceptions.ForbiddenError,
            "DATABASE_NOT_SELECTED",
        )
        frontend.api.clear_jwt_token()
        assert raised(lambda: frontend.api.get("connections")) == (
            exceptions.AuthError,
            "INCORRECT_JWT_TOKEN",
        )
        without.api.set_jwt_token(expired)
        assert raised(lambda: without.api.get("connections")) == (
            exceptions.JwtTokenExpired,
            "JWT_TOKEN_EXPIRED",
        )
        tries = [
            raised(lambda: other.login_service("nightly", "argk_x", database)) for _ in range(25)
        ]
        assert tries[0] == (exceptions.AuthError, "INCORRECT_PASSWORD")
        assert tries[-1] == (exceptions.TooManyRequests, "RATE_LIMIT_OVERFLOW")

    # the client prints a line where an error lacks what its message needs
    assert "Missing key" not in capsys.readouterr().out


def classes(above: type[ServiceError] = ServiceError) -> list[type[ServiceError]]:
    return [one for below in above.__subclasses__() for one in (below, *classes(below))]


#: What the client raises for each; for all from 500 on it does not read the answer.
RAISED = {
    "AuthError": exceptions.AuthError,
    "JwtTokenExpiredError": exceptions.JwtTokenExpired,
    "RefreshTokenExpiredError": exceptions.RefreshTokenExpired,
    "WrongDataError": exceptions.WrongData,
    "TooLargeError": exceptions.WrongData,
    "DuplicatedError": exceptions.DuplicatedError,
    "ServiceForbiddenError": exceptions.ForbiddenError,
    "ServiceNotFoundError": exceptions.NotFoundError,
    "MethodNotAllowedError": exceptions.MethodNotAllowed,
    "TooManyRequestsError": exceptions.TooManyRequests,
    "ServerError": exceptions.ServerError,
    "ServerUnavailableError": exceptions.ServerError,
    "StorageFullError": exceptions.ServerError,
}


@pytest.mark.parametrize("class_", classes(), ids=lambda one: one.__name__)
def test_each_class_of_errors_is_one_that_the_client_knows(class_: type[ServiceError]) -> None:
    facts = {"detail": "no.", "type": "table", "key": "x", "method": "GET", "retry_after": 1}
    error = class_(**facts)
    body = json.dumps(error.envelope()).encode()

    with ScriptedServer(Say(error.http_status, body, {"Content-Type": "application/json"})) as at:
        client = CrossingMindsApiClient(serializer="json", host=at.url)
        client.api.session.trust_env = False
        found = raised(lambda: client.api.get("tables"))

    assert found[0] is RAISED[class_.__name__]
