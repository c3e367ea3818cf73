"""`argosy call` where bytes go out or come in: files by name, standard output, dry runs."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Ran
from tests.servers import Say, ScriptedServer

Run = Callable[..., Ran]
DATA = bytes(range(256))
RESULT = ("call", "get-job-result", "--set", "jobId=12345")
UPLOAD = (
    "call",
    "upload-bulk-import-part",
    *("--set", "name=january"),
    *("--set", "partName=part1"),
)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARGOSY_API_KEY", "1/sandbox")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(Say(body=DATA)) as running:
        yield running


def test_an_answer_goes_to_the_file_that_is_named(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    file = tmp_path / "rows.bin"

    ran = run(*RESULT, "--endpoint", server.url, "--output", str(file))

    assert ran.status == 0
    assert file.read_bytes() == DATA
    assert "Succeeded: get-job-result" in ran.out
    assert '"size": 256' in ran.out


def test_an_answer_goes_to_standard_output_without_a_name(server: ScriptedServer) -> None:
    command = [sys.executable, "-m", "argosy.cli.main", *RESULT, "--endpoint", server.url]

    ran = subprocess.run(command, capture_output=True, check=True)

    assert ran.stdout == DATA


def test_json_shows_no_bytes_and_asks_for_a_file(run: Run, server: ScriptedServer) -> None:
    ran = run(*RESULT, "--endpoint", server.url, "--json")

    assert ran.status == 2
    assert ran.json()["error"]["message"] == "get-job-result answers bytes; give --output FILE."
    assert server.received == []


def test_json_tells_where_the_bytes_are(run: Run, server: ScriptedServer, tmp_path: Path) -> None:
    file = tmp_path / "rows.bin"

    ran = run(*RESULT, "--endpoint", server.url, "--json", "--output", str(file))

    assert ran.json()["outputs"]["file"] == str(file)
    assert ran.json()["outputs"]["size"] == 256


def test_an_answer_that_is_no_bytes_has_no_file(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    ran = run("call", "list-databases", "--endpoint", server.url, "--output", str(tmp_path / "x"))

    assert ran.status == 2
    assert "list-databases answers no bytes; leave --output out." in ran.err


def test_a_file_goes_up_by_its_name(run: Run, server: ScriptedServer, tmp_path: Path) -> None:
    file = tmp_path / "part.msgpack.gz"
    file.write_bytes(DATA)
    server.answers(Say(body={}))

    ran = run(*UPLOAD, "--set", f"{_content_input(run)}=@{file}", "--endpoint", server.url)

    assert ran.status == 0, ran.err
    assert server.last.body == DATA
    assert server.last.path == "/v3/bulk_import/upload_part/january/part1"


def test_a_file_that_is_not_there_is_told_with_its_place(run: Run, tmp_path: Path) -> None:
    name = _content_input(run)

    ran = run(*UPLOAD, "--set", f"{name}=@{tmp_path / 'none'}")

    assert ran.status == 1
    assert f"/{name}" in ran.err
    assert "No such file" in ran.err


def test_a_dry_run_counts_the_bytes(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "part.msgpack.gz"
    file.write_bytes(DATA)

    ran = run(*UPLOAD, "--set", f"{_content_input(run)}=@{file}", "--dry-run")

    assert ran.out.splitlines()[-1] == "(256 bytes)"


def _content_input(run: Run) -> str:
    """Return the name of the input that holds the bytes."""
    inputs = run("capabilities", "show", "upload-bulk-import-part", "--json").json()["inputs"]
    (name,) = (n for n, given in inputs["properties"].items() if "contentEncoding" in given)
    return str(name)


class TestWhatHandlersWrite:
    def test_goes_to_the_folder_that_is_named(
        self, run: Run, server: ScriptedServer, tmp_path: Path
    ) -> None:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("load.dig"))
        server.answers(Say(200, {"id": "12"}), Say(200, packed.getvalue()))
        command = ("call", "download-project", "--set", "projectId=12", "--endpoint", server.url)

        ran = run(*command, "--output", str(tmp_path / "orders"))

        assert ran.status == 0
        assert [path.name for path in (tmp_path / "orders").iterdir()] == ["load.dig"]

    def test_does_not_go_to_standard_output(self, run: Run, server: ScriptedServer) -> None:
        command = ("call", "download-project", "--set", "projectId=12", "--endpoint", server.url)

        ran = run(*command, "--output", "-")

        assert ran.status == 2
        assert "download-project writes a folder; give --output PATH." in ran.err
        assert server.received == []

    def test_is_nothing_where_a_handler_writes_nothing(
        self, run: Run, server: ScriptedServer, tmp_path: Path
    ) -> None:
        command = ("call", "wait-for-job", "--set", "jobId=1", "--endpoint", server.url)

        ran = run(*command, "--output", str(tmp_path / "file"))

        assert ran.status == 2
        assert "wait-for-job answers no bytes" in ran.err


def test_a_folder_goes_up_by_its_name(run: Run, server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / "load.dig").write_text("+a:\n  echo>: hi\n")
    command = ("call", "upload-project", "--set", "project=orders", "--endpoint", server.url)

    ran = run(*command, "--set", f"folder=@{tmp_path}", "--set", "dryRun=true", "--json")

    assert ran.status == 0
    assert '"path": "load.dig"' in ran.out
    assert server.received == []


def test_a_folder_without_its_mark_is_text_and_refused(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    command = ("call", "upload-project", "--set", "project=orders", "--endpoint", server.url)

    ran = run(*command, "--set", f"folder={tmp_path}")

    assert ran.status == 1
    assert "text names no folder of this machine" in ran.err
    assert "@FOLDER" in ran.err


def test_what_is_shown_of_a_handler_without_a_request_is_its_inputs(run: Run) -> None:
    ran = run("capabilities", "show", "run-query")

    assert ran.status == 0
    assert "maxRows" in ran.out
    assert "Request:" not in ran.out
