"""The errors of the service, as clients of its API read them."""

from __future__ import annotations

from typing import Any

import pytest

from argosy import errors
from argosy.errors import ServiceError
from argosy.model import Problem

ENVELOPES: list[tuple[str, dict[str, Any], int, dict[str, Any]]] = [
    (
        "ServerError",
        {"detail": "it crashed."},
        500,
        {
            "error_code": 0,
            "error_name": "ServerError",
            "message": "The server failed: it crashed.",
            "error_data": {"error": "it crashed."},
        },
    ),
    (
        "ServerUnavailableError",
        {"detail": "the store is busy."},
        503,
        {
            "error_code": 1,
            "error_name": "ServerUnavailable",
            "message": "The server cannot answer now: the store is busy.",
            "error_data": {"error": "the store is busy."},
        },
    ),
    (
        "TooManyRequestsError",
        {"retry_after": 3},
        429,
        {
            "error_code": 2,
            "error_name": "TooManyRequests",
            "message": "There are too many requests; the next is answered in 3 s.",
            "error_data": {"name": "RATE_LIMIT_OVERFLOW", "retry_after": 3},
        },
    ),
    (
        "AuthError",
        {"detail": "the password is wrong.", "name": "INCORRECT_PASSWORD"},
        401,
        {
            "error_code": 21,
            "error_name": "AuthError",
            "message": "The login is refused: the password is wrong.",
            "error_data": {"name": "INCORRECT_PASSWORD", "error": "the password is wrong."},
        },
    ),
    (
        "JwtTokenExpiredError",
        {},
        401,
        {
            "error_code": 22,
            "error_name": "JwtTokenExpired",
            "message": "The JWT token has expired.",
            "error_data": {"name": "JWT_TOKEN_EXPIRED"},
        },
    ),
    (
        "RefreshTokenExpiredError",
        {},
        401,
        {
            "error_code": 28,
            "error_name": "RefreshTokenExpired",
            "message": "The refresh token has expired.",
            "error_data": {"name": "REFRESH_TOKEN_EXPIRED"},
        },
    ),
    (
        "WrongDataError",
        {"detail": "page starts at 1.", "field": "page"},
        400,
        {
            "error_code": 40,
            "error_name": "WrongData",
            "message": "There is an error in the submitted data: page starts at 1.",
            "error_data": {
                "name": "WRONG_DATA_TYPE",
                "error": "page starts at 1.",
                "field": "page",
            },
        },
    ),
    (
        "DuplicatedError",
        {"type": "account", "key": "a@example.com"},
        400,
        {
            "error_code": 42,
            "error_name": "DuplicatedError",
            "message": "The account 'a@example.com' exists already.",
            "error_data": {"name": "DUPLICATED_ACCOUNT", "type": "account", "key": "a@example.com"},
        },
    ),
    (
        "ServiceForbiddenError",
        {"detail": "no database selected.", "name": "DATABASE_NOT_SELECTED"},
        403,
        {
            "error_code": 50,
            "error_name": "ForbiddenError",
            "message": "Do not have enough permissions to access this resource: "
            "no database selected.",
            "error_data": {"name": "DATABASE_NOT_SELECTED", "error": "no database selected."},
        },
    ),
    (
        "ServiceNotFoundError",
        {"type": "connection", "key": "S3"},
        404,
        {
            "error_code": 60,
            "error_name": "NotFoundError",
            "message": "The connection 'S3' does not exist.",
            "error_data": {"name": "CONNECTION_NOT_FOUND", "type": "connection", "key": "S3"},
        },
    ),
    (
        "ServiceNotFoundError",
        {"type": "object", "key": "s3://b/k", "name": "RESOURCE_NOT_FOUND"},
        404,
        {
            "error_code": 60,
            "error_name": "NotFoundError",
            "message": "The object 's3://b/k' does not exist.",
            "error_data": {"name": "RESOURCE_NOT_FOUND", "type": "object", "key": "s3://b/k"},
        },
    ),
    (
        "MethodNotAllowedError",
        {"method": "PUT"},
        405,
        {
            "error_code": 70,
            "error_name": "MethodNotAllowed",
            "message": "The method PUT is not allowed here.",
            "error_data": {"method": "PUT"},
        },
    ),
]


@pytest.mark.parametrize(("name", "facts", "status", "envelope"), ENVELOPES)
def test_an_error_has_the_envelope_that_clients_read(
    name: str, facts: dict[str, Any], status: int, envelope: dict[str, Any]
) -> None:
    error: ServiceError = getattr(errors, name)(**facts)

    assert error.http_status == status
    assert error.envelope() == envelope


def test_problems_are_in_the_envelope_and_in_the_command_lines_object() -> None:
    problem = Problem("schema-type", "7 is not a string", "/a")

    error = errors.WrongDataError(detail="a is wrong.", problems=(problem,))

    assert error.error_data()["problems"] == [problem.to_json()]
    assert error.to_json() == {
        "code": "wrong-data",
        "message": "There is an error in the submitted data: a is wrong.",
        "retryable": False,
        "error_code": 40,
        "error_name": "WrongData",
        "error_data": error.error_data(),
        "problems": [problem.to_json()],
    }
