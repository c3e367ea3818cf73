"""Write drafts as a connector's folder: completed, checked, and there as a whole or not at all.

What the check would refuse does not stay: a limit that nothing fits is relaxed, and a capability
that is still wrong is left out, with the reason.
"""

from __future__ import annotations

import json
import secrets
import shutil
from typing import TYPE_CHECKING

from argosy.check import check_connector
from argosy.connector import load_connector
from argosy.errors import ArgosyError, InvalidDocumentError
from argosy.openapi.drafting import Draft, LeftOut, told
from argosy.openapi.proving import Prover
from argosy.openapi.sharing import Shared

if TYPE_CHECKING:
    from pathlib import Path

    from argosy.model import Json, JsonObject, Problem
    from argosy.openapi.document import Notes

_PLACEHOLDERS: JsonObject = {
    "examples": [{"title": "…", "inputs": {}, "response": {"status": 200}, "outputs": {}}],
    "antiExamples": [{"title": "…", "inputs": {}, "pointer": "", "reason": "…"}],
}
_MANIFEST = "connector.json"
_MOST_ROUNDS = 6
#: Parts that a capability does without where a rule of their name has found something.
_OPTIONAL = {"paging": ("all", "maxItems"), "waiting": ("wait", "waitSeconds")}


def write_connector(
    out: Path,
    manifest: JsonObject,
    drafts: list[Draft],
    files: dict[str, JsonObject],
    notes: Notes,
    *,
    source: str,
) -> tuple[list[Draft], list[LeftOut]]:
    """Write a connector to the folder `out`, which is new or empty; return what is in it.

    `source` is the document's file, for messages.

    Raises OSError where that cannot be written, InvalidDocumentError where nothing is left that
    passes the check.
    """
    is_there = out.is_dir()
    (out if is_there else out.parent).mkdir(parents=True, exist_ok=True)
    # named before it is made, so that an interrupt at any moment finds what to take away
    folder = (out if is_there else out.parent) / f".import-{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        work = _Work(folder, manifest, drafts, Shared(files, notes), notes, source)
        work.fill()
        if is_there:
            for made in folder.iterdir():
                made.rename(out / made.name)
            folder.rmdir()
        else:
            folder.chmod(0o755)
            folder.rename(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return work.drafts, work.refused


class _Work:
    """One folder as it is filled."""

    def __init__(
        self,
        folder: Path,
        manifest: JsonObject,
        drafts: list[Draft],
        shared: Shared,
        notes: Notes,
        source: str,
    ) -> None:
        self.folder = folder
        self.drafts = drafts
        self.refused: list[LeftOut] = []
        self._manifest = manifest
        self._shared = shared
        self._notes = notes
        self._source = source

    def fill(self) -> None:
        """Write everything, prove every draft, and take away what the check refuses.

        Raises InvalidDocumentError where nothing is left.
        """
        self._shared.prove([draft.document for draft in self.drafts])
        for draft in self.drafts:
            self._write(_file(draft), draft.document | _PLACEHOLDERS)
        self._list()
        connector = self._load()
        prover = Prover(connector, self._shared, self._notes)
        for draft in list(self.drafts):
            try:
                prover.complete(draft, _file(draft))
            except (ArgosyError, ValueError, RecursionError) as error:
                self._refuse(draft, _reason(error))
            else:
                self._write(_file(draft), draft.document)
        for _ in range(_MOST_ROUNDS):
            if self._is_settled(prover) and self.drafts:
                return
        raise InvalidDocumentError(
            file=self._source,
            detail="none of its operations passes the check",
            problems=told(self.refused),
        )

    def _load(self) -> Json:
        try:
            return load_connector(self.folder)
        except ArgosyError as error:
            raise InvalidDocumentError(
                file=self._source,
                detail="its connector's manifest would be wrong",
                problems=error.problems,
            ) from error

    def _is_settled(self, prover: Prover) -> bool:
        """Write what goes with the drafts and check it all; mend what is found."""
        self._list()
        report = check_connector(self.folder)
        found = [problem for problem in report.problems if problem.severity == "error"]
        by_file: dict[str, list[Problem]] = {}
        for problem in found:
            by_file.setdefault(problem.file, []).append(problem)
        for file in [one for one in by_file if one.startswith("schemas/")]:
            stem = file.removeprefix("schemas/").removesuffix(".schema.json")
            self._shared.give_up(stem, [draft.document for draft in self.drafts])
        for draft in list(self.drafts):
            if _file(draft) in by_file:
                self._mend(draft, by_file[_file(draft)], prover)
        return not found

    def _mend(self, draft: Draft, problems: list[Problem], prover: Prover) -> None:
        optional = [problem.code for problem in problems if problem.code in _OPTIONAL]
        if not optional:
            self._refuse(draft, f"{problems[0].message} ({problems[0].pointer or 'as a whole'})")
            return
        for part in optional:
            draft.document.pop(part, None)
            for name in _OPTIONAL[part]:
                draft.document["inputs"]["properties"].pop(name, None)
        prover.complete(draft, _file(draft))
        self._write(_file(draft), draft.document)

    def _refuse(self, draft: Draft, reason: str) -> None:
        self.drafts.remove(draft)
        (self.folder / _file(draft)).unlink(missing_ok=True)
        self.refused.append(LeftOut(draft.asked.operation.where, reason))

    def _list(self) -> None:
        """Write the manifest and the shared schemas that are in use."""
        self._write(_MANIFEST, {**self._manifest, "capabilities": [d.entry for d in self.drafts]})
        shutil.rmtree(self.folder / "schemas", ignore_errors=True)
        for stem, schema in self._shared.used([draft.document for draft in self.drafts]).items():
            self._write(f"schemas/{stem}.schema.json", schema)

    def _write(self, file: str, value: JsonObject) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8")


def _file(draft: Draft) -> str:
    return f"capabilities/{draft.entry}.json"


def _reason(error: Exception) -> str:
    if isinstance(error, ArgosyError) and error.problems:
        return f"{error.problems[0].message} ({error.problems[0].pointer})"
    return str(error) or "it is nested too deeply"
