"""Routes of the records API: read the request, hand the records over, shape the receipts.

A single record comes as a bare object; several come in an array named `records` (as the
documentation's figure has it) or `events` (as the vendor's clients send it). The answers'
exact bodies aren't documented; a receipt holds `success`, `uuid` and, if it failed, `error`.
The limit of a batch's size is the gate's, which reads no body beyond it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import orjson
from starlette.routing import Route

from argosy.sandbox.answers import VENDOR_JSON, json_answer
from argosy.sandbox.records.columns import json_text
from argosy.sandbox.records.errors import (
    RecordError,
    RefusedRecordError,
    bad_request,
    refused_single,
    too_large,
    unknown_media_type,
)
from argosy.sandbox.records.models import Ingestion, Receipt, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from argosy.sandbox.auth import Caller, Doorkeeper
    from argosy.sandbox.faults import Fault
    from argosy.sandbox.records.batch import Record
    from argosy.sandbox.settings import Json, Settings

RECORD_LIMIT: Final = 1 << 20
SINGLE: Final = "application/vnd.treasuredata.v1.single+json"
SEVERAL: Final = (
    VENDOR_JSON,
    "application/vnd.treasuredata.v1.js+json",
    "application/vnd.treasuredata.v1.mobile+json",
)
_LONG_NUMBER: Final = re.compile(rb"[0-9]{19}")


class RecordRoutes:
    """The records API over an Ingestion."""

    def __init__(self, ingestion: Ingestion, doorkeeper: Doorkeeper, settings: Settings) -> None:
        self._ingestion = ingestion
        self._doorkeeper = doorkeeper
        self._auto_create = settings.auto_create

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
        return self._post_several(target, body, request.state.fault)

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

    def _post_several(self, target: Target, body: bytes, fault: Fault) -> Response:
        records = unwrapped(parsed(body))
        if len(body) > RECORD_LIMIT:
            check_sizes(records)
        error = RecordError(fault.error["name"], fault.error["description"])
        failing = dict.fromkeys(fault.failing(len(records)), error)
        receipts = self._ingestion.ingest(target, records, failing)
        is_whole = all(receipt.error is None for receipt in receipts)
        document = {"receipts": [shaped(receipt) for receipt in receipts]}
        partial_status = fault.status if fault.kind == "partial" else 206
        return json_answer(document, 200 if is_whole else partial_status)


def parsed(body: bytes) -> Json:
    """Read JSON without losing digits of long whole numbers; raise the 400 answer if it isn't."""
    try:
        document = orjson.loads(body)
        # orjson makes floats of whole numbers beyond 64 bits; the slower parser keeps them
        return json.loads(body) if _LONG_NUMBER.search(body) else document
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


def shaped(receipt: Receipt) -> dict[str, Json]:
    """Give a receipt as it is answered."""
    if receipt.error is None:
        return {"success": True, "uuid": receipt.uuid}
    error = {"name": receipt.error.name, "description": receipt.error.description}
    return {"success": False, "uuid": receipt.uuid, "error": error}
