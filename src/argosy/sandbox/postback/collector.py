"""Routes of the collector: what older browser and phone clients send events to.

| route | for |
| --- | --- |
| `GET /js/v3/event/{database}/{table}` | the record as base64 of JSON in `data`, key in `api_key` |
| `POST /js/v3/event/{database}/{table}` | the record in the body or in `data`, key in a header |
| `GET /js/v3/global_id`, `GET /js/v3/enable_global_id` | the visitor's global id |
| `GET /` with the JavaScript client's Accept | the same, on the records API's host |
| `POST /android/v3/event`, `POST /ios/v3/event` | arrays of records by `database.table` |

The answers to a browser are `{"created": true}` and, with 400, `{"error": true}`; `callback`
makes them scripts. A wrong key gets the answer of a right one and stores nothing, as with
postback (assumption; the reason is in the request log). `time` in the query counts where the
record has none. A record's `td_ip` and `td_global_id` with their own names as values are filled
in; the browser and system that the vendor reads from the User-Agent (`td_browser`, `td_os` and
their versions) are not, and stay as sent.

A phone's records of one table are at most 500. They have `#UUID`, which de-duplicates, and the
time as `timestamp` in seconds or in `keen.timestamp` as ISO 8601; these members, and `#SSUT`,
are no columns.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from argosy.sandbox.answers import CodeMessageError, json_answer
from argosy.sandbox.jsonp import is_callback, jsonp_answer
from argosy.sandbox.postback.errors import RefusedEventError
from argosy.sandbox.postback.events import whole_seconds
from argosy.sandbox.postback.models import NO_KEY
from argosy.sandbox.postback.routes import note, object_of, refused, target_of
from argosy.sandbox.records.plain import MOST_RECORDS
from argosy.sandbox.records.routes import JAVASCRIPT, RECORD_LIMIT, shaped
from argosy.sandbox.visitors import Visitor

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.postback.models import Intake, Outcome
    from argosy.sandbox.records.batch import Record
    from argosy.sandbox.settings import Json

_PHONE_LIMIT: Final = 5 << 20
_MOST_TABLES: Final = 100
_EVENT: Final = "/js/v3/event/{database}/{table}"


class CollectorRoutes:
    """The collector over an Intake."""

    def __init__(self, intake: Intake, randomness: Randomness) -> None:
        self._intake = intake
        self._randomness = randomness

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route(_EVENT, self.event, methods=["GET", "POST"]),
            Route("/js/v3/global_id", self.global_id, methods=["GET"]),
            Route("/js/v3/enable_global_id", self.global_id, methods=["GET"]),
            Route("/", self.global_id_of_accept, methods=["GET"]),
            Route("/android/v3/event", self.phone, methods=["POST"]),
            Route("/ios/v3/event", self.phone, methods=["POST"]),
        ]

    async def event(self, request: Request) -> Response:
        """Take a browser's event."""
        visitor = Visitor.of(request, self._randomness)
        key = request.headers.get("x-td-write-key") or request.query_params.get("api_key", "")
        try:
            _check_callback(request)
            record = visitor.filled(_timed(request, await _sent(request)))
            note(request, self._intake.single(key, *target_of(request), record))
        except RefusedEventError as refusal:
            return _failed(request, refusal)
        return visitor.mark(_answer(request, {"created": True}))

    async def global_id(self, request: Request) -> Response:
        """Tell the visitor's global id, and set its cookie if it is new."""
        visitor = Visitor.of(request, self._randomness)
        try:
            _check_callback(request)
        except RefusedEventError as refusal:
            return _failed(request, refusal)
        return visitor.mark(_answer(request, {"global_id": visitor.global_id()}))

    async def global_id_of_accept(self, request: Request) -> Response:
        """Tell the global id to whoever accepts what the JavaScript client does."""
        if JAVASCRIPT not in request.headers.get("accept", ""):
            text = f"The sandbox does not do GET / without 'Accept: {JAVASCRIPT}'."
            raise CodeMessageError(501, "not-implemented", text)
        return await self.global_id(request)

    async def phone(self, request: Request) -> Response:
        """Take a phone's events, of several tables."""
        try:
            key = _phone_key(request)
            batches = _batches(object_of(await request.body(), _PHONE_LIMIT))
        except RefusedEventError as refusal:
            return refused(request, refusal)
        answers = {name: self._taken(request, key, name, batches[name]) for name in batches}
        return json_answer(answers)

    def _taken(self, request: Request, key: str, name: str, records: list[Record]) -> list[Json]:
        """Take one table's records and give a receipt for each."""
        database, _, table = name.partition(".")
        try:
            outcome = self._intake.several(key, database, table, records)
        except RefusedEventError as refusal:
            error = {"name": "InvalidCollectionNameError", "description": refusal.reason}
            return [{"success": False, "error": error}] * len(records)
        note(request, outcome)
        return _receipts(outcome, len(records))


async def _sent(request: Request) -> Record:
    """Give the record of a browser's request: its body, or its `data`, which is base64."""
    body = await request.body()
    if body:
        return object_of(body, RECORD_LIMIT)
    data = request.query_params.get("data", "").replace("-", "+").replace("_", "/")
    data = data.replace(" ", "+")  # a plus sign that its sender didn't encode
    try:
        plain = base64.b64decode(data + "=" * (-len(data) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RefusedEventError(400, "The parameter 'data' is not base64.") from error
    return object_of(plain, RECORD_LIMIT)


def _timed(request: Request, record: Record) -> Record:
    seconds = whole_seconds(request.query_params.get("time"))
    return record if seconds is None else {"time": seconds} | record


def _check_callback(request: Request) -> None:
    callback = request.query_params.get("callback")
    if callback is not None and not is_callback(callback):
        raise RefusedEventError(400, "The callback is no function name.")


def _answer(request: Request, document: Json, status: int = 200) -> Response:
    callback = request.query_params.get("callback")
    if callback is None or not is_callback(callback):
        return json_answer(document, status)
    return jsonp_answer(callback, document, status)


def _failed(request: Request, refusal: RefusedEventError) -> Response:
    request.state.note = refusal.reason
    return _answer(request, {"error": True}, refusal.status)


def _phone_key(request: Request) -> str:
    key = request.headers.get("x-td-write-key", "")
    if not key:
        raise RefusedEventError(403, NO_KEY)
    return key


def _batches(document: Record) -> dict[str, list[Record]]:
    """Read the records by their tables; raise RefusedEventError where they are none."""
    if len(document) > _MOST_TABLES:
        raise RefusedEventError(400, f"There are more than {_MOST_TABLES} tables.")
    for name, records in document.items():
        if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
            raise RefusedEventError(400, f"{name!r} is not an array of objects.")
        if not 1 <= len(records) <= MOST_RECORDS:
            raise RefusedEventError(400, f"{name!r} has not 1 to {MOST_RECORDS} records.")
    return {name: [_unwrapped(one) for one in records] for name, records in document.items()}


def _unwrapped(record: Record) -> Record:
    """Give a phone's record as the records API would get it."""
    keen = record.get("keen")
    plain = {
        name: value
        for name, value in record.items()
        if name not in {"#UUID", "#SSUT", "keen", "timestamp"}
    }
    seconds = whole_seconds(record.get("timestamp"))
    if seconds is None and isinstance(keen, dict):
        seconds = _seconds_of(keen.get("timestamp"))
    uuid = {"uuid": record["#UUID"]} if "#UUID" in record else {}
    time = {} if seconds is None or "time" in plain else {"time": seconds}
    return plain | uuid | time


def _seconds_of(text: Json) -> int | None:
    try:
        when = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())


def _receipts(outcome: Outcome, count: int) -> list[Json]:
    """Give the receipts, which are good for events that were dropped later."""
    if outcome.dropped is not None:
        return [{"success": True}] * count
    shown = [shaped(receipt) for receipt in outcome.receipts]
    return [{name: value for name, value in one.items() if name != "uuid"} for one in shown]
