"""Read manifest and capabilities: JSON, checked by schema, as values.

Only what is asked for is read: listing a connector opens each capability's file once, calling a
capability opens that one. Schemas of this product judge the files with the compiled validator;
the slow one is imported only to explain a failure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import orjson

from argosy.connector.finding import MANIFEST, companion_folders, read_document, schema_folder
from argosy.errors import InvalidCapabilityError, InvalidManifestError, UnknownCapabilityError
from argosy.model import Capability, Connector, JsonObject, Problem, join_pointer
from argosy.validation import SchemaReferenceError, Validator, bundle
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def load_connector(root: Path) -> Connector:
    """Read the manifest of the connector in `root`, and those of its companions.

    Raises InvalidManifestError with every problem, each with its place in the file; also where
    a companion has a capability of the same id.
    """
    connector = beside_companions(_load_alone(root))
    problems = [
        Problem("capability-clash", text, f"/capabilities/{index}", file=MANIFEST)
        for index, text in clashes(connector)
    ]
    if problems:
        raise InvalidManifestError(file=str(root / MANIFEST), problems=problems)
    return connector


def beside_companions(connector: Connector) -> Connector:
    """Return a connector with the built-in ones as its companions; none is its own."""
    own = connector.root.resolve()
    others = tuple(_companion(one) for one in companion_folders() if one.resolve() != own)
    return replace(connector, companions=others)


@lru_cache(maxsize=8)
def _companion(root: Path) -> Connector:
    return _load_alone(root)


def clashes(connector: Connector) -> Iterator[tuple[int, str]]:
    """Yield the capabilities that a companion has too: the place in the list, and a sentence."""
    for index, id_ in enumerate(connector.capability_files):
        for companion in connector.companions:
            if id_ in companion.capability_files:
                text = f"{id_!r} is a capability of {companion.id!r} too, which is built in"
                yield index, f"{text}; {connector.id!r} has to give its own another id"


def _load_alone(root: Path) -> Connector:
    try:
        document = read_document(root, MANIFEST)
    except ValueError as error:
        problems = [Problem("unreadable-file", str(error), file=MANIFEST)]
        raise InvalidManifestError(file=str(root / MANIFEST), problems=problems) from error
    found = file_validator("connector").problems(document)
    if found:
        problems = [replace(problem, file=MANIFEST) for problem in found]
        raise InvalidManifestError(file=str(root / MANIFEST), problems=problems)
    problems = list(_unknown_families(document))
    if problems:
        raise InvalidManifestError(file=str(root / MANIFEST), problems=problems)
    return Connector.from_json(document, root)


def _unknown_families(document: JsonObject) -> Iterator[Problem]:
    """Yield the endpoints of API families that the manifest does not declare."""
    for region, given in document.get("regions", {}).items():
        for family in given["endpoints"]:
            if family not in document["families"]:
                known = list_words(document["families"], family)
                message = f"{family!r} is no API family here; there is {known}"
                pointer = join_pointer(["regions", region, "endpoints", family])
                yield Problem("unknown-family", message, pointer, file=MANIFEST)


def load_capability(connector: Connector, capability_id: str) -> Capability:
    """Read one capability.

    Raises UnknownCapabilityError, with the ids there are, or InvalidCapabilityError with every
    problem in the file.
    """
    document = read_capability_document(connector, capability_id)
    file = connector.capability_files[capability_id]
    found = file_validator("capability").problems(document)
    if found:
        problems = [replace(problem, file=file) for problem in found]
        raise InvalidCapabilityError(file=file, problems=problems)
    return Capability.from_json(document, file)


def read_capability_document(connector: Connector, capability_id: str) -> JsonObject:
    """Read one capability's file as plain JSON, unchecked: what a listing needs."""
    if capability_id not in connector.capability_files:
        known = list_words(connector.every_capability, capability_id)
        home = connector.home_of(capability_id)
        if home is not connector:
            known = f"one of this name in {home.id!r}, another connector"
        raise UnknownCapabilityError(found=capability_id, known=known)
    file = connector.capability_files[capability_id]
    try:
        return read_document(connector.root, file)
    except ValueError as error:
        problems = [Problem("unreadable-file", str(error), file=file)]
        raise InvalidCapabilityError(file=file, problems=problems) from error


@dataclass(frozen=True, slots=True)
class ListedCapability:
    """What a list shows of a capability, unchecked; `legacy` is what to use instead, or a dash."""

    id: str
    title: str
    family: str
    group: str
    summary: str
    effect: str
    legacy: str

    def matches(self, words: Iterable[str]) -> bool:
        """Tell whether every word stands somewhere in what a list shows, whatever its case."""
        shown = " ".join((self.id, self.title, self.family, self.group, self.summary, self.effect))
        return all(word.lower() in shown.lower() for word in words)


def list_capabilities(connector: Connector) -> list[ListedCapability]:
    """Read what a list shows of every capability, in the manifest's order.

    The quick reader opens each file once and checks nothing: some hundred files take some
    hundredths of a second. Raises InvalidCapabilityError for a file that is no JSON object.
    """
    return [_listed(connector, id_) for id_ in connector.capability_files]


def _listed(connector: Connector, capability_id: str) -> ListedCapability:
    file = connector.root / connector.capability_files[capability_id]
    try:
        document = orjson.loads(file.read_bytes())
    except (OSError, ValueError):
        document = None
    if not isinstance(document, dict):  # the strict reader words what is wrong
        document = read_capability_document(connector, capability_id)
    shown = {name: str(document.get(name, "")) for name in _LISTED}
    legacy = document.get("legacy")
    replaced = legacy.get("use", "-") if isinstance(legacy, dict) else ""
    return ListedCapability(id=capability_id, **shown, legacy=str(replaced))


_LISTED = ("title", "family", "group", "summary", "effect")


def bundle_schema(connector: Connector, schema: JsonObject, file: str) -> JsonObject:
    """Return a schema of one of the connector's files, standing alone.

    Raises InvalidCapabilityError where a reference leads nowhere.
    """

    def read(path: str) -> JsonObject:
        try:
            return read_document(connector.root, path)
        except ValueError as error:
            raise KeyError(path) from error

    try:
        return bundle(schema, file, read)
    except SchemaReferenceError as error:
        problems = [Problem("schema-reference", str(error), file=file)]
        raise InvalidCapabilityError(file=file, problems=problems) from error


@lru_cache(maxsize=8)
def file_validator(kind: str) -> Validator:
    """Return the validator of one kind of this product's files, `connector` or `capability`."""
    folder = schema_folder()
    name = f"{kind}.schema.json"
    return Validator(
        bundle(read_document(folder, name), name, lambda path: read_document(folder, path))
    )
