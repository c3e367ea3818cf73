"""`argosy server` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import ROOT

KEYS = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"


@dataclass
class Server:
    """A server that runs: `said` is what it printed, `log` what it logged."""

    process: subprocess.Popen[str]
    url: str = ""
    said: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def setup_token(self) -> str:
        (token,) = re.findall(r"/setup\?token=(\S+)", "".join(self.said))
        return str(token)

    def ask(self, method: str, path: str, body: Any = None, token: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, self.url + path, json=body, headers=headers, timeout=30)

    def found(self, password: str) -> None:
        """Set the server up: one organization, its root `ada@example.com`, its database `shop`."""
        body = {
            "token": self.setup_token,
            "organization": "Example",
            "email": "ada@example.com",
            "password": password,
            "database": "shop",
        }
        answer = self.ask("POST", "/v1/setup/", body)
        assert answer.status_code == 200, answer.text

    def log_in(self, password: str) -> dict[str, Any]:
        body = {"email": "ada@example.com", "password": password, "db_name": "shop"}
        answer = self.ask("POST", "/v1/login/individual/", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def running(
    data: Path, *options: str, environ: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Start a server and wait until it answers; end it as an operator would."""
    command = [sys.executable, "-m", "argosy.cli.main", "--connector", str(ROOT), "server"]
    own = {"ARGOSY_SECRET_KEYS": KEYS, "HOME": str(data.parent), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, "--port", "0", "--data", str(data), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=data.parent,
        env={**os.environ, **own, **(environ or {})},
    )
    server = Server(process)
    readers = [
        threading.Thread(target=_read, args=(process.stdout, server.said), daemon=True),
        threading.Thread(target=_read, args=(process.stderr, server.log), daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        _wait(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        for reader in readers:
            reader.join(10)


def _read(stream: Any, lines: list[str]) -> None:
    with stream:
        lines.extend(iter(stream.readline, ""))


def _wait(server: Server) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = re.search(r"The API answers at (http://\S+)/v1/", "".join(server.said))
        if found:
            server.url = found[1]
            assert server.ask("GET", "/health").status_code == 200, "it said so too early"
            return
        if server.process.poll() is not None:
            pytest.fail(f"the server ended: {''.join(server.log)}")
        threading.Event().wait(0.1)
    pytest.fail(f"the server does not answer: {''.join(server.log)}")
