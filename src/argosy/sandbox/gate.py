"""The gate every request passes: body, faults, log. The app behind it never sees a fault.

In this order: the body is read and decoded within a limit; the fault rules are asked; a fault
"before" takes the request's place; the app answers; a fault "after" takes the answer's place;
the log gets its entry; the answer leaves. The sandbox's own control routes are neither logged
nor faulted, and take larger bodies (seeds).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import orjson

from argosy.sandbox import cross_origin, delivery
from argosy.sandbox.answers import JSON, VendorError
from argosy.sandbox.control import CONTROL
from argosy.sandbox.delivery import Answer
from argosy.sandbox.exchange import Exchange
from argosy.sandbox.faults import Fault, Incoming
from argosy.sandbox.hosts import VENDOR_HOSTS, FamilyName, family_of, host_name
from argosy.sandbox.request_log import BODY_LIMIT, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from argosy.sandbox.apps import Apps
    from argosy.sandbox.state import State


_BODY_LIMIT: Final = 5 << 20  # the records API's limit for a batch
_CONTROL_BODY_LIMIT: Final = 64 << 20
_BODY_LIMITS: Final[Mapping[FamilyName, int]] = {
    "core": 512 << 20,  # imports: td-client sends a file in one body
    "workflow": 64 << 20,  # archives, which have a limit of their own
}
_GARBAGE: Final = "\x16\x03\x01 this is no HTTP\r\n\r\n"
_UNANSWERED: Final = frozenset({"reset", "garbage"})
_REPLACING: Final = _UNANSWERED | {"status"}
_BODILESS: Final = frozenset({204, 205, 304})


class Gate:
    """The ASGI app in front of the app."""

    def __init__(self, apps: Apps, state: State) -> None:
        self._apps = apps
        self._faults = state.faults
        self._log = state.log
        self._clock = state.clock
        self._agenda = state.agenda
        self._observer = state.settings.observer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            if is_control(scope["path"]):
                body, refusal = await _read(scope, receive, _CONTROL_BODY_LIMIT)
                answer = refusal or await delivery.ask(self._apps.control, scope, body)
                self._agenda.settle()
                await delivery.send_answer(send, answer)
            else:
                await self._serve(scope, receive, send)
        except delivery.ClientLeftError:
            pass  # no one is there to answer
        except asyncio.CancelledError:
            pass  # the server stops while a delay waits; the connection is gone already

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        names = {name.decode("latin-1").lower(): value for name, value in scope["headers"]}
        host = host_name(names.get("host", b"").decode("latin-1"))
        family = family_of(host, scope["path"], names)
        body, refusal = await _read(scope, receive, _BODY_LIMITS.get(family, _BODY_LIMIT))
        incoming = Incoming(scope["method"], scope["path"], family)
        fault = self._faults.strike(incoming)
        if fault.when == "before" and fault.seconds:
            await asyncio.sleep(fault.seconds)
        answer: Answer | None = None
        if fault.when == "after" or fault.kind not in _REPLACING:
            scope["state"]["fault"] = fault
            self._agenda.settle()
            app = self._apps.of(family, has_own_host=host in VENDOR_HOSTS)
            asked = cross_origin.preflight(family, scope["method"], scope["headers"])
            answer = refusal or asked or await delivery.ask(app, scope, body)
            self._show(incoming, scope, body, answer)
        if fault.when == "after" and fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "status":
            answer = _injected(fault)
        elif fault.kind in _UNANSWERED:
            answer = None
        if answer is not None:
            answer = cross_origin.readable(family, scope["headers"], answer)
        self._note(scope, body, answer, fault)
        await _leave(scope, receive, send, answer, fault)

    def _show(self, incoming: Incoming, scope: Scope, body: bytes, answer: Answer) -> None:
        if self._observer is not None:
            query = scope["query_string"].decode("latin-1")
            self._observer(Exchange(incoming, query, scope["headers"], body, answer))

    def _note(self, scope: Scope, body: bytes, answer: Answer | None, fault: Fault) -> None:
        self._log.add(
            Entry(
                at=self._clock.now(),
                method=scope["method"],
                path=scope["path"],
                query=scope["query_string"],
                headers=scope["headers"],
                size=len(body),
                body=body[:BODY_LIMIT],
                status=None if answer is None else answer.status,
                fault=None if fault.kind == "none" else fault.kind,
                note=scope["state"].get("note"),
            )
        )


def is_control(path: str) -> bool:
    """Say whether a path is one of the sandbox's own."""
    return path == CONTROL or path.startswith(f"{CONTROL}/")


async def _read(scope: Scope, receive: Receive, limit: int) -> tuple[bytes, Answer | None]:
    """Give the decoded body, or none and the answer that refuses it."""
    headers: Mapping[bytes, bytes] = dict(scope["headers"])
    encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
    try:
        body = await delivery.read_body(receive, limit)
        return delivery.decoded(body, encoding, limit), None
    except VendorError as error:
        answer = error.answer()
        return b"", Answer(answer.status_code, answer.raw_headers, bytes(answer.body))


async def _leave(
    scope: Scope, receive: Receive, send: Send, answer: Answer | None, fault: Fault
) -> None:
    if answer is None and fault.kind == "garbage":
        garbage = str(fault.body or _GARBAGE).encode()
        await delivery.send_garbage(scope, receive, garbage)
    elif answer is None:
        await delivery.reset(scope, receive)
    elif fault.kind == "truncate":
        part = int(len(answer.body) * fault.share)
        await delivery.send_part(scope, receive, send, answer, part)
    else:
        await delivery.send_answer(send, answer)


def _injected(fault: Fault) -> Answer:
    """Make the answer of a status fault; without a body of its own it says where it is from."""
    if fault.status in _BODILESS:
        body, media_type = b"", ""
    elif isinstance(fault.body, str):
        body, media_type = fault.body.encode(), "text/plain; charset=utf-8"
    else:
        message = {"code": "injected-fault", "message": "A fault rule of the sandbox says so."}
        body, media_type = orjson.dumps(message if fault.body is None else fault.body), JSON
    headers = {"content-type": media_type} if media_type else {}
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    if fault.status not in _BODILESS:
        headers["content-length"] = str(len(body))
    return Answer(
        fault.status, [(name.encode(), value.encode()) for name, value in headers.items()], body
    )
