"""Read the parameters of activations and check them.

The vendor's specification requires `connection_id` and `connector_config` and defines
`connectionId` and `connectorConfig`; either spelling is taken, and neither is required here,
since clients send null too.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from argosy.sandbox.cdp.activation_schedule import REPEAT_UNITS, is_cron
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import SCHEDULE_TYPES
from argosy.sandbox.cdp.parent_segments import is_zone
from argosy.sandbox.core.result_urls import unmasked_settings

if TYPE_CHECKING:
    from argosy.sandbox.clock import Randomness
    from argosy.sandbox.settings import Json

MOST_BEHAVIORS: Final = 4
NOTIFY: Final = ("onSuccess", "onFailure")
STRATEGIES: Final = ("All", "First", "Last", "Top-N")
_STRINGS: Final = ("String", "Timestamp", "SegmentName", "SegmentId", "AudienceId")
PARAMETERS: Final = (*_STRINGS, "FunnelName", "StageName")
_DEFAULTS: Final[dict[str, Json]] = {
    "description": "",
    "allColumns": False,
    "columns": [],
    "scheduleType": "none",
    "scheduleOption": None,
    "repeatUnit": "none",
    "repeatFrequency": 1,
    "repeatSubFrequency": [],
    "startAt": None,
    "endOn": None,
    "runAt": None,
    "cron": None,
    "timezone": "UTC",
    "connectionId": None,
    "connectorConfig": None,
    "notifyOn": [],
    "emailRecipients": [],
    "nestedWorkflowProjectName": None,
    "nestedWorkflowName": None,
    "lockEnabled": False,
    "activationActionsEnabled": True,
    "activationTemplateId": None,
    "syndicationBehavior": None,
    "syndicationBehaviors": None,
}


class ActivationReader:
    """Read one body over the parameters an activation has."""

    def __init__(self, fields: Fields, current: dict[str, Json] | None, random: Randomness) -> None:
        self._fields = fields
        self._current = {**_DEFAULTS, **(current or {})}
        self._randomness = random

    def read(self) -> dict[str, Json]:
        """Give the parameters with what the body names in them; problems go to the fields."""
        fields, current = self._fields, self._current
        return {
            **current,
            "description": fields.text("description", current["description"]),
            "allColumns": fields.flag("allColumns", default=current["allColumns"]),
            "columns": self._columns("columns", current["columns"]),
            **self._schedule(),
            **self._connection(),
            "notifyOn": self._list("notifyOn", NOTIFY),
            "emailRecipients": self._recipients(),
            "lockEnabled": fields.flag("lockEnabled", default=current["lockEnabled"]),
            **self._workflow(),
            **self._behaviors(),
        }

    def _schedule(self) -> dict[str, Json]:
        fields, current = self._fields, self._current
        zone = fields.text("timezone", current["timezone"]) or "UTC"
        if not is_zone(zone):
            fields.wrong("/timezone", f"There is no time zone {zone[:50]!r}")
            zone = "UTC"
        cron = self._optional("cron")
        if cron is not None and not is_cron(cron):
            fields.wrong("/cron", "Must be a cron expression")
        return {
            "scheduleType": fields.choice("scheduleType", SCHEDULE_TYPES, current["scheduleType"]),
            "scheduleOption": self._optional("scheduleOption"),
            "repeatUnit": fields.choice("repeatUnit", REPEAT_UNITS, current["repeatUnit"]),
            "repeatFrequency": fields.whole(
                "repeatFrequency", current["repeatFrequency"], 1, 10**6
            ),
            "repeatSubFrequency": self._days(),
            "startAt": self._time("startAt", datetime),
            "endOn": self._time("endOn", date),
            "runAt": self._optional("runAt"),
            "cron": cron,
            "timezone": zone,
        }

    def _connection(self) -> dict[str, Json]:
        fields = self._fields
        found = self._current["connectionId"]
        for name in ("connection_id", "connectionId"):
            if fields.given(name):
                found = fields.key(name)
        config = self._current["connectorConfig"]
        for name in ("connector_config", "connectorConfig"):
            if fields.given(name):
                config = fields.members[name]
                if config is not None and not isinstance(config, dict):
                    fields.wrong(f"/{name}", "Must be an object")
                elif config is not None:
                    config = unmasked_settings(config, self._current["connectorConfig"])
        return {"connectionId": found, "connectorConfig": config}

    def _workflow(self) -> dict[str, Json]:
        template = self._current["activationTemplateId"]
        if self._fields.given("activationTemplateId"):
            template = self._fields.key("activationTemplateId")
        names = ("nestedWorkflowProjectName", "nestedWorkflowName")
        return {**{name: self._optional(name) for name in names}, "activationTemplateId": template}

    def _behaviors(self) -> dict[str, Json]:
        fields, current = self._fields, self._current
        one = fields.members.get("syndicationBehavior", current["syndicationBehavior"])
        many = fields.members.get("syndicationBehaviors", current["syndicationBehaviors"])
        given_both = (
            fields.members.get("syndicationBehavior"),
            fields.members.get("syndicationBehaviors"),
        )
        if all(given_both):
            detail = "Can't be given together with syndicationBehavior"
            fields.wrong("/syndicationBehaviors", detail)
        if fields.given("syndicationBehaviors"):
            many = fields.items("syndicationBehaviors", most=MOST_BEHAVIORS)
        for index, behavior in enumerate([one] if one is not None else many or []):
            where = "/syndicationBehavior" if one is not None else f"/syndicationBehaviors/{index}"
            self._check_behavior(behavior, where)
        return {"syndicationBehavior": one, "syndicationBehaviors": many or None}

    def _check_behavior(self, behavior: Json, where: str) -> None:
        if not isinstance(behavior, dict):
            self._fields.wrong(where, "An object is needed here")
            return
        inner = Fields(behavior)
        if not inner.text("behaviorTableName"):
            inner.wrong("/behaviorTableName", "Can't be blank", "CANNOT_BE_BLANK")
        inner.choice("joinStrategy", STRATEGIES, "All")
        inner.choice("formatting", ("rows", "cols"), "rows")
        inner.whole("joinRow", None, 1, 100)
        reader = ActivationReader(inner, None, self._randomness)
        reader._columns("columns", [])
        for problem in inner.problems:
            self._fields.problems.append((f"{where}{problem[0]}", *problem[1:]))

    def _columns(self, name: str, current: Json) -> list[Json]:
        """Read the columns to send; each gets an id that it hasn't yet."""
        fields = self._fields
        if not fields.given(name):
            return list(current)
        read = []
        for index, one in enumerate(fields.items(name)):
            here = f"/{name}/{index}"
            if not isinstance(one, dict):
                fields.wrong(here, "An object is needed here")
                continue
            if not isinstance(one.get("column"), str) or not one["column"]:
                fields.wrong(f"{here}/column", "Can't be blank", "CANNOT_BE_BLANK")
            self._check_source(one.get("source"), f"{here}/source")
            read.append({**one, "id": one.get("id") or self._randomness.uuid()})
        return read

    def _check_source(self, source: Json, where: str) -> None:
        fields = self._fields
        if source is None:
            fields.wrong(where, "Can't be blank", "CANNOT_BE_BLANK")
        elif not isinstance(source, dict) or not any(
            isinstance(source.get(name), str) for name in ("column", "string")
        ):
            fields.wrong(where, "Must be an object with column or string")
        elif "string" in source:
            for index, one in enumerate(source.get("parameters") or []):
                if not isinstance(one, dict) or one.get("type") not in PARAMETERS:
                    detail = f"Must be one of {', '.join(PARAMETERS)}"
                    fields.wrong(f"{where}/parameters/{index}/type", detail)

    def _days(self) -> list[int]:
        fields = self._fields
        if not fields.given("repeatSubFrequency"):
            return list(self._current["repeatSubFrequency"])
        days = fields.items("repeatSubFrequency", most=7)
        if any(isinstance(one, bool) or one not in range(1, 8) for one in days):
            fields.wrong("/repeatSubFrequency", "Must be days from 1 (Monday) to 7")
            return []
        return days

    def _recipients(self) -> list[int]:
        if not self._fields.given("emailRecipients"):
            return list(self._current["emailRecipients"])
        users = self._fields.items("emailRecipients")
        if any(isinstance(one, bool) or not str(one).isdigit() for one in users):
            self._fields.wrong("/emailRecipients", "Must be ids of users")
            return []
        return [int(one) for one in users]

    def _list(self, name: str, words: tuple[str, ...]) -> list[str]:
        if not self._fields.given(name):
            return list(self._current[name])
        found = self._fields.items(name)
        if any(one not in words for one in found):
            self._fields.wrong(f"/{name}", f"Must be of {', '.join(words)}")
            return []
        return found

    def _optional(self, name: str) -> str | None:
        if not self._fields.given(name):
            value: str | None = self._current[name]
            return value
        return self._fields.text(name) or None

    def _time(self, name: str, kind: type[datetime] | type[date]) -> str | None:
        text = self._optional(name)
        if text is None:
            return None
        try:
            kind.fromisoformat(text)
        except ValueError:
            self._fields.wrong(f"/{name}", "Must be a date" if kind is date else "Must be a time")
            return None
        return text
