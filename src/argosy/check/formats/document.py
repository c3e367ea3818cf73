"""The report as one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argosy.check.report import Report


def write(report: Report, _width: int) -> str:
    """Write a report as indented JSON."""
    return json.dumps(report.to_json(), indent=2, ensure_ascii=False)
