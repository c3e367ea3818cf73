"""The templates of a connector: which texts are templates, and what each may read.

An expression may read only what there is when it is rendered: a request is made from inputs
and the connection, an output from the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.model import Capability, Json, JsonObject, join_pointer
from argosy.rendering import FUNCTIONS, Template, TemplateSyntaxError, compile_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.check.subject import Subject

REQUEST_ROOTS = ("inputs", "connection", *FUNCTIONS)
RESPONSE_ROOTS = ("body", "status", "headers")
OUTPUT_ROOTS = (*RESPONSE_ROOTS, "sent")
FAILURE_ROOTS = ("sent",)
REPEAT_ROOTS = ("inputs",)
AUTH_ROOTS = ("connection",)


@dataclass(frozen=True, slots=True)
class TemplatePlace:
    """A text that is read as a template: its place, and the names it may start from.

    `is_condition` marks one that must be a single expression, since any text is not `true`.
    """

    file: str
    pointer: str
    text: str
    roots: tuple[str, ...]
    capability: Capability | None = None
    is_condition: bool = False


def template_places(subject: Subject) -> Iterator[TemplatePlace]:
    """Yield every template of the connector."""
    connector = subject.connector
    if connector and connector.auth:
        yield TemplatePlace(subject.manifest.file, "/auth/value", connector.auth.value, AUTH_ROOTS)
    for document, capability in subject.valid_capabilities():
        yield from _request_places(document, capability)
        yield from _response_places(capability)
        safe = capability.repeat.safe
        if isinstance(safe, str):
            yield TemplatePlace(
                capability.file, "/repeat/safe", safe, REPEAT_ROOTS, capability, is_condition=True
            )


def _request_places(document: JsonObject, capability: Capability) -> Iterator[TemplatePlace]:
    for name in ("method", "url", "query", "headers", "body"):
        for pointer, text in texts(document["request"].get(name), ("request", name)):
            yield TemplatePlace(capability.file, pointer, text, REQUEST_ROOTS, capability)


def _response_places(capability: Capability) -> Iterator[TemplatePlace]:
    file = capability.file
    for pointer, text in texts(dict(capability.response.outputs), ("response", "outputs")):
        yield TemplatePlace(file, pointer, text, OUTPUT_ROOTS, capability)
    failed = dict(capability.response.failure_outputs)
    for pointer, text in texts(failed, ("response", "failureOutputs")):
        yield TemplatePlace(file, pointer, text, FAILURE_ROOTS, capability)
    for index, rule in enumerate(capability.response.failures):
        where = f"/response/failures/{index}"
        yield TemplatePlace(
            file, f"{where}/when", rule.when, RESPONSE_ROOTS, capability, is_condition=True
        )
        yield TemplatePlace(file, f"{where}/message", rule.message, RESPONSE_ROOTS, capability)


def texts(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[str, str]]:
    """Yield every text within a value, with its pointer."""
    if isinstance(value, str):
        yield join_pointer(path), value
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from texts(member, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))


def compile_or_fault(text: str) -> Template | str:
    """Compile a template, or say why it cannot be compiled."""
    try:
        return compile_template(text)
    except TemplateSyntaxError as error:
        return str(error).rstrip(".")
    except RecursionError:
        return "the template cannot be read: it is nested too deeply"
