"""The lean adapter does what requests' own does: one table of cases, run over both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from requests.adapters import HTTPAdapter

from argosy.transport.adapter import LeanAdapter
from tests.transport.adapter_cases import Case, cases

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tests.transport.scripted_server import ScriptedServer


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_both_adapters_show_the_same(
    case: Case,
    session_over: Callable[..., requests.Session],
    serve: Callable[..., ScriptedServer],
) -> None:
    stock, lean = (
        outcome_of(case, session_over(adapter), serve(case.script))
        for adapter in (HTTPAdapter(), LeanAdapter())
    )

    assert lean.seen == stock.seen
    assert lean.sent == stock.sent
    assert lean.cookies == stock.cookies
    assert case.expect in stock.words
    if case.may_spare_connections:
        assert lean.connections <= stock.connections
    else:
        assert lean.connections == stock.connections


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the caller saw of a case, what the server got, and what stayed in the session."""

    seen: list[Any]
    sent: list[tuple[bytes, bytes]]
    connections: int
    cookies: dict[str, str]

    @property
    def words(self) -> str:
        return repr(self.seen[0])


def outcome_of(case: Case, session: requests.Session, server: ScriptedServer) -> Outcome:
    seen = case.act(session, server.url)
    port = str(server.port).encode()
    sent = [(one.head.replace(port, b"PORT"), one.body) for one in server.requests]
    return Outcome(seen, sent, server.connections, session.cookies.get_dict())
