"""Tell flow tests from other files that end in `.test.json`. Costs nothing to import."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".test.json"
_FLOW = ".flow.json"
_SCHEMA = b"flow-test.schema.json"
_HEAD = 4096


def is_flow_test(path: Path) -> bool:
    """Tell whether a file is a flow test: a flow stands beside it, or it names our schema."""
    if not path.name.endswith(ENDING):
        return False
    if path.with_name(path.name.removesuffix(ENDING) + _FLOW).is_file():
        return True
    try:
        with path.open("rb") as stream:
            return _SCHEMA in stream.read(_HEAD)
    except OSError:
        return False
