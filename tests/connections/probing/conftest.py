"""A world of vendors on loopback, and a way to test credentials against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from argosy import Connector
from argosy.connections.probing import Prober, ProbeResult, ProbeSettings
from argosy.connections.types import load_types
from tests.connections.fakes.google import NOW
from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def one_world(authority: trustme.CA) -> Iterator[World]:
    with World(authority) as running:
        yield running


@pytest.fixture
def vendors() -> Vendors:
    return Vendors()


@pytest.fixture
def world(one_world: World, vendors: Vendors) -> World:
    one_world.reset(vendors.by_host())
    return one_world


@dataclass(frozen=True, slots=True)
class Probe:
    """Tests credentials of a type against the world; settings may be changed for one test."""

    world: World
    connector: Connector = field(repr=False)
    terms: dict[str, Any] = field(repr=False)

    def __call__(
        self,
        type_: str,
        credentials: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        **changes: Any,
    ) -> ProbeResult:
        settings = ProbeSettings(**(self.terms | changes))
        prober = Prober(settings, self.connector)
        return prober.probe(load_types()[type_], credentials, metadata)


@pytest.fixture
def probe(world: World, ca_file: str, connector: Connector, tmp_path: Path) -> Probe:
    terms: dict[str, Any] = {
        "allow_networks": ("127.0.0.0/8",),
        "ca_bundle": ca_file,
        "now": lambda: float(NOW),
        "resolve": world.resolve,
        "upload_folder": tmp_path,
    }
    return Probe(world, connector, terms)


Probing = Callable[..., ProbeResult]
