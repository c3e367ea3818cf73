"""An operation's answers: how the good one is read, its named outputs, and what others mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from argosy.openapi.bodies import chosen_media, is_json, is_text
from argosy.openapi.document import Document, Operation, items, members, placeholders, text
from argosy.openapi.inputs import UndraftableError, constant, member
from argosy.openapi.names import Taken, camel, plain
from argosy.openapi.schemas import Outputs, flat, or_null, types_of

if TYPE_CHECKING:
    from argosy.model import Json, JsonObject

#: Outputs that every call gives, or every call that pages.
RESERVED = ("rawResponse", "statusCode", "headers", "hasMore", "next")
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl")


@dataclass(slots=True)
class Answers:
    """The good answer of an operation, and notes on the others.

    `names` tells which output holds a member of the body, by its name on the wire; `whole` is the
    output that holds the body itself. `shown` is the answer that the document shows, where it
    shows one, and `schema` the schema of the body, flat.
    """

    status: int = 200
    media: str = ""
    format: str = "json"
    outputs: dict[str, str] = field(default_factory=dict)
    properties: JsonObject = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    whole: str = ""
    schema: JsonObject = field(default_factory=dict)
    has_links: bool = False
    shown: list[Json] = field(default_factory=list)
    errors: list[JsonObject] = field(default_factory=list)


def answers_of(document: Document, operation: Operation) -> Answers:
    """Return what the answers of an operation are."""
    found = Answers()
    responses = members(operation.node.get("responses"))
    found.errors = _errors(document, responses)
    key = _good(document, responses)
    given = document.follow(responses.get(key))
    found.status = int(key) if key.isdecimal() else 200
    headers = {name.lower() for name in members(given.get("headers"))}
    found.has_links = "link" in headers
    content = {name: members(one) for name, one in members(given.get("content")).items()}
    if not content or operation.method == "HEAD":
        return found
    found.media = chosen_media(content)
    _read(document, operation, content[found.media], found)
    return found


def _good(document: Document, responses: JsonObject) -> str:
    """Return the key of the answer that means success, the first with a body where there is one."""
    good = sorted(key for key in responses if key.startswith("2") and len(key) == 3)
    with_body = [key for key in good if document.follow(responses[key]).get("content")]
    return next(iter((*with_body, *good)), "default")


def _read(document: Document, operation: Operation, content: JsonObject, found: Answers) -> None:
    bare = found.media.partition(";")[0].strip().lower()
    found.schema = flat(document, content.get("schema", {}))
    found.shown = _shown(document, content)
    if bare in _LINES:
        found.format = "json-lines"
        found.schema = {"type": "array", "items": content.get("schema", {})}
        _add_whole(_noun(operation, "lines"), {"type": "array"}, found)
    elif found.schema.get("format") == "binary":
        found.format = "bytes"
    elif is_json(bare) or bare == "*/*":
        _json(operation, Outputs(document), found)
    elif is_text(bare):
        _add_whole("text", {}, found)
    else:
        found.format = "bytes"


def _json(operation: Operation, outputs: Outputs, found: Answers) -> None:
    types = set(types_of(found.schema))
    properties = members(found.schema.get("properties"))
    is_open = "anyOf" in found.schema or "oneOf" in found.schema
    if types <= {"object", "null"} and properties and not is_open:
        taken = Taken(RESERVED)
        for wire, one in properties.items():
            _member(wire, one, outputs, taken, found)
    elif types == {"array"}:
        _add_whole(_noun(operation, "items"), outputs.schema(found.schema), found)
    elif found.schema or operation.node.get("responses"):
        _add_whole("result", outputs.schema(found.schema), found)


def _member(wire: str, node: Json, outputs: Outputs, taken: Taken, found: Answers) -> None:
    if members(node).get("writeOnly") is True:
        return
    try:
        expression = member("body", wire)
    except UndraftableError:
        return  # still in rawResponse
    wanted = camel(wire)
    name = taken.take(f"{wanted}Value" if wanted in RESERVED else wanted)
    found.names[wire] = name
    found.outputs[name] = f"{{{{ {expression} }}}}"
    told = plain(text(members(node).get("description")), 300)
    found.properties[name] = ({"description": told} if told else {}) | or_null(
        outputs.schema(node), needed=wire in items(found.schema.get("required"))
    )


def _add_whole(name: str, schema: JsonObject, found: Answers) -> None:
    found.whole = name
    found.outputs[name] = "{{ body }}"
    found.properties[name] = schema


def _noun(operation: Operation, otherwise: str) -> str:
    """Return what a list is a list of: the last fixed part of the path."""
    names = set(placeholders(operation.path))
    parts = [one for one in operation.path.split("/") if one and one.strip("{}") not in names]
    return camel(parts[-1]) if parts and camel(parts[-1]) not in RESERVED else otherwise


def _shown(document: Document, content: JsonObject) -> list[Json]:
    examples = [document.follow(one) for one in members(content.get("examples")).values()]
    shown = [one["value"] for one in examples if "value" in one]
    return [content["example"], *shown] if "example" in content else shown


def _errors(document: Document, responses: JsonObject) -> list[JsonObject]:
    made = []
    for key, given in responses.items():
        told = plain(text(document.follow(given).get("description")), 200)
        if key.isdecimal() and 300 <= int(key) <= 599 and told:
            made.append({"status": int(key), "note": told})
    return sorted(made, key=lambda one: one["status"])


def accepted(found: Answers) -> JsonObject:
    """Return the header that asks for a media type other than JSON."""
    media = found.media.strip()
    is_usual = not media or media in {"application/json", "*/*"}
    return {} if is_usual else {"Accept": constant(media)}
