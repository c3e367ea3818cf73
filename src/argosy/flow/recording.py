"""Turn a run into a case of a flow test: its input, what was answered, and how it ended.

What capabilities and requests answered becomes stubs, so that the case runs without them. Secrets
and what the flow calls sensitive are masked, as in every record of a run.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING

from argosy.flow.run import shown_value
from argosy.model import MASK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from argosy.flow.run import Run, Step
    from argosy.model import Flow, Json, JsonObject

#: Outputs that every capability has; a stub holds them only where the flow names them.
_BASIC = ("rawResponse", "headers")
_TURN = re.compile(r"/\d+(?=/)")


def recorded_case(
    run: Run, flow: Flow, answering: Collection[str], names: Collection[str] = ()
) -> JsonObject:
    """Return the case of a run that has ended.

    `answering` are the capabilities and kinds that are stubbed, `names` those of the cases that
    there are already.
    """
    case: JsonObject = {"name": _free_name(f"A run that {run.status}", names)}
    if run.input:
        case["input"] = run.shown(run.input)
    case["sandbox"] = {"seed": {}, "now": int(run.started_at)}
    steps = [step for step in run.steps if step.what in answering or _is_imported_call(step)]
    stubs = run.shown(_stubs(steps, flow))
    if stubs:
        case["stubs"] = stubs
    case["expect"] = _expectations(run)
    return case


def _is_imported_call(step: Step) -> bool:
    """Tell whether a step is a call of an API in an imported flow; one that failed runs again."""
    inputs = step.inputs if step.what == "davinci" and step.status == "succeeded" else None
    return isinstance(inputs, dict) and inputs.get("capability") == "makeRestApiCall"


def with_case(document: JsonObject | None, case: JsonObject) -> JsonObject:
    """Return a flow test's document with one case more; None stands for a new one."""
    given = document or {"formatVersion": 1, "cases": []}
    return {**given, "cases": [*given["cases"], case]}


def _free_name(name: str, taken: Collection[str]) -> str:
    count, free = 1, name
    while free in taken:
        count += 1
        free = f"{name} ({count})"
    return free


def _stubs(steps: Iterable[Step], flow: Flow) -> JsonObject:
    text = json.dumps(flow.document)
    dropped = [name for name in _BASIC if name not in text]
    by_place: dict[str, dict[str, Json]] = defaultdict(dict)
    for step in steps:
        by_place[_any_turn(step.path)][step.path] = _stub(step, dropped)
    stubs: JsonObject = {}
    for place, found in by_place.items():
        first = next(iter(found.values()))
        same = len(found) > 1 and all(stub == first for stub in found.values())
        stubs |= {place: first} if same else found
    return stubs


def _stub(step: Step, dropped: Sequence[str]) -> Json:
    turns = [_failure(attempt.error) for attempt in step.attempts]
    if step.error is not None:
        turns.append(_failure(step.error))
    else:
        outputs = shown_value(step.outputs)
        last = {"outputs": {name: outputs[name] for name in outputs if name not in dropped}}
        turns.append(last)
    return turns[0] if len(turns) == 1 else {"inTurn": turns}


def _failure(error: JsonObject) -> JsonObject:
    said = {"code": error["code"]}
    if "vendorMessage" in error:
        said["message"] = error["vendorMessage"]
    said |= {name: error[name] for name in ("status", "retryAfter") if name in error}
    return {"error": said}


def _expectations(run: Run) -> JsonObject:
    expected: JsonObject = {"status": run.status}
    if run.error is not None:
        expected["error"] = {"code": run.error.code}
    expected["response"] = _response(run)
    expected["ran"] = _places(step.path for step in run.steps)
    if run.skipped:
        expected["skipped"] = _places(run.skipped)
    failed = _places(step.path for step in run.steps if step.status == "failed")
    if failed:
        expected["failed"] = failed
    return expected


def _response(run: Run) -> JsonObject | None:
    if run.response is None:
        return None
    told = run.shown(run.response.to_json())
    body = told.pop("body")
    text = json.dumps(body)
    if not any(words in text for words in _unstable_words(run)):
        told["body"] = {"equals": body}
    return dict(told)


def _unstable_words(run: Run) -> Iterator[str]:
    """Yield what another run, or a stub, says in other words."""
    yield from (run.id, MASK)
    for step in run.steps:
        if step.error is not None:
            yield json.dumps(step.error["message"])[1:-1]


def _places(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(_any_turn, paths)))


def _any_turn(path: str) -> str:
    return _TURN.sub("/*", path)
