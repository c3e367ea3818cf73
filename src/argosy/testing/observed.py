"""What a case left behind, as its expectations look at it. Values keep their secrets in here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import orjson

from argosy.errors import ArgosyError
from argosy.flow.run import shown_value
from argosy.flow.templates import compile_strict
from argosy.model import MASK
from argosy.rendering import ExpressionFunction
from argosy.testing.result import Difference
from argosy.testing.stubs import path_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.flow.run import Run, Step
    from argosy.model import Json, JsonObject

_HIDDEN = f"{MASK} (it differs, and is not shown)"


@dataclass(frozen=True, slots=True)
class Observed:
    """The run, and what the sandbox saw and holds.

    `rows` are those of the tables that are asked for, None for one that is not there. `kept` are
    the case's snapshots of before; `snapshots` takes those of now.
    """

    run: Run
    requests: Sequence[JsonObject] = ()
    rows: Mapping[tuple[str, str], list[JsonObject] | None] = field(default_factory=dict)
    kept: Mapping[str, Json] = field(default_factory=dict)
    updates: bool = False
    snapshots: dict[str, Json] = field(default_factory=dict)

    def steps(self, key: str) -> list[Step]:
        """Return the steps that an id or a path stands for, in the order they began."""
        pattern = re.compile(path_pattern(key))
        is_id = "/" not in key
        return [
            step
            for step in self.run.steps
            if pattern.fullmatch(step.path) or (is_id and step.node == key)
        ]

    @property
    def response(self) -> JsonObject | None:
        """The response, as JSON says it."""
        return None if self.run.response is None else self.run.response.to_json()

    def compute(self, expression: str, value: Mapping[str, Json]) -> tuple[Json, str]:
        """Compute an expression; `value` is what it reads besides. Return it, or why it failed."""
        try:
            return compile_strict(expression)({**self._scope(), **value}), ""
        except ArgosyError as error:
            return None, self.run.redact(error.message)

    def _scope(self) -> dict[str, Json]:
        run = self.run
        nodes = {
            step.node: {
                "status": step.status,
                "outcome": step.outcome,
                "inputs": step.inputs,
                "outputs": shown_value(step.outputs),
                "error": step.error,
            }
            for step in run.steps
            if "/" not in step.path
        }
        return {
            "input": run.input,
            "nodes": nodes,
            "vars": run.variables,
            "run": {"id": run.id, "flow": run.flow, "startedAt": int(run.started_at)},
            "now": ExpressionFunction(lambda: int(run.started_at + run.seconds)),
            "response": self.response,
        }

    def shown(self, difference: Difference) -> Difference:
        """Return a difference without secrets and without what is sensitive."""
        if any(part in self.run.sensitive for part in difference.path):
            return Difference(difference.path, _HIDDEN, _HIDDEN)
        expected = self.run.shown(difference.expected)
        found = self.run.shown(difference.found)
        if expected == found and difference.expected != difference.found:
            return Difference(difference.path, _HIDDEN, _HIDDEN)
        return Difference(difference.path, expected, found)


def readable_body(request: JsonObject) -> Json:
    """Return the body of a request in the log: JSON or a form as values, anything else as text."""
    text = request["body"]
    try:
        return orjson.loads(text)
    except ValueError:
        kind = request["headers"].get("content-type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(text, keep_blank_values=True))
        return text
