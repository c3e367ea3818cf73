"""What a run leaves behind: its steps, its response, how it ended. Times are in seconds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from argosy.model import MASK, Json, JsonObject, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from argosy.errors import ArgosyError

Status = Literal["running", "succeeded", "failed", "cancelled"]
#: How many texts a run looks for in all others; what is sensitive beyond that is masked by name.
_MOST_HIDDEN = 200
#: How many parts of a long path are shown at each of its ends.
_MOST_PARTS = 5


def _as_it_is(value: Json) -> Json:
    return value


@dataclass(slots=True)
class Attempt:
    """One try of a step that was not the last or did not succeed; `error` as errors tell it."""

    number: int
    seconds: float
    error: JsonObject


@dataclass(slots=True)
class Step:
    """One node's part in a run.

    `path` is the node's id, behind those of the loops and flows around it with their turns:
    `each/3/insert`. `started_at` is an epoch. `inputs` are without secrets. A step that was taken
    over from an earlier run is `reused`.
    """

    path: str
    node: str
    what: str
    status: Status = "running"
    outcome: str = ""
    started_at: float = 0.0
    seconds: float = 0.0
    inputs: Json = field(default=None, repr=False)
    outputs: JsonObject = field(default_factory=dict, repr=False)
    error: JsonObject | None = None
    attempts: list[Attempt] = field(default_factory=list)
    tries: int = 0
    reused: bool = False

    def to_json(self, mask: Callable[[Json], Json] = _as_it_is) -> JsonObject:
        """Return the step as a JSON object; `mask` is applied to its inputs and outputs."""
        shown: JsonObject = {
            "path": self.path,
            "node": self.node,
            "what": self.what,
            "status": self.status,
            "outcome": self.outcome,
            "startedAt": self.started_at,
            "seconds": round(self.seconds, 6),
            "attempts": self.tries,
            "inputs": mask(shown_value(self.inputs)),
            "outputs": mask(shown_value(self.outputs)),
        }
        if self.error is not None:
            shown["error"] = self.error
        if self.attempts:
            shown["failedAttempts"] = [
                {"number": one.number, "seconds": round(one.seconds, 6), "error": one.error}
                for one in self.attempts
            ]
        if self.reused:
            shown["reused"] = True
        return shown

    @classmethod
    def from_json(cls, document: JsonObject) -> Step:
        """Read what `to_json` has written."""
        return cls(
            path=document["path"],
            node=document["node"],
            what=document["what"],
            status=document["status"],
            outcome=document["outcome"],
            started_at=document["startedAt"],
            seconds=document["seconds"],
            inputs=document["inputs"],
            outputs=document["outputs"],
            error=document.get("error"),
            attempts=[Attempt(**one) for one in document.get("failedAttempts", ())],
            tries=document["attempts"],
            reused=document.get("reused", False),
        )


@dataclass(frozen=True, slots=True)
class Response:
    """What a run answers whoever started it."""

    node: str
    is_error: bool
    status_code: int
    body: Json = field(repr=False)

    def to_json(self, mask: Callable[[Json], Json] = _as_it_is) -> JsonObject:
        """Return the response as a JSON object; `mask` is applied to its body."""
        return {
            "node": self.node,
            "status": "error" if self.is_error else "success",
            "statusCode": self.status_code,
            "body": mask(shown_value(self.body)),
        }

    @classmethod
    def from_json(cls, document: JsonObject) -> Response:
        """Read what `to_json` has written."""
        is_error = document["status"] == "error"
        return cls(document["node"], is_error, document["statusCode"], document["body"])


@dataclass(slots=True)
class Run:
    """One execution of a flow.

    `skipped` are the paths of nodes that no edge led to in the end. `is_record` says that it was
    read from JSON, where values are masked or cut short.
    """

    id: str
    flow: str
    input: Json = field(repr=False)
    status: Status = "running"
    started_at: float = 0.0
    seconds: float = 0.0
    steps: list[Step] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    response: Response | None = None
    variables: JsonObject = field(default_factory=dict, repr=False)
    error: ArgosyError | None = None
    sensitive: frozenset[str] = frozenset()
    redact: Callable[[Json], Json] = field(default=_as_it_is, repr=False)
    is_record: bool = False
    _hidden: set[str] = field(default_factory=set, repr=False)
    _hider: Redactor | None = field(default=None, repr=False)

    def step(self, path: str) -> Step | None:
        """Return the last step of a path, or None."""
        return next((step for step in reversed(self.steps) if step.path == path), None)

    def to_json(self) -> JsonObject:
        """Return the run as a JSON object, without secrets and without what is sensitive."""
        mask = self.masked
        shown: JsonObject = {
            "id": self.id,
            "flow": self.flow,
            "status": self.status,
            "startedAt": self.started_at,
            "seconds": round(self.seconds, 6),
            "input": mask(shown_value(self.input)),
            "response": self.response.to_json(mask) if self.response else None,
            "variables": mask(shown_value(self.variables)),
            "steps": [step.to_json(mask) for step in self.steps],
            "skipped": self.skipped,
        }
        if self.error is not None:
            shown["error"] = self.error.to_json()
        return dict(self.cleaned(shown))

    def hide(self, texts: Iterable[str]) -> None:
        """Have texts masked from here on, wherever they stand in what is shown of the run."""
        found = set(texts) - self._hidden
        room = _MOST_HIDDEN - len(self._hidden)
        if found and room > 0:
            self._hidden.update(sorted(found)[:room])
            self._hider = None

    def hide_sensitive(self, value: Json) -> None:
        """Have the texts masked that stand below sensitive names in a value."""
        if self.sensitive:
            self.hide(_texts_below(value, self.sensitive))

    def masked(self, value: Json) -> Json:
        """Return a value with the mask in place of every member that is sensitive by its name."""
        return without(value, self.sensitive)

    def cleaned(self, value: Json) -> Json:
        """Return something of the run with secrets and hidden texts masked."""
        if self._hidden:
            if self._hider is None:
                self._hider = Redactor(self._hidden)
            value = self._hider.value(value)
        return self.redact(value)

    def shown(self, value: Json) -> Json:
        """Return values of the run without secrets and without what is sensitive."""
        return self.cleaned(self.masked(value))

    @classmethod
    def from_json(cls, document: JsonObject) -> Run:
        """Read what `to_json` has written, for a replay; how it failed is left out."""
        response = document.get("response")
        return cls(
            id=document["id"],
            flow=document["flow"],
            input=document["input"],
            status=document["status"],
            started_at=document["startedAt"],
            seconds=document["seconds"],
            steps=[Step.from_json(step) for step in document["steps"]],
            skipped=list(document["skipped"]),
            response=Response.from_json(response) if response else None,
            variables=document["variables"],
            is_record=True,
        )


def shown_path(path: str) -> str:
    """Return a step's path for a sentence: without its middle where it is long."""
    parts = path.split("/")
    if len(parts) <= 2 * _MOST_PARTS:
        return path
    return "/".join([*parts[:_MOST_PARTS], "…", *parts[-_MOST_PARTS:]])


def shown_value(value: Json) -> Json:
    """Return a value as JSON can say it: of bytes it tells how many there are."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return {"bytes": len(value)}
    if isinstance(value, dict):
        return {name: shown_value(member) for name, member in value.items()}
    if isinstance(value, list | tuple):
        return [shown_value(item) for item in value]
    return str(value)  # a path


def without(value: Json, names: frozenset[str]) -> Json:
    """Return a value with the mask in place of every member that has one of these names."""
    if not names:
        return value
    if isinstance(value, dict):
        return {
            name: MASK if name in names else without(member, names)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [without(item, names) for item in value]
    return value


def _texts_below(value: Json, names: frozenset[str], *, below: bool = False) -> Iterator[str]:
    """Yield the texts, and numbers as text, that stand anywhere below members of these names."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _texts_below(member, names, below=below or name in names)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_below(item, names, below=below)
    elif below and isinstance(value, str):
        yield value
    elif below and isinstance(value, int | float) and len(str(value)) > _LONGEST_OPEN_NUMBER:
        yield str(value)


#: A number of so few digits stands in many texts by chance.
_LONGEST_OPEN_NUMBER = 5
