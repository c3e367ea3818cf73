"""Read an OpenAPI document from a file: JSON or YAML, bounded, and nothing but plain values.

A document may come from anywhere, so its size, depth and number of values are bounded before
anything is built from it, and no tag of YAML makes an object. YAML is read by the core schema of
its version 1.2, as OpenAPI asks: `no` and `2026-01-01` are texts, and keys are texts.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import yaml

from argosy.errors import InvalidDocumentError
from argosy.model import Json, JsonObject, is_deeper, is_whole_text, parse_json

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 32 * 1024 * 1024
MOST_VALUES = 2_000_000
DEEPEST = 100

_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_document(path: Path) -> JsonObject:
    """Return the document in a file.

    Raises InvalidDocumentError where it cannot be read or is no OpenAPI document of version 3.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise _invalid(path, error.strerror or str(error)) from error
    if len(data) > LARGEST:
        raise _invalid(path, f"it has more than {LARGEST // 1024 // 1024} MiB")
    try:
        value = parse_document(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _invalid(path, f"it is not UTF-8 (byte {error.start})") from error
    except ValueError as error:
        raise _invalid(path, str(error)) from error
    detail = _version_fault(value)
    if detail:
        raise _invalid(path, detail)
    document: JsonObject = value
    return document


def parse_document(text: str) -> Json:
    """Parse JSON or YAML. Raises ValueError, with the line where it is known."""
    if text.lstrip()[:1] == "{":
        value = parse_json(text)
    else:
        _measure(text)
        try:
            value = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, made safer
        except yaml.YAMLError as error:
            raise ValueError(_told(error)) from error
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
    try:
        _count(value, {})
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if is_deeper(value, DEEPEST):
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    return value


def _invalid(path: Path, detail: str) -> InvalidDocumentError:
    return InvalidDocumentError(file=str(path), detail=detail)


def _version_fault(value: Json) -> str:
    if not isinstance(value, dict):
        return "it is no object"
    if "swagger" in value:
        return "it is Swagger 2.0; OpenAPI 3.0 or 3.1 is read, and converters are there"
    version = str(value.get("openapi", ""))
    if not re.fullmatch(r"3\.[0-9.]+", version):
        found = f"{version!r} is its version" if version else "it does not say `openapi: 3…`"
        return f"{found}; OpenAPI 3.0 or 3.1 is read"
    if not isinstance(value.get("paths"), dict) or not value["paths"]:
        return "it has no paths"
    return ""


def _measure(text: str) -> None:
    """Refuse what would be too deep or too large, before anything is built."""
    depth = count = 0
    try:
        for event in yaml.parse(text, Loader=_Safe):
            count += 1
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > DEEPEST:
                raise ValueError(f"it is nested more than {DEEPEST} deep")
            if count > MOST_VALUES:
                raise ValueError(f"it has more than {MOST_VALUES:,} values")
    except yaml.YAMLError as error:
        raise ValueError(_told(error)) from error


def _told(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}" if mark else problem


def _count(value: Json, known: dict[int, int]) -> int:
    """Return how many values there are with every alias written out; refuse too many.

    An alias in YAML is one value in several places, so a small text may stand for a huge one.
    """
    if not isinstance(value, dict | list):
        if value is not None and not isinstance(value, str | int | float | bool):
            raise ValueError(f"it holds a {type(value).__name__}, which JSON does not have")
        if isinstance(value, str) and not is_whole_text(value):
            raise ValueError("a text holds half a character (a lone surrogate)")
        return 1
    found = known.get(id(value))
    if found == 0:
        raise ValueError("an alias stands within what it names")
    if found is None:
        known[id(value)] = 0
        members = value.values() if isinstance(value, dict) else value
        found = known[id(value)] = 1 + sum(_count(member, known) for member in members)
        if found > MOST_VALUES:
            raise ValueError(f"it has more than {MOST_VALUES:,} values")
    return found


class _Loader(_Safe):  # type: ignore[misc]  # chosen as the program starts
    """A safe loader with the core schema of YAML 1.2 and keys as they are written."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as PyYAML has it

    def construct_mapping(self, node: Any, deep: bool = False) -> JsonObject:
        """Build an object. Raises ValueError where a key is no text or stands twice."""
        made: JsonObject = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"line {line}: a key is no text")  # noqa: TRY004
            if key.value == "<<":
                raise ValueError(f"line {line}: merge keys (<<) are not read; write it out")
            if key.value in made:
                raise ValueError(f"line {line}: the key {key.value!r} stands twice in one object")
            made[key.value] = self.construct_object(value, deep=deep)
        return made


def _integer(_loader: Any, node: Any) -> int:
    base = {"0x": 16, "0o": 8}.get(node.value[:2], 10)
    try:
        return int(node.value.replace("_", "?"), base)
    except ValueError:
        raise ValueError(_no_number(node)) from None


def _number(_loader: Any, node: Any) -> float:
    try:
        found = float(node.value.replace("_", "?"))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(_no_number(node))
    return found


def _no_number(node: Any) -> str:
    return f"line {node.start_mark.line + 1}: {node.value!r} is no number of JSON"


_TAG = "tag:yaml.org,2002:"
for _name, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,4000}|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_TAG + _name, re.compile(f"^(?:{_pattern})$"), _first)
_Loader.add_constructor(_TAG + "int", _integer)
_Loader.add_constructor(_TAG + "float", _number)
