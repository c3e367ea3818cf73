"""No secret stands in a flow's file, which is read by many and kept for long.

Looked for everywhere in the file, in what a flow was imported from too. A problem never shows the
secret itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.flows.subject import FlowSubject
    from argosy.model import Problem

ID = "secrets"
DEMAND = "No secret stands in the file as plain text."

_HINT = (
    "Keep it in a connection, or let the run be given it: {{ input.NAME }}. Who can read the file "
    "knows it now, so change it where it is in use."
)


def check(subject: FlowSubject) -> Iterator[Problem]:
    """Yield the places of secrets, without them."""
    for secret in subject.secrets:
        tell = subject.problem if secret.is_sure else subject.warning
        yield tell(ID, f"{secret.what}; it is not shown here", secret.pointer, _HINT)
