"""`httpConnector`: calls of APIs, and responses of the flow."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from argosy.dispatch import send_plain
from argosy.flow.kinds.davinci.values import (
    is_on,
    number_of,
    rows_of,
    text_of,
    typed_members,
)
from argosy.flow.kinds.http_request import SECRET_HEADERS, hidden_parts
from argosy.model import MASK, SUCCESS, parse_json
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.flow.kinds.davinci.call import Call, Performs, Redo
    from argosy.flow.step_context import StepContext
    from argosy.model import Json, JsonObject

#: The longest that DaVinci waits for an answer, and where nothing is said; milliseconds.
LONGEST_CALL = 29_000
LATENCY = 50
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_LONGEST_MESSAGE = 500


def _call_api(call: Call) -> tuple[str, JsonObject]:
    _hide_credentials(call)
    if is_on(call.value("unsafeIgnoreTLSErrors")):
        detail = "it is to ignore TLS errors; a connection's transport.caBundle names authorities"
        raise call.fail(f"The request is not sent: {detail}.")
    if call.value("outboundMtlsKey") is not None:
        raise call.fail("The request is not sent: client certificates cannot be used here.")
    request = _request(call)
    context = call.context
    control = context.control()
    given = number_of(call.value("timeout"))
    wait = LONGEST_CALL if given is None or given <= 0 else min(given, LONGEST_CALL)
    end = context.state.clock() + wait / 1000
    control.deadline = end if control.deadline is None else min(control.deadline, end)
    dispatcher = context.state.dispatcher(context.node.connection)
    answer = send_plain(dispatcher, request, control)
    is_good = 200 <= answer["statusCode"] < 300
    if not is_good and not is_on(call.value("returnSuccess")):
        outputs = _outputs(answer, call.value("contentTypeError"))
        context.step.outputs = outputs
        status, body = answer["statusCode"], outputs["rawResponse"]["body"]
        host = urlsplit(request["url"]).netloc.rpartition("@")[2]
        detail = _said(body) or f"{host} answered {status}."
        raise call.fail(detail, _own_code(body), status, outputs)
    return SUCCESS, _outputs(answer, call.value("contentType"))


def _outputs(answer: JsonObject, type_: Json) -> JsonObject:
    status, headers, body = answer["statusCode"], answer["headers"], answer["body"]
    if isinstance(body, str) and "json" in text_of(type_):
        body = _as_json(body)
    raw = {"statusCode": status, "headers": headers, "body": body}
    return {"rawResponse": raw, "statusCode": status, "headers": headers}


def _as_json(text: str) -> Json:
    try:
        return parse_json(text)
    except ValueError:
        return text


def _request(call: Call) -> JsonObject:
    method = text_of(call.value("httpMethod", "GET")).upper()
    if method not in _METHODS:
        raise call.fail(f"There is no HTTP method {method!r}.")
    url = text_of(call.value("url")).strip()
    if not url:
        raise call.fail("The request is not sent: it has no URL.")
    headers = {key: text_of(row.get("value")) for key, row in rows_of(call.value("headers"), "key")}
    request: JsonObject = {
        "url": url,
        "method": method,
        "query": _pairs(call.value("queryParams")),
        "headers": headers,
        "failOnStatus": False,
        "followRedirects": not is_on(call.value("blockRedirects")),
    }
    own_type = next((name for name in headers if name.lower() == "content-type"), "")
    match call.value("httpBody"):
        case "xwwwFormUrlEncoded":
            request["form"] = _pairs(call.value("bodyParams"))
        case "formData":
            headers.pop(own_type, None)  # it has to name where the parts end
            request["multipart"] = _pairs(call.value("bodyParams"))
        case _:
            body = call.value("raw")
            if body is not None:
                request["body"] = body
                if isinstance(body, str) and not own_type and _as_json(body) is not body:
                    headers["Content-Type"] = "application/json"
    return request


def _pairs(rows: Json) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for key, row in rows_of(rows, "key"):
        found[key].append(text_of(row.get("value")))
    return dict(found)


def _hide_credentials(call: Call) -> None:
    """Have no record show what is in the headers that identify whoever calls."""
    rows = call.properties.get("headers")
    secrets = [text_of(row.get("value")) for key, row in rows_of(rows, "key") if _is_secret(key)]
    if secrets and isinstance(rows, list):
        shown = [
            {**row, "value": MASK}
            if isinstance(row, dict) and _is_secret(text_of(row.get("key")))
            else row
            for row in rows
        ]
        show_properties(call.context, headers=shown)
        call.context.state.hide_texts(hidden_parts(secrets))


def _is_secret(header: str) -> bool:
    return header.lower() in SECRET_HEADERS


def show_properties(context: StepContext, **shown: Json) -> None:
    """Have the step's record show other values of some properties."""
    inputs: JsonObject = context.step.inputs
    context.step.inputs = {**inputs, "properties": {**inputs.get("properties", {}), **shown}}


def _said(body: Json) -> str:
    if isinstance(body, dict):
        found = (body.get(name) for name in ("message", "error_description", "error", "detail"))
        return next((text[:_LONGEST_MESSAGE] for text in found if isinstance(text, str)), "")
    return ""


def _own_code(body: Json) -> str:
    code = body.get("code") if isinstance(body, dict) else None
    return code[:200] if isinstance(code, str) else ""


def _fields(call: Call) -> JsonObject:
    fields = typed_members(call.value("claimsNameValuePairs"))
    if is_on(call.value("returnRequestParameters")):
        fields = {"parameters": call.context.frame.input, **fields}
    return fields


def _success(call: Call) -> JsonObject:
    return _fields(call)


def _error(call: Call) -> JsonObject:
    fields = _fields(call)
    message = call.value("message")
    return fields if message is None else {"message": message, **fields}


def _unwrapped(call: Call) -> Json:
    given = call.value("jsonString")
    if not isinstance(given, str):
        return given
    try:
        return parse_json(given)
    except ValueError as error:
        raise call.fail(f"The body of the response is no JSON: {error}.") from error


def _responding(
    body_of: Callable[[Call], Json], usual: int, *, is_error: bool
) -> Callable[[Call], tuple[str, JsonObject]]:
    def respond(call: Call) -> tuple[str, JsonObject]:
        if is_on(call.value("signResponse")):
            raise call.fail("The response is not sent: it cannot be signed here.")
        status, body = _status(call, usual), body_of(call)
        call.context.respond(is_error=is_error, status_code=status, body=body)
        return SUCCESS, {"statusCode": status, "body": body}

    return respond


def _status(call: Call, usual: int) -> int:
    given = call.value("httpStatusCode")
    status = usual if given is None else number_of(given)
    if status is None or status % 1 or not 200 <= status <= 599:
        raise call.fail(f"The response is not sent: there is no HTTP status {show(given)}.")
    return int(status)


def _respond_again(call: Call) -> None:
    outputs = call.context.step.outputs
    is_error = call.capability == "createErrorResponse"
    status, body = outputs["statusCode"], outputs["body"]
    call.context.respond(is_error=is_error, status_code=status, body=body)


def _wait(call: Call) -> tuple[str, JsonObject]:
    milliseconds = number_of(call.value("delayTime", LATENCY))
    if milliseconds is None or milliseconds < 0:
        raise call.fail(f"{show(call.value('delayTime'))} is no time in milliseconds.")
    call.context.wait(milliseconds / 1000)
    return SUCCESS, {}


CAPABILITIES: Performs = {
    "makeRestApiCall": _call_api,
    "createSuccessResponse": _responding(_success, 200, is_error=False),
    "createErrorResponse": _responding(_error, 400, is_error=True),
    "createUnwrappedResponse": _responding(_unwrapped, 200, is_error=False),
    "simulateLatency": _wait,
}
_RESPONSES = ("createSuccessResponse", "createErrorResponse", "createUnwrappedResponse")
REDO: Mapping[str, Redo] = dict.fromkeys(_RESPONSES, _respond_again)
