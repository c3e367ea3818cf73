"""The shared schemas of an import: each shows a value that fits and one that does not.

A schema that everything fits, or for which no value is found, cannot show both; it is relaxed to
its type, or written out as nothing where it is used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from argosy.openapi.samples import OTHERS, candidates
from argosy.rendering import MISSING
from argosy.validation import InvalidSchemaError, SchemaReferenceError, Validator, bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from argosy.model import Json, JsonObject
    from argosy.openapi.document import Notes

_REFERENCE = re.compile(r"(?:\.\./\.\./schemas/)?(?P<stem>[a-z0-9-]+)\.schema\.json")
_MOST_ALTERNATIVES = 2000
_HEAD = ("$schema", "$id", "title", "description")


class Shared:
    """The shared schemas by the stem of their file."""

    def __init__(self, files: dict[str, JsonObject], notes: Notes) -> None:
        self.files = files
        self._notes = notes

    def prove(self, documents: list[JsonObject]) -> None:
        """Give every schema its examples; give up those that cannot have any."""
        costs: dict[str, int] = {}
        for stem in list(self.files):
            self._cost(stem, costs)
        for stem in list(self.files):
            if not self._is_proven(stem):
                self.give_up(stem, documents)
        # what was given up may have been what another one's examples were made by
        for stem in list(self.files):
            if not self._is_proven(stem):
                self.give_up(stem, documents)

    def _cost(self, stem: str, known: dict[str, int]) -> int:
        """Return how many alternatives a value may have to be held against.

        Alternatives of alternatives multiply; where they are too many, the last ones go, since to
        judge a value by them would never end.
        """
        if stem not in known:
            known[stem] = 1  # for one that is among its own alternatives
            schema = self.files.get(stem, {})
            found = 1 + self._own_cost(schema, known)
            if found > _MOST_ALTERNATIVES:
                self._notes.add(
                    f"schemas/{stem}", "its alternatives are too many; any may be given"
                )
                schema.pop("anyOf", None)
                found = 1
            known[stem] = found
        return known[stem]

    def _own_cost(self, schema: JsonObject, known: dict[str, int]) -> int:
        found = _REFERENCE.fullmatch(schema["$ref"]) if _is_reference(schema) else None
        total = self._cost(found["stem"], known) if found else 0
        branches = [one for one in schema.get("anyOf", ()) if isinstance(one, dict)]
        return total + sum(1 + self._own_cost(one, known) for one in branches)

    def give_up(self, stem: str, documents: list[JsonObject]) -> None:
        """Relax a schema to its type; where it has been, take it out of everything."""
        schema = self.files.get(stem)
        if schema is None:
            return
        types = schema.get("type")
        relaxed = {name: one for name, one in schema.items() if name in _HEAD}
        self._notes.add(f"schemas/{stem}", "its limits cannot be shown; only its type is kept")
        if types and set(schema) - {*_HEAD, "type", "examples", "antiExamples"}:
            self.files[stem] = {**relaxed, "type": types}
            if self._is_proven(stem):
                return
        del self.files[stem]
        for document in (*documents, *self.files.values()):
            _take_out(document, stem)

    def used(self, documents: list[JsonObject]) -> dict[str, JsonObject]:
        """Return the schemas that the documents refer to, directly or through others."""
        found: dict[str, JsonObject] = {}
        waiting = [stem for document in documents for stem in _references(document)]
        while waiting:
            stem = waiting.pop()
            if stem not in found and stem in self.files:
                found[stem] = self.files[stem]
                waiting += _references(self.files[stem])
        return dict(sorted(found.items()))

    def read(self, path: str) -> JsonObject:
        """Return the schema at a path below the connector. Raises KeyError where there is none."""
        return self.files[path.removeprefix("schemas/").removesuffix(".schema.json")]

    def sample_source(self, reference: str) -> JsonObject:
        """Return the schema that a reference names, an empty one where it is gone."""
        found = _REFERENCE.fullmatch(reference)
        return self.files.get(found["stem"], {}) if found else {}

    def _is_proven(self, stem: str) -> bool:
        schema = self.files[stem]
        if schema.get("antiExamples"):
            return True
        bare = {name: one for name, one in schema.items() if name != "antiExamples"}
        try:
            validator = Validator(bundle(bare, f"schemas/{stem}.schema.json", self.read))
            tried = candidates(schema, self.sample_source)
            fits = next((one for one in tried if validator.is_valid(one)), MISSING)
            wrong = next((one for one in OTHERS if not validator.is_valid(one)), MISSING)
        except (InvalidSchemaError, SchemaReferenceError, RecursionError):
            return False
        if fits is MISSING or wrong is MISSING:
            return False
        schema["examples"] = [fits]
        schema["antiExamples"] = [{"value": wrong, "reason": "it is of another kind"}]
        return True


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        found = _REFERENCE.fullmatch(value["$ref"]) if _is_reference(value) else None
        if found:
            yield found["stem"]
    for member in _inner(value):
        yield from _references(member)


def _take_out(value: Json, stem: str) -> None:
    """Remove the references to a schema from a document, so that anything goes there."""
    if isinstance(value, dict) and _is_reference(value):
        found = _REFERENCE.fullmatch(value["$ref"])
        if found and found["stem"] == stem:
            del value["$ref"]
    for member in _inner(value):
        _take_out(member, stem)


def _is_reference(value: JsonObject) -> bool:
    return isinstance(value.get("$ref"), str)


def _inner(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        values = {"examples", "antiExamples", "enum"}
        return [v for name, v in value.items() if not (name in values and isinstance(v, list))]
    return value if isinstance(value, list) else ()
