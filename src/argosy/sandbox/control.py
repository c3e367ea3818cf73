"""The sandbox's own routes, under `/_sandbox/`: look inside, seed, reset, clock, faults, log.

| route | what it does |
| --- | --- |
| `POST seed` | hold exactly this seed (see `seed`) until the next reset |
| `POST reset` | back to the start: the settings' seed, ids, clock, no fault rules, empty log |
| `GET clock`, `PUT clock` | `{"now": epoch}`, `{"advance": seconds}` or `{"system": true}` |
| `GET pace`, `PUT pace` | `{"pace": "immediate"}`, `polls:N` or `seconds:N` (see `agenda`) |
| `GET`, `POST snapshots`, `DELETE snapshots/{name}` | the snapshots; POST `{"name": …}` takes one |
| `POST snapshots/{name}/restore` | back to a snapshot |
| `GET outbox`, `outbox/{id}` | what activations and exports delivered, and one's content |
| `GET ca.pem` | the authority to trust where the sandbox speaks HTTPS |
| `GET databases` | databases, their tables and how many rows each has |
| `GET rows/{database}/{table}` | columns, count, and rows by `limit` and `offset` |
| `GET requests`, `DELETE requests` | the request log (see `request_log`) |
| `GET`, `POST`, `DELETE faults` | fault rules (see `faults`); POST adds one or an array |

They ask for no key, so they guard against web pages instead: a `Host` that isn't this machine,
the bound host or one named in the settings is refused (a page whose name was made to point
here), and POST and PUT need `Content-Type: application/json` (a page can't send that, or a
DELETE, elsewhere without asking first, and nothing here answers that question).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, Router

from argosy.sandbox import snapshots
from argosy.sandbox.agenda import Pace
from argosy.sandbox.answers import JSON, CodeMessageError, json_answer
from argosy.sandbox.faults import Rule
from argosy.sandbox.hosts import host_name
from argosy.sandbox.reading import Node, ShapeError
from argosy.sandbox.settings import SetupError

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json
    from argosy.sandbox.state import State

Endpoint = Callable[[Request], Awaitable[Response]]

CONTROL: Final = "/_sandbox"

MOST_ROWS: Final = 10_000
_FEW_ROWS: Final = 100
_LAST_SECOND: Final = 99_999_999_999


class ControlRoutes:
    """The control routes of a sandbox that listens on a host."""

    def __init__(self, state: State, host: str) -> None:
        self._state = state
        self._hosts = {"localhost", host, *state.settings.control_hosts}
        self._suffixes = tuple(name for name in self._hosts if name.startswith("."))

    def mount(self) -> Mount:
        """Give the routes as one mount, so that no other route takes a path under it."""
        routes = [
            self._route("seed", "POST", self.seed),
            self._route("reset", "POST", self.reset),
            self._route("clock", "GET", self.clock),
            self._route("clock", "PUT", self.move_clock),
            self._route("pace", "GET", self.pace),
            self._route("pace", "PUT", self.set_pace),
            self._route("snapshots", "GET", self.snapshots),
            self._route("snapshots", "POST", self.take_snapshot),
            self._route("snapshots/{name}", "DELETE", self.remove_snapshot),
            self._route("snapshots/{name}/restore", "POST", self.restore_snapshot),
            self._route("outbox", "GET", self.outbox),
            self._route("outbox/{id}", "GET", self.delivery),
            self._route("ca.pem", "GET", self.authority),
            self._route("databases", "GET", self.databases),
            self._route("rows/{database}/{table}", "GET", self.rows),
            self._route("requests", "GET", self.requests),
            self._route("requests", "DELETE", self.forget_requests),
            self._route("faults", "GET", self.faults),
            self._route("faults", "POST", self.add_faults),
            self._route("faults", "DELETE", self.clear_faults),
        ]
        return Mount(CONTROL, Router(routes, redirect_slashes=False))

    def _route(self, path: str, method: str, endpoint: Endpoint) -> Route:
        """Make a route with the guards, and with 400 for what a document got wrong."""

        async def guarded(request: Request) -> Response:
            self._check_host(request.headers.get("host", ""))
            if method in {"POST", "PUT"}:
                check_media_type(request.headers.get("content-type", ""))
            try:
                return await endpoint(request)
            except ShapeError as error:
                raise CodeMessageError(400, "bad-request", str(error)) from error

        return Route(f"/{path}", guarded, methods=[method])

    def _check_host(self, header: str) -> None:
        """Raise the 403 answer for a host name that may belong to someone else."""
        host = host_name(header)
        if host in self._hosts or is_loopback(host) or host.endswith(self._suffixes):
            return
        text = f"The control routes don't answer to the host {host!r}."
        raise CodeMessageError(403, "forbidden-host", text)

    async def seed(self, request: Request) -> Response:
        """Hold exactly the seed in the body."""
        self._state.replace(await document(request))
        return json_answer({"seeded": True})

    async def reset(self, _request: Request) -> Response:
        """Go back to the seed."""
        self._state.reset()
        return json_answer({"reset": True})

    async def clock(self, _request: Request) -> Response:
        """Tell the time."""
        return json_answer({"now": self._state.clock.now(), "mode": self._state.clock.mode})

    async def move_clock(self, request: Request) -> Response:
        """Set the clock, move it on, or let it follow the system again."""
        node = Node(await document(request))
        members = node.members("now", "advance", "system")
        if len(members) != 1:
            node.refuse("one of now, advance, system is needed.")
        if "now" in members:
            self._state.clock.set(members["now"].number(0, _LAST_SECOND))
        elif "advance" in members:
            now = self._state.clock.now()
            self._state.clock.advance(members["advance"].number(-now, _LAST_SECOND - now))
        else:
            self._state.clock.follow_system()
        return await self.clock(request)

    async def pace(self, _request: Request) -> Response:
        """Tell how what takes time goes on."""
        return json_answer({"pace": self._state.agenda.pace.text})

    async def set_pace(self, request: Request) -> Response:
        """Set the pace for what is started from now on."""
        node = Node(await document(request))
        node.members("pace")
        text = node.required("pace").text()
        try:
            self._state.agenda.pace = Pace.parsed(text)
        except SetupError as error:
            raise CodeMessageError(400, "bad-request", str(error)) from error
        return await self.pace(request)

    async def snapshots(self, _request: Request) -> Response:
        """List the snapshots."""
        return json_answer({"snapshots": self._state.snapshots.names()})

    async def take_snapshot(self, request: Request) -> Response:
        """Keep the state under a name."""
        node = Node(await document(request))
        node.members("name")
        name = node.required("name").text(snapshots.NAME, f"a name that matches {snapshots.NAME}")
        self._state.snapshots.take(name)
        return await self.snapshots(request)

    async def remove_snapshot(self, request: Request) -> Response:
        """Forget a snapshot."""
        self._state.snapshots.remove(self._known_snapshot(request))
        return await self.snapshots(request)

    async def restore_snapshot(self, request: Request) -> Response:
        """Go back to a snapshot."""
        name = self._known_snapshot(request)
        self._state.snapshots.restore(name)
        return json_answer({"restored": name})

    def _known_snapshot(self, request: Request) -> str:
        name: str = request.path_params["name"]
        if name not in self._state.snapshots.names():
            raise CodeMessageError(404, "not-found", f"There is no snapshot {name!r}.")
        return name

    async def outbox(self, _request: Request) -> Response:
        """List what was delivered."""
        return json_answer({"deliveries": self._state.outbox.deliveries()})

    async def delivery(self, request: Request) -> Response:
        """Give the content of a delivery."""
        content = self._state.outbox.content(request.path_params["id"])
        if content is None:
            raise CodeMessageError(404, "not-found", "There is no such delivery.")
        return Response(content, media_type="application/octet-stream")

    async def authority(self, _request: Request) -> Response:
        """Give the certificate of the sandbox's authority."""
        if self._state.authority is None:
            raise CodeMessageError(404, "not-found", "The sandbox does not speak HTTPS.")
        return Response(self._state.authority, media_type="application/x-pem-file")

    async def databases(self, _request: Request) -> Response:
        """List databases and tables."""
        tables = self._state.tables
        listed = [
            {
                "name": database,
                "tables": [
                    {"name": table, "count": tables.count(database, table)}
                    for table in tables.tables(database)
                ],
            }
            for database in tables.databases()
        ]
        return json_answer({"databases": listed})

    async def rows(self, request: Request) -> Response:
        """Give a table's columns and some of its rows, in the order they came."""
        tables = self._state.tables
        names = (request.path_params["database"], request.path_params["table"])
        if not tables.has_table(*names):
            raise CodeMessageError(404, "not-found", f"There is no table {'.'.join(names)}.")
        limit = asked_number(request, "limit", _FEW_ROWS, MOST_ROWS)
        offset = asked_number(request, "offset", 0, 10**12)
        columns = tables.columns(*names)
        return json_answer(
            {
                "columns": [{"name": column.name, "type": column.type} for column in columns],
                "count": tables.count(*names),
                "rows": tables.rows(*names, limit, offset),
            }
        )

    async def requests(self, _request: Request) -> Response:
        """Give the request log."""
        return json_answer({"requests": self._state.log.shown()})

    async def forget_requests(self, request: Request) -> Response:
        """Empty the request log."""
        self._state.log.clear()
        return await self.requests(request)

    async def faults(self, _request: Request) -> Response:
        """List the fault rules and how often each matched and fired."""
        rules = self._state.faults.rules
        listed = [
            {"rule": rule.document, "matched": rule.matched, "fired": rule.fired} for rule in rules
        ]
        return json_answer({"faults": listed})

    async def add_faults(self, request: Request) -> Response:
        """Add the fault rule in the body, or each of an array, or none if one is wrong."""
        body = await document(request)
        if isinstance(body, list):
            rules = [Rule.from_json(item, f"/{index}") for index, item in enumerate(body)]
        else:
            rules = [Rule.from_json(body)]
        self._state.faults.rules.extend(rules)
        return await self.faults(request)

    async def clear_faults(self, request: Request) -> Response:
        """Remove all fault rules."""
        self._state.faults.rules.clear()
        return await self.faults(request)


async def document(request: Request) -> Json:
    """Read a JSON body; raise the 400 answer if it is none."""
    try:
        return orjson.loads(await request.body())
    except ValueError as error:
        raise CodeMessageError(400, "bad-request", f"The body is not JSON: {error}") from error


def asked_number(request: Request, name: str, default: int, most: int) -> int:
    """Read a number of the query; raise the 400 answer if it is none, or too large."""
    text = request.query_params.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) < 14 and int(text) <= most:
        return int(text)
    raise CodeMessageError(400, "bad-request", f"{name!r} must be a number from 0 to {most}.")


def check_media_type(header: str) -> None:
    """Raise the 415 answer unless a body is declared to be JSON."""
    if header.partition(";")[0].strip().lower() != JSON:
        text = f"The control routes take Content-Type: {JSON} only."
        raise CodeMessageError(415, "unsupported-media-type", text)


def is_loopback(host: str) -> bool:
    """Say whether a host is an address of this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
