"""`functionsConnector`: comparisons, JavaScript, hashes."""

from __future__ import annotations

import base64
import hashlib
import operator
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from argosy.flow.kinds.davinci.javascript import run_script
from argosy.flow.kinds.davinci.values import (
    boolean_of,
    convert,
    is_on,
    list_of,
    number_of,
    rows_of,
    text_of,
)
from argosy.model import SUCCESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.flow.kinds.davinci.call import Call, Performs
    from argosy.model import Json, JsonObject

OTHERWISE = "otherwise"
Order = Callable[[Any, Any], bool]


def _outcome(*, holds: bool) -> tuple[str, JsonObject]:
    """Go on by whether a comparison holds."""
    return ("true" if holds else "false"), {}


def _comparable(call: Call, value: Json) -> Json:
    """Return a side of a comparison as its type; None where it cannot be compared as that."""
    match call.value("type"):
        case "number":
            return number_of(value)
        case "boolean":
            return boolean_of(value)
    return _text(call, value)


def _text(call: Call, value: Json) -> str:
    """Return a side of a comparison as text, all small where case makes no difference."""
    minds_case = boolean_of(call.value("caseSensitive", default=True)) is not False
    return text_of(value) if minds_case else text_of(value).casefold()


def _equals(call: Call, left: Json, right: Json) -> bool:
    one, other = _comparable(call, left), _comparable(call, right)
    return one is not None and other is not None and one == other


def _is_equal(call: Call, *, wanted: bool) -> tuple[str, JsonObject]:
    a, b = call.value("leftValueA"), call.value("rightValueB")
    return _outcome(holds=_equals(call, a, b) is wanted)


def _in_order(call: Call, order: Order, left: Json, right: Json) -> bool:
    """Compare by size: as numbers where both are and nothing says text, as texts otherwise."""
    type_ = call.value("type")
    if type_ != "string":
        one, other = number_of(left), number_of(right)
        if one is not None and other is not None:
            return order(one, other)
        if type_ in {"number", "boolean"}:
            return False
    return order(text_of(left), text_of(right))


def _compare(call: Call, order: Order) -> tuple[str, JsonObject]:
    a, b = call.value("leftValueA"), call.value("rightValueB")
    return _outcome(holds=_in_order(call, order, a, b))


def _between(call: Call, above: Order, below: Order) -> tuple[str, JsonObject]:
    a, b, c = (call.value(name) for name in ("leftValueA", "rightValueB", "rightValueC"))
    return _outcome(holds=_in_order(call, above, a, b) and _in_order(call, below, a, c))


def _is_empty(call: Call) -> tuple[str, JsonObject]:
    value = call.value("leftValueA")
    is_void = value is None or value in ([], {})
    if is_on(call.value("checkNullORUndefined")):
        is_void = is_void or value in ("null", "undefined")
    return _outcome(holds=is_void)


def _sought(call: Call) -> Json:
    return call.value("rightValueB", call.value("inputContains"))


def _contains(call: Call) -> tuple[str, JsonObject]:
    return _outcome(holds=_text(call, _sought(call)) in _text(call, call.value("leftValueA")))


def _includes(call: Call) -> tuple[str, JsonObject]:
    items: Sequence[Json] = list_of(call.value("leftValueA")) or ()
    return _outcome(holds=any(_equals(call, item, _sought(call)) for item in items))


def _equals_one_of(call: Call) -> tuple[str, JsonObject]:
    """Go on by the first row whose value is A."""
    value = call.value("leftValueA")
    for outcome, row in rows_of(call.value("rightValueMultiple"), "id"):
        if _equals(call, value, row.get("value")):
            return outcome, {}
    return OTHERWISE, {}


def _custom_function(call: Call) -> tuple[str, JsonObject]:
    params = {
        name: convert(row.get("value"), row.get("preferredDataType"))
        for name, row in rows_of(call.value("variableInputList"), "name")
    }
    return SUCCESS, run_script(text_of(call.value("code")), params, call.context)


def _hash(call: Call) -> tuple[str, JsonObject]:
    mode = text_of(call.value("saltMode")).lower()
    if call.value("customSaltValue") is not None or mode not in {"", "none", "nosalt", "no salt"}:
        detail = "A hash with salt cannot be made: how DaVinci adds the salt is not published."
        raise call.fail(detail)
    asked = text_of(call.value("digestAlgorithm", "SHA-256"))
    name = _plain(asked)
    if name not in _HASHES:
        raise call.fail(f"There is no hash {asked!r}; there is {', '.join(_HASHES)}.")
    digest = hashlib.new(name, text_of(call.value("message")).encode(), usedforsecurity=False)
    encoding = text_of(call.value("outputEncodingFormat", "hex"))
    write = _ENCODINGS.get(_plain(encoding))
    if write is None:
        raise call.fail(f"There is no encoding {encoding!r}; there is {', '.join(_ENCODINGS)}.")
    return SUCCESS, call.one_output(write(digest.digest()))


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace(" ", "").replace("_", "")


_HASHES = ("md5", "sha1", "sha256", "sha384", "sha512")
_ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "hex": bytes.hex,
    "base64": lambda digest: base64.b64encode(digest).decode(),
    "base64url": lambda digest: base64.urlsafe_b64encode(digest).decode().rstrip("="),
}

CAPABILITIES: Performs = {
    "AEqualsB": partial(_is_equal, wanted=True),
    "ANotEqualsB": partial(_is_equal, wanted=False),
    "ALessThanB": partial(_compare, order=operator.lt),
    "ALessThanEqualToB": partial(_compare, order=operator.le),
    "AGreaterThanB": partial(_compare, order=operator.gt),
    "AGreaterThanEqualToB": partial(_compare, order=operator.ge),
    "AGreaterThanBLessThanC": partial(_between, above=operator.gt, below=operator.lt),
    "AGreaterThanBLessThanEqualC": partial(_between, above=operator.gt, below=operator.le),
    "AGreaterThanEqualBLessThanC": partial(_between, above=operator.ge, below=operator.lt),
    "AGreaterThanEqualBLessThanEqualC": partial(_between, above=operator.ge, below=operator.le),
    "AIsEmpty": _is_empty,
    "stringAContainsB": _contains,
    "arrayOfAIncludesB": _includes,
    "AEqualsMultipleB": _equals_one_of,
    "customFunction": _custom_function,
    "digestMessage": _hash,
}
