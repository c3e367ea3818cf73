"""The CDP API's answers: how each value looks in the REST and in the JSON:API style.

Made after the schemas of the vendor's specification. REST has flat objects, `td_user_id`, and
the ids of segment summaries as integers; JSON:API has resources with camelCase attributes.
Activations and funnels are in `activation_shapes` and `funnel_shapes`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.models import (
    SEGMENT_KINDS,
    Activation,
    Audiences,
    Execution,
    Folder,
    Made,
    ParentSegment,
    Segment,
    Token,
)
from argosy.sandbox.cdp.rules.catalogue import matrix_name
from argosy.sandbox.clock import timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.settings import Json

PERMISSIONS: Final = {"view": True, "edit": True}


class Shapes:
    """Shape answers, with counts and names looked up where an answer needs them."""

    def __init__(self, audiences: Audiences, populations: Populations) -> None:
        self._audiences = audiences
        self._populations = populations

    def rest_user(self, key: str) -> Json:
        """Shape a user as REST `User`."""
        return {"id": key, "td_user_id": key, "name": self._user_name(key)}

    def user(self, key: str) -> Json:
        """Shape a user as a JSON:API resource."""
        name = self._user_name(key)
        return {"id": key, "type": "user", "attributes": {"tdUserId": key, "name": name}}

    def users(self, entries: Iterable[Made | Token]) -> list[Json]:
        """Shape the users that made and changed some things, each once."""
        keys = {key for one in entries for key in (one.created_by, one.updated_by)}
        return [self.user(key) for key in sorted(keys, key=int)]

    def _user_name(self, key: str) -> str:
        found = self._audiences.documents.find("user", key)
        return "" if found is None else str(found["name"])

    def rest_made(self, entry: Made | Token) -> Json:
        """Shape when and by whom something was made and changed, for REST."""
        return {
            "createdAt": timestamp(entry.created_at),
            "updatedAt": timestamp(entry.updated_at),
            "createdBy": self.rest_user(entry.created_by),
            "updatedBy": self.rest_user(entry.updated_by),
        }

    def audience(self, parent: ParentSegment) -> Json:
        """Shape a parent segment as REST `Audience`."""
        shaped = {
            "id": parent.id,
            "name": parent.name,
            "description": parent.description,
            **parent.settings,
            "matrixUpdatedAt": updated(parent),
            "population": parent.population,
            "attributes": [self.attribute(parent, one) for one in parent.attributes],
            "behaviors": [_behavior(one) for one in parent.behaviors],
            "audienceFilters": list(parent.filters),
            **self.rest_made(parent),
        }
        if parent.master is not None:
            shaped["master"] = parent.master
        if parent.customer_group is not None:
            shaped["customerGroup"] = parent.customer_group
        return shaped

    def attribute(self, parent: ParentSegment, one: Json) -> Json:
        """Shape an attribute as REST `AudienceAttribute`."""
        return {
            "audienceId": parent.id,
            "id": one.get("id"),
            "name": one["name"],
            "type": one["type"],
            "parentDatabaseName": one["parentDatabaseName"],
            "parentTableName": one["parentTableName"],
            "parentColumn": one["parentColumn"],
            "parentKey": one.get("parentKey") or one["parentColumn"],
            "foreignKey": one.get("foreignKey") or one["parentColumn"],
            "groupingName": one.get("groupingName"),
        }

    def visible_attributes(self, parent: ParentSegment) -> list[Json]:
        """Shape the attributes with what the built table calls them, then the master table's."""
        catalogue = self._populations.catalogue(parent)
        shaped = [
            {
                **self.attribute(parent, one),
                "matrixColumnName": matrix_name(str(one["name"])),
                "matrixColumnDescription": None,
                "usedBySegmentInsight": False,
                "visibility": "clear",
            }
            for one in parent.attributes
        ]
        taken = {one["matrixColumnName"] for one in shaped}
        columns = {} if catalogue is None else catalogue.customers.columns
        for name, kind in columns.items():
            if name not in taken and name not in {"time", "cdp_customer_id"}:
                shaped.append({"name": name, "type": kind, "parentColumn": name})
        return shaped

    def visible_behaviors(self, parent: ParentSegment) -> list[Json]:
        """Shape the behaviors with what the built tables call their columns."""
        shaped = []
        for one in parent.behaviors:
            schema = [
                {
                    "name": column["name"],
                    "type": column["type"],
                    "parentColumn": column.get("parentColumn") or column["name"],
                    "matrixColumnName": matrix_name(str(column["name"])),
                    "matrixColumnDescription": None,
                    "visibility": "clear",
                }
                for column in one.get("schema") or []
            ]
            behavior = _behavior(one)
            del behavior["isRealtime"]
            shaped.append({**behavior, "schema": schema})
        return shaped

    def parent_segment(self, parent: ParentSegment) -> Json:
        """Shape a parent segment as JSON:API `parentSegment`."""
        settings = parent.settings
        group = parent.customer_group
        most = settings.get("maxActivationBehaviorRow")
        shaped = {
            "name": parent.name,
            "description": parent.description,
            "matrixUpdatedAt": updated(parent),
            "population": parent.population,
            "scheduleType": settings["scheduleType"],
            "timezone": parent.timezone,
            "allowActivationBehavior": bool(settings.get("allowActivationBehavior")),
            "createdAt": timestamp(parent.created_at),
            "updatedAt": timestamp(parent.updated_at),
            "v4Id": int(parent.id),
        }
        if most is not None:
            shaped["maxActivationBehaviorRow"] = most
        if group is not None and parent.population is not None:
            shaped["customerGroup"] = {"name": group["name"], "population": parent.population}
        return {
            "id": parent.id,
            "type": "parentSegment",
            "attributes": shaped,
            "relationships": {"parentSegmentFolder": folder_reference(parent.root_folder)},
        }

    def viewable(self, parent: ParentSegment) -> Json:
        """Shape a parent segment as an element of `/master_segments`."""
        return {
            "id": parent.id,
            "name": parent.name,
            "description": parent.description,
            "population": parent.population,
            "updatedAt": timestamp(parent.updated_at),
            "updatedBy": self.rest_user(parent.updated_by),
            "matrixUpdatedAt": updated(parent),
            "scheduleType": parent.settings["scheduleType"],
        }

    def folder(self, folder: Folder) -> Json:
        """Shape a folder as REST `SegmentFolderReadRepresentation`."""
        return {
            "id": folder.id,
            "audienceId": folder.parent_segment,
            "name": folder.name,
            "description": folder.description,
            **self.rest_made(folder),
        }

    def folder_resource(self, folder: Folder) -> Json:
        """Shape a folder as a JSON:API resource."""
        parent = folder.parent_folder
        return {
            "id": folder.id,
            "type": "folder-segment",
            "attributes": {
                "audienceId": folder.parent_segment,
                "name": folder.name,
                "description": folder.description,
                "createdAt": timestamp(folder.created_at),
                "updatedAt": timestamp(folder.updated_at),
                "permissions": PERMISSIONS,
            },
            "relationships": {
                "parentFolder": {"data": None} if parent is None else folder_reference(parent),
                **made_by(folder),
            },
        }

    def segment(self, segment: Segment) -> Json:
        """Shape a segment as REST `Segment`."""
        return {
            "audienceId": segment.parent_segment,
            "id": segment.id,
            "name": segment.name,
            "realtime": segment.kind == "realtime",
            "kind": SEGMENT_KINDS.index(segment.kind),
            "description": segment.description,
            "segmentFolderId": segment.folder,
            "population": self._populations.of_segment(segment),
            **self.rest_made(segment),
            "rule": segment.rule or {},
            "isVisible": True,
        }

    def segment_resource(self, segment: Segment, *, with_rule: bool = True) -> Json:
        """Shape a segment as a JSON:API resource."""
        attributes = {
            "audienceId": segment.parent_segment,
            "name": segment.name,
            "description": segment.description,
            "population": self._populations.of_segment(segment),
            "numSyndications": len(self._audiences.every(Activation, segment.id)),
            "rule": (segment.rule or {}) if with_rule else {},
            "createdAt": timestamp(segment.created_at),
            "updatedAt": timestamp(segment.updated_at),
            "countPopulation": segment.count_population,
        }
        if segment.kind == "batch":
            attributes["segmentInsightDashboardId"] = segment.dashboard
            attributes["isEmptyRule"] = not (segment.rule or {}).get("conditions")
        if segment.kind == "funnel-stage" and segment.funnel and segment.stage:
            stage = {"funnel_id": int(segment.funnel), "stage_id": int(segment.stage)}
            attributes["funnel_stage"] = stage
        return {
            **segment_reference(segment),
            "attributes": attributes,
            "relationships": {"parentFolder": folder_reference(segment.folder), **made_by(segment)},
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
            "segments": [self._rest_summary(segment) for segment in self._segments(token)],
            "v2": True,
            **self.rest_made(token),
        }

    def token_document(self, token: Token) -> Json:
        """Shape a token as a JSON:API document with its users and segments included."""
        summaries = [self._summary(one) for one in self._segments(token)]
        return {
            "data": self.token_resource(token),
            "included": [*self.users([token]), *summaries],
        }

    def token_resource(self, token: Token) -> Json:
        """Shape a token as a JSON:API resource."""
        segments = self._segments(token)
        return {
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
                "segments": {"data": [segment_reference(segment) for segment in segments]},
                "parentFolder": folder_reference(token.folder),
                **made_by(token),
            },
        }

    def _segments(self, token: Token) -> list[Segment]:
        found = (self._audiences.segment(key) for key in token.segments)
        return [segment for segment in found if segment is not None]

    def _rest_summary(self, segment: Segment) -> Json:
        return {
            "id": int(segment.id),
            "name": segment.name,
            "realtime": segment.kind == "realtime",
            "kind": SEGMENT_KINDS.index(segment.kind),
            "description": segment.description,
            "segmentFolderId": int(segment.folder),
            "population": self._populations.of_segment(segment),
        }

    def _summary(self, segment: Segment) -> Json:
        return {
            **segment_reference(segment),
            "attributes": {
                "name": segment.name,
                "description": segment.description,
                "population": self._populations.of_segment(segment),
            },
            "relationships": {"parentFolder": folder_reference(segment.folder)},
        }


def execution(one: Execution, owner: str) -> Json:
    """Shape an execution; `owner` is the member that names what was run."""
    shaped = {
        owner: one.owner,
        "workflowId": one.workflow,
        "workflowSessionId": one.session,
        "workflowAttemptId": one.id,
        "createdAt": timestamp(one.created_at),
        "finishedAt": None if one.finished_at is None else timestamp(one.finished_at),
        "status": one.status,
    }
    if one.reason is not None:
        shaped["error"] = one.reason
    return shaped


def made_by(entry: Made | Token) -> Json:
    """Shape the relationships to the users that made and changed something."""
    return {
        "createdBy": {"data": {"id": entry.created_by, "type": "user"}},
        "updatedBy": {"data": {"id": entry.updated_by, "type": "user"}},
    }


def updated(parent: ParentSegment) -> str | None:
    """Tell when a parent segment was last built."""
    at = parent.matrix_updated_at
    return None if at is None else timestamp(at)


def folder_reference(folder: str) -> Json:
    """Shape a relationship to a folder."""
    return {"data": {"id": folder, "type": "folder-segment"}}


def segment_reference(segment: Segment) -> Json:
    """Shape a resource identifier of a segment."""
    return {"id": segment.id, "type": f"segment-{segment.kind}"}


def _behavior(one: Json) -> Json:
    return {
        "id": one["id"],
        "name": one["name"],
        "parentDatabaseName": one["parentDatabaseName"],
        "parentTableName": one["parentTableName"],
        "parentKey": one["parentKey"],
        "foreignKey": one["foreignKey"],
        "schema": one.get("schema") or [],
        "scheduleType": one.get("scheduleType") or "none",
        "scheduleOption": one.get("scheduleOption"),
        "defaultTimeFilterEnabled": bool(one.get("defaultTimeFilterEnabled")),
        "isRealtime": bool(one.get("isRealtime")),
    }
