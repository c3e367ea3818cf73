"""`argosy accounts`: further organizations and lost passwords, in the store of the service."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from argosy.cli.data import data_folder, store_url
from argosy.cli.listing import moment, print_grid
from argosy.cli.output import console, print_error, print_json, visible
from argosy.cli.secret_files import read_text
from argosy.cli.seen import learn_secrets
from argosy.cli.service import take_choices
from argosy.errors import ServiceNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeVar

    from argosy.accounts import Accounts
    from argosy.accounts.views import Organization

    _Command = TypeVar("_Command", bound=Callable[..., Any])

_LENGTH = "at least 12 characters"
_data = click.option(
    "--data",
    metavar="DIR",
    help="The data folder of the server.  [default: ~/.local/share/argosy]",
)


def _password_options(command: _Command) -> _Command:
    """Add the options that give a password without showing it."""
    file = click.option(
        "--password-file",
        metavar="FILE",
        help="Read the password from this file, - is stdin.  [default: ask for it]",
    )
    variable = click.option(
        "--password-env",
        metavar="VARIABLE",
        help="Read the password from a variable of the environment.",
    )
    return file(variable(command))


@click.group()
def accounts() -> None:
    """Add organizations, and replace lost passwords.

    For whoever runs the service: works on its store on this machine, or on the database of
    ARGOSY_DATABASE_URL, and asks nobody who they are. The server may run meanwhile. All other
    accounts are made with the API, by the root account of their organization.
    """


@accounts.command("list")
@_data
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(*, data: str | None, as_json: bool) -> int:
    """List organizations and accounts."""
    with _open_accounts(data) as opened:
        found = opened.founding.organizations()
    if as_json:
        print_json({"organizations": [one.to_json() for one in found]})
    elif not found:
        text = "There is no organization yet; argosy accounts add-organization makes one."
        click.echo(text, err=True)
    else:
        headings = ("organization", "account", "kind", "role", "created")
        print_grid(console(), headings, (row for one in found for row in _rows(one)))
    return 0


@accounts.command("add-organization")
@click.argument("name")
@click.option("--email", metavar="EMAIL", required=True, help="Who its root account is.")
@click.option("--database", metavar="NAME", required=True, help="Its first database.")
@_password_options
@_data
def add_organization(
    *,
    name: str,
    email: str,
    database: str,
    password_file: str | None,
    password_env: str | None,
    data: str | None,
) -> int:
    """Add the organization NAME.

    With its root account, which may do everything, and its first database. The password is asked
    for twice, or comes from a file or the environment. The first organization that has accounts
    takes over what was stored without them.
    """
    password = _read_password(f"Password ({_LENGTH})", password_file, password_env)
    with _open_accounts(data, create=True) as opened:
        root = opened.founding.create_organization(
            organization=name, email=email, password=password, database=database
        )
        count = len(opened.founding.organizations())
    click.echo(f"Added the organization {visible(name.strip())}; its root is {root.account_name}.")
    if count == 2:
        text = "from now on --organization NAME says which; the server's flows need it too"
        click.echo(f"Note: there are two organizations: {text}.", err=True)
    return 0


@accounts.command("reset-password")
@click.argument("email")
@_password_options
@_data
def reset_password(
    *, email: str, password_file: str | None, password_env: str | None, data: str | None
) -> int:
    """Give EMAIL a new password.

    It is asked for twice, or comes from a file or the environment. All sessions of the account
    end, and wrong passwords of before no longer slow its login down.
    """
    with _open_accounts(data) as opened:
        try:
            found = opened.members.find_individual(email)
        except ServiceNotFoundError as error:
            print_error(error, as_json=False)
            click.echo("argosy accounts list tells the accounts there are.", err=True)
            return error.exit_status
        text = f"New password of {found.name} ({_LENGTH})"
        password = _read_password(text, password_file, password_env)
        opened.members.reset_password(found.name, password)
    click.echo(f"{found.name} has the new password; all sessions of before have ended.")
    return 0


@contextmanager
def _open_accounts(data: str | None, *, create: bool = False) -> Iterator[Accounts]:
    """Open the accounts of the store. Raises UsageError, StoreError, MissingExtraError."""
    from argosy.accounts import Accounts
    from argosy.store import open_ring, open_store  # first, since it names the extra

    folder = data_folder(take_choices({"data": data}).data, os.environ)
    if not os.environ.get("ARGOSY_DATABASE_URL") and not (folder / "argosy.db").is_file():
        if not create:
            text = "name the server's data folder by --data, or its database by ARGOSY_DATABASE_URL"
            raise click.UsageError(f"There is no store in {folder}; {text}.")
        click.echo(f"Note: there is no store in {folder} yet; it is made.", err=True)
    with open_store(store_url(folder, os.environ), create=create, folder=folder) as store:
        yield Accounts(store, open_ring(store, os.environ))


def _rows(one: Organization) -> Iterator[tuple[str, ...]]:
    for account in one.accounts:
        day, _, _ = moment(account.created).partition(" ")
        yield one.name, account.name, account.kind, account.role, day
    if not one.accounts:
        yield one.name, "none yet", "", "", ""


def _read_password(prompt: str, file: str | None, variable: str | None) -> str:
    """Return a password that is given or asked for twice. Raises UsageError."""
    if file is not None and variable is not None:
        raise click.UsageError("--password-file and --password-env both give it; leave one out.")
    if file is not None:
        password = read_text(file, "--password-file", is_secret=True).rstrip("\r\n")
        if len(password.splitlines()) != 1:
            raise click.UsageError(f"--password-file {file} does not hold one line: a password.")
    elif variable is not None:
        password = os.environ.get(variable, "")
        if not password:  # what was written may be the password
            raise click.UsageError("--password-env names a variable that is not set, or empty.")
    elif sys.stdin.isatty():
        password = click.prompt(
            prompt, hide_input=True, confirmation_prompt="The same again", err=True
        )
    else:
        text = "give it by --password-file FILE or --password-env VARIABLE"
        raise click.UsageError(f"Nobody is here to be asked for the password; {text}.")
    learn_secrets(password)
    return password
