"""Who is in a segment: rules read, written as SQL, asked of the built tables and counted.

A population is counted once for each run of the parent segment and each change of the segment,
and kept; so rules that speak of the present are as of then. Before the first run of a parent
segment rules are checked as far as they can be, and populations are unknown (null).
"""

# Every name put into SQL here is one of our own or goes through `quoted`; values are parameters.
# ruff: noqa: S608

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import duckdb
from msgspec import Struct

from argosy.sandbox.cdp.errors import InvalidError
from argosy.sandbox.cdp.matrix import MEMBERS
from argosy.sandbox.cdp.models import Audiences, Funnel, ParentSegment, Segment
from argosy.sandbox.cdp.rules.catalogue import CUSTOMER_ID, CUSTOMERS, Catalogue, MatrixTable
from argosy.sandbox.cdp.rules.grammar import Group, Problem, Reference, operators
from argosy.sandbox.cdp.rules.reading import RuleReader
from argosy.sandbox.cdp.rules.spans import Present
from argosy.sandbox.cdp.rules.translation import NotEvaluatedError, RuleError, Translator
from argosy.sandbox.sql import QueryFailedError
from argosy.sandbox.store import quoted
from argosy.sandbox.tables import path

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.settings import Json

SEGMENT_POINTS: Final = "segment-point"
PARENT_POINTS: Final = "parent-point"
_MODELS: Final = "needs a trained model or a journey, which the sandbox doesn't have"


class Profile(Struct, frozen=True):
    """One customer of a parent segment: attributes, and which of the asked segments it is in."""

    attributes: dict[str, Json]
    segments: tuple[str, ...]


class Populations:
    """Evaluate the rules of all parent segments."""

    def __init__(self, foundation: Foundation, audiences: Audiences) -> None:
        self._foundation = foundation
        self._documents = foundation.documents
        self._audiences = audiences

    def catalogue(self, parent: ParentSegment) -> Catalogue | None:
        """Give what rules of a parent segment can speak of; None before its first run."""
        found = self._documents.find("matrix", parent.id)
        if found is None:
            return None
        return Catalogue(
            database=parent.matrix,
            customers=MatrixTable(CUSTOMERS, found["customers"]),
            behaviors={name: _table(one) for name, one in found["behaviors"].items()},
            groups={name: _table(one) for name, one in found["groups"].items()},
        )

    def check(self, parent: ParentSegment, rule: Json, segment: str | None = None) -> None:
        """Raise InvalidError if a rule is wrong; `segment` is the id of the one it is for."""
        read = _read(rule)
        self._check_patterns(read)
        catalogue = self.catalogue(parent)
        if catalogue is None:
            return
        own = () if segment is None else (f"Reference:{segment}",)
        try:
            self._translator(parent, catalogue, own).query(read)
        except RuleError as error:
            raise _invalid(error.problems) from error
        except NotEvaluatedError:
            return  # it is right; asking for its members tells why there are none

    def sql(self, parent: ParentSegment, rule: Json) -> str:
        """Write a rule; raise InvalidError, or NotEvaluatedError for what can't be computed."""
        self.check(parent, rule)
        catalogue = self.catalogue(parent)
        if catalogue is None:
            message = f"the parent segment {parent.id} has not been run yet; run it first"
            raise NotEvaluatedError(message)
        return self._translator(parent, catalogue, ()).query(_read(rule))

    def segment_sql(self, parent: ParentSegment, segment: Segment) -> str:
        """Write the query for a segment's members; raise as `sql` does."""
        if segment.is_fixed:
            return _fixed(parent, segment.id)
        return self.sql(parent, segment.rule)

    def of_parent(self, parent: ParentSegment) -> int | None:
        """Give the population of a parent segment as of its last run."""
        return parent.population

    def of_segment(self, segment: Segment) -> int | None:
        """Give the population of a segment as of the last run or change; None if unknown."""
        parent = self._audiences.parent_segment(segment.parent_segment)
        if parent is None or parent.build == 0 or not segment.count_population:
            return None
        kept = self._documents.find("population", segment.id)
        version = [parent.build, segment.updated_at]
        if kept is not None and list(kept["version"]) == version:
            count: int | None = kept["count"]
            return count
        counted = self._counted(parent, segment)
        document = {"version": version, "count": counted}
        self._documents.replace("population", segment.id, parent.id, document)
        if counted is not None:
            self.note(SEGMENT_POINTS, segment.id, parent.build, counted)
        return counted

    def of_funnel(self, funnel: Funnel) -> int | None:
        """Give how many are in any stage of a funnel; None if no stage has members to count."""
        parent = self._audiences.parent_segment(funnel.parent_segment)
        if parent is None or parent.build == 0:
            return None
        parts = []
        for stage in funnel.stages:
            segment = self.stage_segment(funnel, stage["id"])
            if segment is not None and self.of_segment(segment) is not None:
                parts.append(self.segment_sql(parent, segment))
        return self.count(parent, " UNION ".join(parts)) if parts else None

    def stage_segment(self, funnel: Funnel, stage: str) -> Segment | None:
        """Give the segment that defines a stage of a funnel."""
        segments = self._audiences.segments(funnel.parent_segment)
        return next((one for one in segments if one.stage == stage), None)

    def refresh(self, parent: ParentSegment) -> None:
        """Count everything again after a run."""
        self.note_parent(parent)
        for segment in self._audiences.segments(parent.id):
            self.of_segment(segment)

    def note_parent(self, parent: ParentSegment) -> None:
        """Keep a point of a parent segment's history after a run."""
        if parent.population is not None:
            self.note(PARENT_POINTS, parent.id, parent.build, parent.population)

    def note(self, kind: str, owner: str, build: int, count: int) -> None:
        """Keep a point of a population's history; of one run the last one counts."""
        name = f"{owner}:{build}"
        kept = self._documents.named(kind, name, owner)
        key = kept["id"] if kept else self._documents.new_id("point")
        at = int(self._foundation.clock.now())
        point = {"id": key, "name": name, "at": at, "count": count}
        self._documents.replace(kind, key, owner, point)

    def count(self, parent: ParentSegment, sql: str) -> int:
        """Count what a query gives; raise QueryFailedError."""
        counted = self._foundation.queries.run(
            f"SELECT COUNT(*) FROM ({sql}) members", "presto", parent.matrix
        )
        return int(counted.rows[0][0])

    def profile(
        self,
        parent_segment: str,
        column: str,
        value: str,
        segments: tuple[str, ...] | None = None,
    ) -> Profile | None:
        """Find a customer by the value of a column, as a query writes it.

        `segments` are the ids of those to look whether they have the customer; None for all.
        """
        parent = self._audiences.parent_segment(parent_segment)
        catalogue = None if parent is None else self.catalogue(parent)
        found = None if catalogue is None else catalogue.customers.column(column)
        if parent is None or found is None:
            return None
        where = path(parent.matrix, CUSTOMERS)
        sql = f"SELECT * FROM {where} WHERE CAST({quoted(found[0])} AS VARCHAR) IN (?, ?) LIMIT 1"
        rows = self._foundation.store.run(sql, [value, f"{value}.0"])
        if not rows:
            return None
        names = [one.name for one in self._foundation.tables.columns(parent.matrix, CUSTOMERS)]
        attributes = {
            name: one for name, one in zip(names, rows[0], strict=True) if one is not None
        }
        if segments is None:
            segments = tuple(one.id for one in self._audiences.segments(parent.id))
        members = self._memberships(parent, attributes[CUSTOMER_ID], segments)
        return Profile(attributes, members)

    def _memberships(
        self, parent: ParentSegment, customer: str, segments: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Give those of the segments that a customer is in."""
        found = []
        for key in segments:
            segment = self._audiences.segment(key)
            if segment is not None and self._has(parent, segment, customer):
                found.append(key)
        return tuple(found)

    def _has(self, parent: ParentSegment, segment: Segment, customer: str) -> bool:
        if segment.is_fixed:
            where = path(parent.matrix, MEMBERS)
            sql = f"SELECT 1 FROM {where} WHERE segment_id = ? AND {CUSTOMER_ID} = ?"
            return bool(self._foundation.store.run(sql, [segment.id, customer]))
        try:
            sql = self.segment_sql(parent, segment)
            # an id is an MD5 of our own making
            asked = f"SELECT m.{CUSTOMER_ID} FROM ({sql}) m WHERE m.{CUSTOMER_ID} = '{customer}'"
            return bool(self._foundation.queries.run(asked, "presto", parent.matrix).rows)
        except (InvalidError, NotEvaluatedError, QueryFailedError):
            return False

    def _counted(self, parent: ParentSegment, segment: Segment) -> int | None:
        try:
            return self.count(parent, self.segment_sql(parent, segment))
        except (InvalidError, NotEvaluatedError, QueryFailedError):
            return None

    def _translator(
        self, parent: ParentSegment, catalogue: Catalogue, own: tuple[str, ...]
    ) -> Translator:
        present = Present(self._foundation.clock.now(), parent.timezone)
        return Translator(catalogue, present, _References(parent, self._audiences), own)

    def _check_patterns(self, rule: Group) -> None:
        """Let DuckDB say whether a regular expression can be one; it takes linear time."""
        for operator in operators(rule):
            if operator.type != "Regexp":
                continue
            try:
                self._foundation.store.run("SELECT regexp_matches('', ?)", [operator.values[0]])
            except duckdb.Error as error:
                detail = f"The regular expression can't be used: {str(error)[:200]}"
                place = f"/rule{operator.pointer}/rightValue"
                raise InvalidError((place, "INVALID_FORMAT_OR_ASSOCIATION", detail)) from error


class _References:
    """Where the references of a parent segment's rules lead."""

    def __init__(self, parent: ParentSegment, audiences: Audiences) -> None:
        self._parent = parent
        self._audiences = audiences

    def referenced(self, reference: Reference) -> Group | str | None:
        """Give what a reference names (see `translation.Segments`)."""
        if reference.type not in {"Reference", "FunnelStageReference"}:
            message = f"A condition of the type {reference.type} {_MODELS}"
            raise NotEvaluatedError(message)
        if reference.type == "Reference":
            segment = self._audiences.segment(reference.id)
            if segment is None or segment.parent_segment != self._parent.id:
                return None
            return self._of(segment)
        funnels = self._audiences.every(Funnel, self._parent.id)
        if not any(stage["id"] == reference.id for one in funnels for stage in one.stages):
            return None
        segments = self._audiences.segments(self._parent.id)
        defining = next((one for one in segments if one.stage == reference.id), None)
        if defining is None:
            database = quoted(self._parent.matrix)
            return f"SELECT {CUSTOMER_ID} FROM {database}.{CUSTOMERS} WHERE 1 = 0"
        return self._of(defining)

    def _of(self, segment: Segment) -> Group | str:
        return _fixed(self._parent, segment.id) if segment.is_fixed else _read(segment.rule)


def _fixed(parent: ParentSegment, segment: str) -> str:
    where = f"{quoted(parent.matrix)}.{quoted(MEMBERS)}"
    return f"SELECT f.{CUSTOMER_ID} FROM {where} f WHERE f.segment_id = '{int(segment)}'"


def _read(rule: Json) -> Group:
    reader = RuleReader()
    read = reader.read(rule)
    if reader.problems:
        raise _invalid(reader.problems)
    return read


def _invalid(problems: list[Problem]) -> InvalidError:
    return InvalidError(*((f"/rule{one.pointer}", one.code, one.detail) for one in problems))


def _table(document: Json) -> MatrixTable:
    return MatrixTable(document["table"], document["columns"])
