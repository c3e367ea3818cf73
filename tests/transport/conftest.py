"""Scripted servers, sessions over both adapters, and TLS material made for the test run."""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests
import trustme

from argosy.transport.adapter import LeanAdapter
from tests.transport.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from requests.adapters import BaseAdapter

    from tests.transport.scripted_server import Script


@pytest.fixture
def serve() -> Iterator[Callable[..., ScriptedServer]]:
    """Start servers that stop when the test is over."""
    with contextlib.ExitStack() as stack:

        def start(script: Script, **settings: object) -> ScriptedServer:
            return stack.enter_context(ScriptedServer(script, **settings))  # type: ignore[arg-type]

        yield start


@pytest.fixture
def session_over() -> Iterator[Callable[[BaseAdapter], requests.Session]]:
    """Make sessions over an adapter that ignore the environment and close after the test."""
    with contextlib.ExitStack() as stack:

        def make(adapter: BaseAdapter) -> requests.Session:
            session = stack.enter_context(requests.Session())
            session.trust_env = False
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            return session

        yield make


@pytest.fixture
def session(session_over: Callable[[BaseAdapter], requests.Session]) -> requests.Session:
    """A session over our adapter as it comes."""
    return session_over(LeanAdapter())


@dataclass(frozen=True, slots=True)
class TlsMaterial:
    """An authority, the path of its certificate, and what servers and clients need."""

    authority: trustme.CA
    ca_file: str
    client_file: str

    def server_context(self, *names: str) -> ssl.SSLContext:
        """Make a server's context with a certificate for these host names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(*names).configure_cert(context)
        return context


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsMaterial:
    """TLS material whose authority nobody but these tests trusts."""
    folder: Path = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    client = authority.issue_cert("client@example.com")
    client.private_key_and_cert_chain_pem.write_to_path(str(folder / "client.pem"))
    return TlsMaterial(authority, str(folder / "ca.pem"), str(folder / "client.pem"))
