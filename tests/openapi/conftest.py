"""A loopback server, documents that name it, and connectors made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from argosy import Connection, Dispatcher, load
from argosy.check import check_connector
from argosy.openapi import Imported, import_document
from tests.servers import ScriptedServer
from tests.steering import Steering

DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture
def take(tmp_path: Path) -> Callable[..., Imported]:
    """Import a document, a file or an object, and demand that the check finds nothing at all."""

    def run(document: Path | dict[str, Any], **options: str) -> Imported:
        file = tmp_path / "given.json"
        if isinstance(document, dict):
            file.write_text(json.dumps(document), encoding="utf-8")
        else:
            file = document
        made = import_document(file, tmp_path / "made", **options)
        report = check_connector(made.folder)
        assert [problem.to_json() for problem in report.problems] == []
        return made

    return run


@pytest.fixture
def call(
    take: Callable[..., Imported], server: ScriptedServer, steering: Steering, tmp_path: Path
) -> Iterator[Callable[..., Any]]:
    """Make a connector of one of the documents, its server the loopback one, and call it."""
    with ExitStack() as stack:

        def start(name: str, **properties: str) -> Dispatcher:
            text = (DOCUMENTS / name).read_text(encoding="utf-8")
            file = tmp_path / name
            file.write_text(text.replace("http://localhost:1", server.url), encoding="utf-8")
            made = take(file)
            connection = Connection(properties)
            return stack.enter_context(Dispatcher(load(made.folder), connection, steering.ports))

        yield start


def document(paths: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a document of a few paths."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1.0.0"},
        "servers": [{"url": "https://things.example.com"}],
        "paths": paths,
        **members,
    }


def made_capability(made: Imported, name: str) -> dict[str, Any]:
    """Return the file of a capability that an import has made."""
    (file,) = made.folder.glob(f"capabilities/*/{name}.json")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def made_manifest(made: Imported) -> dict[str, Any]:
    """Return the manifest that an import has made."""
    found: dict[str, Any] = json.loads((made.folder / "connector.json").read_text(encoding="utf-8"))
    return found
