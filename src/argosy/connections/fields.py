"""The fields of a connection: what is wrong with them, which are secrets, how they are described.

No text made here holds a value: a secret may stand in the wrong field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from argosy.model import Problem, parse_json
from argosy.model.secret import MASK
from argosy.validation import Validator
from argosy.validation.sentences import either, kind, list_words, show

if TYPE_CHECKING:
    from argosy.connections.types import ConnectionType
    from argosy.model import Json, JsonObject

#: Parts of names, in lower case with underscores, that mark a field nobody declared as a secret.
SECRET_WORDS = (
    "access_key", "access_token", "accesskey", "accesstoken", "api_key", "apikey", "auth_token",
    "authorization", "bearer", "client_secret", "connection_string", "credential", "dsn",
    "keyfile_dict", "passphrase", "passwd", "password", "private_key", "privatekey", "secret",
    "service_account", "service_key", "session_key", "signature", "token", "webhook_url",
    "write_key",
)  # fmt: skip

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
_SHORTEST_LINE = 16


def validate_credentials(type_: ConnectionType, credentials: Json) -> list[Problem]:
    """Return what is wrong with credentials; warnings for what is merely unusual.

    Pointers lead into the credentials. Empty values count as absent.
    """
    return _validate(type_.credentials, credentials, "credentials")


def validate_metadata(type_: ConnectionType, metadata: Json) -> list[Problem]:
    """Return what is wrong with metadata; a field that looks like a secret is a warning."""
    problems = _validate(type_.metadata, metadata, "metadata")
    if not isinstance(metadata, Mapping):
        return problems
    for name, value in metadata.items():
        if _is_named_like_secret(name, value):
            text = f"{shown(name)} looks like a secret, and metadata are shown to everybody"
            hint = "Secrets stand under credentials."
            problems.append(Problem("secret-metadata", text, f"/{name}", hint, severity="warning"))
    return problems


def secret_fields(type_: ConnectionType, credentials: Mapping[str, Json]) -> frozenset[str]:
    """Return the names of the fields that are secrets, whether or not they are there.

    Those that the type declares, and of the others those whose names, or the names within
    them, sound like secrets.
    """
    declared: Mapping[str, JsonObject] = type_.credentials["properties"]
    secret = {name for name, schema in declared.items() if schema.get("secret")}
    named = {
        name
        for name, value in credentials.items()
        if name not in declared and _is_named_like_secret(name, value)
    }
    return frozenset(secret | named)


def secret_values(type_: ConnectionType, credentials: Mapping[str, Json]) -> frozenset[str]:
    """Return the texts that must not be shown: the secrets, and the lines of those with several."""
    names = secret_fields(type_, credentials)
    found = {text for name in names for text in _texts(credentials.get(name))}
    lines = {line.strip() for text in found for line in re.split(r"\r\n?|\n|\\n", text)}
    return frozenset(found | {line for line in lines if len(line) >= _SHORTEST_LINE})


def with_defaults(schema: Mapping[str, Json], values: Mapping[str, Json]) -> JsonObject:
    """Return values without what is empty, and with the schema's defaults."""
    declared: Mapping[str, JsonObject] = schema["properties"]
    defaults = {name: one["default"] for name, one in declared.items() if "default" in one}
    return defaults | {name: value for name, value in values.items() if value not in ("", None)}


def describe(type_: ConnectionType) -> JsonObject:
    """Describe a type for people and forms: fields, secrets, tables, and what the test does."""
    steps: list[JsonObject] = [
        {"name": step["name"], "description": step["description"]} for step in type_.probe["steps"]
    ]
    return {
        "type": type_.id,
        "title": type_.title,
        "description": type_.description,
        "direction": list(type_.direction),
        "credentials": type_.credentials,
        "metadata": type_.metadata,
        "secret_fields": sorted(secret_fields(type_, {})),
        "tables": type_.tables,
        "test": {"description": type_.probe["description"], "steps": steps},
    }


def shown(name: str) -> str:
    """Write a field's name, which somebody else may have chosen, for a message."""
    return repr(name if len(name) <= 60 else f"{name[:59]}…")


def _validate(schema: JsonObject, values: Json, what: str) -> list[Problem]:
    if not isinstance(values, Mapping):
        return [Problem("schema-type", f"the {what} are not an object")]
    present = {name: value for name, value in values.items() if value not in ("", None)}
    declared: Mapping[str, JsonObject] = schema["properties"]
    problems = list(_schema_problems(schema, present))
    for name, value in present.items():
        field = declared.get(name)
        if field is None:
            there = f"there is {list_words(declared, name)}" if declared else "there are none"
            text = f"{shown(name)} is not a field here; {there}"
            problems.append(Problem("unknown-field", text, f"/{name}", severity="warning"))
            if what == "credentials" and MASK in _texts(value):
                problems.append(_mask_itself(name))
        elif isinstance(value, str):
            problems += _text_problems(name, field, value)
    return problems


def _schema_problems(schema: JsonObject, values: JsonObject) -> Iterator[Problem]:
    """Yield the findings of the schema, in words that hold no value."""
    declared: Mapping[str, JsonObject] = schema["properties"]
    missing: dict[str, None] = {}
    for found in _validator(json.dumps(schema)).findings(values):
        keyword = str(found.validator)
        wanted: Json = found.validator_value
        if found.absolute_path:
            name = str(found.absolute_path[0])
            field = declared.get(name, {})
            text = _sentence(name, field if len(found.absolute_path) == 1 else {}, keyword)
            yield Problem(f"schema-{keyword}", text, f"/{name}", field.get("x-hint", ""))
        elif keyword == "required":
            missing |= dict.fromkeys(name for name in wanted if name not in values)
        elif keyword == "dependentRequired":
            pairs = [(name, other) for name in wanted if name in values for other in wanted[name]]
            missing |= dict.fromkeys(other for _, other in pairs if other not in values)
        elif keyword == "anyOf":
            yield from _no_alternative([one["required"] for one in wanted], values, declared)
    for name in missing:
        hint = declared[name].get("description", "")
        yield Problem("schema-required", f"{shown(name)} is missing", f"/{name}", hint)


def _no_alternative(
    groups: list[list[str]], values: JsonObject, declared: Mapping[str, JsonObject]
) -> Iterator[Problem]:
    """Yield what is missing where one of several groups of fields is needed."""
    if any(name in values for group in groups for name in group):
        return  # the rest of the group that was begun is reported as missing
    words = either([" and ".join(map(shown, group)) for group in groups])
    first = groups[0][0]
    hint = declared[first].get("description", "")
    yield Problem("schema-required", f"either {words} is needed", f"/{first}", hint)


@lru_cache(maxsize=64)
def _validator(schema: str) -> Validator:
    return Validator(parse_json(schema))


def _sentence(name: str, field: JsonObject, keyword: str) -> str:
    what = shown(name)
    if keyword == "type":
        return f"{what} is not {kind(field['type'])}"
    if keyword in {"enum", "const"}:
        allowed = field.get("enum", [field.get("const")])
        return f"{what} is not {either([show(word) for word in allowed])}"
    return f"{what} does not have the right form"


def _mask_itself(name: str) -> Problem:
    text = f"{shown(name)} is the mask {MASK}, not the secret itself"
    return Problem("masked-secret", text, f"/{name}", "Enter the secret again.")


def _text_problems(name: str, field: JsonObject, value: str) -> Iterator[Problem]:
    pointer = f"/{name}"
    if field.get("secret") and value == MASK:
        yield _mask_itself(name)
        return
    forbidden = _CONTROL_BUT_LINES if field.get("multiline") else _CONTROL
    if forbidden.search(value):
        text = f"{shown(name)} holds a line end or another character that cannot be seen"
        hint = "Copy it again without what stands around it."
        yield Problem("invisible-character", text, pointer, hint)
    elif value != value.strip() and not field.get("multiline"):
        text = f"{shown(name)} begins or ends with a space"
        yield Problem("surrounding-space", text, pointer, "Take the space away.")
    elif "x-usual" in field and not _usual(field["x-usual"]).fullmatch(value):
        text = f"{shown(name)} does not look as such a value usually does"
        yield Problem("unusual-value", text, pointer, field.get("x-hint", ""), severity="warning")


@lru_cache
def _usual(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _is_named_like_secret(name: str, value: Json = None) -> bool:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    if any(word in plain for word in SECRET_WORDS):
        return True
    if isinstance(value, Mapping):
        return any(_is_named_like_secret(str(key), inner) for key, inner in value.items())
    return isinstance(value, list) and any(_is_named_like_secret("", item) for item in value)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)
