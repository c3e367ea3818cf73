"""Routes of the records API: read the request, hand the records over, shape the receipts.

A single record comes as a bare object; several come in an array named `records` (as the
documentation's figure has it) or `events` (as the vendor's clients send it). The answers'
exact bodies aren't documented; a receipt holds `success`, `uuid` and, if it failed, `error`.
The limit of a batch's size is the gate's, which reads no body beyond it.

Two media types ask for what only the server knows. The JavaScript client's, which it uses once
its visitor agreed and the global id is switched on, adds `td_ip` and puts the visitor's id where
`td_global_id` has its own name as value; the mobile clients', used with address tracking, adds
`td_ip`. A `td_ip` of the record's own stays (assumption).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response
from starlette.routing import Route

from argosy.sandbox.answers import JSON, VENDOR_JSON, json_answer
from argosy.sandbox.records.columns import has_long_number, json_text
from argosy.sandbox.records.errors import (
    RecordError,
    RefusedRecordError,
    bad_request,
    refused_single,
    too_large,
    unknown_media_type,
)
from argosy.sandbox.records.models import Ingestion, Receipt, Target
from argosy.sandbox.visitors import Visitor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request

    from argosy.sandbox.auth import Caller, Doorkeeper
    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.faults import Fault
    from argosy.sandbox.records.batch import Record
    from argosy.sandbox.settings import Json, Settings

RECORD_LIMIT: Final = 1 << 20
SINGLE: Final = "application/vnd.treasuredata.v1.single+json"
JAVASCRIPT: Final = "application/vnd.treasuredata.v1.js+json"
MOBILE: Final = "application/vnd.treasuredata.v1.mobile+json"
SEVERAL: Final = (VENDOR_JSON, JAVASCRIPT, MOBILE)


class RecordRoutes:
    """The records API over an Ingestion."""

    def __init__(
        self,
        ingestion: Ingestion,
        doorkeeper: Doorkeeper,
        settings: Settings,
        randomness: Randomness,
    ) -> None:
        self._ingestion = ingestion
        self._doorkeeper = doorkeeper
        self._auto_create = settings.auto_create
        self._randomness = randomness

    def routes(self) -> list[Route]:
        """Give the routes; the path takes any two words, so they go last."""
        return [Route("/{database}/{table}", self.post, methods=["POST"])]

    async def post(self, request: Request) -> Response:
        """Take one record or several."""
        caller = self._doorkeeper.allow_import(
            request.headers.get("authorization"), request.path_params["database"]
        )
        target = self._target(request.path_params, caller)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != SINGLE and media_type not in SEVERAL:
            raise unknown_media_type(media_type, ", ".join((SINGLE, *SEVERAL)))
        body = await request.body()
        if media_type == SINGLE:
            return self._post_single(target, body)
        fault: Fault = request.state.fault
        if media_type == VENDOR_JSON and len(body) <= RECORD_LIMIT and fault.kind != "partial":
            uuids = self._ingestion.take_plain(target, body)
            if uuids is not None:
                return Response(all_taken(uuids), media_type=JSON)
        records = unwrapped(parsed(body))
        if len(body) > RECORD_LIMIT:
            check_sizes(records)
        visitor = Visitor.of(request, self._randomness)
        if media_type in {JAVASCRIPT, MOBILE}:
            records = [_completed(record, media_type, visitor) for record in records]
        return visitor.mark(self._post_several(target, records, fault))

    def _target(self, names: Mapping[str, str], caller: Caller) -> Target:
        return Target(
            names["database"],
            names["table"],
            makes_database=self._auto_create == "all" and caller.is_master,
            makes_table=self._auto_create != "none",
        )

    def _post_single(self, target: Target, body: bytes) -> Response:
        if len(body) > RECORD_LIMIT:
            message = f"A record has at most {RECORD_LIMIT} bytes."
            raise too_large(message)
        record = parsed(body)
        if not isinstance(record, dict):
            raise bad_request("The body must be one JSON object.")
        receipt = self._ingestion.ingest(target, [record])[0]
        if receipt.error is not None:
            raise refused_single(receipt.error)
        return json_answer({"success": True, "uuid": receipt.uuid})

    def _post_several(self, target: Target, records: list[Record], fault: Fault) -> Response:
        error = RecordError(fault.error["name"], fault.error["description"])
        failing = dict.fromkeys(fault.failing(len(records)), error)
        receipts = self._ingestion.ingest(target, records, failing)
        if all(receipt.error is None for receipt in receipts):
            uuids = [receipt.uuid for receipt in receipts]
            return Response(all_taken(uuids), media_type=JSON)
        document = {"receipts": [shaped(receipt) for receipt in receipts]}
        return json_answer(document, fault.status if fault.kind == "partial" else 206)


def _completed(record: Record, media_type: str, visitor: Visitor) -> Record:
    """Give a record with what its media type asks the server for."""
    if media_type == JAVASCRIPT:
        return visitor.filled({"td_ip": visitor.ip} | record)
    return {"td_ip": visitor.ip} | record if media_type == MOBILE else record


def parsed(body: bytes) -> Json:
    """Read JSON without losing digits of long whole numbers; raise the 400 answer if it isn't."""
    try:
        document = orjson.loads(body)
        # orjson makes floats of whole numbers beyond 64 bits; the slower parser keeps them
        return json.loads(body) if has_long_number(body) else document
    except (ValueError, RecursionError) as error:
        message = f"The body is not JSON: {error}"
        raise bad_request(message) from error


def unwrapped(document: Json) -> list[Record]:
    """Give the array of records of a batch; raise the 400 answer if there is none."""
    wrappers = (
        [name for name in ("records", "events") if name in document]
        if isinstance(document, dict)
        else []
    )
    if len(wrappers) != 1 or not isinstance(document[wrappers[0]], list):
        raise bad_request("The body must be an object with one array, 'records' or 'events'.")
    records: list[Record] = document[wrappers[0]]
    if not all(isinstance(record, dict) for record in records):
        raise bad_request("Each record must be a JSON object.")
    return records


def check_sizes(records: list[Record]) -> None:
    """Raise the 413 answer if a record alone is too large."""
    for index, record in enumerate(records):
        try:
            size = len(json_text(record).encode())
        except RefusedRecordError:
            continue  # its receipt will say so
        if size > RECORD_LIMIT:
            message = f"Record {index} has more than {RECORD_LIMIT} bytes."
            raise too_large(message)


def all_taken(uuids: Sequence[str]) -> str:
    """Write the answer to a batch that was taken whole; a uuid needs no escaping."""
    joined = '"},{"success":true,"uuid":"'.join(uuids)
    return '{"receipts":[{"success":true,"uuid":"' + joined + '"}]}'


def shaped(receipt: Receipt) -> dict[str, Json]:
    """Give a receipt as it is answered."""
    if receipt.error is None:
        return {"success": True, "uuid": receipt.uuid}
    error = {"name": receipt.error.name, "description": receipt.error.description}
    return {"success": False, "uuid": receipt.uuid, "error": error}
