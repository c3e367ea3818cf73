"""`argosy tables`: the tables of connections, in the store or on a server."""

from __future__ import annotations

import os
from typing import Any

import click

from argosy.cli.completion import complete_stored_connection
from argosy.cli.connections_group import confirm
from argosy.cli.listing import print_warnings
from argosy.cli.output import ALLOWING, print_json, visible
from argosy.cli.service import (
    ServiceGroup,
    database_options,
    open_service,
    place_options,
    take_choices,
)
from argosy.cli.tables_changes import change_options, read_changes
from argosy.cli.tables_shown import print_opened, print_table, print_tables
from argosy.cli.tables_upload import upload_file

_json = click.option("--json", "as_json", is_flag=True, help="Print what the API answers.")
_connection = click.argument("connection", shell_complete=complete_stored_connection)


@click.group(cls=ServiceGroup)
def tables() -> None:
    """Keep where tables of other systems lie.

    A table belongs to a database and to a connection; LOCAL, files that are uploaded, is there
    without being made.
    """


@tables.command("list")
@click.option("--connection", shell_complete=complete_stored_connection, help="Only of this one.")
@click.option("--resource", metavar="NAME", help="Only of rows that stand for this.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="From 1.")
@click.option(
    "--amt", type=click.IntRange(1, 64), default=10, show_default=True, help="How many a page."
)
@click.option("--all", "is_all", is_flag=True, help="All pages from there on.")
@database_options
@_json
@click.pass_obj
def list_(
    connector: str | None,
    /,
    *,
    connection: str | None,
    resource: str | None,
    page: int,
    amt: int,
    is_all: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """List the tables of the database, the oldest first, by pages."""
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        wanted = {"connection": connection, "resource": resource}
        found = service.tables(**wanted, page=page, amt=amt)
        while is_all and found["has_next"]:
            more = service.tables(**wanted, page=found["next_page"], amt=amt)
            found = {**more, "tables": [*found["tables"], *more["tables"]]}
    if as_json:
        print_json(found)
        return 0
    if not found["tables"]:
        click.echo("There are no such tables.", err=True)
    else:
        print_tables(found["tables"])
    if found["has_next"]:
        click.echo(f"There are more: --page {found['next_page']}, or --all.", err=True)
    print_warnings(found)
    return 0


@tables.command()
@_connection
@click.argument("name")
@database_options
@_json
@click.pass_obj
def show(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Show the table NAME of CONNECTION."""
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        found = service.table(connection, name)
    if as_json:
        print_json(found)
    else:
        print_table(found)
        print_warnings(found)
    return 0


@tables.command("set")
@_connection
@click.argument("name")
@change_options
@place_options
@database_options
@_json
@click.pass_obj
def set_(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Make the table NAME of CONNECTION, or change members of it.

    A new table needs its --resource. What --set and --unset name is changed within what is stored;
    a member in the file replaces the stored one as a whole.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        document = read_changes(service, connection, name, **options)
        found = service.patch_table(connection, name, document)
    if as_json:
        print_json(found)
        return 0
    status = found["status"].replace("_", " ")
    click.echo(f"Stored {visible(name)} of {visible(connection)}; its status is {status}.")
    if url := found["connection_table_params"].get("url"):
        where = "" if str(url).startswith("http") else "argosy server over this store, at "
        click.echo(f"Its file is uploaded to {where}{visible(str(url))}")
    print_warnings(found)
    if (found.get("status_detail") or {}).get("reason") == "blocked_host":
        click.echo(f"Hint: {ALLOWING}", err=True)
    return 0


@tables.command()
@_connection
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@database_options
@_json
@click.pass_obj
def delete(
    connector: str | None,
    /,
    *,
    connection: str,
    name: str,
    yes: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Delete the table NAME of CONNECTION.

    What it stands for stays where it is.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        if not yes:
            service.table(connection, name)
            confirm(f"Delete the table {name} of {connection}?")
        found = service.remove_table(connection, name)
    if as_json:
        print_json(found)
    else:
        click.echo(f"Deleted {visible(name)} of {visible(connection)}.")
        print_warnings(found)
    return 0


@tables.command()
@_connection
@click.argument("name")
@place_options
@database_options
@_json
@click.pass_obj
def test(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Open the table NAME of CONNECTION as it is stored.

    Ends with 1 where that fails.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        return print_opened(lambda: service.test_table(connection, name), name, as_json=as_json)


@tables.command()
@_connection
@click.argument("name")
@change_options
@place_options
@database_options
@_json
@click.pass_obj
def preview(
    connector: str | None, /, *, connection: str, name: str, as_json: bool, **options: Any
) -> int:
    """Tell what `set` would make of the table NAME.

    With its first rows; nothing is stored. Ends with 1 where it cannot be opened.
    """
    choices = take_choices(options)
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        document = read_changes(service, connection, name, **options)
        return print_opened(
            lambda: service.preview_table(connection, name, document), name, as_json=as_json
        )


@tables.command()
@click.argument("name")
@click.argument("data_file", metavar="FILE")
@click.option("--resume", is_flag=True, help="Go on where an upload of this file broke off.")
@click.option("--create", is_flag=True, help="Make the table first, or change it, as set does.")
@change_options
@place_options
@database_options
@_json
@click.pass_obj
def upload(
    connector: str | None,
    /,
    *,
    name: str,
    data_file: str,
    resume: bool,
    create: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Upload FILE as the file of the table NAME of LOCAL.

    It takes the place of the one before when it is there as a whole. FILE may be -, standard
    input. Ends with 1 where the table cannot be opened then.
    """
    choices = take_choices(options)
    if not create and any(options.values()):
        raise click.UsageError("What to make the table with goes with --create.")
    with open_service(connector, choices, os.environ, needs_database=True) as service:
        if create:
            service.patch_table("LOCAL", name, read_changes(service, "LOCAL", name, **options))
        return upload_file(service, name, data_file, resume=resume, as_json=as_json)
