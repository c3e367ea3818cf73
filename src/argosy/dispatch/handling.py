"""Run a handler, which is foreign code, and hold it to its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from argosy.dispatch.invocation import Invocation, RequestCaptured
from argosy.errors import ArgosyError, HandlerCrashedError
from argosy.model import Answer, Reply
from argosy.sdk import PartialFailureError

if TYPE_CHECKING:
    from argosy.connector import Handler


def run_handler(handler: Handler, invocation: Invocation, capability: str) -> Reply:
    """Return the handler's reply.

    Raises what the handler raises on purpose, and HandlerCrashedError for everything else: an
    exception of another kind, an end of the program, a reply that is none.
    """
    try:
        reply = handler(invocation)
    except PartialFailureError as partial:
        _check(partial.reply, capability)
        raise
    except (ArgosyError, RequestCaptured):
        raise
    except (Exception, SystemExit) as error:  # foreign code: whatever it raises is told
        raise HandlerCrashedError(capability=capability, kind=type(error).__name__) from error
    _check(reply, capability)
    return reply


def _check(reply: Reply, capability: str) -> None:
    is_reply = isinstance(reply, Reply)
    if (
        not is_reply
        or not isinstance(reply.outputs, Mapping)
        or not isinstance(reply.answer, Answer | None)
    ):
        raise HandlerCrashedError(capability=capability, kind="no Reply")
