"""A capability as its file declares it; templates stay text until they are compiled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model.json import Json, JsonObject

Effect = Literal["read", "write", "delete"]


@dataclass(frozen=True, slots=True)
class CapabilityRequest:
    """The HTTP request as declared: either `path` below the family's endpoint, or a full `url`."""

    method: str
    path: str
    url: str
    query: Json
    headers: Json
    body: Json
    max_body_bytes: int


@dataclass(frozen=True, slots=True)
class FailureRule:
    """An answer with a 2xx status that is a failure all the same."""

    when: str
    message: str


@dataclass(frozen=True, slots=True)
class CapabilityResponse:
    """How an answer becomes named outputs, and when it is a failure despite its status.

    `failure_outputs` are outputs that a call gives also where it failed after sending.
    """

    outputs: Mapping[str, Json]
    failure_outputs: Mapping[str, Json]
    failures: tuple[FailureRule, ...]


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """Whether sending the request again is safe, a boolean or an expression, and why."""

    safe: bool | str
    reason: str


@dataclass(frozen=True, slots=True)
class HandlerReference:
    """The handler that runs a capability, and why a declaration would not do."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs with the answer to them and the outputs they give."""

    title: str
    inputs: JsonObject
    response: JsonObject
    outputs: JsonObject


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a connector can do."""

    id: str
    file: str
    title: str
    family: str
    summary: str
    description: str
    effect: Effect
    repeat: RepeatRule
    inputs: JsonObject
    outputs: JsonObject
    request: CapabilityRequest
    response: CapabilityResponse
    handler: HandlerReference | None
    error_notes: Mapping[int, str]
    examples: tuple[Example, ...]
    anti_examples: tuple[JsonObject, ...]

    @classmethod
    def from_json(cls, document: JsonObject, file: str) -> Capability:
        """Read a capability file's content that has passed its schema."""
        handler = document.get("handler")
        return cls(
            id=document["id"],
            file=file,
            title=document["title"],
            family=document["family"],
            summary=document["summary"],
            description=document.get("description", ""),
            effect=document["effect"],
            repeat=RepeatRule(**document["repeat"]),
            inputs=document["inputs"],
            outputs=document["outputs"],
            request=_request(document["request"]),
            response=_response(document.get("response", {})),
            handler=HandlerReference(**handler) if handler else None,
            error_notes={note["status"]: note["note"] for note in document.get("errors", ())},
            examples=tuple(_example(example) for example in document["examples"]),
            anti_examples=tuple(document["antiExamples"]),
        )


def _request(document: JsonObject) -> CapabilityRequest:
    return CapabilityRequest(
        method=document["method"],
        path=document.get("path", ""),
        url=document.get("url", ""),
        query=document.get("query", {}),
        headers=document.get("headers", {}),
        body=document.get("body"),
        max_body_bytes=document.get("maxBodyBytes", 0),
    )


def _response(document: JsonObject) -> CapabilityResponse:
    return CapabilityResponse(
        outputs=document.get("outputs", {}),
        failure_outputs=document.get("failureOutputs", {}),
        failures=tuple(FailureRule(**rule) for rule in document.get("failures", ())),
    )


def _example(document: JsonObject) -> Example:
    return Example(
        title=document["title"],
        inputs=document["inputs"],
        response=document["response"],
        outputs=document["outputs"],
    )
