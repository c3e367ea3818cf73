"""Turn an answer into outputs, or into the failure that it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson

from argosy.errors import ApiError, InvalidOutputsError, RenderError, error_for_status
from argosy.model import (
    Answer,
    Connector,
    Json,
    JsonObject,
    Problem,
    is_deeper,
    lookup_pointer,
    parse_json,
)
from argosy.rendering import MISSING, encode_json, to_text
from argosy.transport import parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.dispatch.plan import Plan, Render
    from argosy.model.capability import Format

_LONGEST_MESSAGE = 500
#: Shallow enough for every walk over an answer.
DEEPEST = 200
_LONG_NUMBER = re.compile(rb"[0-9]{19}")


def decode(answer: Answer, form: Format = "json") -> Json:
    """Return an answer's body as JSON where it is JSON, as text where it is not, else None.

    A list of JSON values, one a line, is a list. Bytes that were asked for are None: they are
    not read as text. A refusal is read as JSON whatever was asked for.
    """
    body = answer.body
    is_good = 200 <= answer.status < 300
    if form == "bytes" and is_good:
        return None
    if form == "json-lines" and is_good:
        return _parse_lines(body)
    if not body:
        return None
    if "json" in answer.headers.get("content-type", "") or body[:1] in b"{[":
        try:
            return _parse(body)
        except (ValueError, RecursionError):
            pass
    return body.decode("utf-8", errors="replace")


def _parse_lines(body: bytes) -> Json:
    try:
        return [_parse(line) for line in body.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return body.decode("utf-8", errors="replace")


def _parse(body: bytes) -> Json:
    """Parse JSON; what is nested beyond reason, or says what JSON cannot, raises ValueError.

    The quick decoder turns integers beyond 64 bits into floats, so long numbers take the
    standard one.
    """
    value = parse_json(body.decode()) if _LONG_NUMBER.search(body) else orjson.loads(body)
    if body.count(b"[") + body.count(b"{") > DEEPEST and is_deeper(value, DEEPEST):
        raise ValueError("it is nested too deeply")
    return value


def saved_outputs(answer: Answer) -> JsonObject:
    """Return the outputs of an answer that comes as bytes: them, or the file they went to."""
    if answer.file:
        return {"file": answer.file, "size": answer.size}
    return {"content": answer.body, "size": len(answer.body)}


def basic_outputs(answer: Answer, body: Json) -> JsonObject:
    """Return the outputs that every capability has."""
    return {
        "rawResponse": body,
        "statusCode": answer.status,
        "headers": dict(answer.headers),
    }


def refusal(
    plan: Plan, connector: Connector, answer: Answer, body: Json, host: str
) -> ApiError | None:
    """Return the vendor's refusal that an answer is, or None where it is none.

    A status outside 2xx is one; so is an answer that one of the capability's failure rules
    matches, since some APIs report an error with status 200.
    """
    message = ""
    if 200 <= answer.status < 300:
        message = _declared_failure(plan, answer_scope(answer, body))
        if not message:
            return None
    status = answer.status
    return error_for_status(status)(
        host=host,
        status=status,
        vendor_message=message or _vendor_message(connector, body),
        request_id=_request_id(connector, answer),
        note=plan.capability.error_notes.get(status, ""),
        retry_after=parse_retry_after(answer.headers.get("retry-after")),
    )


def outputs_of(plan: Plan, answer: Answer, body: Json, sent: Json) -> JsonObject:
    """Return the named outputs of a successful answer; a name it lacks is left out.

    Raises InvalidOutputsError where the answer is not one that the outputs can be read from.
    """
    scope = {**answer_scope(answer, body), "sent": sent}
    if body is None and not answer.body:
        scope["body"] = MISSING  # no body is no null
    named, problems = _rendered(plan.results, scope)
    if problems:
        raise InvalidOutputsError(capability=plan.capability.id, problems=problems)
    if plan.capability.response.format == "bytes":
        return {**named, **saved_outputs(answer)}
    return named


def outputs_of_failure(plan: Plan, sent: Json) -> JsonObject:
    """Return the named outputs that a call gives also where it failed after sending."""
    named, _ = _rendered(plan.failure_results, {"sent": sent})
    return named


def _rendered(
    renders: Mapping[str, Render], scope: dict[str, Any]
) -> tuple[JsonObject, list[Problem]]:
    named: JsonObject = {}
    problems = []
    for name, render in renders.items():
        try:
            value = render(scope)
        except ValueError as error:
            problems.append(Problem("output-unreadable", str(error), f"/{name}"))
            continue
        if value is not MISSING:
            named[name] = value
    return named, problems


def check_outputs(plan: Plan, named: JsonObject) -> InvalidOutputsError | None:
    """Return an error where named outputs are not what the capability promises."""
    judged = {name: value for name, value in named.items() if not isinstance(value, bytes)}
    problems = list(plan.outputs.problems(judged))
    if plan.handler and not problems:
        try:
            encode_json(named)
        except ValueError as error:
            problems.append(Problem("not-json", str(error)))
    if not problems:
        return None
    return InvalidOutputsError(capability=plan.capability.id, problems=problems)


def answer_scope(answer: Answer, body: Json) -> dict[str, Any]:
    """Return what templates of the response may read."""
    return {"body": body, "status": answer.status, "headers": answer.headers}


def _declared_failure(plan: Plan, scope: dict[str, Any]) -> str:
    """Return the message of the first failure rule that an answer matches, or nothing."""
    for when, text in plan.failures:
        if _read(when, scope, f"a failure rule of {plan.capability.id}") is True:
            try:
                found = text(scope)
            except ValueError:  # the answer lacks the words that it usually has
                found = MISSING
            return "the answer says that it failed" if found is MISSING else to_text(found)
    return ""


def _read(render: Render, scope: dict[str, Any], where: str) -> Json:
    try:
        return render(scope)
    except ValueError as error:
        raise RenderError(where=where, detail=str(error)) from error


def _vendor_message(connector: Connector, body: Json) -> str:
    for pointer in connector.error_message_pointers:
        found = lookup_pointer(body, pointer)
        if found:
            return to_text(found)[:_LONGEST_MESSAGE]
    if isinstance(body, str) and body.strip():
        return body.strip()[:_LONGEST_MESSAGE]
    return "no message" if body in (None, "") else to_text(body)[:_LONGEST_MESSAGE]


def _request_id(connector: Connector, answer: Answer) -> str:
    found = (answer.headers.get(name, "") for name in connector.request_id_headers)
    return next((value for value in found if value), "")
