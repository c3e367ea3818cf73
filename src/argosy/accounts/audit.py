"""The audit: who changed what and when, by the names of fields and never their values.

A row is written in the transaction of the change itself: there is no change without its row, and
no row without its change. Nothing updates or deletes rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from argosy.accounts.checks import check_page
from argosy.accounts.principal import ADMINISTRATORS
from argosy.store import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from argosy.accounts.principal import Principal
    from argosy.store import Store


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One change: at what second, by whom, what was done to what, and which fields it touched."""

    id: int
    at: float
    account: str
    account_name: str
    action: str
    target: str
    fields: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the row as the API shows it."""
        return {
            "id": self.id,
            "timestamp": self.at,
            "account": {"id": self.account, "name": self.account_name},
            "action": self.action,
            "target": self.target,
            "fields": list(self.fields),
        }


def record(
    connection: Connection,
    principal: Principal,
    action: str,
    target: str,
    fields: Iterable[str] = (),
    *,
    at: float,
) -> None:
    """Write the row of a change, on the connection of the write that makes it.

    `action` is a verb and its thing, as `put-connection`; `target` names the thing, as
    `connection S3`; `fields` are names. `at` is in epoch seconds.
    """
    values = {
        "organization": principal.organization or None,
        "at": at,
        "account": principal.account or None,
        "account_name": principal.account_name,
        "action": action,
        "target": target,
        "fields": list(fields),
    }
    connection.execute(tables.audit.insert().values(values))


def read(
    store: Store, principal: Principal, *, page: int = 1, amt: int = 10
) -> tuple[list[AuditRow], bool]:
    """Return a page of the organization's rows, newest first, and whether there are more.

    Raises ServiceForbiddenError for other roles than root and manager, and WrongDataError for a
    page that is none.
    """
    principal.require(*ADMINISTRATORS)
    check_page(page, amt)
    table = tables.audit
    mine = select(table).where(table.c.organization == principal.organization)
    query = mine.order_by(table.c.id.desc()).offset((page - 1) * amt).limit(amt + 1)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [
        AuditRow(
            row.id,
            row.at,
            row.account or "",
            row.account_name,
            row.action,
            row.target,
            tuple(row.fields),
        )
        for row in rows[:amt]
    ], len(rows) > amt
