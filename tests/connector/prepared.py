"""What the sandbox must hold before the capabilities' examples can run on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from argosy import Connector, Dispatcher
from argosy.connector import load_capability

NOW = 1_767_355_200
"""2026-01-02T12:00:00Z: a day after what the examples speak of."""


@dataclass(frozen=True)
class Step:
    capability: str
    inputs: Any
    found: dict[str, str] = field(default_factory=dict)


#: Calls that make what no seed can give, in order: the capability, the number of its example,
#: and where an id of the examples (by the input's name and its value) is found in the outputs.
PREPARED: tuple[Step, ...] = (
    Step("create-policy", 0, {"policyId 12": "id", "policyIds 12": "id"}),
    Step("create-policy", {"policy": {"name": "Workflow runners"}}, {"policyId 13": "id", "policyIds 13": "id"}),
    Step("list-access-users", {}, {"userId 1001": "users/1/user_id", "userIds 1001": "users/1/user_id",
                                   "userIds 1002": "users/2/user_id"}),
    Step("attach-user-to-policy", 0),
    Step("update-policy-permissions", 0),
    Step("update-column-permissions", 0),
    Step("set-profile-option", 0),
    Step("create-policy-group", 0, {"policyGroupIdOrTaggableName 5": "id"}),
    Step("update-policy-group-policies", 0),
    Step("update-policy-group-users", 0),
    Step("update-delegated-admins", 0),
    Step("run-query", {"database": "shop", "query": "SELECT plan, COUNT(*) AS customers FROM customers GROUP BY plan"}, {"jobId 1001": "jobId", "jobId 1002": "jobId"}),
    Step("get-database", 0, {"databaseId 71": "database/id"}),
    Step("create-bulk-import", 0),
    Step("upload-bulk-import-part", 0),
    Step("upload-bulk-import-part", {"name": "orders_2026_01", "partName": "part_2", "data": "H4sIAAAAAAACA2taUpKZm3ouM3Qnw5KCnMS8Jen5OSkA6HD5mRUAAAA="}),
    Step("create-bulk-load", 0),
    Step("run-segment-query", 0, {"queryId 5f0c2a34-7d1b-4c52-9a6e-2b8d4e10c7f3": "id"}),
    Step("create-predictive-segment-rest", 0, {"predictiveSegmentId 701": "predictiveSegment/id", "id 701": "predictiveSegment/id"}),
    Step("create-activation-template", 0, {"id 411": "id"}),
    Step("create-journey", 0, {"journeyId 801": "id", "journeyStages/id 811": "journey/attributes/journeyStages/0/id", "journeyBundleId 851": "journey/attributes/journeyBundleId"}),
    Step("create-journey", {"name":"Another", "state": "draft", "journeyStages": [{"name":"Greeting"}], "parentFolderId": "201"}, {"journeyId 802": "id"}),
    Step("create-realtime-key-event", 0, {"realtimeKeyEventId 911": "id", "keyEventId 911": "id"}),
    Step("create-realtime-key-event", 1, {"keyEventId 912": "id"}),
    Step("create-realtime-attribute", 0, {"realtimeAttributeId 901": "id"}),
    Step("create-realtime-attribute", 1, {"realtimeAttributeId 902": "id"}),
    Step("create-realtime-attribute", {"audienceId": "101", "name": "Viewed products", "identifier": "viewed_products", "type": "list", "realtimeKeyEventId": "911", "idColumn": "product_id", "fields": ["product_id"], "duration": {"value": 1, "unit": "day"}}, {"realtimeAttributeId 904": "id"}),
    Step("create-personalization-service", 0, {"realtimePersonalizationServiceId 921": "id"}),
    Step("create-personalization-token", 0, {"tokenId 931": "id"}),
    Step("update-realtime-setting", 0),
    Step("create-realtime-journey", 0, {"realtimeJourneyId 801": "id", "realtimeJourneyStages/id 811": "realtimeJourney/attributes/realtimeJourneyStages/0/id"}),
    Step("create-realtime-journey", 1, {"realtimeJourneyId 802": "id"}),
    Step("create-realtime-personalization", 0, {"realtimePersonalizationId 941": "id", "sections/id 942": "realtimePersonalization/attributes/sections/0/id"}),
    Step("list-workflow-sessions", {}, {"sessionId 701": "sessions/0/id", "attemptId 9001": "sessions/0/lastAttempt/id", "projectId 12": "sessions/0/project/id", "workflowId 340": "sessions/0/workflow/id"}),
    Step("list-workflow-schedules", {}, {"scheduleId 55": "schedules/0/id"}),
    Step("list-workflow-log-files", {"attemptId": "9001"}, {"fileName +load+load@1.log.gz": "files/0/fileName"}),
    Step("create-workflow-pool", 0, {"poolId 3": "poolId"}),
    Step("create-workflow-pool", {"name": "weekly", "concurrencyLimit": 1}, {"poolId 4": "poolId"}),
    Step("create-workflow-pool-rule", 0, {"poolRuleId 8": "poolRuleId"}),
)
_RENAMED_FOLDER = Step("update-folder", {"id": "201", "name": "Before"})
_EMPTY = {"name": "Empty", "parentFolderId": "200"}
BEFORE: dict[str, tuple[Step, ...]] = {
    "create-parent-segment": (Step("update-parent-segment", {"audienceId": "101", "name": "Before"}),),
    "create-folder-rest": (_RENAMED_FOLDER,),
    "create-folder": (_RENAMED_FOLDER,),
    "delete-folder": (Step("create-folder", _EMPTY, {"id 201": "id"}),),
    "delete-folder-rest": (Step("create-folder", _EMPTY, {"folderId 201": "id"}),),
    "create-activation-rest": (Step("delete-activation", 0),),
    "create-activation": (Step("delete-activation", 0),),
    "list-parent-segment-executions": (Step("run-parent-segment", 0),),
    "create-funnel-rest": (Step("delete-funnel", 0),),
    "create-funnel": (Step("delete-funnel", 0),),
    "create-predictive-segment-rest": (Step("delete-predictive-segment", 0),),
    "create-predictive-segment": (Step("delete-predictive-segment", 0),),
    "create-activation-template": (Step("delete-activation-template", 0),),
    "create-connection": (Step("delete-connection", 0),),
    "create-database": (Step("delete-database", 0),),
    "create-query-schedule": (Step("delete-query-schedule", 0),),
    "create-table": (Step("delete-table", {"database": "shop", "table": "customers"}),),
    "create-table-of-type": (Step("delete-table", {"database": "shop", "table": "page_views"}),),
    "rename-table": (Step("rename-table", {"database": "shop", "currentTableName": "orders", "newTableName": "orders_new"}),),
    "list-deleted-tables": (Step("delete-table", 0),),
    "recover-table": (Step("delete-table", 0), Step("list-deleted-tables", 0, {"tableId 82": "tables/0/id"})),
    "get-job-status-by-domain-key": (Step("run-query-job", 0),),
    "add-user": (Step("remove-user", 0),),
    "create-bulk-import": (Step("delete-bulk-import", 0),),
    "unfreeze-bulk-import": (Step("freeze-bulk-import", 0),),
    "perform-bulk-import": (Step("freeze-bulk-import", 0),),
    "commit-bulk-import": (Step("freeze-bulk-import", 0), Step("perform-bulk-import", 0)),
    "list-bulk-import-error-records": (Step("freeze-bulk-import", 0), Step("perform-bulk-import", 0)),
    "create-bulk-load": (Step("delete-bulk-load", 0),),
    "list-bulk-load-jobs": (Step("run-bulk-load", 0),),
    "create-policy": (Step("delete-policy", 0),),
    "create-policy-group": (Step("delete-policy-group", 0),),
    "upload-project": (Step("delete-workflow-project", 0),),
    "upload-workflow-project": (Step("delete-workflow-project", 0),),
    "start-workflow-attempt": (),
    "create-workflow-pool": (Step("delete-workflow-pool", 0),),
}


def prepare(connector: Connector, dispatcher: Dispatcher) -> dict[tuple[str, str], Any]:
    ids: dict[tuple[str, str], Any] = {}
    for step in PREPARED:
        ids |= _step(connector, dispatcher, step, ids)
    return ids


def before(connector, dispatcher, capability, index, ids):
    made = {}
    for step in BEFORE.get(capability, ()):
        made |= _step(connector, dispatcher, step, ids | made)
    return made


def _step(connector, dispatcher, step, ids):
    capability, chosen, found = step.capability, step.inputs, step.found
    inputs = load_capability(connector, capability).examples[chosen].inputs if isinstance(chosen, int) else chosen
    result = dispatcher.call(capability, filled(inputs, ids))
    assert result.error is None, (capability, str(result.error), result.outputs)
    return {key: at(result.outputs, pointer) for key, pointer in found.items()}


def at(value, pointer):
    for part in pointer.split("/"):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def filled(value: Any, ids: Any, path: str = "") -> Any:
    if isinstance(value, dict):
        return {k: filled(v, ids, f"{path}/{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, ids, path) for v in value]
    if isinstance(value, str | int) and not isinstance(value, bool):
        for key, new in ids.items():
            name, _, old = key.partition(" ")
            if str(value) == old and path.endswith("/" + name):
                return type(value)(new)
    return value


def differences(example: Any, actual: Any, path: str = "") -> list[str]:
    if example is None or actual is None:
        return []
    if isinstance(example, dict):
        if not isinstance(actual, dict):
            return [f"{path}: object, {type(actual).__name__}"]
        out = []
        for k, v in example.items():
            if k not in actual:
                if v not in (None, [], {}):
                    out.append(f"{path}/{k} absent")
            else:
                out += differences(v, actual[k], f"{path}/{k}")
        return out
    if isinstance(example, list):
        if not isinstance(actual, list):
            return [f"{path}: array, {type(actual).__name__}"]
        if not example:
            return []
        if not actual:
            return [f"{path} empty"]
        return differences(example[0], actual[0], path + "/0")
    kinds = {bool: "truth", int: "number", float: "number", str: "text"}
    a, b = kinds[type(example)], kinds.get(type(actual), type(actual).__name__)
    return [] if a == b else [f"{path}: {a}, {b}"]
