"""The history of populations, a point a day, and samples of what columns hold."""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from argosy.sandbox.cdp.errors import InvalidError
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import path

if TYPE_CHECKING:
    from argosy.sandbox.cdp.models import ParentSegment
    from argosy.sandbox.cdp.rules.catalogue import MatrixTable
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

MOST_DAYS: Final = 3660
USUAL_SAMPLES: Final = 1000
USUAL_LIMIT: Final = 100


class Statistics:
    """What can be told of populations and values."""

    def __init__(self, foundation: Foundation) -> None:
        self._foundation = foundation

    def history(
        self, kind: str, owner: str, zone: str, first: date | None, last: date | None
    ) -> list[Json]:
        """Give an epoch, a population and whether it was counted then, for each day.

        Days are those of the time zone, both ends included. A day without a run has the population
        of the day before and the epoch of its beginning; before the first run there is nothing.
        """
        points = sorted(self._foundation.documents.every(kind, owner), key=lambda one: one["at"])
        where = ZoneInfo(zone)
        by_day: dict[date, Json] = {}
        for point in points:
            by_day[datetime.fromtimestamp(point["at"], UTC).astimezone(where).date()] = point
        if not by_day:
            return []
        now = datetime.fromtimestamp(self._foundation.clock.now(), UTC).astimezone(where)
        day, end = min(by_day), min(last or now.date(), now.date())
        found: list[Json] = []
        count = 0
        while day <= end:
            point = by_day.get(day)
            if point is not None:
                count = point["count"]
            if first is None or day >= first:
                start = datetime(day.year, day.month, day.day, tzinfo=where)
                at = int(start.timestamp()) if point is None else point["at"]
                found.append([at, count, point is not None])
            day += timedelta(days=1)
        return found[-MOST_DAYS:]

    def samples(
        self, parent: ParentSegment, table: MatrixTable | None, name: str, limit: int, most: int
    ) -> list[Json]:
        """Give the most frequent values of a column and their shares; elements count for arrays."""
        if not name:
            raise InvalidError(("/column", "CANNOT_BE_BLANK", "Can't be blank"))
        if table is None:
            return []
        column = table.column(name)
        if column is None:
            detail = f"There is no column {name[:100]!r}"
            raise InvalidError(("/column", "INVALID_FORMAT_OR_ASSOCIATION", detail))
        value = quoted(column[0])
        if column[1].endswith("_array"):
            value = f"unnest({value})"
        source = f"SELECT {value} AS value FROM {path(parent.matrix, table.name)}"
        rows = self._foundation.store.run(
            f"SELECT value, count(*) / sum(count(*)) OVER () AS share"
            f" FROM (SELECT value FROM ({source}) WHERE value IS NOT NULL LIMIT ?)"
            f" GROUP BY value ORDER BY 2 DESC, 1 LIMIT ?",
            [most, limit],
        )
        return [[_shown(one), float(share)] for one, share in rows]


def _shown(value: Json) -> Json:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, int | float | str) else str(value)
