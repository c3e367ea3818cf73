"""How the OpenAPI document shows errors: one schema a class of error, an example a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    WrongDataError,
)
from argosy.server.api.problems import MEDIA_TYPE, problem_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from argosy.model import JsonObject

Responses = dict[int | str, dict[str, Any]]

_EVERYWHERE = (
    WrongDataError(detail="page starts at 1.", field="page"),
    TooManyRequestsError(retry_after=2),
    ServerError(detail="it did not expect this; its log says more."),
    ServerUnavailableError(detail="the store cannot be reached; try again."),
)
_WITH_TOKEN = (
    AuthError(detail="the token is not one of this service."),
    JwtTokenExpiredError(),
    ServiceForbiddenError(detail="the role frontend may not do this; it takes root, manager."),
)
NO_DATABASE = ServiceForbiddenError(
    detail="no database selected; log in with db_id or db_name.", name="DATABASE_NOT_SELECTED"
)
NO_CONNECTION = ServiceNotFoundError(type="connection", key="S3")
NO_TABLE = ServiceNotFoundError(type="table", key="table_name_test")
NO_RESOURCE = ServiceNotFoundError(
    type="object", key="s3://bucket/users.csv", name="RESOURCE_NOT_FOUND"
)
UNKNOWN_CONNECTION = WrongDataError(
    detail='unknown connection "S4"; available: GCS, S3, ...', field="connection"
)
REFUSED_CREDENTIALS = WrongDataError(
    detail="S3 refused the secret key (SignatureDoesNotMatch). Check aws_secret_access_key for "
    "missing characters.",
    name="WRONG_DATA_TYPE",
    reason="refused",
    field="credentials.aws_secret_access_key",
    retryable=False,
    remote={"http_status": 403, "code": "SignatureDoesNotMatch"},
)
_WHAT = {
    "ServerError": "The server failed.",
    "ServerUnavailable": "The server cannot answer now; ask again.",
    "TooManyRequests": "There were more requests than are allowed.",
    "AuthError": "Who asks could not be established.",
    "JwtTokenExpired": "The token has ended; `login/refresh-token/` gives the next.",
    "RefreshTokenExpired": "The refresh token has ended: log in again.",
    "WrongData": "What was sent cannot be used.",
    "DuplicatedError": "There is one of this key already.",
    "StorageFull": "There is no room for what was sent.",
    "TooLarge": "What was sent is larger than it may be.",
    "ForbiddenError": "Who asks may not do this.",
    "NotFoundError": "There is no such thing.",
    "MethodNotAllowed": "The path is there, and this method is not.",
}
_CLASSES: tuple[type[ServiceError], ...] = (
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
#: The members of `error_data` that clients rely on.
_DATA: dict[type[ServiceError], dict[str, JsonObject]] = {
    TooManyRequestsError: {"retry_after": {"type": "integer", "minimum": 1}},
    AuthError: {"error": {"type": "string"}},
    DuplicatedError: {"type": {"type": "string"}, "key": {"type": "string"}},
    ServiceForbiddenError: {"error": {"type": "string"}},
    ServiceNotFoundError: {"type": {"type": "string"}, "key": {"type": "string"}},
    MethodNotAllowedError: {"method": {"type": "string"}},
    WrongDataError: {"error": {"type": "string"}},
    StorageFullError: {"error": {"type": "string"}},
    TooLargeError: {"error": {"type": "string"}, "most": {"type": "integer"}},
}


#: Those that clients know under the name of another.
_FURTHER: Mapping[type[ServiceError], str] = {
    StorageFullError: "StorageFull",
    TooLargeError: "TooLarge",
}


def refusals(*errors: ServiceError, token: bool = True) -> Responses:
    """Return what an operation may answer beside success, from an example of each error.

    What every operation may answer need not be named; `token` tells that it asks for one.
    """
    every = (*_EVERYWHERE[:1], *errors, *(_WITH_TOKEN if token else ()), *_EVERYWHERE[1:])
    by_status: dict[int, list[ServiceError]] = {}
    for error in every:
        by_status.setdefault(error.http_status, []).append(error)
    return {status: _response(found) for status, found in sorted(by_status.items())}


def error_schemas() -> dict[str, JsonObject]:
    """Return the schemas that the responses refer to, by name."""
    return {"Problem": _PROBLEM, **{_name_of(one): _schema(one) for one in _CLASSES}}


def _name_of(one: type[ServiceError]) -> str:
    """Return the name of a class's schema: what clients call it, unless another is called so."""
    return _FURTHER.get(one, one.wire_name)


def _response(errors: Iterable[ServiceError]) -> dict[str, Any]:
    classes = {_name_of(type(error)): type(error) for error in errors}
    references = [{"$ref": f"#/components/schemas/{name}"} for name in classes]
    examples = {
        error.name or error.wire_name: {"value": problem_document(error)} for error in errors
    }
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    said = " ".join(_WHAT[name] for name in classes)
    response: dict[str, Any] = {
        "description": said,
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }
    if {"TooManyRequests", "ServerUnavailable"} & set(classes):
        header = {
            "description": "Seconds to wait.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        }
        response["headers"] = {"Retry-After": header}
    return response


def _schema(one: type[ServiceError]) -> JsonObject:
    data = _DATA.get(one, {})
    names = {"name": {"const": one.data_name}} if one is WrongDataError else {}
    error_data = {"type": "object", "properties": {**names, **data}}
    if data:
        error_data["required"] = [*names, *data]
    return {
        "description": _WHAT[_name_of(one)],
        "allOf": [{"$ref": "#/components/schemas/Problem"}],
        "properties": {
            "status": {"const": one.http_status},
            "error_code": {"const": one.wire_code},
            "error_name": {"const": one.wire_name},
            "error_data": error_data,
        },
    }


_PROBLEM: JsonObject = {
    "description": "An error: problem details (RFC 9457) that carry the envelope which clients "
    "branch on: the status, then `error_code`, then `error_data.name`.",
    "type": "object",
    "required": [
        "type",
        "title",
        "status",
        "detail",
        "error_code",
        "error_name",
        "message",
        "error_data",
    ],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error_code": {"type": "integer"},
        "error_name": {"type": "string"},
        "message": {"type": "string"},
        "error_data": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "description": "The narrowest name of the error."},
                "error": {"type": "string", "description": "What is wrong, as a sentence."},
            },
        },
    },
}
