"""The how-to tells the truth: its commands do what it shows, in the order it shows them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from argosy.cli.main import main
from argosy.davinci.texts import spoken
from argosy.sandbox import start
from tests.davinci.building import ROOT

TEXT = (ROOT / "docs" / "how-to" / "move-from-davinci.md").read_text(encoding="utf-8")
ENDPOINT = "http://127.0.0.1:8040"


def blocks(language: str) -> list[str]:
    """Return the blocks of the page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def is_shown(wanted: str, printed: str) -> bool:
    """Tell whether the lines of the page were printed in their order; `…` stands for others."""
    lines = iter(line.strip() for line in printed.splitlines())
    return all(
        any(found.startswith(line.strip()) for found in lines)
        for line in wanted.splitlines()
        if line.strip() not in {"", "…"}
    )


def test_the_commands_of_the_how_to_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export, test = blocks("json")
    imports, tests, runs, exports = blocks("sh")
    report, verdicts, steps, refused = blocks("text")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARGOSY_CONNECTOR", str(ROOT))
    monkeypatch.setenv("ARGOSY_API_KEY", "1/sandbox")

    def printed(commands: str) -> tuple[list[int], str]:
        lines = commands.replace("\\\n", " ").splitlines()
        words = [shlex.split(line.partition("argosy ")[2]) for line in lines]
        statuses = [main(one) for one in words]
        said = capsys.readouterr()
        return statuses, said.out + said.err

    Path("sign-up.json").write_text(export, encoding="utf-8")
    statuses, said = printed(imports)
    assert (statuses, is_shown(report, said)) == ([0], True), said

    flow_file, test_file = Path("flows/sign-up.flow.json"), Path("flows/sign-up.test.json")
    test_file.write_text(test, encoding="utf-8")
    statuses, said = printed(tests)
    assert (statuses, is_shown(verdicts, said)) == ([0], True), said

    with start() as sandbox:
        statuses, said = printed(runs.replace(ENDPOINT, sandbox.url))
    assert (statuses, is_shown(steps, said)) == ([1], True), said

    for file in (flow_file, test_file):
        edited = file.read_text(encoding="utf-8").replace(': "people"', ': "customers"')
        file.write_text(edited, encoding="utf-8")
    statuses, said = printed(exports)
    assert statuses == [0, 0], said
    made, wanted = json.loads(Path("sign-up.new.json").read_bytes()), json.loads(export)
    table = made["graphData"]["elements"]["nodes"][2]["data"]["properties"]["table"]
    assert spoken(table["value"]) == "customers"
    table["value"] = "people"
    assert made == wanted

    document = json.loads(flow_file.read_bytes())
    document["nodes"][2]["retry"] = {"maxAttempts": 3}
    flow_file.write_text(json.dumps(document), encoding="utf-8")
    statuses, said = printed(exports.splitlines()[1])
    assert (statuses, is_shown(refused, said)) == ([2], True), said
