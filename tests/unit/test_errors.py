"""The exception tree: as drawn, with stable codes, sentences and statuses."""

from __future__ import annotations

import inspect
import json
import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from argosy import errors
from argosy.errors import (
    ApiError,
    ArgosyError,
    HandlerError,
    InvalidFlowError,
    InvalidFlowTestError,
    InvalidInputsError,
    MissingPropertyError,
    RateLimitedError,
    UnavailableError,
    UnknownRegionError,
    UnsayableFlowError,
    error_for_status,
)
from argosy.model import Problem, Redactor

CLASSES = sorted(
    (
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, ArgosyError)
    ),
    key=lambda found: found.__name__,
)


def _drawn() -> Iterator[tuple[str, str]]:
    """Yield each class that the module's docstring draws, with the class that it stands below."""
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        names = re.findall(r"\b[A-Z]\w+Error\b", line)
        indent = len(line) - len(line.lstrip())
        if not names or indent < 4:
            continue
        above = [(depth, name) for depth, name in above if depth < indent]
        for name in names:
            yield name, above[-1][1] if above else "Exception"
        above.append((indent, names[0]))


def test_the_tree_that_is_drawn_is_the_tree_there_is() -> None:
    there_is = {found.__name__: found.__bases__[0].__name__ for found in CLASSES}

    assert dict(_drawn()) == there_is


def test_codes_are_kebab_case_and_unique() -> None:
    codes = [found.error_code() for found in CLASSES]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in codes)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("InvalidManifestError", "invalid-manifest"),
        ("RequestTimedOutError", "request-timed-out"),
        ("ApiError", "api"),
        ("ArgosyError", "argosy"),
    ],
)
def test_a_code_is_the_name_without_its_ending(name: str, code: str) -> None:
    assert getattr(errors, name).error_code() == code


#: Those that count their problems themselves.
_COUNTING = (InvalidInputsError, InvalidFlowError, InvalidFlowTestError, UnsayableFlowError)


def _facts(found: type[ArgosyError]) -> dict[str, Any]:
    names = [name for _, name, _, _ in string.Formatter().parse(found.message_format) if name]
    return {name: f"<{name}>" for name in names}


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.__name__)
def test_a_message_holds_every_fact_of_its_sentence(found: type[ArgosyError]) -> None:
    facts = _facts(found)
    error: ArgosyError
    if issubclass(found, _COUNTING):
        facts["count"] = "1 problem"
        given = {name: fact for name, fact in facts.items() if name != "count"}
        error = found(**given, problems=[Problem("x", "y")])
    else:
        error = found(**facts)

    assert str(error) == error.message
    assert all(str(fact) in error.message for fact in facts.values())
    assert error.code == found.error_code()
    assert error.message[0].isupper() or error.message[0] == "<"


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.__name__)
def test_an_error_says_who_can_mend_it(found: type[ArgosyError]) -> None:
    assert (found.__doc__ or "").strip()


STATUSES = {
    "ArgosyError": (1, 500, False),
    "ConnectorError": (2, 500, False),
    "InvalidManifestError": (2, 500, False),
    "InvalidCapabilityError": (2, 500, False),
    "InvalidHandlerError": (2, 500, False),
    "UnknownCapabilityError": (2, 404, False),
    "ConnectionSetupError": (1, 422, False),
    "UnknownRegionError": (1, 422, False),
    "MissingPropertyError": (1, 422, False),
    "InvalidConnectionError": (1, 422, False),
    "InvalidDocumentError": (1, 422, False),
    "UnknownConnectionError": (1, 422, False),
    "UnsafeFileError": (1, 422, False),
    "ServerSetupError": (1, 500, False),
    "InvocationError": (1, 502, False),
    "InvalidInputsError": (1, 422, False),
    "RenderError": (1, 422, False),
    "HostRefusedError": (1, 422, False),
    "TransportError": (1, 502, False),
    "UnreachableError": (1, 502, True),
    "RequestTimedOutError": (1, 502, True),
    "UntrustedServerError": (1, 502, False),
    "RedirectRefusedError": (1, 502, False),
    "UnreadableAnswerError": (1, 502, False),
    "AnswerTooLargeError": (1, 502, False),
    "ApiError": (1, 502, False),
    "UnauthorizedError": (1, 502, False),
    "ForbiddenError": (1, 502, False),
    "NotFoundError": (1, 502, False),
    "ConflictError": (1, 502, False),
    "RateLimitedError": (1, 502, True),
    "UnavailableError": (1, 502, True),
    "NotFinishedError": (1, 504, False),
    "FailedLaterError": (1, 502, False),
    "UnwritableFileError": (1, 422, False),
    "HandlerError": (1, 502, False),
    "HandlerCrashedError": (70, 500, False),
    "InvalidOutputsError": (1, 502, False),
    "FlowError": (2, 422, False),
    "InvalidFlowError": (2, 422, False),
    "InvalidFlowTestError": (2, 422, False),
    "InvalidReplayError": (2, 422, False),
    "UnknownFlowError": (2, 404, False),
    "UnsayableFlowError": (2, 422, False),
    "RunError": (1, 500, False),
    "InvalidRunInputError": (1, 422, False),
    "InvalidResponseError": (1, 422, False),
    "MissingValueError": (1, 422, False),
    "ExpressionError": (1, 422, False),
    "NodeInputsError": (1, 422, False),
    "ImportedNodeError": (1, 502, False),
    "ScriptError": (1, 422, False),
    "OpaqueNodeError": (1, 422, False),
    "StepFailedError": (1, 500, False),
    "FailedOnPurposeError": (1, 500, False),
    "RunCancelledError": (1, 409, False),
    "RunTimedOutError": (1, 504, False),
    "StepTimedOutError": (1, 504, True),
    "TooManyStepsError": (1, 500, False),
    "TooManyTurnsError": (1, 500, False),
    "TooDeepError": (1, 500, False),
    "OutputTooDeepError": (1, 500, False),
    "OutputTooLargeError": (1, 500, False),
    "AlreadyRespondedError": (1, 500, False),
    "NotCalledError": (1, 500, False),
    "NoResponseError": (1, 500, False),
    "ServiceError": (1, 500, False),
    "ServerError": (70, 500, False),
    "ServerUnavailableError": (1, 503, True),
    "TooManyRequestsError": (1, 429, True),
    "StorageFullError": (1, 507, False),
    "AuthError": (1, 401, False),
    "JwtTokenExpiredError": (1, 401, False),
    "RefreshTokenExpiredError": (1, 401, False),
    "WrongDataError": (1, 400, False),
    "DuplicatedError": (1, 400, False),
    "TooLargeError": (1, 413, False),
    "ServiceForbiddenError": (1, 403, False),
    "ServiceNotFoundError": (1, 404, False),
    "MethodNotAllowedError": (1, 405, False),
    "StoreError": (1, 500, False),
    "StoreAddressError": (1, 500, False),
    "StoreUnavailableError": (1, 503, True),
    "StoreTooNewError": (1, 500, False),
    "KeyRingError": (1, 500, False),
    "MissingKeyError": (1, 500, False),
    "UndecryptableError": (1, 500, False),
    "MissingExtraError": (1, 500, False),
    "TableError": (1, 422, False),
}


@pytest.mark.parametrize("found", CLASSES, ids=lambda found: found.__name__)
def test_a_class_has_its_statuses(found: type[ArgosyError]) -> None:
    expected = STATUSES[found.__name__]

    assert (found.exit_status, found.http_status, found.retryable) == expected


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (301, "ApiError"),
        (400, "ApiError"),
        (401, "UnauthorizedError"),
        (403, "ForbiddenError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (413, "ApiError"),
        (422, "ApiError"),
        (429, "RateLimitedError"),
        (499, "ApiError"),
        (500, "UnavailableError"),
        (501, "ApiError"),
        (503, "UnavailableError"),
        (599, "UnavailableError"),
    ],
)
def test_a_status_has_its_class(status: int, name: str) -> None:
    assert error_for_status(status).__name__ == name


def test_an_error_as_json_has_code_message_hint_and_problems() -> None:
    problem = Problem("schema-type", "7 is not a string", "/a", "quote it")

    shown = InvalidInputsError(capability="x", problems=[problem, problem]).to_json()

    assert shown == {
        "code": "invalid-inputs",
        "message": "The inputs of 'x' are not valid: 2 problems.",
        "retryable": False,
        "problems": [
            {
                "code": "schema-type",
                "severity": "error",
                "pointer": "/a",
                "message": "7 is not a string",
                "hint": "quote it",
            }
        ]
        * 2,
    }


def test_a_refusal_as_json_has_what_the_vendor_said() -> None:
    error = RateLimitedError(
        host="api.example.com",
        status=429,
        vendor_message="slow down",
        request_id="r-1",
        note="",
        retry_after=2.0,
    )

    shown = error.to_json()

    assert error.status == 429
    assert json.loads(json.dumps(shown)) == shown
    assert {
        name: shown[name] for name in ("status", "vendorMessage", "requestId", "retryAfter")
    } == {
        "status": 429,
        "vendorMessage": "slow down",
        "requestId": "r-1",
        "retryAfter": 2.0,
    }
    assert "note" not in shown


def test_a_missing_property_names_the_ways_to_give_it() -> None:
    error = MissingPropertyError(name="apiKey", title="API key", sources="a file or a variable")

    assert str(error) == "The connection has no apiKey: API key is needed for this call."
    assert error.to_json()["hint"] == "Give it by a file or a variable."


def test_facts_that_look_like_places_in_a_sentence_stay_as_they_are() -> None:
    error = UnknownRegionError(found="{known} {0.__class__}", known="{found}")

    assert str(error) == "There is no region '{known} {0.__class__}'; the regions are {found}."


def test_redaction_reaches_every_fact_and_every_problem() -> None:
    problem = Problem("x", "the key s3cret is no key", "/s3cret", "not s3cret")
    error = InvalidInputsError(capability="s3cret", problems=[problem])

    error.redact(Redactor(["s3cret"]).value)

    assert "s3cret" not in repr(error.facts) + str(error) + json.dumps(error.to_json())
    assert isinstance(error.problems[0], Problem)


@pytest.mark.parametrize("found", [UnavailableError, HandlerError, ApiError])
def test_one_clause_catches_everything_of_ours(found: type[ArgosyError]) -> None:
    with pytest.raises(ArgosyError):
        raise found(**_facts(found))
