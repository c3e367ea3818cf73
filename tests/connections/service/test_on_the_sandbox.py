"""A stored connection of the connector's own type: tested, and called with, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from argosy import Connector, Dispatcher
from argosy.connections.probing import Prober, ProbeSettings
from argosy.connections.settings import ANYWHERE
from argosy.connections.types import load_types
from argosy.sandbox import RunningSandbox, Settings, start
from tests.connections.service.service import ROOT, Service, error_of

VENDOR = next(one.id for one in load_types().values() if one.region)
MASTER_KEY = "1/sandbox"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with start(Settings()) as running:
        yield running


@pytest.fixture
def real(service: Service, connector: Connector, sandbox: RunningSandbox) -> Service:
    """A service with the real prober, and a connection to the sandbox."""
    prober = Prober(ProbeSettings(), connector)
    made = replace(service, prober=prober).having(allow_endpoints=(ANYWHERE,))  # type: ignore[arg-type]
    body = {"credentials": {"apiKey": MASTER_KEY}, "settings": {"endpoint": sandbox.url}}
    made.connections.put(ROOT, VENDOR, body)
    return made


def test_its_credentials_are_tested_where_it_sends_its_calls(real: Service) -> None:
    found = real.connections.test(ROOT, VENDOR)

    assert (found["ok"], found["verified"], found["status"]) == (True, True, "available")
    assert real.connections.get(ROOT, VENDOR)["last_result"]["identity"] == found["identity"]


def test_a_wrong_key_is_refused_with_what_to_change(real: Service, sandbox: RunningSandbox) -> None:
    body = {"credentials": {"apiKey": "9/wrong-key"}, "settings": {"endpoint": sandbox.url}}

    error = error_of(lambda: real.connections.test(ROOT, VENDOR, body))

    assert error["error_data"]["reason"] == "refused"
    assert error["error_data"]["field"] == "credentials.apiKey"
    assert "9/wrong-key" not in str(error)


def test_capabilities_are_called_with_it(real: Service, connector: Connector) -> None:
    stored = real.connections.open("acme", VENDOR)

    with Dispatcher(connector, stored.for_calls()) as dispatcher:
        outputs = dispatcher.call("list-databases", {}).unwrap()

    assert outputs["statusCode"] == 200
