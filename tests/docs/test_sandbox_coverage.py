"""What is said of the sandbox's operations is so, and what was asked for is there."""

from __future__ import annotations

import re

import pytest
import sandbox_coverage
from sandbox_coverage import ABSENT, FULL, SHALLOW, SHALLOW_LEVEL, Found

from tests.contracts import needs_contracts

pytestmark = needs_contracts


@pytest.fixture(scope="module")
def found() -> list[Found]:
    return sandbox_coverage.survey()


def levels(found: list[Found], pattern: str) -> dict[str, str]:
    """Give the levels of the operations whose path matches."""
    return {f"{one.method} {one.path}": one.level for one in found if re.search(pattern, one.path)}


@pytest.mark.parametrize(
    "pattern",
    [
        r"^/audiences/[^/]+$",
        r"/segments(/[^/]+)?$",
        r"/segments/(query|queries)",
        r"(?<!journeys)/syndications",
        r"/funnels",
        r"/folders",
        r"^/postback/",
        r"^/v3/database/",
        r"^/v3/table/",
        r"^/v3/job/",
        r"^/api/(projects|workflows|sessions|attempts|logs|schedules)",
        r"/tokens",
    ],
)
def test_the_families_that_people_ask_for_are_full(found: list[Found], pattern: str) -> None:
    # the real-time side has paths of these words, too
    asked = {
        operation: level
        for operation, level in levels(found, pattern).items()
        if "realtime" not in operation and "journey" not in operation
    }

    assert asked
    assert {operation for operation, level in asked.items() if level != FULL} == set()


def test_whole_documents_are_full(found: list[Found]) -> None:
    lesser = {one.document.name for one in found if one.level != FULL}

    assert lesser == {"cdp-api"}


def test_what_is_shallow_or_absent_says_what_is_missing(found: list[Found]) -> None:
    assert [one for one in found if one.level != FULL and not one.missing] == []
    assert {one.level for one in found} == {FULL, SHALLOW_LEVEL, ABSENT}


def test_every_shallow_pattern_is_about_something(found: list[Found]) -> None:
    reasons = {one.missing for one in found if one.level == SHALLOW_LEVEL}

    assert reasons == {missing for _, missing in SHALLOW}
