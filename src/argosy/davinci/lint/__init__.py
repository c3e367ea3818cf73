"""Lint DaVinci flows by the rules of the linter that DaVinci's community uses.

The codes, and which nodes they are found at, are that linter's; the words are ours.
"""

from argosy.davinci.lint.finding import Code, Finding, codes
from argosy.davinci.lint.flow import LintFlow
from argosy.davinci.lint.linting import lint_alone, lint_export, lint_flow
from argosy.davinci.lint.rules import RULES

__all__ = [
    "RULES",
    "Code",
    "Finding",
    "LintFlow",
    "codes",
    "lint_alone",
    "lint_export",
    "lint_flow",
]
