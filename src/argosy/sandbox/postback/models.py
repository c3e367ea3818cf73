"""Take events by the rules of postback, without HTTP.

The vendor answers an event before it looks at the key: a wrong key gets the same answer as a
right one, and the event is gone. Here that goes for everything that a key decides: whether it
is known, whether its user may write to the database, and whether a database or table that is
missing may be made (as the records API makes them). Assumptions: a request without any key is
refused at once (403), and so is an event that no table could take (400), be it for its shape,
its names or its values.

An event goes the way of the records API from here: its values keep their JSON types, `uuid`
names it for an hour and isn't stored, and a table's columns grow and widen. The vendor's newest
documents say that all values become text; the setting `postback_values_as_text` does so.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from argosy.sandbox.answers import CodeMessageError
from argosy.sandbox.postback.errors import RefusedEventError
from argosy.sandbox.postback.events import as_texts, timed
from argosy.sandbox.records.errors import RefusedRecordError
from argosy.sandbox.records.models import Ingestion, Receipt, Target, check_target_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from argosy.sandbox.foundation import Foundation
    from argosy.sandbox.records.batch import Record

NO_KEY: Final = "There is no API key."
_UNKNOWN_KEY: Final = "Nothing was stored: the API key is not known."


class Outcome(Struct, frozen=True):
    """What became of a request's events: a receipt for each, or why all were dropped later."""

    receipts: tuple[Receipt, ...] = ()
    dropped: str | None = None


class Intake:
    """Take events into tables."""

    def __init__(self, foundation: Foundation, ingestion: Ingestion) -> None:
        self._ingestion = ingestion
        self._doorkeeper = foundation.doorkeeper
        self._auto_create = foundation.settings.auto_create
        self._as_text = foundation.settings.postback_values_as_text
        self._clock = foundation.clock

    def post(self, key: str, database: str, table: str, record: Record) -> Outcome:
        """Take a postback event; raise RefusedEventError where it is refused at once."""
        event = timed(record, self._clock.now())
        try:
            kept = as_texts(event) if self._as_text else event
        except RefusedRecordError as refusal:
            raise RefusedEventError(400, refusal.error.description) from refusal
        return self.single(key, database, table, kept)

    def single(self, key: str, database: str, table: str, record: Record) -> Outcome:
        """Take one record; raise RefusedEventError where it is refused at once."""
        outcome = self.several(key, database, table, [record])
        for receipt in outcome.receipts:
            if receipt.error is not None:
                raise RefusedEventError(400, receipt.error.description)
        return outcome

    def several(self, key: str, database: str, table: str, records: Sequence[Record]) -> Outcome:
        """Take some records; raise RefusedEventError where all are refused at once."""
        if not key:
            raise RefusedEventError(403, NO_KEY)
        try:
            check_target_name("database", database)
            check_target_name("table", table)
            return self._stored(key, database, table, records)
        except CodeMessageError as error:
            if error.status == HTTPStatus.BAD_REQUEST:
                raise RefusedEventError(400, error.message) from error
            return Outcome(dropped=f"Nothing was stored: {error.message}")

    def _stored(self, key: str, database: str, table: str, records: Sequence[Record]) -> Outcome:
        caller = self._doorkeeper.holder(key)
        if caller is None:
            return Outcome(dropped=_UNKNOWN_KEY)
        if not caller.may("import", database):
            return Outcome(dropped="Nothing was stored: the API key has no write access.")
        target = Target(
            database,
            table,
            makes_database=self._auto_create == "all" and caller.is_master,
            makes_table=self._auto_create != "none",
        )
        return Outcome(tuple(self._ingestion.ingest(target, records)))
