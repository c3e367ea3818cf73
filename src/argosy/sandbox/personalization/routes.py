"""Routes of the personalization service: an event in, offers out.

`POST /{database}/{table}` is for servers and has the path of the records API; on an address
that is none of the vendor's a request is meant for this service if it has the header
`WP13n-Token`. `POST /public/{database}/{table}` is for browsers: it needs an `Origin` and a
token of a public personalization, and `time` and `uuid` may be left out (the vendor's
JavaScript client sends neither).

Assumptions, where nothing is documented: the API key is looked at first (401, or 403 if it may
not write to the database), then the token, then where the request is from, then the event; what
keeps an event from being stored is 3004, too; any content type is read as JSON.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.routing import Match, Route

from argosy.sandbox.answers import CodeMessageError, json_answer
from argosy.sandbox.hosts import PERSONALIZATION_HEADER, family_of, host_name
from argosy.sandbox.personalization.errors import Code, PersonalizationError, refused
from argosy.sandbox.personalization.models import ACCOUNT, VALUE_PATTERN, Personalizations, Token
from argosy.sandbox.records.models import Ingestion, Target, is_uuid
from argosy.sandbox.records.routes import RECORD_LIMIT, parsed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

    from argosy.sandbox.auth import Caller
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.records.batch import Record

_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_NAME: Final = re.compile(r"[0-9a-z_]{3,128}", re.ASCII)
_ORIGIN: Final = re.compile(r"(?i)https?://[0-9a-z.:\[\]_-]+")
_LAST_SECOND: Final = 253_402_300_799  # the end of the year 9999


class _OwnRoute(Route):
    """A route that takes only what is meant for this service; the records API has its path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Say whether a request is one for this route."""
        headers = {name.decode("latin-1"): value for name, value in scope["headers"]}
        host = host_name(headers.get("host", b"").decode("latin-1"))
        if family_of(host, scope["path"], headers) != "personalization":
            return Match.NONE, {}
        return super().matches(scope)


class PersonalizationRoutes:
    """The service over its model and the records API's Ingestion."""

    def __init__(
        self, model: Personalizations, ingestion: Ingestion, foundation: Foundation
    ) -> None:
        self._model = model
        self._ingestion = ingestion
        self._doorkeeper = foundation.doorkeeper
        self._auto_create = foundation.settings.auto_create

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            _OwnRoute("/public/{database}/{table}", self.from_browser, methods=_METHODS),
            _OwnRoute("/{database}/{table}", self.from_server, methods=_METHODS),
        ]

    async def from_server(self, request: Request) -> Response:
        """Answer a server."""
        return await self._personalize(request, is_public=False)

    async def from_browser(self, request: Request) -> Response:
        """Answer a browser."""
        return await self._personalize(request, is_public=True)

    async def _personalize(self, request: Request, *, is_public: bool) -> Response:
        if request.method != "POST":
            raise refused(Code.METHOD, f"The method {request.method} is not supported.")
        database, table = request.path_params["database"], request.path_params["table"]
        caller = self._caller(request.headers.get("authorization"), database)
        token = self._token(request.headers.get(PERSONALIZATION_HEADER))
        if self._model.is_public(token) != is_public:
            raise refused(Code.TOKEN_TYPE, "The token is not of the type that is needed here.")
        _check_sender(request, token, is_public=is_public)
        event = _event(await request.body(), is_public=is_public)
        self._store(caller, database, table, event)
        return json_answer({"offers": self._model.offers(token, (database, table), event)})

    def _caller(self, authorization: str | None, database: str) -> Caller:
        caller = self._doorkeeper.caller(authorization)
        if caller is None:
            raise PersonalizationError(401, 401, "The API key is missing or not known.")
        if not caller.may("import", database):
            raise PersonalizationError(403, 403, "The API key has no write access.")
        return caller

    def _token(self, value: str | None) -> Token:
        if not value:
            raise refused(Code.NO_TOKEN, "The header WP13n-Token is missing.")
        if not re.fullmatch(VALUE_PATTERN, value):
            text = "The token is not an account number, an index and 32 hexadecimal digits."
            raise refused(Code.TOKEN_FORMAT, text)
        token = self._model.token(value)
        if token is None:
            raise refused(Code.UNKNOWN_TOKEN, "The token is not known.")
        if token.account != ACCOUNT:
            raise refused(Code.OTHER_ACCOUNT, "The token is of another account than the API key.")
        return token

    def _store(self, caller: Caller, database: str, table: str, event: Record) -> None:
        """Store the event; raise the 3004 answer if no table can take it."""
        for name in (database, table):
            if not _NAME.fullmatch(name):
                raise refused(Code.EVENT, f"{name!r} does not match ^{_NAME.pattern}$.")
        target = Target(
            database,
            table,
            makes_database=self._auto_create == "all" and caller.is_master,
            makes_table=self._auto_create != "none",
        )
        try:
            (receipt,) = self._ingestion.ingest(target, [event])
        except CodeMessageError as error:
            raise refused(Code.EVENT, error.message) from error
        if receipt.error is not None:
            raise refused(Code.EVENT, receipt.error.description)


def _check_sender(request: Request, token: Token, *, is_public: bool) -> None:
    """Raise the answer for a request from where the token may not be used."""
    address = request.client.host if request.client else ""
    if not token.allows(address):
        raise refused(Code.ADDRESS, f"The token may not be used from {address}.")
    origin = request.headers.get("origin", "")
    if is_public and not _ORIGIN.fullmatch(origin):
        raise refused(Code.ORIGIN, "The header Origin is missing or invalid.")
    if is_public and token.origins and origin not in token.origins:
        raise refused(Code.ORIGIN, f"The token may not be used by pages of {origin}.")


def _event(body: bytes, *, is_public: bool) -> Record:
    """Read an event; raise the 3004 answer if it is none."""
    if len(body) > RECORD_LIMIT:
        raise refused(Code.EVENT, f"An event has at most {RECORD_LIMIT} bytes.")
    try:
        event = parsed(body)
    except CodeMessageError as error:
        raise refused(Code.EVENT, error.message) from error
    if not isinstance(event, dict):
        raise refused(Code.EVENT, "The body is not one JSON object.")
    needed = () if is_public else ("time", "uuid")
    missing = [name for name in needed if name not in event]
    if missing:
        raise refused(Code.EVENT, f"The event has no {missing[0]!r}.")
    if "time" in event and not _is_time(event["time"]):
        raise refused(Code.EVENT, "'time' is not in whole seconds from 1970 to 9999.")
    if "uuid" in event and not is_uuid(event["uuid"]):
        raise refused(Code.EVENT, "'uuid' is not a UUID.")
    return event


def _is_time(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LAST_SECOND
