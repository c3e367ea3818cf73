"""`errorConnector` and `analyticsConnector`: what a flow says of how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.flow.kinds.davinci.values import number_of, text_of
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.flow.kinds.davinci.call import Call, Performs
    from argosy.model import JsonObject


def _fail(call: Call) -> tuple[str, JsonObject]:
    """Fail with the flow's own words; there is no screen to show them on."""
    description, reason = call.value("errorDescription"), call.value("errorReason")
    said = call.value("errorMessage", call.value("errorDescription", reason))
    detail = text_of(said) or "The flow ended with an error message that is empty."
    code = text_of(call.value("errorCode"))
    status = number_of(code)
    is_status = isinstance(status, int) and 400 <= status <= 599
    details = {"errorDescription": description, "errorReason": reason}
    known = {name: value for name, value in details.items() if value is not None}
    raise call.fail(detail, code, int(status or 0) if is_status else None, known or None)


def _log(_call: Call) -> tuple[str, JsonObject]:
    """Do nothing more: the step's record holds what is to be logged."""
    return SUCCESS, {}


ERROR_CAPABILITIES: Performs = {"customErrorMessage": _fail}
ANALYTICS_CAPABILITIES: Performs = {"logOutcome": _log}
