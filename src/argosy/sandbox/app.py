"""The ASGI app of a sandbox: it leads each request to its region's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox import delivery
from argosy.sandbox.answers import CodeMessageError
from argosy.sandbox.apps import Apps
from argosy.sandbox.delivery import Answer
from argosy.sandbox.gate import Gate
from argosy.sandbox.hosts import host_name, region_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from argosy.sandbox.state import State

_HOST: Final = b"host"


class Regions:
    """The regions of a sandbox; a request that names none is the first one's."""

    def __init__(self, states: Mapping[str, State], host: str) -> None:
        self._gates = {name: Gate(Apps(state, host), state) for name, state in states.items()}
        self._first = next(iter(states))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"])
        host = host_name(headers.get(_HOST, b"").decode("latin-1"))
        # clients that put an address and a path together with a slash too many are understood
        sent = _one_slash(scope["path"])
        region, path = region_of(host, sent, self._gates)
        gate = self._gates.get(region or self._first)
        if gate is None:
            await delivery.send_answer(send, self._not_served(str(region)))
            return
        scope["raw_path"] = b"/" + scope["raw_path"].lstrip(b"/")
        if path != sent:
            scope["raw_path"] = b"/" + _without_word(scope["raw_path"]).lstrip(b"/")
        scope["path"] = _one_slash(path)
        await gate(scope, receive, send)

    def _not_served(self, region: str) -> Answer:
        text = f"The sandbox was not started for the region {region}; it has {self._listed()}."
        answer = CodeMessageError(404, "no-such-region", text).answer()
        return Answer(answer.status_code, answer.raw_headers, bytes(answer.body))

    def _listed(self) -> str:
        return ", ".join(self._gates)


def _one_slash(path: str) -> str:
    return "/" + path.lstrip("/")


def _without_word(raw_path: bytes) -> bytes:
    _, slash, rest = raw_path[1:].partition(b"/")
    return slash + rest or b"/"
