"""Each code is found where it should be, and is not where that was mended."""

from __future__ import annotations

import re

import pytest

from argosy.davinci.lint import RULES, codes, lint_flow
from tests.davinci.lint.drawing import flow
from tests.davinci.lint.pairs import PAIRS


@pytest.mark.parametrize("code", PAIRS)
def test_a_code_is_found_at_its_node(code: str) -> None:
    pair = PAIRS[code]

    found = [one for one in lint_flow(pair.wrong, pair.others) if one.code == code]

    assert {(one.flow_id, one.node_id) for one in found} == {(pair.under, pair.at)}
    assert {one.severity for one in found} == {codes()[code].severity}


@pytest.mark.parametrize("code", PAIRS)
def test_a_code_is_not_found_where_all_is_well(code: str) -> None:
    pair = PAIRS[code]

    assert code not in {one.code for one in lint_flow(pair.right, pair.beside_right)}


def test_every_code_has_a_pair() -> None:
    assert PAIRS.keys() == codes().keys()


def test_a_flow_may_have_no_fault_at_all() -> None:
    assert lint_flow(flow()) == []


def test_every_code_belongs_to_a_rule_and_every_rule_has_codes() -> None:
    assert list(dict.fromkeys(code.rule for code in codes().values())) == list(RULES)


@pytest.mark.parametrize("code", codes())
def test_a_code_says_what_it_is_about(code: str) -> None:
    told = codes()[code]

    assert told.severity == ("error" if code.startswith("dv-er-") else "warning")
    assert re.fullmatch(r"[A-Z].{15,70}\.", told.title)
    assert re.fullmatch(r"[a-z'{].*[^.]", told.message)
    assert told.meaning.endswith(".")
    assert told.mend.endswith(".")
