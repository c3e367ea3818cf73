"""Each handler that a capability names can be used, and each handler is named by one.

A handler is imported here as a call would import it, so a missing module or a wrong signature
shows now. A file that no capability names is dead code; one that handlers share starts with an
underscore. Why there is a handler at all is a member that the capability's schema demands.

The capabilities that a handler calls are there, change no more than its own effect says, and
lead to no circle.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from argosy.connector import load_handler
from argosy.errors import InvalidHandlerError
from argosy.model import Capability, Problem, join_pointer
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.check.subject import Subject

ID = "handlers"
DEMAND = "Each named handler can be imported and run, is named, and calls what there is."

_MILDEST_FIRST = ("read", "write", "delete")


def check(subject: Subject) -> Iterator[Problem]:
    """Yield what is wrong with handlers, and handlers that nobody names."""
    for _, capability in subject.valid_capabilities():
        detail = _fault(subject.root, capability)
        if detail:
            yield Problem(ID, detail, "/handler/name", file=capability.file)
    known = {capability.id: capability for _, capability in subject.valid_capabilities()}
    for capability in known.values():
        for pointer, message in _calls(capability, known):
            yield Problem(ID, message, pointer, file=capability.file)
    named = set(_named(subject))
    for file in subject.handlers:
        stem = PurePosixPath(file).stem
        if not stem.startswith("_") and stem not in named:
            hint = "Name it in a capability's `handler`, or start its name with an underscore."
            yield Problem(ID, "no capability names this handler", hint=hint, file=file)


def _fault(root: Path, capability: Capability) -> str:
    if capability.handler is None:
        return ""
    name = capability.handler.name
    file = root / "handlers" / f"{name}.py"
    try:
        if not file.resolve().is_relative_to(root.resolve()):
            return f"handlers/{name}.py lies outside the connector's folder"
        load_handler(root, name, capability.id)
    except InvalidHandlerError as error:
        return str(error.facts["detail"])
    except SystemExit:
        return f"handlers/{name}.py ends the program when it is imported"
    except (ValueError, TypeError, OSError, RuntimeError) as error:
        # `run` is something that has no signature, or a link leads in a circle.
        return f"handlers/{name}.py cannot be used: {error}"
    return ""


def _calls(capability: Capability, known: Mapping[str, Capability]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the capabilities that a handler calls."""
    uses = capability.handler.uses if capability.handler else ()
    for index, name in enumerate(uses):
        pointer = join_pointer(("handler", "uses", index))
        called = known.get(name)
        if called is None:
            there = list_words(known, name)
            yield pointer, f"{name!r} is no capability; there is {there}"
            continue
        if name == capability.id:
            if not capability.request.method:
                yield pointer, "a handler that runs its own declaration declares a request"
            continue
        if _MILDEST_FIRST.index(called.effect) > _MILDEST_FIRST.index(capability.effect):
            yield pointer, f"{name!r} has the effect {called.effect}, {capability.effect} is told"
        if _leads_to(capability.id, called, known):
            yield pointer, f"{name!r} calls {capability.id!r} in turn"
    used = [known[name] for name in uses if name in known]
    sent = {*uses, *(one.waiting.capability for one in used if one.waiting)}
    for index, example in enumerate(capability.examples):
        for number, answer in enumerate(example.then):
            if answer["capability"] not in sent:
                pointer = join_pointer(("examples", index, "then", number, "capability"))
                yield pointer, f"the handler does not call {answer['capability']!r}"


def _leads_to(wanted: str, start: Capability, known: Mapping[str, Capability]) -> bool:
    """Tell whether a capability calls another, itself or through others."""
    seen, waiting = {start.id}, [start]
    while waiting:
        handler = waiting.pop().handler
        for name in handler.uses if handler else ():
            if name == wanted:
                return True
            if name not in seen and name in known:
                seen.add(name)
                waiting.append(known[name])
    return False


def _named(subject: Subject) -> Iterator[str]:
    """Yield the names that capabilities give, also those whose file is wrong elsewhere."""
    for source in subject.capabilities:
        handler = (source.document or {}).get("handler")
        if isinstance(handler, dict):
            yield str(handler.get("name"))
