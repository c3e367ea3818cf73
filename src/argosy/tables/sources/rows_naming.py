"""Which collection a table means, and what there is instead where there is no such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.connections.table_document import place_of
from argosy.errors import TableError
from argosy.tables.sources.rows_api import Chosen, as_named, listed
from argosy.tables.sources.rows_declared import NAME, QUERY
from argosy.tables.sources.rows_missing import missing, near_misses
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from argosy.connections.opener import TableToOpen
    from argosy.connections.types import ConnectionType
    from argosy.tables.sources.paging import RowSession
    from argosy.tables.sources.rows_declared import Declared

_PARAMS = "connection_table_params"


def choose(
    declared: Declared, type_: ConnectionType, table: TableToOpen, session: RowSession
) -> Chosen:
    """Find the collection that a table names. Raises TableError where there is none."""
    params = table.table[_PARAMS]
    named = next((one for one in ("object", "table") if params.get(one)), "")
    wanted, place = params.get(named) or table.name, place_of(type_.id, table.name, params)
    if params.get(QUERY):
        return _choose_query(declared, type_, params[QUERY], named, place)
    at = f"{_PARAMS}.{named or 'object'}"
    for collection in declared.collections:
        name = None if collection.name == QUERY else collection.fit(wanted)
        if name is not None:
            values = {"name": name} if name else {}
            return Chosen(declared, collection, type_.title, place, at, values)
    _refuse_unread(declared, type_, wanted, at)
    raise _unknown(declared, type_, wanted, at, session)


def _choose_query(
    declared: Declared, type_: ConnectionType, query: str, named: str, place: str
) -> Chosen:
    collection, at = declared.find(QUERY), f"{_PARAMS}.{QUERY}"
    if collection is None:
        raise TableError(
            detail=f"{type_.title} is not read by queries.",
            remedy=f"Name a collection by {_PARAMS}.object: {list_words(declared.names())}.",
            field=at,
            reason="unsupported",
        )
    if named:
        raise TableError(
            detail=f"{QUERY} and {named} exclude each other.",
            remedy="Give one of them.",
            field=at,
            reason="bad_shape",
        )
    place = place.partition("://")[0] + "://query"
    return Chosen(declared, collection, type_.title, place, at, {QUERY: query})


def _refuse_unread(declared: Declared, type_: ConnectionType, wanted: str, at: str) -> None:
    """Raise TableError for what the vendor has and gives to nobody who asks like this."""
    for name, why in (declared.unread or {}).items():
        before, mark, _ = name.partition(NAME)
        if wanted == name or (mark and wanted.startswith(before) and wanted != before):
            raise TableError(
                detail=f"{wanted!r} cannot be read: {why}",
                field=at,
                reason="unsupported",
                type=type_.id,
            )


def _unknown(
    declared: Declared, type_: ConnectionType, wanted: str, at: str, session: RowSession
) -> TableError:
    """Return the error for a name that no collection has; names of lists are looked at too."""
    available, meant = declared.names(), {one: one for one in declared.names()}
    for collection in declared.collections:
        before, mark, _ = collection.name.partition(NAME)
        for name, title in listed(declared, collection, session) if mark and before else ():
            available.append(as_named(before, name, title))
            named = f"{before}{name}"
            meant |= {one: named for one in (name, title, named) if one}
    near = [meant[name] for name in near_misses(wanted, meant)]
    return missing(type_.title, repr(wanted), at, available, near)
