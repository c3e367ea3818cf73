"""`stringsConnector`: texts out of texts."""

from __future__ import annotations

import base64
import re
import secrets
import string
from collections.abc import Callable
from functools import partial
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from argosy.errors import ImportedNodeError
from argosy.flow.kinds.davinci.javascript import run_script
from argosy.flow.kinds.davinci.values import boolean_of, is_on, number_of, text_of
from argosy.model import SUCCESS
from argosy.validation.sentences import show

if TYPE_CHECKING:
    from argosy.flow.kinds.davinci.call import Call, Performs
    from argosy.model import Json, JsonObject

Write = Callable[[str], str]
_LONGEST_RANDOM = 100_000
_EXPRESSION = re.compile(r"/(?P<source>.+)/(?P<flags>[a-z]*)", re.DOTALL)


def _changed(call: Call, change: Write) -> tuple[str, JsonObject]:
    text = change(text_of(call.value("inputValue")))
    if is_on(call.value("shouldTrim")):
        text = text.strip()
    return SUCCESS, call.one_output(text)


def _title_case(text: str) -> str:
    return re.sub(r"\S+", lambda word: word[0].capitalize(), text)


def _change_type(call: Call) -> tuple[str, JsonObject]:
    value, type_ = call.value("inputValue", ""), text_of(call.value("dataTypeTo")).lower()
    made: dict[str, Callable[[Json], Json]] = {
        "number": number_of,
        "boolean": boolean_of,
        "string": text_of,
    }
    if type_ not in made:
        raise call.fail(f"There is no data type {type_!r}; there is {', '.join(made)}.")
    found = made[type_](value)
    if found is None:
        raise call.fail(f"{show(value)} is no {type_}.")
    return SUCCESS, call.one_output(found)


def _concatenate(call: Call) -> tuple[str, JsonObject]:
    given = call.value("concatenateInput", [])
    items = given if isinstance(given, list) else [given]
    texts = [text_of(item.get("value") if isinstance(item, dict) else item) for item in items]
    delimiter = text_of(call.value("concatenateDelimiter"))
    last = delimiter if is_on(call.value("finalDelimiter")) else ""
    return SUCCESS, call.one_output(delimiter.join(texts) + last)


def _code(call: Call, method: str, writers: dict[str, Write]) -> tuple[str, JsonObject]:
    asked = text_of(call.value(method))
    name = re.sub(r"[^a-z0-9]|encode|decode|component", "", asked.lower())
    write = writers.get("url" if name == "uri" else name)
    if write is None:
        raise call.fail(f"There is no {method} {asked!r}; there is {', '.join(writers)}.")
    try:
        return SUCCESS, call.one_output(write(text_of(call.value("inputValue"))))
    except ValueError as error:
        raise call.fail(f"The text is not written in {asked}: {error}.") from error


def _from_base64(text: str) -> str:
    text = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()


_ENCODERS: dict[str, Write] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "url": lambda text: quote(text, safe="!'()*~"),
    "html": escape,
}
_DECODERS: dict[str, Write] = {
    "base64": _from_base64,
    "base64url": _from_base64,
    "hex": lambda text: bytes.fromhex(text).decode(),
    "url": lambda text: unquote(text, errors="strict"),
    "html": unescape,
}
#: A search is JavaScript's: its expressions are no others', and can take for ever.
_REPLACE = """
module.exports = ({params}) => {
  const expression = new RegExp(params.source, params.flags);
  return {text: params.text.replace(expression, params.by)};
};
"""


def _replace(call: Call) -> tuple[str, JsonObject]:
    text, sought = text_of(call.value("originalValue")), text_of(call.value("oldToken"))
    by = text_of(call.value("newToken"))
    takes_all = "all" in text_of(call.value("replaceMode")).lower()
    if not sought:
        raise call.fail("It names no text to search for.")
    if not is_on(call.value("isRegex")):
        return SUCCESS, call.one_output(text.replace(sought, by, -1 if takes_all else 1))
    found = _EXPRESSION.fullmatch(sought.strip())
    source, flags = (found["source"], found["flags"]) if found else (sought, "")
    flags = "".join(sorted({*flags, *("g" if takes_all else "")}))
    given = {"text": text, "by": by, "source": source, "flags": flags}
    try:
        return SUCCESS, call.one_output(run_script(_REPLACE, given, call.context)["text"])
    except ImportedNodeError as error:
        raise call.fail(f"{sought!r} is no regular expression: {error.message}.") from error


def _random(call: Call) -> tuple[str, JsonObject]:
    length = number_of(call.value("length"))
    if not isinstance(length, int) or not 0 < length <= _LONGEST_RANDOM:
        raise call.fail(f"A text of {show(call.value('length'))} characters cannot be made.")
    digits = string.digits if is_on(call.value("isAlphaNumeric")) else ""
    letters = string.ascii_letters + digits
    # Flows make codes and passwords so: chance that can be guessed would not do.
    return SUCCESS, call.one_output("".join(secrets.choice(letters) for _ in range(length)))


CAPABILITIES: Performs = {
    "toLowerCase": partial(_changed, change=str.lower),
    "toUpperCase": partial(_changed, change=str.upper),
    "toTitleCase": partial(_changed, change=_title_case),
    "trimWhiteSpace": partial(_changed, change=str.strip),
    "changeDataType": _change_type,
    "concatenateStrings": _concatenate,
    "encodeString": partial(_code, method="encodeMethod", writers=_ENCODERS),
    "decodeString": partial(_code, method="decodeMethod", writers=_DECODERS),
    "replace": _replace,
    "generateRandomString": _random,
}
