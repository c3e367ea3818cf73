"""What the service answers: the errors of its API, as its clients know them.

Clients branch on three levels: the HTTP status, the number `wire_code`, and the name inside
`error_data`. `envelope()` gives the four keys that they read. Every fact that an error is given
goes into `error_data`, so a fact is never a secret; `detail` goes there as `error`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from argosy.errors.root import ArgosyError

if TYPE_CHECKING:
    from collections.abc import Sequence


class ServiceError(ArgosyError):
    """A request to the service was not served.

    `wire_code` and `wire_name` are what clients call `error_code` and `error_name`; `data_name` is
    the name in `error_data`, unless a fact `name` gives a narrower one.
    """

    wire_code: ClassVar[int] = 0
    wire_name: ClassVar[str] = "ServerError"
    data_name: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """The narrowest name of the failure: `error_data.name`; empty where there is none."""
        return str(self.facts.get("name", self.data_name))

    def error_data(self) -> dict[str, Any]:
        """Return the facts as the API shows them: `name`, `error`, and the rest as given."""
        data: dict[str, Any] = {"name": self.name} if self.name else {}
        if "detail" in self.facts:
            data["error"] = self.facts["detail"]
        if self.problems:
            data["problems"] = [problem.to_json() for problem in self.problems]
        shown = {"name", "detail", "problems"}
        return {**data, **{key: fact for key, fact in self.facts.items() if key not in shown}}

    def envelope(self) -> dict[str, Any]:
        """Return the four keys that every client of the API reads."""
        return {
            "error_code": self.wire_code,
            "error_name": self.wire_name,
            "message": self.message,
            "error_data": self.error_data(),
        }

    def with_warnings(self, warnings: Sequence[str]) -> Self:
        """Return this error with warnings about the same thing, which may say why it failed."""
        if warnings:
            self.facts["warnings"] = list(warnings)
        return self

    def _extra(self) -> dict[str, Any]:
        return {name: fact for name, fact in self.envelope().items() if name != "message"}


class ServerError(ServiceError):
    """The service failed in a way that it does not know."""

    message_format = "The server failed: {detail}"
    exit_status = 70


class ServerUnavailableError(ServiceError):
    """The service cannot answer now and may later."""

    message_format = "The server cannot answer now: {detail}"
    http_status = 503
    retryable = True
    wire_code = 1
    wire_name = "ServerUnavailable"


class TooManyRequestsError(ServiceError):
    """There were more requests than are allowed; `retry_after` is in seconds."""

    message_format = "There are too many requests; the next is answered in {retry_after} s."
    http_status = 429
    retryable = True
    wire_code = 2
    wire_name = "TooManyRequests"
    data_name = "RATE_LIMIT_OVERFLOW"


class StorageFullError(ServiceError):
    """There is no room for what was sent: no disk, or no quota is left.

    Clients have no class of their own for it.
    """

    message_format = "There is no room for this: {detail}"
    http_status = 507
    wire_code = 1
    wire_name = "ServerUnavailable"
    data_name = "STORAGE_FULL"


class AuthError(ServiceError):
    """Who asks could not be established: `name` says by what."""

    message_format = "The login is refused: {detail}"
    http_status = 401
    wire_code = 21
    wire_name = "AuthError"
    data_name = "INCORRECT_JWT_TOKEN"


class JwtTokenExpiredError(ServiceError):
    """The short-lived token has ended; a refresh token gives the next."""

    message_format = "The JWT token has expired."
    http_status = 401
    wire_code = 22
    wire_name = "JwtTokenExpired"
    data_name = "JWT_TOKEN_EXPIRED"


class RefreshTokenExpiredError(ServiceError):
    """The refresh token has ended, or its session was revoked: log in again."""

    message_format = "The refresh token has expired."
    http_status = 401
    wire_code = 28
    wire_name = "RefreshTokenExpired"
    data_name = "REFRESH_TOKEN_EXPIRED"


class WrongDataError(ServiceError):
    """What was sent cannot be used; `detail` is a sentence, `field` names the place."""

    message_format = "There is an error in the submitted data: {detail}"
    http_status = 400
    wire_code = 40
    wire_name = "WrongData"
    data_name = "WRONG_DATA_TYPE"


class DuplicatedError(ServiceError):
    """There is one of this `type` with this `key` already."""

    message_format = "The {type} {key!r} exists already."
    http_status = 400
    wire_code = 42
    wire_name = "DuplicatedError"

    @property
    def name(self) -> str:
        """The name, from the type: DUPLICATED_ACCOUNT."""
        return super().name or f"DUPLICATED_{_constant(self.facts['type'])}"


class TooLargeError(ServiceError):
    """What was sent is larger than it may be; `most` is in bytes. Clients know it as WrongData."""

    message_format = "This is too large: {detail}"
    http_status = 413
    wire_code = 40
    wire_name = "WrongData"
    data_name = "TOO_LARGE"


class ServiceForbiddenError(ServiceError):
    """Who asks is known and may not do this."""

    message_format = "Do not have enough permissions to access this resource: {detail}"
    http_status = 403
    wire_code = 50
    wire_name = "ForbiddenError"


class ServiceNotFoundError(ServiceError):
    """There is no thing of this `type` with this `key`."""

    message_format = "The {type} {key!r} does not exist."
    http_status = 404
    wire_code = 60
    wire_name = "NotFoundError"

    @property
    def name(self) -> str:
        """The name, from the type: CONNECTION_NOT_FOUND, TABLE_NOT_FOUND, ACCOUNT_NOT_FOUND."""
        return super().name or f"{_constant(self.facts['type'])}_NOT_FOUND"


class MethodNotAllowedError(ServiceError):
    """The path is there, and this method is not."""

    message_format = "The method {method} is not allowed here."
    http_status = 405
    wire_code = 70
    wire_name = "MethodNotAllowed"


def _constant(words: str) -> str:
    return str(words).upper().replace(" ", "_").replace("-", "_")
