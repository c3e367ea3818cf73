"""Requests that no capability declares: any address that the connection allows, without its key."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from requests.utils import requote_uri

from argosy.dispatch.content import encode_body
from argosy.dispatch.normalise import decode
from argosy.dispatch.request import merge_headers, query_pairs
from argosy.errors import HostRefusedError, RenderError, error_for_status
from argosy.model import NO_AUTHENTICATION, Json, JsonObject, OutgoingRequest
from argosy.transport import OWN_TERMS, Control, parse_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.dispatch.dispatcher import Dispatcher

_REPEATED = frozenset({"GET", "HEAD"})
_LONGEST_MESSAGE = 500


def send_plain(
    dispatcher: Dispatcher, inputs: JsonObject, control: Control = OWN_TERMS
) -> JsonObject:
    """Send a request and return `statusCode`, `headers` and `body` of the answer.

    `inputs` are `url` and maybe `method`, `query`, `headers`, one of `body`, `form` and
    `multipart`, `failOnStatus` and `followRedirects`. GET and HEAD are repeated as the connection
    says. Raises HostRefusedError where the connection does not allow the address or the key would
    go along, RenderError for values that a request cannot carry, TransportError, and ApiError for
    a status outside 2xx unless `failOnStatus` is false.
    """
    request = _built(dispatcher, inputs, control.new_uuid or dispatcher.ports.new_uuid)
    transport = dispatcher.transport
    deadline = transport.deadline()
    if control.deadline is not None:
        deadline = min(deadline, control.deadline)
    answer = transport.send(
        request,
        auth=NO_AUTHENTICATION,
        may_repeat=request.method in _REPEATED,
        deadline=deadline,
        control=control,
    )
    body = decode(answer)
    if inputs.get("failOnStatus", True) and not 200 <= answer.status < 300:
        raise error_for_status(answer.status)(
            host=urlsplit(request.url).netloc,
            status=answer.status,
            vendor_message=_message(body),
            request_id="",
            note="",
            retry_after=parse_retry_after(answer.headers.get("retry-after")),
        )
    return {"statusCode": answer.status, "headers": dict(answer.headers), "body": body}


def _built(
    dispatcher: Dispatcher, inputs: JsonObject, new_uuid: Callable[[], str]
) -> OutgoingRequest:
    method = inputs.get("method", "GET")
    url = requote_uri(dispatcher.hosts.admit(inputs["url"]).url)
    headers = {
        "User-Agent": dispatcher.user_agent,
        "Accept": "application/json, */*",
        "Accept-Encoding": "gzip, deflate",
    }
    body: bytes | None = None
    try:
        if inputs.get("query"):
            pairs = urlencode(list(query_pairs(inputs["query"])))
            url += ("&" if "?" in url else "?") + pairs
        if "form" in inputs:
            body, headers["Content-Type"] = encode_body(inputs["form"], "form", "")
        elif "multipart" in inputs:
            form = encode_body(inputs["multipart"], "multipart", new_uuid())
            body, headers["Content-Type"] = form
        elif isinstance(inputs.get("body"), str):
            body, headers["Content-Type"] = inputs["body"].encode(), "text/plain; charset=utf-8"
        elif "body" in inputs:
            body, headers["Content-Type"] = encode_body(inputs["body"], "json", "")
    except ValueError as error:
        raise RenderError(where="the request", detail=str(error)) from error
    merge_headers(headers, inputs.get("headers", {}), None, "http-request")
    follows = inputs.get("followRedirects", True)
    request = OutgoingRequest(method, url, headers, body, send_auth=False, follows=follows)
    if dispatcher.holds_secret(request):
        host = dispatcher.redactor.text(urlsplit(url).netloc)
        detail = "the request holds the connection's key, which does not go there"
        raise HostRefusedError(host=host, detail=detail)
    return request


def _message(body: Json) -> str:
    if isinstance(body, dict):
        body = next((body[name] for name in ("message", "error", "detail") if name in body), body)
    text = body if isinstance(body, str) else repr(body)
    return text[:_LONGEST_MESSAGE]
