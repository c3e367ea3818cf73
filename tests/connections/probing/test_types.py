"""Each type before its vendor as it may stand: the reason, every check, and the advice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.connections.fakes.vendors import Vendors
from tests.connections.fakes.world import World
from tests.connections.probing.cases import ANSWERED, CASES, Case
from tests.connections.probing.conftest import Probe

GOLDENS = Path(__file__).with_name("goldens")


@pytest.mark.parametrize("case", [*CASES, *ANSWERED], ids=lambda case: case.id)
def test_a_vendor_is_understood(
    case: Case,
    probe: Probe,
    world: World,
    vendors: Vendors,
    golden: Callable[[Path, Any], None],
) -> None:
    case.steer(vendors)
    world.fault, world.healthy = case.answer, case.healthy

    result = probe(case.type, case.credentials, case.metadata, **case.changes)

    assert result.reason == case.reason
    assert result.ok is (case.reason in {"", "unverifiable"})
    assert result.verified is (case.reason == "")
    found = {"calls": world.calls, **result.to_json(), "duration_ms": 0}
    golden(GOLDENS / f"{case.id}.json", found)


def test_every_golden_file_is_of_a_case() -> None:
    cases = {f"{case.id}.json" for case in [*CASES, *ANSWERED]}

    assert {path.name for path in GOLDENS.glob("*.json")} == cases
    assert len(cases) == len(CASES) + len(ANSWERED)
