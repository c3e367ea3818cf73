"""The rules, in the order in which they run.

One module a rule (see `check.rule`). The first two say whether the files have the shape that
their schemas demand; every later rule looks only at what has. A new rule is a module and a
line in this list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.rules import (
    capability_index,
    capability_schema,
    davinci_names,
    demo,
    examples,
    families_and_regions,
    handlers,
    legacy,
    manifest_schema,
    outputs,
    paging,
    path_placeholders,
    schema_examples,
    schema_references,
    templates,
    waiting,
    wording,
)

if TYPE_CHECKING:
    from argosy.check.rule import Rule

RULES: tuple[Rule, ...] = (
    manifest_schema,
    capability_schema,
    capability_index,
    families_and_regions,
    schema_references,
    templates,
    path_placeholders,
    outputs,
    paging,
    waiting,
    legacy,
    handlers,
    examples,
    schema_examples,
    davinci_names,
    demo,
    wording,
)
