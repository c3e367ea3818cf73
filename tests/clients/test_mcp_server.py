"""The vendor's MCP server, unmodified: its tools for segments and workflows, on the sandbox.

It knows hosts by site only, so a script loaded before it turns those of the Audience and
Workflow APIs to the sandbox. Its SQL tools need the Trino endpoint, which the sandbox lacks.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from typing import IO, TYPE_CHECKING, Any

import orjson
import pytest

from argosy.sandbox import Settings, start
from tests.clients.conftest import SCRIPTS
from tests.clients.node import NODE_CLIENTS, installed, node_program
from tests.sandbox.conftest import NOON, SEED, Client

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

KEY = f"1/{'0123456789' * 4}"
"""The server refuses a key as short as the sandbox's usual one."""
DIG = "+say:\n  echo>: ${word}\n"
PROJECT = {"name": "shop", "files": {"daily.dig": DIG, "bad.dig": "+stop:\n  fail>: broken\n"}}


class Server:
    """An MCP server that is asked line by line."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._numbers = itertools.count(1)

    def ask(self, method: str, **params: Any) -> Any:
        """Send a request and give its answer."""
        asked = {"jsonrpc": "2.0", "id": next(self._numbers), "method": method, "params": params}
        self._requests.write(orjson.dumps(asked) + b"\n")
        self._requests.flush()
        return orjson.loads(self._answers.readline())

    def call(self, tool: str, **arguments: Any) -> str:
        """Call a tool that must succeed, and give its text."""
        answer = self.ask("tools/call", name=tool, arguments=arguments)
        assert "result" in answer, answer
        assert not answer["result"].get("isError"), answer
        text: str = answer["result"]["content"][0]["text"]
        return text

    def read(self, tool: str, **arguments: Any) -> Any:
        """Call a tool that must succeed and answers with JSON."""
        return orjson.loads(self.call(tool, **arguments))


@pytest.fixture(scope="module")
def shared_client() -> Iterator[Client]:
    """Start a sandbox with a parent segment and a project, and give a client of it."""
    seed = SEED | {"projects": [PROJECT]}
    with start(Settings(now=NOON, seed=seed, master_key=KEY, pace="polls:3")) as sandbox:
        made = Client(sandbox)
        yield made
        made.session.close()


@pytest.fixture
def client(shared_client: Client) -> Client:
    """Give a client of the sandbox as its seed makes it."""
    shared_client.control("POST", "reset", {})
    return shared_client


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest, shared_client: Client) -> Iterator[Server]:
    """Start the MCP server over the sandbox."""
    modules = installed(request.config.cache.mkdir("node-clients"), NODE_CLIENTS)
    program = modules / "@treasuredata" / "mcp-server" / "dist" / "index.js"
    command = [node_program(), "--require", str(SCRIPTS / "mcp_hosts.cjs"), str(program)]
    environ = os.environ | {"TD_API_KEY": KEY, "SANDBOX_URL": shared_client.url}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        made = Server(running.stdin, running.stdout)
        about = {"name": "test", "version": "1"}
        made.ask("initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=about)
        yield made
        running.kill()


def test_segments(server: Server) -> None:
    (parent,) = server.read("list_parent_segments")["parentSegments"]
    assert (parent["id"], parent["type"]) == ("101", "parentSegment")
    named = server.read("get_parent_segment", parent_segment_id=101)["parentSegment"]["name"]
    assert named == parent["name"]
    listed = server.read("list_segments", parent_segment_id=101)["segments"]
    assert [one["id"] for one in listed] == ["301", "302"]
    segment = server.read("get_segment", parent_segment_id=101, segment_id=301)
    assert (segment["id"], segment["kind"]) == ("301", 0)
    of_segment = server.read("list_activations", parent_segment_id=101, segment_id=301)
    assert of_segment["activations"] == []


def test_the_sql_of_segments(server: Server) -> None:
    whole = server.call("parent_segment_sql", parent_segment_id=101)
    assert '"cdp_audience_101"."customers"' in whole
    assert server.call("segment_sql", parent_segment_id=101, segment_id=301).startswith(whole)


def test_workflows(server: Server, client: Client) -> None:
    (project,) = server.read("list_projects", limit=10)["projects"]
    listed = server.read("list_workflows", project_name="shop")["workflows"]
    assert project["name"] == "shop"
    assert [one["name"] for one in listed] == ["bad", "daily"]

    attempt = started(client, "daily")
    (session,) = server.read("list_sessions")["sessions"]
    (found,) = server.read("get_session_attempts", session_id=session["id"])["attempts"]
    tasks = server.read("get_attempt_tasks", attempt_id=attempt)["tasks"]

    assert found["id"] == attempt
    assert [task["fullName"] for task in tasks] == ["+daily", "+daily+say"]


def test_an_attempt_is_killed(server: Server, client: Client) -> None:
    attempt = started(client, "bad")

    server.call("kill_attempt", attempt_id=attempt, reason="no longer needed")

    state = client.call("GET", f"/api/attempts/{attempt}", key=KEY).json()
    assert state["cancelRequested"] is True


def started(client: Client, workflow: str) -> str:
    """Start a workflow of the project and give the attempt's id."""
    asked = {
        "projectName": "shop",
        "workflowName": workflow,
        "sessionTime": "2023-11-14T00:00:00Z",
        "params": {"word": "hello"},
    }
    attempt: str = client.call("PUT", "/api/attempts", asked, key=KEY).json()["id"]
    return attempt
