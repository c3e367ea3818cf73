"""Read a page of a stored table's rows: what the host gives, as outputs that a loop can use."""

from __future__ import annotations

from argosy.sdk import Answer, HandlerContext, Reply


def run(context: HandlerContext) -> Reply:
    """Return the next rows, and the cursor of the page after them, empty at the end."""
    given = context.inputs
    found = context.tables.rows(
        given["connection"], given["table"], given.get("cursor", ""), given["amount"]
    )
    rows, cursor = found["rows"], found.get("cursor") or ""
    return Reply(
        {
            "rows": rows,
            "rowCount": len(rows),
            "hasMore": bool(cursor),
            "cursor": cursor,
            "rowsRead": found["rows_read"],
            "rowsRefused": found["rows_refused"],
            "refusals": found.get("refusals") or [],
            "columns": found["columns"],
            "warnings": found.get("warnings") or [],
        },
        Answer(200, {}, b""),  # nothing is sent; every result has a status all the same
    )
