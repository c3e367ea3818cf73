"""Bundle a schema with the files it refers to, so that it stands alone.

A reference is a path relative to the file it stands in, optionally with a JSON Pointer behind
`#`, or a pointer within the same file. Every file that is referred to lands once under `$defs`,
under its own name or, where that is taken, under its name and a number. The bundled schema is
what validators compile, what `argosy capabilities show` prints and what a form is made from;
none of them then needs to find files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from argosy.model import Json, JsonObject, lookup_pointer

#: Keywords whose lists hold values and no schemas.
_LISTS = frozenset({"enum", "examples", "antiExamples"})

#: Keywords whose objects hold schemas by their names.
_NAMED = frozenset({"properties", "patternProperties", "$defs", "dependentSchemas"})

#: Reads the schema file at a POSIX path relative to the connector; raises KeyError if absent.
ReadSchema = Callable[[str], JsonObject]


class SchemaReferenceError(ValueError):
    """A `$ref` leads nowhere, or out of the connector's folder."""


def bundle(schema: JsonObject, file: str, read: ReadSchema) -> JsonObject:
    """Return a copy of `schema`, which stands in `file`, with all other files' schemas inside.

    Raises SchemaReferenceError, naming the reference and the file it stands in.
    """
    bundler = _Bundler(schema, file, read)
    result: JsonObject = bundler.rewrite(schema, file)
    bundler.finish()
    if bundler.definitions:
        result["$defs"] = {**result.get("$defs", {}), **bundler.definitions}
    return result


class _Bundler:
    def __init__(self, schema: JsonObject, file: str, read: ReadSchema) -> None:
        self.schemas: dict[str, JsonObject] = {file: schema}
        self.names: dict[str, str] = {}
        self.taken = set(schema.get("$defs", ()))
        self.root = file
        self.read = read
        self.definitions: JsonObject = {}
        self.waiting: list[str] = []

    def finish(self) -> None:
        """Write the files that have been referred to, and those that they refer to."""
        while self.waiting:
            target = self.waiting.pop(0)
            content = self.rewrite(self.schemas[target], target)
            self.definitions[self.names[target]].update(content)

    def rewrite(self, value: Json, file: str) -> Json:
        if isinstance(value, Mapping):
            return {
                key: self.member(key, member, file)
                for key, member in value.items()
                if not (key in {"$id", "$schema"} and isinstance(member, str))
            }
        if isinstance(value, list):
            return [self.rewrite(item, file) for item in value]
        return value

    def member(self, key: str, member: Json, file: str) -> Json:
        if key == "$ref" and isinstance(member, str):
            return self.target(member, file)
        if key in _NAMED and isinstance(member, Mapping):  # names that may look like keywords
            return {name: self.rewrite(schema, file) for name, schema in member.items()}
        is_literal = key in {"const", "default"} or (key in _LISTS and isinstance(member, list))
        return member if is_literal else self.rewrite(member, file)

    def target(self, reference: str, file: str) -> str:
        path, _, fragment = reference.partition("#")
        path = unquote(path)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
        if target == self.root and not path:
            return reference
        where = f"{reference!r} in {file}"
        if target not in self.schemas:
            self.include(target, where)
        is_pointer = not fragment or fragment.startswith("/")
        if not is_pointer or lookup_pointer(self.schemas[target], unquote(fragment)) is None:
            raise SchemaReferenceError(f"{where} leads nowhere")
        return f"#/$defs/{self.names[target]}{fragment}" if target in self.names else f"#{fragment}"

    def include(self, target: str, where: str) -> None:
        if target.startswith("../") or posixpath.isabs(target):
            raise SchemaReferenceError(f"{where} leads out of the connector")
        try:
            content = self.read(target)
        except KeyError:
            raise SchemaReferenceError(f"{where} leads to no file") from None
        name = self.free_name(posixpath.basename(target))
        self.schemas[target] = content
        self.names[target] = name
        self.definitions[name] = {}
        self.waiting.append(target)

    def free_name(self, file: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9._-]", "-", file.removesuffix(".json").removesuffix(".schema"))
        name, number = plain, 1
        while name in self.taken:
            number += 1
            name = f"{plain}-{number}"
        self.taken.add(name)
        return name
