"""Write the generated pages about flows: kinds of nodes, rules of the check, expressions."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from argosy.check.flows import FLOW_RULES, FlowRule
from argosy.davinci.lint import RULES, codes
from argosy.flow.kinds import KINDS, Kind
from argosy.flow.kinds.davinci import davinci_connectors
from argosy.flow.kinds.davinci.opaque import REASONS
from argosy.model import Node

SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "flow_rules"

#: Each filter in a sentence, with an expression and what it gives; a test computes them all.
FILTERS: Mapping[str, tuple[str, str, Any]] = {
    "as_list": ("A list as it is, anything else as a list of one.", "5 | as_list", [5]),
    "as_object": (
        "The object that a list of `key` and `value` rows spells; an object as it is.",
        "[{'key': 'a', 'value': 1}] | as_object",
        {"a": 1},
    ),
    "base64": ("A text or bytes in base64.", "'abc' | base64", "YWJj"),
    "bracket_keys": (
        "An object with its keys in brackets behind a name, as some queries are written.",
        "{'a': 1} | bracket_keys('filter')",
        {"filter[a]": 1},
    ),
    "default": (
        "Another value where there is none; null is one. `default(omit)` leaves the member out.",
        "input.country | default('GB')",
        "GB",
    ),
    "find": (
        "The first object of a list whose member has a value, or null.",
        "[{'id': 1}, {'id': 2}] | find('id', 2)",
        {"id": 2},
    ),
    "first": ("The first item of a list, null of an empty one.", "[1, 2] | first", 1),
    "integer": (
        "The whole number that a text spells, or the items of a list.",
        "'42' | integer",
        42,
    ),
    "join": ("The items of a list as one text.", "['a', 'b'] | join(', ')", "a, b"),
    "last": ("The last item of a list, null of an empty one.", "[1, 2] | last", 2),
    "length": ("How many characters, items or members there are.", "'abc' | length", 3),
    "lower": ("A text in small letters.", "'Ada' | lower", "ada"),
    "next_link": (
        "The address that a Link header calls `next`, or null.",
        "'<https://example.com/2>; rel=next' | next_link",
        "https://example.com/2",
    ),
    "prefix_keys": (
        "An object with a text before each key.",
        "{'a': 1} | prefix_keys('x_')",
        {"x_a": 1},
    ),
    "query_value": (
        "A parameter of the query of an address, or null.",
        "'https://example.com/?page=2' | query_value('page')",
        "2",
    ),
    "to_json": ("A value written as JSON.", "{'a': [true, none]} | to_json", '{"a":[true,null]}'),
    "trim": ("A text without blanks around it.", "' a ' | trim", "a"),
    "upper": ("A text in capital letters.", "'ada' | upper", "ADA"),
    "with_default": (
        "An object with a member set where it is absent or null.",
        "{'a': none} | with_default('a', 1)",
        {"a": 1},
    ),
    "with_integer": (
        "An object with a member as a whole number where it spells one.",
        "{'a': '7'} | with_integer('a')",
        {"a": 7},
    ),
}

#: What an expression of a flow may start from.
READ: Mapping[str, str] = {
    "input.NAME": "what the run was started with, with the defaults filled in",
    "nodes.ID.outputs": "what a node that has run gave; `nodes['ID']` for an id with a dash",
    "nodes.ID.error": "the error of a node that failed: `code`, `message`, `retryable` and more",
    "nodes.ID.status": "`succeeded` or `failed`; `nodes.ID.outcome` is the outcome it ended in",
    "vars.NAME": "a variable of the flow, as it is now",
    "run.id": "the run's id; `run.flow` is the flow's, `run.startedAt` when it began, as `now()`",
    "now()": "the time now, in seconds since 1970",
    "item": "the item of this turn, in the body of a `for-each`",
    "index": "the number of this turn from 0, in the body of a loop",
    "omit": "stands for nothing: the member or item that would hold it is left out",
}


def pages() -> dict[str, str]:
    """Return the text of every page by its file name."""
    return {
        "flow-rules.md": "\n".join(_rules_page()),
        "davinci-rules.md": "\n".join(_davinci_page()),
        "kinds.md": "\n".join(_kinds_page()),
        "expressions.md": "\n".join(_expressions_page()),
    }


def _rules_page() -> Iterator[str]:
    yield "# Rules for flows"
    yield ""
    yield "What `argosy check` finds in a flow before it runs. An error is certain to go wrong; a"
    yield "warning may, or is of no use. A problem names the file, the place in it, and the rule."
    yield "A flow that came from DaVinci is held to [DaVinci's rules](davinci-rules.md) as well."
    yield ""
    yield "| rule | what it demands |"
    yield "| --- | --- |"
    yield from (f"| [`{rule.ID}`](#{rule.ID}) | {rule.DEMAND} |" for rule in FLOW_RULES)
    for rule in FLOW_RULES:
        yield from _rule(rule)


def _rule(rule: FlowRule) -> Iterator[str]:
    yield ""
    yield f"## `{rule.ID}`"
    yield ""
    yield inspect.getdoc(_module(rule)) or ""
    found = _found(rule)
    severities = sorted({problem["severity"] for problem in found})
    yield ""
    yield f"Told as: {' or '.join(severities)}. For example:"
    yield ""
    yield "```text"
    for problem in found[:2]:
        yield f"{problem['pointer'] or '/'}  {problem['message']}"
        if problem.get("hint"):
            yield f"    Hint: {problem['hint']}"
    yield "```"


def _module(rule: FlowRule) -> ModuleType:
    return sys.modules[rule.check.__module__]


def _found(rule: FlowRule) -> Sequence[dict[str, str]]:
    """Return what the rule finds in its samples, once in the words of each."""
    problems = [
        problem
        for file in sorted((SAMPLES / rule.ID).glob("*.expect.json"))
        for problem in json.loads(file.read_text(encoding="utf-8"))
        if problem["code"] == rule.ID
    ]
    return sorted(problems, key=lambda problem: problem["severity"] != "error")


def _davinci_page() -> Iterator[str]:
    yield "# DaVinci's rules"
    yield ""
    yield "What `argosy check` finds in a flow that was imported from DaVinci, as it would be"
    yield "exported now. The codes are those of DaVinci's own validation and of the linter of its"
    yield "community, and they are found at the same nodes. `er` is an error, and `bp`, best"
    yield "practice, a warning."
    yield ""
    yield "A flow leaves rules out by a node of variables with the title `_dvlint_`. Its variables"
    yield "`exclude-rules` and `ignore-rules` list rules that are not asked, and `include-rules`"
    yield "the only ones that are, by their ids and with commas between them."
    for rule in RULES:
        told = [code for code in codes().values() if code.rule == rule]
        yield ""
        yield f"`{rule}`:"
        yield ""
        yield "| code | what it demands |"
        yield "| --- | --- |"
        yield from (f"| [`{one.code}`](#{one.code.lower()}) | {one.title} |" for one in told)
    for code in codes().values():
        yield ""
        yield f"## `{code.code}`"
        yield ""
        yield f"{code.title} {code.meaning}"
        yield ""
        yield f"Told as: {code.severity}, by `{code.rule}`. To mend it: {_plain(code.mend)}"


def _plain(text: str) -> str:
    """Return a sentence with the words that a finding fills in named, not filled in."""
    return re.sub(r"\{(\w+)\S*?\}", r"*\1*", text)


def _kinds_page() -> Iterator[str]:
    yield "# Kinds of nodes"
    yield ""
    yield "The built-in kinds, which a node names by `kind`. Edges start from outcomes; besides"
    yield "those listed, an edge of the outcome `always` is taken however the node ends."
    for kind in KINDS.values():
        yield ""
        yield f"## `{kind.name}`"
        yield ""
        yield f"**{kind.title}.** {kind.summary}"
        if kind.description:
            yield ""
            yield kind.description
        yield ""
        yield from _kind(kind)


def _kind(kind: Kind) -> Iterator[str]:
    listed = _code(list(kind.outcomes(Node("x", kind.name, is_capability=False))))
    yield f"- Outcomes: {listed}" if kind.name != "note" else "- Outcomes: none; it never runs"
    if kind.has_body:
        yield "- Has a `body`: nodes and edges of its own"
    if kind.literal:
        inner = _code(kind.late - kind.literal)
        but = f", but for {inner} within them" if inner else ""
        yield f"- Takes no expressions in {_code(kind.literal)}{but}"
    yield from _table(kind.inputs, "input")
    yield from _table(kind.outputs, "output")
    if kind.name == "davinci":
        yield from _imported_capabilities()


def _imported_capabilities() -> Iterator[str]:
    yield ""
    yield "These capabilities are known. All others fail as those that do not run here."
    yield ""
    yield "| connector | capability | properties | outcomes |"
    yield "| --- | --- | --- | --- |"
    for connector in davinci_connectors().values():
        for one in connector.capabilities.values():
            outcomes = [f"the ids of `{one.outcomes_from}`"] if one.outcomes_from else []
            outcomes += [_code(list(one.outcomes))] if one.outcomes else []
            told = f"does not run: {REASONS[one.opaque]}" if one.opaque else ", ".join(outcomes)
            properties = "the inputs of the flow" if one.takes_any else _code(list(one.properties))
            yield f"| `{one.connector}` | `{one.name}` | {properties} | {told} |"


def _table(schema: Mapping[str, Any], word: str) -> Iterator[str]:
    if not schema.get("properties"):
        return
    yield ""
    yield f"| {word} | | what it is |"
    yield "| --- | --- | --- |"
    for name, given in schema["properties"].items():
        reference = given.get("$ref", "").removeprefix("#/$defs/")
        member = {**schema.get("$defs", {}).get(reference, {}), **given}
        need = "required" if name in schema.get("required", ()) and word == "input" else ""
        yield f"| `{name}` | {need} | {' '.join(filter(None, _told(member)))} |"


def _told(member: Mapping[str, Any]) -> Iterator[str]:
    yield f"{member['title']}." if "title" in member else ""
    yield member.get("description", "")
    if "enum" in member:
        yield f"One of {_code(member['enum'])}."
    elif isinstance(member.get("type"), str):
        yield f"Of the type {member['type']}."
    if "default" in member:
        yield f"Default: `{json.dumps(member['default'])}`."


def _code(names: Iterable[str]) -> str:
    listed = names if isinstance(names, list) else sorted(names)
    return ", ".join(f"`{name}`" for name in listed)


def _expressions_page() -> Iterator[str]:
    yield "# Expressions"
    yield ""
    yield "A text in a node's inputs may hold expressions, `{{ … }}`. A value that is one"
    yield "expression and nothing else keeps its type; within a text it becomes text. What an"
    yield "expression reads must be there: where it is not, the step fails and says what is"
    yield "missing."
    yield ""
    yield "| read | what it is |"
    yield "| --- | --- |"
    yield from (f"| `{name}` | {told} |" for name, told in READ.items())
    yield ""
    yield "Operators: `+ - * / // %`, `~` (joins as text), `== != < <= > >=`, `in`, `not in`,"
    yield "`and`, `or`, `not`, `A if TEST else B`. Constants: texts in quotes, numbers, `true`,"
    yield "`false`, `none`, `[lists]`, `{'objects': 1}`. Tests: `is defined`, `is undefined`,"
    yield "`is none`, `is string`, `is mapping`. There are no loops, no assignments and no"
    yield "functions of Python."
    yield ""
    yield "## Filters"
    yield ""
    yield "| filter | what it gives | for example | |"
    yield "| --- | --- | --- | --- |"
    for name, (told, expression, value) in FILTERS.items():
        shown = expression.replace("|", "\\|")
        yield f"| `{name}` | {told} | `{{{{ {shown} }}}}` | `{json.dumps(value)}` |"
