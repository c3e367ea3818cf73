"""A capability compiled once: validators built, templates parsed, path split.

Everything that depends on the capability alone happens here, so that a call pays only for what
depends on its inputs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from argosy.connector import Handler, bundle_schema, load_capability, load_handler
from argosy.dispatch.content import byte_inputs, folder_inputs
from argosy.dispatch.inputs import secret_inputs
from argosy.dispatch.paging import PagingPlan, compile_paging
from argosy.dispatch.waiting import WaitingPlan, compile_waiting
from argosy.errors import InvalidCapabilityError
from argosy.model import Capability, Connector, Credential, Json, JsonObject, Problem
from argosy.rendering import TemplateSyntaxError, compile_value
from argosy.validation import InvalidSchemaError, Validator
from argosy.validation.sentences import list_words

Render = Callable[[Mapping[str, Json]], Json]

_PLACEHOLDER = re.compile(r"\{([A-Za-z][A-Za-z0-9]*)\}")


@dataclass(frozen=True, slots=True)
class Plan:
    """One capability, ready to run. `path` alternates literal text and input names.

    `byte_inputs` are the inputs that hold bytes, `folder_inputs` those that are folders of this
    machine, `secret_inputs` those that are never shown, and `credentials` is what authenticates a
    request.
    """

    capability: Capability
    credentials: tuple[Credential, ...]
    inputs: Validator
    outputs: Validator
    defaults: JsonObject
    byte_inputs: frozenset[str]
    folder_inputs: frozenset[str]
    secret_inputs: frozenset[str]
    path: tuple[str, ...]
    method: Render
    url: Render | None
    query: Render
    headers: Render
    body: Render | None
    results: Mapping[str, Render]
    failure_results: Mapping[str, Render]
    failures: tuple[tuple[Render, Render], ...]
    may_repeat: Render
    paging: PagingPlan | None
    waiting: WaitingPlan | None
    handler: Handler | None
    takes_region: bool


def compile_plan(connector: Connector, capability_id: str) -> Plan:
    """Read and compile one capability.

    Raises UnknownCapabilityError, InvalidCapabilityError or InvalidHandlerError.
    """
    capability = load_capability(connector, capability_id)
    if capability.family not in connector.families:
        known = list_words(connector.families, capability.family)
        message = f"{capability.family!r} is no API family of the manifest; there is {known}"
        problems = [Problem("unknown-family", message, "/family", file=capability.file)]
        raise InvalidCapabilityError(file=capability.file, problems=problems)
    schema = bundle_schema(connector, capability.inputs, capability.file)
    declared = schema.get("properties", {})
    request = capability.request
    handler = capability.handler
    own, family = capability.auth, connector.families[capability.family]
    try:
        return Plan(
            capability=capability,
            credentials=family.auth if own is None else own,
            inputs=Validator(schema),
            outputs=Validator(bundle_schema(connector, capability.outputs, capability.file)),
            defaults=defaults_of(schema),
            byte_inputs=byte_inputs(schema),
            folder_inputs=folder_inputs(schema),
            secret_inputs=secret_inputs(declared),
            path=tuple(_PLACEHOLDER.split(request.path)),
            method=compile_value(request.method),
            url=compile_value(request.url) if request.url else None,
            query=compile_value(request.query),
            headers=compile_value(request.headers),
            body=None if request.body is None else compile_value(request.body),
            results={n: compile_value(v) for n, v in capability.response.outputs.items()},
            failure_results={
                n: compile_value(v) for n, v in capability.response.failure_outputs.items()
            },
            failures=tuple(
                (compile_value(rule.when), compile_value(rule.message))
                for rule in capability.response.failures
            ),
            may_repeat=compile_value(capability.repeat.safe),
            paging=compile_paging(capability.paging) if capability.paging else None,
            waiting=compile_waiting(capability.waiting) if capability.waiting else None,
            handler=load_handler(connector.root, handler.name, capability.id) if handler else None,
            takes_region="region" in declared,
        )
    except TemplateSyntaxError as error:
        problems = [Problem("template-syntax", str(error), "/request", file=capability.file)]
        raise InvalidCapabilityError(file=capability.file, problems=problems) from error
    except InvalidSchemaError as error:
        problems = [Problem("schema-invalid", str(error), file=capability.file)]
        raise InvalidCapabilityError(file=capability.file, problems=problems) from error


def defaults_of(schema: JsonObject) -> JsonObject:
    """Return the defaults that a schema's own properties declare."""
    declared = schema.get("properties", {})
    return {
        name: given["default"]
        for name, given in declared.items()
        if isinstance(given, dict) and "default" in given
    }
