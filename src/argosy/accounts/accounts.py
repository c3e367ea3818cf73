"""All that the service knows of who may use it, by subject."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from argosy.accounts import audit
from argosy.accounts.databases import Databases
from argosy.accounts.founding import Founding
from argosy.accounts.ground import Ground
from argosy.accounts.logins import Logins
from argosy.accounts.members import Members
from argosy.accounts.passwords import Passwords
from argosy.accounts.principal import OPERATOR, Principal
from argosy.accounts.service_keys import ServiceKeys
from argosy.accounts.sessions import Sessions
from argosy.accounts.settings import AccountSettings
from argosy.accounts.throttle import Throttle
from argosy.store import rotate

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from argosy.store import KeyRing, Rotation, Store


class Accounts:
    """The accounts of a store, whose keys are in a ring.

    `now` gives epoch seconds, `random` so many random bytes. Every method that changes something
    writes an audit row with it. A thing of another organization is not there: 404.
    """

    def __init__(
        self,
        store: Store,
        ring: KeyRing,
        *,
        now: Callable[[], float] = time.time,
        random: Callable[[int], bytes] = secrets.token_bytes,
        settings: AccountSettings | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        ground = Ground(
            store,
            ring,
            now,
            random,
            settings or AccountSettings(),
            passwords or Passwords(random=random),
        )
        throttle = Throttle(ground)
        self._ground = ground
        self.founding = Founding(ground)
        self.logins = Logins(ground, throttle)
        self.members = Members(ground, throttle)
        self.keys = ServiceKeys(ground)
        self.sessions = Sessions(ground)
        self.databases = Databases(ground)

    def identify(self, token: str) -> Principal:
        """Return who a request's token stands for. Raises AuthError, JwtTokenExpiredError."""
        return self.logins.identify(token)

    def audit(
        self, principal: Principal, *, page: int = 1, amt: int = 10
    ) -> tuple[list[audit.AuditRow], bool]:
        """Return a page of the organization's audit, newest first, and whether there are more.

        Raises ServiceForbiddenError, WrongDataError.
        """
        return audit.read(self._ground.store, principal, page=page, amt=amt)

    def rotate_keys(self) -> Rotation:
        """Encrypt all stored secrets with the first key, for whoever runs the service."""

        def write_down(connection: Connection, organization: str, name: str) -> None:
            operator = Principal(organization, "", OPERATOR.account_name, "root", kind="operator")
            target = f"connection {name}"
            audit.record(
                connection, operator, "rotate-key", target, ("key_id",), at=self._ground.now()
            )

        return rotate(self._ground.store, self._ground.ring, on_row=write_down)
