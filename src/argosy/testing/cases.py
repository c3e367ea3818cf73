"""A flow test as its file has it: the flow, its cases, and what each is given; after its schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from argosy.flow.library import FlowLibrary
    from argosy.model import Flow, Json, JsonObject

#: What a run's clock begins at unless the case says otherwise: 2026-01-01T00:00:00Z.
NOW = 1_767_225_600.0
#: Members of a case that are added to those of the defaults one by one.
_ADDED = ("sandbox", "stubs", "variables", "connections")
_DEFAULTED = (*_ADDED, "connection", "time")


@dataclass(frozen=True, slots=True)
class Case:
    """One case, the defaults of its file filled in.

    `expect` is as the file has it. `pointer` is the case's place in the file. `seed` is a
    document, a folder, or None for what the sandbox comes with; `now` is an epoch in seconds.
    """

    name: str
    pointer: str
    expect: JsonObject
    input: Json = field(default_factory=dict)
    skip: str = ""
    connection: JsonObject = field(default_factory=dict)
    connections: Mapping[str, JsonObject] = field(default_factory=dict)
    seed: Mapping[str, Json] | Path | None = None
    now: float = NOW
    pace: str = "immediate"
    faults: tuple[JsonObject, ...] = ()
    is_real_time: bool = False
    stubs: Mapping[str, Json] = field(default_factory=dict)
    variables: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def from_json(
        cls, document: JsonObject, pointer: str, seed: Mapping[str, Json] | Path | None
    ) -> Case:
        """Read a case that has its defaults; what its `seed` names was looked up before."""
        sandbox = document.get("sandbox", {})
        return cls(
            name=document["name"],
            pointer=pointer,
            expect=document["expect"],
            input=document.get("input", {}),
            skip=document.get("skip", ""),
            connection=document.get("connection", {}),
            connections=document.get("connections", {}),
            seed=seed,
            now=sandbox.get("now", NOW),
            pace=sandbox.get("pace", "immediate"),
            faults=tuple(sandbox.get("faults", ())),
            is_real_time=document.get("time") == "real",
            stubs=document.get("stubs", {}),
            variables=document.get("variables", {}),
        )


@dataclass(frozen=True, slots=True)
class FlowTest:
    """A file of cases for one flow.

    `flows` are the flows of its folder; `called` are those of them that the flow calls, and that
    those call, as far as their names can be known.
    """

    path: Path
    flow: Flow
    flows: FlowLibrary
    cases: tuple[Case, ...]
    called: tuple[Flow, ...] = ()

    @property
    def file(self) -> str:
        """The file's name as it was found."""
        return str(self.path)


def with_defaults(case: JsonObject, defaults: JsonObject) -> JsonObject:
    """Return a case's document with what the file's defaults say where it says nothing."""
    filled = dict(case)
    for name in _DEFAULTED:
        if name not in defaults:
            continue
        if name in _ADDED:
            filled[name] = {**defaults[name], **case.get(name, {})}
        else:
            filled.setdefault(name, defaults[name])
    return filled
