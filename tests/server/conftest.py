"""A server of HTTP triggers in processes of its own, its connection a sandbox."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from argosy.sandbox import Settings, start
from tests.conftest import ROOT
from tests.server.documents import DOCUMENTS

KEY = "1/sandbox"


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    host: str
    port: int
    process: subprocess.Popen[str]

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 20,
    ) -> Reply:
        """Send a request and return what comes back; a body that is no bytes goes as JSON."""
        own = {}
        if body is not None and not isinstance(body, bytes):
            body, own = json.dumps(body).encode(), {"Content-Type": "application/json"}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body, {**own, **(headers or {})})
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, found, answer.read())
        finally:
            connection.close()


@contextmanager
def serving(flows: Path, endpoint: str, **settings: Any) -> Iterator[Running]:
    """Start a server; it answers once it has told its address."""
    given = {"flows": str(flows), "endpoint": endpoint, "key": KEY, **settings}
    command = [sys.executable, "-m", "tests.server.process", json.dumps(given)]
    environment = {**os.environ, "HTTP_SPRING": "of the server"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    )
    try:
        assert process.stdout
        host, port = process.stdout.readline().strip().removeprefix("http://").split(":")
        yield Running(host, int(port), process)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def write_flows(folder: Path, documents: Mapping[str, Any]) -> Path:
    """Write flows into a folder and return it."""
    for name, document in documents.items():
        (folder / f"{name}.flow.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """The address of a sandbox."""
    with start(Settings()) as sandbox:
        yield sandbox.url


@pytest.fixture(scope="session")
def flow_server(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Iterator[Running]:
    """One server of all flows, for the tests that leave it as it is."""
    flows = write_flows(tmp_path_factory.mktemp("flows"), DOCUMENTS)
    with serving(flows, upstream, max_body_bytes=20_000, header_timeout=1.0) as running:
        yield running


@pytest.fixture
def ask(flow_server: Running) -> Callable[..., Reply]:
    """Ask the server."""
    return flow_server.ask
