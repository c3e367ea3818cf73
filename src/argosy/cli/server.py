"""`argosy server`: the API and the flows that HTTP triggers, in one server."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.data import api_settings
from argosy.cli.output import visible
from argosy.cli.service import check_origins

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.model import Connection, Connector
    from argosy.server import ServerSettings
    from argosy.server.api import ApiSettings
    from argosy.server.triggers import Route

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Choices:
    """What the command line says beside the address."""

    data: str | None
    flows: str | None
    sandbox: bool
    local: bool
    url: str | None
    behind_proxy: bool
    organization: str | None
    database: str | None
    processes: int
    threads: int
    allow_network: tuple[str, ...]
    allow_endpoint: tuple[str, ...]
    backend_writes: bool
    test_unsaved: bool
    access_log: bool


def _check_networks(
    _context: click.Context, _parameter: click.Parameter, networks: tuple[str, ...]
) -> tuple[str, ...]:
    import ipaddress

    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise click.BadParameter(f"{network!r} is not a network, as 10.1.0.0/16 is.") from None
    return networks


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8050, show_default=True, help="0 takes any."
)
@click.option(
    "--data",
    metavar="DIR",
    help="Keep the store and uploaded files in here.  [default: ~/.local/share/argosy]",
)
@click.option(
    "--flows", metavar="DIR", help="Serve the flows in here.  [default: DIR/flows of --data]"
)
@click.option("--sandbox", is_flag=True, help="Start a sandbox too, and send everything there.")
@click.option("--local", is_flag=True, help="Ask nobody who they are; answer this machine alone.")
@click.option("--url", metavar="URL", help="The address that others reach the server at.")
@click.option(
    "--behind-proxy", is_flag=True, help="Take the client's address from X-Forwarded-For."
)
@click.option(
    "--organization", metavar="NAME", help="Whose stored connections flows use.  [the only one]"
)
@click.option(
    "--database", metavar="NAME", help="Whose tables --local works with.  [default, or the oldest]"
)
@click.option(
    "--processes", type=click.IntRange(1, 256), default=1, show_default=True, help="How many."
)
@click.option(
    "--threads",
    type=click.IntRange(1, 4096),
    default=128,
    show_default=True,
    help="How many requests each process answers at once.",
)
@click.option(
    "--allow-network",
    multiple=True,
    callback=_check_networks,
    metavar="NETWORK",
    help="A private network that connections may reach, as 10.1.0.0/16.",
)
@click.option(
    "--allow-endpoint",
    multiple=True,
    callback=check_origins,
    metavar="ORIGIN",
    help="An origin that connections may name, as https://minio.example.com:9000.",
)
@click.option(
    "--backend-writes/--no-backend-writes",
    default=True,
    show_default=True,
    help="Let the role backend change connections.",
)
@click.option(
    "--test-unsaved/--no-test-unsaved",
    default=True,
    show_default=True,
    help="Let credentials be tested that are not stored.",
)
@click.option(
    "--access-log/--no-access-log", default=True, show_default=True, help="A line a request."
)
@click.option(
    "--rotate-keys", is_flag=True, help="Encrypt stored secrets with the first key, and end."
)
@click.pass_obj
def server(
    connector: str | None, /, *, host: str, port: int, rotate_keys: bool, **chosen: Any
) -> int:
    """Serve the API, and flows that HTTP triggers, until Ctrl-C.

    The API answers below /v1/, its documentation is at /docs. The first start prints a link that
    makes the first account. ARGOSY_DATABASE_URL names another database than a file in the data
    folder, ARGOSY_SECRET_KEYS the keys that stored secrets are encrypted with.
    """
    from argosy import load
    from argosy.server import ServerSettings, serve

    choices = Choices(**chosen)
    if choices.local and host not in _LOOPBACK:
        text = f"--local asks nobody who they are, so it does not listen on {host}; leave one out."
        raise click.UsageError(text)
    if choices.database and not choices.local:
        text = "--database goes with --local; with accounts each login names its database."
        raise click.UsageError(text)
    if choices.flows and not Path(choices.flows).is_dir():
        raise click.UsageError(f"--flows {choices.flows}: there is no such folder.")
    loaded = load(connector)
    with ExitStack() as opened:
        api = api_settings(
            loaded,
            choices.data,
            os.environ,
            origin=(choices.url or "").rstrip("/"),
            local=choices.local,
            behind_proxy=choices.behind_proxy,
            access_log=choices.access_log,
            organization=choices.organization,
            database=choices.database,
            allowed_networks=choices.allow_network,
            allowed_endpoints=choices.allow_endpoint,
            backend_writes=choices.backend_writes,
            test_unsaved=choices.test_unsaved,
        )
        if rotate_keys:
            return _rotate_keys(api)
        usual = _usual_connection(loaded, choices, os.environ)
        if choices.sandbox:
            api, usual = _start_sandbox(loaded, api, opened)
        token, organizations = _prepare_store(api)
        settings = ServerSettings(
            connector=loaded.root,
            flows=Path(choices.flows) if choices.flows else api.data / "flows",
            connections={"": usual} if usual is not None else {},
            host=host,
            port=port,
            processes=choices.processes,
            threads=choices.threads,
            api=api,
        )
        _warn_of_no_choice(loaded, settings, organizations)
        serve(settings, lambda url, routes: _say(api, url, routes, token))
    return 0


def _usual_connection(
    loaded: Connector, choices: Choices, environ: Mapping[str, str]
) -> Connection | None:
    """Return the connection of the environment, None where it has no key: then a stored one is."""
    from argosy.cli.connections import open_connection

    found = open_connection(
        loaded, connection=None, region=None, endpoint=None, api_key_file=None, environ=environ
    )
    return found if any(found.properties.get(name) for name in loaded.secret_settings) else None


def _start_sandbox(
    loaded: Connector, api: ApiSettings, opened: ExitStack
) -> tuple[ApiSettings, Connection]:
    """Start a sandbox and have everything sent there."""
    import multiprocessing

    from argosy.connections.types import load_types, type_of_calls
    from argosy.model import Connection
    from argosy.sandbox import Settings, start, welcome

    # the sandbox has threads, and a fork would take what they hold with it
    multiprocessing.set_start_method("spawn", force=True)
    settings = Settings(data=api.data / "sandbox")
    sandbox = opened.enter_context(start(settings))
    click.echo(welcome(sandbox.url, settings))
    called = type_of_calls(load_types(), loaded.id)
    keys = dict.fromkeys(loaded.secret_settings, sandbox.master_key)
    urls = {} if called is None else {called.id: sandbox.url}
    allowed = (*api.allowed_endpoints, sandbox.url)
    sent = replace(api, endpoint=sandbox.url, probe_urls=urls, allowed_endpoints=allowed)
    return sent, Connection(properties=keys, endpoint=sandbox.url)


def _rotate_keys(api: ApiSettings) -> int:
    from argosy.server.api.services import open_services

    with open_services(replace(api, local=False)) as services:
        rotation = services.accounts.rotate_keys()
        key = services.ring.ids[0]
    count = "1 connection" if rotation.done == 1 else f"{rotation.done} connections"
    click.echo(f"Encrypted with the key {key} now: {count}.")
    for organization, name in rotation.failed:
        text = f"No key decrypts the connection {name} of the organization {organization}."
        click.echo(visible(text), err=True)
    return 1 if rotation.failed else 0


def _prepare_store(api: ApiSettings) -> tuple[str | None, list[str]]:
    """Make the store ready.

    Returns the token of the first set-up where that is to come, and the organizations that flows
    could be meant for: none where one is chosen or nobody is asked. Raises ServerSetupError where
    the chosen one is not there; before the set-up it may still come.
    """
    from argosy.errors import ServerSetupError
    from argosy.server.api.services import open_services
    from argosy.store import unknown_keys
    from argosy.validation.sentences import list_words

    with open_services(api) as services:
        for key, count in unknown_keys(services.store, services.ring).items():
            text = f"{count} stored secrets need the key {key}, which is not here."
            click.echo(visible(text), err=True)
        if services.local:
            return None, []
        founding = services.accounts.founding
        known = [one.name for one in founding.organizations()]
        chosen = api.organization
        if chosen is not None and founding.is_done and chosen not in known:
            there = visible(list_words(known, chosen))
            detail = f"there is no organization {visible(chosen)!r}; there is {there}"
            raise ServerSetupError(detail=detail)
        return founding.offer(), known if chosen is None else []


def _warn_of_no_choice(
    loaded: Connector, settings: ServerSettings, organizations: Sequence[str]
) -> None:
    """Tell which flows cannot run, since nobody has said whose connections and tables they use."""
    from argosy.flow import FlowLibrary
    from argosy.server.triggers import flows_of_the_store, routes_of
    from argosy.validation.sentences import list_words

    if len(organizations) < 2 or not settings.flows.is_dir():
        return
    library = FlowLibrary(settings.flows)
    routes = routes_of(library.values())
    found = flows_of_the_store(routes, library, loaded, settings.connections)
    if found:
        text = (
            f"Warning: flows use what is stored, and will fail: {list_words(found)}. "
            "Say whose connections and tables they are for with --organization NAME: "
            f"there is {list_words(organizations)}."
        )
        click.echo(visible(text), err=True)


def _say(api: ApiSettings, url: str, routes: Sequence[Route], token: str | None) -> None:
    address = api.origin or url
    click.echo(f"The API answers at {address}/v1/; what it can do is told at {address}/docs")
    for route in routes:
        click.echo(f"  {route.method} {address}/flows/{route.path}  {route.flow.id}")
    if api.local:
        click.echo("It asks nobody who they are, and answers this machine alone.")
    if token is not None:
        click.echo("\nNobody has an account yet. This link makes the first one, once:\n")
        click.echo(f"  {address}/setup?token={token}\n")
