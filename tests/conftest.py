"""What all tests share: the checkout's connector by explicit path, goldens, a clean environment."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from argosy import Connector, load
from tests.servers import ScriptedServer
from tests.steering import Steering

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the golden files again; read the diff"
    )


def pytest_report_header() -> str:
    absent = "../shared is not there: the tests that read the vendor's contracts are skipped"
    return "" if SHARED.is_dir() else absent


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens"))


@pytest.fixture
def golden(update_goldens: bool) -> Callable[[Path, Any], None]:
    """Compare a JSON value with a golden file, or write the file again with --update-goldens."""

    def compare(path: Path, value: Any) -> None:
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        if update_goldens:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"{path.name} is missing; run with --update-goldens"
        assert text == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers 200 without a body until a test gives it a script."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def steering() -> Steering:
    """Time that moves only when something sleeps."""
    return Steering()


@pytest.fixture(autouse=True)
def _clean_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test reads the environment or the home of whoever runs it."""
    ours = [name for name in os.environ if name.startswith("ARGOSY_")]
    for name in (*ours, "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches another machine."""
    connect = socket.socket.connect

    def guarded(sock: socket.socket, address: Any) -> None:
        if sock.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            assert host == "localhost" or ip_address(host).is_loopback, f"a test calls {host}"
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def connector() -> Connector:
    """The connector of this checkout, never an installed copy."""
    return load(ROOT)
