"""Flow tests written into a folder, loaded and run against real sandboxes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from argosy import Connector
from argosy.testing import CaseResult, FlowTest, Runner, load_flow_test, trace_lines

# A property is about values, not about how busy the machine is.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

#: Inserts a record, tells guests from members, and answers; has an error branch.
WELCOME: dict[str, Any] = {
    "formatVersion": 1,
    "name": "Welcome",
    "inputs": {
        "type": "object",
        "properties": {"email": {"type": "string"}, "member": {"type": "boolean"}},
        "required": ["email"],
    },
    "variables": {"greeted": {"value": 0}},
    "settings": {"timeoutSeconds": 7200},
    "nodes": [
        {"id": "start", "kind": "trigger"},
        {
            "id": "insert",
            "capability": "insert-record",
            "inputs": {
                "database": "shop",
                "table": "people",
                "record": {"email": "{{ input.email }}"},
            },
            "retry": {"maxAttempts": 3, "backoffSeconds": 60},
        },
        {
            "id": "which",
            "kind": "condition",
            "inputs": {"when": "{{ input.member | default(false) }}"},
        },
        {"id": "count", "kind": "increment", "inputs": {"variable": "greeted"}},
        {"id": "pause", "kind": "wait", "inputs": {"seconds": 3600}},
        {
            "id": "answer",
            "kind": "respond",
            "inputs": {
                "statusCode": 201,
                "body": {"uuid": "{{ nodes.insert.outputs.uuid }}", "at": "{{ now() }}"},
            },
        },
        {
            "id": "sorry",
            "kind": "respond",
            "inputs": {
                "status": "error",
                "statusCode": 502,
                "body": "{{ nodes.insert.error.code }}",
            },
        },
    ],
    "edges": [
        {"from": "start", "to": "insert"},
        {"from": "insert", "to": "which"},
        {"from": "insert", "outcome": "error", "to": "sorry"},
        {"from": "which", "outcome": "true", "to": "count"},
        {"from": "which", "outcome": "false", "to": "pause"},
        {"from": "count", "to": "answer"},
        {"from": "pause", "to": "answer"},
    ],
}

#: In place of the call: a case with these stubs needs no sandbox, and is the quicker.
STUBS: dict[str, Any] = {"insert": {"outputs": {"uuid": "6c6d8d6e-0f5e-4c0e-9a53-2a1f3f0f7b11"}}}


class Bench:
    """Writes flows and tests into a folder, and runs cases of them."""

    def __init__(self, folder: Path, runner: Runner) -> None:
        self.folder = folder
        self.runner = runner
        self.write_flow("welcome", WELCOME)

    def write_flow(self, name: str, document: Any) -> None:
        (self.folder / f"{name}.flow.json").write_text(json.dumps(document), encoding="utf-8")

    def write(self, *cases: Any, flow: str = "welcome", **more: Any) -> Path:
        """Write a test; a case that names itself nothing and gives no input has ordinary ones."""
        ordinary = {"input": {"email": "ada@example.com"}}
        named = [
            {"name": f"case {number}", **deepcopy(ordinary), **case}
            for number, case in enumerate(cases, start=1)
        ]
        path = self.folder / f"{flow}.test.json"
        document = {"formatVersion": 1, **more, "cases": named}
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    def load(self, *cases: Any, **more: Any) -> FlowTest:
        return load_flow_test(self.write(*cases, **more), self.runner.connector)

    def run(self, case: Any, **more: Any) -> CaseResult:
        test = self.load(case, **more)
        return self.runner.run(test, test.cases[0])

    def told(self, expect: Any, **case: Any) -> str:
        """Run a case that fails, and return what is told of it before the steps."""
        result = self.run({"expect": expect, **case})
        assert result.verdict == "failed"
        lines = trace_lines(result)
        told = "\n".join(lines[: lines.index("  Steps:")])
        return told.replace(str(self.folder / "welcome.test.json"), "FILE").rstrip()


def loop(items: list[Any], **inputs: Any) -> dict[str, Any]:
    """Make a flow that does one thing for each of some items."""
    one = {"id": "one", "kind": "transform", "inputs": {"values": {"v": "{{ item }}"}}}
    each = {"id": "each", "kind": "for-each", "inputs": {"items": items, **inputs}}
    return {
        "formatVersion": 1,
        "name": "Each",
        "nodes": [
            {"id": "start", "kind": "trigger"},
            {**each, "body": {"nodes": [one], "edges": []}},
        ],
        "edges": [{"from": "start", "to": "each"}],
    }


@pytest.fixture(scope="session")
def runner(connector: Connector) -> Iterator[Runner]:
    with Runner(connector) as runner:
        yield runner


@pytest.fixture
def bench(tmp_path: Path, runner: Runner) -> Bench:
    return Bench(tmp_path, runner)
