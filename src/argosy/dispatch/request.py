"""Render a capability's declared request and resolve where it goes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from requests.utils import requote_uri

from argosy.dispatch.content import encode_body
from argosy.errors import InvalidInputsError, RenderError
from argosy.model import Connector, Json, OutgoingRequest, Problem, join_pointer
from argosy.regions import resolve
from argosy.rendering import MISSING, compile_template, percent_encode, to_text

if TYPE_CHECKING:
    from argosy.dispatch.hosts import HostPolicy
    from argosy.dispatch.plan import Plan, Render

Scope = Mapping[str, Json]

#: Headers that only the transport may set: a wrong one would let a request be read as two.
_TRANSPORT_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "expect"}
)
_HEADER_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_HEADER_VALUE = re.compile(r"[\t -~]*")


@dataclass(frozen=True, slots=True)
class Addressing:
    """What the requests of one dispatcher have in common."""

    connector: Connector
    endpoint: str
    hosts: HostPolicy
    user_agent: str
    new_uuid: Callable[[], str]


def build_request(plan: Plan, scope: Scope, addressing: Addressing, region: str) -> OutgoingRequest:
    """Build the request of one capability for one scope of values.

    Raises RenderError, UnknownRegionError, HostRefusedError or InvalidInputsError.
    """
    where = plan.capability.id
    try:
        method = to_text(_value(plan.method, scope, f"the method of {where}"))
        url, send_auth = _address(plan, scope, addressing, region)
        query = _value(plan.query, scope, f"the query of {where}")
        if query:
            url += ("&" if "?" in url else "?") + urlencode(list(query_pairs(query)))
        content = content_of(plan, scope)
        body, media_type = _encoded(plan, content, addressing.new_uuid)
        headers = {
            "User-Agent": addressing.user_agent,
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
        }
        if body is not None:
            headers["Content-Type"] = media_type
        given = _value(plan.headers, scope, f"the headers of {where}")
        if given:
            merge_headers(headers, given, plan if send_auth else None, where)
    except ValueError as error:  # a value that a URL or a header cannot carry
        raise RenderError(where=f"the request of {where}", detail=str(error)) from error
    return OutgoingRequest(method, url, headers, body, send_auth, content)


def _address(plan: Plan, scope: Scope, addressing: Addressing, region: str) -> tuple[str, bool]:
    """Return the URL without its query, and whether the connection's key goes with it."""
    takes_key = bool(plan.credentials)
    if plan.url is None:
        family = plan.capability.family
        base = resolve(addressing.connector, family, region, addressing.endpoint)
        return base + _path(plan, scope), takes_key
    full = to_text(_value(plan.url, scope, f"the URL of {plan.capability.id}"))
    destination = addressing.hosts.admit(full)
    return requote_uri(destination.url), takes_key and destination.send_auth


def _value(render: Render, scope: Scope, where: str) -> Json:
    try:
        value = render(scope)
    except ValueError as error:
        raise RenderError(where=where, detail=str(error)) from error
    if value is MISSING:
        raise RenderError(where=where, detail="a value that it needs is missing")
    return value


def _path(plan: Plan, scope: Scope) -> str:
    parts = list(plan.path)
    for index in range(1, len(parts), 2):
        name = parts[index]
        if name not in scope["inputs"]:
            detail = f"{name} is missing"
            raise RenderError(where=f"the path of {plan.capability.id}", detail=detail)
        try:
            parts[index] = percent_encode(scope["inputs"][name])
        except ValueError as error:
            where = f"the path of {plan.capability.id}"
            raise RenderError(where=where, detail=f"{name}: {error}") from error
    return "".join(parts)


def query_pairs(query: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield the query's names and values; a list repeats its name."""
    for name, value in query.items():
        for item in value if isinstance(value, list | tuple) else [value]:
            yield name, to_text(item)


def content_of(plan: Plan, scope: Scope) -> Json:
    """Return the value of the body, MISSING where the request has none."""
    if plan.body is None:
        return MISSING
    try:
        return plan.body(scope)
    except ValueError as error:
        raise _body_error(plan, error) from error


def _body_error(plan: Plan, error: ValueError) -> RenderError:
    """Return the error of a body that cannot be made, with the input it is made from."""
    source = plan.capability.request.body
    read = compile_template(source).paths if isinstance(source, str) else ()
    places = [join_pointer(names) for root, *names in read if root == "inputs"]
    problem = Problem("render", str(error), places[0] if places else "")
    where = f"the body of {plan.capability.id}"
    return RenderError(where=where, detail=str(error), problems=[problem])


def _encoded(plan: Plan, content: Json, new_uuid: Callable[[], str]) -> tuple[bytes | None, str]:
    """Return the body and its media type; a form without a field is no body."""
    capability = plan.capability
    encoding = capability.request.encoding
    if content is MISSING or (content == {} and encoding in {"form", "multipart"}):
        return None, ""
    try:
        boundary = new_uuid() if encoding == "multipart" else ""
        body, media_type = encode_body(content, encoding, boundary)
    except ValueError as error:
        raise _body_error(plan, error) from error
    limit = capability.request.max_body_bytes
    if limit and len(body) > limit:
        message = f"the request's body has {len(body)} bytes; at most {limit} are accepted"
        problem = Problem("body-too-large", message)
        raise InvalidInputsError(capability=capability.id, problems=[problem])
    return body, media_type


def merge_headers(
    headers: dict[str, str], given: Mapping[str, Json], plan: Plan | None, capability: str
) -> None:
    """Put the declared headers over the usual ones; `plan` where its credentials are sent."""
    own = {name.lower(): name for name in headers}
    credentials = plan.credentials if plan else ()
    reserved = {one.name.lower() for one in credentials if not one.in_query}
    problems = []
    for name, value in given.items():
        lower = name.lower()
        text = to_text(value)
        if lower in _TRANSPORT_HEADERS or lower in reserved:
            message = f"the header {name!r} is set by the connection; leave it out"
            problems.append(Problem("reserved-header", message, "/headers"))
        elif not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(text):
            message = f"the header {name!r} holds characters that a header cannot carry"
            problems.append(Problem("header-characters", message, "/headers"))
        headers[own.get(lower, name)] = text
    if problems:
        raise InvalidInputsError(capability=capability, problems=problems)
