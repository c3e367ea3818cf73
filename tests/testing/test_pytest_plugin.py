"""pytest collects flow tests as items; where there are none, the plugin costs nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.testing.conftest import STUBS, Bench

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = "argosy.testing.pytest_plugin"


def _pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider"]
    command += ["--rootdir", str(folder), *arguments, str(folder)]
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def test_cases_are_items_and_the_trace_is_the_text_of_a_failure(bench: Bench) -> None:
    bench.write(
        {"name": "it works", "stubs": STUBS, "expect": {"response": {"statusCode": 201}}},
        {"name": "it does not", "stubs": STUBS, "expect": {"response": {"statusCode": 200}}},
        {"name": "later", "skip": "not yet", "expect": {"failed": []}},
    )
    foreign = bench.folder / "package.test.json"
    foreign.write_text('{"cases": 1}', encoding="utf-8")

    found = _pytest(bench.folder, "-v", "--junitxml", "junit.xml")

    assert found.returncode == 1, found.stdout
    assert "welcome.test.json::it works PASSED" in found.stdout
    assert "welcome.test.json::it does not FAILED" in found.stdout
    assert "welcome.test.json::later SKIPPED (not yet)" in found.stdout
    assert "  the response has another status code\n" in found.stdout
    assert "    expected: 200\n    found:    201\n" in found.stdout
    assert "Traceback" not in found.stdout
    assert "running.py" not in found.stdout
    assert "package.test.json" not in found.stdout
    suite = ET.parse(bench.folder / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")


def test_k_of_pytest_chooses_cases(bench: Bench) -> None:
    bench.write(
        {"name": "it works", "stubs": STUBS, "expect": {"response": {"statusCode": 201}}},
        {"name": "it does not", "stubs": STUBS, "expect": {"response": {"statusCode": 200}}},
    )

    found = _pytest(bench.folder, "-k", "works")

    assert found.returncode == 0, found.stdout
    assert "1 passed, 1 deselected" in found.stdout


def test_a_test_that_cannot_run_is_an_error_with_every_problem(bench: Bench) -> None:
    bench.write({"expect": {"ran": ["nobody", "none"]}})

    found = _pytest(bench.folder)

    assert found.returncode == 2, found.stdout
    assert "welcome.test.json#/cases/0/expect/ran/0: the flow has no node 'nobody'" in found.stdout
    assert "welcome.test.json#/cases/0/expect/ran/1: the flow has no node 'none'" in found.stdout


def test_without_flow_tests_nothing_is_imported(tmp_path: Path) -> None:
    names = "('argosy.errors', 'argosy.flow', 'argosy.testing.loading', 'jsonschema_rs', 'duckdb')"
    text = (
        f"import sys\ndef test_it():\n    assert [n for n in {names} if n in sys.modules] == []\n"
    )
    (tmp_path / "test_it.py").write_text(text, encoding="utf-8")
    (tmp_path / "other.test.json").write_text("{}", encoding="utf-8")

    found = _pytest(tmp_path)

    assert found.returncode == 0, found.stdout
    assert "1 passed" in found.stdout


def test_an_installation_registers_the_plugin() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["entry-points"]["pytest11"] == {"argosy": PLUGIN}
