"""Check a connector and flows: read the files, run every rule over them, report what is wrong.

A schema can say what shape a file has; the rules in `rules/` say what must hold between files:
that a reference leads somewhere, that a template reads what is declared, that an example is
true. Nothing is raised for a broken connector. Each finding is a `Problem`, and text, JSON,
SARIF and annotations are renderings of the same report.

Handlers are imported, so checking a connector runs its code, as calling it would. Flows have
rules of their own, in `flows/rules/`; checking them runs nothing.
"""

from argosy.check.checker import check_connector, check_flows
from argosy.check.formats import FORMATS, render
from argosy.check.report import Report
from argosy.check.rule import Rule

__all__ = ["FORMATS", "Report", "Rule", "check_connector", "check_flows", "render"]
