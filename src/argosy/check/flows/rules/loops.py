"""A `while` says how often it may turn at most, since its condition may never become false."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "loops"
DEMAND = "A while has a limit of its own."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the loops that name no limit."""
    for place in subject.nodes:
        if place.is_kind("while") and "limit" not in place.node.inputs:
            default = place.kind.inputs["properties"]["limit"]["default"] if place.kind else ""
            message = f"{place.node.id!r} names no limit; it fails after {default} turns"
            hint = "Set `limit` to the most turns that are sensible here."
            yield subject.warning(ID, message, place.pointer("inputs"), hint)
