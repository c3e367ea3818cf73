"""The response that costs less is the library's own to whoever looks at it."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import requests

from argosy.transport.adapter import LeanAdapter, LeanResponse
from tests.servers import Say

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests.adapters import BaseAdapter

    from tests.servers import ScriptedServer


def test_has_every_attribute_of_the_librarys_and_the_same_values(
    session_over: Callable[[BaseAdapter], requests.Session], server: ScriptedServer
) -> None:
    server.answers(Say(200, {"a": "ä"}, {"X-One": "1", "Content-Type": "text/html; charset=utf-8"}))
    lean = session_over(LeanAdapter()).get(server.url)
    stock = session_over(requests.adapters.HTTPAdapter()).get(server.url)

    assert isinstance(lean, LeanResponse)
    assert all(hasattr(lean, name) for name in vars(stock))
    for name in ("status_code", "reason", "url", "encoding", "content", "history", "ok", "text"):
        assert getattr(lean, name) == getattr(stock, name), name
    assert list(lean.headers) == list(stock.headers)
    assert lean.headers["x-ONE"] == "1"
    assert (lean.json(), lean.cookies.get_dict()) == ({"a": "ä"}, {})
    assert pickle.loads(pickle.dumps(lean)).json() == {"a": "ä"}
