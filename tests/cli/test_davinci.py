"""`argosy import davinci` and `argosy export davinci`, with real files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran
from tests.cli.flows import write_json
from tests.conftest import ROOT, SHARED

Run = Callable[..., Ran]
Golden = Callable[[Path, Any], None]

SAMPLES = SHARED / "samples" / "davinci"
GOLDENS = Path(__file__).parent / "goldens"
FLOW_IDS = {"main": "1" * 32, "sub": "2" * 32}


def rich(*pieces: str) -> str:
    """Write a rich text of one line; pieces in braces are links."""
    children: list[Any] = []
    for piece in pieces:
        if piece.startswith("{{"):
            link = {"type": "link", "data": piece, "children": [{"text": piece[2:-2]}]}
            children += [{"text": ""}, link, {"text": ""}]
        else:
            children.append({"text": piece})
    return json.dumps([{"children": children}], indent=2)


def node(id_: str, connector: str, capability: str, **values: Any) -> Any:
    data = {
        "id": id_,
        "nodeType": "ANNOTATION" if connector == "annotationConnector" else "CONNECTION",
        "connectionId": "3" * 32,
        "connectorId": connector,
        "name": connector,
        "label": connector,
        "status": "configured",
        "capabilityName": capability,
        "type": "action",
        "properties": {name: {"value": value} for name, value in values.items()},
    }
    return {"data": data, "position": {"x": 30, "y": 60}, "group": "nodes"}


def chain(*ids: str) -> list[Any]:
    """Return EVALs between nodes, and the edges to them and from them."""
    made = []
    for source, target in pairwise(ids):
        eval_ = f"eval{source[:6]}"
        made.append({"data": {"id": eval_, "nodeType": "EVAL"}})
        made.append({"data": {"id": f"{source}e", "source": source, "target": eval_}})
        made.append({"data": {"id": f"{eval_}e", "source": eval_, "target": target}})
    return made


def export(name: str, which: str, nodes: Sequence[Any], **more: Any) -> Any:
    ids = [n["data"]["id"] for n in nodes if n["data"]["nodeType"] == "CONNECTION"]
    made = chain(*ids)
    evals = [one for one in made if "nodeType" in one["data"]]
    edges = [one for one in made if "source" in one["data"]]
    return {
        "companyId": "c",
        "flowId": FLOW_IDS[which],
        "name": name,
        "graphData": {
            "elements": {"nodes": [*nodes, *evals], "edges": edges},
            "zoom": 1.0,
            "minZoom": 1e-50,
        },
        "custom-attribute-1": {"kept": True},
        **more,
    }


MAIN = export(
    "Sign up: a user!",
    "main",
    [
        node(
            "aaaaaaaaaa",
            "httpConnector",
            "makeRestApiCall",
            nodeTitle="Ask",
            url=rich("https://api.example.com/x"),
        ),
        node(
            "bbbbbbbbbb",
            "httpConnector",
            "customHTMLTemplate",
            nodeTitle="Form",
            customHTML="<form>{{x}}</form>",
        ),
        node(
            "cccccccccc",
            "treasureDataConnector",
            "insertRecord",
            database=rich("shop"),
            table=rich("people"),
            regionRecord="us01",
            unknownThing="x",
        ),
        node(
            "dddddddddd",
            "flowConnector",
            "startSubFlow",
            subFlowId={"label": "Say hello", "value": FLOW_IDS["sub"]},
            subFlowVersionId=-1,
            name=rich("{{global.parameters.email}}"),
        ),
        node("eeeeeeeeee", "pingOneSSOConnector", "userLookup"),
        node(
            "ffffffffff",
            "httpConnector",
            "createSuccessResponse",
            claimsNameValuePairs=[
                {"name": "said", "value": rich("{{local.dddddddddd.payload.output.said}}")}
            ],
        ),
        node(
            "gggggggggg",
            "annotationConnector",
            "updateAnnotationProperties",
            annotation="All of it",
        ),
    ],
    inputSchema=[{"propertyName": "email", "preferredDataType": "string", "required": True}],
    variables=[{"name": "token##SK##company", "context": "company", "fields": {"type": "secret"}}],
)
SUB = export(
    "Say hello",
    "sub",
    [
        node(
            "hhhhhhhhhh",
            "httpConnector",
            "createSuccessResponse",
            claimsNameValuePairs=[
                {"name": "said", "value": rich("Hello ", "{{global.parameters.name}}")}
            ],
        )
    ],
    inputSchema=[{"propertyName": "name", "preferredDataType": "string"}],
)
BUNDLE = {"companyId": "c", "customerId": "d", "flows": [MAIN, SUB], "forms": []}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_json(tmp_path / "bundle.json", BUNDLE)


@pytest.fixture
def folder(run: Run, bundle: Path, tmp_path: Path) -> Path:
    """The bundle's flows as ours."""
    out = tmp_path / "flows"
    assert run("import", "davinci", str(bundle), "--out", str(out)).status == 0
    return out


@pytest.mark.parametrize("columns", ["60", "120"])
def test_the_report_says_what_runs_and_what_is_to_do(
    columns: str, run: Run, bundle: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.chdir(bundle.parent)

    ran = run("import", "davinci", "bundle.json", "--out", "flows")

    assert (ran.status, ran.err) == (0, "")
    assert max(map(len, ran.out.splitlines())) <= int(columns)
    # What the check finds has tests of its own.
    told = re.sub(r"(?m)^    (?:error|warning) \S+.*\n(?:      .*\n)+", "", ran.out)
    told = re.sub(r"The check finds .*:", "The check finds:", told)
    lines = [line.rstrip() for line in told.splitlines()]
    golden(GOLDENS / f"import-davinci-{columns}.golden.json", lines)


def test_the_same_as_a_json_object(
    run: Run, bundle: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bundle.parent)

    ran = run("import", "davinci", "bundle.json", "--out", "flows", "--json")

    assert ran.status == 0
    report = ran.json()
    assert all(flow.pop("findings") for flow in report["flows"])
    golden(GOLDENS / "import-davinci.golden.json", report)


def test_what_was_imported_can_be_formatted_checked_and_run(run: Run, folder: Path) -> None:
    file = folder / "say-hello.flow.json"
    before = file.read_text()

    assert run("fmt", str(folder)).status == 0
    assert file.read_text() == before
    ran = run("run", str(file), "--input", '{"name": "you"}', "--json")

    assert ran.status == 0, ran.out + ran.err
    events = [json.loads(line) for line in ran.out.splitlines()]
    [response] = [one for one in events if one["event"] == "responded"]
    assert response["body"] == {"said": "Hello you"}, response


def test_a_bundle_leaves_from_its_main_flow_and_from_its_folder(run: Run, folder: Path) -> None:
    for path in (folder / "sign-up-a-user.flow.json", folder):
        ran = run("export", "davinci", str(path))

        assert (ran.status, ran.err) == (0, "")
        assert ran.json() == BUNDLE


def test_a_flow_of_a_bundle_leaves_alone_from_its_own_file(run: Run, folder: Path) -> None:
    ran = run("export", "davinci", str(folder / "say-hello.flow.json"))

    assert ran.json() == SUB


def test_a_flow_that_is_missing_from_its_bundle_is_named(run: Run, folder: Path) -> None:
    (folder / "say-hello.flow.json").unlink()

    ran = run("export", "davinci", str(folder / "sign-up-a-user.flow.json"))

    assert ran.status == 2
    assert "the flow 'say-hello' came in the same export and is not here" in ran.err
    assert "Put its file back under any name" in ran.err


def test_one_flow_goes_to_a_file_of_any_name_and_back(run: Run, tmp_path: Path) -> None:
    file, out = write_json(tmp_path / "one.json", SUB), tmp_path / "new" / "hello.flow.json"

    assert run("import", "davinci", str(file), "--out", str(out)).status == 0
    back = tmp_path / "back.json"
    ran = run("export", "davinci", str(out), "--out", str(back))

    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert json.loads(back.read_text()) == SUB


def test_a_renamed_main_flow_still_leaves_with_the_others(run: Run, folder: Path) -> None:
    (folder / "sign-up-a-user.flow.json").rename(folder / "mine.flow.json")

    assert run("export", "davinci", str(folder / "mine.flow.json")).json() == BUNDLE


def test_flows_that_are_there_are_written_over_only_when_told(
    run: Run, bundle: Path, folder: Path
) -> None:
    file = folder / "say-hello.flow.json"
    file.write_text("mine")

    ran = run("import", "davinci", str(bundle), "--out", str(folder))
    assert ran.status == 2
    assert "are there already; name another --out, or write over it with --force." in re.sub(
        r"\s+", " ", ran.err
    )
    assert file.read_text() == "mine"

    assert run("import", "davinci", str(bundle), "--out", str(folder), "--force").status == 0
    assert file.read_text() != "mine"


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("all.flow.json", "2 flows need a folder; --out all.flow.json is a file."),
        ("bundle.json/x", "--out bundle.json/x cannot be written: Not a directory."),
    ],
)
def test_an_out_that_cannot_be_is_refused(
    out: str, said: str, run: Run, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bundle.parent)

    ran = run("import", "davinci", "bundle.json", "--out", out)

    assert ran.status == 2
    assert said in ran.err


def test_a_file_for_one_flow_has_to_be_a_flows(run: Run, tmp_path: Path) -> None:
    file = write_json(tmp_path / "one.json", SUB)

    ran = run("import", "davinci", str(file), "--out", str(tmp_path / "x.json"))

    assert ran.status == 2
    assert "is no flow's file: its name ends in .flow.json." in re.sub(r"\s+", " ", ran.err)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1, column 1: Expecting value"),
        (b"5", "it holds neither a flow nor a list of flows"),
        (
            b'{"formatVersion": 1}',
            "it has neither 'graphData' nor 'flows', so it is no export of flows",
        ),
        (b"\xff\xfe{\0}\0", "byte 1 is not UTF-8"),
    ],
)
def test_what_is_no_export_is_told_so(content: bytes, said: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(content)

    ran = run("import", "davinci", str(file), "--out", str(tmp_path / "flows"))

    assert ran.status == 1
    assert said in re.sub(r"\s+", " ", ran.err)
    assert not (tmp_path / "flows").exists()


def test_no_name_leaves_the_folder_or_commands_the_terminal(run: Run, tmp_path: Path) -> None:
    evil = "../../evil\n  The check finds nothing:\x1b[2J\u202e\x9b"
    document = export(
        evil, "main", [node("aaaaaaaaaa", evil, evil, nodeTitle=evil), node(evil, "x", "y")]
    )
    file = write_json(tmp_path / "evil.json", document)
    out = tmp_path / "a" / "b"

    ran = run("import", "davinci", str(file), "--out", str(out))

    assert ran.status == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", ran.out + ran.err)
    assert not any(line.strip() == "The check finds nothing:" for line in ran.out.splitlines())
    written = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*.*"))]
    assert written == ["a/b/evil-the-check-finds-nothing-2j.flow.json", "evil.json"]
    assert run("export", "davinci", str(out)).json() == document


def test_what_davinci_has_no_words_for_is_told_or_left_out(run: Run, folder: Path) -> None:
    file = folder / "say-hello.flow.json"
    flow = json.loads(file.read_text())
    flow["nodes"][1]["retry"] = {"maxAttempts": 3}
    flow["nodes"].append(
        {
            "id": "again",
            "kind": "for-each",
            "inputs": {"items": []},
            "body": {"nodes": [], "edges": []},
        }
    )
    flow["edges"].append({"from": "start", "to": "again"})
    file.write_text(json.dumps(flow))

    ran = run("export", "davinci", str(file))
    assert ran.status == 2
    assert "cannot be said in DaVinci's words: 2 problems." in re.sub(r"\s+", " ", ran.err)
    assert "DaVinci has nothing like 'retry'" in ran.err
    assert "DaVinci has nothing like a node of the kind 'for-each'" in re.sub(r"\s+", " ", ran.err)

    partial = run("export", "davinci", str(file), "--partial")
    assert partial.status == 0
    assert partial.json() == SUB
    assert partial.err.count("Left out: ") == 2


def test_a_folder_without_flows_is_told_so(run: Run, tmp_path: Path) -> None:
    ran = run("export", "davinci", str(tmp_path))

    assert ran.status == 2
    assert "holds no flow" in ran.err


@pytest.mark.parametrize("file", sorted((ROOT / "flows").glob("*.flow.json")), ids=lambda f: f.name)
def test_a_flow_that_was_drawn_here_is_said_as_far_as_there_are_words(
    run: Run, file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "davinci.json"

    ran = run("export", "davinci", str(file), "--out", str(out), "--partial")

    assert ran.status == 0, ran.err
    assert run("import", "davinci", str(out), "--out", str(tmp_path / "again")).status == 0


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="../shared is not there")
@pytest.mark.parametrize("name", [path.name for path in sorted(SAMPLES.glob("*.json"))])
def test_a_public_export_leaves_as_it_came(name: str, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "flows"

    imported = run("import", "davinci", str(SAMPLES / name), "--out", str(out), "--json")
    main = imported.json()["flows"][0]["file"]
    assert run("fmt", str(out)).status == 0
    ran = run("export", "davinci", main)

    expected = (SAMPLES / name).read_text(encoding="utf-8")
    assert json.dumps(ran.json()) == json.dumps(json.loads(expected))
