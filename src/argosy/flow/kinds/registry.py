"""All kinds, by their names."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from argosy.flow.kinds import (
    call,
    condition,
    davinci,
    fail,
    for_each,
    http_request,
    increment,
    note,
    respond,
    return_,
    routine,
    set_variable,
    subflow,
    transform,
    trigger,
    wait,
    while_,
)
from argosy.flow.kinds.kind import Kind, KindModule
from argosy.model import JsonObject, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODULES: Mapping[str, KindModule] = {
    "trigger": trigger,
    "condition": condition,
    "transform": transform,
    "set-variable": set_variable,
    "increment": increment,
    "for-each": for_each,
    "while": while_,
    "wait": wait,
    "http-request": http_request,
    "subflow": subflow,
    "routine": routine,
    "call": call,
    "return": return_,
    "respond": respond,
    "fail": fail,
    "note": note,
    "davinci": davinci,
}


def _declared(name: str) -> JsonObject:
    file = resources.files(__package__).joinpath(f"{name}.json")
    document: JsonObject = parse_json(file.read_text(encoding="utf-8"))
    return document


def _kind(name: str, module: KindModule) -> Kind:
    document = _declared(name)
    return Kind(
        name=name,
        title=document["title"],
        summary=document["summary"],
        description=document.get("description", ""),
        inputs=document["inputs"],
        outputs=document["outputs"],
        module=module,
        late=frozenset(document.get("late", ())),
        literal=frozenset(document.get("literal", ())),
        has_body=document.get("body", False),
    )


KINDS: Mapping[str, Kind] = {name: _kind(name, module) for name, module in _MODULES.items()}
