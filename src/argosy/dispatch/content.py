"""Bytes in and out: inputs that hold them, and how the body of a request is written.

An input whose schema has `contentEncoding: base64` holds bytes. As JSON it is text in base64;
from Python it may be bytes or a `Path`, whose file is read. An input whose schema has
`format: local-folder` is a folder, for a handler, and only ever a `Path`. Text names neither, so
that what comes from outside cannot lead a call to a file of this machine.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from urllib3.filepost import encode_multipart_formdata

from argosy.model import Json, JsonObject, Problem, join_pointer, lookup_pointer
from argosy.rendering import encode_json, to_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from argosy.model.capability import Encoding

#: The form of every byte input while the schema judges the others.
_STAND_IN = "AAAA"


class FileBytes(bytes):
    """The bytes of a file, with its name, which a form sends along."""

    name: str = ""


def byte_inputs(schema: JsonObject) -> frozenset[str]:
    """Return the names of the inputs of a bundled schema that hold bytes."""
    declared = schema.get("properties", {})
    return frozenset(name for name, given in declared.items() if _holds_bytes(given, schema))


def _holds_bytes(given: Json, root: JsonObject) -> bool:
    while isinstance(given, Mapping) and "contentEncoding" not in given and "$ref" in given:
        given = lookup_pointer(root, given["$ref"].removeprefix("#"))
    return isinstance(given, Mapping) and given.get("contentEncoding") == "base64"


def folder_inputs(schema: JsonObject) -> frozenset[str]:
    """Return the names of the inputs of a bundled schema that are folders of this machine."""
    declared = schema.get("properties", {})
    return frozenset(
        name
        for name, given in declared.items()
        if isinstance(given, Mapping) and given.get("format") == "local-folder"
    )


def judge_folders(names: Collection[str], inputs: JsonObject) -> tuple[JsonObject, list[Problem]]:
    """Return the inputs as a schema can judge them, and what is wrong with their folders."""
    judged, problems = dict(inputs), []
    for name in names:
        value = inputs.get(name)
        if isinstance(value, Path):
            judged[name] = str(value)
            if not value.is_dir():
                message = f"{value} is no folder"
                problems.append(Problem("no-folder", message, join_pointer([name])))
        elif isinstance(value, str):
            message = "text names no folder of this machine"
            hint = "Give a Path from Python, or @FOLDER on the command line."
            problems.append(Problem("folder-by-text", message, join_pointer([name]), hint))
    return judged, problems


def read_bytes(
    names: Collection[str], inputs: JsonObject, limit: int
) -> tuple[JsonObject, JsonObject, list[Problem]]:
    """Return inputs with their bytes, the same as a schema can judge them, and what is wrong.

    `limit` is the most bytes that a file may have; 0 stands for no limit.
    """
    held, judged, problems = dict(inputs), dict(inputs), []
    for name in names:
        value = inputs.get(name)
        if not isinstance(value, str | bytes | bytearray | memoryview | Path):
            continue  # absent, or something that the schema refuses
        judged[name] = _STAND_IN
        try:
            held[name] = _bytes_of(value, limit)
        except ValueError as error:
            problems.append(Problem("unreadable-bytes", str(error), join_pointer([name])))
    return held, judged, problems


def _bytes_of(value: str | bytes | bytearray | memoryview | Path, limit: int) -> bytes:
    if isinstance(value, Path):
        return _read_file(value, limit)
    if not isinstance(value, str):
        return bytes(value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the text is not base64") from None


def _read_file(file: Path, limit: int) -> FileBytes:
    try:
        size = file.stat().st_size
        if limit and size > limit:
            raise ValueError(f"{file} has {size} bytes; at most {limit} are accepted")
        held = FileBytes(file.read_bytes())
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    held.name = file.name
    return held


def encode_body(content: Json, encoding: Encoding, boundary: str) -> tuple[bytes, str]:
    """Return a body as it goes on the wire, and its media type.

    Raises ValueError for what the encoding cannot say.
    """
    if encoding == "json":
        return encode_json(content), "application/json"
    if encoding == "bytes":
        if not isinstance(content, bytes | str):
            raise ValueError("the body is neither bytes nor text")
        return content if isinstance(content, bytes) else content.encode(), _OCTETS
    if not isinstance(content, Mapping):
        raise ValueError("a form is made of an object")  # noqa: TRY004 - a value, not a caller
    if encoding == "form":
        return urlencode(list(_fields(content))).encode(), "application/x-www-form-urlencoded"
    parts = [
        (name, (_file_name(value) or name, value, _OCTETS) if isinstance(value, bytes) else value)
        for name, value in _fields(content)
    ]
    return encode_multipart_formdata(parts, boundary)


def _file_name(value: bytes) -> str:
    return value.name if isinstance(value, FileBytes) else ""


_OCTETS = "application/octet-stream"


def _fields(content: Mapping[str, Json]) -> Iterator[tuple[str, str | bytes]]:
    """Yield a form's fields: a list repeats its name, an object is JSON, null is empty."""
    for name, value in content.items():
        for item in value if isinstance(value, list | tuple) else [value]:
            if isinstance(item, bytes):
                yield name, item
            else:
                yield name, "" if item is None else to_text(item)
