"""The API in this process, over each database, with two organizations and an account a role."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from argosy.accounts import Passwords, Principal
from argosy.connections.service import Connections
from argosy.server.api import ApiSettings
from argosy.server.api.gate import Gate
from argosy.server.api.services import Services, open_services
from argosy.server.api.wsgi import gate_of
from tests.conftest import ROOT
from tests.connections.service.probing_opener import ProbingOpener
from tests.connections.service.service import FakeProber
from tests.databases import KINDS, ready_database

ROLES = ("root", "manager", "backend", "frontend", "demo_viewer")
PASSWORD = "correct horse battery"
KEYS = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.time = 1_764_140_400.0

    def __call__(self) -> float:
        return self.time


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> tuple[int, int, str]:
        """Status, code and name, as clients branch on them."""
        said = self.json
        return said["status"], said["error_code"], said["error_data"].get("name", "")


@dataclass(frozen=True)
class Client:
    """Asks a WSGI application as a server would.

    A body that is no bytes goes as JSON; one that is read comes as it is read.
    """

    application: Gate
    token: str = field(default="", repr=False)

    def with_token(self, token: str) -> Client:
        return replace(self, token=token)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        path, _, query = path.partition("?")
        data = b""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            # decoded byte by byte, as WSGI has it
            "PATH_INFO": path.encode().decode("latin-1"),
            "SCRIPT_NAME": "",
            "QUERY_STRING": quote(query, safe="=&%+"),
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "wsgi.url_scheme": "http",
        }
        if body is not None and not hasattr(body, "read"):
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            environ |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(data))}
        if self.token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        for name, value in (headers or {}).items():
            bare = name.upper().replace("-", "_")
            is_of_body = bare in {"CONTENT_TYPE", "CONTENT_LENGTH"}
            environ[bare if is_of_body else f"HTTP_{bare}"] = value
        environ["wsgi.input"] = body if hasattr(body, "read") else io.BytesIO(data)
        heard: list[tuple[str, list[tuple[str, str]]]] = []
        answer = b"".join(self.application(environ, lambda *said: heard.append(said)))
        status, found = heard[0]
        return Reply(int(status[:3]), {name.lower(): value for name, value in found}, answer)


@dataclass
class Site:
    """The API with its services, and who may use it."""

    settings: ApiSettings
    services: Services
    client: Client
    clock: Clock
    roots: Mapping[str, Principal]
    prober: FakeProber
    tokens: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)

    def as_(self, role: str, organization: str = "one", *, database: bool = True) -> Client:
        """Return a client that is logged in; accounts are made when they are first needed."""
        key = (role if database else f"{role} without", organization)
        if key not in self.tokens or self.clock() - self.tokens[key][0] > 300:
            email = f"{role}@{organization}.example.com"
            root = self.roots[organization]
            known = {one.name for one in self.services.accounts.members.list(root, amt=64)[0]}
            if email not in known:
                members = self.services.accounts.members
                members.create_individual(root, email, PASSWORD, role)
            login = self.services.accounts.logins.individual(
                email, PASSWORD, db_name="shop" if database else None
            )
            self.tokens[key] = (self.clock(), login.token)
        return self.client.with_token(self.tokens[key][1])


def cheap_passwords() -> Passwords:
    return Passwords(memory=8, passes=1, lanes=1, random=os.urandom)


def _opener(connections: Connections) -> ProbingOpener:
    return ProbingOpener(connections.probes, connections.types)


@contextmanager
def open_site(
    url: str, folder: Path, *, founded: bool = True, opener: Any = _opener, **more: Any
) -> Iterator[Site]:
    settings = ApiSettings(
        store_url=url,
        connector=ROOT,
        data=folder,
        environ={"ARGOSY_SECRET_KEYS": KEYS},
        **{"rate": 1e6, "burst": 10**6, "login_rate": 1e6, "login_burst": 10**6, **more},
    )
    clock = Clock()
    prober = FakeProber()
    with open_services(
        settings, now=clock, passwords=cheap_passwords(), prober=prober, opener=opener
    ) as services:
        founding = services.accounts.founding
        roots = (
            {}
            if settings.local or not founded
            else {
                name: founding.create_organization(
                    organization=name,
                    email=f"root@{name}.example.com",
                    password=PASSWORD,
                    database="shop",
                )
                for name in ("one", "two")
            }
        )
        yield Site(settings, services, Client(gate_of(services, settings)), clock, roots, prober)


@pytest.fixture(scope="module", params=KINDS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site on each database; a module's tests share it, so each uses things of its own."""
    folder = tmp_path_factory.mktemp("site")
    with ready_database(request.param, folder) as url, open_site(url, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def lite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on SQLite, for what has nothing to do with the database."""
    folder = tmp_path_factory.mktemp("lite")
    with ready_database("sqlite", folder) as url, open_site(url, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A site without accounts."""
    folder = tmp_path_factory.mktemp("local")
    with ready_database("sqlite", folder) as url, open_site(url, folder, local=True) as opened:
        yield opened.client
