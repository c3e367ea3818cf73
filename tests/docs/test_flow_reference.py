"""The pages about flows: every rule, kind and filter is on them, and the samples are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import flow_reference
import pytest

from argosy.check.flows import FLOW_RULES
from argosy.check.flows.scope import _NODE_MEMBERS, _ROOTS
from argosy.davinci.lint import codes
from argosy.flow.kinds import KINDS
from argosy.rendering import FILTERS, compile_template

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


def headings(page: str) -> list[str]:
    return re.findall(r"^## `(.+)`$", (FOLDER / page).read_text(encoding="utf-8"), re.MULTILINE)


def test_every_rule_has_an_entry() -> None:
    assert headings("flow-rules.md") == [rule.ID for rule in FLOW_RULES]


def test_every_code_of_davinci_has_an_entry() -> None:
    assert headings("davinci-rules.md") == list(codes())


def test_no_word_of_the_rules_of_davinci_is_left_to_be_filled_in() -> None:
    assert not re.search(r"[{}]", flow_reference.pages()["davinci-rules.md"])


def test_every_kind_has_an_entry() -> None:
    assert headings("kinds.md") == list(KINDS)


def test_every_filter_is_told() -> None:
    assert set(flow_reference.FILTERS) == {*FILTERS, "default"}


def test_every_name_that_an_expression_reads_is_told() -> None:
    told = {re.split(r"\W", name)[0] for name in flow_reference.READ}
    members = " ".join([*flow_reference.READ, *flow_reference.READ.values()])

    assert told == {*_ROOTS, "item", "index"}
    assert all(f"nodes.ID.{member}" in members for member in _NODE_MEMBERS)


@pytest.mark.parametrize("name", sorted(flow_reference.FILTERS))
def test_the_sample_of_a_filter_uses_it_and_gives_what_is_said(name: str) -> None:
    told, expression, value = flow_reference.FILTERS[name]
    template = compile_template(f"{{{{ {expression} }}}}")
    scope: dict[str, Any] = {"input": {}}

    assert f"| {name}" in expression
    assert told.endswith(".")
    assert template.render(scope) == value
