"""Findings: what a rule says of a flow, in the words of the table of codes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from argosy.davinci.lint.flow import LintFlow, LintNode

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what is found, why it matters, and how to mend it.

    `rule` is the rule that finds it, by which a flow leaves it out. `message` and `mend` may hold
    words in braces, which a finding fills in. What is only best practice is a warning.
    """

    code: str
    rule: str
    severity: Severity
    title: str
    message: str
    meaning: str
    mend: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a flow.

    `flow_id` and `node_id` are the ids under which DaVinci's linter reports it; `node_id` is empty
    where it reports none. `pointer` leads into the flow that was linted, to the node if it is
    about one; it is None for what stands in another flow of the export.
    """

    code: str
    severity: Severity
    message: str
    recommendation: str
    flow_id: str
    node_id: str = ""
    pointer: str | None = ""


@cache
def codes() -> Mapping[str, Code]:
    """Return the table of codes, in the order of their rules."""
    table = json.loads(files(__package__).joinpath("codes.json").read_text(encoding="utf-8"))
    return {
        code: Code(code, rule, **told)
        for rule, told_of in table.items()
        for code, told in told_of.items()
    }


@dataclass(frozen=True)
class Bundle:
    """The flows of one export: `main` is judged, and `others` are what it may call.

    `looked_through` are those in which the rules look that hold for every flow of an export.
    `is_called` tells whether a flow calls the main one.
    """

    main: LintFlow
    others: Sequence[LintFlow]
    looked_through: Sequence[LintFlow]
    is_called: bool

    @property
    def flows(self) -> Iterator[LintFlow]:
        """All flows, the main one first."""
        yield self.main
        yield from self.others

    @cached_property
    def by_id(self) -> Mapping[str, LintFlow]:
        """The flows by their ids; of two with one id, the first."""
        return {flow.id: flow for flow in reversed([*self.flows])}

    def tell(
        self,
        code: str,
        node: LintNode | None = None,
        flow: LintFlow | None = None,
        under: tuple[str, str] | None = None,
        /,
        **words: str,
    ) -> Finding:
        """Make a finding about a flow, or a node of it; `flow` is the main one if not given.

        `under` are the ids of flow and node that the linter reports, where those are not the ids
        of this flow and node. `words` go into the sentences.
        """
        flow = flow or self.main
        told = codes()[code]
        words = {"node": node.shown if node else "", **words}
        flow_id, node_id = under or (flow.id, node.id if node else "")
        return Finding(
            code,
            told.severity,
            told.message.format_map(words),
            told.mend.format_map(words),
            flow_id,
            node_id,
            (node.pointer if node else "") if flow is self.main else None,
        )
