"""Templates compile and read only what is declared where they stand.

A request is made from `inputs`, `connection` and `new_uuid()`, an output from `body`, `status`
and `headers`, the rule about repetition from `inputs`, the authentication from `connection`. A
name that is misspelt would otherwise be a value that is always missing. A secret may be read
by `auth.value` alone, where it is masked and never sent to a foreign host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.check.expressions import (
    TemplatePlace,
    compile_or_fault,
    template_places,
)
from argosy.check.rules.outputs import ALWAYS_THERE
from argosy.check.schemas import sound_schema
from argosy.model import Capability, Problem
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

ID = "templates"
DEMAND = "Templates compile, start from the names of their place, and read what is declared."


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with each template."""
    for place in template_places(subject):
        for message in _messages(subject, place):
            yield Problem(ID, message, place.pointer, file=place.file)


def _messages(subject: Subject, place: TemplatePlace) -> Iterator[str]:
    template = compile_or_fault(place.text)
    if isinstance(template, str):
        yield template
        return
    if place.is_condition and not template.exact:
        yield f"{place.text!r} is text, not one {{{{ expression }}}}, so it is never true"
    for path in template.paths:
        if path[0] not in place.roots:
            yield f"{path[0]!r} cannot be read here; there is {list_words(place.roots, path[0])}"
        elif path[0] == "connection":
            yield from _setting(subject, path, is_auth=place.is_auth)
        elif path[0] == "inputs" and place.capability:
            yield from _input(subject, place.capability, path)
        elif path[0] == "outputs" and place.capability:
            yield from _output(place.capability, path)


def _input(subject: Subject, capability: Capability, path: tuple[str, ...]) -> Iterator[str]:
    schema = sound_schema(subject, capability.inputs, capability.file)
    declared = (schema or {}).get("properties", {})
    if schema is not None and len(path) > 1 and path[1] not in declared:
        known = list_words(declared, path[1]) or "none"
        yield f"{'.'.join(path[:2])!r} is not a declared input; there is {known}"


def _output(capability: Capability, path: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with an output that is read after the answer has come."""
    of_bytes = ("content", "file", "size") if capability.response.format == "bytes" else ()
    given = (*capability.response.outputs, *ALWAYS_THERE, *of_bytes)
    if len(path) > 1 and path[1] not in given:
        known = list_words(capability.response.outputs, path[1]) or "none"
        yield f"{'.'.join(path[:2])!r} is not an output of the response; there is {known}"


def _setting(subject: Subject, path: tuple[str, ...], *, is_auth: bool) -> Iterator[str]:
    connector = subject.connector
    if is_auth and len(path) != 2:
        yield f"{'.'.join(path)!r} is not a setting; write connection.NAME"
    if connector is None or len(path) == 1:
        return
    declared = connector.settings.get("properties", {})
    if path[1] not in declared:
        known = list_words(declared, path[1]) or "none"
        yield f"{'.'.join(path[:2])!r} is not a setting of the manifest; there is {known}"
    elif path[1] in connector.secret_settings and not is_auth:
        yield f"{'.'.join(path[:2])!r} is a secret; only the manifest's auth.value may read it"
