"""Ask who a rule takes: the number of profiles, and the profiles page by page, without HTTP.

A query is two jobs of the core API, one for the profiles and one for their number, whose ids it
tells. Its status goes from running to success or error as the pace says. Not documented, so
assumed: a page has 100 profiles unless asked otherwise, and there are at most 1000 pages; what
lies beyond the last page is `end`; without columns the id alone is given; `filterString` keeps
the profiles that have the text, in any case, in one of the asked columns; columns that aren't
there end the query as an error, as the job says.
"""

# Names and values are written by `identifier` and `text_literal`.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.agenda import DONE
from argosy.sandbox.cdp.errors import AbsentError, NotDoneError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.matrix import GROUP_ID
from argosy.sandbox.cdp.models import Funnel
from argosy.sandbox.cdp.rules.aggregates import identifier
from argosy.sandbox.cdp.rules.catalogue import CUSTOMER_ID, CUSTOMERS
from argosy.sandbox.cdp.rules.comparisons import text_literal
from argosy.sandbox.cdp.rules.translation import NotEvaluatedError

if TYPE_CHECKING:
    from argosy.sandbox.cdp.models import Audiences, ParentSegment
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

QUERY: Final = "segment-query"
PAGE: Final = 100
MOST_PAGES: Final = 1000
LARGEST_PAGE: Final = 10_000
MOST_COLUMNS: Final = 500


class SegmentQuery(Struct, frozen=True):
    """A query; `sql` and `count_sql` are what its jobs run."""

    id: str
    parent_segment: str
    sql: str
    count_sql: str
    group_sql: str | None
    page_size: int
    most_pages: int
    user: str
    job: str
    count_job: str | None = None
    status: str = "running"
    count: int | None = None
    group_count: int | None = None
    error: str | None = None

    @property
    def pages(self) -> int | None:
        """Give how many pages there are; None before that is known."""
        if self.count is None:
            return None
        return min(max(-(-self.count // self.page_size), 1), self.most_pages)


class SegmentQueries:
    """The queries of all parent segments."""

    def __init__(
        self, foundation: Foundation, audiences: Audiences, populations: Populations, jobs: Jobs
    ) -> None:
        self._foundation = foundation
        self._documents = foundation.documents
        self._audiences = audiences
        self._populations = populations
        self._jobs = jobs
        foundation.agenda.handlers[QUERY] = self._due

    def sql(self, parent: ParentSegment, body: Json) -> str:
        """Write the SQL of a rule; raise InvalidError, or NotDoneError for what can't be done."""
        fields = Fields(body)
        fields.choice("format", ("sql",), "sql")
        _check_kind(fields)
        fields.check()
        return self._sql(parent, fields)

    def _sql(self, parent: ParentSegment, fields: Fields) -> str:
        try:
            stage = fields.members.get("funnel_stage")
            if fields.members.get("rule") is None and isinstance(stage, dict):
                return self._stage_sql(parent, stage)
            return self._populations.sql(parent, fields.members.get("rule"))
        except NotEvaluatedError as error:
            message = f"The sandbox can't evaluate the rule: {error}."
            raise NotDoneError(message) from error

    def _stage_sql(self, parent: ParentSegment, stage: dict[str, Json]) -> str:
        funnel = self._audiences.find(Funnel, str(stage.get("funnel_id")))
        if funnel is None or funnel.parent_segment != parent.id:
            raise AbsentError("funnel", str(stage.get("funnel_id")))
        segment = self._populations.stage_segment(funnel, str(stage.get("stage_id")))
        if segment is None:
            raise AbsentError("funnel stage with a segment", str(stage.get("stage_id")))
        return self._populations.segment_sql(parent, segment)

    def start(self, parent: ParentSegment, body: Json, user: str) -> SegmentQuery:
        """Begin to ask who a rule takes; raise InvalidError or NotDoneError."""
        fields = Fields(body)
        columns = fields.items("columns", most=MOST_COLUMNS) or [CUSTOMER_ID]
        for index, one in enumerate(columns):
            if not isinstance(one, str) or not one:
                fields.wrong(f"/columns/{index}", "Must be the name of a column")
        _check_kind(fields)
        size = fields.whole("pageSize", PAGE, 1, LARGEST_PAGE) or PAGE
        most = fields.whole("maxPage", MOST_PAGES, 1) or MOST_PAGES
        text = fields.text("filterString")
        fields.check()
        members = self._sql(parent, fields)
        sql = self._selected(parent, columns, text, members)
        query = SegmentQuery(
            id=self._documents.new_id(QUERY),
            parent_segment=parent.id,
            sql=sql,
            count_sql=f"SELECT COUNT(*) AS total FROM ({sql}) profiles",
            group_sql=self._groups(parent, members),
            page_size=size,
            most_pages=min(most, MOST_PAGES),
            user=user,
            job="",
        )
        job = self._run(parent, sql, user)
        query = replace(query, job=job.id)
        self._documents.add(QUERY, parent.id, {query.id: asdict(query)})
        self._foundation.agenda.start(QUERY, query.id)
        self._foundation.agenda.settle()
        return self.get(parent, query.id)

    def get(self, parent: ParentSegment, key: str) -> SegmentQuery:
        """Give a query; raise AbsentError."""
        found = self._documents.find(QUERY, key)
        if found is None or found["parent_segment"] != parent.id:
            raise AbsentError("segment query", key)
        return SegmentQuery(**found)

    def look(self, parent: ParentSegment, key: str) -> SegmentQuery:
        """Give a query after counting that a client looked at it."""
        self._foundation.agenda.look(f"{QUERY}:{self.get(parent, key).id}")
        return self.get(parent, key)

    def kill(self, parent: ParentSegment, key: str) -> SegmentQuery:
        """Stop a query that is running; one that has ended stays as it is."""
        query = self.get(parent, key)
        if query.status == "running":
            self._foundation.agenda.drop(QUERY, query.id)
            query = replace(query, status="killed")
            self._keep(query)
        return query

    def page(self, parent: ParentSegment, key: str, page: int) -> Json:
        """Give a page of profiles in the vendor's words, counted from 1."""
        query = self.look(parent, key)
        blank: Json = {"queryId": query.id, "names": None, "rows": None, "error": query.error}
        if query.status == "running":
            return {**blank, "type": "pending"}
        if query.status != "success":
            return {**blank, "type": query.status}
        columns, rows = self._jobs.result(query.job)
        first = (page - 1) * query.page_size
        some = rows[first : first + query.page_size]
        if not some or page > (query.pages or 0):
            return {**blank, "type": "end"}
        shown = [[_shown(value) for value in row] for row in some]
        return {**blank, "names": [name for name, _ in columns], "rows": shown, "type": "rows"}

    def _due(self, key: str, stage: str) -> None:
        found = self._documents.find(QUERY, key)
        query = None if found is None else SegmentQuery(**found)
        parent = None if query is None else self._audiences.parent_segment(query.parent_segment)
        if query is None or parent is None or query.status != "running" or stage != DONE:
            return
        self._keep(self._ended(parent, query))

    def _ended(self, parent: ParentSegment, query: SegmentQuery) -> SegmentQuery:
        job = self._jobs.find(query.job)
        if job.status != "success":
            return replace(query, status="error", error=job.error or f"The job is {job.status}.")
        counted = self._run(parent, query.count_sql, query.user)
        groups = None
        if query.group_sql is not None:
            groups = self._number(self._run(parent, query.group_sql, query.user))
        return replace(
            query,
            status="success",
            count=self._number(counted),
            count_job=counted.id,
            group_count=groups,
        )

    def _run(self, parent: ParentSegment, sql: str, user: str) -> Job:
        return self._jobs.run_at_once("presto", parent.matrix, sql, user)

    def _number(self, job: Job) -> int | None:
        _, rows = self._jobs.result(job.id)
        return int(rows[0][0]) if rows else None

    def _selected(self, parent: ParentSegment, columns: list[str], text: str, members: str) -> str:
        catalogue = self._populations.catalogue(parent)
        named = []
        for name in columns:
            found = None if catalogue is None else catalogue.customers.column(name)
            named.append(identifier(name if found is None else found[0]))
        listed = ", ".join(f"c.{name}" for name in named)
        source = f"{identifier(parent.matrix)}.{identifier(CUSTOMERS)}"
        sql = f'SELECT {listed} FROM {source} c WHERE c."{CUSTOMER_ID}" IN ({members})'
        if text:
            # arrays have no text form in Presto
            tests = [
                f"STRPOS(LOWER(CAST(c.{name} AS VARCHAR)), {text_literal(text.lower())}) > 0"
                for name in named
                if catalogue is None or not _is_array(catalogue.customers.columns, name)
            ]
            sql += f" AND ({' OR '.join(tests) or '1 = 0'})"
        return f'{sql} ORDER BY c."{CUSTOMER_ID}"'

    def _groups(self, parent: ParentSegment, members: str) -> str | None:
        """Write the query for the number of customer groups, where there are any."""
        catalogue = self._populations.catalogue(parent)
        if catalogue is None or not catalogue.groups:
            return None
        table = next(iter(catalogue.groups.values())).name
        source = f"{identifier(parent.matrix)}.{identifier(table)}"
        return (
            f'SELECT COUNT(DISTINCT g."{GROUP_ID}") AS total FROM {source} g'
            f' WHERE g."{CUSTOMER_ID}" IN ({members})'
        )

    def _keep(self, query: SegmentQuery) -> None:
        self._documents.replace(QUERY, query.id, query.parent_segment, asdict(query))


def _check_kind(fields: Fields) -> None:
    """Note a kind that segments don't have, as creating one does."""
    kind = fields.members.get("kind")
    if kind is not None and (isinstance(kind, bool) or kind not in (0, 1, 2)):
        fields.wrong("/kind", "Must be 0 (batch), 1 (realtime) or 2 (funnel_stage)")


def _is_array(columns: Json, name: str) -> bool:
    return str(columns.get(name.strip('"'), "")).endswith("_array")


def _shown(value: Json) -> Json:
    """Give a cell as the vendor's schema has it: a text, a number or null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return orjson.dumps(value).decode()
    return value
