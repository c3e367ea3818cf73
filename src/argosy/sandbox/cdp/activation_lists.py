"""Filter, sort and page the list of activations below a folder.

Parameters that take several values take them with commas or given several times. The cursor is
the id of the last activation of a page; not documented, so assumed. `nextPage` is there only if
`hasNext` is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.cdp.errors import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable

    from argosy.sandbox.cdp.routing import Ask
    from argosy.sandbox.settings import Json

PAGE: Final = 100
LARGEST_PAGE: Final = 1000
_KEYS: Final[dict[str, Callable[[Json], Any]]] = {
    "connection_type": lambda one: one["connectionType"] or "",
    "segment_id": lambda one: int(one["segmentId"]),
    "segment_name": lambda one: one["segmentName"],
    "activation_template_id": lambda one: int(one["activationTemplateId"] or 0),
    "activation_template_name": lambda one: one["activationTemplateName"] or "",
    "start_at": lambda one: one["startAt"] or "",
    "repeat_unit": lambda one: one["repeatUnit"],
    "created_by_td_user_id": lambda one: int(one["createdBy"]["td_user_id"]),
    "created_by_user_name": lambda one: one["createdBy"]["name"],
    "name": lambda one: one["name"],
    "updated_at": lambda one: one["updatedAt"],
    "created_at": lambda one: one["createdAt"],
}


class Listing:
    """What a request asks of the list."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def page(self, shaped: list[Json]) -> Json:
        """Give the page that is asked for; raise InvalidError for parameters that can't be."""
        found = self._sorted([one for one in shaped if self._fits(one)])
        size = self._ask.whole("page[size]", PAGE, most=LARGEST_PAGE)
        start = 0
        cursor = self._ask.query("page[after]")
        if cursor:
            places = [place for place, one in enumerate(found) if one["id"] == cursor]
            start = places[0] + 1 if places else len(found)
        some = found[start : start + size]
        has_next = start + size < len(found)
        pagination: Json = {"hasNext": has_next, "approximateCount": len(found)}
        if has_next:
            parameters = self._ask.request.query_params.multi_items()
            kept = [f"{name}={value}" for name, value in parameters if name != "page[after]"]
            query = "&".join([*kept, f"page[after]={some[-1]['id']}"])
            pagination["nextPage"] = f"{self._ask.request.url.path}?{query}"
        return {"syndications": some, "pagination": pagination}

    def _sorted(self, found: list[Json]) -> list[Json]:
        text = self._ask.query("sorted_by")
        if not text:
            return found
        key, _, option = text.partition(":")
        if key not in _KEYS or option not in {"", "asc", "desc"}:
            detail = f"Must be one of {', '.join(_KEYS)}, with :asc or :desc"
            raise InvalidError(("/sorted_by", "INVALID_FORMAT_OR_ASSOCIATION", detail))
        return sorted(found, key=_KEYS[key], reverse=option == "desc")

    def _fits(self, one: Json) -> bool:
        ask = self._ask
        # not documented, so assumed: a part of a name is found in upper and lower case
        if ask.query("name_include").casefold() not in one["name"].casefold():
            return False
        if ask.query("segment_name_include").casefold() not in one["segmentName"].casefold():
            return False
        if not self._starts(one["startAt"]):
            return False
        wanted = {
            "connection_type": one["connectionType"],
            "schedule_status": one["scheduleStatus"],
            "created_by_td_user_id": one["createdBy"]["td_user_id"],
            "activation_template_id": one["activationTemplateId"] or "none",
            "repeat_unit": one["repeatUnit"],
        }
        return all(
            not self._several(name) or has in self._several(name) for name, has in wanted.items()
        )

    def _several(self, name: str) -> set[str]:
        values = self._ask.request.query_params
        texts = [*values.getlist(name), *values.getlist(f"{name}[]")]
        return {part for text in texts for part in text.split(",") if part}

    def _starts(self, start: str | None) -> bool:
        after, before = self._moment("start_after"), self._moment("start_before")
        if after is None and before is None:
            return True
        if start is None:
            return False
        at = _utc(datetime.fromisoformat(start))
        return (after is None or at > after) and (before is None or at < before)

    def _moment(self, name: str) -> datetime | None:
        text = self._ask.query(name)
        if not text:
            return None
        try:
            return _utc(datetime.fromisoformat(text.replace(" ", "+")))
        except ValueError as error:
            detail = "Must be a time in ISO 8601"
            problem = (f"/{name}", "INVALID_FORMAT_OR_ASSOCIATION", detail)
            raise InvalidError(problem) from error  # type: ignore[arg-type]  # a known code


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
