"""Which property fills which input: all properties of a connector share one set of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.davinci.shape.definitions import definition_of
from argosy.errors import InvalidManifestError
from argosy.model import Problem, camel_case, join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from argosy.davinci.shape.rules import PropertyRule
    from argosy.model import Capability, JsonObject


def own_name(capability_id: str, property_: str) -> str:
    """Return the name that a property has where its plain one is another's."""
    return camel_case(f"{property_}-{capability_id}")


def allot(
    settings: Iterable[str], rules: Sequence[tuple[Capability, PropertyRule]]
) -> Mapping[tuple[str, str], str]:
    """Return the name of the property that fills each input, by capability and input.

    A connection's settings have their names to themselves. Any other name belongs to the
    definition that is declared for it first, or else comes first; whoever defines it so shares it,
    and anyone else has a name of its own.

    Raises InvalidManifestError, with every problem, where a name is declared that is another's,
    or an own one is taken as well.
    """
    taken: dict[str, tuple[str, JsonObject]] = {name: ("the connection", {}) for name in settings}
    for capability, rule in sorted(rules, key=_is_derived):
        taken.setdefault(rule.property, (repr(capability.id), definition_of(rule)))
    names: dict[tuple[str, str], str] = {}
    used: set[tuple[str, str]] = set()
    problems: list[Problem] = []
    for capability, rule in rules:
        name, definition = rule.property, definition_of(rule)
        if taken[name][1] != definition and _is_derived((capability, rule)):
            name = own_name(capability.id, name)
            taken.setdefault(name, (repr(capability.id), definition))
        owner, wanted = taken[name]
        if wanted != definition or (capability.id, name) in used:
            problems.append(_taken_twice(capability, rule, name, owner))
        used.add((capability.id, name))
        names[capability.id, rule.input] = name
    if problems:
        raise InvalidManifestError(file=problems[0].file, problems=problems)
    return names


def _is_derived(one: tuple[Capability, PropertyRule]) -> bool:
    capability, rule = one
    return rule.property not in capability.davinci.properties


def _taken_twice(capability: Capability, rule: PropertyRule, name: str, owner: str) -> Problem:
    is_derived = _is_derived((capability, rule))
    place = ("inputs",) if is_derived else ("davinci",)
    return Problem(
        "davinci-names",
        f"the DaVinci property {name!r} is already that of {owner}, for another value",
        join_pointer((*place, "properties", rule.input if is_derived else rule.property)),
        f"Declare another name for the input {rule.input!r} under `davinci.properties`.",
        capability.file,
    )
