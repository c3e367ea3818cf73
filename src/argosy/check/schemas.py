"""The connector's schemas: where they stand, what is wrong with one, a validator of one.

Schemas stand in the manifest (`settings`), in capabilities (`inputs`, `outputs`) and in
`schemas/`. A rule that wants to judge values asks `sound_schema`, which is None for a schema
that the rule `schema-references` has something to say about.
"""

from __future__ import annotations

import posixpath
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

import jsonschema_rs

from argosy.check.subschemas import Steps, endless_reference, subschemas
from argosy.model import Json, JsonObject, join_pointer, lookup_pointer
from argosy.validation import Validator, bundle, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class SchemaPlace:
    """A schema and where it stands: its file, and its pointer in it.

    One that stands alone refers to no other file.
    """

    file: str
    pointer: str
    schema: JsonObject
    stands_alone: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a schema; `pointer` leads from the schema, not from its file."""

    pointer: str
    message: str
    hint: str = ""


def schema_places(subject: Subject) -> Iterator[SchemaPlace]:
    """Yield every schema of the connector."""
    if subject.connector:
        settings = subject.connector.settings
        yield SchemaPlace(subject.manifest.file, "/settings", settings, stands_alone=True)
    for _, capability in subject.valid_capabilities():
        yield SchemaPlace(capability.file, "/inputs", capability.inputs)
        yield SchemaPlace(capability.file, "/outputs", capability.outputs)
    for source in subject.schemas:
        if source.document is not None:
            yield SchemaPlace(source.file, "", source.document)


def sound_schema(subject: Subject, schema: JsonObject, file: str) -> JsonObject | None:
    """Return a schema standing alone, or None where it is faulty or one that it refers to."""
    key = (file, id(schema))
    if key not in subject.judged:
        subject.judged[key] = _sound(subject, SchemaPlace(file, "", schema))
    return subject.judged[key]


def _sound(subject: Subject, place: SchemaPlace) -> JsonObject | None:
    if _own_faults(subject, place) or _whole_fault(subject, place):
        return None
    bundled = bundle(place.schema, place.file, subject.read)
    return None if any(_pattern_faults(bundled)) else bundled


def faults(subject: Subject, place: SchemaPlace) -> list[Fault]:
    """Return what is wrong with one schema, but not what is wrong with those it refers to."""
    found = _own_faults(subject, place)
    detail = "" if found else _whole_fault(subject, place)
    if detail and not _is_told_elsewhere(subject, place):
        found.append(Fault("", detail))
    return found


def _own_faults(subject: Subject, place: SchemaPlace) -> list[Fault]:
    """Return what is wrong with a schema as it stands, without following its references."""
    found = [*_dialect_faults(place.schema), *_pattern_faults(place.schema)]
    found += _reference_faults(subject, place)
    return found or list(_meta_faults(place.schema))


def _dialect_faults(schema: JsonObject) -> Iterator[Fault]:
    dialect = schema.get("$schema", DIALECT)
    if dialect != DIALECT:
        yield Fault("/$schema", f"{dialect!r} is not the dialect that is read, {DIALECT}")


def _pattern_faults(schema: JsonObject) -> Iterator[Fault]:
    for path, inner in subschemas(schema):
        named = inner.get("patternProperties")
        places: list[tuple[Steps, Json]] = [((*path, "pattern"), inner.get("pattern"))]
        names = named if isinstance(named, dict) else ()
        places += [((*path, "patternProperties", name), name) for name in names]
        for where, pattern in places:
            detail = pattern_fault(pattern) if isinstance(pattern, str) else ""
            detail = detail or (_name_pattern_fault(pattern) if pattern in names else "")
            if detail:
                yield Fault(join_pointer(where), f"the pattern {pattern!r} {detail}")


@lru_cache(maxsize=512)
def pattern_fault(pattern: str) -> str:
    """Say what is wrong with a pattern of a text; nothing where it can be read."""
    try:
        Validator({"pattern": pattern})
    except ValueError:
        return "cannot be read by the compiled validator"
    return ""


def _name_pattern_fault(pattern: str) -> str:
    """Say what is wrong with a pattern of property names, which `jsonschema` reads as Python's."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # a set within a set: `[[a]`
            re.compile(pattern)
    except (re.error, FutureWarning, OverflowError, RecursionError) as error:
        return f"cannot be read in Python: {error}"
    return ""


def _reference_faults(subject: Subject, place: SchemaPlace) -> Iterator[Fault]:
    for path, inner in subschemas(place.schema):
        if "$dynamicRef" in inner:
            yield Fault(join_pointer((*path, "$dynamicRef")), "only $ref is read")
        reference = inner.get("$ref")
        detail = _reference_fault(subject, place, reference) if isinstance(reference, str) else ""
        if detail:
            hint = _REFERENCE_ALONE_HINT if place.stands_alone else _REFERENCE_HINT
            yield Fault(join_pointer((*path, "$ref")), f"{reference!r} {detail}", hint)


_REFERENCE_HINT = (
    "A reference is the path of a file of the connector, relative to the file it stands in, "
    "with #/$defs/NAME where a part of it is meant; or #/$defs/NAME alone."
)
_REFERENCE_ALONE_HINT = "A reference here is #/$defs/NAME, to a schema under $defs beside it."


def _reference_fault(subject: Subject, place: SchemaPlace, reference: str) -> str:
    path, _, fragment = reference.partition("#")
    document: JsonObject = place.schema
    if path and place.stands_alone:
        return "leads to a file; a schema that stands here holds its own, under $defs"
    if path:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(place.file), path))
        if target.startswith("..") or posixpath.isabs(target) or "://" in path:
            return "leads out of the connector"
        try:
            document = subject.read(target)
        except KeyError:
            return f"leads to no schema: {target} is not there or cannot be read"
    if fragment and not fragment.startswith("/"):
        return "names an anchor; only JSON Pointers are read"
    if lookup_pointer(document, unquote(fragment)) is None:
        return f"leads nowhere: there is no {unquote(fragment)} in {path or 'this schema'}"
    return ""


def _meta_faults(schema: JsonObject) -> Iterator[Fault]:
    plain = {key: value for key, value in schema.items() if key != "$schema"}
    if jsonschema_rs.meta.is_valid(plain):
        return
    from jsonschema import Draft202012Validator  # noqa: PLC0415 slow, seldom needed

    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    for problem in explain(plain, meta):
        yield Fault(problem.pointer, problem.message)


def _whole_fault(subject: Subject, place: SchemaPlace) -> str:
    """Say what only shows in the whole: a circle, or what the validator cannot compile."""
    key = (place.file, id(place.schema))
    if key not in subject.wholes:
        subject.wholes[key] = _found_in_whole(subject, place)
    return subject.wholes[key]


def _found_in_whole(subject: Subject, place: SchemaPlace) -> str:
    try:
        bundled = bundle(place.schema, place.file, subject.read)
        circle = endless_reference(bundled)
        if circle is not None:
            return f"the schema at #{circle} refers back to itself without an end"
        Validator(bundled)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        return f"it cannot be compiled: {str(error).partition(chr(10))[0]}"
    return ""


def _is_told_elsewhere(subject: Subject, place: SchemaPlace) -> bool:
    """Tell whether a schema file has a fault that may be the reason, told where it stands."""
    files = [
        SchemaPlace(source.file, "", source.document)
        for source in subject.schemas
        if source.document is not None and source.file != place.file
    ]
    if place.pointer:
        return any(faults(subject, other) for other in files)
    return any(_own_faults(subject, other) for other in files)
