"""The CDP API's errors, in both of its styles.

REST (`/audiences/…`) answers `{code, message}`, JSON:API (`/entities/…`) `{"errors": […]}`;
codes and texts are those of the components of the vendor's specification. What both styles
share raises an error without a style (`AbsentError`, `InvalidError`, `ConflictError`); the
routes turn it into an answer of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from argosy.sandbox.answers import VENDOR_JSON, CodeMessageError, VendorError, json_answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from argosy.sandbox.settings import Json

ValidationCode = Literal[
    "CANNOT_BE_BLANK",
    "COMPOSITE_CONDITION_MISSING_RULE_IDENTIFIER",
    "COMPOSITE_CONDITION_SYNTAX_ERROR",
    "COMPOSITE_CONDITION_TOO_FEW_RULES_REFERENCED",
    "COMPOSITE_CONDITION_TOO_FEW_RULE_SETS_REFERENCED",
    "COMPOSITE_CONDITION_TOO_LONG_ALPHABETICAL_IDENTIFIER",
    "COMPOSITE_CONDITION_TOO_LONG_NUMERICAL_IDENTIFIER",
    "INVALID_FORMAT_OR_ASSOCIATION",
    "INVALID_WINDOW_DURATION",
    "IS_IMMUTABLE",
    "IS_TOO_LONG",
    "IS_TOO_SHORT",
    "VIOLATES_UNIQUENESS_CONSTRAINT",
]
ParameterCode = Literal["INVALID_FORMAT", "SHOULD_BE_ARRAY"]

NAME_TAKEN: Final = "Name has already been taken"


class JsonApiError(VendorError):
    """An answer with one or more JSON:API errors."""

    def __init__(self, status: int, errors: Sequence[Json]) -> None:
        super().__init__(status, {"errors": list(errors)})


class AbsentError(Exception):
    """There is no such thing, or not under what the path names."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"There is no {kind} {key[:50]!r}.")


class InvalidError(Exception):
    """One or more values are wrong; the pointers start at the body's attributes."""

    def __init__(self, *problems: tuple[str, ValidationCode, str]) -> None:
        super().__init__(
            "; ".join(
                f"{pointer}: {detail}" if pointer else detail for pointer, _, detail in problems
            )
        )
        self.problems = problems


class ConflictError(Exception):
    """Something can't be deleted while others need it."""

    def __init__(self, detail: str, segments: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.segments = tuple(segments)


class NotDoneError(Exception):
    """The vendor does this and the sandbox doesn't; the text says why."""


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


def rest_answer(error: Exception, _accept: str = "") -> VendorError:
    """Make the REST answer of an error without a style.

    `validationCode` and `pointer` of the first problem are told beside the documented two members.
    """
    if isinstance(error, AbsentError):
        return not_found(str(error))
    if isinstance(error, ConflictError):
        body = {"code": "conflict", "message": str(error), **_plain_conflict(error)}
        return VendorError(409, body)
    if isinstance(error, InvalidError):
        pointer, code, detail = error.problems[0]
        names = {"/name"} if code == "VIOLATES_UNIQUENESS_CONSTRAINT" else set()
        message = detail if pointer in names else str(error)
        more = {"pointer": pointer, "validationCode": code}
        return CodeMessageError(400, "bad-request", message, **more)
    return CodeMessageError(501, "not-implemented", str(error))


def jsonapi_answer(error: Exception, accept: str) -> VendorError:
    """Make the JSON:API answer of an error without a style.

    A conflict has two documented forms: an array of errors in the vendor's media type, for
    clients that accept that, and an object in plain JSON.
    """
    if isinstance(error, AbsentError):
        return record_not_found()
    if isinstance(error, ConflictError):
        if VENDOR_JSON in accept:
            return JsonApiConflictError(error)
        return VendorError(409, _plain_conflict(error))
    if isinstance(error, InvalidError):
        return JsonApiError(400, [_placed(*problem) for problem in error.problems])
    return CodeMessageError(501, "not-implemented", str(error))


class JsonApiConflictError(VendorError):
    """The 409 answer in the vendor's media type."""

    def __init__(self, error: ConflictError) -> None:
        conflict: Json = {"code": "conflict-error", "status": "409", "detail": str(error)}
        if error.segments:
            segments = list(error.segments)
            meta = {"referencedBySegments": segments, "referencedByPredictiveSegments": []}
            conflict["meta"] = meta
        super().__init__(409, {"errors": [conflict]})

    def answer(self) -> Response:
        """Make the answer."""
        return json_answer(self.body, self.status, VENDOR_JSON)


def _plain_conflict(error: ConflictError) -> Json:
    body: Json = {"errors": {"deletion": [str(error)]}}
    if error.segments:
        body["referencedBySegments"] = [{"id": one} for one in error.segments]
    return body


def _placed(pointer: str, code: ValidationCode, detail: str) -> Json:
    place = pointer if pointer.startswith("/relationships") else f"/attributes{pointer}"
    return validation_error(place, code, detail)
