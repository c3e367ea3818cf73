"""Judge what a case left behind by what it expects. Pure: a function each, all mismatches told."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from argosy.flow.run import shown_value
from argosy.model import join_pointer
from argosy.testing.matching import differences, holds, is_same, lacking, unmatched
from argosy.testing.observed import readable_body
from argosy.testing.result import ABSENT, Difference, Mismatch
from argosy.testing.snapshots import masked
from argosy.testing.stubs import path_pattern
from argosy.validation import Validator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from argosy.flow.run import Step
    from argosy.model import Json, JsonObject
    from argosy.testing.observed import Observed

    Judge = Callable[[Json, Observed, str], Iterator[Mismatch]]

_ANOTHER = {
    "status": "another status",
    "outcome": "another outcome",
    "attempts": "another number of attempts",
    "node": "come from another node",
    "statusCode": "another status code",
}
#: Within so many seconds, two clocks may tell the end of a step and the beginning of the next.
_TICK = 0.001


def judge(expect: JsonObject, observed: Observed, pointer: str) -> tuple[Mismatch, ...]:
    """Return every expectation that is not met, in the order of the file, without secrets."""
    found: list[Mismatch] = []
    if "status" not in expect:
        is_failed = "error" in expect
        found += _status("failed" if is_failed else "succeeded", observed, pointer)
    for name, expected in expect.items():
        found += _JUDGES[name](expected, observed, f"{pointer}/{name}")
    return tuple(
        replace(
            one,
            message=observed.run.redact(one.message),
            differences=tuple(map(observed.shown, one.differences)),
        )
        for one in found
    )


def _status(expected: str, observed: Observed, pointer: str) -> Iterator[Mismatch]:
    run = observed.run
    if run.status != expected:
        why = f": {run.error.code}: {run.error.message}" if run.error else ""
        yield Mismatch(pointer, f"the run has {run.status}, not {expected}{why}")


def _error(expected: JsonObject, observed: Observed, pointer: str) -> Iterator[Mismatch]:
    error = observed.run.error
    if error is None:
        yield Mismatch(pointer, "the run has no error")
        return
    yield from _error_is(expected, error.to_json(), pointer, "the run's error")
    if "cause" in expected:
        failed = [step.error["code"] for step in observed.run.steps if step.error]
        if expected["cause"] not in failed:
            there = ", ".join(dict.fromkeys(failed)) or "nothing"
            text = f"no step failed with {expected['cause']!r}; they did with {there}"
            yield Mismatch(f"{pointer}/cause", text)


def _error_is(
    expected: JsonObject, error: JsonObject, pointer: str, what: str
) -> Iterator[Mismatch]:
    message, code = error["message"], error["code"]
    if expected.get("code", code) != code:
        one = Difference((), expected["code"], code)
        yield Mismatch(f"{pointer}/code", f"{what} is another one: {message}", (one,))
    if expected.get("contains", "") not in message:
        one = Difference((), expected["contains"], message)
        yield Mismatch(f"{pointer}/contains", f"{what} has other words", (one,))


def _response(expected: Json, observed: Observed, pointer: str) -> Iterator[Mismatch]:
    found = observed.response
    if expected is None or found is None:
        if found is not None:
            one = Difference((), ABSENT, found)
            yield Mismatch(pointer, f"{found['node']!r} has responded, and nothing should", (one,))
        elif expected is not None:
            yield Mismatch(pointer, "the run has not responded")
        return
    for name in ("node", "status", "statusCode"):
        if expected.get(name, found[name]) != found[name]:
            one = Difference((), expected[name], found[name])
            yield Mismatch(f"{pointer}/{name}", f"the response has {_ANOTHER[name]}", (one,))
    if "body" in expected:
        place = f"{pointer}/body"
        yield from _match(expected["body"], found["body"], observed, place, "the response's body")


def _steps(expected: JsonObject, observed: Observed, pointer: str) -> Iterator[Mismatch]:
    for key, one in expected.items():
        place = pointer + join_pointer((key,))
        found = observed.steps(key)
        if "count" in one and one["count"] != len(found):
            difference = Difference((), one["count"], len(found))
            text = f"{key!r} has run another number of times"
            yield Mismatch(f"{place}/count", text, (difference,))
        status = one.get("status")
        if status == "skipped":
            if found:
                yield Mismatch(f"{place}/status", f"{key!r} ran; it should have been skipped")
            continue
        if not found and one.get("count") != 0:
            yield Mismatch(place, f"{key!r} did not run")
        for step in found:
            yield from _step(one, step, observed, place)


def _step(expected: JsonObject, step: Step, observed: Observed, place: str) -> Iterator[Mismatch]:
    what = f"step {step.path!r}"
    facts = {"status": step.status, "outcome": step.outcome, "attempts": step.tries}
    for name, found in facts.items():
        if expected.get(name, found) != found:
            because = step.error if name == "status" else None
            why = f": {because['message']}" if because else ""
            one = Difference((), expected[name], found)
            text = f"{what} has {_ANOTHER[name]}{why}"
            yield Mismatch(f"{place}/{name}", text, (one,))
    if "error" in expected:
        if step.error is None:
            yield Mismatch(f"{place}/error", f"{what} has no error")
        else:
            error = f"the error of {what}"
            yield from _error_is(expected["error"], step.error, f"{place}/error", error)
    values = {"inputs": step.inputs, "outputs": step.outputs}
    for name, value in values.items():
        if name in expected:
            text = f"what {what} has as {name}"
            shown = shown_value(value)
            yield from _match(expected[name], shown, observed, f"{place}/{name}", text, step.path)


def _ran(expected: Sequence[str], observed: Observed, pointer: str) -> Iterator[Mismatch]:
    for index, key in enumerate(expected):
        if not observed.steps(key):
            yield Mismatch(f"{pointer}/{index}", f"{key!r} did not run")


def _skipped(expected: Sequence[str], observed: Observed, pointer: str) -> Iterator[Mismatch]:
    for index, key in enumerate(expected):
        if observed.steps(key):
            yield Mismatch(f"{pointer}/{index}", f"{key!r} ran; it should have been skipped")


def _failed(expected: Sequence[str], observed: Observed, pointer: str) -> Iterator[Mismatch]:
    failed = [step for step in observed.run.steps if step.status == "failed"]
    told: set[str] = set()
    for index, key in enumerate(expected):
        found = observed.steps(key)
        told |= {step.path for step in found}
        if not any(step.status == "failed" for step in found):
            how = "succeeded" if found else "did not run"
            yield Mismatch(f"{pointer}/{index}", f"{key!r} {how}; it should have failed")
    for step in failed:
        # a loop or subflow fails with what fails in it
        inner = any(path.startswith(f"{step.path}/") for path in told)
        if step.path not in told and not inner:
            why = (step.error or {}).get("message", "")
            yield Mismatch(pointer, f"{step.path!r} failed, which is not expected: {why}")


def _order(
    expected: Sequence[Sequence[str]], observed: Observed, pointer: str
) -> Iterator[Mismatch]:
    place_of = {id(step): place for place, step in enumerate(observed.run.steps)}
    for index, row in enumerate(expected):
        place = f"{pointer}/{index}"
        found = [(key, observed.steps(key)) for key in row]
        for key, steps in found:
            if not steps:
                yield Mismatch(place, f"{key!r} did not run")
        for (first, before), (second, after) in pairwise(found):
            if before and after:
                last, begins = place_of[id(before[-1])], place_of[id(after[0])]
                ended = before[-1].started_at + before[-1].seconds
                if last > begins or ended > after[0].started_at + _TICK:
                    yield Mismatch(place, f"{first!r} has not ended before {second!r} begins")


def _variables(expected: JsonObject, observed: Observed, pointer: str) -> Iterator[Mismatch]:
    for name, terms in expected.items():
        value = observed.run.variables.get(name)
        place = pointer + join_pointer((name,))
        yield from _match(terms, value, observed, place, f"the variable {name!r}")


def _requests(
    expected: Sequence[JsonObject], observed: Observed, pointer: str
) -> Iterator[Mismatch]:
    for index, one in enumerate(expected):
        place = f"{pointer}/{index}"
        like = [request for request in observed.requests if _is_like(one, request)]
        found = [request for request in like if _has_body(one, request)]
        wanted = one.get("count")
        if len(found) == wanted or (wanted is None and found):
            continue
        what = " ".join(str(one[name]) for name in ("method", "path") if name in one) or "such"
        if wanted is not None and (len(found) > wanted or len(found) == len(like)):
            difference = Difference((), wanted, len(found))
            text = f"there is another number of {what} requests"
            yield Mismatch(f"{place}/count", text, (difference,))
        elif like:
            other = next(request for request in like if request not in found)
            lacks = _body_lacks(one["body"], readable_body(other))
            few = f"{len(found) or 'none'} of {len(like)} {what} requests"
            have = "have" if len(found) > 1 else "has"
            yield Mismatch(
                f"{place}/body", f"{few} {have} this body; the first other:", tuple(lacks)
            )
        else:
            seen = [f"{r['method']} {r['path']} ({r['status']})" for r in observed.requests]
            there = ", ".join(list(dict.fromkeys(seen))[:8]) or "none"
            yield Mismatch(place, f"there is no {what} request; those there are: {there}")


def _is_like(expected: JsonObject, request: JsonObject) -> bool:
    path = expected.get("path")
    return (
        expected.get("method", request["method"]) == request["method"]
        and expected.get("status", request["status"]) == request["status"]
        and (path is None or re.fullmatch(path_pattern(path), request["path"]) is not None)
        and holds(expected.get("query", {}), dict(parse_qsl(request["query"], True)))
    )


def _has_body(expected: JsonObject, request: JsonObject) -> bool:
    return "body" not in expected or not list(_body_lacks(expected["body"], readable_body(request)))


def _body_lacks(expected: Json, body: Json) -> Iterator[Difference]:
    if isinstance(expected, str) and isinstance(body, str):
        if expected not in body:
            yield Difference((), expected, body)
        return
    yield from lacking(expected, body)


def _rows(expected: Sequence[JsonObject], observed: Observed, pointer: str) -> Iterator[Mismatch]:
    for index, one in enumerate(expected):
        place = f"{pointer}/{index}"
        table = f"{one['database']}.{one['table']}"
        held = observed.rows.get((one["database"], one["table"]))
        rows = [row for row in held or () if holds(one.get("where", {}), row)]
        if held is None and one.get("count") != 0:
            yield Mismatch(place, f"there is no table {table}")
            continue
        if one.get("count", len(rows)) != len(rows):
            difference = Difference((), one["count"], len(rows))
            text = f"{table} holds another number of rows"
            yield Mismatch(f"{place}/count", text, (difference,))
        yield from _rows_include(one.get("includes", ()), rows, f"{place}/includes", table)
        if "count" not in one and "includes" not in one and not rows:
            yield Mismatch(place, f"{table} holds no such rows")


def _rows_include(
    expected: Sequence[JsonObject], rows: Sequence[JsonObject], place: str, table: str
) -> Iterator[Mismatch]:
    for index, nearest in unmatched(expected, rows):
        found = f"{table} holds no such row" + (f" among {len(rows)}" if rows else "")
        if nearest is None:
            one = [Difference((), expected[index], ABSENT)]
        else:
            one = list(lacking(expected[index], rows[nearest]))
            found += "; the nearest:"
        yield Mismatch(f"{place}/{index}", found, tuple(one))


def _that(expected: Json, observed: Observed, pointer: str) -> Iterator[Mismatch]:
    yield from _expressions(expected, observed, pointer, {})


def _expressions(
    expected: Json, observed: Observed, pointer: str, value: JsonObject
) -> Iterator[Mismatch]:
    is_one = isinstance(expected, str)
    for index, text in enumerate([expected] if is_one else expected):
        place = pointer if is_one else f"{pointer}/{index}"
        found, why = observed.compute(text, value)
        if why:
            yield Mismatch(place, why)
        elif found is not True:
            yield Mismatch(place, f"{text} does not hold", (Difference((), True, found),))


def _match(
    expected: JsonObject,
    found: Json,
    observed: Observed,
    pointer: str,
    what: str,
    inner: str = "",
) -> Iterator[Mismatch]:
    """Judge one value by the terms of a match; `inner` tells steps of one node apart."""
    if "equals" in expected and not is_same(expected["equals"], found):
        text = f"{what} is not what was expected"
        yield Mismatch(f"{pointer}/equals", text, tuple(differences(expected["equals"], found)))
    if "includes" in expected and not holds(expected["includes"], found):
        text = f"{what} lacks something"
        yield Mismatch(f"{pointer}/includes", text, tuple(lacking(expected["includes"], found)))
    if "schema" in expected:
        for problem in Validator(expected["schema"]).problems(found):
            text = f"{what} does not fit the schema: {problem.place}: {problem.message}"
            yield Mismatch(f"{pointer}/schema", text)
    if "that" in expected:
        yield from _expressions(expected["that"], observed, f"{pointer}/that", {"value": found})
    if "snapshot" in expected:
        place = f"{pointer}/snapshot"
        yield from _snapshot(expected["snapshot"], found, observed, place, what, inner)


def _snapshot(
    terms: Json, found: Json, observed: Observed, pointer: str, what: str, inner: str
) -> Iterator[Mismatch]:
    key = pointer.partition("/expect")[2].removesuffix("/snapshot")
    key = f"{key} {inner}" if inner and not key.startswith(f"/steps/{inner}/") else key
    value = masked(observed.run.shown(found), terms)
    observed.snapshots[key] = value
    if observed.updates:
        return
    if key not in observed.kept:
        hint = "`argosy test --update-snapshots` keeps what there is now"
        yield Mismatch(pointer, f"{what} has no snapshot yet; {hint}")
    elif not is_same(observed.kept[key], value):
        text = f"{what} is not what its snapshot holds"
        yield Mismatch(pointer, text, tuple(differences(observed.kept[key], value)))


_JUDGES: dict[str, Judge] = {
    "status": _status,
    "error": _error,
    "response": _response,
    "steps": _steps,
    "ran": _ran,
    "skipped": _skipped,
    "failed": _failed,
    "order": _order,
    "variables": _variables,
    "requests": _requests,
    "rows": _rows,
    "that": _that,
}
