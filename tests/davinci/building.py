"""DaVinci flows built in a test as its editor exports them, and runs of what an import makes.

Ways are written as lines, one for each EVAL: `a, b > c, d:anyTriggersFalse` is an EVAL with two
sources and two targets, the second with a logic of its own; `a#row > c` starts from a row of a
comparison with several values. EVALs are called `eval1`, `eval2` and so on.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import argosy
from argosy.davinci import ImportedFlow, import_export, read_export
from argosy.davinci.shape import ConnectorNames
from argosy.flow import Engine, EngineSettings
from argosy.flow.library import parse_flow
from argosy.flow.run import Run
from argosy.model import Connection, Connector, Flow

ROOT = Path(__file__).resolve().parents[2]
_BINDING = re.compile(r"(\{\{(?:local|global)\..*?\}\})")


@cache
def shipped() -> Connector:
    """Return the connector of this checkout."""
    return argosy.load(ROOT)


@cache
def names() -> ConnectorNames:
    """Return DaVinci's names of that connector."""
    return ConnectorNames(shipped())


def rich(text: str) -> str:
    """Write a text as the editor does: lines are blocks, and bindings are links."""
    blocks = [{"children": [_piece(p) for p in _BINDING.split(line)]} for line in text.split("\n")]
    return json.dumps(blocks, indent=2)


def _piece(text: str) -> dict[str, Any]:
    if not _BINDING.fullmatch(text):
        return {"text": text}
    label = text.rstrip("}").rpartition(".")[2]
    shown = {"type": "link", "src": "variable.svg", "url": label, "tooltip": text}
    return {**shown, "data": text, "children": [{"text": label}]}


def out(node: str, path: str) -> str:
    """Return the binding of an output."""
    return f"{{{{local.{node}.payload.output.{path}}}}}"


def error(node: str, member: str) -> str:
    """Return the binding of a part of an error."""
    return f"{{{{local.{node}.payload.error.{member}}}}}"


def connection(id_: str, connector: str, capability: str, **properties: Any) -> dict[str, Any]:
    """Return the data of a node that does something; properties are put into their wrappers."""
    return {
        "id": id_,
        "nodeType": "CONNECTION",
        "connectionId": f"{connector[:8]:0<32}",
        "connectorId": connector,
        "name": connector,
        "label": connector,
        "status": "configured",
        "capabilityName": capability,
        "type": "action",
        "properties": {name: {"value": value} for name, value in properties.items()},
    }


def works(id_: str, milliseconds: int = 0) -> dict[str, Any]:
    """Return a node that succeeds, after some time."""
    return connection(id_, "httpConnector", "simulateLatency", delayTime=milliseconds or 0.01)


def fails(id_: str) -> dict[str, Any]:
    """Return a node that fails."""
    return connection(id_, "httpConnector", "simulateLatency", delayTime="no time")


def compares(id_: str, capability: str, left: Any, right: Any = None, **more: Any) -> Any:
    """Return a comparison; texts are rich."""
    sides = {"leftValueA": left, **({} if right is None else {"rightValueB": right})}
    texts = {n: rich(v) if isinstance(v, str) else v for n, v in sides.items()}
    return connection(id_, "functionsConnector", capability, **texts, **more)


def one_of(id_: str, value: str, rows: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """Return a comparison with several values, given by the ids of their rows."""
    listed = [{"value": rich(text), "id": row} for row, text in rows.items()]
    sides = {"leftValueA": rich(value), "rightValueMultiple": listed}
    return connection(id_, "functionsConnector", "AEqualsMultipleB", **sides, **more)


def function(id_: str, code: str, **values: Any) -> dict[str, Any]:
    """Return a function of JavaScript, `code` its body; values are texts, or types and texts."""
    rows = [
        {"name": name, "preferredDataType": type_, "value": rich(text)}
        for name, given in values.items()
        for type_, text in [given if isinstance(given, tuple) else ("string", given)]
    ]
    whole = f"module.exports = async ({{params}}) => {{ {code} }}"
    return connection(
        id_, "functionsConnector", "customFunction", code=whole, variableInputList=rows
    )


def answers(id_: str, capability: str = "createSuccessResponse", **fields: Any) -> dict[str, Any]:
    """Return a node that responds; the fields are rich texts, or types and such texts."""
    rows = [
        {"name": name, "key": 0.25, "label": f"{name} (string)", "type": type_, "value": rich(text)}
        for name, given in fields.items()
        for type_, text in [given if isinstance(given, tuple) else ("string", given)]
    ]
    return connection(id_, "httpConnector", capability, claimsNameValuePairs=rows)


def saves(id_: str, rows: Mapping[str, Any], context: str = "flowInstance", **more: Any) -> Any:
    """Return a node that sets variables; values are rich texts, or types and such texts."""
    where = {"flow": "saveFlowVariables", "company": "saveCompanyVariables"}
    what = {"flow": "saveFlowValue", "company": "saveCompanyValue", "user": "saveValueUserInfo"}
    made = [
        {
            "name": name,
            "value": rich(text),
            "key": 0.5,
            "label": f"{name} ({type_} - {context})",
            "type": type_,
        }
        for name, given in rows.items()
        for type_, text in [given if isinstance(given, tuple) else ("string", given)]
    ]
    place = where.get(context, "saveVariables")
    capability = what.get(context, "saveValue")
    return connection(id_, "variablesConnector", capability, **{place: made}, **more)


def variable(name: str, context: str = "flowInstance", type_: str = "string", **fields: Any) -> Any:
    """Return a row of the variables that a flow declares."""
    return {
        "name": f"{name}##SK##{context}",
        "context": context,
        "type": "property",
        "visibility": "private",
        "fields": {"type": type_, "displayName": "", "mutable": True, **fields},
    }


def starts_here(id_: str) -> dict[str, Any]:
    """Return where a teleport leads to."""
    return connection(id_, "nodeConnector", "startNode")


def goes_to(id_: str, target: str, **values: str) -> dict[str, Any]:
    """Return a teleport; its values are rich texts."""
    texts = {name: rich(text) for name, text in values.items()}
    return connection(id_, "nodeConnector", "goToNode", nodeInstanceId=target, **texts)


def goes_back(id_: str, **values: str) -> dict[str, Any]:
    """Return the end of a teleport that comes back."""
    texts = {name: rich(text) for name, text in values.items()}
    return connection(id_, "nodeConnector", "returnBackToCallingNode", **texts)


def flow(
    *nodes: dict[str, Any], ways: Iterable[str] = (), id_: str = "f1", name: str = "", **more: Any
) -> dict[str, Any]:
    """Return an export of one flow."""
    evals, edges = [], []
    for number, way in enumerate(ways, 1):
        eval_: dict[str, Any] = {"id": f"eval{number}", "nodeType": "EVAL", "properties": {}}
        sources, targets = (side.split(",") for side in way.split(">"))
        for one in sources:
            source, _, row = one.strip().partition("#")
            edges.append((source, eval_["id"], row))
        for one in targets:
            target, _, logic = one.strip().partition(":")
            edges.append((eval_["id"], target, ""))
            if logic:
                eval_["properties"][target] = {"value": logic}
        evals.append(eval_)
    return {
        "name": name or id_,
        "flowId": id_,
        "flowStatus": "enabled",
        "graphData": {
            "elements": {
                "nodes": [_element(data, i) for i, data in enumerate([*nodes, *evals])],
                "edges": [_edge(*edge, number) for number, edge in enumerate(edges)],
            }
        },
        "variables": [],
        **more,
    }


def _element(data: dict[str, Any], place: int) -> dict[str, Any]:
    return {"data": data, "position": {"x": 150 * place, "y": 0}, "group": "nodes"}


def _edge(source: str, target: str, row: str, number: int) -> dict[str, Any]:
    told = {"multiValueSourceId": row} if row else {}
    data = {"id": f"edge{number}", "source": source, "target": target, **told}
    return {"data": data, "position": {"x": 0, "y": 0}, "group": "edges"}


def bundle(*flows: dict[str, Any]) -> dict[str, Any]:
    """Return an export of several flows."""
    return {"companyId": "c1", "customerId": "c2", "flows": list(flows)}


def imported(export: Any) -> list[ImportedFlow]:
    """Import an export, through its bytes."""
    data = json.dumps(export).encode()
    return import_export(read_export(data, "export.json"), names())


def parsed(export: Any) -> dict[str, Flow]:
    """Import an export, and read the flows as they are read from files."""
    return {
        one.id: parse_flow(json.loads(json.dumps(one.document)), one.id, f"{one.id}.flow.json")
        for one in imported(export)
    }


def run(
    export: Any,
    given: Any = None,
    *,
    connection: Connection | None = None,
    workers: int = 0,
    times: int = 1,
    main: str = "",
    **more: Any,
) -> Run:
    """Import an export and run its first flow, or `main`, some times over; return the last run."""
    flows = parsed(export)
    with ExitStack() as stack:
        dispatchers = {}
        if connection is not None:
            dispatchers[""] = stack.enter_context(argosy.Dispatcher(shipped(), connection))
        settings = EngineSettings(workers=workers)
        engine = stack.enter_context(
            Engine(shipped(), dispatchers, flows, settings=settings, **more)
        )
        started = flows[main] if main else next(iter(flows.values()))
        return [engine.run(started, given or {}) for _ in range(times)][-1]


def ran(run_: Run) -> set[str]:
    """Return the nodes that ran, without the one that an import puts in front."""
    return {step.node for step in run_.steps} - {"start"}


def counted(run_: Run) -> Counter[str]:
    """Return how often each node ran."""
    return Counter(step.node for step in run_.steps)


def body(run_: Run) -> Any:
    """Return what a run that succeeded responded."""
    assert run_.error is None, run_.error.to_json()
    assert run_.response is not None, [(step.path, step.error) for step in run_.steps]
    return run_.response.body


def message(run_: Run) -> str:
    """Return the message of a run that failed."""
    assert run_.status == "failed", run_.status
    assert run_.error is not None
    return run_.error.message
