"""`argosy capabilities`: what the connector can do."""

from __future__ import annotations

from dataclasses import replace
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from argosy.cli.completion import complete_capability
from argosy.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from argosy.connector import ListedCapability
    from argosy.model import Connector


#: Below this width a summary stands under its capability, and not beside it.
_NARROW = 72


@click.group(invoke_without_command=True)
@click.option(
    "--search",
    metavar="WORDS",
    help="Only those whose id, title, family, group, summary or effect holds every word.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.pass_context
def capabilities(ctx: click.Context, *, search: str | None, as_json: bool) -> int:
    """List the capabilities, or show one.

    With --search, ends with 1 where none matches.
    """
    if ctx.invoked_subcommand:
        return 0
    from argosy import load
    from argosy.connector import list_capabilities

    loaded = load(ctx.obj)
    listed = [
        (_titled(one, home, loaded), one)
        for home in loaded.with_companions
        for one in list_capabilities(home)
    ]
    if search is not None:
        listed = [(title, one) for title, one in listed if _is_found(one, search, title)]
    if as_json:
        print_json([_as_json(one) for _, one in listed])
    elif listed:
        _print_list([replace(one, family=title) for title, one in listed])
    else:
        click.echo(f"No capability matches {search!r}; fewer or other words may.", err=True)
    return 0 if listed or search is None else 1


def _titled(one: ListedCapability, home: Connector, loaded: Connector) -> str:
    """Return the heading of a capability: its family's title, or its connector's if built in."""
    if home is not loaded:
        return home.title
    family = home.families.get(one.family)
    return family.title if family else one.family


def _is_found(one: ListedCapability, search: str, title: str) -> bool:
    words = search.split()
    return one.matches(words) or replace(one, family=title).matches(words)


def _as_json(one: ListedCapability) -> dict[str, str]:
    names = ("id", "title", "family", "group", "summary", "effect", "legacy")
    return {name: getattr(one, name) for name in names if name != "legacy" or one.legacy}


@capabilities.command()
@click.argument("capability", shell_complete=complete_capability)
@click.option("--json", "as_json", is_flag=True, help="Print the whole declaration.")
@click.pass_obj
def show(connector: str | None, *, capability: str, as_json: bool) -> None:
    """Show the capability CAPABILITY: inputs, outputs, request and errors."""
    from argosy import load
    from argosy.connector import bundle_schema, load_capability, read_capability_document

    loaded = load(connector)
    home = loaded.home_of(capability)
    found = load_capability(home, capability)
    document = read_capability_document(home, capability)
    for part in ("inputs", "outputs"):
        document[part] = bundle_schema(home, document[part], found.file)
    if as_json:
        print_json(document)
        return
    endpoints = {r.id: r.endpoints.get(found.family, "") for r in home.regions.values()}
    aliases = {r.id: ", ".join(r.aliases) for r in home.regions.values()}
    _print_one(document, endpoints, aliases)


def _print_list(listed: Sequence[ListedCapability]) -> None:
    """Print the capabilities by heading and group, each with its effect and its summary.

    As one text with its lines already broken: a table of some hundred rows takes as long as all
    the rest.
    """
    from rich.text import Text

    out = console()
    widest = max(len(one.id) for one in listed)
    beside = out.width >= max(_NARROW, widest + 42)
    parts: list[tuple[str, str]] = []
    for family, members in _by(listed, "family"):
        parts.append((f"{family}\n", "bold"))
        for group, rows in _by(members, "group"):
            if group:
                parts.append((f"  {group}\n", "italic"))
            for row in rows:
                parts += _row(row, out.width, widest if beside else 0, 4 if group else 2)
    out.print(Text.assemble(*parts), soft_wrap=True, end="")


def _by(
    listed: Iterable[ListedCapability], name: str
) -> Iterator[tuple[str, list[ListedCapability]]]:
    """Yield the capabilities that share a member, in the order in which each first comes."""
    found: dict[str, list[ListedCapability]] = {}
    for one in listed:
        found.setdefault(getattr(one, name), []).append(one)
    yield from found.items()


def _row(row: ListedCapability, screen: int, width: int, margin: int) -> Iterator[tuple[str, str]]:
    """Yield the parts of one capability's lines; `width` is of the ids, 0 on a narrow screen."""
    told = row.summary
    if row.legacy:
        told += " Legacy." if row.legacy == "-" else f" Legacy: use {row.legacy}."
    indent = margin + (width + 10 if width else 2)
    lines = wrap(told, max(screen - indent, 20), break_on_hyphens=False) or [""]
    effect = f"  {row.effect:<6}  " if width else f"  {row.effect}\n{' ' * indent}"
    yield f"{' ' * margin}{row.id:<{width}}", "cyan"
    yield effect, "dim"
    yield f"\n{' ' * indent}".join(lines) + "\n", ""


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
    request = document.get("request", {})
    if "path" in request:
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
