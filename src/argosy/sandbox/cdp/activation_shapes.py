"""How activations look in both styles of the CDP API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from argosy.sandbox.cdp.activation_schedule import cron_of, local_start
from argosy.sandbox.cdp.shapes import execution, made_by
from argosy.sandbox.clock import timestamp
from argosy.sandbox.core.result_urls import masked_settings

if TYPE_CHECKING:
    from argosy.sandbox.cdp.activations import Activations
    from argosy.sandbox.cdp.folders import Folders
    from argosy.sandbox.cdp.models import Activation, Segment
    from argosy.sandbox.cdp.shapes import Shapes
    from argosy.sandbox.clock import Clock
    from argosy.sandbox.settings import Json

_SHARED: Final = (
    *("description", "allColumns", "columns", "scheduleType", "scheduleOption", "startAt"),
    *("endOn", "repeatUnit", "repeatFrequency", "repeatSubFrequency", "timezone"),
    *("connectionId", "connectorConfig", "notifyOn", "emailRecipients", "activationTemplateId"),
)
_MORE: Final = (
    *("nestedWorkflowProjectName", "nestedWorkflowName", "activationActionsEnabled"),
    *("lockEnabled", "syndicationBehavior", "syndicationBehaviors"),
)
_NO_NULL: Final = frozenset(
    {
        *("connectionId", "activationTemplateId", "nestedWorkflowProjectName"),
        *("nestedWorkflowName", "scheduleOption"),
    }
)
_RUN_STATUS: Final = {"queued": "waiting", "blocked": "waiting"}


def _readable(name: str, value: Json) -> Json:
    """Give a parameter as it may be read: what is secret in a connector's settings is masked."""
    return masked_settings(value) if name == "connectorConfig" else value


class ActivationShapes:
    """Shape activations."""

    def __init__(
        self, activations: Activations, folders: Folders, shapes: Shapes, clock: Clock
    ) -> None:
        self._activations = activations
        self._folders = folders
        self._shapes = shapes
        self._clock = clock

    def rest(self, activation: Activation, *, with_detail: bool = True) -> Json:
        """Shape an activation as REST `Syndication`; in short without executions."""
        parameters = activation.parameters
        shaped = {
            "id": activation.id,
            "audienceId": activation.parent_segment,
            "segmentId": activation.segment,
            "name": activation.name,
            **{name: _readable(name, parameters[name]) for name in _SHARED},
            **self._shapes.rest_made(activation),
            "valid": self._is_valid(activation),
        }
        if with_detail:
            shaped["executions"] = self._executions(activation)
        return shaped

    def resource(self, activation: Activation, *, in_short: bool = False) -> Json:
        """Shape an activation as a JSON:API resource, or in short as in lists of all."""
        parameters = activation.parameters
        attributes = {
            "audienceId": activation.parent_segment,
            "name": activation.name,
            **{
                name: _readable(name, parameters[name])
                for name in (*_SHARED, *_MORE)
                if parameters[name] is not None or name not in _NO_NULL
            },
            "createdAt": timestamp(activation.created_at),
            "updatedAt": timestamp(activation.updated_at),
        }
        if not in_short:
            attributes["runStatus"] = self.run_status(activation)
            attributes["valid"] = self._is_valid(activation)
            attributes["executions"] = self._executions(activation)
        segment = {"data": {"id": activation.segment, "type": "segment-batch"}}
        return {
            "id": activation.id,
            "type": "syndication",
            "attributes": attributes,
            "relationships": {"segment": segment, **made_by(activation)},
        }

    def document(self, activation: Activation) -> Json:
        """Shape an activation as a JSON:API document."""
        users = self._shapes.users([activation])
        return {"data": self.resource(activation), "included": users}

    def overview(self, activation: Activation, segment: Segment) -> Json:
        """Shape an activation as `SyndicationOverview`, which lists under folders have."""
        parameters = activation.parameters
        executions = self._activations.executions(activation)
        last = executions[0] if executions else None
        connection = self._activations.connection(activation)
        kind = None if connection is None else connection_type(connection)
        above = reversed(self._folders.above(self._folders.get(segment.folder)))
        counted = next((one.count for one in executions if one.count is not None), None)
        return {
            "scheduleStatus": self.schedule_status(activation),
            "runStatus": self.run_status(activation),
            "id": activation.id,
            "name": activation.name,
            "segmentId": segment.id,
            "segmentName": segment.name,
            "folder": [{"id": one.id, "name": one.name} for one in above],
            "activationTemplateId": parameters["activationTemplateId"],
            "activationTemplateName": None,
            "connectionId": parameters["connectionId"] or "0",
            "connectionType": kind,
            "connectionTypeDescription": kind,
            "connectionName": None if connection is None else connection["name"],
            "connectionValid": connection is not None,
            "startAt": parameters["startAt"],
            "endOn": parameters["endOn"],
            "workflowProjectName": parameters["nestedWorkflowProjectName"],
            "workflowName": parameters["nestedWorkflowName"],
            "lastExecution": None if last is None else execution(last, "syndicationId"),
            "lastRecordCount": counted,
            "repeatUnit": parameters["repeatUnit"],
            "repeatFrequency": parameters["repeatFrequency"],
            "timezone": parameters["timezone"],
            **self._shapes.rest_made(activation),
        }

    def run_status(self, activation: Activation) -> str | None:
        """Tell how the last run goes or went; "scheduled" before the first of a schedule."""
        executions = self._activations.executions(activation)
        if executions:
            return _RUN_STATUS.get(executions[0].status, executions[0].status)
        return "scheduled" if self.schedule_status(activation) in {"active", "scheduled"} else None

    def schedule_status(self, activation: Activation) -> str:
        """Tell whether a schedule has begun, is over, or isn't there."""
        parameters = activation.parameters
        if parameters["repeatUnit"] == "none" and cron_of(parameters) is None:
            return "none"
        now = datetime.fromtimestamp(self._clock.now(), UTC)
        end = parameters["endOn"]
        zone = ZoneInfo(parameters["timezone"])
        if end is not None and date.fromisoformat(end) < now.astimezone(zone).date():
            return "inactive"
        start = local_start(parameters)
        if start is not None and start > now:
            return "scheduled"
        is_over = parameters["repeatUnit"] == "once" and start is not None
        return "inactive" if is_over else "active"

    def _is_valid(self, activation: Activation) -> bool:
        return self._activations.connection(activation) is not None

    def _executions(self, activation: Activation) -> list[Json]:
        found = self._activations.executions(activation)
        return [execution(one, "syndicationId") for one in found]


def connection_type(connection: Json) -> str:
    """Tell the type of a kept connection by its URL."""
    return urlsplit(str(connection["url"])).scheme or str(connection["url"])
