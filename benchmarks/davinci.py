"""What DaVinci's flows cost in and out, stage by stage, beside reading and writing their JSON.

    python benchmarks/davinci.py [--rounds N]

Two exports are made up: one of 426 nodes with texts as large as people write them, and one of 500
nodes that is nearly as large as DaVinci takes. Each stage is timed in this process, and the whole
command in one of its own: the best of the rounds, in CPU seconds, which other work on the machine
changes little. The ratio is that to `json.loads` and `json.dumps` of the same bytes. Nothing is
written into the repository. Ends with 1 where the whole import takes longer than its limit.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from argosy import load
from argosy.davinci import export_again, import_export, read_export
from argosy.davinci.shape import ConnectorNames
from argosy.flow.form import canonical_text
from argosy.model import parse_json

ROOT = Path(__file__).resolve().parent.parent
#: How long `argosy import davinci` may take as a whole.
MOST_SECONDS = 2.0
#: Nodes, and letters of text and markup in each.
EXPORTS = {"426 nodes": (426, 500), "500 nodes, 10 MB": (500, 18_700)}


def rich(text: str, binding: str) -> str:
    """Return a rich text of two lines with a binding in it."""
    link = {"type": "link", "src": "variable.svg", "url": "x", "data": binding, "tooltip": binding}
    children = [{"text": text}, {**link, "children": [{"text": "x"}]}, {"text": ""}]
    return json.dumps([{"children": children}, {"children": [{"text": text}]}], indent=2)


def node(number: int, letters: int) -> dict[str, Any]:
    """Return a node as an export has it: a screen, a save, a comparison or a call by turns."""
    said = rich(
        "x" * (letters // 12), f"{{{{local.n{number - 1:09}.payload.output.rawResponse.id}}}}"
    )
    rows = [{"name": f"v{i}", "key": 0.5, "value": said, "type": "string"} for i in range(2)]
    kinds: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("httpConnector", "customHTMLTemplate", {"customHTML": "<p>" * (letters // 3)}),
        ("variablesConnector", "saveValue", {"saveVariables": rows}),
        ("functionsConnector", "AEqualsB", {"leftValueA": said, "rightValueB": said}),
        ("pingOneSSOConnector", "userLookup", {"matchAttributes": ["username"], "body": said}),
    )
    connector, capability, own = kinds[number % 4]
    values = {**own, "nodeTitle": f"Node {number}", "filler": "y" * (letters // 2)}
    return {
        "data": {
            "id": f"n{number:09}",
            "nodeType": "CONNECTION",
            "connectionId": "0" * 32,
            "connectorId": connector,
            "name": connector,
            "label": connector,
            "status": "configured",
            "capabilityName": capability,
            "type": "action",
            "properties": {name: {"value": value} for name, value in values.items()},
        },
        "position": {"x": 150 * (number % 20), "y": 120 * (number // 20)},
        "group": "nodes",
    }


def export(nodes: int, letters: int) -> bytes:
    """Return an export of one flow, a chain of nodes."""
    places = [node(number, letters) for number in range(nodes)]
    edges = []
    for number in range(nodes - 1):
        eval_ = f"e{number:09}"
        places.append({"data": {"id": eval_, "nodeType": "EVAL"}, "position": {"x": 0, "y": 0}})
        edges += [
            {"data": {"id": f"i{number}", "source": f"n{number:09}", "target": eval_}},
            {"data": {"id": f"o{number}", "source": eval_, "target": f"n{number + 1:09}"}},
        ]
    graph = {"elements": {"nodes": places, "edges": edges}}
    flow = {"flowId": "f" * 32, "name": "Made up", "graphData": graph, "variables": []}
    return json.dumps(flow, indent=2).encode()


def spent() -> float:
    """Return the CPU seconds of this process and of those that it waited for."""
    found = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


def timed(work: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the CPU seconds that the fastest of some rounds took, and what it gave."""
    best, given = float("inf"), None
    for _ in range(rounds):
        began = spent()
        given = work()
        best = min(best, spent() - began)
    return best, given


def command(data: bytes, rounds: int) -> float:
    """Return the CPU seconds that the whole command takes."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.json"
        file.write_bytes(data)
        line = [
            sys.executable,
            "-m",
            "argosy.cli.main",
            "--connector",
            str(ROOT),
            "import",
            "davinci",
        ]
        line += [str(file), "--out", str(Path(folder) / "flows"), "--force", "--json"]
        return timed(lambda: subprocess.run(line, check=True, capture_output=True), rounds)[0]


def measure(name: str, data: bytes, rounds: int) -> bool:
    """Print what an export costs; tell whether the whole import keeps to its limit."""
    names = ConnectorNames(load(ROOT))
    plain, _ = timed(lambda: json.dumps(json.loads(data), indent=2, ensure_ascii=False), rounds)
    read, found = timed(lambda: read_export(data, "export.json"), rounds)
    made, flows = timed(lambda: import_export(found, names), rounds)
    written, text = timed(lambda: canonical_text(flows[0].document, "flow"), rounds)
    again, document = timed(lambda: parse_json(text), rounds)
    left, _ = timed(lambda: export_again(flows[0].id, {flows[0].id: document}, names), rounds)
    whole = command(data, rounds)
    print(f"{name}: {len(data):,} bytes; json.loads and json.dumps {plain:.3f} s")
    stages = {"read": read, "import": made, "write": written, "read again": again, "export": left}
    for stage, seconds in stages.items():
        print(f"  {stage:<12} {seconds:7.3f} s {seconds / plain:6.1f} x")
    total = sum(stages.values())
    print(f"  {'together':<12} {total:7.3f} s {total / plain:6.1f} x")
    print(f"  {'the command':<12} {whole:7.3f} s, at most {MOST_SECONDS} s")
    return whole <= MOST_SECONDS


def main() -> int:
    """Measure both exports."""
    parser = argparse.ArgumentParser(description="What DaVinci's flows cost in and out.")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    kept = [measure(name, export(*size), rounds) for name, size in EXPORTS.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
