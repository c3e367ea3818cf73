"""What DaVinci answers whoever starts a flow by its API, made of a run of ours.

A flow that responds is answered with the response in the wrapper that DaVinci puts around it, and
an unwrapped one as it is. One that does not is answered with the platform's own error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.document import flow_id_of, object_at, read_graph
from argosy.davinci.names import fitted
from argosy.errors import (
    ArgosyError,
    NoResponseError,
    RunTimedOutError,
    StepFailedError,
    causes_of,
)

if TYPE_CHECKING:
    from argosy.flow.run import Response, Run
    from argosy.model import Flow, Json, JsonObject, Node

SUCCESS, ERROR, UNWRAPPED = (
    "createSuccessResponse",
    "createErrorResponse",
    "createUnwrappedResponse",
)
HTTP = "httpConnector"
#: The code of the platform's error where nothing came in time, or nothing at all.
TIMED_OUT = "requestTimedOut"
#: Where the fields of a response stand, unless its node names another place.
_FIELDS = "additionalProperties"


def davinci_answer(run: Run, flow: Flow) -> tuple[int, Json]:
    """Return the HTTP status and the JSON body that answer the start of a flow.

    `run` is one of `flow` that has ended.
    """
    if run.response is None:
        return _platform_error(run, flow)
    node = _node_of(flow, run.response.node)
    if node is not None and _capability(node) == UNWRAPPED:
        return run.response.status_code, run.response.body
    return run.response.status_code, _wrapped(run, run.response, flow, node)


def _wrapped(run: Run, response: Response, flow: Flow, node: Node | None) -> JsonObject:
    """Return the wrapper around a response, of one of our own nodes too."""
    usual = ERROR if response.is_error else SUCCESS
    properties = _properties(node)
    fields = dict(response.body) if isinstance(response.body, dict) else {}
    if response.body is not None and not isinstance(response.body, dict):
        fields = {"body": response.body}
    parameters: Json = {}
    if str(properties.get("returnRequestParameters")).lower() == "true":
        parameters = fields.pop("parameters", {})
    body: JsonObject = {
        **_origin(run, flow, node),
        "connectorId": HTTP,
        "capabilityName": _capability(node) or usual,
        "success": not response.is_error,
        "parameters": parameters,
    }
    if response.is_error and "message" in fields:
        body["message"] = fields.pop("message")
    name = properties.get("additionalFieldsName")
    return {**body, name if isinstance(name, str) and name else _FIELDS: fields}


def _platform_error(run: Run, flow: Flow) -> tuple[int, JsonObject]:
    """Return the answer for a flow that did not respond."""
    error = run.error
    if error is None or isinstance(error, NoResponseError | RunTimedOutError):
        message = "The flow did not respond in time." if error is None else error.message
        return 400, _told(run, flow, {"code": TIMED_OUT, "message": message})
    causes = [one for one in causes_of(error) if isinstance(one, ArgosyError)]
    failed = next(
        (str(one.facts["node"]) for one in causes if isinstance(one, StepFailedError)), ""
    )
    cause = next((one for one in causes if not isinstance(one, StepFailedError)), error)
    told = cause.to_json()
    status = told.get("httpResponseCode", told.get("status"))
    status = status if isinstance(status, int) and 400 <= status <= 599 else 400
    found: JsonObject = {"code": told["code"], "message": told["message"]}
    found |= {"details": told["details"]} if "details" in told else {}
    return status, _told(run, flow, found, status, _node_of(flow, failed))


def _told(
    run: Run, flow: Flow, error: JsonObject, status: int = 400, node: Node | None = None
) -> JsonObject:
    return {
        **_origin(run, flow, node),
        "success": False,
        **error,
        "errorMessage": error["message"],
        "httpResponseCode": status,
    }


def _origin(run: Run, flow: Flow, node: Node | None) -> JsonObject:
    """Return what tells where an answer comes from."""
    source = object_at(object_at(flow.document, "source"), "flow")
    found: JsonObject = {"interactionId": run.id, "flowId": flow_id_of(source) or flow.id}
    if "companyId" in source:
        found["companyId"] = source["companyId"]
    if node is None:
        return found
    originals = read_graph(source).nodes.values() if source else ()
    original = next((one.data for one in originals if fitted(one.id) == node.id), {})
    found["id"] = original.get("id", node.id)
    names = ("connectionId", "connectorId", "capabilityName")
    return found | {name: original[name] for name in names if name in original}


def _node_of(flow: Flow, path: str) -> Node | None:
    """Return the node of a step's path, where it is one of the flow itself."""
    id_ = path.rpartition("/")[2]
    return next((node for node in flow.graph.every_node() if node.id == id_), None)


def _capability(node: Node | None) -> str:
    return str(node.inputs.get("capability", "")) if node is not None else ""


def _properties(node: Node | None) -> JsonObject:
    found = node.inputs.get("properties") if node is not None else None
    return found if isinstance(found, dict) else {}
