"""Make, change, delete and run activations, without HTTP.

A run is an execution that goes from queued to success or error as the pace says; it asks for the
segment's members as of its end, as a job of the core API. Scheduled runs come by the clock; of
those that a leap of the clock left behind, only the ones of the last day (31 days for units
longer than an hour) happen. Not documented, so assumed: a name is unique in its segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb
from msgspec.structs import asdict, replace

from argosy.sandbox.agenda import DONE
from argosy.sandbox.answers import VendorError
from argosy.sandbox.cdp.activation_export import Export, ExportError, csv_file
from argosy.sandbox.cdp.activation_fields import ActivationReader
from argosy.sandbox.cdp.activation_schedule import SECONDS, next_due
from argosy.sandbox.cdp.errors import NAME_TAKEN, AbsentError, InvalidError
from argosy.sandbox.cdp.fields import Fields
from argosy.sandbox.cdp.models import Activation, Audiences, Execution, Segment
from argosy.sandbox.cdp.rules.translation import NotEvaluatedError
from argosy.sandbox.cdp.segments import SCHEDULED
from argosy.sandbox.core.result_targets import ResultTargets, read_destination
from argosy.sandbox.sql import QueryFailedError

if TYPE_CHECKING:
    from argosy.sandbox.cdp.models import ParentSegment
    from argosy.sandbox.cdp.populations import Populations
    from argosy.sandbox.core.family import CoreFamily
    from argosy.sandbox.core.jobs import Job
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

RUN: Final = "activation-run"
EXECUTION: Final = "execution-activation"
SHOWN_EXECUTIONS: Final = 100
_DAY: Final = 86_400


class Activations:
    """The activations of all segments."""

    def __init__(
        self,
        foundation: Foundation,
        core: CoreFamily,
        audiences: Audiences,
        populations: Populations,
    ) -> None:
        self._foundation = foundation
        self._documents = foundation.documents
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        self._core = core
        self._targets = ResultTargets(foundation, core.imports, core.connections)
        self._audiences = audiences
        self._populations = populations
        foundation.agenda.handlers[RUN] = self._run_due
        foundation.agenda.handlers[SCHEDULED] = self._schedule_due

    def of(self, segment: Segment) -> list[Activation]:
        """Give the activations of a segment."""
        return self._audiences.every(Activation, segment.id)

    def of_parent(self, parent: ParentSegment) -> list[Activation]:
        """Give the activations of all segments of a parent segment."""
        found = self._audiences.every(Activation)
        return [one for one in found if one.parent_segment == parent.id]

    def get(self, segment: Segment, key: str) -> Activation:
        """Give an activation of a segment; raise AbsentError."""
        found = self._audiences.find(Activation, key)
        if found is None or found.segment != segment.id:
            raise AbsentError("activation", key)
        return found

    def look(self, segment: Segment, key: str) -> Activation:
        """Give an activation after counting that a client looked at it."""
        self._agenda.look(f"activation:{self.get(segment, key).id}")
        return self.get(segment, key)

    def create(self, segment: Segment, body: Json, user: str) -> Activation:
        """Make an activation; raise InvalidError if it can't be."""
        return self._made(self._documents.new_id("activation"), segment, body, user)

    def plant(self, key: str, segment: Segment, body: Json) -> Activation:
        """Make an activation of a seed under its id; raise InvalidError if it can't be."""
        return self._made(key, segment, body, segment.created_by)

    def _made(self, key: str, segment: Segment, body: Json, user: str) -> Activation:
        now = self._clock.now()
        fields = Fields(body)
        name = fields.name()
        self._check_name(fields, name, segment.id, None)
        reader = ActivationReader(fields, None, self._foundation.randomness)
        parameters = reader.read()
        fields.check()
        made = Activation(
            id=key,
            parent_segment=segment.parent_segment,
            segment=segment.id,
            name=name,
            parameters=parameters,
            created_at=now,
            updated_at=now,
            created_by=user,
            updated_by=user,
        )
        self._audiences.add(made)
        self._reschedule(made, now)
        return made

    def change(self, activation: Activation, body: Json, user: str) -> Activation:
        """Change what the body names; raise InvalidError if that can't be."""
        fields = Fields(body)
        name = fields.name(activation.name)
        self._check_name(fields, name, activation.segment, activation.id)
        randomness = self._foundation.randomness
        parameters = ActivationReader(fields, activation.parameters, randomness).read()
        fields.check()
        now = self._clock.now()
        changed = replace(
            activation, name=name, parameters=parameters, updated_at=now, updated_by=user
        )
        self._audiences.replace(changed)
        self._reschedule(changed, now)
        return changed

    def delete(self, activation: Activation) -> Activation:
        """Delete an activation; what it has begun to send doesn't go out."""
        self._agenda.drop(SCHEDULED, activation.id)
        for execution in self.executions(activation):
            self._agenda.drop(RUN, execution.id)
            self._documents.remove(EXECUTION, execution.id)
        self._audiences.remove(activation)
        return activation

    def run(self, activation: Activation) -> Execution:
        """Begin to send an activation."""
        execution = Execution(
            id=self._documents.new_id("attempt"),
            owner=activation.id,
            workflow=activation.id,
            session=self._documents.new_id("session"),
            created_at=self._clock.now(),
        )
        self._documents.add(EXECUTION, activation.id, {execution.id: asdict(execution)})
        self._agenda.start(RUN, execution.id, f"activation:{activation.id}")
        self._agenda.settle()
        found = self._documents.find(EXECUTION, execution.id)
        return execution if found is None else Execution(**found)

    def executions(self, activation: Activation) -> list[Execution]:
        """Give the latest executions of an activation, newest first."""
        found = self._documents.page(
            EXECUTION, activation.id, newest_first=True, most=SHOWN_EXECUTIONS
        )
        return [Execution(**one) for one in found]

    def connection(self, activation: Activation) -> Json | None:
        """Give the kept connection that an activation names, as its document; None for none."""
        key = activation.parameters["connectionId"]
        return None if key is None else self._documents.find("connection", str(key))

    def _check_name(self, fields: Fields, name: str, segment: str, own: str | None) -> None:
        for one in self._audiences.every(Activation, segment):
            if one.name == name and one.id != own:
                fields.wrong("/name", NAME_TAKEN, "VIOLATES_UNIQUENESS_CONSTRAINT")

    def _reschedule(self, activation: Activation, after: float) -> None:
        self._agenda.drop(SCHEDULED, activation.id)
        due = next_due(activation.parameters, after, activation.created_at)
        if due is not None:
            self._agenda.at(SCHEDULED, activation.id, due, stage=f"{due:.0f}")

    def _schedule_due(self, key: str, stage: str) -> None:
        """Begin a scheduled run, and put the next one on the agenda; the stage is when it was."""
        activation = self._audiences.find(Activation, key)
        if activation is None:
            return
        due, now = float(stage), self._clock.now()
        unit = activation.parameters["repeatUnit"]
        patience = _DAY if unit in SECONDS else 31 * _DAY
        self._reschedule(activation, due if now - due <= patience else now - patience)
        self.run(activation)

    def _run_due(self, key: str, stage: str) -> None:
        found = self._documents.find(EXECUTION, key)
        execution = None if found is None else Execution(**found)
        activation = (
            None if execution is None else self._audiences.find(Activation, execution.owner)
        )
        if execution is None or activation is None:
            return
        if stage != DONE:
            self._keep(replace(execution, status="running"))
            return
        reason, count = None, None
        try:
            count = self._send(activation)
        except NotEvaluatedError as error:
            reason = f"The sandbox can't evaluate the rule: {error}."
        except (ExportError, InvalidError, QueryFailedError, duckdb.Error) as error:
            reason = str(error)[:1000]
        except VendorError as error:
            reason = str(error.body.get("message", error))[:1000]
        status = "success" if reason is None else "error"
        now = self._clock.now()
        self._keep(replace(execution, status=status, finished_at=now, reason=reason, count=count))

    def _send(self, activation: Activation) -> int:
        """Send the rows and give how many there were; raise one of several errors."""
        segment = self._audiences.segment(activation.segment)
        parent = self._audiences.parent_segment(activation.parent_segment)
        catalogue = None if parent is None else self._populations.catalogue(parent)
        if segment is None or parent is None or catalogue is None:
            message = "The parent segment has not been run yet."
            raise ExportError(message)
        members = self._populations.segment_sql(parent, segment)
        export = Export(activation, parent, segment, catalogue, self._audiences, self._clock)
        sql = export.query(members)
        job = self._core.jobs.run_at_once("presto", parent.matrix, sql, activation.updated_by)
        if job.status != "success":
            raise ExportError(job.error or f"The job {job.id} is {job.status}.")
        return self._deliver(activation, job)

    def _deliver(self, activation: Activation, job: Job) -> int:
        """Write a job's rows into a table of this account, or put them into the outbox."""
        columns, rows = self._core.jobs.result(job.id)
        names = [name for name, _ in columns]
        connection = self.connection(activation)
        facts = {"activation": activation.id, "segment": activation.segment, "jobId": job.id}
        target = f"connection:{activation.parameters['connectionId']}"
        if connection is not None:
            config = activation.parameters["connectorConfig"] or {}
            destination = read_destination(str(connection["url"]), config)
            if destination.database is not None:
                records = [dict(zip(names, row, strict=True)) for row in rows]
                self._targets.write(destination, tuple(columns), records)
                return len(rows)
            target = destination.shown
        content = csv_file(names, rows)
        source = f"activation:{activation.id}"
        self._foundation.outbox.put(source, target, f"{activation.name}.csv", content, facts)
        return len(rows)

    def _keep(self, execution: Execution) -> None:
        self._documents.replace(EXECUTION, execution.id, execution.owner, asdict(execution))
