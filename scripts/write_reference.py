"""Write the generated pages of docs/reference from the connector, the errors and the commands.

python scripts/write_reference.py           # write them
python scripts/write_reference.py --check   # end with 1 where one is out of date
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import connection_type_reference
import flow_reference
import sandbox_coverage
import vendor_coverage

from argosy import load
from argosy.cli.capabilities import described_members
from argosy.cli.main import cli
from argosy.connector import bundle_schema, load_capability, read_document
from argosy.errors import ArgosyError
from argosy.model import Capability, Connector, variable_name

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
NOTE = "<!-- Written by scripts/write_reference.py (`make docs`); edits here are lost. -->\n"


def pages(connector: Connector) -> dict[str, str]:
    """Return the text of every generated page by its file name."""
    written = {
        "capabilities.md": index_page(connector),
        **capability_pages(connector),
        "errors.md": errors_page(),
        "cli.md": cli_page(),
        "settings.md": settings_page(connector),
        **flow_reference.pages(),
        **connection_type_reference.pages(),
    }
    if vendor_coverage.CONTRACTS.is_dir():
        written["coverage.md"] = vendor_coverage.coverage_page(
            connector, vendor_coverage.compare(connector)
        )
        written["sandbox.md"] = sandbox_coverage.page(sandbox_coverage.survey())
    return {name: NOTE + "\n" + text.rstrip() + "\n" for name, text in written.items()}


def index_page(connector: Connector) -> str:
    """Return the page that lists all capabilities, by API family and group."""
    lines = ["# Capabilities", ""]
    lines += ["Every result also has `rawResponse`, `statusCode` and `headers`; a list that pages"]
    lines += ["also has `hasMore` and, where inputs lead on, `next`. [Coverage](coverage.md) says"]
    lines += ["which operation of the vendor each one sends."]
    for home in connector.with_companions:
        lines += _index_of(home, is_built_in=home is not connector)
    return "\n".join(lines)


def _index_of(connector: Connector, *, is_built_in: bool) -> Iterator[str]:
    for family, members in _by_family(connector).items():
        yield from ("", f"## {connector.families[family].title}")
        if is_built_in:
            yield from ("", f"Built in (`{connector.id}`): called with no connection.")
        for group in dict.fromkeys(capability.group for capability in members):
            yield from ["", f"### {group}", ""] if group else [""]
            yield from ["| capability | effect | what it does |", "| --- | --- | --- |"]
            for one in members:
                if one.group == group:
                    link = f"[`{one.id}`](capabilities/{family}.md#{one.id})"
                    told = one.summary + (f" {_legacy(one)}" if one.legacy else "")
                    yield f"| {link} | {one.effect} | {told} |"


def capability_pages(connector: Connector) -> dict[str, str]:
    """Return a page for each API family, with all that there is to know of its capabilities."""
    return {
        f"capabilities/{family}.md": "\n".join(_family_page(home, family, members))
        for home in connector.with_companions
        for family, members in _by_family(home).items()
    }


def _by_family(connector: Connector) -> dict[str, list[Capability]]:
    loaded = [load_capability(connector, id_) for id_ in connector.capability_files]
    families = dict.fromkeys(capability.family for capability in loaded)
    return {family: [one for one in loaded if one.family == family] for family in families}


def _family_page(connector: Connector, family: str, members: Sequence[Capability]) -> Iterator[str]:
    yield f"# {connector.families[family].title}"
    yield ""
    yield "Every result also has `rawResponse`, `statusCode` and `headers`."
    for group in dict.fromkeys(capability.group for capability in members):
        if group:
            yield from ("", f"## {group}")
        for capability in members:
            if capability.group == group:
                yield ""
                yield from _capability(connector, capability)


def _legacy(capability: Capability) -> str:
    use = capability.legacy.use if capability.legacy else ""
    return f"Legacy: use `{use}`." if use else "Legacy."


def _capability(connector: Connector, capability: Capability) -> Iterator[str]:
    yield f"### `{capability.id}`"
    yield ""
    yield f"**{capability.title}.** {capability.summary}"
    if capability.description:
        yield ""
        yield capability.description
    if capability.legacy:
        yield ""
        yield f"{_legacy(capability)} {capability.legacy.reason}"
    yield ""
    yield from _facts(capability)
    yield ""
    yield from _members(bundle_schema(connector, capability.inputs, capability.file), "input")
    outputs = bundle_schema(connector, capability.outputs, capability.file)
    if outputs.get("properties"):
        yield ""
        yield from _members(outputs, "output")
    if capability.error_notes:
        yield ""
        yield "| status | what it means here |"
        yield "| --- | --- |"
        for status, note in capability.error_notes.items():
            yield f"| {status} | {note} |"
    yield ""
    yield "Example:"
    yield ""
    yield "```json"
    yield json.dumps(capability.examples[0].inputs, indent=2, ensure_ascii=False)
    yield "```"
    yield ""
    yield "Refused:"
    yield ""
    for anti in capability.anti_examples:
        yield f"- {anti['title']} (at `{anti['pointer'] or '/'}`)"


def _facts(capability: Capability) -> Iterator[str]:
    """Yield one line for each thing that a capability's declaration says of a call."""
    request = capability.request
    repeated = {True: "yes", False: "no"}.get(capability.repeat.safe is True, "no")
    if isinstance(capability.repeat.safe, str):
        repeated = f"`{capability.repeat.safe}`"
    if request.method:
        yield f"- Request: `{request.method} {request.path or request.url}`"
    yield f"- Effect: {capability.effect}"
    yield f"- Repeated on failure: {repeated}. {capability.repeat.reason}"
    if capability.paging:
        yield "- Pages: `all` reads them to the end, up to `maxItems` items"
    if capability.waiting:
        yield f"- Waits with `wait`, by asking `{capability.waiting.capability}`"
    if capability.response.format == "bytes":
        yield "- Answers bytes: they go to a file where the call names one"
    if capability.handler:
        yield f"- Handler: `{capability.handler.name}`. {capability.handler.reason}"
        if capability.handler.uses:
            yield f"- Calls {', '.join(f'`{name}`' for name in capability.handler.uses)}"
        if capability.handler.reads:
            yield f"- Reads stored {capability.handler.reads}, and sends nothing of its own"
        if capability.handler.saves:
            yield f"- Writes a {capability.handler.saves} where the call names one"


def _members(schema: Mapping[str, Any], kind: str) -> Iterator[str]:
    yield f"| {kind} | | what it is |"
    yield "| --- | --- | --- |"
    for name, is_required, told in described_members(schema):
        need = "required" if is_required and kind == "input" else ""
        yield f"| `{name}` | {need} | {told} |"


def errors_page() -> str:
    """Return the page of all errors, by the tree they stand in."""
    lines = [
        "# Errors",
        "",
        "`code` is stable; `exit` is the command line's status; `retryable` says whether the same",
        "call may succeed later.",
        "",
        "| code | message | exit | retryable | what it is |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in _tree(ArgosyError):
        meaning = (kind.__doc__ or "").strip().splitlines()[0]
        retryable = "yes" if kind.retryable else ""
        text = kind.message_format.replace("|", "\\|")
        row = (f"`{kind.error_code()}`", text, str(kind.exit_status), retryable, meaning)
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def _tree(kind: type[ArgosyError]) -> Iterator[type[ArgosyError]]:
    if kind is not ArgosyError:
        yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def cli_page() -> str:
    """Return the page of all commands, their help as the program prints it."""
    lines = [
        "# Command line",
        "",
        "Ends with 0 where all went well, 1 where the input or the vendor's answer is at fault,",
        "2 where the connector or the command line is, 130 when interrupted, 70 for a defect of",
        "Argosy.",
        "`NO_COLOR` switches colour off.",
    ]
    for path, command in _commands("argosy", cli):
        context = click.Context(
            command,
            info_name=path,
            terminal_width=90,
            max_content_width=90,
            help_option_names=cli.context_settings["help_option_names"],
        )
        lines += ["", f"## `{path}`", "", "```text", command.get_help(context), "```"]
    return "\n".join(lines)


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child:
                yield from _commands(f"{path} {name}", child)


def settings_page(connector: Connector) -> str:
    """Return the page of a connection's settings and of the regions."""
    schema = read_document(ROOT / "schemas", "connection.schema.json")
    lines = ["# Settings of a connection", "", "## Properties", ""]
    lines += ["| property | environment variable | what it is |", "| --- | --- | --- |"]
    for name, given in connector.settings["properties"].items():
        told = given.get("description", given["title"])
        told += " A secret." if given.get("secret") else ""
        told += f" Default: `{given['default']}`." if "default" in given else ""
        lines.append(f"| `{name}` | `{variable_name(name)}` | {told} |")
    lines += ["", "## Connection file", "", schema["description"], ""]
    lines += ["| member | what it is |", "| --- | --- |"]
    for name, given in _flat(schema):
        default = f" Default: `{json.dumps(given['default'])}`." if "default" in given else ""
        lines.append(f"| `{name}` | {given.get('description', '')}{default} |")
    lines += ["", "```json", json.dumps(schema["examples"][0], indent=2), "```", ""]
    lines += ["A name given to `--connection` is a file in `argosy/connections/` below the user's"]
    lines += ["configuration folder (`XDG_CONFIG_HOME`, else `~/.config`).", "", "## Regions", ""]
    families = list(connector.families)
    for region in connector.regions.values():
        aliases = f" (also {', '.join(f'`{a}`' for a in region.aliases)})" if region.aliases else ""
        lines += [f"### `{region.id}`: {region.title}{aliases}", ""]
        lines += ["| API family | base URL |", "| --- | --- |"]
        lines += [
            f"| {connector.families[family].title} | {region.endpoints[family]} |"
            for family in families
            if family in region.endpoints
        ]
        lines.append("")
    return "\n".join(lines)


def _flat(schema: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, given in schema["properties"].items():
        if name == "$schema":
            continue
        yield prefix + name, given
        if "properties" in given:
            yield from _flat(given, f"{prefix}{name}.")


def main() -> int:
    """Write or compare the pages and return the exit status."""
    stale = []
    for name, text in pages(load(ROOT)).items():
        path = FOLDER / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    print(f"{'out of date' if '--check' in sys.argv else 'written'}: {', '.join(stale) or 'none'}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
