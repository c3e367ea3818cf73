"""`argosy connections`: what flows and tables work with, in the store or on a server."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.completion import complete_stored_connection, complete_type
from argosy.cli.given import Draft, Given, given_options, take_given
from argosy.cli.listing import (
    moment,
    print_checks,
    print_fields,
    print_grid,
    print_outcome,
    print_pairs,
    print_text,
    print_warnings,
    shown_value,
)
from argosy.cli.output import console, print_error, print_json, visible
from argosy.cli.service import (
    ServiceGroup,
    local_type,
    local_types,
    open_service,
    place_options,
    server_of,
    service_options,
    take_choices,
)
from argosy.errors import ServiceNotFoundError, WrongDataError
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.cli.service import Choices, Service
    from argosy.model import JsonObject

_json = click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
_name = click.argument("name", shell_complete=complete_stored_connection)
_type = click.option(
    "--type",
    metavar="TYPE",
    shell_complete=complete_type,
    help="The type of a new connection whose name is not that of a type.",
)


@click.group(cls=ServiceGroup)
def connections() -> None:
    """Keep what other systems are reached with.

    Connections are kept in the store on this machine, encrypted, or on a server. `argosy call`,
    `argosy run` and the nodes of flows use those in the store by their names.
    """


@connections.command("list")
@service_options
@_json
@click.pass_obj
def list_(connector: str | None, /, *, as_json: bool, **options: Any) -> int:
    """List all connections, and how the last test of each ended."""
    choices = take_choices(options)
    with open_service(connector, choices, os.environ) as service:
        found = service.connections()
    if as_json:
        print_json(found)
        return 0
    if not found["connections"]:
        click.echo("There are no connections yet; argosy connections set NAME makes one.", err=True)
    else:
        out = console()
        listed = found["connections"]
        rows = [(one["name"], one["type"], *_tested(one)) for one in listed]
        print_grid(out, ("name", "type", "last test", "tested (UTC)"), rows)
    for one in found["connections"]:
        told = [f"{one['name']}: {text}" for text in one["warnings"]]
        print_warnings({"warnings": told})
    print_warnings(found)
    return 0


@connections.command()
@_name
@service_options
@_json
@click.pass_obj
def show(connector: str | None, /, *, name: str, as_json: bool, **options: Any) -> int:
    """Show the connection NAME, its secrets masked.

    A fingerprint tells two secrets apart, and nothing else.
    """
    with (
        open_service(connector, take_choices(options), os.environ) as service,
        _known(service, name, as_json=as_json),
    ):
        found = service.connection(name)
    if as_json:
        print_json(found)
    else:
        _print_one(found)
        print_warnings(found)
    return 0


@connections.command("set")
@_name
@_type
@given_options
@click.option("--test", "is_tested", is_flag=True, help="Test first; store only what passes.")
@place_options
@service_options
@_json
@click.pass_obj
def set_(connector: str | None, /, *, name: str, is_tested: bool, **options: Any) -> int:
    """Make the connection NAME, or change fields of it; the others stay.

    A name of a type (S3) is that type's usual connection; any other name needs --type once. On a
    terminal, what is required and not given is asked for. A secret is never an argument.
    """
    choices, given = take_choices(options), take_given(options)
    with open_service(connector, choices, os.environ) as service:
        described, stored = _what_there_is(service, name, given)
        document = _document(described, stored, given)
        try:
            if is_tested and _test(service, name, document, given, quiet=given.as_json):
                click.echo(f"{name} is not stored: the test failed.", err=True)
                return 1
            found = service.put_connection(name, document)
            if is_tested:  # the result of just now is kept with it
                found = {**found, **_tested_now(service, name)}
        except WrongDataError as error:
            if given.as_json or "checks" in error.facts:
                raise
            print_error(error, as_json=False)
            click.echo(f"argosy connections types {described['type']} tells the fields.", err=True)
            return 1
    if given.as_json:
        print_json(found)
        return 0
    word = "Changed" if stored else "Stored"
    click.echo(f"{word} {visible(name)}, of the type {described['type']}.")
    print_warnings(found)
    return 0


@connections.command()
@_name
@_type
@given_options
@place_options
@service_options
@_json
@click.pass_obj
def test(connector: str | None, /, *, name: str, **options: Any) -> int:
    """Test the connection NAME, step by step.

    Takes five seconds at most. With fields, as `set` takes them, tests what `set` would store and
    stores nothing. Ends with 1 where the test fails.
    """
    choices, given = take_choices(options), take_given(options)
    with open_service(connector, choices, os.environ) as service:
        document: JsonObject = {}
        if not given.is_empty:
            described, stored = _what_there_is(service, name, given)
            document = _document(described, stored, given)
        with _known(service, name, as_json=given.as_json):
            return _test(service, name, document, given)


@connections.command()
@_name
@click.option("--yes", is_flag=True, help="Do not ask.")
@service_options
@_json
@click.pass_obj
def delete(connector: str | None, /, *, name: str, yes: bool, as_json: bool, **options: Any) -> int:
    """Delete the connection NAME and its secrets.

    Its tables stay, with the status wrong_credentials until it is made again.
    """
    choices = take_choices(options)
    with (
        open_service(connector, choices, os.environ) as service,
        _known(service, name, as_json=as_json),
    ):
        if not yes:
            service.connection(name)
            confirm(f"Delete the connection {name} and its secrets?")
        found = service.remove_connection(name)
    if as_json:
        print_json(found)
    else:
        click.echo(f"Deleted {visible(name)}.")
        print_warnings(found)
    return 0


@connections.command()
@click.argument("type_", metavar="[TYPE]", required=False, shell_complete=complete_type)
@service_options
@_json
@click.pass_obj
def types(connector: str | None, /, *, type_: str | None, as_json: bool, **options: Any) -> int:
    """List the types of connections, or show one: its fields and its test."""
    found = _types(connector, take_choices(options), type_)
    if as_json:
        print_json(found)
    elif type_ is None:
        out = console()
        rows = [
            (one["type"], one["title"], ", ".join(one["direction"]))
            for one in found["connection_types"]
        ]
        print_grid(out, ("type", "what it is", "direction"), rows)
    else:
        _print_type(found)
    return 0


def confirm(question: str) -> None:
    """Ask before something is lost. Raises Abort, and UsageError where there is nobody to ask."""
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to be asked; add --yes.")
    click.confirm(question, abort=True, err=True)


def _types(connector: str | None, choices: Choices, type_: str | None) -> JsonObject:
    """Return what is known of types, without a store where it is of this machine."""
    if server_of(choices, os.environ) is None:
        return local_types() if type_ is None else local_type(type_)
    with open_service(connector, choices, os.environ) as service:
        return service.types() if type_ is None else service.type(type_)


def _what_there_is(
    service: Service, name: str, given: Given
) -> tuple[JsonObject, JsonObject | None]:
    """Return the type of a connection that is to be made or changed, and what is stored of it.

    Raises UsageError where the type is not known.
    """
    stored = stored_connection(service, name)
    known = [one["type"] for one in service.types()["connection_types"]]
    type_ = given.type or (stored["type"] if stored else name if name in known else None)
    if type_ is None:
        text = "a connection of another name is made with --type TYPE"
        raise click.UsageError(
            f"{name!r} is neither stored nor the name of a type; {text}. "
            "argosy connections types lists them."
        )
    return service.type(type_), stored


def stored_connection(service: Service, name: str) -> JsonObject | None:
    """Return a connection, None where there is none. Raises WrongDataError for a bad name."""
    try:
        return service.connection(name)
    except ServiceNotFoundError:
        return None
    except WrongDataError as error:
        if "available" not in error.facts:
            raise
        return None


@contextmanager
def _known(service: Service, name: str, *, as_json: bool) -> Iterator[None]:
    """Tell people that a connection is not stored in their words: which are, and how to store it.

    Programs get what the API answers.
    """
    try:
        yield
    except (ServiceNotFoundError, WrongDataError) as error:
        is_type = error.facts.get("type") == "connection"
        is_unknown = error.facts.get("field") == "connection" and "available" in error.facts
        if as_json or not (is_type or is_unknown):
            raise
        names = [str(one["name"]) for one in service.connections()["connections"]]
        stored = f"there is {list_words(names, name)}" if names else "none is stored yet"
        text = f"There is no connection {name!r}"
        if is_type:
            text = f"{name} is not stored yet, argosy connections set {name} stores it"
        raise click.ClickException(visible(f"{text}; {stored}.")) from error


def _document(described: JsonObject, stored: JsonObject | None, given: Given) -> JsonObject:
    draft = Draft(described, stored, replaces=given.replace)
    if given.secrets_file is not None:
        draft.take_file(given.secrets_file)
    draft.take(given, os.environ)
    draft.complete()
    return draft.document()


def _test(
    service: Service, name: str, document: JsonObject, given: Given, *, quiet: bool = False
) -> int:
    """Test, print the steps, and return the exit status."""
    try:
        found = service.test_connection(name, document)
    except WrongDataError as error:
        if given.as_json or "checks" not in error.facts:
            raise
        out = console()
        print_checks(out, error.facts["checks"])
        print_outcome(out, error.facts, ok=False)
        return 1
    if quiet:
        return 0
    if given.as_json:
        print_json(found)
    else:
        out = console()
        print_checks(out, found["checks"])
        print_outcome(out, found, ok=True)
    return 0


def _tested_now(service: Service, name: str) -> JsonObject:
    """Let the service keep what the test found, and return the connection."""
    found = service.test_connection(name, {})
    return {"warnings": found.get("warnings", []), **service.connection(name)}


def _tested(one: JsonObject) -> tuple[str, str]:
    """Return how the last test ended and when it was."""
    result = one["last_result"]
    if not isinstance(result, dict):
        return "never", ""
    word = "passed" if result.get("ok") else f"failed: {result.get('reason') or 'unknown'}"
    if result.get("ok") and not result.get("verified"):
        word = "unverified"
    return word.replace("_", " "), moment(one["last_tested_timestamp"])


def _print_one(found: JsonObject) -> None:
    from rich.text import Text

    out = console()
    out.print(Text.assemble((visible(found["name"]), "bold"), f"  of the type {found['type']}"))
    word, at = _tested(found)
    times = [
        ("made", f"{moment(found['created_timestamp'])} UTC"),
        ("changed", f"{moment(found['modified_timestamp'])} UTC"),
        ("tested", f"{at} UTC, {word}" if at else "never"),
    ]
    print_pairs(out, "", times)
    marks = found.get("fingerprints") or {}
    held = [
        (name, f"{value}  (fingerprint {marks[name]})" if name in marks else shown_value(value))
        for name, value in found["credentials"].items()
    ]
    print_pairs(out, "Credentials", held)
    for title, part in (("Metadata", "metadata"), ("Calls", "settings")):
        members = found.get(part) or {}
        print_pairs(out, title, ((name, shown_value(one)) for name, one in members.items()))
    result = found["last_result"]
    if isinstance(result, dict):
        out.print(Text("\nLast test", style="bold"))
        print_checks(out, result.get("checks", ()))
        print_outcome(out, result, ok=bool(result.get("ok")))


def _print_type(found: JsonObject) -> None:
    from rich.text import Text

    out = console()
    out.print(Text.assemble((found["title"], "bold"), f"  ({found['type']})"))
    print_text(out, found["description"])
    print_fields(out, found)
    out.print(Text("\nTables", style="bold"))
    print_text(out, found["tables"]["description"], 2)
    out.print(Text("\nThe test", style="bold"))
    print_text(out, found["test"]["description"], 2)
    print_pairs(
        out, "", ((f"  {one['name']}", one["description"]) for one in found["test"]["steps"])
    )
