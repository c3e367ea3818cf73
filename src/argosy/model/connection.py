"""A connection: one connector, set up for use; and how its requests travel."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.model.json import Json, JsonObject
from argosy.errors import InvalidConnectionError
from argosy.model.problem import Problem

MEBIBYTE = 1024 * 1024


#: Lowest and highest value of a number, and both in words. The longest deadline is the vendor's
#: hour, within which it recognises a record that is sent twice.
_BOUNDS: Mapping[str, tuple[float, float, str]] = {
    "connect_timeout": (1e-3, 3600, "a time of 0.001 to 3600 seconds"),
    "read_timeout": (1e-3, 3600, "a time of 0.001 to 3600 seconds"),
    "deadline": (1e-3, 3600, "a time of 0.001 to 3600 seconds"),
    "max_attempts": (1, 20, "a number of 1 to 20"),
    "backoff_base": (0, 3600, "a time of 0 to 3600 seconds"),
    "backoff_cap": (0, 3600, "a time of 0 to 3600 seconds"),
    "max_response_bytes": (1, 2**40, "a number of 1 to 2^40"),
    "max_file_bytes": (1, 2**50, "a number of 1 to 2^50"),
    "pool_size": (1, 1000, "a number of 1 to 1000"),
}


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """How requests travel. Times are in seconds.

    `deadline` bounds a whole call with all its attempts and waits. `max_attempts` counts the
    first one. Proxies of the environment are used only where `environment_proxies` says so.
    `ca_bundle` is a file of certificates to trust instead of the usual ones.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    deadline: float = 120.0
    max_attempts: int = 5
    backoff_base: float = 0.25
    backoff_cap: float = 20.0
    max_response_bytes: int = 64 * MEBIBYTE
    max_file_bytes: int = 16 * 1024 * MEBIBYTE
    pool_size: int = 10
    environment_proxies: bool = False
    ca_bundle: str = ""

    def __post_init__(self) -> None:
        """Refuse values outside the bounds that a connection file has too."""
        problems = [
            Problem(
                "transport-setting", f"{value!r} is not {words}", f"/transport/{camel_case(name)}"
            )
            for name, (low, high, words) in _BOUNDS.items()
            if not _is_within(value := getattr(self, name), low, high)
        ]
        if problems:
            raise InvalidConnectionError(problems=problems)

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> TransportSettings:
        """Read the `transport` member of a connection file, already validated."""
        names = {camel_case(name): name for name in cls.__dataclass_fields__}
        return cls(**{names[key]: value for key, value in document.items()})


@dataclass(frozen=True, slots=True)
class Connection:
    """A configured instance of a connector.

    `properties` are values of the manifest's settings, secrets among them, so they never show
    in `repr`. `endpoint`, where given, is the base URL of every API family: a sandbox.
    `allow_hosts` names further hosts and networks that a request with a full URL may go to,
    without the connection's authentication.
    """

    properties: Mapping[str, Json] = field(default_factory=dict, repr=False)
    name: str = ""
    endpoint: str = ""
    allow_hosts: tuple[str, ...] = ()
    transport: TransportSettings = field(default_factory=TransportSettings)

    @classmethod
    def from_json(cls, document: JsonObject) -> Connection:
        """Read a connection file's content, already validated."""
        return cls(
            properties=dict(document.get("properties", {})),
            name=document.get("name", ""),
            endpoint=document.get("endpoint", ""),
            allow_hosts=tuple(document.get("allowHosts", ())),
            transport=TransportSettings.from_json(document.get("transport", {})),
        )


def _is_within(value: Json, low: float, high: float) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and low <= value <= high


def variable_name(setting: str) -> str:
    """Return the environment variable of a setting: `ARGOSY_API_KEY` for `apiKey`."""
    return "ARGOSY_" + re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", setting).upper()


def camel_case(name: str) -> str:
    """Turn a snake_case or kebab-case name into camelCase, as JSON members are written."""
    first, *rest = name.replace("-", "_").split("_")
    return first + "".join(part.capitalize() for part in rest)
