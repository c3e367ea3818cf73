"""What a command line gives of a connection: fields, secrets, and what it asks people for.

A secret comes from a prompt, a file or the environment. An argument is seen by everybody on the
machine and stays in the shell's history, so a secret in one is refused.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any, TypeVar

import click

from argosy.cli.inputs import read_value
from argosy.cli.listing import print_fields
from argosy.cli.output import console
from argosy.cli.secret_files import read_secret
from argosy.cli.seen import learn_secrets
from argosy.model import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from argosy.model import Json, JsonObject

    _Command = TypeVar("_Command", bound=Callable[..., Any])

#: The parts of a document beside the credentials, as the first step of a field's name.
_PARTS = ("credentials", "metadata", "settings")
_SETTINGS: JsonObject = {
    "endpoint": {"type": "string"},
    "allowHosts": {"type": "array"},
    "transport": {"type": "object"},
}


@dataclass(frozen=True, slots=True)
class Given:
    """What the options say; `as_json` is for programs, which are asked nothing."""

    type: str | None
    assignments: tuple[str, ...]
    unset: tuple[str, ...]
    asked: tuple[str, ...]
    secret_files: tuple[str, ...]
    secret_envs: tuple[str, ...]
    secrets_file: str | None
    replace: bool
    as_json: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the connection is given, but perhaps its type."""
        lists = (self.assignments, self.unset, self.asked, self.secret_files, self.secret_envs)
        return not any(lists) and self.secrets_file is None


_OPTIONS = (
    click.option(
        "--set",
        "assignments",
        metavar="FIELD=VALUE",
        multiple=True,
        help="Set a field that is no secret; metadata.NAME and settings.NAME are fields too.",
    ),
    click.option("--unset", metavar="FIELD", multiple=True, help="Take a field away."),
    click.option(
        "--ask",
        "asked",
        metavar="FIELD",
        multiple=True,
        help="Ask for this field; what is typed for a secret is not shown.",
    ),
    click.option(
        "--secret-file",
        "secret_files",
        metavar="FIELD=FILE",
        multiple=True,
        help="Read a secret from a file, - is stdin.",
    ),
    click.option(
        "--secret-env",
        "secret_envs",
        metavar="FIELD=VARIABLE",
        multiple=True,
        help="Read a secret from a variable of the environment.",
    ),
    click.option(
        "--secrets-file",
        metavar="FILE|-",
        help="Read fields from a JSON file: an object of them, or the body that the API takes.",
    ),
    click.option("--replace", is_flag=True, help="Forget what is stored, secrets too."),
)


def given_options(command: _Command) -> _Command:
    """Add the options that give the fields of a connection."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def take_given(options: dict[str, Any]) -> Given:
    """Take the members of `Given` out of a command's options."""
    return Given(**{name: options.pop(name) for name in Given.__dataclass_fields__})


class Draft:
    """A document of a connection that grows: from what is stored, then from what is given."""

    def __init__(
        self, described: JsonObject, stored: JsonObject | None, *, replaces: bool = False
    ) -> None:
        self._described = described
        self._fields: JsonObject = described["credentials"].get("properties", {})
        self._secrets = set(described["secret_fields"])
        before = stored or {}
        held = {name for name, is_set in (before.get("credentials_set") or {}).items() if is_set}
        base = {} if replaces else before
        self._parts: dict[str, JsonObject] = {part: dict(base.get(part) or {}) for part in _PARTS}
        for name in held:  # what is left out stays as it is, and null clears it
            self._parts["credentials"].pop(name, None)
        self._kept = set() if replaces else held
        self._forgotten = held if replaces else set()
        self._had_settings = bool(before.get("settings"))

    def take_file(self, file: str) -> None:
        """Take the fields of a JSON file. Raises UsageError."""
        body = _read_body(file)
        for part in _PARTS:
            members = body.get(part)
            if members is not None and not isinstance(members, dict):
                raise click.UsageError(f"--secrets-file {file}: {part} is not an object.")
            self._parts[part] |= members or {}
        self._learn()

    def take(self, given: Given, environ: Mapping[str, str]) -> None:
        """Take what the options give, secrets last. Raises UsageError."""
        for part, name, text in _pairs(given.assignments, "--set", "VALUE"):
            self._refuse_secret(part, name)
            self._parts[part][name] = read_value(name, text, self._schema(part, name))
        for part, name, file in _pairs(given.secret_files, "--secret-file", "FILE"):
            self._put_secret(part, name, read_secret(file, "--secret-file"), file)
        for part, name, variable in _pairs(given.secret_envs, "--secret-env", "VARIABLE"):
            value = environ.get(variable, "")
            if not value:
                raise click.UsageError(f"--secret-env {name}: {variable} is not set, or empty.")
            self._put_secret(part, name, value, variable)
        for field in given.asked:
            part, name = _place(field)
            self._ask(part, name)
        for field in given.unset:
            part, name = _place(field)
            self._unset(part, name)

    def complete(self) -> None:
        """Fill in what has one value, and ask for what is missing. Raises UsageError."""
        credentials = self._parts["credentials"]
        for name, field in self._fields.items():
            if "const" in field and name in self._described["credentials"].get("required", ()):
                credentials.setdefault(name, field["const"])
        missing = self._missing()
        if not missing:
            return
        if not _is_asked(self._fields.get(name, {}) for name in missing):
            print_fields(console(stderr=True), self._described)
            raise click.UsageError(f"{self._type} still needs {' and '.join(missing)}. {_WAYS}")
        for name in missing:
            self._ask("credentials", name)

    def document(self) -> JsonObject:
        """Return the document as the API takes it."""
        document: JsonObject = {
            "credentials": {**dict.fromkeys(self._forgotten), **self._parts["credentials"]},
            "metadata": self._parts["metadata"],
            "type": self._type,
        }
        if self._parts["settings"] or self._had_settings:
            document["settings"] = self._parts["settings"]
        return document

    @property
    def _type(self) -> str:
        return str(self._described["type"])

    def _missing(self) -> list[str]:
        schema = self._described["credentials"]
        held = {n for n, v in self._parts["credentials"].items() if v not in ("", None)}
        held |= {name for name in self._kept if name not in self._parts["credentials"]}
        wanted = list(schema.get("required", ()))
        for name, others in schema.get("dependentRequired", {}).items():
            wanted += others if name in held else []
        groups = [group["required"] for group in schema.get("anyOf", ())]
        if groups and not any(held.intersection(group) for group in groups):
            wanted += _chosen(groups)
        return [name for name in dict.fromkeys(wanted) if name not in held]

    def _schema(self, part: str, name: str) -> JsonObject:
        if part == "settings":
            known: JsonObject = _SETTINGS
        else:
            known = self._described[part].get("properties", {})
        found: JsonObject = known.get(name, {"type": "string"})
        return found

    def _refuse_secret(self, part: str, name: str) -> None:
        is_known = name in self._described.get(part, {}).get("properties", {})
        is_secret = name in self._secrets if is_known else part != "settings" and _sounds(name)
        if is_secret:
            raise click.UsageError(
                f"{name} is a secret, and everybody on this machine can read an argument. "
                f"Give it by --ask {name}, --secret-env {name}=VARIABLE, "
                f"--secret-file {name}=FILE or --secrets-file FILE."
            )

    def _put_secret(self, part: str, name: str, value: str, place: str) -> None:
        if not value:
            raise click.UsageError(f"{name}: {place} is empty.")
        learn_secrets(value)
        schema = self._schema(part, name)
        self._parts[part][name] = read_value(name, value, schema)

    def _ask(self, part: str, name: str) -> None:
        field = self._schema(part, name)
        is_secret = name in self._secrets or _sounds(name)
        if not sys.stdin.isatty():
            raise click.UsageError(f"{name} cannot be asked for: stdin is no terminal. {_WAYS}")
        if field.get("description"):
            click.echo(field["description"], err=True)
        typed: str = click.prompt(name, hide_input=is_secret, err=True)
        if is_secret:
            learn_secrets(typed.strip())
        self._parts[part][name] = read_value(name, typed.strip(), field)

    def _unset(self, part: str, name: str) -> None:
        if part == "credentials" and name in self._kept:
            self._parts[part][name] = None
        else:
            self._parts[part].pop(name, None)

    def _learn(self) -> None:
        for name in self._secrets:
            value = self._parts["credentials"].get(name)
            if isinstance(value, str):
                learn_secrets(value)


_WAYS = (
    "Set a field by --set FIELD=VALUE, and a secret by --ask FIELD, --secret-env FIELD=VARIABLE, "
    "--secret-file FIELD=FILE or --secrets-file FILE."
)


def _is_asked(missing: Iterable[JsonObject]) -> bool:
    """Tell whether there is somebody to ask; what has several lines is not typed."""
    return sys.stdin.isatty() and not any(field.get("multiline") for field in missing)


def _chosen(groups: list[list[str]]) -> list[str]:
    """Return the group of fields that somebody chooses, or all in words."""
    if not sys.stdin.isatty():
        return [", or ".join(" and ".join(group) for group in groups)]
    for number, group in enumerate(groups, start=1):
        click.echo(f"{number}: {' and '.join(group)}", err=True)
    number = click.prompt("Which", type=click.IntRange(1, len(groups)), default=1, err=True)
    return groups[number - 1]


def _pairs(texts: Iterable[str], option: str, what: str) -> Iterator[tuple[str, str, str]]:
    """Yield part, name and value of each `FIELD=VALUE`. Raises UsageError."""
    seen = set()
    for text in texts:
        field, equals, value = text.partition("=")
        if not equals:  # what was written may be a secret
            raise click.UsageError(f"One {option} has no '='; write {option} FIELD={what}.")
        if not value:
            raise click.UsageError(f"{option} {field} is empty; --unset takes a field away.")
        if field in seen:
            raise click.UsageError(f"{option} {field} is given twice; one would be lost.")
        seen.add(field)
        yield *_place(field), value


def _place(field: str) -> tuple[str, str]:
    part, dot, name = field.partition(".")
    if dot and part in _PARTS:
        return part, name
    return "credentials", field


def _sounds(name: str) -> bool:
    from argosy.connections.fields import SECRET_WORDS

    plain = re.sub(r"[^a-z0-9]+", "_", name.lower())
    return any(word in plain for word in SECRET_WORDS)


def _read_body(file: str) -> dict[str, Json]:
    """Return a file as the API's body, also where it holds the credentials alone."""
    text = read_secret(file, "--secrets-file")
    try:
        found = parse_json(text)
    except ValueError as error:
        raise click.UsageError(f"--secrets-file {file} is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"--secrets-file {file} is not a JSON object.")
    return found if isinstance(found.get("credentials"), dict) else {"credentials": found}
