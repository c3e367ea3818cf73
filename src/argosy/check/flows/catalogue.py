"""What flows are checked against: the capabilities of a connector, and the other flows.

Only what is asked for is read, once: most flows use few of some hundred capabilities.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from argosy.check.flows.shapes import ANY, Shape
from argosy.check.reading import Source, read_source
from argosy.connector import bundle_schema, file_validator, load_capability
from argosy.errors import ArgosyError
from argosy.flow.library import SUFFIX, flow_id
from argosy.model import Flow
from argosy.validation import InvalidSchemaError, Validator
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.davinci.lint import LintFlow
    from argosy.model import Capability, Connector, JsonObject

_GIVEN_ALWAYS = {
    "rawResponse": True,
    "statusCode": {"type": "integer"},
    "headers": {"type": "object"},
}
_GIVEN_BY_LISTS = {"hasMore": {"type": "boolean"}, "next": {"type": "object"}}
_GIVEN_AS_BYTES = {"content": True, "file": True, "size": {"type": "integer"}}

#: A flow of more nodes is not looked through: what takes a moment would take minutes.
MOST_NODES = 2_000

#: More names than these are listed as they come, not by how near their spelling is.
_MOST_COMPARED = 200


@dataclass(frozen=True, slots=True)
class KnownCapability:
    """A capability as nodes use it; `inputs` is None where its file has faults of its own."""

    capability: Capability | None
    inputs: Validator | None = None
    outputs: Shape = ANY
    fault: str = ""


@dataclass(frozen=True, slots=True)
class FlowSource(Source):
    """One flow's file; `flow` where it has passed its schema."""

    flow: Flow | None = None

    @property
    def id(self) -> str:
        """The id of the flow: its file's name without the ending."""
        return flow_id(Path(self.file))


class Catalogue:
    """The capabilities of a connector and its companions, and the flows that may call each other.

    `files` are those flows' files below `root`. A connector that is None is not there or has
    faults of its own: nothing is said then of the capabilities that nodes name.
    """

    def __init__(
        self, connector: Connector | None, root: Path = Path(), files: Iterable[str] = ()
    ) -> None:
        self.connector = connector
        self.root = root
        self.files: dict[str, str] = {}
        for file in files:
            self.files.setdefault(flow_id(Path(file)), file)
        self._sources: dict[str, FlowSource] = {}
        self._capabilities: dict[str, KnownCapability | None] = {}
        self._callees: dict[str, frozenset[str]] = {}
        #: The flows that came from DaVinci, as they came, by their files; None for all others.
        self.imported: dict[str, LintFlow | None] = {}

    def capability(self, name: str) -> KnownCapability | None:
        """Return a capability, or None where neither connector nor companion has this id."""
        if name not in self._capabilities:
            self._capabilities[name] = self._read(name)
        return self._capabilities[name]

    def _read(self, name: str) -> KnownCapability | None:
        connector = self.connector
        if connector is None or name not in connector.every_capability:
            return None
        home = connector.home_of(name)
        try:
            found = load_capability(home, name)
            inputs = bundle_schema(home, found.inputs, found.file)
            outputs = bundle_schema(home, found.outputs, found.file)
            return KnownCapability(found, Validator(inputs), _output_shape(found, outputs))
        except (ArgosyError, InvalidSchemaError) as error:
            return KnownCapability(None, fault=str(error))

    def source(self, file: str) -> FlowSource:
        """Return a flow's file, as far as it can be read."""
        if file not in self._sources:
            found = read_source(self.root, file)
            self._sources[file] = flow_source(file, found.document, found.fault)
        return self._sources[file]

    def hold(self, file: str, document: JsonObject) -> None:
        """Take what a file holds, so that it is not read."""
        self._sources[file] = flow_source(file, document)

    def flow(self, name: str) -> FlowSource | None:
        """Return the flow of an id, or None where there is none."""
        return self.source(self.files[name]) if name in self.files else None

    def reaches(self, start: str, target: str) -> bool:
        """Tell whether a flow calls another, itself or by those that it calls."""
        seen, waiting = {start}, [start]
        while waiting:
            name = waiting.pop()
            if name == target:
                return True
            fresh = self._called_by(name) - seen
            seen |= fresh
            waiting += fresh
        return False

    def _called_by(self, name: str) -> frozenset[str]:
        if name not in self._callees:
            source = self.flow(name)
            nodes = source.flow.graph.every_node() if source and source.flow else ()
            named = (node.called_flow for node in nodes)
            self._callees[name] = frozenset(flow for flow in named if isinstance(flow, str))
        return self._callees[name]


def _output_shape(capability: Capability, outputs: JsonObject) -> Shape:
    """Return the declared outputs with those that a call adds."""
    added: JsonObject = dict(_GIVEN_ALWAYS)
    if capability.paging:
        added |= _GIVEN_BY_LISTS
    if capability.response.format == "bytes":
        added |= _GIVEN_AS_BYTES
    return Shape({**outputs, "properties": {**outputs.get("properties", {}), **added}}, outputs)


def flow_source(file: str, document: JsonObject | None, fault: str = "") -> FlowSource:
    """Make a source of a flow's document, which may be anything."""
    if document is None or not file_validator("flow").is_valid(document):
        return FlowSource(file, document, fault)
    flow = Flow.from_json(document, flow_id(Path(file)), file)
    count = sum(1 for _ in flow.graph.every_node())
    if count > MOST_NODES:
        fault = f"the flow has {count} nodes, and at most {MOST_NODES} are looked through"
        return FlowSource(file, document, f"{fault}; put parts of it into subflows")
    return FlowSource(file, document, fault, flow)


def flow_files(root: Path, below: str = "") -> list[str]:
    """List the flows' files in a folder, as POSIX paths below `root`; links are not followed."""
    return sorted(
        Path(parent, name).relative_to(root).as_posix()
        for parent, _, names in os.walk(root / below)
        for name in names
        if name.endswith(SUFFIX)
    )


def known_words(words: Iterable[str], found: str) -> str:
    """List what there is, the nearest spelling first."""
    return _listed(tuple(words), found)


@lru_cache(maxsize=256)
def _listed(words: tuple[str, ...], found: str) -> str:
    return list_words(words, found if len(words) <= _MOST_COMPARED else "") or "none"
