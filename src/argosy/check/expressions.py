"""The templates of a connector: which texts are templates, and what each may read.

An expression may read only what there is when it is rendered: a request is made from inputs
and the connection, an output from the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from argosy.model import Capability, Credential, Json, JsonObject, Paging, Waiting, join_pointer
from argosy.rendering import FUNCTIONS, Template, TemplateSyntaxError, compile_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.check.subject import Subject

REQUEST_ROOTS = ("inputs", "connection", *FUNCTIONS)
RESPONSE_ROOTS = ("body", "status", "headers")
OUTPUT_ROOTS = (*RESPONSE_ROOTS, "sent")
FAILURE_ROOTS = ("sent",)
REPEAT_ROOTS = ("inputs",)
AUTH_ROOTS = ("connection",)
TOKEN_ROOTS = (*AUTH_ROOTS, "token")
PAGING_ROOTS = (*RESPONSE_ROOTS, "outputs", "inputs")
QUESTION_ROOTS = ("inputs", "outputs")
WAITING_ROOTS = (*PAGING_ROOTS, "started")


@dataclass(frozen=True, slots=True)
class TemplatePlace:
    """A text that is read as a template: its place, and the names it may start from.

    `is_condition` marks one that must be a single expression, since any text is not `true`.
    `is_auth` marks one that may read secrets. `capability` is whose inputs it reads.
    """

    file: str
    pointer: str
    text: str
    roots: tuple[str, ...]
    capability: Capability | None = None
    is_condition: bool = False
    is_auth: bool = False


def template_places(subject: Subject) -> Iterator[TemplatePlace]:
    """Yield every template of the connector."""
    connector, manifest = subject.connector, subject.manifest.document
    if connector and manifest:
        file = subject.manifest.file
        yield from _credential_places(file, ("auth",), connector.auth, manifest.get("auth"))
        for name, family in connector.families.items():
            given = manifest["families"][name].get("auth")
            yield from _credential_places(file, ("families", name, "auth"), family.auth, given)
    for document, capability in subject.valid_capabilities():
        yield from _request_places(document, capability)
        yield from _response_places(capability)
        yield from _credential_places(
            capability.file, ("auth",), capability.auth or (), document.get("auth")
        )
        if capability.paging:
            yield from _paging_places(capability, capability.paging)
        if capability.waiting:
            yield from _waiting_places(capability, capability.waiting)
        safe = capability.repeat.safe
        if isinstance(safe, str):
            yield TemplatePlace(
                capability.file, "/repeat/safe", safe, REPEAT_ROOTS, capability, is_condition=True
            )


def _credential_places(
    file: str, path: tuple[str, ...], credentials: Iterable[Credential], given: Json
) -> Iterator[TemplatePlace]:
    """Yield the templates of what is given here; what is inherited is told where it stands."""
    if not isinstance(given, dict | list):
        return
    for index, credential in enumerate(credentials):
        here = (*path, str(index)) if isinstance(given, list) else path
        roots = TOKEN_ROOTS if credential.token else AUTH_ROOTS
        pointer = join_pointer((*here, "value"))
        yield TemplatePlace(file, pointer, credential.value, roots, is_auth=True)
        if credential.token:
            grant = credential.token
            for name, text in (
                ("clientId", grant.client_id),
                ("clientSecret", grant.client_secret),
            ):
                pointer = join_pointer((*here, "token", name))
                yield TemplatePlace(file, pointer, text, AUTH_ROOTS, is_auth=True)


def _request_places(document: JsonObject, capability: Capability) -> Iterator[TemplatePlace]:
    for name in ("method", "url", "query", "headers", "body"):
        for pointer, text in texts(document.get("request", {}).get(name), ("request", name)):
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


def _paging_places(capability: Capability, paging: Paging) -> Iterator[TemplatePlace]:
    file = capability.file
    for pointer, text in texts(dict(paging.next), ("paging", "next")):
        yield TemplatePlace(file, pointer, text, PAGING_ROOTS, capability)
    if paging.link:
        yield TemplatePlace(file, "/paging/link", paging.link, PAGING_ROOTS, capability)
    if paging.more:
        yield TemplatePlace(
            file, "/paging/more", paging.more, PAGING_ROOTS, capability, is_condition=True
        )


def _waiting_places(capability: Capability, waiting: Waiting) -> Iterator[TemplatePlace]:
    file = capability.file
    for pointer, text in texts(dict(waiting.inputs), ("waiting", "inputs")):
        yield TemplatePlace(file, pointer, text, QUESTION_ROOTS, capability)
    yield TemplatePlace(file, "/waiting/status", waiting.status, WAITING_ROOTS)
    for pointer, text in texts(dict(waiting.outputs), ("waiting", "outputs")):
        yield TemplatePlace(file, pointer, text, WAITING_ROOTS)


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
