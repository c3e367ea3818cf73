"""Reports as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.check.report import Report


def write(reports: Sequence[Report], _width: int) -> str:
    """Write a report as an indented JSON object, and several as a list of such objects."""
    shown = [report.to_json() for report in reports]
    return json.dumps(shown[0] if len(shown) == 1 else shown, indent=2, ensure_ascii=False)
