"""The CDP API's errors, in both of its styles.

REST (`/audiences/…`) answers `{code, message}`, JSON:API (`/entities/…`) `{"errors": […]}`;
codes and texts are those of the components of the vendor's specification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from argosy.sandbox.answers import CodeMessageError, VendorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.settings import Json

ValidationCode = Literal[
    "CANNOT_BE_BLANK",
    "INVALID_FORMAT_OR_ASSOCIATION",
    "IS_IMMUTABLE",
    "IS_TOO_LONG",
    "VIOLATES_UNIQUENESS_CONSTRAINT",
]
ParameterCode = Literal["INVALID_FORMAT", "SHOULD_BE_ARRAY"]

NAME_TAKEN: Final = "Name has already been taken"


class JsonApiError(VendorError):
    """An answer with one or more JSON:API errors."""

    def __init__(self, status: int, errors: Sequence[Json]) -> None:
        super().__init__(status, {"errors": list(errors)})


def validation_error(pointer: str, code: ValidationCode, detail: str) -> Json:
    """Make one error about a value; several may go into one 400 answer."""
    return {
        "code": "validation-error",
        "status": "400",
        "detail": detail,
        "source": {"pointer": pointer},
        "meta": {"validationCode": code},
    }


def bad_parameter(pointer: str, code: ParameterCode, detail: str) -> Json:
    """Make one error about a value of the wrong JSON type."""
    return {
        "code": "bad-parameter-error",
        "status": "400",
        "detail": detail,
        "source": {"pointer": pointer},
        "meta": {"parameterCode": code},
    }


def record_not_found() -> JsonApiError:
    """Make the JSON:API 404 answer."""
    error = {"code": "record-not-found-error", "status": "404", "detail": "Record not found"}
    return JsonApiError(404, [error])


def cannot_move(detail: str) -> JsonApiError:
    """Make the 422 answer for a resource that can't go to another place."""
    error = {
        "code": "unprocessable-entity-error",
        "status": "422",
        "detail": detail,
        "meta": {"unprocessableEntityCode": "CANNOT_MOVE"},
    }
    return JsonApiError(422, [error])


def not_found(message: str) -> CodeMessageError:
    """Make the REST 404 answer."""
    return CodeMessageError(404, "not-found", message)
