"""The wheel holds the checkout's connector, and an installed copy runs from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hatch_build import CONNECTOR_FILES, connector_files

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout, with the build tool of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "--wheel-dir"]
    subprocess.run([*command, str(folder), str(ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel into a folder of its own, as an installation does."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def _argosy(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "argosy.cli.main", *arguments]
    return subprocess.run(
        command, env=environ, cwd="/", capture_output=True, text=True, check=False, timeout=60
    )


def test_the_wheel_holds_every_file_of_the_connector(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    packed = {name.removeprefix("argosy/_connector/") for name in names if "/_connector/" in name}
    assert packed == set(connector_files(ROOT))
    assert {"connector.json", "schemas/record.schema.json", "flows/demo.json"} <= packed
    assert "schemas/connection-types/s3.json" in packed
    assert "connectors/tables/handlers/table_rows.py" in packed
    assert "argosy/py.typed" in names
    assert "argosy/sandbox/shop/seed.json" in names


def test_the_wheel_holds_nothing_else_of_the_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"argosy"}
    assert not any({"__pycache__", "tests"}.intersection(name.split("/")) for name in names)


def test_an_installed_copy_uses_its_own_connector_from_another_directory(installed: Path) -> None:
    done = _argosy(installed, "--version")

    assert done.returncode == 0, done.stderr
    assert str(installed / "argosy" / "_connector") in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("capabilities", "--json"),
        ("capabilities", "show", "insert-records"),
        ("capabilities", "show", "table-rows"),
        ("check",),
        ("demo", "--once"),
        ("completion", "bash"),
    ],
)
def test_an_installed_copy_runs_every_command(installed: Path, arguments: tuple[str, ...]) -> None:
    done = _argosy(installed, *arguments)

    assert (done.returncode, done.stderr) == (0, "")


def test_every_file_of_the_connectors_folders_is_packed_or_known(tmp_path: Path) -> None:
    """A file of a kind that no pattern names would be missing in the wheel without a word."""
    folders = ("capabilities", "schemas", "handlers", "flows", "connectors")
    present = {
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert present <= set(connector_files(ROOT)), CONNECTOR_FILES


def test_a_private_file_does_not_travel(tmp_path: Path) -> None:
    (tmp_path / "schemas").mkdir()
    (tmp_path / "flows").mkdir()
    for name in ("connector.json", "flows/demo.json", "flows/mine.local.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")

    assert connector_files(tmp_path) == ["connector.json", "flows/demo.json"]
