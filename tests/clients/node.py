"""Packages of npm for tests: installed once, in versions named here, into pytest's cache."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PACKAGES = ("td-js-sdk@4.4.3", "td-js-sdk-2@npm:td-js-sdk@2.5.2", "jsdom@26.1.0")
NODE_CLIENTS = ("td@0.5.0", "@treasuredata/mcp-server@0.4.5")
_UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def node_program() -> str:
    """Give the path of Node; skip the test where it isn't installed."""
    program = shutil.which("node")
    if program is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are needed, and not installed.")
    return program


def installed(folder: Path, packages: tuple[str, ...] = PACKAGES) -> Path:
    """Give the folder of the installed packages; skip the test where npm can't be reached.

    Tests that run at the same time wait for the one that installs.
    """
    node_program()
    modules = folder / "node_modules"
    done = folder / " ".join(packages).replace(":", "-").replace("/", "-")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(modules, ignore_errors=True)
            _install(folder, packages)
            done.touch()
    return modules


def _install(folder: Path, packages: tuple[str, ...]) -> None:
    command = ["npm", "install", "--prefix", str(folder), "--prefer-offline", "--no-save"]
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"]
    ended = subprocess.run(
        [*command, *quiet, "--fetch-retries=1", *packages],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if ended.returncode and any(word in ended.stderr for word in _UNREACHABLE):
        pytest.skip("The package index of npm can't be reached.")
    assert ended.returncode == 0, ended.stderr
