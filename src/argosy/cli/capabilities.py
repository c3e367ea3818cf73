"""`argosy capabilities`: what the connector can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from argosy.cli.completion import complete_capability
from argosy.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


#: Below this width a summary stands under its capability, and not beside it.
_NARROW = 72


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def capabilities(ctx: click.Context, *, as_json: bool) -> None:
    """List the capabilities, or show one."""
    if ctx.invoked_subcommand:
        return
    from argosy import load
    from argosy.connector import read_capability_document

    connector = load(ctx.obj)
    names = ("id", "title", "family", "summary", "effect")
    documents = [read_capability_document(connector, id_) for id_ in connector.capability_files]
    listed = [{name: document.get(name, "") for name in names} for document in documents]
    if as_json:
        print_json(listed)
    else:
        _print_list(listed, {f.id: f.title for f in connector.families.values()})


@capabilities.command()
@click.argument("capability", shell_complete=complete_capability)
@click.option("--json", "as_json", is_flag=True, help="Print the whole declaration.")
@click.pass_obj
def show(connector: str | None, *, capability: str, as_json: bool) -> None:
    """Show the capability CAPABILITY: inputs, outputs, request and errors."""
    from argosy import load
    from argosy.connector import bundle_schema, load_capability, read_capability_document

    loaded = load(connector)
    found = load_capability(loaded, capability)
    document = read_capability_document(loaded, capability)
    for part in ("inputs", "outputs"):
        document[part] = bundle_schema(loaded, document[part], found.file)
    if as_json:
        print_json(document)
        return
    endpoints = {r.id: r.endpoints.get(found.family, "") for r in loaded.regions.values()}
    aliases = {r.id: ", ".join(r.aliases) for r in loaded.regions.values()}
    _print_one(document, endpoints, aliases)


def _print_list(listed: Iterable[Mapping[str, str]], families: Mapping[str, str]) -> None:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    out = console()
    for family in dict.fromkeys(row["family"] for row in listed):
        out.print(Text(families.get(family, family), style="bold"))
        rows = [row for row in listed if row["family"] == family]
        if out.width < _NARROW:
            for row in rows:
                out.print(Text.assemble("  ", (row["id"], "cyan"), f"  {row['effect']}"))
                out.print(Padding(Text(row["summary"]), (0, 0, 0, 4), expand=False))
            continue
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(no_wrap=True, style="dim")
        table.add_column()
        for row in rows:
            table.add_row(f"  {row['id']}", row["effect"], Text(row["summary"]))
        out.print(table)


def _print_one(
    document: Mapping[str, Any], endpoints: Mapping[str, str], aliases: Mapping[str, str]
) -> None:
    from rich.text import Text

    out = console()
    out.print(Text.assemble((document["title"], "bold"), f"  ({document['id']})"))
    out.print(document["summary"])
    if document.get("description"):
        out.print(f"\n{document['description']}")
    repeat = document["repeat"]
    out.print(Text.assemble(("\nEffect: ", "bold"), document["effect"]))
    safe = {True: "yes", False: "no"}.get(repeat["safe"], str(repeat["safe"]))
    out.print(Text.assemble(("Repeated on failure: ", "bold"), safe, f". {repeat['reason']}"))
    _print_members(out, "Inputs", document["inputs"])
    _print_members(out, "Outputs", document["outputs"])
    out.print("  Every result also has rawResponse, statusCode and headers.", style="dim")
    rows = [(str(e["status"]), "", e["note"]) for e in document.get("errors", ())]
    _print_table(out, "Errors", rows)
    if "path" in document["request"]:
        request = document["request"]
        where = [
            (f"{id_} ({aliases[id_]})" if aliases[id_] else id_, "", f"{url}{request['path']}")
            for id_, url in endpoints.items()
        ]
        _print_table(out, f"Request: {request['method']}", where)


def described_members(schema: Mapping[str, Any]) -> Iterator[tuple[str, bool, str]]:
    """Yield each member of a bundled schema: its name, whether it is required, what it is."""
    for name, given in schema.get("properties", {}).items():
        reference = given.get("$ref", "").removeprefix("#/$defs/")
        member = {**schema.get("$defs", {}).get(reference, {}), **given}
        told = [member.get("description") or member.get("title", "")]
        if "enum" in member:
            told.append("One of " + ", ".join(map(str, member["enum"])) + ".")
        yield name, name in schema.get("required", ()), " ".join(filter(None, told))


def _print_members(out: Any, title: str, schema: Mapping[str, Any]) -> None:
    rows = [
        (name, "required" if title == "Inputs" and is_required else "", told)
        for name, is_required, told in described_members(schema)
    ]
    _print_table(out, title, rows)


def _print_table(out: Any, title: str, rows: Iterable[tuple[str, str, str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    out.print(Text(f"\n{title}", style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, need, text in rows:
        table.add_row(f"  {name}", need, Text(text))
    out.print(table)
