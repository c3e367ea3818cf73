"""A flow as its file has it: nodes, edges, variables, settings; read once, after its schema.

Layout and descriptions are kept apart from what decides a run. Times are in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from argosy.model.json import Json, JsonObject

SUCCESS = "success"
ERROR = "error"
#: An edge of this outcome is taken however its node ends.
ALWAYS = "always"

MAX_STEPS = 10_000
MAX_OUTPUT_BYTES = 16 * 1024 * 1024
TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class NodeRetry:
    """How often a node is tried, and how long it waits in between."""

    max_attempts: int = 1
    backoff_seconds: float = 1.0
    factor: float = 2.0
    max_backoff_seconds: float = 60.0
    on: Literal["retryable", "any"] = "retryable"

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> NodeRetry:
        """Read a `retry` member."""
        return cls(
            max_attempts=document.get("maxAttempts", 1),
            backoff_seconds=document.get("backoffSeconds", 1.0),
            factor=document.get("factor", 2.0),
            max_backoff_seconds=document.get("maxBackoffSeconds", 60.0),
            on=document.get("on", "retryable"),
        )

    def wait_before(self, attempt: int) -> float:
        """Return how long to wait before an attempt; the second one is number 2."""
        wait = self.backoff_seconds * self.factor ** min(attempt - 2, 64)
        return min(wait, self.max_backoff_seconds)


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from a node's outcome to another node."""

    source: str
    outcome: str
    target: str


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that a flow does: a capability of the connector or a built-in kind.

    `what` is the capability's id or the kind's name. `pointer` is its place in the file.
    """

    id: str
    what: str
    is_capability: bool
    title: str = ""
    connection: str = ""
    inputs: JsonObject = field(default_factory=dict)
    retry: NodeRetry | None = None
    timeout_seconds: float | None = None
    join: Literal["any", "all"] = "any"
    on_error: Literal["fail", "continue", "end"] = "fail"
    body: Graph | None = None
    pointer: str = ""

    @property
    def called_flow(self) -> Json:
        """The id of the flow that runs within this node, or an expression; None without one."""
        calls = not self.is_capability and self.what in {"subflow", "davinci"}
        return self.inputs.get("flow") if calls else None

    @classmethod
    def from_json(cls, document: JsonObject, pointer: str) -> Node:
        """Read a node."""
        body = document.get("body")
        return cls(
            id=document["id"],
            what=document.get("capability") or document["kind"],
            is_capability="capability" in document,
            title=document.get("title", ""),
            connection=document.get("connection", ""),
            inputs=document.get("inputs", {}),
            retry=NodeRetry.from_json(document["retry"]) if "retry" in document else None,
            timeout_seconds=document.get("timeoutSeconds"),
            join=document.get("join", "any"),
            on_error=document.get("onError", "fail"),
            body=Graph.from_json(body, f"{pointer}/body") if body is not None else None,
            pointer=pointer,
        )


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and the edges between them, in the order of the file."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    pointer: str = ""

    @classmethod
    def from_json(cls, document: JsonObject, pointer: str = "") -> Graph:
        """Read the `nodes` and `edges` of a flow or a body."""
        return cls(
            nodes=tuple(
                Node.from_json(node, f"{pointer}/nodes/{index}")
                for index, node in enumerate(document["nodes"])
            ),
            edges=tuple(
                Edge(edge["from"], edge.get("outcome", SUCCESS), edge["to"])
                for edge in document["edges"]
            ),
            pointer=pointer,
        )

    def every_node(self) -> Iterator[Node]:
        """Yield all nodes, those within bodies too."""
        for node in self.nodes:
            yield node
            if node.body is not None:
                yield from node.body.every_node()


@dataclass(frozen=True, slots=True)
class Variable:
    """A value that nodes set: its scope, its schema if it has one, what it begins with."""

    name: str
    scope: Literal["run", "flow", "shared"] = "run"
    schema: JsonObject | None = None
    value: Json = None

    @property
    def is_kept(self) -> bool:
        """Whether it outlives the run."""
        return self.scope != "run"


@dataclass(frozen=True, slots=True)
class FlowSettings:
    """What holds for a whole run; `sensitive` are names of members that no record shows.

    A flow that `must_respond` fails where it ends without a response.
    """

    timeout_seconds: float = TIMEOUT_SECONDS
    retry: NodeRetry = NodeRetry()
    sensitive: frozenset[str] = frozenset()
    max_steps: int = MAX_STEPS
    max_output_bytes: int = MAX_OUTPUT_BYTES
    must_respond: bool = False

    @classmethod
    def from_json(cls, document: Mapping[str, Json]) -> FlowSettings:
        """Read the `settings` member."""
        return cls(
            timeout_seconds=document.get("timeoutSeconds", TIMEOUT_SECONDS),
            retry=NodeRetry.from_json(document.get("retry", {})),
            sensitive=frozenset(document.get("sensitive", ())),
            max_steps=document.get("maxSteps", MAX_STEPS),
            max_output_bytes=document.get("maxOutputBytes", MAX_OUTPUT_BYTES),
            must_respond=document.get("mustRespond", False),
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow. `id` is its file's name without `.flow.json`; `document` is the file's content."""

    id: str
    name: str
    graph: Graph
    description: str = ""
    inputs: JsonObject = field(default_factory=dict)
    outputs: JsonObject | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    settings: FlowSettings = FlowSettings()
    file: str = ""
    document: JsonObject = field(default_factory=dict, repr=False)

    @classmethod
    def from_json(cls, document: JsonObject, id_: str, file: str = "") -> Flow:
        """Read a flow's document, already checked by its schema."""
        return cls(
            id=id_,
            name=document["name"],
            graph=Graph.from_json(document),
            description=document.get("description", ""),
            inputs=document.get("inputs", {"type": "object"}),
            outputs=document.get("outputs"),
            variables={
                name: Variable(
                    name, given.get("scope", "run"), given.get("schema"), given.get("value")
                )
                for name, given in document.get("variables", {}).items()
            },
            settings=FlowSettings.from_json(document.get("settings", {})),
            file=file,
            document=document,
        )
