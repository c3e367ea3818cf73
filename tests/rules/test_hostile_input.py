"""A connector may be anything on disk; a check of it ends in problems, never in a traceback."""

from __future__ import annotations

import copy
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argosy.check import FORMATS, Report, check_connector, render
from argosy.check.rules import RULES
from argosy.connector import load_connector
from argosy.dispatch.plan import compile_plan
from argosy.model import Problem

READ = "capabilities/notes/read-note.json"
MINIMAL: dict[str, Any] = json.loads(
    (Path(__file__).parent / "minimal.json").read_text(encoding="utf-8")
)["files"]

Write = Callable[..., Path]


def only_problem(report: Report) -> Problem:
    assert len(report.problems) == 1, report.problems
    return report.problems[0]


def test_a_folder_that_is_not_there_has_no_manifest(tmp_path: Path) -> None:
    problem = only_problem(check_connector(tmp_path / "nowhere"))

    assert (problem.code, problem.file) == ("manifest-schema", "connector.json")


def test_a_file_in_place_of_the_folder_has_no_manifest(tmp_path: Path) -> None:
    file = tmp_path / "connector.json"
    file.write_text("{}", encoding="utf-8")

    assert only_problem(check_connector(file)).code == "manifest-schema"


def test_an_empty_folder_has_no_manifest(tmp_path: Path) -> None:
    assert only_problem(check_connector(tmp_path)).code == "manifest-schema"


@pytest.mark.parametrize("text", ["null", "7", '"x"', "[]", "true"])
def test_a_manifest_that_is_no_object_is_a_problem(write_connector: Write, text: str) -> None:
    root = write_connector(files={"connector.json": text})

    assert only_problem(check_connector(root)).message.endswith("it is not a JSON object")


@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_a_file_of_a_hundred_thousand_brackets_is_a_problem(
    write_connector: Write, bracket: str
) -> None:
    root = write_connector(files={READ: bracket * 100_000})

    assert "the file cannot be read" in only_problem(check_connector(root)).message


@pytest.mark.parametrize("file", ["connector.json", READ])
def test_a_binary_file_is_a_problem(write_connector: Write, file: str) -> None:
    root = write_connector()
    (root / file).write_bytes(bytes(range(256)) * 40)

    problem = only_problem(check_connector(root))

    assert problem.file == file
    assert "it is not UTF-8" in problem.message


def test_a_number_of_five_thousand_digits_is_a_problem(write_connector: Write) -> None:
    root = write_connector(files={READ: '{"id": 1' + "0" * 5000 + "}"})

    assert only_problem(check_connector(root)).file == READ


def test_a_link_out_of_the_folder_is_not_read(write_connector: Write, tmp_path: Path) -> None:
    root = write_connector()
    outside = tmp_path / "outside.json"
    (root / READ).rename(outside)
    (root / READ).symlink_to(outside)

    assert "it lies outside the connector's folder" in only_problem(check_connector(root)).message


def test_a_handler_that_is_a_link_out_of_the_folder_is_not_imported(
    write_connector: Write, tmp_path: Path
) -> None:
    root = write_connector(files={"handlers/count_notes.py": None})
    outside = tmp_path / "count_notes.py"
    outside.write_text("raise SystemExit('imported')\n", encoding="utf-8")
    (root / "handlers").mkdir()
    (root / "handlers" / "count_notes.py").symlink_to(outside)

    problem = only_problem(check_connector(root))

    assert problem.message == "handlers/count_notes.py lies outside the connector's folder"


def test_links_in_a_circle_are_a_problem(write_connector: Write) -> None:
    root = write_connector()
    (root / READ).unlink()
    (root / READ).symlink_to(root / READ)

    assert only_problem(check_connector(root)).file == READ


def test_a_linked_folder_of_capabilities_is_not_walked(write_connector: Write) -> None:
    root = write_connector()
    (root / "capabilities" / "loop").symlink_to(root / "capabilities")

    assert check_connector(root).problems == ()


def test_a_folder_in_place_of_a_file_is_a_missing_file(write_connector: Write) -> None:
    root = write_connector(files={READ: None})
    (root / READ).mkdir(parents=True)

    codes = {problem.code for problem in check_connector(root).problems}

    assert codes == {"capability-index"}


def test_a_named_pipe_is_not_waited_for(write_connector: Write) -> None:
    root = write_connector(files={READ: None})
    os.mkfifo(root / READ)

    assert only_problem(check_connector(root)).file == READ


@pytest.mark.parametrize(
    "expression", ["inputs.id" + ".a" * 3000, "not " * 300 + "inputs.id", "(" * 900 + ")" * 900]
)
def test_an_expression_nested_beyond_reason_is_a_problem(
    write_connector: Write, expression: str
) -> None:
    root = write_connector({READ: {"request": {"query": {"q": f"{{{{ {expression} }}}}"}}}})

    problem = only_problem(check_connector(root))

    assert (problem.code, problem.pointer) == ("templates", "/request/query/q")
    assert len(problem.message) < 300


def test_a_chain_of_four_hundred_files_is_followed_to_its_end(write_connector: Write) -> None:
    shown = {"examples": ["x"], "antiExamples": [{"value": 1, "reason": "text is asked for"}]}
    links = {
        f"schemas/a{i}.schema.json": {"$ref": f"a{i + 1}.schema.json", **shown} for i in range(400)
    }
    root = write_connector({**links, "schemas/a400.schema.json": {"type": "string", **shown}})

    assert [problem.message for problem in check_connector(root).problems] == []


def test_every_format_writes_a_file_name_that_is_not_text(write_connector: Write) -> None:
    root = write_connector()
    name = os.fsdecode(b"capabilities/notes/\xff\x1b[2J\n.json")
    (root / name).write_text("{", encoding="utf-8")

    report = check_connector(root)
    written = [render(report, form).encode() for form in FORMATS]

    assert report.failed
    assert not any(b"\x1b" in text for text in written[:1])


PLACES = st.sampled_from(
    ["connector.json", READ, "capabilities/notes/count-notes.json", "schemas/note-id.schema.json"]
)
ODD_VALUES = st.sampled_from(
    [
        *[None, True, 0, -1, 1.5, 10**30, "", "x", "é\x00", "{{", "{{ x }}", "{{ inputs.id }}"],
        *["{{ body | first }}", "{{ inputs[0].a() }}", "{% if x %}", "/{id}/{", "(", "[[a]", "#"],
        *[[], {}, [[]], [None], {"": {}}, {"a/b~": 1}, {"...": "{{ inputs.id }}"}, {"default": 1}],
        *[{"$ref": "#"}, {"$ref": ""}, {"$ref": "#/properties/id"}, {"$ref": "../x.json"}],
        *[{"$ref": "../../connector.json"}, {"$ref": "../../schemas/note-id.schema.json#/title"}],
        *[{"type": "object"}, {"type": []}, {"enum": []}, {"pattern": "(?<a>"}, {"items": True}],
        *["text", "id", "object", "string", "world", "api", "connection", "notes/read-note"],
    ]
).map(copy.deepcopy)


def mutated(document: Any, data: st.DataObject) -> Any:
    """Change one member or item somewhere in a document."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    if not keys:
        return data.draw(ODD_VALUES)
    key = data.draw(st.sampled_from(keys))
    if isinstance(document[key], dict | list) and data.draw(st.integers(0, 3)):
        document[key] = mutated(document[key], data)
    elif data.draw(st.integers(0, 4)):
        document[key] = data.draw(ODD_VALUES)
    elif isinstance(document, dict) and data.draw(st.booleans()):
        document[data.draw(st.sampled_from(["$ref", "pattern", "x", "default"]))] = document[key]
    else:
        del document[key]
    return document


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_change_of_a_connector_makes_the_check_raise(data: st.DataObject) -> None:
    files = copy.deepcopy(MINIMAL)
    for _ in range(data.draw(st.integers(1, 3))):
        file = data.draw(PLACES)
        files[file] = mutated(files[file], data) if isinstance(files[file], dict) else files[file]

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for file, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text, encoding="utf-8")
        report = check_connector(root)
        if not report.failed:
            connector = load_connector(root)
            for capability in connector.capability_files:
                compile_plan(connector, capability)

    assert {problem.code for problem in report.problems} <= {rule.ID for rule in RULES}
    assert all(render(report, form) for form in FORMATS if form != "github")
