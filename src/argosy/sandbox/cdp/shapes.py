"""The CDP API's answers: how each value looks in the REST and in the JSON:API style.

Made after the schemas of the vendor's specification. REST has flat objects, `td_user_id`, and
the ids of segment summaries as integers; JSON:API has resources with camelCase attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.models import (
    SANDBOX_USER,
    SEGMENT_KINDS,
    Audiences,
    Folder,
    ParentSegment,
    Segment,
    Token,
)
from argosy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json

_REST_USER: Final = {
    "id": SANDBOX_USER.id,
    "td_user_id": SANDBOX_USER.td_user_id,
    "name": SANDBOX_USER.name,
}
_USER_REFERENCE: Final = {"data": {"id": SANDBOX_USER.id, "type": "user"}}
_USER_RESOURCE: Final = {
    "id": SANDBOX_USER.id,
    "type": "user",
    "attributes": {"tdUserId": SANDBOX_USER.td_user_id, "name": SANDBOX_USER.name},
}


class Shapes:
    """Shape answers, with counts and names looked up where an answer needs them."""

    def __init__(self, audiences: Audiences) -> None:
        self._audiences = audiences

    def audience(self, parent: ParentSegment) -> Json:
        """Shape a parent segment as REST `Audience`."""
        return {
            "id": parent.id,
            "name": parent.name,
            "description": parent.description,
            "scheduleType": "none",
            "scheduleOption": None,
            "timezone": "UTC",
            "matrixUpdatedAt": timestamp(parent.created_at),
            "workflowHiveOnly": False,
            "population": self._audiences.population(parent.id),
            "master": {
                "parentDatabaseName": parent.database,
                "parentTableName": parent.table,
            },
            "attributes": [_attribute(parent, name, kind) for name, kind in parent.attributes],
            "behaviors": [],
            **_rest_made(parent.created_at, parent.created_at),
        }

    def parent_segment(self, parent: ParentSegment) -> Json:
        """Shape a parent segment as JSON:API `parentSegment`."""
        return {
            "id": parent.id,
            "type": "parentSegment",
            "attributes": {
                "name": parent.name,
                "description": parent.description,
                "matrixUpdatedAt": timestamp(parent.created_at),
                "population": self._audiences.population(parent.id),
                "scheduleType": "none",
                "timezone": "UTC",
                "allowActivationBehavior": False,
                "createdAt": timestamp(parent.created_at),
                "updatedAt": timestamp(parent.created_at),
                "v4Id": int(parent.id),
            },
            "relationships": {"parentSegmentFolder": _folder_reference(parent.root_folder)},
        }

    def folder(self, folder: Folder) -> Json:
        """Shape a folder as REST `SegmentFolderReadRepresentation`."""
        return {
            "id": folder.id,
            "audienceId": folder.parent_segment,
            "name": folder.name,
            "description": folder.description,
            **_rest_made(folder.created_at, folder.created_at),
        }

    def rest_token(self, token: Token) -> Json:
        """Shape a token as REST `Token`, which has no name."""
        return {
            "id": token.id,
            "audienceId": token.parent_segment,
            "token": token.token,
            "description": token.description,
            "keyColumn": token.key_column,
            "attributeColumns": token.attribute_columns,
            "segments": [self._rest_segment(segment) for segment in self._segments(token)],
            "v2": True,
            **_rest_made(token.created_at, token.updated_at),
        }

    def token_document(self, token: Token) -> Json:
        """Shape a token as a JSON:API document with its user and segments included."""
        segments = self._segments(token)
        return {
            "data": {
                "id": token.id,
                "type": "token",
                "attributes": {
                    "audienceId": token.parent_segment,
                    "name": token.name,
                    "token": token.token,
                    "description": token.description,
                    "keyColumn": token.key_column,
                    "attributeColumns": token.attribute_columns,
                    "createdAt": timestamp(token.created_at),
                    "updatedAt": timestamp(token.updated_at),
                },
                "relationships": {
                    "segments": {"data": [_segment_reference(segment) for segment in segments]},
                    "parentFolder": _folder_reference(token.folder),
                    "createdBy": _USER_REFERENCE,
                    "updatedBy": _USER_REFERENCE,
                },
            },
            "included": [_USER_RESOURCE, *(self._segment_resource(one) for one in segments)],
        }

    def _segments(self, token: Token) -> list[Segment]:
        found = (self._audiences.segment(key) for key in token.segments)
        return [segment for segment in found if segment is not None]

    def _rest_segment(self, segment: Segment) -> Json:
        return {
            "id": int(segment.id),
            "name": segment.name,
            "realtime": segment.kind == "realtime",
            "kind": SEGMENT_KINDS.index(segment.kind),
            "description": segment.description,
            "segmentFolderId": int(segment.folder),
            "population": self._audiences.population(segment.parent_segment, segment.id),
        }

    def _segment_resource(self, segment: Segment) -> Json:
        population = self._audiences.population(segment.parent_segment, segment.id)
        return {
            **_segment_reference(segment),
            "attributes": {
                "name": segment.name,
                "description": segment.description,
                "population": population,
            },
            "relationships": {"parentFolder": _folder_reference(segment.folder)},
        }


def _attribute(parent: ParentSegment, name: str, kind: str) -> Json:
    return {
        "audienceId": parent.id,
        "name": name,
        "type": kind,
        "parentDatabaseName": parent.database,
        "parentTableName": parent.table,
        "parentColumn": name,
        "parentKey": "id",
        "foreignKey": "id",
        "groupingName": None,
    }


def _rest_made(created_at: float, updated_at: float) -> Json:
    return {
        "createdAt": timestamp(created_at),
        "updatedAt": timestamp(updated_at),
        "createdBy": _REST_USER,
        "updatedBy": _REST_USER,
    }


def _folder_reference(folder: str) -> Json:
    return {"data": {"id": folder, "type": "folder-segment"}}


def _segment_reference(segment: Segment) -> Json:
    return {"id": segment.id, "type": f"segment-{segment.kind}"}
