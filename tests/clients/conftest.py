"""Real clients of the vendor's APIs, each in an environment of its own, and sandboxes for them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from argosy.sandbox import Settings, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from argosy.sandbox import RunningSandbox

SCRIPTS = Path(__file__).with_name("scripts")
NOON = 1_700_000_000
_UNREACHABLE = ("connection broken", "Retrying (", "Name or service not known", "ProxyError")


@pytest.fixture(scope="session")
def client_python(pytestconfig: pytest.Config) -> Callable[..., Path]:
    """Give the Python of an environment that has a client, such as `td-client==1.7.0`.

    It is made once and kept in pytest's cache; where the package index can't be reached the
    test is skipped.
    """
    assert pytestconfig.cache is not None
    root = pytestconfig.cache.mkdir("clients")

    def provide(*requirements: str) -> Path:
        name = "-".join(requirements).replace("==", "-") + f"-py{sys.version_info.minor}"
        folder = root / name
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # one of the workers makes it, the others wait
            if not (folder / "ready").exists():
                _make(folder, requirements)
        return folder / "bin" / "python"

    return provide


def _make(folder: Path, requirements: tuple[str, ...]) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--retries", "1"]
    done = subprocess.run([*command, *requirements], capture_output=True, text=True, check=False)
    if done.returncode and any(words in done.stderr for words in _UNREACHABLE):
        pytest.skip(f"the package index can't be reached: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    (folder / "ready").touch()


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., RunningSandbox]]:
    """Start sandboxes that are empty and whose clock stands, unless told otherwise."""
    with contextlib.ExitStack() as stack:

        def start_one(**settings: Any) -> RunningSandbox:
            chosen: dict[str, Any] = {"now": NOON, "seed": {}} | settings
            return stack.enter_context(start(Settings(**chosen)))

        yield start_one


def run_script(python: Path, script: str, *arguments: str) -> Any:
    """Run a script of a client and give the JSON it prints; its failure is the test's."""
    environ = {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [str(python), str(SCRIPTS / script), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environ | {"NO_PROXY": "*"},
    )
    assert done.returncode == 0, done.stderr
    return orjson.loads(done.stdout)
