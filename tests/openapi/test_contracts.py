"""Larger documents: those of a real vendor become connectors too, none of their operations lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import vendor_coverage

from argosy.openapi import Imported
from tests.contracts import CONTRACTS, needs_contracts

pytestmark = needs_contracts


@pytest.mark.parametrize("name", [document.name for document in vendor_coverage.DOCUMENTS])
def test_every_operation_of_a_contract_becomes_a_capability(
    name: str, take: Callable[..., Imported]
) -> None:
    (contract,) = [one for one in vendor_coverage.DOCUMENTS if one.name == name]
    expected = list(vendor_coverage.operations(CONTRACTS, contract))

    made = take(CONTRACTS / f"{name}.openapi.yml")

    assert made.left_out == ()
    assert len(made.capabilities) == len(expected)


def test_what_takes_time_and_what_goes_on_is_recognised(take: Callable[..., Imported]) -> None:
    made = take(CONTRACTS / "workflow-api.openapi.yml")

    found = [json.loads(file.read_text()) for file in made.folder.glob("capabilities/*/*.json")]
    assert {one["id"] for one in found if "waiting" in one} == {"start-attempt", "get-attempt"}
    assert "get-sessions" in {one["id"] for one in found if "paging" in one}
