"""The four renderings of one report, each as a whole once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from argosy.check import Report, render
from argosy.check.flows import FLOW_RULES
from argosy.check.rules import RULES
from argosy.davinci.lint import codes
from argosy.model import Problem

METHOD = Problem(
    "capability-schema",
    '"FETCH" is not one of GET, HEAD, POST, PUT, PATCH, DELETE',
    "/request/method",
    "A method is one of HTTP's, in capital letters, or an expression that reads one of the inputs.",
    "capabilities/notes/read-note.json",
)
TITLE = Problem(
    "wording", "'Notes!' holds an exclamation mark", "/title", "", "connector.json", "warning"
)
REPORT = Report(Path("connectors/notes"), (METHOD, TITLE), 5)
SOUND = Report(Path("connectors/notes"), (), 5)

TEXT = """\
capabilities/notes/read-note.json#/request/method  capability-schema  error
    "FETCH" is not one of GET, HEAD, POST, PUT, PATCH, DELETE
    Hint: A method is one of HTTP's, in capital letters, or an expression that
          reads one of the inputs.

connector.json#/title  wording  warning
    'Notes!' holds an exclamation mark

1 error, 1 warning in 2 files."""

DOCUMENT = {
    "connector": "connectors/notes",
    "failed": True,
    "files": 5,
    "errors": 1,
    "warnings": 1,
    "problems": [
        {
            "code": "capability-schema",
            "severity": "error",
            "file": "capabilities/notes/read-note.json",
            "pointer": "/request/method",
            "message": '"FETCH" is not one of GET, HEAD, POST, PUT, PATCH, DELETE',
            "hint": METHOD.hint,
        },
        {
            "code": "wording",
            "severity": "warning",
            "file": "connector.json",
            "pointer": "/title",
            "message": "'Notes!' holds an exclamation mark",
        },
    ],
}

COMMANDS = (
    "::error file=connectors/notes/capabilities/notes/read-note.json,title=capability-schema"
    '::/request/method: "FETCH" is not one of GET, HEAD, POST, PUT, PATCH, DELETE%0A'
    f"Hint: {METHOD.hint}\n"
    "::warning file=connectors/notes/connector.json,title=wording"
    "::/title: 'Notes!' holds an exclamation mark"
)


def test_text_shows_place_rule_and_severity_then_message_and_hint() -> None:
    assert render(REPORT, "text", width=80) == TEXT


def test_text_of_a_sound_connector_is_one_line() -> None:
    assert render(SOUND, "text") == "5 files checked, no problems."


@pytest.mark.parametrize("width", [30, 60, 120])
def test_text_keeps_to_its_width(width: int) -> None:
    sentences = [
        line for line in render(REPORT, "text", width=width).split("\n") if line[:1] == " "
    ]

    assert max(len(line) for line in sentences) <= width


def test_text_breaks_no_word_that_is_longer_than_the_line() -> None:
    problem = Problem("outputs", "https://example.com/" + "a" * 80, file="connector.json")

    assert problem.message in render(Report(Path(), (problem,), 1), "text", width=40)


def test_text_escapes_what_would_steer_a_terminal() -> None:
    problem = Problem("outputs", "a\x1b[2Jb", hint="c\x07d", file="e\x9bf.json")

    written = render(Report(Path(), (problem,), 1), "text")

    assert "a\\x1b[2Jb" in written
    assert "c\\x07d" in written
    assert "e\\x9bf.json" in written


def test_json_is_the_report_as_an_object() -> None:
    assert json.loads(render(REPORT, "json")) == DOCUMENT


def test_github_commands_name_file_and_rule() -> None:
    assert render(REPORT, "github") == COMMANDS


def test_github_has_nothing_to_say_of_a_sound_connector() -> None:
    assert render(SOUND, "github") == ""


def test_github_escapes_what_would_end_a_command_or_a_property() -> None:
    problem = Problem("outputs", "50% of\r\nit: a, b", file="a:b,c%.json")

    written = render(Report(Path(), (problem,), 1), "github")

    assert written == "::error file=a%3Ab%2Cc%25.json,title=outputs::50%25 of%0D%0Ait: a, b"


def test_sarif_is_one_run_with_rules_and_results() -> None:
    log = json.loads(render(REPORT, "sarif"))
    run = log["runs"][0]

    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    assert log["$schema"] == "https://json.schemastore.org/sarif-2.1.0.json"
    assert run["tool"]["driver"]["name"] == "argosy"
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == [*(rule.ID for rule in RULES), *(rule.ID for rule in FLOW_RULES), *codes()]
    assert run["results"][1] == {
        "ruleId": "wording",
        "ruleIndex": [rule.ID for rule in RULES].index("wording"),
        "level": "warning",
        "message": {"text": "'Notes!' holds an exclamation mark"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "connector.json", "uriBaseId": "CONNECTOR"}
                },
                "logicalLocations": [{"fullyQualifiedName": "/title"}],
            }
        ],
    }


def test_sarif_names_the_connectors_folder_where_its_path_is_whole() -> None:
    run = json.loads(render(Report(Path("/srv/my notes"), (), 1), "sarif"))["runs"][0]

    assert run["originalUriBaseIds"] == {"CONNECTOR": {"uri": "file:///srv/my%20notes/"}}


def test_sarif_writes_a_files_name_as_a_uri() -> None:
    problem = Problem("outputs", "x", file="capabilities/a b#c.json")
    run = json.loads(render(Report(Path(), (problem,), 1), "sarif"))["runs"][0]

    location = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"] == "capabilities/a%20b%23c.json"


def test_half_a_character_is_written_with_a_backslash() -> None:
    problem = Problem("outputs", "a\udcffb", file="connector.json")
    report = Report(Path(), (problem,), 1)

    assert json.loads(render(report, "json"))["problems"][0]["message"] == "a\udcffb"
    assert "a\\udcffb" in render(report, "github")
