"""List notes: ask for page after page until the answer names no next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sdk import Reply

if TYPE_CHECKING:
    from argosy.sdk import HandlerContext, Json


def run(context: HandlerContext) -> Reply:
    """Return the notes of all pages, in their order."""
    notes: list[Json] = []
    page = context.inputs["page"]
    pages = 0
    while True:
        answer = context.send(page=page)
        body = context.decode(answer)
        notes += body["notes"]
        pages += 1
        page = body.get("next")
        if page is None:
            return Reply({"notes": notes, "pages": pages}, answer)
