"""Forms: what a node of ours is in DaVinci's words, by its kind.

Nodes that came from there have their words; those that were drawn here get them where DaVinci has
any.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

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
#: Longer than any flow goes on, and short enough to count in milliseconds.
_MOST_SECONDS = 1_000_000_000
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
    """Return the form of a node of a kind.

    Raises ValueError for one that DaVinci has not, and for inputs that are missing or that no
    properties can be made of.
    """
    kind = node.get("kind", "")
    if kind not in _FORMS:
        raise ValueError(f"DaVinci has nothing like a node of the kind {kind!r}")
    return _FORMS[kind](_object(node, "inputs"))


def _object(inputs: JsonObject, name: str) -> JsonObject:
    """Return an input that is an object, an empty one without it."""
    found = inputs.get(name, {})
    if not isinstance(found, dict):
        detail = f"DaVinci needs {name!r} as an object with its members, not as {_kind(found)}"
        raise ValueError(detail)  # noqa: TRY004 - a node, not a caller
    return found


def _text(inputs: JsonObject, name: str, default: str | None = None) -> str:
    """Return an input that is a text; it has to be there where it has no default."""
    if name not in inputs and default is None:
        raise ValueError(f"its input {name!r} is missing")
    found = inputs.get(name, default)
    if not isinstance(found, str):
        detail = f"DaVinci needs {name!r} as a text, not as {_kind(found)}"
        raise ValueError(detail)  # noqa: TRY004 - a node, not a caller
    return found


def _kind(value: Json) -> str:
    """Return what a value is, in a word or two."""
    if isinstance(value, str):
        return "an expression" if "{" in value else "a text"
    return {"": "null", "array": "a list", "object": "an object"}.get(
        type_of(value), f"a {type_of(value)}"
    )


def _davinci(inputs: JsonObject) -> Form:
    if not isinstance(inputs.get("disabled", False), bool):
        detail = "a node is disabled or is not: 'disabled' is true or false"
        raise ValueError(detail)  # noqa: TRY004 - a node, not a caller
    if "flow" in inputs:
        _text(inputs, "flow")
    return Form(
        _text(inputs, "connector"),
        _text(inputs, "capability", ""),
        _object(inputs, "properties"),
        _object(inputs, "literals"),
    )


def _note(inputs: JsonObject) -> Form:
    plain = {"annotation": inputs.get("text", "")}
    return Form(NOTES, "updateAnnotationProperties", plain=plain)


def _call(inputs: JsonObject) -> Form:
    _text(inputs, "routine")
    return Form(TELEPORT, "goToNode", _object(inputs, "values"))


def _return(inputs: JsonObject) -> Form:
    return Form(TELEPORT, "returnBackToCallingNode", _object(inputs, "values"))


def _condition(inputs: JsonObject) -> Form:
    if "cases" in inputs:
        return _cases(inputs)
    operator = _text(inputs, "operator", "")
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
    types = {type_of(side) for side in sides} & {"number", "boolean"}
    compared_as = _text(inputs, "compareAs", "")
    if compared_as:
        if compared_as not in _COMPARED_AS:
            raise ValueError(f"DaVinci cannot compare as {compared_as!r}")
        made["type"] = _COMPARED_AS[compared_as]
    elif len(types) == 1:
        made["type"] = types.pop()
    if inputs.get("ignoreCase"):
        made["caseSensitive"] = False
    return made


def _cases(inputs: JsonObject) -> Form:
    cases = inputs["cases"]
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise ValueError("DaVinci needs 'cases' as a list of objects that stands in the flow")
    if any(case.get("operator") != "equals" or "left" in case for case in cases):
        raise ValueError("DaVinci's cases say what one value equals, and nothing else")
    rows = [
        {"id": _text(case, "outcome"), "value": as_text(case.get("right", ""))} for case in cases
    ]
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
    properties: JsonObject = {"url": _text(inputs, "url")}
    plain: JsonObject = {"httpMethod": inputs.get("method", "GET")}
    for ours, theirs in (("query", "queryParams"), ("headers", "headers"), ("form", "bodyParams")):
        if ours in inputs:
            properties[theirs] = [
                {"key": name, "value": as_text(value)}
                for name, value in _object(inputs, ours).items()
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
    if "values" not in inputs:
        raise ValueError("its input 'values' is missing")
    rows = [_row(name, value) for name, value in _object(inputs, "values").items()]
    return Form(VARIABLES, "saveValue", {"saveVariables": rows})


def _increment(inputs: JsonObject) -> Form:
    properties = {"incrementCounter": as_text(inputs.get("by", 1))}
    return Form(VARIABLES, "incrementByN", {**properties, "variable": _text(inputs, "variable")})


def _wait(inputs: JsonObject) -> Form:
    seconds: Any = inputs.get("seconds")
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds <= _MOST_SECONDS:
        detail = "DaVinci waits for a number of seconds that stands in the flow"
        raise ValueError(detail)
    return Form(HTTP, "simulateLatency", plain={"delayTime": round(seconds * 1000)})


def _subflow(inputs: JsonObject) -> Form:
    _text(inputs, "flow")
    given = {name: as_text(value) for name, value in _object(inputs, "input").items()}
    return Form(FLOWS, "startSubFlow", given)


def _fail(inputs: JsonObject) -> Form:
    return Form(ERRORS, "customErrorMessage", {"errorMessage": _text(inputs, "message")})


def _row(name: str, value: Json) -> JsonObject:
    """Return a row of a name and a value, with the type of one that is no text."""
    type_ = type_of(value)
    return {"name": name, "value": as_text(value), **({"type": type_} if type_ else {})}


def type_of(value: Json) -> str:
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
