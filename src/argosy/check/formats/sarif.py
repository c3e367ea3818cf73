"""The report as SARIF 2.1.0 (OASIS), the format that code-scanning services read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from argosy.check.flows import FLOW_RULES
from argosy.check.rules import RULES
from argosy.davinci.lint import codes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.check.report import Report
    from argosy.model import JsonObject, Problem

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE = "CONNECTOR"
_RULES = {
    **{rule.ID: rule.DEMAND for rule in RULES},
    **{rule.ID: rule.DEMAND for rule in FLOW_RULES},
    **{code.code: code.title for code in codes().values()},
}


def write(reports: Sequence[Report], _width: int) -> str:
    """Write each report as one SARIF run; the tool's rules are all there, also those kept."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report) for report in reports]}
    return json.dumps(log, indent=2, ensure_ascii=False)


def _run(report: Report) -> JsonObject:
    return {
        "tool": {"driver": {"name": "argosy", "rules": [_rule(*rule) for rule in _RULES.items()]}},
        **_bases(report),
        "results": [_result(problem) for problem in report.problems],
    }


def _rule(rule_id: str, demand: str) -> JsonObject:
    return {"id": rule_id, "shortDescription": {"text": demand}}


def _bases(report: Report) -> JsonObject:
    """Say where the connector lies, where that is known without asking the system."""
    if not report.connector.is_absolute():
        return {}
    return {"originalUriBaseIds": {_BASE: {"uri": report.connector.as_uri() + "/"}}}


def _result(problem: Problem) -> JsonObject:
    text = f"{problem.message} Hint: {problem.hint}" if problem.hint else problem.message
    uri = quote(problem.file, errors="surrogateescape")
    location: JsonObject = {
        "physicalLocation": {"artifactLocation": {"uri": uri, "uriBaseId": _BASE}}
    }
    if problem.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.pointer}]
    return {
        "ruleId": problem.code,
        "ruleIndex": list(_RULES).index(problem.code),
        "level": problem.severity,
        "message": {"text": text},
        "locations": [location],
    }
