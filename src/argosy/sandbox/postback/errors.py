"""What postback and the collector refuse at once: with an empty object, or `{"error": true}`.

The vendor documents the statuses 400 and 403 (and 413 for postback v2) without bodies. Since an
answer says nothing, the reason goes to the request log.
"""

from __future__ import annotations

from argosy.sandbox.answers import VendorError


class RefusedEventError(VendorError):
    """An event is refused before its key is looked at; `reason` is for the request log."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(status, {})
        self.reason = reason
