"""Send requests: one pooled `requests` session a connection, with retries and a deadline.

`Transport` decides what happens between attempts; the adapter below it moves the bytes and
never sends anything twice by itself.
"""

from argosy.transport.control import OWN_TERMS, Cancellation, Control
from argosy.transport.retry import RetryPolicy, parse_retry_after
from argosy.transport.sender import Transport

__all__ = ["OWN_TERMS", "Cancellation", "Control", "RetryPolicy", "Transport", "parse_retry_after"]
