"""Pages of a list, as every list of the API has them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

#: Further than any list goes.
_LAST_PAGE = 10**9

PageNumber = Annotated[int, Query(ge=1, le=_LAST_PAGE, description="The page to list.")]
Amount = Annotated[int, Query(ge=1, le=64, description="How many to list on a page.")]


def page_answer(name: str, found: list[Any], page: int, has_next: bool) -> dict[str, Any]:
    """Return a page as it is answered."""
    return {"has_next": has_next, "next_page": page + 1, name: found}
