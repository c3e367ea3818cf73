"""Bundle a schema with the files it refers to, so that it stands alone.

A reference is a path relative to the file it stands in, optionally with `#/$defs/name`, or a
reference within the same file. Every file that is referred to lands once under `$defs`. The
bundled schema is what validators compile, what `argosy capabilities show` prints and what a
form is made from; none of them then needs to find files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from argosy.model import Json, JsonObject, lookup_pointer

#: Reads the schema file at a POSIX path relative to the connector; raises KeyError if absent.
ReadSchema = Callable[[str], JsonObject]


class SchemaReferenceError(ValueError):
    """A `$ref` leads nowhere, or out of the connector's folder."""


def bundle(schema: JsonObject, file: str, read: ReadSchema) -> JsonObject:
    """Return a copy of `schema`, which stands in `file`, with all other files' schemas inside.

    Raises SchemaReferenceError, naming the reference and the file it stands in.
    """
    bundler = _Bundler(file, read)
    result: JsonObject = bundler.rewrite(schema, file)
    if bundler.definitions:
        result["$defs"] = {**result.get("$defs", {}), **bundler.definitions}
    return result


class _Bundler:
    def __init__(self, file: str, read: ReadSchema) -> None:
        self.root = file
        self.read = read
        self.definitions: JsonObject = {}

    def rewrite(self, value: Json, file: str) -> Json:
        if isinstance(value, Mapping):
            return {
                key: self.target(member, file)
                if key == "$ref" and isinstance(member, str)
                else self.rewrite(member, file)
                for key, member in value.items()
                if not (key in {"$id", "$schema"} and isinstance(member, str))
            }
        if isinstance(value, list):
            return [self.rewrite(item, file) for item in value]
        return value

    def target(self, reference: str, file: str) -> str:
        path, _, fragment = reference.partition("#")
        if not path and file == self.root:
            return reference
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path)) if path else file
        name = posixpath.basename(target).removesuffix(".json").removesuffix(".schema")
        self.include(name, target, reference, file)
        if fragment and lookup_pointer(self.definitions[name], unquote(fragment)) is None:
            raise SchemaReferenceError(f"{reference!r} in {file} leads nowhere")
        return f"#/$defs/{name}{unquote(fragment)}"

    def include(self, name: str, target: str, reference: str, file: str) -> None:
        if name in self.definitions:
            return
        if target.startswith("../") or posixpath.isabs(target):
            raise SchemaReferenceError(f"{reference!r} in {file} leads out of the connector")
        try:
            content = self.read(target)
        except KeyError:
            raise SchemaReferenceError(f"{reference!r} in {file} leads to no file") from None
        self.definitions[name] = {}  # before the content: a schema may refer to itself
        self.definitions[name].update(self.rewrite(content, target))
