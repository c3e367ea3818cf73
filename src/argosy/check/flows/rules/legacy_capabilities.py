"""A flow uses no capability that the vendor keeps for old callers only."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "legacy-capabilities"
DEMAND = "A node uses a current capability where there is one."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the nodes of legacy capabilities."""
    for place in subject.nodes:
        known = subject.capability(place)
        legacy = known.capability.legacy if known and known.capability else None
        if legacy is not None:
            message = f"{place.node.id!r} runs {place.node.what!r}, which is legacy"
            hint = f"{f'Use {legacy.use!r}. ' if legacy.use else ''}{legacy.reason}"
            yield subject.warning(ID, message, place.pointer("capability"), hint)
