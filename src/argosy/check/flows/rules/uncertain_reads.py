"""What need not be there is read with a `default`, or after asking whether it `is defined`.

A node that runs on one way and not on another may not have run; one that may have failed lacks
outputs, and one that may have succeeded has no error; an input that is not required may be left
out. A run fails where it reads what is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "uncertain-reads"
DEMAND = "What may not be there is read with a default."

_HINT = "Where it is missing the run fails. Say what then: `| default(none)`, `| default(omit)`."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the expressions that may find nothing."""
    for expression in subject.expressions:
        for group in expression.template.needs:
            message = expression.scope.uncertain(group)
            if message:
                text = f"{expression.place.node.id!r}: {message}"
                yield subject.warning(ID, text, expression.pointer, _HINT)
