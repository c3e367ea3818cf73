"""What a sandbox must hold before the capabilities' examples can run on it.

`seed.json` has what a seed can have. PREPARED makes the rest by the capabilities themselves, once,
and tells which ids of the examples stand for which ids that the sandbox made. BEFORE is what
single examples need besides: most often a name that must be free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import requests

from argosy import Connector, Dispatcher
from argosy.connector import load_capability
from argosy.sandbox import RunningSandbox

NOW: Final = 1_767_355_200
"""2026-01-02T12:00:00Z, the day after the one that the examples speak of."""

Ids = Mapping[str, Any]
"""Ids that the sandbox made, by an input of the examples and the id that stands there."""


class DoneError(AssertionError):
    """A step didn't go as it must."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A sandbox, and a dispatcher that calls it."""

    connector: Connector
    dispatcher: Dispatcher
    sandbox: RunningSandbox
    session: requests.Session

    def control(self, method: str, path: str, body: Any) -> None:
        """Call a route of the sandbox's own."""
        url = f"{self.sandbox.url}/_sandbox/{path}"
        self.session.request(method, url, json=body, timeout=30).raise_for_status()

    def run(self, steps: tuple[Step, ...], ids: Ids) -> dict[str, Any]:
        """Do steps, and return the ids together with those that the steps made."""
        known = dict(ids)
        for step in steps:
            known |= step.run(self, known)
        return known


class Step(Protocol):
    """Something to do before an example runs."""

    def run(self, stage: Stage, ids: Ids) -> Mapping[str, Any]:
        """Do it; return the ids it made."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a capability with the inputs of its example, or with some of its own.

    `made` tells where an id of the examples is in the outputs: `"poolId 3": "pool/id"`. Its input
    may be named with the member above it: `"sections/id 942"`.
    """

    capability: str
    inputs: int | Mapping[str, Any] = 0
    made: Mapping[str, str] = field(default_factory=dict)

    def run(self, stage: Stage, ids: Ids) -> Mapping[str, Any]:
        """Call it; raise DoneError if that fails."""
        inputs = self.inputs
        if isinstance(inputs, int):
            inputs = load_capability(stage.connector, self.capability).examples[inputs].inputs
        result = stage.dispatcher.call(self.capability, filled(inputs, ids))
        if result.error is not None:
            raise DoneError(f"{self.capability}: {result.error} {result.outputs}")
        return {key: _member(result.outputs, where) for key, where in self.made.items()}


@dataclass(frozen=True, slots=True)
class Slowly:
    """What takes time doesn't end from here on."""

    def run(self, stage: Stage, ids: Ids) -> Mapping[str, Any]:
        """Set the pace."""
        del ids
        stage.control("PUT", "pace", {"pace": "polls:1000000"})
        return {}


def filled(value: Any, ids: Ids, place: str = "") -> Any:
    """Return inputs with the ids that the sandbox made in place of the examples'."""
    if isinstance(value, dict):
        return {name: filled(one, ids, f"{place}/{name}") for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids, place) for one in value]
    if isinstance(value, str | int) and not isinstance(value, bool):
        for key, made in ids.items():
            name, _, old = key.partition(" ")
            if str(value) == old and place.endswith(f"/{name}"):
                return type(value)(made)
    return value


def _member(value: Any, where: str) -> Any:
    for part in where.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


_VIEWED = {"audienceId": "101", "name": "Viewed products", "identifier": "viewed_products"}
_PART = "H4sIAAAAAAACA2taUpKZm3ouM3Qnw5KCnMS8Jen5OSkA6HD5mRUAAAA="

PREPARED: Final[tuple[Step, ...]] = (
    Call("create-policy", 0, {"policyId 12": "id", "policyIds 12": "id"}),
    Call("create-policy", {"policy": {"name": "Workflow runners"}}, {"policyIds 13": "id"}),
    Call(
        "list-access-users",
        0,
        {
            "userId 1001": "users/1/user_id",
            "userIds 1001": "users/1/user_id",
            "userIds 1002": "users/2/user_id",
        },
    ),
    Call("attach-user-to-policy"),
    Call("update-policy-permissions"),
    Call("update-column-permissions"),
    Call("set-profile-option"),
    Call("create-policy-group", 0, {"policyGroupIdOrTaggableName 5": "id"}),
    Call("update-policy-group-policies"),
    Call("update-policy-group-users"),
    Call("update-delegated-admins"),
    Call(
        "run-query",
        {
            "database": "shop",
            "query": "SELECT plan, COUNT(*) AS customers FROM customers GROUP BY 1",
        },
        {"jobId 1001": "jobId"},
    ),
    Call("get-database", 0, {"databaseId 71": "database/id"}),
    Call("create-bulk-import"),
    Call("upload-bulk-import-part"),
    Call(
        "upload-bulk-import-part", {"name": "orders_2026_01", "partName": "part_2", "data": _PART}
    ),
    Call("create-bulk-load"),
    Call("run-activation"),
    Call("run-segment-query", 0, {"queryId 5f0c2a34-7d1b-4c52-9a6e-2b8d4e10c7f3": "id"}),
    Call(
        "create-predictive-segment-rest",
        0,
        {"predictiveSegmentId 701": "predictiveSegment/id", "id 701": "predictiveSegment/id"},
    ),
    Call("create-activation-template", 0, {"id 411": "id"}),
    Call(
        "create-journey",
        0,
        {"journeyId 801": "id", "journeyStages/id 811": "journey/attributes/journeyStages/0/id"},
    ),
    Call("update-journey"),
    Call("create-journey", 1, {"journeyId 802": "id"}),
    Call("create-realtime-key-event", 0, {"realtimeKeyEventId 911": "id", "keyEventId 911": "id"}),
    Call("create-realtime-key-event", 1, {"realtimeKeyEventId 912": "id", "keyEventId 912": "id"}),
    Call("create-realtime-attribute", 0, {"realtimeAttributeId 901": "id"}),
    Call("create-realtime-attribute", 1, {"realtimeAttributeId 902": "id"}),
    Call(
        "create-realtime-attribute",
        _VIEWED
        | {"type": "list", "realtimeKeyEventId": "911", "idColumn": "product_id"}
        | {"filterRule": {"type": "And", "conditions": []}, "fields": ["product_id"]}
        | {"duration": {"value": 1, "unit": "day"}},
        {"realtimeAttributeId 904": "id"},
    ),
    Call("create-personalization-service", 0, {"realtimePersonalizationServiceId 921": "id"}),
    Call("create-personalization-token", 0, {"tokenId 931": "id"}),
    Call("update-realtime-setting"),
    Call(
        "create-realtime-journey",
        0,
        {
            "realtimeJourneyId 801": "id",
            "realtimeJourneyStages/id 811": "realtimeJourney/attributes/realtimeJourneyStages/0/id",
        },
    ),
    Call("update-realtime-journey"),
    Call("create-realtime-journey", 1, {"realtimeJourneyId 802": "id"}),
    Call(
        "create-realtime-personalization",
        0,
        {
            "realtimePersonalizationId 941": "id",
            "sections/id 942": "realtimePersonalization/attributes/sections/0/id",
        },
    ),
    Call(
        "list-workflow-sessions",
        0,
        {
            "sessionId 701": "sessions/0/id",
            "attemptId 9001": "sessions/0/lastAttempt/id",
            "projectId 12": "sessions/0/project/id",
            "workflowId 340": "sessions/0/workflow/id",
        },
    ),
    Call("list-workflow-schedules", 0, {"scheduleId 55": "schedules/0/id"}),
    Call(
        "list-workflow-log-files",
        {"attemptId": "9001"},
        {"fileName +load+load@1.log.gz": "files/0/fileName"},
    ),
    Call("create-workflow-pool", 0, {"poolId 3": "poolId"}),
    Call("create-workflow-pool", {"name": "weekly", "concurrencyLimit": 1}, {"poolId 4": "poolId"}),
    Call("create-workflow-pool-rule", 0, {"poolRuleId 8": "poolRuleId"}),
)

_EMPTY = {"name": "Empty", "parentFolderId": "200"}
_FREE_NAMES: Final = {
    "create-parent-segment": Call("update-parent-segment", {"audienceId": "101", "name": "Before"}),
    "create-folder": Call("update-folder", {"id": "201", "name": "Before"}),
    "create-folder-rest": Call("update-folder", {"id": "201", "name": "Before"}),
    "create-activation": Call("delete-activation"),
    "create-activation-rest": Call("delete-activation"),
    "create-funnel": Call("delete-funnel"),
    "create-funnel-rest": Call("delete-funnel"),
    "create-predictive-segment": Call("delete-predictive-segment"),
    "create-predictive-segment-rest": Call("delete-predictive-segment"),
    "create-activation-template": Call("delete-activation-template"),
    "create-journey-0": Call("delete-journey", {"journeyId": "801"}),
    "create-journey-1": Call("delete-journey"),
    "create-realtime-key-event-0": Call("delete-realtime-key-event"),
    "create-realtime-key-event-1": Call(
        "delete-realtime-key-event", {"audienceId": "101", "realtimeKeyEventId": "912"}
    ),
    "create-realtime-attribute-0": Call(
        "delete-realtime-attribute", {"audienceId": "101", "realtimeAttributeId": "901"}
    ),
    "create-realtime-attribute-1": Call("delete-realtime-attribute"),
    "create-personalization-service": Call("delete-personalization-service"),
    "create-realtime-journey-0": Call("delete-realtime-journey", {"realtimeJourneyId": "801"}),
    "create-realtime-journey-1": Call("delete-realtime-journey"),
    "create-realtime-personalization": Call("delete-realtime-personalization"),
    "create-connection": Call("delete-connection"),
    "create-database": Call("delete-database"),
    "create-query-schedule": Call("delete-query-schedule"),
    "create-table-0": Call("delete-table", {"database": "shop", "table": "customers"}),
    "create-table-of-type": Call("delete-table", {"database": "shop", "table": "page_views"}),
    "rename-table": Call(
        "rename-table",
        {"database": "shop", "currentTableName": "orders", "newTableName": "orders_new"},
    ),
    "add-user": Call("remove-user"),
    "create-bulk-import": Call("delete-bulk-import"),
    "create-bulk-load": Call("delete-bulk-load"),
    "create-policy": Call("delete-policy"),
    "create-policy-group": Call("delete-policy-group"),
    "upload-project": Call("delete-workflow-project"),
    "upload-workflow-project-0": Call("delete-workflow-project"),
    "create-workflow-pool-rule": Call("delete-workflow-pool-rule"),
    "delete-workflow-pool": Call("delete-workflow-pool-rule"),
}

_SENT = {"projectName": "campaign_mails", "workflowName": "send_mails"}
_FIRST = {"sessionTime": "2026-01-01T00:00:00Z"}
#: By capability, or by one of its examples.
BEFORE: Final[dict[str, tuple[Step, ...]]] = {
    **{name: (step,) for name, step in _FREE_NAMES.items()},
    "create-workflow-pool": (Call("delete-workflow-pool-rule"), Call("delete-workflow-pool")),
    "delete-folder": (Call("create-folder", _EMPTY, {"id 201": "id"}),),
    "delete-folder-rest": (Call("create-folder", _EMPTY, {"folderId 201": "id"}),),
    "list-parent-segment-executions": (Call("run-parent-segment"),),
    "list-deleted-tables": (Call("delete-table"),),
    "recover-table": (
        Call("delete-table"),
        Call("list-deleted-tables", 0, {"tableId 82": "tables/0/id"}),
    ),
    "get-job-status-1": (Slowly(), Call("run-query-job", 0, {"jobId 1002": "jobId"})),
    "get-job-status-by-domain-key": (Slowly(), Call("run-query-job")),
    "kill-job": (Slowly(), Call("run-query-job", 0, {"jobId 1001": "jobId"})),
    "kill-segment-query": (
        Slowly(),
        Call("run-segment-query", 0, {"queryId 5f0c2a34-7d1b-4c52-9a6e-2b8d4e10c7f3": "id"}),
    ),
    "unfreeze-bulk-import": (Call("freeze-bulk-import"),),
    "perform-bulk-import": (Call("freeze-bulk-import"),),
    "commit-bulk-import": (Call("freeze-bulk-import"), Call("perform-bulk-import")),
    "list-bulk-import-error-records": (Call("freeze-bulk-import"), Call("perform-bulk-import")),
    "list-bulk-load-jobs": (Call("run-bulk-load"),),
    "wait-for-attempt": (
        Call("start-workflow-attempt", _SENT | _FIRST, {"attemptId 9001": "attempt/id"}),
    ),
    "start-workflow-attempt-1": (
        Call("start-workflow-attempt", 0, {"attemptId 9001": "attempt/id"}),
    ),
    "kill-workflow-attempt": (
        Slowly(),
        Call("start-workflow-attempt", 0, {"attemptId 9001": "attempt/id"}),
    ),
    "list-workflow-attempt-retries": (
        Call("start-workflow-attempt", 0, {"attemptId 9001": "attempt/id"}),
        Call(
            "start-workflow-attempt",
            {"workflowId": "340", "retryAttemptName": "again"} | _FIRST,
            {"attemptId 9001": "attempt/id"},
        ),
    ),
    "list-workflow-project-revisions-1": (
        Call("upload-workflow-project", 1),
        Call(
            "list-workflow-project-revisions",
            {"projectId": "12", "pageSize": 1},
            {"pageAfter c2": "next/pageAfter"},
        ),
    ),
}
