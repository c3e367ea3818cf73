"""Insert many records: match receipts to records, send again only those that failed.

The vendor answers a batch with one receipt a record: 200 where all were accepted, 206 where
some were not, and then only those are to be sent again. Three error names mean that a record
will never be accepted; every other name is worth another attempt (both as the vendor's own
clients read the answers). The uuid that each record carries makes the repetition harmless.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from argosy.sdk import (
    Answer,
    HandlerContext,
    InvalidInputsError,
    InvocationError,
    Json,
    JsonObject,
    PartialFailureError,
    Problem,
    Reply,
    as_object,
    with_default,
    with_integer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: A record with one of these errors is not accepted however often it is sent.
PERMANENT = frozenset(
    {"InvalidCollectionNameError", "InvalidPropertyNameError", "InvalidPropertyValueError"}
)
LARGEST_RECORD = 1_000_000


def run(context: HandlerContext) -> Reply:
    """Send the records until each is accepted or refused for good.

    Raises PartialFailureError, with a receipt for every record, where some were accepted and
    some were not; InvocationError where none was, as the request itself failed.
    """
    records = _prepared(context)
    receipts: dict[int, JsonObject] = {}
    pending = list(range(len(records)))
    answer: Answer | None = None
    while pending:
        try:
            answer = context.send(records=[records[index] for index in pending])
        except InvocationError as error:
            _give_up(receipts, pending, records, type(error).error_code(), str(error))
            if answer is None:
                error.outputs = _outputs(receipts)
                raise
            break
        pending = _take_receipts(receipts, pending, records, context.decode(answer), answer.status)
        if pending and not context.wait():
            break
    if answer is None:
        raise AssertionError
    return _reply(_outputs(receipts), answer)


def _prepared(context: HandlerContext) -> list[JsonObject]:
    """Return the records as objects, each with a uuid; or raise every problem at once."""
    records: dict[int, JsonObject] = {}
    problems = []
    for index, record in enumerate(context.inputs["records"]):
        try:
            columns = with_integer(as_object(record), "time")
        except ValueError as error:
            problems.append(Problem("record-rows", str(error), f"/records/{index}"))
            continue
        records[index] = with_default(columns, "uuid", context.new_uuid())
    problems += _unsendable(records)
    if problems:
        raise InvalidInputsError(capability="insert-records", problems=problems)
    return list(records.values())


def _unsendable(records: Mapping[int, JsonObject]) -> Iterator[Problem]:
    """Yield the records that are too large, and those that share a uuid: one would be dropped."""
    seen: dict[str, int] = {}
    for index, record in records.items():
        first = seen.setdefault(record["uuid"].lower(), index)
        if first != index:
            text = f"records {first} and {index} have the same uuid; only one would be stored"
            yield Problem("uuid-twice", text, f"/records/{index}/uuid")
        written = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        size = len(written.encode(errors="surrogatepass"))
        if size > LARGEST_RECORD:
            text = f"the record has {size} bytes; at most {LARGEST_RECORD} are accepted"
            yield Problem("record-too-large", text, f"/records/{index}")


def _take_receipts(
    receipts: dict[int, JsonObject],
    pending: Sequence[int],
    records: Sequence[JsonObject],
    body: Json,
    status: int,
) -> list[int]:
    """File the answer's receipts by record; return the records to send again.

    A 200 with an object but no receipts means that all were accepted; a 206 without them, another
    number of them, or an answer that is not the ingestion API's, tells nothing about any one
    record, so all are sent again.
    """
    found = body if isinstance(body, dict) else {"error": body}
    given = found.get("receipts")
    confirms = not {"error", "message", "code"} & set(found) and found.get("success", True) is True
    if given is None and status == 200 and confirms:
        given = [{"success": True}] * len(pending)
    if not isinstance(given, list) or len(given) != len(pending):
        _give_up(receipts, pending, records, "NoReceipt", "the answer has no receipt for it")
        return list(pending)
    again = []
    for index, receipt in zip(pending, given, strict=True):
        receipts[index] = _receipt(receipt, records[index])
        error = receipts[index].get("error")
        if error and error["name"] not in PERMANENT:
            again.append(index)
    return again


def _receipt(given: Json, record: JsonObject) -> JsonObject:
    receipt = given if isinstance(given, dict) else {}
    uuid = receipt.get("uuid")
    if not isinstance(uuid, str) or not uuid:
        uuid = record["uuid"]
    if receipt.get("success") is True:
        return {"success": True, "uuid": uuid}
    error = receipt.get("error")
    if not isinstance(error, dict):
        error = {"description": error}
    name = str(error.get("name") or "UnknownError")
    description = str(error.get("description") or "the vendor gave no reason")
    return {"success": False, "uuid": uuid, "error": {"name": name, "description": description}}


def _give_up(
    receipts: dict[int, JsonObject],
    pending: Sequence[int],
    records: Sequence[JsonObject],
    name: str,
    description: str,
) -> None:
    for index in pending:
        error = {"name": name, "description": description}
        receipts[index] = {"success": False, "uuid": records[index]["uuid"], "error": error}


def _outputs(receipts: dict[int, JsonObject]) -> JsonObject:
    """Return the named outputs: what was accepted, what was refused, a receipt per record."""
    ordered = [receipts[index] for index in sorted(receipts)]
    refused = [
        {"index": index, "uuid": receipt["uuid"], **receipt["error"]}
        for index, receipt in enumerate(ordered)
        if not receipt["success"]
    ]
    return {"accepted": len(ordered) - len(refused), "refused": refused, "receipts": ordered}


def _reply(outputs: JsonObject, answer: Answer) -> Reply:
    refused = outputs["refused"]
    if not refused:
        return Reply(outputs, answer)
    first = refused[0]
    detail = (
        f"{len(refused)} of {len(outputs['receipts'])} records were not accepted; the first, "
        f"record {first['index']}: {first['name']}: {first['description']}"
    )
    raise PartialFailureError(detail=detail, reply=Reply(outputs, answer))
