"""Preview a stored table: the API's answer, as outputs."""

from __future__ import annotations

from argosy.sdk import Answer, HandlerContext, Reply


def run(context: HandlerContext) -> Reply:
    """Return columns and first rows of a table, its status and what was checked."""
    given = context.inputs
    found = context.tables.preview(given["connection"], given["table"])
    seen = found["preview"]
    return Reply(
        {
            "columns": seen["columns"],
            "rows": seen["rows"],
            "rowsRead": seen["rows_read"],
            "bytesRead": seen["bytes_read"],
            "isTruncated": seen["truncated"],
            "status": found["status"],
            "checks": found["checks"],
            "warnings": found.get("warnings") or [],
        },
        Answer(200, {}, b""),  # nothing is sent; every result has a status all the same
    )
