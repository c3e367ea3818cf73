"""Read flows: files that end in `.flow.json`, in a folder or named one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from argosy.connector import file_validator, read_document
from argosy.errors import InvalidFlowError, UnknownFlowError
from argosy.model import Flow, Problem
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.model import JsonObject

SUFFIX = ".flow.json"


def load_flow(path: Path) -> Flow:
    """Read one flow. Raises InvalidFlowError with every problem of its shape."""
    document = read_flow_document(path)
    return parse_flow(document, flow_id(path), str(path))


def parse_flow(document: JsonObject, id_: str, file: str) -> Flow:
    """Make a flow of a document. Raises InvalidFlowError with every problem of its shape."""
    found = file_validator("flow").problems(document)
    if found:
        problems = [replace(problem, file=file) for problem in found]
        raise InvalidFlowError(file=file, problems=problems)
    return Flow.from_json(document, id_, file)


def read_flow_document(path: Path) -> JsonObject:
    """Read a flow's file as JSON, unchecked. Raises InvalidFlowError where it is no JSON object."""
    try:
        return read_document(path.parent, path.name)
    except ValueError as error:
        problem = Problem("unreadable-file", str(error), file=str(path))
        raise InvalidFlowError(file=str(path), problems=[problem]) from error


def flow_id(path: Path) -> str:
    """Return the id of the flow in a file: the name without its ending."""
    return path.name.removesuffix(SUFFIX).removesuffix(".json")


def flow_files(path: Path) -> list[Path]:
    """Return the flows in a folder and below it, in order of their names, or the file itself."""
    return sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]


class FlowLibrary(Mapping[str, Flow]):
    """The flows of a folder by their ids, read when asked for and kept.

    Looking one up raises UnknownFlowError and InvalidFlowError.
    """

    def __init__(self, folder: Path | None = None, flows: Mapping[str, Flow] | None = None) -> None:
        self._files = {flow_id(path): path for path in flow_files(folder)} if folder else {}
        self._flows = dict(flows or {})

    def __getitem__(self, name: str) -> Flow:
        """Return a flow."""
        if name not in self._flows:
            if name not in self._files:
                raise UnknownFlowError(found=name, known=list_words(sorted(self), name))
            self._flows[name] = load_flow(self._files[name])
        return self._flows[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a flow of this id."""
        return name in self._flows or name in self._files

    def __iter__(self) -> Iterator[str]:
        """Yield the ids."""
        return iter({**self._files, **self._flows})

    def __len__(self) -> int:
        """Count the flows."""
        return len({**self._files, **self._flows})
