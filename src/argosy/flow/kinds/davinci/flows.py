"""`flowConnector`: other flows within this one's run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.errors import ArgosyError, StepFailedError
from argosy.flow.kinds.davinci.values import convert, is_void, text_of
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from argosy.errors import ImportedNodeError
    from argosy.flow.kinds.davinci.call import Call, Performs
    from argosy.model import Json, JsonObject

#: Properties that name the flow; all others are its inputs.
_NAMING = frozenset({"subFlowId", "subFlowVersionId"})


def _run(call: Call) -> tuple[str, JsonObject]:
    context = call.context
    given = {name: value for name, value in call.properties.items() if name not in _NAMING}
    called = context.state.engine.flow(call.flow)
    try:
        response = context.run_flow(call.flow, _fitted(given, called.inputs))
    except ArgosyError as error:
        if context.is_fatal(error):
            raise
        raise _failure(call, error) from error
    if response is None:
        return SUCCESS, {}
    outputs = response.body if isinstance(response.body, dict) else {"body": response.body}
    if response.is_error:
        context.step.outputs = outputs
        status = response.status_code
        detail = f"The flow {call.flow!r} responded with an error ({status})."
        said, code = outputs.get("message"), outputs.get("code")
        raise call.fail(
            detail if is_void(said) else text_of(said),
            "" if is_void(code) else text_of(code),
            status,
            outputs,
        )
    return SUCCESS, outputs


def _failure(call: Call, error: ArgosyError) -> ImportedNodeError:
    """Return the error of a node whose flow failed: what failed there, where that is known."""
    cause = error.__cause__ if isinstance(error, StepFailedError) else None
    found = cause if isinstance(cause, ArgosyError) else error
    told = found.to_json()
    status = told.get("httpResponseCode", told.get("status"))
    message = found.message
    if found.problems:
        reasons = "; ".join(f"{one.pointer} {one.message}".strip() for one in found.problems[:3])
        message = f"{message.rstrip('.')}: {reasons}"
    return call.fail(
        message, found.code, status if isinstance(status, int) else None, told.get("details")
    )


def _fitted(given: JsonObject, schema: JsonObject) -> JsonObject:
    """Return inputs as the types that the flow declares; empty ones that it can miss are left out.

    DaVinci hands over texts, and does not mind what the other flow says that it takes.
    """
    declared = schema.get("properties")
    required = schema.get("required", ())
    fitted: JsonObject = {}
    for name, value in given.items():
        own = declared.get(name) if isinstance(declared, dict) else None
        type_: Json = own.get("type") if isinstance(own, dict) else None
        if is_void(value) and type_ != "string" and name not in required:
            continue
        fitted[name] = convert(value, type_)
    return fitted


CAPABILITIES: Performs = {"startSubFlow": _run, "startUiSubFlow": _run}
