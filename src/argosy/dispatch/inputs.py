"""Judge the inputs of a call: the capability's schema, and the region by the manifest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from argosy.errors import UnknownRegionError
from argosy.model import Json, Problem
from argosy.regions import find_region

if TYPE_CHECKING:
    from argosy.model import Connector, Redactor
    from argosy.validation import Validator


def input_problems(
    validator: Validator, connector: Connector, inputs: Json, redactor: Redactor
) -> list[Problem]:
    """Return everything that is wrong with inputs, in order of place, without any secrets.

    The defaults are to be filled in before. Values are cleaned before they are shown: a message
    shortens a long value, and half a secret would pass the redactor.
    """
    if not isinstance(inputs, Mapping):
        return [Problem("schema-type", "the inputs are not an object")]
    problems = [] if validator.is_valid(inputs) else _explain(validator, inputs, redactor)
    region = inputs.get("region")
    if isinstance(region, str) and "region" in validator.schema.get("properties", {}):
        try:
            find_region(connector, region)
        except UnknownRegionError as error:
            problems.append(Problem("unknown-region", redactor.text(error.message), "/region"))
    return sorted(problems, key=lambda problem: (problem.pointer, problem.message))


def secret_inputs(declared: Mapping[str, Json]) -> frozenset[str]:
    """Return the names of the inputs whose schemas say that they are secret."""
    return frozenset(
        name
        for name, schema in declared.items()
        if isinstance(schema, Mapping) and schema.get("secret")
    )


def secrets_in(names: frozenset[str], inputs: Mapping[str, Json]) -> list[str]:
    """Return the texts and numbers in some inputs, however deep they are, as texts."""
    return [text for name in names & inputs.keys() for text in _texts(inputs[name])]


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str | int | float):
        yield str(value)
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _explain(validator: Validator, inputs: Json, redactor: Redactor) -> list[Problem]:
    try:
        cleaned = validator.problems(redactor.value(inputs))
        return list(cleaned or redactor.value(list(validator.problems(inputs))))
    except RecursionError:
        return [Problem("too-deep", "its objects and lists are nested too deeply")]
