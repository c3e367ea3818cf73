"""What the rules look at: a connector's files, read once, as far as they can be read.

A rule is given values only where the schemas were satisfied: `connector` and each
`capability` are None where the first two rules have found something, and the other rules then
leave that file alone.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from argosy.check.reading import Source, read_source
from argosy.connector.finding import MANIFEST
from argosy.connector.loading import beside_companions, file_validator
from argosy.model import Capability, Connector, JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class CapabilitySource(Source):
    """One file below `capabilities/`; `capability` where it has passed its schema."""

    capability: Capability | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A connector, as far as its files can be read.

    `handlers` are the Python files in `handlers/`; `demo` is the file that the manifest names, if
    it names one. Files are POSIX paths below `root`. `judged` and `wholes` keep what is found out
    about a schema, by file and identity, since many rules ask for the same one.
    """

    root: Path
    manifest: Source
    connector: Connector | None
    capabilities: tuple[CapabilitySource, ...]
    schemas: tuple[Source, ...]
    handlers: tuple[str, ...]
    demo: Source | None
    judged: dict[tuple[str, int], JsonObject | None] = field(
        default_factory=dict, compare=False, repr=False
    )
    wholes: dict[tuple[str, int], str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def files(self) -> int:
        """How many files there are to check, the manifest among them."""
        others = len(self.capabilities) + len(self.schemas) + len(self.handlers)
        return 1 + others + (self.demo is not None)

    def valid_capabilities(self) -> Iterator[tuple[JsonObject, Capability]]:
        """Yield the capabilities that passed their schema, each with the file's content."""
        for source in self.capabilities:
            if source.document is not None and source.capability is not None:
                yield source.document, source.capability

    def read(self, file: str) -> JsonObject:
        """Return the content of any JSON file of the connector.

        Raises KeyError where there is none, as the bundling of schemas asks for.
        """
        known = (source for source in self.schemas if source.file == file)
        document = next(known, None) or read_source(self.root, file)
        if document.document is None:
            raise KeyError(file)
        return document.document


def read_subject(root: Path) -> Subject:
    """Read the connector in `root`; a file that cannot be read is there with its fault."""
    manifest = read_source(root, MANIFEST)
    connector = _connector(manifest, root)
    demo = manifest.document.get("demo") if manifest.document and connector else None
    files = _files(root, "capabilities", ".json")
    return Subject(
        root=root,
        manifest=manifest,
        connector=connector,
        capabilities=tuple(_capability(read_source(root, file)) for file in files),
        schemas=tuple(read_source(root, file) for file in _files(root, "schemas", ".schema.json")),
        handlers=tuple(file for file in _files(root, "handlers", ".py") if file.count("/") == 1),
        demo=read_source(root, demo) if demo else None,
    )


def _connector(manifest: Source, root: Path) -> Connector | None:
    document = manifest.document
    if document is None or not file_validator("connector").is_valid(document):
        return None
    return beside_companions(Connector.from_json(document, root))


def _capability(source: Source) -> CapabilitySource:
    document = source.document
    if document is None or not file_validator("capability").is_valid(document):
        return CapabilitySource(source.file, document, source.fault)
    return CapabilitySource(
        source.file, document, capability=Capability.from_json(document, source.file)
    )


def _files(root: Path, folder: str, ending: str) -> list[str]:
    """List the files below a folder, without following links to other folders."""
    return sorted(
        Path(parent, name).relative_to(root).as_posix()
        for parent, _, names in os.walk(root / folder)
        for name in names
        if name.endswith(ending)
    )
