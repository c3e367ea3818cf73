"""Forms: what a node of ours is in DaVinci's words, by its kind.

Nodes that came from there have their words; those that were drawn here get them where DaVinci has
any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.davinci.document import NOTES, TELEPORT
from argosy.davinci.nodes import ERRORS, FLOWS, HTTP, VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from argosy.model import Json, JsonObject

FUNCTIONS = "functionsConnector"
#: What stands for an input of a condition's operator, by the name of the capability.
_OPERATORS = {
    "equals": "AEqualsB",
    "not-equals": "ANotEqualsB",
    "less": "ALessThanB",
    "less-or-equal": "ALessThanEqualToB",
    "greater": "AGreaterThanB",
    "greater-or-equal": "AGreaterThanEqualToB",
    "empty": "AIsEmpty",
    "contains": "stringAContainsB",
}
_COMPARED_AS = {"text": "string", "number": "number", "boolean": "boolean"}


@dataclass(frozen=True)
class Form:
    """Connector and capability of a node, and its properties with our expressions.

    `plain` are properties that hold no rich text: choices, ids, switches.
    """

    connector: str
    capability: str
    properties: Mapping[str, Json] = field(default_factory=dict)
    plain: Mapping[str, Json] = field(default_factory=dict)


def form_of(node: JsonObject) -> Form:
    """Return the form of a node of a kind. Raises ValueError for one that DaVinci has not."""
    kind, inputs = node.get("kind", ""), node.get("inputs", {})
    if kind not in _FORMS:
        raise ValueError(f"DaVinci has nothing like a node of the kind {kind!r}")
    return _FORMS[kind](inputs)


def _davinci(inputs: JsonObject) -> Form:
    return Form(
        inputs["connector"],
        inputs.get("capability", ""),
        inputs.get("properties", {}),
        inputs.get("literals", {}),
    )


def _note(inputs: JsonObject) -> Form:
    plain = {"annotation": inputs.get("text", "")}
    return Form(NOTES, "updateAnnotationProperties", plain=plain)


def _call(inputs: JsonObject) -> Form:
    return Form(TELEPORT, "goToNode", inputs.get("values", {}))


def _return(inputs: JsonObject) -> Form:
    return Form(TELEPORT, "returnBackToCallingNode", inputs.get("values", {}))


def _condition(inputs: JsonObject) -> Form:
    if "cases" in inputs:
        return _cases(inputs)
    operator = inputs.get("operator", "")
    if operator == "between":
        raise ValueError("'between' counts its ends too, and DaVinci's comparison does not")
    if operator not in _OPERATORS:
        what = f"the operator {operator!r}" if operator else "an expression of its own"
        raise ValueError(f"DaVinci compares in no such way: {what}")
    properties = {"leftValueA": as_text(inputs.get("left", ""))}
    if operator != "empty":
        properties["rightValueB"] = as_text(inputs.get("right", ""))
    plain = _comparing(inputs, inputs.get("left"), inputs.get("right"))
    return Form(FUNCTIONS, _OPERATORS[operator], properties, plain)


def _comparing(inputs: JsonObject, *sides: Json) -> JsonObject:
    """Return how a comparison compares; where one side is a number, as numbers."""
    made: JsonObject = {}
    types = {_type_of(side) for side in sides} & {"number", "boolean"}
    if inputs.get("compareAs"):
        made["type"] = _COMPARED_AS[inputs["compareAs"]]
    elif len(types) == 1:
        made["type"] = types.pop()
    if inputs.get("ignoreCase"):
        made["caseSensitive"] = False
    return made


def _cases(inputs: JsonObject) -> Form:
    cases = inputs["cases"]
    if any(case.get("operator") != "equals" or "left" in case for case in cases):
        raise ValueError("DaVinci's cases say what one value equals, and nothing else")
    rows = [{"id": case["outcome"], "value": as_text(case.get("right", ""))} for case in cases]
    properties = {"leftValueA": as_text(inputs.get("left", "")), "rightValueMultiple": rows}
    plain = _comparing(inputs, *(case.get("right") for case in cases))
    return Form(FUNCTIONS, "AEqualsMultipleB", properties, plain)


def _respond(inputs: JsonObject) -> Form:
    body = inputs.get("body")
    if body is not None and not isinstance(body, dict):
        raise ValueError("DaVinci responds with fields, so the body has to be an object")
    rows = [_row(name, value) for name, value in (body or {}).items()]
    is_error = inputs.get("status") == "error"
    capability = "createErrorResponse" if is_error else "createSuccessResponse"
    code = {"httpStatusCode": inputs["statusCode"]} if "statusCode" in inputs else {}
    return Form(HTTP, capability, {"claimsNameValuePairs": rows}, code)


def _http_request(inputs: JsonObject) -> Form:
    properties: JsonObject = {"url": inputs["url"]}
    plain: JsonObject = {"httpMethod": inputs.get("method", "GET")}
    for ours, theirs in (("query", "queryParams"), ("headers", "headers"), ("form", "bodyParams")):
        if ours in inputs:
            properties[theirs] = [
                {"key": name, "value": as_text(value)} for name, value in inputs[ours].items()
            ]
    if "form" in inputs:
        plain["httpBody"] = "xwwwFormUrlEncoded"
    if "body" in inputs:
        properties["raw"] = as_text(inputs["body"])
        plain["httpBody"] = "raw"
    if inputs.get("failOnStatus") is False:
        plain["returnSuccess"] = True
    return Form(HTTP, "makeRestApiCall", properties, plain)


def _set_variable(inputs: JsonObject) -> Form:
    rows = [_row(name, value) for name, value in inputs["values"].items()]
    return Form(VARIABLES, "saveValue", {"saveVariables": rows})


def _increment(inputs: JsonObject) -> Form:
    properties = {"incrementCounter": as_text(inputs.get("by", 1))}
    return Form(VARIABLES, "incrementByN", {**properties, "variable": inputs["variable"]})


def _wait(inputs: JsonObject) -> Form:
    seconds = inputs.get("seconds")
    if not isinstance(seconds, int | float):
        detail = "DaVinci waits for a number of seconds that stands in the flow"
        raise ValueError(detail)  # noqa: TRY004 - a node, not a caller
    return Form(HTTP, "simulateLatency", plain={"delayTime": round(seconds * 1000)})


def _subflow(inputs: JsonObject) -> Form:
    given = {name: as_text(value) for name, value in inputs.get("input", {}).items()}
    return Form(FLOWS, "startSubFlow", given)


def _fail(inputs: JsonObject) -> Form:
    return Form(ERRORS, "customErrorMessage", {"errorMessage": inputs["message"]})


def _row(name: str, value: Json) -> JsonObject:
    """Return a row of a name and a value, with the type of one that is no text."""
    type_ = _type_of(value)
    return {"name": name, "value": as_text(value), **({"type": type_} if type_ else {})}


def _type_of(value: Json) -> str:
    """Return what DaVinci calls the type of a value, nothing for a text."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else ""


def as_text(value: Json) -> str:
    """Return a value as a text of ours; what is no text as it is spelled in JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_FORMS: Mapping[str, Callable[[JsonObject], Form]] = {
    "davinci": _davinci,
    "note": _note,
    "routine": lambda _inputs: Form(TELEPORT, "startNode"),
    "call": _call,
    "return": _return,
    "condition": _condition,
    "respond": _respond,
    "http-request": _http_request,
    "set-variable": _set_variable,
    "increment": _increment,
    "wait": _wait,
    "subflow": _subflow,
    "fail": _fail,
}
#: Kinds that come back from DaVinci as they left.
COMES_BACK = frozenset({"call", "davinci", "note", "return", "routine"})
#: Where outputs of our kinds stand in DaVinci's, as parts of a path behind `outputs`.
OUTPUTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "http-request": {"body": ("rawResponse", "body")},
    "subflow": {"body": ()},
}
