"""Routes of saved queries.

One is of the API's fourth version and in no specification: the vendor's Java client starts a
saved query by its id there, for an ISO time, and reads the job's `id` from the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from argosy.sandbox.core.errors import forbidden, invalid
from argosy.sandbox.core.job_routes import MOST_INDEX, checked_query, read_options, shown
from argosy.sandbox.core.jobs import ENGINES, JobOptions
from argosy.sandbox.core.result_urls import masked_url
from argosy.sandbox.core.times import iso, read_time, spaced

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from argosy.sandbox.auth import User
    from argosy.sandbox.core.desk import Ask, Desk
    from argosy.sandbox.core.parameters import Parameters
    from argosy.sandbox.core.result_targets import ResultTargets
    from argosy.sandbox.core.saved_queries import SavedQueries, SavedQuery
    from argosy.sandbox.core.users import Users
    from argosy.sandbox.settings import Json

_FEW_RUNS: Final = 20
_MOST_RUNS: Final = 10
_LONGEST_DELAY: Final = 366 * 86_400
_LAST_SECOND: Final = 99_999_999_999
_USUAL_TYPE: Final = "hive"
_USUAL_ZONE: Final = "UTC"


class SavedQueryRoutes:
    """Routes of saved queries."""

    def __init__(
        self, desk: Desk, queries: SavedQueries, users: Users, targets: ResultTargets
    ) -> None:
        self._desk = desk
        self._queries = queries
        self._users = users
        self._targets = targets

    def routes(self) -> list[BaseRoute]:
        """Give the routes."""
        desk = self._desk
        return [
            desk.get("/schedule/list", self.listed),
            desk.post("/schedule/create/{name}", self.create),
            desk.post("/schedule/update/{name}", self.update),
            desk.post("/schedule/delete/{name}", self.delete),
            desk.post("/schedule/run/{name}/{time}", self.run),
            desk.get("/schedule/history/{name}", self.history),
            desk.route("POST", "/queries/{id}/jobs", self.run_by_id, version="v4"),
        ]

    def listed(self, ask: Ask) -> Json:
        """Give the saved queries that the caller may see: all, or their own."""
        found = [one for one in self._queries.every() if _may_see(ask, one)]
        return {"schedules": [_shown(one) for one in found]}

    def create(self, ask: Ask) -> Json:
        """Save a query."""
        values = ask.values
        facts = {
            "type": _USUAL_TYPE,
            "cron": None,
            "timezone": _USUAL_ZONE,
            "delay": 0,
            "user": ask.caller.user.id,
            "query": values.required("query"),
            "database": values.required("database"),
        }
        facts |= _options(read_options(values)) | self._facts(ask)
        user = self._users.find(str(facts["user"]))
        return _reference(self._queries.create(ask.path["name"], user, facts))

    def update(self, ask: Ask) -> Json:
        """Change what was sent of a saved query."""
        query = self._found(ask)
        facts = self._facts(ask)
        sent = _options(read_options(ask.values))
        facts |= {name: value for name, value in sent.items() if _is_sent(ask.values, name)}
        name = ask.values.text("name")
        if name is not None:
            facts["name"] = name
        if "user" in facts:
            facts["user_name"] = self._users.find(facts["user"]).name
        return _reference(self._queries.update(query, facts))

    def _facts(self, ask: Ask) -> dict[str, Any]:
        """Give the members of a SavedQuery that were sent, but for a job's options."""
        values = ask.values
        facts: dict[str, Any] = {}
        kind, zone = values.text("type"), values.text("timezone")
        if kind is not None:
            if kind not in ENGINES:
                raise invalid(f"Validation failed: Type {kind[:100]!r} is unknown")
            facts["type"] = kind
        if values.text("query") is not None:
            facts["query"] = checked_query(values.required("query"), kind or _USUAL_TYPE)
        if values.text("database") is not None:
            name = values.required("database")
            facts["database"] = self._desk.database(ask.caller, name, "query").name
        if values.has("cron"):
            facts["cron"] = values.text("cron")
        if zone is not None:
            facts["timezone"] = zone
        if values.has("delay"):
            facts["delay"] = values.number("delay", 0, _LONGEST_DELAY, 0)
        if values.text("executing_user_id") is not None:
            facts["user"] = self._executing(ask).id
        self._targets.check(ask.caller, read_options(values), values.text("database"))
        return facts

    def _executing(self, ask: Ask) -> User:
        user = self._users.find(ask.values.required("executing_user_id"))
        if user.id != ask.caller.user.id and not ask.caller.user.administrator:
            raise forbidden("let another user run the query")
        return user

    def delete(self, ask: Ask) -> Json:
        """Forget a saved query."""
        query = self._found(ask)
        self._queries.delete(query)
        return _reference(query)

    def run(self, ask: Ask) -> Json:
        """Run a query for one time or several."""
        query = self._found(ask)
        text = ask.path["time"]
        if not (text.isascii() and text.isdigit() and int(text[:20]) <= _LAST_SECOND):
            raise invalid("Validation failed: the time is not an epoch")
        count = ask.values.number("num", 1, _MOST_RUNS, 1)
        key = ask.values.text("domain_key")
        if key is not None and count > 1:
            raise invalid("'domain_key' parameter is for one run, not several")
        jobs = self._queries.run(query, float(text), count, key)
        return {
            "jobs": [
                {
                    "job_id": int(job.id),
                    "type": job.type,
                    "scheduled_at": spaced(job.options.scheduled_time),
                }
                for job in jobs
            ]
        }

    def run_by_id(self, ask: Ask) -> Json:
        """Run a query for one time."""
        query = self._visible(ask, self._queries.find(ask.path["id"]))
        due = read_time(ask.values.required("scheduled_time"), "scheduled_time")
        (job,) = self._queries.run(query, due, 1, ask.values.text("domain_key"))
        return {"id": job.id}

    def history(self, ask: Ask) -> Json:
        """Give the jobs of a saved query, newest first, by their position."""
        query = self._found(ask)
        first = ask.values.number("from", 0, MOST_INDEX, 0)
        last = ask.values.number("to", 0, MOST_INDEX, first + _FEW_RUNS)
        has_end = ask.values.text("to") is not None
        end = last + 1 if has_end else first + _FEW_RUNS
        runs = self._queries.history(query)
        listed = [
            shown(job) | {"scheduled_at": spaced(job.options.scheduled_time)}
            for job in runs[first:end]
        ]
        return {"count": len(runs), "from": first, "to": last, "history": listed}

    def _found(self, ask: Ask) -> SavedQuery:
        return self._visible(ask, self._queries.named(ask.path["name"]))

    def _visible(self, ask: Ask, query: SavedQuery) -> SavedQuery:
        if not _may_see(ask, query):
            raise forbidden("use another user's saved query")
        return query


def _may_see(ask: Ask, query: SavedQuery) -> bool:
    return ask.caller.user.administrator or query.user == ask.caller.user.id


def _options(options: JobOptions) -> dict[str, Any]:
    return {
        "priority": options.priority,
        "retry_limit": options.retry_limit,
        "result": options.result,
        "connection": options.connection,
        "connection_settings": options.connection_settings,
        "pool_name": options.pool_name,
        "engine_version": options.engine_version,
    }


def _is_sent(values: Parameters, name: str) -> bool:
    sent = {
        "connection": "result_connection_id",
        "connection_settings": "result_connection_settings",
    }
    return values.has(sent.get(name, name))


def _reference(query: SavedQuery) -> dict[str, Json]:
    start = None if query.next_time is None else iso(query.next_time)
    return {
        "name": query.name,
        "cron": query.cron,
        "timezone": query.timezone,
        "delay": query.delay,
        "created_at": iso(query.created_at),
        "type": query.type,
        "query": query.query,
        "database": query.database,
        "user_name": query.user_name,
        "id": int(query.id),
        "start": start,
    }


def _shown(query: SavedQuery) -> dict[str, Json]:
    shape = _reference(query)
    shape["next_time"] = shape.pop("start")
    return shape | {
        "priority": query.priority,
        "retry_limit": query.retry_limit,
        "result": masked_url(query.result) if query.result else "",
        "engine_version": query.engine_version or "stable",
        "executing_user_id": int(query.user),
    }
