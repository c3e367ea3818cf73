"""Read a resource object into a token, and collect everything that is wrong with it.

Where a value has the wrong JSON type the vendor's specification has `bad-parameter-error`;
where the type is right and the value isn't, `validation-error`. Pointers start at the resource
object itself, as in the specification's example `/attributes/id`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from argosy.sandbox.cdp.errors import (
    ParameterCode,
    ValidationCode,
    bad_parameter,
    cannot_move,
    validation_error,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from argosy.sandbox.cdp.models import Audiences, Token
    from argosy.sandbox.settings import Json

DEFAULT_KEY_COLUMN: Final = "td_global_id"
MOST_ATTRIBUTE_COLUMNS: Final = 5
MOST_SEGMENTS: Final = 15
NAME_PATTERN: Final = r"[A-Za-z_][A-Za-z0-9_ ]*"
_FOLDER: Final = "/relationships/parentFolder"
_SEGMENTS: Final = "/relationships/segments/data"


class Draft:
    """A token while a resource object is read into it, and the problems met so far.

    `is_new` makes what a create needs required; otherwise what the resource leaves out stays.
    """

    def __init__(self, token: Token, audiences: Audiences, *, is_new: bool) -> None:
        self.token = token
        self.problems: list[Json] = []
        self._audiences = audiences
        self._is_new = is_new

    def read(self, resource: Json) -> None:
        """Read a resource object; raise the 422 answer for a move to another parent segment."""
        members = self._object("", resource)
        self._read_identity(members)
        attributes = self._object("/attributes", members.get("attributes", {}))
        self._read_name(attributes)
        self._read_texts(attributes)
        self._read_attribute_columns(attributes)
        relationships = self._object("/relationships", members.get("relationships", {}))
        self._read_folder(relationships)
        self._read_segments(relationships)

    def invalid(self, pointer: str, code: ValidationCode, detail: str) -> None:
        """Note a value that has the right type and is wrong all the same."""
        self.problems.append(validation_error(pointer, code, detail))

    def _mistyped(self, pointer: str, code: ParameterCode, detail: str) -> None:
        self.problems.append(bad_parameter(pointer, code, detail))

    def _object(self, pointer: str, value: Json) -> Mapping[str, Json]:
        if isinstance(value, dict):
            return value
        self._mistyped(pointer or "/", "INVALID_FORMAT", "An object is needed here")
        return {}

    def _is_absent(self, members: Mapping[str, Json], name: str, pointer: str) -> bool:
        """Say whether a member stays as it is; one that a create needs is a problem then."""
        if name in members:
            return False
        if self._is_new:
            self.invalid(pointer, "CANNOT_BE_BLANK", "Can't be blank")
        return True

    def _read_identity(self, members: Mapping[str, Json]) -> None:
        if not self._is_absent(members, "type", "/type") and members["type"] != "token":
            self.invalid("/type", "INVALID_FORMAT_OR_ASSOCIATION", "Must be 'token'")
        if not self._is_new and str(members.get("id", self.token.id)) != self.token.id:
            self.invalid("/id", "IS_IMMUTABLE", "Can't be changed")

    def _read_name(self, attributes: Mapping[str, Json]) -> None:
        pointer = "/attributes/name"
        if self._is_absent(attributes, "name", pointer):
            return
        name = attributes["name"]
        if name is None or name == "":
            self.invalid(pointer, "CANNOT_BE_BLANK", "Name can't be blank")
        elif not isinstance(name, str):
            self._mistyped(pointer, "INVALID_FORMAT", "Name must be a string")
        elif not re.fullmatch(NAME_PATTERN, name):
            detail = f"Name does not match {NAME_PATTERN}"
            self.invalid(pointer, "INVALID_FORMAT_OR_ASSOCIATION", detail)
        else:
            self.token = replace(self.token, name=name)

    def _read_texts(self, attributes: Mapping[str, Json]) -> None:
        for name in ("description", "keyColumn"):
            if not isinstance(attributes.get(name) or "", str):
                self._mistyped(f"/attributes/{name}", "INVALID_FORMAT", "Must be a string")
                return
        token = self.token
        self.token = replace(
            token,
            description=attributes.get("description", token.description) or "",
            key_column=attributes.get("keyColumn", token.key_column) or DEFAULT_KEY_COLUMN,
        )

    def _read_attribute_columns(self, attributes: Mapping[str, Json]) -> None:
        pointer = "/attributes/attributeColumns"
        if self._is_absent(attributes, "attributeColumns", pointer):
            return
        columns = attributes["attributeColumns"]
        if not isinstance(columns, list):
            self._mistyped(pointer, "SHOULD_BE_ARRAY", "Attribute columns must be an array")
        elif not all(isinstance(column, str) and column for column in columns):
            self._mistyped(pointer, "INVALID_FORMAT", "Attribute columns must be strings")
        elif len(columns) > MOST_ATTRIBUTE_COLUMNS:
            detail = f"Attribute columns are too many (maximum is {MOST_ATTRIBUTE_COLUMNS})"
            self.invalid(pointer, "IS_TOO_LONG", detail)
        else:
            self.token = replace(self.token, attribute_columns=tuple(columns))

    def _read_folder(self, relationships: Mapping[str, Json]) -> None:
        if self._is_absent(relationships, "parentFolder", _FOLDER):
            return
        kind, key = _reference(_data(relationships["parentFolder"]))
        folder = self._audiences.folder(key) if kind == "folder-segment" else None
        if folder is None:
            detail = "Parent folder must be an existing folder-segment"
            self.invalid(_FOLDER, "INVALID_FORMAT_OR_ASSOCIATION", detail)
            return
        if not self._is_new and folder.parent_segment != self.token.parent_segment:
            raise cannot_move("A token can't move to a folder of another parent segment")
        self.token = replace(self.token, folder=folder.id, parent_segment=folder.parent_segment)

    def _read_segments(self, relationships: Mapping[str, Json]) -> None:
        if "segments" not in relationships:
            return
        data = _data(relationships["segments"] or {"data": []})
        if not isinstance(data, list):
            self._mistyped(_SEGMENTS, "SHOULD_BE_ARRAY", "Segments must be an array")
            return
        if len(data) > MOST_SEGMENTS:
            detail = f"Segments are too many (maximum is {MOST_SEGMENTS})"
            self.invalid(_SEGMENTS, "IS_TOO_LONG", detail)
        for index, reference in enumerate(data):
            if not self._has_segment(reference):
                detail = "Segment does not exist in the parent segment"
                self.invalid(f"{_SEGMENTS}/{index}", "INVALID_FORMAT_OR_ASSOCIATION", detail)
        self.token = replace(self.token, segments=tuple(_reference(item)[1] for item in data))

    def _has_segment(self, reference: Json) -> bool:
        kind, key = _reference(reference)
        segment = self._audiences.segment(key)
        return (
            segment is not None
            and kind == f"segment-{segment.kind}"
            and self.token.parent_segment in {"", segment.parent_segment}
        )


def _data(relationship: Json) -> Json:
    return relationship.get("data") if isinstance(relationship, dict) else None


def _reference(value: Json) -> tuple[str, str]:
    """Give the type and id of a resource identifier; scripts send the id as a number too."""
    if not isinstance(value, dict):
        return "", ""
    return str(value.get("type", "")), str(value.get("id", ""))
