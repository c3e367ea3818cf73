"""Faults: rules that make a matching request go wrong on purpose.

A rule says which requests it is about, how often it strikes, and with what:

    {"match": {"method": "POST", "path": "^/shop/", "family": "records"},
     "every": 7, "times": 3, "probability": 0.5,
     "kind": "status", "status": 429, "headers": {"Retry-After": "0"}, "when": "before"}

Every part but the fault itself is optional. `match.path` is a regular expression searched in
the path. The rule strikes each `every`-th matching request, with `probability`, `times` times
at most. In place of `kind` and its members a rule may have `"cycle": [fault, fault, …]` and
takes the next one each time it strikes. A request meets one fault: the first rule that strikes
wins, while later rules still count the request as matching. Kinds and their members:

| kind | members | what happens |
| --- | --- | --- |
| status | `status`, `headers`, `body` | this answer instead of the real one |
| delay | `seconds` | the request waits, then goes on |
| reset | | the TCP connection is reset |
| garbage | `body` (a text) | bytes that are no HTTP, then the connection closes |
| truncate | `share` of the body, 0.5 by default | the full length announced, part of it sent |
| partial | `share` or `records` (positions), `error`, `status` 206 or 200 | records fail |

Each takes `seconds` to wait first. `when` is "before" (the request has no effect) or "after"
(it takes effect and its answer is lost) for status, delay, reset and garbage; truncate is
always after. `partial` is about batches of records only and leaves other requests alone; its
`error` has a `name` that clients retry unless told otherwise, and a `description`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from argosy.sandbox.hosts import FAMILIES, FamilyName
from argosy.sandbox.reading import Node

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.settings import Json

LONGEST_PATTERN: Final = 200
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "status": ("status", "headers", "body", "when"),
    "delay": ("when",),
    "reset": ("when",),
    "garbage": ("body", "when"),
    "truncate": ("share",),
    "partial": ("share", "records", "error", "status"),
}
_RULE_MEMBERS: Final = ("match", "every", "times", "probability", "cycle")
_HEADER_NAME: Final = r"(?i)(?!(content-length|transfer-encoding|connection)$)[a-z0-9-]+"
_RETRYABLE: Final = {"name": "TemporarilyUnavailableError", "description": "Try again."}


class Incoming(Struct, frozen=True):
    """What a rule looks at in a request."""

    method: str
    path: str
    family: FamilyName


class Fault(Struct, frozen=True):
    """One thing that goes wrong; members a kind doesn't use keep their defaults."""

    kind: str
    when: str = "before"
    seconds: float = 0.0
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None
    share: float = 0.5
    records: tuple[int, ...] | None = None
    error: Mapping[str, str] = field(default_factory=lambda: dict(_RETRYABLE))

    @classmethod
    def from_json(cls, node: Node, *more: str) -> Fault:
        """Read a fault; `more` names members that belong to the rule around it."""
        kind = node.required("kind").choice(_MEMBERS)
        members = node.members("kind", "seconds", *_MEMBERS[kind], *more)
        defaults: dict[str, Any] = {"when": "after"} if kind == "truncate" else {}
        if kind == "partial":
            defaults = {"status": 206}
        read = {name: _read(name, kind, node) for name, node in members.items() if name not in more}
        return cls(**(defaults | read))

    def failing(self, count: int) -> Sequence[int]:
        """Give the positions that fail in a batch of so many records."""
        if self.kind != "partial":
            return ()
        return range(round(count * self.share)) if self.records is None else self.records


NO_FAULT: Final = Fault("none")
"""What a request meets that no rule strikes."""


def _read(name: str, kind: str, node: Node) -> Any:
    """Read one member of a fault."""
    if name == "status" and kind == "partial":
        status = node.whole()
        return status if status in {200, 206} else node.refuse("206 or 200 is needed here.")
    readers: Mapping[str, Any] = {
        "kind": node.text,
        "when": lambda: node.choice(("before", "after")),
        "seconds": lambda: node.number(0, 3600),
        "status": lambda: node.whole(200, 599),
        "headers": lambda: _read_headers(node),
        "body": node.text if kind == "garbage" else lambda: node.value,
        "share": lambda: node.number(0, 1),
        "records": lambda: tuple(item.whole(0, 499) for item in node.items()),
        "error": lambda: _read_error(node),
    }
    return readers[name]()


def _read_headers(node: Node) -> dict[str, str]:
    for name in node.members():
        Node(name, node.where).text(_HEADER_NAME, "the name of a header a rule may set")
    return {
        name: value.text(r"[\x20-\x7e]*", "printable ASCII")
        for name, value in node.members().items()
    }


def _read_error(node: Node) -> dict[str, str]:
    members = node.members("name", "description")
    return _RETRYABLE | {name: value.text() for name, value in members.items()}


class Rule(Struct):
    """When which fault strikes, and how often it was asked and did."""

    document: Json
    faults: tuple[Fault, ...]
    method: str | None = None
    path: re.Pattern[str] | None = None
    family: str | None = None
    every: int = 1
    times: int | None = None
    probability: float = 1.0
    matched: int = 0
    fired: int = 0

    @classmethod
    def from_json(cls, document: Json, where: str = "") -> Rule:
        """Read a rule; raise ShapeError where it is wrong."""
        node = Node(document, where)
        members = node.members()
        if "cycle" in members:
            members = node.members(*_RULE_MEMBERS)
            faults = tuple(Fault.from_json(item) for item in members["cycle"].items(least=1))
        else:
            faults = (Fault.from_json(node, *_RULE_MEMBERS),)
        rule = cls(document, faults, **_read_match(members.get("match", Node({}))))
        if "every" in members:
            rule.every = members["every"].whole(1)
        if "times" in members:
            rule.times = members["times"].whole(1)
        if "probability" in members:
            rule.probability = members["probability"].number(0, 1)
        return rule

    def matches(self, incoming: Incoming) -> bool:
        """Say whether the rule is about this request."""
        return (
            self.method in {None, incoming.method}
            and self.family in {None, incoming.family}
            and (self.path is None or self.path.search(incoming.path) is not None)
        )

    def is_due(self, randomness: Randomness) -> bool:
        """Say whether the rule strikes at the match just counted."""
        if self.matched % self.every or (self.times is not None and self.fired >= self.times):
            return False
        return self.probability >= 1 or randomness.happens(self.probability)

    def next_fault(self) -> Fault:
        """Count a strike and give its fault."""
        fault = self.faults[self.fired % len(self.faults)]
        self.fired += 1
        return fault


def _read_match(node: Node) -> dict[str, Any]:
    members = node.members("method", "path", "family")
    match: dict[str, Any] = {}
    if "method" in members:
        match["method"] = members["method"].text().upper()
    if "family" in members:
        match["family"] = members["family"].choice(FAMILIES)
    if "path" in members:
        match["path"] = _read_pattern(members["path"])
    return match


def _read_pattern(node: Node) -> re.Pattern[str]:
    pattern = node.text()
    if len(pattern) > LONGEST_PATTERN:
        node.refuse(f"the pattern is longer than {LONGEST_PATTERN} characters.")
    try:
        return re.compile(pattern)
    except re.error as error:
        node.refuse(f"{pattern!r} is not a regular expression: {error}.")


class Faults:
    """The rules in force."""

    def __init__(self, randomness: Randomness) -> None:
        self.rules: list[Rule] = []
        self._randomness = randomness

    def strike(self, incoming: Incoming) -> Fault:
        """Count the request with every matching rule and give the fault it meets."""
        struck = NO_FAULT
        for rule in self.rules:
            if not rule.matches(incoming):
                continue
            rule.matched += 1
            if struck is NO_FAULT and rule.is_due(self._randomness):
                struck = rule.next_fault()
        return struck
