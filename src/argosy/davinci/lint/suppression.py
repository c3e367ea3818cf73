"""Which rules a flow leaves out: it says so in a node of variables that is called `_dvlint_`.

The node's variables `include-rules`, `exclude-rules` and `ignore-rules` each hold ids of rules
with commas between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.lint.flow import first_text, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.davinci.lint.flow import LintFlow

_NODE = "_dvlint_"


def rules_to_tell(flow: LintFlow, rules: Iterable[str]) -> list[str]:
    """Return the rules whose findings a flow wants to hear of.

    The linter refuses a flow that both includes and excludes rules; here both hold.
    """
    options: dict[str, frozenset[str]] = {}
    for node in flow.nodes:
        if _NODE in text_of(node.value("nodeTitle")).lower():
            for row in node.rows("saveVariables"):
                value = row.get("value")
                named = first_text(value)
                named = text_of(value) if named is None else named
                options[text_of(row.get("name"))] = frozenset(map(str.strip, named.split(",")))
    left_out = options.get("exclude-rules", frozenset()) | options.get("ignore-rules", frozenset())
    included = options.get("include-rules")
    return [
        rule for rule in rules if rule not in left_out and (included is None or rule in included)
    ]
