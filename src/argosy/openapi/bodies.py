"""An operation's body: which media type is sent, and the inputs that make it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.openapi.document import Document, Operation, items, members, text
from argosy.openapi.inputs import Inputs, UndraftableError, constant, quoted, spread
from argosy.openapi.parameters import with_default
from argosy.openapi.schemas import Shapes, flat, types_of

if TYPE_CHECKING:
    from argosy.model import Json, JsonObject

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
OCTETS = "application/octet-stream"
_BYTES = {"type": "string", "contentEncoding": "base64"}


class Bodies:
    """Turns the body of an operation into inputs and a template."""

    def __init__(self, document: Document, shapes: Shapes) -> None:
        self._document = document
        self._shapes = shapes

    def take(self, operation: Operation, inputs: Inputs) -> None:
        """Add the body, where there is one. Raises UndraftableError where it cannot be said."""
        given = self._document.follow(operation.node.get("requestBody"))
        content = {name: members(one) for name, one in members(given.get("content")).items()}
        if not content:
            return
        if operation.method in {"GET", "HEAD"} and given.get("required") is not True:
            self._note_body(operation, content)
            return
        media = chosen_media(content)
        schema = content[media].get("schema", {})
        bare = _sent_as(media, flat(self._document, schema))
        required = given.get("required", _needs_members(self._document, schema)) is True
        if is_json(bare):
            self._json(operation, schema, inputs, required=required)
        elif bare in {FORM, MULTIPART}:
            inputs.encoding = "form" if bare == FORM else "multipart"
            self._fields(operation, content[media], inputs, required=required)
        else:
            self._whole(bare, schema, inputs, required=required)
        if bare not in {"application/json", FORM, MULTIPART}:
            told = media if media.lower().startswith(bare) else bare
            inputs.headers["Content-Type"] = constant(told.strip())

    def _note_body(self, operation: Operation, content: JsonObject) -> None:
        """Note the body of a request that has none, where there is anything in it."""
        schemas = (flat(self._document, one.get("schema")) for one in content.values())
        if any(one.get("properties") or types_of(one) != ["object"] for one in schemas):
            note = f"a {operation.method} has no body; left out"
            self._document.notes.add(operation.where, note)

    def _json(self, operation: Operation, schema: Json, inputs: Inputs, *, required: bool) -> None:
        given = flat(self._document, schema)
        if not _is_record(given):
            told = text(given.get("description")) or "The body of the request."
            made = self._shapes.input(schema)
            name = inputs.add("body", "body", made, required=required, told=told)
            inputs.body = f"{{{{ inputs.{name} }}}}"
            return
        inputs.body = {}
        for wire, one in self._sendable(given):
            name = self._member(operation, wire, one, given, inputs, required=required)
            if name:
                inputs.body[wire] = f"{{{{ inputs.{name} }}}}"
            if name and _is_base64(flat(self._document, one)):
                inputs.body[wire] = f"{{{{ inputs.{name} | base64 }}}}"
        self._others(given, inputs)

    def _fields(
        self, operation: Operation, media: JsonObject, inputs: Inputs, *, required: bool
    ) -> None:
        given = flat(self._document, media.get("schema", {}))
        inputs.body = {}
        if not _is_record(given):
            told = text(given.get("description")) or "The fields of the form."
            is_object = types_of(given) == ["object"]
            made = self._shapes.input(media.get("schema", {})) if is_object else {}
            made = made if "$ref" in made else {**made, "type": "object"}
            name = inputs.add("body", "fields", made, required=required, told=told)
            spread(inputs.body, f"{{{{ inputs.{name} }}}}")
            return
        styles = members(media.get("encoding"))
        for wire, one in self._sendable(given):
            name = self._member(operation, wire, one, given, inputs, required=required)
            style = members(styles.get(wire))
            if inputs.encoding == "multipart" and "contentType" in style:
                note = f"the part {wire!r} is sent without the media type it names"
                self._document.notes.add(operation.where, note)
            types = types_of(flat(self._document, one))
            if name and _is_base64(flat(self._document, one)):
                inputs.body[wire] = f"{{{{ inputs.{name} | base64 }}}}"
            elif name and style.get("style") == "deepObject":
                spread(inputs.body, f"{{{{ inputs.{name} | bracket_keys({quoted(wire)}) }}}}")
            elif name and style.get("explode") is False and "array" in types:
                inputs.body[wire] = f"{{{{ inputs.{name} | join(',') }}}}"
            elif name:
                inputs.body[wire] = f"{{{{ inputs.{name} }}}}"
        self._others(given, inputs)

    def _sendable(self, given: JsonObject) -> list[tuple[str, Json]]:
        return [
            (wire, one)
            for wire, one in members(given.get("properties")).items()
            if flat(self._document, one).get("readOnly") is not True
        ]

    def _member(
        self,
        operation: Operation,
        wire: str,
        node: Json,
        parent: JsonObject,
        inputs: Inputs,
        *,
        required: bool,
    ) -> str:
        """Declare the input of one member; return its name, nothing where it is left out."""
        is_demanded = wire in items(parent.get("required"))
        is_needed = required and is_demanded
        if wire == "..." or not wire:
            if is_needed:
                raise UndraftableError(f"the body's member {wire!r} cannot be said")
            note = f"the body's member {wire!r} is left out: its name has another meaning here"
            self._document.notes.add(operation.where, note)
            return ""
        given = flat(self._document, node)
        told = with_default(text(members(node).get("description")) or _told(given), given)
        is_file = inputs.encoding == "multipart" and _is_file(given)
        if inputs.encoding == "multipart" and _is_file(flat(self._document, given.get("items"))):
            is_file = True
            self._document.notes.add(operation.where, f"of the files in {wire!r} one can be sent")
        schema = dict(_BYTES) if is_file or _is_base64(given) else self._shapes.input(node)
        name = inputs.add("body", wire, schema, required=is_needed, told=told)
        if is_demanded and not is_needed:
            inputs.together.append(name)
        return name

    def _others(self, given: JsonObject, inputs: Inputs) -> None:
        """Declare an input for members of any name, where the document allows them."""
        is_open = "patternProperties" in given or "discriminator" in given
        others = True if is_open else given.get("additionalProperties")
        if others is not True and not isinstance(others, dict):
            return
        schema: JsonObject = {"type": "object"}
        if others is not True and others:
            schema["additionalProperties"] = self._shapes.input(others)
        told = "Further members of the body, by their names."
        name = inputs.add("body", "otherMembers", schema, required=False, told=told)
        spread(inputs.body, f"{{{{ inputs.{name} }}}}")

    def _whole(self, media: str, schema: Json, inputs: Inputs, *, required: bool) -> None:
        """Declare one input for a body that is text or bytes."""
        inputs.encoding = "bytes"
        told = _told(flat(self._document, schema))
        if is_text(media):
            made: JsonObject = {"type": "string"}
            told = told or f"The body, {media} as it is sent."
        else:
            made = {**_BYTES, "contentMediaType": media}
            told = told or "The file: base64 as JSON, bytes or a path from Python."
        name = inputs.add("body", "body", made, required=required, told=told)
        inputs.body = f"{{{{ inputs.{name} }}}}"


def _needs_members(document: Document, schema: Json) -> bool:
    """Tell whether a body must have members: then it is needed, unless the document denies it.

    A body may be left out where nothing is said, but most documents that say nothing forgot to.
    """
    return bool(items(flat(document, schema).get("required")))


def chosen_media(content: JsonObject) -> str:
    """Return the media type to use: JSON before forms, these before anything else."""

    def rank(media: str) -> int:
        bare = media.partition(";")[0].strip().lower()
        if is_json(bare):
            return 0 if bare == "application/json" else 1
        return {MULTIPART: 2, FORM: 3}.get(bare, 4)

    return min(content, key=rank)


def _sent_as(media: str, schema: JsonObject) -> str:
    """Return the media type, without parameters, that a body is sent as; a range stands for one."""
    bare = media.partition(";")[0].strip().lower()
    if "*" not in bare:
        return bare
    is_value = bool({"object", "array"} & set(types_of(schema))) or "json" in bare
    return "application/json" if is_value else OCTETS


def is_json(media: str) -> bool:
    """Tell whether a media type is one JSON value."""
    bare = media.partition(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json") or bare == "text/json"


def is_text(media: str) -> bool:
    """Tell whether a media type is text to read."""
    return media.startswith("text/") or media.endswith(("/xml", "+xml", "/yaml", "/graphql"))


def _is_record(given: JsonObject) -> bool:
    """Tell whether a schema is an object whose members are named, and nothing else."""
    is_object = set(types_of(given)) <= {"object", "null"} and bool(given.get("properties"))
    return is_object and "anyOf" not in given and "oneOf" not in given


def _is_base64(given: JsonObject) -> bool:
    """Tell whether a text holds bytes as base64."""
    return given.get("format") == "byte" or given.get("contentEncoding") == "base64"


def _is_file(given: JsonObject) -> bool:
    """Tell whether a member of a form is a file."""
    media = given.get("contentMediaType")
    is_media = isinstance(media, str) and not is_json(media) and not is_text(media)
    return given.get("format") == "binary" or (is_media and "contentEncoding" not in given)


def _told(given: JsonObject) -> str:
    return text(given.get("description"))
