"""A connection's properties: the manifest's defaults filled in, validated, secrets masked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.connector import bundle_schema
from argosy.dispatch.plan import defaults_of
from argosy.errors import InvalidConnectionError, MissingPropertyError
from argosy.model import JsonObject, MaskedText, Problem, variable_name
from argosy.regions import find_region
from argosy.validation import Validator

if TYPE_CHECKING:
    from argosy.model import Connection, Connector, Redactor


def checked_properties(
    connector: Connector, connection: Connection, redactor: Redactor
) -> JsonObject:
    """Return the connection's properties with defaults, validated; secrets do not show in `repr`.

    A property that a call may do without is asked for when it is needed, so `required` of the
    settings does not count here. Raises InvalidConnectionError, or UnknownRegionError for a
    region that the manifest does not list.
    """
    settings = {key: value for key, value in connector.settings.items() if key != "required"}
    validator = Validator(bundle_schema(connector, settings, "connector.json"))
    defaults = defaults_of(settings)
    if not validator.is_valid({**defaults, **connection.properties}):
        found = validator.problems({**defaults, **connection.properties})
        problems = [_without_value(problem, connector, redactor) for problem in found]
        raise InvalidConnectionError(problems=problems)
    secrets = connector.secret_settings
    properties = {
        name: MaskedText(value) if name in secrets else value
        for name, value in {**defaults, **connection.properties}.items()
    }
    if properties.get("region"):
        find_region(connector, properties["region"])
    return properties


def default_region(connector: Connector, properties: JsonObject) -> str:
    """Return the region of a call whose inputs name none: the connection's, or the only one.

    It is empty where the connector has no regions, since it sends nothing. Raises
    MissingPropertyError where there are several and the connection names none.
    """
    region: str = properties.get("region") or ""
    if region:
        return region
    if len(connector.regions) <= 1:
        return next(iter(connector.regions), "")
    raise missing_property(connector, "region")


def missing_property(connector: Connector, name: str) -> MissingPropertyError:
    """Return the error that asks for a property, and says where it can be given."""
    declared = connector.settings.get("properties", {})
    title = declared.get(name, {}).get("title", name)
    sources = [
        f"a connection (`argosy connections set`, or a file's `properties.{name}`)",
        f"the environment's {variable_name(name)}",
    ]
    if connector.secret_settings == (name,):
        sources.append("`--api-key-file` on the command line")
    last = sources.pop()
    return MissingPropertyError(name=name, title=title, sources=f"{', '.join(sources)} or {last}")


def _without_value(problem: Problem, connector: Connector, redactor: Redactor) -> Problem:
    """Return a problem of a property; one of a secret does not show any of its value."""
    name = problem.pointer.partition("/")[2]
    placed = replace(problem, pointer=f"/properties{problem.pointer}")
    if name in connector.secret_settings:
        title = connector.settings["properties"][name]["title"]
        return replace(placed, message=f"the {title} does not look like one")
    cleaned: Problem = redactor.value(placed)
    return cleaned
