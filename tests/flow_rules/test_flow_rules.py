"""Every pair NAME.json and NAME.expect.json: a flow, and the problems it has.

A pair lies in the folder of the rule that it is about, and all rules are run, so a pair also
shows what else a mistake leads to. A name that ends in `is-fine` or `are-fine` has no problems.
`--update-goldens` writes the expectations again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.check import check_flows
from argosy.check.flows import FLOW_RULES
from argosy.model import Connector
from tests.flow_rules.samples import write_sample

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAIRS = sorted(path for path in HERE.glob("*/*.json") if not path.name.endswith(".expect.json"))
RULES = [rule.ID for rule in FLOW_RULES]


def is_fine(pair: Path) -> bool:
    return pair.stem.endswith("fine")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.parent.name}/{pair.stem}")
def test_a_flow_has_exactly_the_expected_problems(
    pair: Path, tmp_path: Path, drafted: Connector, golden: Callable[[Path, Any], None]
) -> None:
    file = write_sample(tmp_path, json.loads(pair.read_text(encoding="utf-8")))

    report = check_flows(file, drafted)

    golden(pair.with_suffix(".expect.json"), [problem.to_json() for problem in report.problems])


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_pair_in_which_it_finds_something(rule: str) -> None:
    files = [pair.with_suffix(".expect.json") for pair in PAIRS if pair.parent.name == rule]
    expectations = [json.loads(file.read_text(encoding="utf-8")) for file in files]

    assert any(problem["code"] == rule for found in expectations for problem in found)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_pair_that_is_fine(rule: str) -> None:
    files = [pair.with_suffix(".expect.json") for pair in PAIRS if pair.parent.name == rule]
    fine = [file for file in files if json.loads(file.read_text(encoding="utf-8")) == []]

    assert fine
    assert all(is_fine(file.with_suffix("").with_suffix("")) for file in fine)


def test_every_expectation_belongs_to_a_pair() -> None:
    expected = sorted(pair.with_suffix(".expect.json") for pair in PAIRS)

    assert sorted(HERE.glob("*/*.expect.json")) == expected


def test_every_folder_is_of_a_rule() -> None:
    assert {pair.parent.name for pair in PAIRS} == set(RULES)


def test_the_ids_of_rules_are_their_modules_names() -> None:
    names = [rule.__name__.rpartition(".")[2].replace("_", "-") for rule in FLOW_RULES]  # type: ignore[attr-defined]
    modules = (ROOT / "src/argosy/check/flows/rules").glob("[!_]*.py")

    assert names == RULES
    assert sorted(path.stem.replace("_", "-") for path in modules) == sorted(RULES)


def test_every_rule_says_what_it_demands_in_a_sentence() -> None:
    assert all(rule.DEMAND.endswith(".") and len(rule.DEMAND) <= 100 for rule in FLOW_RULES)
