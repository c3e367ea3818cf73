"""Every pair NAME.json and NAME.expect.json: a small connector, and the problems it has.

A pair lies in the folder of the rule that it is about, and the whole check is run, so a pair
also shows what else a mistake leads to. `--update-goldens` writes the expectations again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argosy.check import check_connector
from argosy.check.rules import RULES

HERE = Path(__file__).parent
PAIRS = sorted(path for path in HERE.glob("*/*.json") if not path.name.endswith(".expect.json"))


def expected(pair: Path) -> Path:
    return pair.with_suffix(".expect.json")


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.parent.name}/{pair.stem}")
def test_a_connector_has_exactly_the_expected_problems(
    pair: Path,
    write_connector: Callable[..., Path],
    golden: Callable[[Path, Any], None],
) -> None:
    root = write_connector(**json.loads(pair.read_text(encoding="utf-8")))

    report = check_connector(root)

    golden(expected(pair), [problem.to_json() for problem in report.problems])


@pytest.mark.parametrize("rule", [rule.ID for rule in RULES])
def test_every_rule_has_a_pair_in_which_it_finds_something(rule: str) -> None:
    files = [expected(pair) for pair in PAIRS if pair.parent.name == rule]
    expectations = [json.loads(file.read_text(encoding="utf-8")) for file in files]

    assert any(problem["code"] == rule for found in expectations for problem in found)


def test_every_expectation_belongs_to_a_pair() -> None:
    assert sorted(HERE.glob("*/*.expect.json")) == sorted(expected(pair) for pair in PAIRS)


def test_the_minimal_connector_is_sound(write_connector: Callable[..., Path]) -> None:
    assert check_connector(write_connector()).problems == ()
