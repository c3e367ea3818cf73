"""Encrypt all that is stored with the first key of a ring, and find what no key can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, tuple_, update

from argosy.errors import UndecryptableError
from argosy.store.keys import credentials_context
from argosy.store.tables import connections, organizations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy import Connection, Row

    from argosy.store.keys import KeyRing
    from argosy.store.store import Store

    _Row = Row[Any, Any, Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: `done` rows are under the first key now.

    `failed` are those that no key of the ring reads, each by the name of its organization and its
    own: they are as before.
    """

    done: int
    failed: tuple[tuple[str, str], ...]


def rotate(
    store: Store,
    ring: KeyRing,
    *,
    batch: int = 100,
    on_row: Callable[[Connection, str, str], None] | None = None,
) -> Rotation:
    """Encrypt every connection's credentials with the first key, a batch a transaction.

    What is done stays done: a rotation that was broken off goes on where it was. `on_row` is
    called in the transaction of each row with its organization and name, to write an audit row.
    When none has failed, the keys behind the first may be taken out of the ring.
    """
    done = 0
    failed: list[tuple[str, str]] = []
    place = ("", "")
    while True:
        with store.write() as connection:
            rows = _next(connection, ring, place, batch)
            for row in rows:
                place = (row.organization, row.name)
                if _encrypt_again(connection, ring, row):
                    done += 1
                    if on_row is not None:
                        on_row(connection, row.organization, row.name)
                else:
                    failed.append((row.owner, row.name))
        if len(rows) < batch:
            return Rotation(done, tuple(failed))


def unknown_keys(store: Store, ring: KeyRing) -> Mapping[str, int]:
    """Return the ids of keys that stored secrets need and the ring lacks, with how many need it."""
    key = connections.c.key_id
    with store.read() as connection:
        rows = connection.execute(select(key, func.count()).group_by(key)).all()
    return {id_: count for id_, count in rows if id_ not in ring.ids}


def _next(
    connection: Connection, ring: KeyRing, place: tuple[str, str], batch: int
) -> Sequence[_Row]:
    table = connections.c
    keys = (table.organization, table.name)
    due = and_(table.key_id != ring.ids[0], tuple_(*keys) > tuple_(*place))
    owner = organizations.c.name.label("owner")
    query = select(*keys, table.type, table.credentials, owner).join(
        organizations, organizations.c.id == table.organization
    )
    return connection.execute(query.where(due).order_by(*keys).limit(batch)).all()


def _encrypt_again(connection: Connection, ring: KeyRing, row: _Row) -> bool:
    context = credentials_context(row.organization, row.name, row.type)
    try:
        plain = ring.decrypt(row.credentials, context)
    except UndecryptableError:
        return False
    here = and_(connections.c.organization == row.organization, connections.c.name == row.name)
    values = {"credentials": ring.encrypt(plain, context), "key_id": ring.ids[0]}
    connection.execute(update(connections).where(here).values(values))
    return True
