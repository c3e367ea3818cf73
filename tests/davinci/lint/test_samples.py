"""Public exports: what the community's linter expects of those that are samples of its rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from argosy.davinci.lint import codes, lint_export

SAMPLES = Path(__file__).resolve().parents[4] / "shared" / "samples" / "davinci"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the samples are not here")

#: For each sample the rule that it is about, and the ids of flow and node of what that finds.
EXPECTED: dict[str, tuple[str, list[tuple[str, str, str]]]] = {
    "AEqualsBMultipleCondition": (
        "dv-rule-AEqualsBMultipleCondition-001",
        [
            (
                "dv-bp-AEqualsBMultipleCondition-003",
                "7c1c682400d49a511dfba8a5264931b9",
                "cjc6qawp4i",
            ),
            (
                "dv-bp-AEqualsBMultipleCondition-002",
                "7c1c682400d49a511dfba8a5264931b9",
                "cjc6qawp4i",
            ),
        ],
    ),
    "empty-flow": (
        "dv-rule-empty-flow-001",
        [("dv-er-empty-flow-001", "f00277aa69f1e332c262eea5e8ae2663", "")],
    ),
    "multi-start": (
        "dv-rule-multi-start-001",
        [("dv-er-multi-start-001", "3de5ba439a95765a5a08242546d963d8", "")] * 3,
    ),
    "requiredFields": (
        "dv-rule-requiredFields-001",
        [
            ("dv-er-requiredFields-001", "193147c131603254a54095299baec141", "myblkjl6jn"),
            ("dv-er-requiredFields-001", "193147c131603254a54095299baec141", "79sjga7o6m"),
        ],
    ),
    "subflow": (
        "dv-rule-subflow-001",
        [
            ("dv-er-subflow-001", "6cc59b44515ba46f388c87ef52a00ec9", ""),
            ("dv-er-subflow-004", "4822d6c2f9f61d1924909c50fa6959bc", "m7lhu8f6jg"),
            ("dv-bp-subflow-005", "4822d6c2f9f61d1924909c50fa6959bc", "m7lhu8f6jg"),
        ],
    ),
    "teleport": (
        "dv-rule-teleport-001",
        [("dv-er-teleport-001", "bc108596bc400cff38394b5fd9b33f46", "8ln2qk7de5")],
    ),
    "variables": (
        "dv-rule-variables-001",
        [
            ("dv-bp-variable-001", "b40ccd54d88cb637ba4c635c6e788c6b", "899qlenqr0"),
            ("dv-er-variable-002", "b40ccd54d88cb637ba4c635c6e788c6b", "hivjw30vly"),
        ],
    ),
}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_a_rule_finds_in_its_sample_what_the_linter_finds(name: str) -> None:
    rule, expected = EXPECTED[name]

    found = lint_export(sample(name), as_far_as_linter=True)

    told = [one for one in found if codes()[one.code].rule == rule]
    assert [(one.code, one.flow_id, one.node_id) for one in told] == expected


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("[!R]*.json")), ids=lambda file: file.stem)
def test_every_finding_points_into_the_flow_or_to_another(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    main = document["flows"][0] if "flows" in document else document

    for one in lint_export(document):
        if one.pointer:
            index = int(one.pointer.removeprefix("/graphData/elements/nodes/"))
            drawn = main["graphData"]["elements"]["nodes"][index]["data"]["id"]
            assert one.node_id in {drawn, ""}
        elif one.pointer is None:
            assert one.flow_id != main["flowId"]
