"""A failed case as text: what was expected and what was found, then what the run did.

Each mismatch names its place in the test's file; of two values only the places that differ are
shown. Pure; `width` is in columns, and nothing is cut but values of many lines.
"""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from argosy.model import join_pointer
from argosy.testing.result import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.model import Json, JsonObject
    from argosy.testing.result import CaseResult, Difference, Mismatch

_MOST_DIFFERENCES = 20
_MOST_STEPS = 40
_LONGEST = 600
_AROUND = 60
_ICONS = {"succeeded": "ok", "failed": "FAILED", "cancelled": "cancelled", "running": "running"}


def trace_lines(result: CaseResult, width: int = 100) -> list[str]:
    """Return the lines that explain a failed case."""
    lines: list[str] = []
    if result.reason:
        lines += _wrapped(result.reason, width, "  ")
    for mismatch in result.mismatches:
        lines += _mismatch(mismatch, result.file, width)
    if result.run is not None:
        lines += _run(result.run, _steps_meant(result.mismatches), width)
    return lines


def _steps_meant(mismatches: Sequence[Mismatch]) -> set[str]:
    """Return the ids and paths of steps that mismatches are about."""
    found = (one.pointer.partition("/expect/steps/")[2].partition("/")[0] for one in mismatches)
    return {key.replace("~1", "/").rpartition("/")[2] for key in found if key}


def _mismatch(mismatch: Mismatch, file: str, width: int) -> Iterator[str]:
    yield from _wrapped(mismatch.message, width, "  ")
    yield f"    at {file}#{mismatch.pointer}"
    for difference in mismatch.differences[:_MOST_DIFFERENCES]:
        yield from _difference(difference, width)
    more = len(mismatch.differences) - _MOST_DIFFERENCES
    if more > 0:
        yield f"    and {more} more"
    yield ""


def _difference(difference: Difference, width: int) -> Iterator[str]:
    if difference.path:
        yield f"    {join_pointer(difference.path)}"
    expected, found = _sides(difference.expected, difference.found)
    indent = "      " if difference.path else "    "
    yield from _wrapped(f"expected: {expected}", width, indent, hang=10)
    yield from _wrapped(f"found:    {found}", width, indent, hang=10)


def _sides(expected: Json, found: Json) -> tuple[str, str]:
    """Return both sides as text; of two long texts the part around their first difference."""
    one, other = shown(expected), shown(found)
    if min(len(one), len(other)) > 2 * _AROUND and isinstance(expected, str):
        both = zip(one, other, strict=False)
        first = next((i for i, (a, b) in enumerate(both) if a != b), min(len(one), len(other)))
        return _around(one, first), _around(other, first)
    return _shortened(one), _shortened(other)


def shown(value: Json) -> str:
    """Return a value as JSON on one line, what is absent as a word."""
    return "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False, default=repr)


def _around(text: str, place: int) -> str:
    first = max(place - _AROUND // 2, 0)
    last = place + _AROUND
    before = "…" if first else ""
    return f"{before}{text[first:last]}{'…' if last < len(text) else ''}"


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text)} characters)"


def _run(run: JsonObject, meant: set[str], width: int) -> Iterator[str]:
    yield "  Steps:"
    yield from _steps(run["steps"], meant, width)
    if run["skipped"]:
        yield from _wrapped(f"skipped: {', '.join(run['skipped'])}", width, "    ", hang=9)
    if run.get("error") and not any(step.get("error") for step in run["steps"]):
        yield from _wrapped(f"error: {_told(run['error'])}", width, "    ", hang=7)
        yield from _problems(run["error"], width)
    response = run.get("response")
    if response:
        text = f"response: {response['statusCode']} {_shortened(shown(response['body']))}"
        yield from _wrapped(text, width, "    ", hang=10)


def _steps(steps: Sequence[JsonObject], meant: set[str], width: int) -> Iterator[str]:
    chosen = _worth_telling(steps)
    if not steps:
        yield "    none ran"
    last = -1
    paths = [steps[place]["path"] for place in chosen]
    column = min(max(map(len, paths), default=0), max(width // 3, 12))
    for place in chosen:
        if place > last + 1:
            yield f"    … {place - last - 1} more"
        last = place
        is_meant = steps[place]["node"] in meant
        yield from _step(steps[place], column, width, is_meant=is_meant)
    if last < len(steps) - 1:
        yield f"    … {len(steps) - 1 - last} more"


def _worth_telling(steps: Sequence[JsonObject]) -> list[int]:
    """Return the places of the first and the last steps, and of those that failed."""
    places = range(len(steps))
    if len(steps) <= _MOST_STEPS:
        return list(places)
    half = _MOST_STEPS // 2
    failed = [place for place in places if steps[place]["status"] == "failed"][:half]
    return sorted({*places[:half], *places[-half:], *failed})


def _step(step: JsonObject, column: int, width: int, *, is_meant: bool) -> Iterator[str]:
    facts = [step["what"]]
    if step["outcome"] not in {"", "success", "error"}:
        facts.append(f"→ {step['outcome']}")
    if step["attempts"] > 1:
        facts.append(f"{step['attempts']} attempts")
    if step["seconds"] >= 0.001:
        facts.append(f"{step['seconds']:.3g} s")
    status = _ICONS.get(step["status"], step["status"])
    yield f"    {status:<8} {step['path']:<{column}}  {'  '.join(facts)}".rstrip()
    if is_meant or step["status"] != "succeeded":
        indent = " " * 13
        text = f"inputs: {_shortened(shown(step['inputs']))}"
        yield from _wrapped(text, width, indent, hang=8)
        for failed in step.get("failedAttempts", ()):
            text = f"attempt {failed['number']}: {_told(failed['error'])}"
            yield from _wrapped(text, width, indent, hang=11)
        if step.get("error"):
            yield from _wrapped(f"error: {_told(step['error'])}", width, indent, hang=7)
            yield from _problems(step["error"], width, indent)


def _told(error: JsonObject) -> str:
    return f"{error['code']}: {error['message']}"


def _problems(error: JsonObject, width: int, indent: str = "    ") -> Iterator[str]:
    for problem in error.get("problems", ()):
        text = f"{problem.get('pointer') or '/'}: {problem['message']}"
        yield from _wrapped(text, width, f"{indent}  ", hang=2)


def _wrapped(text: str, width: int, indent: str, hang: int = 0) -> list[str]:
    """Break a text into lines; words longer than a line stay whole, so that they can be copied."""
    return textwrap.wrap(
        text.replace("\n", " ⏎ "),
        max(width, 40),
        initial_indent=indent,
        subsequent_indent=indent + " " * hang,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    ) or [indent]
