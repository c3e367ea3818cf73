"""`argosy import openapi`: what it makes, what it says, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Ran

Run = Callable[..., Ran]

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Notes", "version": "1.0.0"},
    "servers": [{"url": "https://notes.example.com"}],
    "paths": {
        "/notes": {"get": {"summary": "List all notes", "responses": {}}, "options": {}},
        "/notes/{id": {"get": {"responses": {}}},
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}},
    "security": [{"key": []}],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(DOCUMENT), encoding="utf-8")
    return path


def test_a_connector_is_made_and_what_is_not_is_told(run: Run, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "notes"

    ran = run("import", "openapi", str(file), "--out", str(out))

    assert (ran.status, ran.err) == (0, "")
    assert "1 capability of notes in" in ran.out
    assert "A connection needs: apiKey." in ran.out
    assert "Left out (1):" in ran.out
    assert "the path '/notes/{id' cannot be said" in ran.out
    assert "OPTIONS does nothing for a flow" in ran.out
    listed = run("--connector", str(out), "capabilities", "--json").json()
    assert [(one["id"], one["effect"]) for one in listed][:1] == [("get-notes", "read")]
    assert run("check", str(out)).status == 0
    planned = run("--connector", str(out), "call", "get-notes", "--dry-run")
    assert "https://notes.example.com/notes?k=" in planned.out


def test_the_same_as_a_json_object(run: Run, file: Path, tmp_path: Path) -> None:
    out = tmp_path / "made"

    ran = run("import", "openapi", str(file), "--out", str(out), "--family", "notes", "--json")

    assert ran.json() == {
        "connector": "notes",
        "directory": str(out),
        "capabilities": ["get-notes"],
        "regions": ["main"],
        "settings": ["apiKey"],
        "leftOut": [
            {"operation": "GET /notes/{id", "reason": "the path '/notes/{id' cannot be said"}
        ],
        "notes": [{"where": "OPTIONS /notes", "text": "OPTIONS does nothing for a flow; left out"}],
    }
    assert json.loads((out / "connector.json").read_text())["families"] == {
        "notes": {"title": "Notes"}
    }


def test_a_folder_that_holds_something_is_left_alone(run: Run, file: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine", encoding="utf-8")

    ran = run("import", "openapi", str(file), "--out", str(tmp_path / "full"))

    assert ran.status == 2
    assert "is there and not empty; name a new folder." in ran.err
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("swagger: '2.0'", "it is Swagger 2.0"),
        ("openapi: 3.0.0\npaths: {/a: {get: {}}}", "say with --server where its API is"),
        (
            "openapi: 3.0.0\nservers: [{url: https://a.example.com}]\npaths: {'/{': {get: {}}}",
            "none of its operations can be a capability",
        ),
        ("a: [", "line 2, column 1: "),
    ],
)
def test_a_document_that_gives_nothing_leaves_nothing_behind(
    run: Run, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "given.yaml").write_text(text, encoding="utf-8")

    ran = run("import", "openapi", str(tmp_path / "given.yaml"), "--out", str(tmp_path / "made"))

    assert ran.status == 1
    told = " ".join(ran.err.split())
    assert "given.yaml cannot be imported: " in told
    assert words in told
    assert [path.name for path in tmp_path.iterdir()] == ["given.yaml"]


def test_a_family_has_a_name(run: Run, file: Path, tmp_path: Path) -> None:
    ran = run("import", "openapi", str(file), "--out", str(tmp_path / "m"), "--family", "A B")

    assert ran.status == 2
    assert "--family 'A B' is no name" in ran.err


def test_a_server_may_be_named(run: Run, file: Path, tmp_path: Path) -> None:
    options = ("--out", str(tmp_path / "made"), "--server", "http://127.0.0.1:8080/x/")

    assert run("import", "openapi", str(file), *options).status == 0

    made = json.loads((tmp_path / "made" / "connector.json").read_text())
    assert made["regions"]["main"]["endpoints"] == {"api": "http://127.0.0.1:8080/x"}


@pytest.mark.parametrize("out", [".", "empty", "link", "dangling"])
def test_an_empty_folder_is_filled_whatever_it_is_called(
    run: Run, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    (tmp_path / "target").mkdir()
    if out == "empty":
        Path("empty").mkdir()
    if out in {"link", "dangling"}:
        Path(out).symlink_to(tmp_path / ("target" if out == "link" else "nothing"))

    ran = run("import", "openapi", str(file), "--out", out)

    assert ran.status == 0, ran.err
    assert run("check", out).status == 0
    assert not [path for path in Path(out).iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--out", "/proc/made"), "cannot be written"),
        (("--out", "x" * 300), "cannot be written: File name too long."),
        (("--out", "made", "--server", "http://api.example.com"), "an address is https"),
        (("--out", "made", "--server", "api"), "--server 'api' cannot be called: it has no host"),
    ],
)
def test_what_cannot_be_written_or_called_is_told(
    run: Run, file: Path, options: tuple[str, ...], words: str
) -> None:
    ran = run("import", "openapi", str(file), *options)

    assert ran.status == 2
    assert words in " ".join(ran.err.split())


def test_an_import_that_is_stopped_leaves_nothing_behind(file: Path, tmp_path: Path) -> None:
    schemas = {
        f"S{n}": {
            "type": "object",
            "properties": {
                f"p{m}": {"$ref": f"#/components/schemas/S{(7 * n + m) % 200}"} for m in range(20)
            },
        }
        for n in range(200)
    }
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/S0"}}}}
    paths = {f"/p{n}": {"post": {"requestBody": body, "responses": {}}} for n in range(200)}
    components = {**DOCUMENT["components"], "schemas": schemas}  # type: ignore[dict-item]
    file.write_text(json.dumps({**DOCUMENT, "paths": paths, "components": components}))
    command = [sys.executable, "-m", "argosy.cli.main", "import", "openapi", str(file)]

    with subprocess.Popen([*command, "--out", str(tmp_path / "made")]) as running:
        while not any(path.name.startswith(".import-") for path in tmp_path.iterdir()):
            assert running.poll() is None
        running.terminate()

    assert running.returncode == 130
    assert [path.name for path in tmp_path.iterdir()] == ["notes.json"]
