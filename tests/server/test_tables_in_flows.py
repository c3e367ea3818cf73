"""A server's flows read the tables that the server gives them."""

from __future__ import annotations

import io
import json
from pathlib import Path

from argosy.server import ServerSettings
from argosy.server.serving import open_application
from tests.conftest import ROOT
from tests.tables_fake import USERS, FakeTables

FLOW = {
    "formatVersion": 1,
    "name": "Users",
    "nodes": [
        {"id": "start", "kind": "trigger", "inputs": {"on": "http", "method": "GET"}},
        {"id": "page", "capability": "table-rows", "inputs": {"table": "users.csv"}},
        {"id": "end", "kind": "respond", "inputs": {"body": "{{ nodes.page.outputs.rows }}"}},
    ],
    "edges": [{"from": "start", "to": "page"}, {"from": "page", "to": "end"}],
}


def test_a_flow_behind_http_reads_them_without_a_connection(tmp_path: Path) -> None:
    (tmp_path / "users.flow.json").write_text(json.dumps(FLOW), encoding="utf-8")
    settings = ServerSettings(connector=ROOT, flows=tmp_path, connections={})
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/flows/users",
        "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(),
    }
    statuses: list[str] = []

    with open_application(settings, tables=FakeTables()) as answer:
        body = b"".join(answer(environ, lambda status, _headers: statuses.append(status)))

    assert statuses == ["200 OK"], body
    assert json.loads(body) == USERS
