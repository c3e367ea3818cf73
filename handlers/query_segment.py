"""Ask who is in a segment: start the query, wait for its count, read the pages that are wanted."""

from __future__ import annotations

from argosy.sdk import (
    ApiError,
    FailedLaterError,
    HandlerContext,
    InvocationError,
    Json,
    JsonObject,
    NotFinishedError,
    Problem,
    Reply,
    members_of,
)

from ._jobs import unique_names

_PASSED_ON = ("columns", "kind", "funnelStage", "pageSize", "maxPage", "filterString")
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0


def run(context: HandlerContext) -> Reply:
    """Return the count, and profiles as objects.

    Raises FailedLaterError with the query's error, NotFinishedError where the time is over, and
    what the vendor refuses; the outputs name the query as soon as there is one, and hold the
    profiles that were read until then.
    """
    deadline = context.clock() + context.inputs["waitSeconds"]
    outputs = _counted(context)
    try:
        _read_pages(context, outputs, deadline)
    except InvocationError as error:
        error.outputs = {**error.outputs, **outputs}
        raise
    return Reply(outputs)


def _counted(context: HandlerContext) -> JsonObject:
    """Start the query and wait for it; return its id, status and count."""
    inputs = context.inputs
    question = {**members_of(inputs, *_PASSED_ON), **_rule(context)}
    seconds = inputs["waitSeconds"]
    try:
        found = context.call(
            "run-segment-query",
            audienceId=inputs["audienceId"],
            wait=True,
            waitSeconds=seconds,
            **question,
        )
    except FailedLaterError as failure:
        status, query = failure.facts["status"], failure.outputs.get("query", {})
        reason = query.get("error") or ("it was stopped" if status == "killed" else "")
        error = FailedLaterError(capability="query-segment", status=status, reason=reason)
        error.outputs = {**_of_query(failure.outputs), "status": status}
        raise error from failure
    except NotFinishedError as failure:
        raise _unfinished(failure.facts, failure.outputs) from failure
    return _of_query(found)


def _unfinished(facts: JsonObject, outputs: JsonObject) -> NotFinishedError:
    known = _of_query(outputs)
    told = f"query {known.get('queryId')} goes on"
    hint = "get-segment-query waits for it, and get-segment-query-profiles reads its pages."
    error = NotFinishedError(
        capability="query-segment",
        seconds=facts["seconds"],
        status=facts["status"],
        problems=(Problem("query-goes-on", told, hint=hint),),
    )
    error.outputs = known
    return error


def _of_query(outputs: JsonObject) -> JsonObject:
    query = outputs.get("query") or {}
    named = {
        "queryId": query.get("queryId") or outputs.get("id"),
        "status": query.get("status"),
        "count": query.get("count"),
    }
    return {name: value for name, value in named.items() if value is not None}


def _rule(context: HandlerContext) -> JsonObject:
    """Return the rule that is given, or that of the segment that is named."""
    inputs = context.inputs
    if "segmentId" not in inputs:
        return {"rule": inputs["rule"]}
    segment = context.call(
        "get-segment-rest", audienceId=inputs["audienceId"], segmentId=inputs["segmentId"]
    )["segment"]
    own = members_of(inputs, "kind")
    kind = segment.get("kind")
    if not own and isinstance(kind, int):
        own = {"kind": kind}
    return {"rule": segment.get("rule") or {}, **own}


def _read_pages(context: HandlerContext, outputs: JsonObject, deadline: float) -> None:
    """Read pages into the outputs until there are enough profiles or no more."""
    inputs = context.inputs
    most = None if inputs["allProfiles"] else inputs["maxProfiles"]
    profiles: list[JsonObject] = []
    outputs |= {"profiles": profiles, "pages": 0}
    has_more = True
    while has_more and (most is None or len(profiles) < most):
        page = _page(context, outputs["queryId"], outputs["pages"] + 1, deadline)
        outputs["pages"] += 1
        columns = unique_names(page.get("names") or ())
        if columns:
            outputs["columns"] = columns
        profiles += [_profile(outputs.get("columns", []), row) for row in page["rows"]]
        has_more = page["hasMore"]
    if most is not None and len(profiles) > most:
        del profiles[most:]
        has_more = True
    count = outputs.get("count")
    is_short = isinstance(count, int) and len(profiles) < count
    outputs["isTruncated"] = is_short or (has_more and count is None)


def _page(context: HandlerContext, query_id: str, page: int, deadline: float) -> JsonObject:
    """Read one page; one that is not ready yet is asked for again."""
    pause = _FIRST_PAUSE
    while True:
        try:
            return context.call(
                "get-segment-query-profiles",
                audienceId=context.inputs["audienceId"],
                queryId=query_id,
                page=page,
            )
        except ApiError as error:
            kind = _page_type(error.outputs.get("rawResponse"))
            if kind in {"error", "killed"}:
                reason = error.facts.get("vendor_message")
                failure = FailedLaterError(capability="query-segment", status=kind, reason=reason)
                failure.outputs = {**error.outputs, "status": kind}
                raise failure from error
            if kind != "pending":
                raise
            left = deadline - context.clock()
            if left <= 0:
                facts = {"seconds": context.inputs["waitSeconds"], "status": kind}
                raise _unfinished(facts, {"id": query_id}) from error
            context.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)


def _page_type(body: Json) -> str:
    return str(body.get("type", "")) if isinstance(body, dict) else ""


def _profile(columns: list[str], row: list[Json]) -> JsonObject:
    names = columns or [f"column{number}" for number in range(1, len(row) + 1)]
    return dict(zip(names, row, strict=False))
