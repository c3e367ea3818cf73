"""What runs by a cron: things with a name that the clock starts jobs for.

One with a cron runs as the sandbox's clock comes to it, `delay` seconds later, as a job whose
scheduled time is the cron's. When the clock jumps over several runs, the last ones of them are
made up for, oldest first. Times are epochs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from argosy.sandbox.answers import VendorError
from argosy.sandbox.core.cron import check_cron, check_zone, last_times, next_time
from argosy.sandbox.core.errors import already_there, check_short_name, not_found

if TYPE_CHECKING:
    from argosy.sandbox.core.jobs import Job, Jobs
    from argosy.sandbox.foundation import Foundation

_NO_PARENT: Final = "0"


class Timed(Struct, frozen=True, kw_only=True):
    """Something with a timetable; `delay` is in seconds, `user` the id of whose jobs it starts."""

    id: str
    name: str
    cron: str | None
    timezone: str
    delay: int
    user: str
    created_at: float
    next_time: float | None = None


T = TypeVar("T", bound=Timed)


class Naming(Struct, frozen=True):
    """What a kind of them is called: in the store, where one is missing, where a name is taken."""

    kind: str
    missing: str
    taken: str


class Timetables(ABC, Generic[T]):
    """The things of one kind in a store; `most` is how many runs of each are made up for."""

    def __init__(
        self, foundation: Foundation, jobs: Jobs, of: type[T], naming: Naming, most: int
    ) -> None:
        self._store = foundation.store
        self._documents = foundation.documents
        self._clock = foundation.clock
        self._agenda = foundation.agenda
        self._jobs = jobs
        self._of = of
        self._naming = naming
        self._kind = naming.kind
        self._most = most
        foundation.agenda.handlers[naming.kind] = self._due

    @abstractmethod
    def run_for(self, one: T, due: float, domain_key: str | None = None) -> Job:
        """Start the job of one for a time."""

    def every(self) -> list[T]:
        """Give all of them, oldest first."""
        return [self._of(**document) for document in self._documents.every(self._kind)]

    def named(self, name: str) -> T:
        """Give one by its name; raise the 404 answer."""
        document = self._documents.named(self._kind, name)
        if document is None:
            raise not_found(self._naming.missing, name)
        return self._of(**document)

    def find(self, key: str) -> T:
        """Give one by its id; raise the 404 answer."""
        document = self._documents.find(self._kind, key)
        if document is None:
            raise not_found(self._naming.missing, key)
        return self._of(**document)

    def history(self, one: T) -> list[Job]:
        """Give the jobs of one, newest first."""
        return self._jobs.newest(one.id)

    def delete(self, one: T) -> None:
        """Forget one; its jobs stay."""
        with self._store.transaction():
            self._agenda.drop(self._kind, one.id)
            self._documents.remove(self._kind, one.id)

    def _add(self, name: str, facts: dict[str, Any]) -> T:
        """Keep a new one of these facts and plan its first run; raise the 409 or 422 answer."""
        self._check_name(name)
        key = self._documents.new_id(self._kind)
        made = self._of(id=key, name=name, created_at=self._clock.now(), **facts)
        with self._store.transaction():
            self._documents.add(self._kind, _NO_PARENT, {key: asdict(made)})
            return self._planned(made)

    def _change(self, one: T, facts: dict[str, Any]) -> T:
        """Keep one with other facts and plan its next run; raise the 409 or 422 answer."""
        changed = replace(one, **facts)
        if changed.name != one.name:
            self._check_name(changed.name)
        with self._store.transaction():
            return self._planned(changed)

    def _check_name(self, name: str) -> None:
        check_short_name(name)
        if self._documents.named(self._kind, name) is not None:
            raise already_there(self._naming.taken, name)

    def _planned(self, one: T) -> T:
        """Keep one with its next run on the agenda, or none."""
        self._agenda.drop(self._kind, one.id)
        check_zone(one.timezone)
        due = None
        if one.cron is not None:
            check_cron(one.cron, one.timezone)
            due = next_time(one.cron, one.timezone, self._clock.now() - one.delay)
            self._agenda.at(self._kind, one.id, due + one.delay)
        planned = replace(one, next_time=due)
        self._documents.replace(self._kind, one.id, _NO_PARENT, asdict(planned))
        return planned

    def _due(self, key: str, _stage: str) -> None:
        document = self._documents.find(self._kind, key)
        one = None if document is None else self._of(**document)
        if one is None or one.cron is None or one.next_time is None:
            return
        until = self._clock.now() - one.delay
        times = last_times(one.cron, one.timezone, one.next_time, until, self._most)
        self._planned(one)  # first: whatever becomes of the jobs, it goes on
        for due in times:
            try:
                self.run_for(one, due)
            except VendorError:
                return  # its database is gone, so there is nothing to run in
