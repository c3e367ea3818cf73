"""What every API family of the sandbox stands on, and what a family is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute

    from argosy.sandbox.agenda import Agenda
    from argosy.sandbox.auth import Doorkeeper
    from argosy.sandbox.clock import Clock, Randomness
    from argosy.sandbox.documents import Documents
    from argosy.sandbox.outbox import Outbox
    from argosy.sandbox.queries import Queries
    from argosy.sandbox.reading import Node
    from argosy.sandbox.settings import Settings
    from argosy.sandbox.store import Store
    from argosy.sandbox.tables import Tables


class Foundation(Struct, frozen=True):
    """The store and what is laid over it; one a region."""

    settings: Settings
    region: str
    clock: Clock
    randomness: Randomness
    store: Store
    documents: Documents
    agenda: Agenda
    tables: Tables
    doorkeeper: Doorkeeper
    queries: Queries
    outbox: Outbox


class Family(Protocol):
    """An API family: its routes, and the part of a seed that is its own."""

    @property
    def seed_members(self) -> Sequence[str]:
        """The top-level members of a seed that `plant` reads."""

    def routes(self) -> list[BaseRoute]:
        """Give the routes, in the order they are tried."""

    def plant(self, seed: Mapping[str, Node], folder: Path | None) -> None:
        """Plant its members of a seed in an empty store; raise ShapeError where one is wrong.

        Files that the seed names are below `folder`; without one it may name none.
        """
