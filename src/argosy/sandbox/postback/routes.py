"""Routes of postback: events by POST, and by GET as a tracking pixel.

Two versions have one path. v3 is on the older host and takes its key from the header
`X-TD-Write-Key` or the parameter `td_write_key`; the header wins. v2 is on the records API's
host, takes its key from a header only, of which `Authorization: TD1` wins, and has no GET. On
an address that is none of the vendor's, a POST with `Authorization: TD1` is one of v2.

Assumptions, where nothing is documented: the pixel is a transparent GIF; a redirect is a 302,
and wins over a pixel; v3 takes as much as a record may have, and answers 413 beyond that; any
content type is read as JSON; a parameter that comes twice counts as it came last.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from argosy.sandbox.answers import CodeMessageError, json_answer
from argosy.sandbox.hosts import VENDOR_HOSTS, host_name
from argosy.sandbox.postback.errors import RefusedEventError
from argosy.sandbox.postback.events import from_query, redirect_target
from argosy.sandbox.records.routes import RECORD_LIMIT, parsed
from argosy.sandbox.visitors import Visitor

if TYPE_CHECKING:
    from starlette.requests import Request

    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.postback.models import Intake, Outcome
    from argosy.sandbox.records.batch import Record

V2_LIMIT: Final = 1_048_064
SECURITY: Final = {"Strict-Transport-Security": "max-age=31536000"}
PIXEL: Final = base64.b64decode(b"R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_UNCACHED: Final = {"Cache-Control": "no-store"}
_PATH: Final = "/postback/v3/event/{database}/{table}"


class PostbackRoutes:
    """Postback over an Intake."""

    def __init__(self, intake: Intake, randomness: Randomness) -> None:
        self._intake = intake
        self._randomness = randomness

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route(_PATH, self.post, methods=["POST"]),
            Route(_PATH, self.get, methods=["GET"]),
        ]

    async def post(self, request: Request) -> Response:
        """Take an event in the body."""
        try:
            is_v2 = _is_v2(request)
            record = object_of(await request.body(), V2_LIMIT if is_v2 else RECORD_LIMIT)
            key = _header_key(request) if is_v2 else _key(request)
            note(request, self._intake.post(key, *target_of(request), record))
        except RefusedEventError as refusal:
            return refused(request, refusal)
        return _accepted()

    async def get(self, request: Request) -> Response:
        """Take an event in the query, and answer with JSON, a pixel or a redirect."""
        if _host_family(request) == "records":
            raise HTTPException(405)
        visitor = Visitor.of(request, self._randomness)
        query = request.query_params
        try:
            answer = _wished(query.get("td_format"), query.get("td_redirect"), visitor)
            record = visitor.filled(from_query(query))
            note(request, self._intake.post(_key(request), *target_of(request), record))
        except RefusedEventError as refusal:
            return refused(request, refusal)
        return visitor.mark(answer)


def _accepted() -> Response:
    answer = json_answer({})
    answer.headers.update(SECURITY)
    return answer


def _wished(form: str | None, target: str | None, visitor: Visitor) -> Response:
    """Make the answer a query asks for."""
    if target is not None:
        location = redirect_target(target, visitor.global_id)
        return Response(status_code=302, headers=SECURITY | _UNCACHED | {"Location": location})
    if form == "pixel":
        return Response(PIXEL, headers=SECURITY | _UNCACHED, media_type="image/gif")
    return _accepted()


def refused(request: Request, refusal: RefusedEventError) -> Response:
    """Make the answer of a refusal, and leave its reason to the request log."""
    request.state.note = refusal.reason
    answer = refusal.answer()
    answer.headers.update(SECURITY)
    return answer


def note(request: Request, outcome: Outcome) -> None:
    """Leave to the request log why nothing was stored, if so."""
    if outcome.dropped is not None:
        request.state.note = outcome.dropped


def object_of(body: bytes, limit: int) -> Record:
    """Read a body that must be one JSON object; raise RefusedEventError if it is none."""
    if len(body) > limit:
        raise RefusedEventError(413, f"An event has at most {limit} bytes.")
    try:
        document = parsed(body)
    except CodeMessageError as error:
        raise RefusedEventError(400, error.message) from error
    if not isinstance(document, dict):
        raise RefusedEventError(400, "The body is not one JSON object.")
    return document


def target_of(request: Request) -> tuple[str, str]:
    """Give the names of the database and the table in the path."""
    return request.path_params["database"], request.path_params["table"]


def _key(request: Request) -> str:
    header = request.headers.get("x-td-write-key", "")
    return header or request.query_params.get("td_write_key", "")


def _header_key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme == "TD1" else request.headers.get("x-td-write-key", "")


def _host_family(request: Request) -> str | None:
    known = VENDOR_HOSTS.get(host_name(request.headers.get("host", "")))
    return None if known is None else known[1]


def _is_v2(request: Request) -> bool:
    family = _host_family(request)
    if family is None:
        return request.headers.get("authorization", "").startswith("TD1 ")
    return family == "records"
