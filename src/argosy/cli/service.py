"""The service that a command works with: the store on this machine, or a server.

Both answer alike, in the shapes of the API, and raise the same errors. On this machine whoever has
the files is the operator and needs no account; a server is told who asks by a key that comes from
a file or the environment, never from an argument.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import reduce
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from argosy.cli.data import api_settings
from argosy.cli.output import print_json
from argosy.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from argosy.accounts import Principal
    from argosy.connections.upload_parts import Arrived, Part
    from argosy.model import Json, JsonObject
    from argosy.server.api.services import Services

    _Command = TypeVar("_Command", bound=Callable[..., Any])


class Service(Protocol):
    """What connections and tables are kept by. All but the names are JSON as the API has it.

    Each method raises a ServiceError where it is refused; one of a server also TransportError.
    """

    def type(self, type_: str) -> JsonObject:
        """Describe a type of connections."""
        ...

    def types(self) -> JsonObject:
        """Describe all types of connections."""
        ...

    def connections(self) -> JsonObject:
        """List all connections."""
        ...

    def connection(self, name: str) -> JsonObject:
        """Return one connection, its secrets masked."""
        ...

    def put_connection(self, name: str, document: JsonObject) -> JsonObject:
        """Make a connection or replace it."""
        ...

    def remove_connection(self, name: str) -> JsonObject:
        """Delete a connection."""
        ...

    def test_connection(self, name: str, document: JsonObject) -> JsonObject:
        """Test a connection; with a document, what that would make of it."""
        ...

    def tables(self, **query: Any) -> JsonObject:
        """Return a page of the tables: of a `connection`, of a `resource`; `page` and `amt`."""
        ...

    def table(self, connection: str, name: str) -> JsonObject:
        """Return one table."""
        ...

    def patch_table(self, connection: str, name: str, document: JsonObject) -> JsonObject:
        """Make a table, or replace the members of it that are given."""
        ...

    def remove_table(self, connection: str, name: str) -> JsonObject:
        """Delete a table."""
        ...

    def preview_table(self, connection: str, name: str, document: JsonObject) -> JsonObject:
        """Return what a change would make of a table, with its first rows; store nothing."""
        ...

    def test_table(self, connection: str, name: str) -> JsonObject:
        """Open a table as it is stored."""
        ...

    def begin_upload(self, name: str) -> Callable[[Part, bytes], Arrived]:
        """Return what takes the parts of the file of a table of LOCAL."""
        ...


class ServiceGroup(click.Group):
    """Commands that print what the API answers with --json, whether it is success or a failure."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; print the envelope of an error that the service has, as its API does."""
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except ServiceError as error:
            if not as_json:
                raise
            print_json(error.envelope())
            return error.exit_status


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says about where the service is, and who asks."""

    data: str | None = None
    organization: str | None = None
    server: str | None = None
    server_account: str | None = None
    server_key_file: str | None = None
    database: str | None = None
    allow_endpoint: tuple[str, ...] = ()
    allow_network: tuple[str, ...] = ()


def check_origins(
    _context: click.Context, _parameter: click.Parameter, origins: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the values of --allow-endpoint where each is an origin. Raises BadParameter."""
    from urllib.parse import urlsplit

    for origin in origins:
        if "@" in origin:
            raise click.BadParameter("an origin holds no user and no password.")
        try:
            parts = urlsplit(origin)
            is_origin = parts.scheme in {"http", "https"} and bool(parts.hostname)
            _ = parts.port
        except ValueError:
            is_origin = False
        if (
            not is_origin
            or origin.rstrip("/").lower() != f"{parts.scheme}://{parts.netloc}".lower()
        ):
            text = "is not an origin, as https://minio.example.com:9000 is"
            raise click.BadParameter(f"{origin!r} {text}.")
    return origins


_OPTIONS = (
    click.option(
        "--data",
        metavar="DIR",
        help="The folder of the store on this machine.  [default: ~/.local/share/argosy]",
    ),
    click.option("--organization", metavar="NAME", help="Where the store has several: which one."),
    click.option(
        "--server",
        metavar="URL",
        help="Work with this server and not with the store.  [default: ARGOSY_SERVER]",
    ),
    click.option(
        "--server-account",
        metavar="NAME",
        help="The service account of the server's key.  [default: ARGOSY_SERVER_ACCOUNT]",
    ),
    click.option(
        "--server-key-file",
        metavar="FILE",
        help="Read the server's key from this file, - is stdin.  [default: ARGOSY_SERVER_KEY]",
    ),
)
_PLACES = (
    click.option(
        "--allow-endpoint",
        multiple=True,
        callback=check_origins,
        metavar="ORIGIN",
        help="A store like S3 that may be opened from here, as http://127.0.0.1:9000.",
    ),
    click.option(
        "--allow-network",
        multiple=True,
        metavar="NETWORK",
        help="A private network that may be reached from here, as 10.1.0.0/16.",
    ),
)
_DATABASE = click.option(
    "--database", metavar="NAME", help="The database of the tables.  [default: the only one]"
)


def service_options(command: _Command) -> _Command:
    """Add the options that say where connections are kept."""
    return reduce(lambda made, option: option(made), reversed(_OPTIONS), command)


def database_options(command: _Command) -> _Command:
    """Add the options that say where tables are kept."""
    return service_options(_DATABASE(command))


def place_options(command: _Command) -> _Command:
    """Add the options that say where a test from this machine may go."""
    return reduce(lambda made, option: option(made), reversed(_PLACES), command)


def take_choices(given: dict[str, Any]) -> Choices:
    """Take the members of `Choices` out of a command's options. Raises UsageError."""
    names = [name for name in Choices.__dataclass_fields__ if name in given]
    chosen = {name: given.pop(name) for name in names}
    for name, value in chosen.items():
        if any(not one.strip() for one in ([value] if isinstance(value, str) else value or ())):
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} is empty; leave it out or give it a value.")
    if chosen.get("data") and chosen.get("server"):
        raise click.UsageError("--data is this machine's store and --server another; give one.")
    return Choices(**chosen)


def server_of(choices: Choices, environ: Mapping[str, str]) -> str | None:
    """Return the server's address; None is the store on this machine."""
    return choices.server or (None if choices.data else environ.get("ARGOSY_SERVER") or None)


@contextmanager
def open_service(
    connector: str | None,
    choices: Choices,
    environ: Mapping[str, str],
    *,
    needs_database: bool = False,
) -> Iterator[Service]:
    """Open what the command line chose; the store is made at its first use.

    Raises StoreError, MissingExtraError, ServiceError, TransportError.
    """
    url = server_of(choices, environ)
    if url:
        if choices.allow_endpoint or choices.allow_network:
            text = "--allow-endpoint and --allow-network are of this machine; a server has its own"
            raise click.UsageError(f"{text}.")
        from argosy.cli.remote import open_server

        with open_server(url, choices, environ, needs_database=needs_database) as server:
            yield server
        return
    with open_store_here(connector, choices, environ) as services:
        who = operator_of(services, choices, needs_database=needs_database)
        yield LocalService(services, who)


@contextmanager
def open_store_here(
    connector: str | None, choices: Choices, environ: Mapping[str, str]
) -> Iterator[Services]:
    """Open the store on this machine. Raises StoreError, MissingExtraError, UsageError."""
    from argosy import load
    from argosy.connections.settings import ANYWHERE

    # whoever has the files decides where calls go
    settings = api_settings(
        load(connector),
        choices.data,
        environ,
        allowed_endpoints=(ANYWHERE, *choices.allow_endpoint),
        allowed_networks=choices.allow_network,
    )
    from argosy.server.api.services import open_services  # after the word on a missing extra

    with open_services(settings) as services:
        yield services


def operator_of(services: Services, choices: Choices, *, needs_database: bool) -> Principal:
    """Return whoever has the store's files, in the organization and database that are chosen.

    Connections belong to the organization, so they need no choice of a database. Raises
    ServiceNotFoundError, and WrongDataError where a name must say which.
    """
    from argosy.accounts import OPERATOR
    from argosy.errors import WrongDataError

    founding = services.accounts.founding
    try:
        return founding.operator(choices.organization, choices.database)
    except WrongDataError as error:
        field = error.facts.get("field")
        if needs_database or field != "database":
            detail = f"{error.facts['detail']} --{field} NAME does."
            raise WrongDataError(**{**error.facts, "detail": detail}) from None
    return replace(OPERATOR, organization=services.organization_id(choices.organization))


def local_types() -> JsonObject:
    """Describe the types that this installation knows."""
    from argosy.connections.fields import describe
    from argosy.connections.types import load_types

    return {"connection_types": [describe(one) for one in load_types().values()]}


def local_type(type_: str) -> JsonObject:
    """Describe one type. Raises WrongDataError, with the types there are."""
    from argosy.connections.fields import describe
    from argosy.connections.types import load_types

    known = load_types()
    found = known.get(type_) or known.get(type_.upper().replace("-", "_"))
    if found is None:
        raise unknown_type(type_, list(known))
    return describe(found)


def unknown_type(type_: str, known: list[str]) -> click.UsageError:
    """Return the error for a type that is not there."""
    from argosy.validation.sentences import list_words

    return click.UsageError(f"There is no type {type_!r}; there is {list_words(known, type_)}.")


@dataclass(frozen=True, slots=True)
class LocalService:
    """The services over the store on this machine, asked by its operator."""

    services: Services
    who: Principal

    def type(self, type_: str) -> JsonObject:
        """Describe a type of connections."""
        return local_type(type_)

    def types(self) -> JsonObject:
        """Describe all types of connections."""
        return local_types()

    def connections(self) -> JsonObject:
        """List all connections."""
        return self.services.connections.list(self.who)

    def connection(self, name: str) -> JsonObject:
        """Return one connection, its secrets masked."""
        return self.services.connections.get(self.who, name)

    def put_connection(self, name: str, document: JsonObject) -> JsonObject:
        """Make a connection or replace it."""
        return self.services.connections.put(self.who, name, document)

    def remove_connection(self, name: str) -> JsonObject:
        """Delete a connection."""
        return self.services.connections.delete(self.who, name)

    def test_connection(self, name: str, document: Json) -> JsonObject:
        """Test a connection; with a document, what that would make of it."""
        return self.services.connections.test(self.who, name, document)

    def tables(self, **query: Any) -> JsonObject:
        """Return a page of the tables."""
        return self.services.tables.filter(self.who, **query)

    def table(self, connection: str, name: str) -> JsonObject:
        """Return one table."""
        return self.services.tables.get(self.who, connection, name)

    def patch_table(self, connection: str, name: str, document: JsonObject) -> JsonObject:
        """Make a table, or replace the members of it that are given."""
        return self.services.tables.patch(self.who, connection, name, document)

    def remove_table(self, connection: str, name: str) -> JsonObject:
        """Delete a table."""
        return self.services.tables.delete(self.who, connection, name)

    def preview_table(self, connection: str, name: str, document: JsonObject) -> JsonObject:
        """Return what a change would make of a table, with its first rows; store nothing."""
        return self.services.tables.preview(self.who, connection, name, document)

    def test_table(self, connection: str, name: str) -> JsonObject:
        """Open a table as it is stored."""
        return self.services.tables.test(self.who, connection, name)

    def begin_upload(self, name: str) -> Callable[[Part, bytes], Arrived]:
        """Return what takes the parts of the file of a table of LOCAL."""
        uploading = self.services.tables.uploading
        upload = uploading.begin_here(self.who, name)
        return lambda part, data: uploading.receive(upload, part, BytesIO(data))
