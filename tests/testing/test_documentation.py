"""What the guide shows is what the schema takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from argosy.connector import file_validator

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "test-a-flow.md"


def test_the_samples_of_the_guide_fit_the_schema() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    test, stubs = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    case = {"name": "stubs", "stubs": stubs, "expect": {"failed": []}}

    validator = file_validator("flow-test")

    assert validator.problems(test) == ()
    assert validator.problems({"formatVersion": 1, "cases": [case]}) == ()


def test_the_guide_names_every_member_of_the_schema() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    schema = file_validator("flow-test").schema
    named = {name for one in schema["$defs"].values() for name in one.get("properties", {})}

    assert [
        name for name in sorted(named - {"description", "database", "table"}) if name not in text
    ] == []
