"""Write the generated page about the types of connections from their declarations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from argosy.connections.probing.result import REASONS, RETRYABLE
from argosy.connections.types import ConnectionType, load_types

_DIRECTIONS = {
    "read": "is read",
    "write": "is written to",
    "push": "sends data here",
    "serve": "reads from here",
}
#: Each reason of a failed test in a sentence; a test holds the list to be whole.
REASON_WORDS: Mapping[str, str] = {
    "bad_shape": "A field is missing or does not have the right form; nothing was sent.",
    "refused": "The other side does not take the credentials.",
    "forbidden": "The credentials are known and may not do this.",
    "not_found": "What the settings name is not there: a bucket, dataset, account or shop.",
    "archived": "The object of a table is in an archive, and must be restored before it is read.",
    "changed": "The file of a table was replaced while it was read.",
    "wrong_region": "The credentials or the bucket belong to another region or host.",
    "clock": "The clocks of the two sides are too far apart for a signature.",
    "rate_limited": "There were too many calls.",
    "remote_unavailable": "The other side answered with a 5xx status.",
    "unreachable": "There is no connection, or no such name.",
    "timed_out": "No answer came within the time of a test.",
    "untrusted": "The certificate cannot be trusted.",
    "redirected": "The other side sends the call elsewhere, and a test does not follow.",
    "unreadable": "The answer is not what the service answers: a web page, for instance.",
    "too_large": "The answer is larger than 64 KiB.",
    "outdated": "The service has retired the version of its API that is spoken here.",
    "unexpected": "The answer has a status that is not expected.",
    "invalid_query": "The other side does not take the query of a table.",
    "blocked_host": "The address is not one that a test may call.",
    "not_writable": "The folder of uploads cannot be written to.",
    "not_installed": "This installation lacks a part that the test needs.",
    "unverifiable": "No call could test the credentials; that is no failure, and no success.",
}


def pages() -> dict[str, str]:
    """Return the text of the page by its file name."""
    return {"connection-types.md": "\n".join(_page(load_types()))}


def _page(types: Mapping[str, ConnectionType]) -> Iterator[str]:
    yield "# Types of connections"
    yield ""
    yield "What a connection to each kind of system holds, and what a test of its credentials does."
    yield "A test takes at most 5 seconds, sends each call once, follows no redirect, goes to the"
    yield "hosts of its type at public addresses only, and shows neither secrets nor bodies of"
    yield "answers. The declarations are in `schemas/connection-types/`."
    yield ""
    yield "| type | | direction | a table is |"
    yield "| --- | --- | --- | --- |"
    for one in types.values():
        ways = ", ".join(_DIRECTIONS[way] for way in one.direction)
        link = f"[`{one.id}`](#{one.id.lower()})"
        yield f"| {link} | {one.title} | {ways} | {one.tables['description']} |"
    for one in types.values():
        yield from _type(one)
    yield ""
    yield "## Reasons"
    yield ""
    yield "Why a test does not succeed, and the status that a table has then."
    yield ""
    yield "| reason | what it means | status | again |"
    yield "| --- | --- | --- | --- |"
    for reason, status in REASONS.items():
        again = "may help" if reason in RETRYABLE else ""
        yield f"| `{reason}` | {REASON_WORDS[reason]} | `{status}` | {again} |"


def _type(one: ConnectionType) -> Iterator[str]:
    yield ""
    yield f"## {one.id}"
    yield ""
    yield f"**{one.title}.** {one.description}"
    if one.credentials["properties"]:
        yield ""
        yield from _fields("credential", one.credentials)
    if one.metadata["properties"]:
        yield ""
        yield from _fields("metadata", one.metadata)
    yield ""
    yield f"The test: {one.probe['description']}"
    yield ""
    yield "| step | what it does | call |"
    yield "| --- | --- | --- |"
    for step in one.probe["steps"]:
        call = f"`{step.get('method', 'GET')} {_url(step['url'])}`" if "url" in step else ""
        yield f"| {step['name']} | {step['description']} | {call} |"
    yield ""
    yield "| reason | what is told | what to change |"
    yield "| --- | --- | --- |"
    told: dict[str, None] = {}
    for failure in _failures(one.probe):
        message, hint = _plain(failure["message"]), _plain(failure.get("hint", ""))
        warning = ", a warning" if failure.get("proves") else ""
        told[f"| `{failure['reason']}`{warning} | {message} | {hint} |"] = None
    yield from told
    if not told:
        yield "| `not_writable` | Files cannot be written to the upload folder. | |"
    if one.credentials["examples"][0]:
        yield ""
        yield "```json"
        yield json.dumps(one.credentials["examples"][0], indent=2, ensure_ascii=False)
        yield "```"
    yield from _rows(one)


def _rows(one: ConnectionType) -> Iterator[str]:
    """Tell which rows can be read from a connection of a type, or why none can."""
    rows = one.tables.get("rows")
    if rows is None:
        return
    yield ""
    if "none" in rows:
        yield f"{rows['none']['reason']} {rows['none']['remedy']}"
        return
    if "description" in rows:
        yield f"{rows['description']} Source: {rows['source']}."
    if "collections" in rows:
        yield "| a table names | its rows | source |"
        yield "| --- | --- | --- |"
        for each in rows["collections"]:
            told = " ".join(filter(None, [each["description"], each.get("warning")]))
            name = each["name"].replace("{name}", "NAME")
            yield f"| `{name}` | {told} | {each['source']} |"
    for name, why in rows.get("unread", {}).items():
        yield ""
        yield f"`{name.replace('{name}', 'NAME')}` is not read: {why}"


def _fields(kind: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield f"| {kind} | | what it is |"
    yield "| --- | --- | --- |"
    for name, field in schema["properties"].items():
        need = "required" if name in schema.get("required", ()) else ""
        told = field["description"]
        if "enum" in field:
            told += f" One of {', '.join(f'`{word}`' for word in field['enum'])}."
        if "default" in field:
            told += f" Default: `{field['default']}`."
        told += " A secret." if field.get("secret") else ""
        hint = field.get("x-hint", "")
        yield f"| `{name}` | {need} | {told}{f' {hint}' if hint else ''} |"


def _failures(probe: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for step in probe["steps"]:
        yield from step.get("failures", ())
        if "unverifiable" in step:
            yield {"reason": "unverifiable", **step["unverifiable"]}
    yield from probe.get("failures", ())


def _url(url: str) -> str:
    """Shorten the placeholders of an address to the last part of their names."""
    return re.sub(r"\{\+?(?:[a-zA-Z_]+\.)*([a-zA-Z_]+)\}", r"{\1}", url)


def _plain(text: str) -> str:
    """Write expressions as the names that they read first."""
    shown = re.sub(r"\{\{\s*'.*?\}\}", "…", text)
    shown = re.sub(r"\{\{\s*(?:[a-zA-Z_]+\.)*([a-zA-Z_]+).*?\}\}", r"*\1*", shown)
    return shown.replace("|", "\\|")
