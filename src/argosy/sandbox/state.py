"""All of a sandbox's state, put together once, and how it goes back to its seed.

The models are made once and hold nothing themselves but their rules; `reset` empties the store
under them. A seed fills a new store only: a data file goes on where it ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.sandbox.auth import Doorkeeper
from argosy.sandbox.cdp.models import Audiences
from argosy.sandbox.cdp.tokens import Tokens
from argosy.sandbox.clock import Clock, Randomness
from argosy.sandbox.documents import Documents
from argosy.sandbox.faults import Faults
from argosy.sandbox.profiles.models import Lookup
from argosy.sandbox.records.models import Ingestion
from argosy.sandbox.request_log import RequestLog
from argosy.sandbox.seed import Planter, built_in_seed
from argosy.sandbox.store import Store

if TYPE_CHECKING:
    from argosy.sandbox.settings import Json, Settings


class State:
    """The models of a sandbox, over one store, one clock and one source of randomness.

    Raises SetupError (DataFileError, ShapeError) if the data file or the seed can't be used.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._seed: Json = built_in_seed() if settings.seed is None else dict(settings.seed)
        self.clock = Clock(settings.now)
        self.randomness = Randomness(settings.random_seed)
        self.store = Store(settings.data)
        self.documents = Documents(self.store)
        self.audiences = Audiences(self.documents)
        self.tokens = Tokens(self.documents, self.audiences, self.clock, self.randomness)
        self.ingestion = Ingestion(self.store, self.clock, self.randomness)
        self.lookup = Lookup(self.audiences, self.tokens)
        self.doorkeeper = Doorkeeper(settings)
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

    def _plant(self, seed: Json) -> None:
        Planter(
            self.documents,
            self.audiences,
            self.tokens,
            self.ingestion,
            self.clock,
            self.randomness,
        ).plant(seed)

    def replace(self, seed: Json) -> None:
        """Hold exactly what a seed says; raise ShapeError, and change nothing, if it is wrong."""
        with self.store.transaction():
            self.store.clear()
            self._plant(seed)

    def reset(self) -> None:
        """Go back to the settings' seed: data, ids, clock, fault rules and request log."""
        self.clock.reset()
        self.randomness.restart()
        self.faults.rules.clear()
        self.log.clear()
        self.replace(self._seed)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()
