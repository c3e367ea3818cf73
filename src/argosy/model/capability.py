"""A capability as its file declares it; templates stay text until they are compiled."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from argosy.model.credential import Credential, credentials_from_json
from argosy.model.davinci import DavinciCapability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model.json import Json, JsonObject

Effect = Literal["read", "write", "delete"]
Encoding = Literal["json", "form", "multipart", "bytes"]
Format = Literal["json", "json-lines", "bytes"]
Saves = Literal["", "file", "folder"]
Reads = Literal["", "tables"]

#: Inputs that the dispatcher itself reads, where a capability declares paging or waiting.
ALL: Final = "all"
MAX_ITEMS: Final = "maxItems"
WAIT: Final = "wait"
WAIT_SECONDS: Final = "waitSeconds"

#: How many items `all` gives where `maxItems` does not say.
USUAL_MAX_ITEMS: Final = 10_000


@dataclass(frozen=True, slots=True)
class CapabilityRequest:
    """The HTTP request as declared: either `path` below the family's endpoint, or a full `url`.

    All of it is empty where a capability only calls others.
    """

    method: str
    path: str
    url: str
    query: Json
    headers: Json
    body: Json
    encoding: Encoding
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
    format: Format


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """Whether sending the request again is safe, a boolean or an expression, and why."""

    safe: bool | str
    reason: str


@dataclass(frozen=True, slots=True)
class Paging:
    """How a list goes on: `items` names the output that is one page's list.

    Either `next` holds templates of the next page's inputs, or `link` one of its address.
    `more`, where given, is an expression that says whether there may be a next page.
    """

    items: str
    next: Mapping[str, Json]
    link: str
    more: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How to wait for what a request has started: whom to ask, what the answer says, how often.

    Times are in seconds: `first` is the wait before the second question, each later one is
    `factor` times longer and none longer than `longest`; `seconds` bounds all of them.
    """

    capability: str
    inputs: Mapping[str, Json]
    status: str
    succeeded: tuple[str | bool, ...]
    failed: tuple[str | bool, ...]
    outputs: Mapping[str, Json]
    first: float
    factor: float
    longest: float
    seconds: int


@dataclass(frozen=True, slots=True)
class Legacy:
    """What the vendor keeps for old callers: the capability to use instead, and why."""

    use: str
    reason: str


@dataclass(frozen=True, slots=True)
class HandlerReference:
    """The handler that runs a capability, and why a declaration would not do.

    `uses` are the capabilities that it calls, `reads` what of the host's it reads (nothing, or
    stored tables), and `saves` what it writes where the call names a path for it: nothing, a file
    or a folder.
    """

    name: str
    reason: str
    uses: tuple[str, ...] = ()
    saves: Saves = ""
    reads: Reads = ""


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs with the answer to them and the outputs they give.

    `then` are the answers to the later requests of a handler, in their order; each has the
    members of `response`, and `capability`, whose request it answers.
    """

    title: str
    inputs: JsonObject
    response: JsonObject
    outputs: JsonObject
    then: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing a connector can do. `auth` is None where its family says how it authenticates."""

    id: str
    file: str
    title: str
    family: str
    group: str
    summary: str
    description: str
    effect: Effect
    legacy: Legacy | None
    auth: tuple[Credential, ...] | None
    repeat: RepeatRule
    inputs: JsonObject
    outputs: JsonObject
    request: CapabilityRequest
    response: CapabilityResponse
    paging: Paging | None
    waiting: Waiting | None
    handler: HandlerReference | None
    error_notes: Mapping[int, str]
    examples: tuple[Example, ...]
    anti_examples: tuple[JsonObject, ...]
    davinci: DavinciCapability

    @property
    def saves(self) -> Saves:
        """What a call writes where it names a path for it: nothing, a file or a folder."""
        if self.response.format == "bytes":
            return "file"
        return self.handler.saves if self.handler else ""

    @classmethod
    def from_json(cls, document: JsonObject, file: str) -> Capability:
        """Read a capability file's content that has passed its schema."""
        handler = document.get("handler")
        auth = document.get("auth", True)
        return cls(
            id=document["id"],
            file=file,
            title=document["title"],
            family=document["family"],
            group=document.get("group", ""),
            summary=document["summary"],
            description=document.get("description", ""),
            effect=document["effect"],
            legacy=_legacy(document["legacy"]) if "legacy" in document else None,
            auth=None if auth is True else credentials_from_json(auth),
            repeat=RepeatRule(**document["repeat"]),
            inputs=document["inputs"],
            outputs=document["outputs"],
            request=_request(document.get("request", {})),
            response=_response(document.get("response", {})),
            paging=_paging(document["paging"]) if "paging" in document else None,
            waiting=_waiting(document["waiting"]) if "waiting" in document else None,
            handler=_handler(handler) if handler else None,
            error_notes={note["status"]: note["note"] for note in document.get("errors", ())},
            examples=tuple(_example(example) for example in document["examples"]),
            anti_examples=tuple(document["antiExamples"]),
            davinci=DavinciCapability.from_json(document.get("davinci", {})),
        )


def example_body(given: JsonObject) -> bytes:
    """Return the bytes of an example's answer. Raises ValueError where its base64 is none."""
    if "base64" in given:
        return b64decode(given["base64"], validate=True)
    if "text" in given:
        text: str = given["text"]
        return text.encode()
    return json.dumps(given["body"], ensure_ascii=False).encode() if "body" in given else b""


def _request(document: JsonObject) -> CapabilityRequest:
    return CapabilityRequest(
        method=document.get("method", ""),
        path=document.get("path", ""),
        url=document.get("url", ""),
        query=document.get("query", {}),
        headers=document.get("headers", {}),
        body=document.get("body"),
        encoding=document.get("encoding", "json"),
        max_body_bytes=document.get("maxBodyBytes", 0),
    )


def _response(document: JsonObject) -> CapabilityResponse:
    return CapabilityResponse(
        outputs=document.get("outputs", {}),
        failure_outputs=document.get("failureOutputs", {}),
        failures=tuple(FailureRule(**rule) for rule in document.get("failures", ())),
        format=document.get("format", "json"),
    )


def _paging(document: JsonObject) -> Paging:
    return Paging(
        items=document["items"],
        next=document.get("next", {}),
        link=document.get("link", ""),
        more=document.get("more", ""),
    )


def _waiting(document: JsonObject) -> Waiting:
    interval = document.get("interval", {})
    return Waiting(
        capability=document["capability"],
        inputs=document["inputs"],
        status=document["status"],
        succeeded=tuple(document["succeeded"]),
        failed=tuple(document["failed"]),
        outputs=document.get("outputs", {}),
        first=interval.get("first", 1),
        factor=interval.get("factor", 1.5),
        longest=interval.get("longest", 30),
        seconds=document.get("seconds", 3600),
    )


def _handler(document: JsonObject) -> HandlerReference:
    return HandlerReference(
        name=document["name"],
        reason=document["reason"],
        uses=tuple(document.get("uses", ())),
        saves=document.get("saves", ""),
        reads=document.get("reads", ""),
    )


def _legacy(document: JsonObject) -> Legacy:
    return Legacy(use=document.get("use", ""), reason=document["reason"])


def _example(document: JsonObject) -> Example:
    return Example(
        title=document["title"],
        inputs=document["inputs"],
        response=document["response"],
        outputs=document["outputs"],
        then=tuple(document.get("then", ())),
    )
