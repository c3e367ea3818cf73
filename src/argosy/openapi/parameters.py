"""An operation's parameters: path, query, headers and cookies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from argosy.openapi.document import Document, Operation, Parameter, members, placeholders
from argosy.openapi.document import text as text_of
from argosy.openapi.inputs import Inputs, UndraftableError, constant, quoted, spread
from argosy.openapi.schemas import Shapes, flat, types_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from argosy.model import Json, JsonObject

_SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
#: Where a credential travels, `header` or `query`, and its name there in lower case.
Carrier = tuple[str, str]

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?$"
_NOT_OURS = {
    *("accept", "authorization", "content-type", "host", "content-length", "transfer-encoding"),
    *("connection", "te", "upgrade", "expect", "accept-encoding", "user-agent", "cookie"),
}


class Parameters:
    """Turns the parameters of one operation into inputs and templates."""

    def __init__(self, document: Document, shapes: Shapes) -> None:
        self._document = document
        self._shapes = shapes

    def take(self, operation: Operation, inputs: Inputs, own: Collection[Carrier]) -> None:
        """Add every parameter but those that credentials set themselves, which are `own`.

        Raises UndraftableError where one that is needed cannot be said.
        """
        inputs.path = self._path(operation, inputs)
        for name, value in operation.query.items():
            if placeholders(value):
                raise UndraftableError("its path holds a parameter behind the question mark")
            inputs.query[name] = constant(value)
        for parameter in operation.parameters:
            if (parameter.place, parameter.name.lower()) in own:
                continue
            try:
                self._one(operation, parameter, inputs, own)
            except UndraftableError as error:
                if parameter.required:
                    raise
                note = f"the {parameter.place} parameter {parameter.name!r} is left out: {error}"
                self._document.notes.add(operation.where, note)

    def _path(self, operation: Operation, inputs: Inputs) -> str:
        known = {one.name: one for one in operation.parameters if one.place == "path"}
        names = {}
        for wire in placeholders(operation.path):
            parameter = known.get(wire) or Parameter(wire, "path", required=True, node={})
            given = flat(self._document, parameter.node.get("schema"))
            schema = self._shapes.input(_for_path(given))
            style = text_of(parameter.node.get("style")) or "simple"
            if style != "simple":
                note = f"the path parameter {wire!r} is sent without its style, {style}"
                self._document.notes.add(operation.where, note)
            told = text_of(parameter.node.get("description"))
            schema |= self._shown(parameter, schema)
            names[wire] = inputs.add("path", wire, schema, required=True, told=told)
        path = re.sub(r"\{([^{}]*)\}", lambda one: f"{{{names[one[1]]}}}", operation.path)
        bare = re.sub(r"\{[A-Za-z][A-Za-z0-9]*\}", "x", path)
        ways = {".", ".."} & set(bare.split("/"))
        if ways or not re.fullmatch(r"/[^?#\s{}]*", bare):
            raise UndraftableError(f"the path {operation.path!r} cannot be said")
        return path

    def _one(
        self,
        operation: Operation,
        parameter: Parameter,
        inputs: Inputs,
        own: Collection[Carrier],
    ) -> None:
        if parameter.place == "query":
            self._query(parameter, inputs)
        elif parameter.place == "header" and parameter.name.lower() not in _NOT_OURS:
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", parameter.name):
                raise UndraftableError("no header has such a name")
            if parameter.name.lower() in {name.lower() for name in inputs.headers}:
                raise UndraftableError("another header has this name")
            inputs.headers[parameter.name] = f"{{{{ {self._header(parameter, inputs)} }}}}"
        elif parameter.place in {"body", "formData"}:
            raise UndraftableError("Swagger 2.0 has such parameters; OpenAPI 3 has a requestBody")
        elif parameter.place == "cookie":
            self._cookie(operation, parameter, inputs, has_own=("header", "cookie") in own)

    def _cookie(
        self, operation: Operation, parameter: Parameter, inputs: Inputs, *, has_own: bool
    ) -> None:
        """Add a cookie that is needed to the others; one that may be absent is left out."""
        if not parameter.required:
            self._document.notes.add(operation.where, f"the cookie {parameter.name!r} is left out")
            return
        if has_own:
            raise UndraftableError("a key travels as a cookie already")
        name = constant(parameter.name)
        others = f"{inputs.headers['Cookie']}; " if "Cookie" in inputs.headers else ""
        inputs.headers["Cookie"] = f"{others}{name}={{{{ {self._header(parameter, inputs)} }}}}"

    def _header(self, parameter: Parameter, inputs: Inputs) -> str:
        """Declare an input that a header carries; return the expression of its text."""
        schema, _ = self._schema(parameter)
        name = self._add(parameter, schema, inputs)
        types = types_of(flat(self._document, parameter.node.get("schema")))
        may_be_list = not types or "array" in types
        return f"inputs.{name} | as_list | join(',')" if may_be_list else f"inputs.{name}"

    def _query(self, parameter: Parameter, inputs: Inputs) -> None:
        schema, is_json = self._schema(parameter)
        given = flat(self._document, parameter.node.get("schema"))
        types = [kind for kind in types_of(given) if kind != "null"]
        wire = quoted(parameter.name)[1:-1]
        if wire == "...":
            raise UndraftableError("its name has another meaning here")
        style = text_of(parameter.node.get("style")) or "form"
        explode = parameter.node.get("explode", style == "form") is True
        name = self._add(parameter, schema, inputs)
        read = f"inputs.{name}"
        if is_json:
            inputs.query[wire] = f"{{{{ {read} | to_json }}}}"
        elif style == "deepObject":
            spread(inputs.query, f"{{{{ {read} | bracket_keys('{wire}') }}}}")
        elif types == ["object"] and explode:
            spread(inputs.query, f"{{{{ {read} }}}}")
        elif explode or types in (["string"], ["integer"], ["number"], ["boolean"], ["object"]):
            inputs.query[wire] = f"{{{{ {read} }}}}"
            if types == ["object"]:
                note = f"the query parameter {wire!r} is sent as JSON"
                self._document.notes.add("parameters", note)
        else:
            separator = _SEPARATORS.get(style, ",")
            inputs.query[wire] = f"{{{{ {read} | as_list | join('{separator}') }}}}"

    def _schema(self, parameter: Parameter) -> tuple[JsonObject, bool]:
        """Return a parameter's schema, and whether its value goes as JSON."""
        content = members(parameter.node.get("content"))
        given: Json = next((members(one).get("schema") for one in content.values()), None)
        is_json = any("json" in media for media in content)
        schema = self._shapes.input(parameter.node.get("schema", given if content else {}))
        if isinstance(schema.get("type"), list):  # neither a query nor a header can say null
            kinds = [kind for kind in schema["type"] if kind != "null"]
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds or "string"
        return schema | self._shown(parameter, schema), is_json

    def _shown(self, parameter: Parameter, schema: JsonObject) -> JsonObject:
        """Return the example that stands at a parameter itself."""
        shown = parameter.node.get("example")
        for one in members(parameter.node.get("examples")).values():
            shown = self._document.follow(one).get("value") if shown is None else shown
        is_small = shown is not None and len(str(shown)) < 500 and "$ref" not in schema
        return {"examples": [shown]} if is_small else {}

    def _add(self, parameter: Parameter, schema: JsonObject, inputs: Inputs) -> str:
        told = text_of(parameter.node.get("description"))
        given = flat(self._document, parameter.node.get("schema"))
        told = with_default(told or text_of(given.get("description")), given)
        is_needed = parameter.required and parameter.node.get("allowEmptyValue") is not True
        return inputs.add(parameter.place, parameter.name, schema, required=is_needed, told=told)


def _for_path(given: JsonObject) -> JsonObject:
    """Return what a path can carry of a schema: text, or a whole number."""
    types = types_of(given)
    is_plain = "anyOf" not in given and "oneOf" not in given
    if is_plain and types and set(types) <= {"string", "integer"}:
        return given
    words: dict[str, JsonObject] = {
        "boolean": {"enum": ["true", "false"]},
        "number": {"pattern": _NUMBER},
    }
    limits = words.get(types[0], {}) if is_plain and len(types) == 1 else {}
    return {"type": "string", **limits}


def with_default(told: str, given: JsonObject) -> str:
    """Return a description that names the API's default, which is never sent by itself."""
    default = given.get("default")
    if default is None or isinstance(default, dict | list) or "efault" in told:
        return told
    shown = str(default).lower() if isinstance(default, bool) else str(default)[:60]
    stop = "" if not told or told.rstrip().endswith((".", "!", "?")) else "."
    return f"{told.rstrip()}{stop} The API's default is {shown or 'empty'}.".strip()
