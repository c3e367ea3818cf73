"""All of a region's state, put together once, and how it goes back to its seed.

The models are made once and hold nothing themselves but their rules; `reset` empties the store
under them. A seed fills a new store only: a data folder goes on where it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.agenda import Agenda, Pace
from argosy.sandbox.auth import Doorkeeper
from argosy.sandbox.cdp.family import CdpFamily
from argosy.sandbox.clock import Clock, Randomness
from argosy.sandbox.core.family import CoreFamily
from argosy.sandbox.documents import Documents
from argosy.sandbox.faults import Faults
from argosy.sandbox.foundation import Foundation
from argosy.sandbox.outbox import Outbox
from argosy.sandbox.personalization.family import PersonalizationFamily
from argosy.sandbox.postback.family import PostbackFamily
from argosy.sandbox.profiles.family import ProfilesFamily
from argosy.sandbox.queries import Queries
from argosy.sandbox.records.family import RecordsFamily
from argosy.sandbox.request_log import RequestLog
from argosy.sandbox.seed import Seed, plant
from argosy.sandbox.snapshots import Snapshots
from argosy.sandbox.store import Store
from argosy.sandbox.tables import Tables
from argosy.sandbox.workflow.family import WorkflowFamily

if TYPE_CHECKING:
    from argosy.sandbox.foundation import Family
    from argosy.sandbox.hosts import FamilyName
    from argosy.sandbox.settings import Json, Settings

_IDS_A_REGION = 10_000_000


class State:
    """The families of one region, over one store, one clock and one source of randomness.

    Raises SetupError (DataFileError, ShapeError) if the data folder or the seed can't be used.
    """

    def __init__(self, settings: Settings, region: str, position: int, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.authority: bytes | None = None
        """The certificate to trust where the sandbox speaks HTTPS."""
        self._seed = Seed.of(settings.seed)
        self.randomness = Randomness(settings.random_seed)
        folder = None if settings.data is None else settings.data / region
        # an id of one region must be unknown in the others
        self.store = Store(folder, first_id=position * _IDS_A_REGION + 100_001)
        documents = Documents(self.store)
        tables = Tables(self.store, documents, clock)
        self.foundation = Foundation(
            settings=settings,
            region=region,
            clock=clock,
            randomness=self.randomness,
            store=self.store,
            documents=documents,
            agenda=Agenda(self.store, clock, Pace.parsed(settings.pace)),
            tables=tables,
            doorkeeper=Doorkeeper(settings, documents, clock),
            queries=Queries(settings, self.store, documents, tables, clock),
            outbox=Outbox(self.store, documents, clock),
        )
        self.agenda = self.foundation.agenda
        self.tables = tables
        self.core = CoreFamily(self.foundation)
        self.workflow = WorkflowFamily(self.foundation, self.core)
        self.cdp = CdpFamily(self.foundation, self.core)
        self.records = RecordsFamily(self.foundation)
        self.families: dict[FamilyName, Family] = {
            "core": self.core,
            "workflow": self.workflow,
            "cdp": self.cdp,
            "profiles": ProfilesFamily(self.foundation, self.cdp),
            "postback": PostbackFamily(self.foundation, self.records.ingestion),
            "personalization": PersonalizationFamily(
                self.foundation, self.cdp, self.records.ingestion
            ),
            "records": self.records,
        }
        self.snapshots = Snapshots(self.store, self.randomness)
        self.outbox = self.foundation.outbox
        self.faults = Faults(self.randomness)
        self.log = RequestLog(settings.logged_requests)
        try:
            self._open()
        except BaseException:
            self.store.close()
            raise

    def _open(self) -> None:
        """Plant the seed if the store is new; count its openings, so that no id comes twice."""
        with self.store.transaction():
            opening = self.store.count_opening()
            self.randomness.restart(opening)
            if opening == 1:
                self._plant(self._seed)
            else:
                self.foundation.doorkeeper.plant()

    def _plant(self, seed: Seed) -> None:
        self.foundation.doorkeeper.plant()
        plant(seed, self.foundation, list(self.families.values()))

    def replace(self, document: Json) -> None:
        """Hold exactly what a seed says; raise ShapeError, and change nothing, if it is wrong."""
        self._replace(Seed(document))

    def reset(self) -> None:
        """Go back to the settings' seed: data, ids, clock, pace, fault rules and request log."""
        self.clock.reset()
        self.agenda.pace = Pace.parsed(self.settings.pace)
        self.randomness.restart()
        self.faults.rules.clear()
        self.log.clear()
        self._replace(self._seed)

    def _replace(self, seed: Seed) -> None:
        with self.store.transaction():
            self.store.clear()
            self._plant(seed)

    def close(self) -> None:
        """Let go of the store."""
        self.snapshots.close()
        self.store.close()
