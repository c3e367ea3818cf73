"""Expressions can be read, and what they read can be there.

A run fails at a name that is not there, so a name that never can be is told before. A node can be
read where a way leads from it; `item` and `index` in the body of a loop; an error where a way
leads on from the node's failure. In an imported flow, a name that is read with a default may be
one that never is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.check.flows.scope import Path
    from argosy.check.flows.subject import Expression, FlowSubject
    from argosy.model import Problem

ID = "expressions"
DEMAND = "Expressions can be read, and each name in them can be there."


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield what is wrong with each expression."""
    for fault in subject.text_faults:
        message = f"{fault.place.node.id!r}: {fault.message}"
        yield subject.problem(ID, message, fault.place.input_pointer(fault.path))
    for expression in subject.expressions:
        for path in _judged(subject, expression):
            reading = expression.scope.read(path)
            if reading.fault:
                message = f"{expression.place.node.id!r} reads {'.'.join(path)}: {reading.fault}"
                yield subject.problem(ID, message, expression.pointer, reading.hint)


def _judged(subject: FlowSubject, expression: Expression) -> Iterable[Path]:
    template = expression.template
    if not subject.is_imported:
        return template.paths
    return dict.fromkeys(path for group in template.needs for path in group)
