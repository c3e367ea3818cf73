"""One operation as a draft of a capability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.model import Problem
from argosy.openapi.answers import accepted, answers_of
from argosy.openapi.bodies import Bodies
from argosy.openapi.document import Document, Operation, text
from argosy.openapi.inputs import Inputs, UndraftableError
from argosy.openapi.names import Taken, first_sentence, kebab, plain, singular, title, words_of
from argosy.openapi.parameters import Carrier, Parameters
from argosy.openapi.sequences import (
    PAGING_INPUTS,
    WAITING_INPUTS,
    Asked,
    list_of,
    paging_of,
    waiting_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.model import Json, JsonObject
    from argosy.openapi.schemas import Shapes

_VERBS = {"POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete", "HEAD": "head"}
_EFFECTS = {"GET": "read", "HEAD": "read", "DELETE": "delete"}
_REPEATABLE = {"GET", "HEAD", "PUT", "DELETE"}
_UNDRAFTED = (UndraftableError, RecursionError)


@dataclass(frozen=True, slots=True)
class Draft:
    """A capability as it is drafted: `FOLDER/ID` and the file's content, without examples."""

    entry: str
    asked: Asked
    document: JsonObject


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An operation that did not become a capability, and why."""

    operation: str
    reason: str


def told(left_out: Iterable[LeftOut]) -> list[Problem]:
    """Return what was left out as problems, each with its operation for its place."""
    return [Problem("left-out", one.reason, file=one.operation) for one in left_out]


class Drafting:
    """Drafts the operations of one document; `has_regions`: an input chooses among several."""

    def __init__(self, document: Document, shapes: Shapes, *, has_regions: bool) -> None:
        self._document = document
        self._shapes = shapes
        self._parameters = Parameters(document, shapes)
        self._bodies = Bodies(document, shapes)
        self._has_regions = has_regions
        self._ids = Taken(separator="-")

    def ask(
        self, operations: Iterable[tuple[Operation, Json]]
    ) -> tuple[list[Asked], list[LeftOut]]:
        """Return the operations with their inputs and answers, and those that cannot be said.

        With each operation comes its `auth`.
        """
        asked, left_out = [], []
        for operation, auth in operations:
            try:
                asked.append(self._asked(operation, auth))
            except _UNDRAFTED as error:
                left_out.append(LeftOut(operation.where, str(error) or "it is nested too deeply"))
        return asked, left_out

    def _asked(self, operation: Operation, auth: Json) -> Asked:
        inputs = Inputs()
        self._parameters.take(operation, inputs, carriers(auth))
        self._bodies.take(operation, inputs)
        answers = answers_of(self._document, operation)
        inputs.headers |= {**accepted(answers), **inputs.headers}
        listed = list_of(self._document, operation, answers)
        wanted = _id_of(operation, is_list=operation.method == "GET" and listed is not None)
        return Asked(self._ids.take(wanted), operation, inputs, answers)

    def draft(self, asked: Asked, everything: list[Asked], family: str, auth: Json) -> Draft:
        """Return the capability of one operation; `auth` is True where its family says it."""
        operation = asked.operation
        readers = [one for one in everything if one.operation.method == "GET"]
        paging = paging_of(self._document, asked)
        if paging:  # a page is a list, be it an empty one
            asked.answers.properties[paging["items"]]["type"] = "array"
        waiting = None if paging else waiting_of(self._document, asked, readers)
        where = f"{operation.method} {operation.path}"
        told = plain(text(operation.node.get("description")))
        summary = first_sentence(
            text(operation.node.get("summary")) or told, f"Send {where}"[:109].rstrip(".") + "."
        )
        group = title(operation.tag)[:40].strip() if operation.tag else ""
        document: JsonObject = {
            "formatVersion": 1,
            "id": asked.id,
            "title": title(asked.id),
            "family": family,
            **({"group": group} if len(group) >= 3 else {}),
            "summary": summary,
            **({"description": rest} if (rest := _without(told, summary)) else {}),
            "effect": _EFFECTS.get(operation.method, "write"),
            **_legacy(operation),
            **({} if auth is True else {"auth": auth}),
            "repeat": _repeat(operation.method),
            "inputs": self._inputs(asked, paging=bool(paging), waiting=bool(waiting)),
            "request": _request(asked),
            **_response(asked),
            "outputs": {"type": "object", **_outputs(asked)},
            **({"paging": paging} if paging else {}),
            **({"waiting": waiting} if waiting else {}),
            **({"errors": asked.answers.errors} if asked.answers.errors else {}),
        }
        return Draft(f"{kebab(operation.tag, family)}/{asked.id}", asked, document)

    def _inputs(self, asked: Asked, *, paging: bool, waiting: bool) -> JsonObject:
        region = {"region": {"$ref": "../../schemas/region.schema.json"}}
        properties = {
            **(region if self._has_regions else {}),
            **asked.inputs.properties,
            **(PAGING_INPUTS if paging else {}),
            **(WAITING_INPUTS if waiting else {}),
        }
        required, together = asked.inputs.required, asked.inputs.together
        body = [name for (place, _), name in asked.inputs.names.items() if place == "body"]
        return {
            "type": "object",
            **({"required": required} if required else {}),
            **({"dependentRequired": dict.fromkeys(body, together)} if together else {}),
            "additionalProperties": False,
            "properties": properties,
        }


def carriers(auth: Json) -> set[Carrier]:
    """Return the headers and query parameters that an `auth` sets."""
    credentials = auth if isinstance(auth, list) else [auth] if auth else []
    found = ((p, one[p].lower()) for one in credentials for p in ("header", "query") if p in one)
    return set(found)


def _id_of(operation: Operation, *, is_list: bool) -> str:
    """Return an operation's id: its own, or one made of its method and path.

    `GET /users/{id}/orders` is `list-user-orders`, `POST /orders` is `create-order`, and
    `POST /orders/{id}/cancel` is `cancel-order`.
    """
    own = text(operation.node.get("operationId"))
    if words_of(own):
        return kebab(own)
    parts = [part for part in operation.path.split("/") if part and not _is_version(part)]
    is_fixed = ["{" not in part for part in parts]
    followed = [*(not fixed for fixed in is_fixed), operation.method == "POST"][1:]
    fixed = [
        singular(part) if is_followed else part
        for part, here, is_followed in zip(parts, is_fixed, followed, strict=True)
        if here
    ]
    verb = _VERBS.get(operation.method, "list" if is_list else "get")
    is_action = is_fixed[-2:] == [False, True] and fixed[-1] == parts[-1] == singular(parts[-1])
    if operation.method == "POST" and is_action:
        verb = fixed.pop()
    return kebab(f"{verb} {' '.join(fixed)}", "operation")


def _is_version(part: str) -> bool:
    return part[:1] == "v" and part[1:].replace(".", "").isdecimal()


def _without(told: str, summary: str) -> str:
    """Return a description without the sentence that is the summary, where it begins with it."""
    begins = told.startswith(summary.rstrip("."))
    first, _, rest = told.partition(". ")
    return rest.strip() if begins and len(first) <= len(summary) else ("" if begins else told)


def _legacy(operation: Operation) -> JsonObject:
    if operation.node.get("deprecated") is not True:
        return {}
    return {"legacy": {"reason": "The API's document marks it as deprecated."}}


def _repeat(method: str) -> JsonObject:
    if method in _REPEATABLE:
        return {"safe": True, "reason": f"HTTP says that a {method} may be sent again."}
    return {"safe": False, "reason": f"HTTP does not say that a {method} may be sent again."}


def _request(asked: Asked) -> JsonObject:
    inputs = asked.inputs
    made: JsonObject = {"method": asked.operation.method, "path": inputs.path}
    if inputs.query:
        made["query"] = inputs.query
    if inputs.headers:
        made["headers"] = inputs.headers
    if inputs.body is not None:
        made["body"] = inputs.body
    if inputs.encoding != "json":
        made["encoding"] = inputs.encoding
    return made


def _response(asked: Asked) -> JsonObject:
    answers = asked.answers
    made: JsonObject = {}
    if answers.format != "json":
        made["format"] = answers.format
    if answers.outputs:
        made["outputs"] = answers.outputs
    return {"response": made} if made else {}


def _outputs(asked: Asked) -> JsonObject:
    if asked.answers.format != "bytes":
        return {"properties": asked.answers.properties}
    return {
        "required": ["size"],
        "properties": {
            "content": {
                "title": "Content",
                "description": "The bytes, where no file was named for them.",
                "contentMediaType": asked.answers.media or "application/octet-stream",
            },
            "file": {
                "title": "File",
                "description": "The path of the file that the bytes went to.",
                "type": "string",
            },
            "size": {
                "title": "Size",
                "description": "How many bytes there are.",
                "type": "integer",
            },
        },
    }
