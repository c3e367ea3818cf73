"""The rows of a declared collection, read by its steps."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as member
from itertools import islice
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.rendering import MISSING
from argosy.tables.content import Tally
from argosy.tables.sources.paging import Caller, Patience, RowSession, cut, pages_from, told_at
from argosy.tables.sources.rows_declared import NAME, Collection, Declared
from argosy.tables.sources.rows_missing import missing, near_misses
from argosy.tables.sources.rows_shapes import Shape, widen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argosy.connections.probing.session import Called
    from argosy.model import Json, JsonObject
    from argosy.tables.formats.reading import PreviewColumn
    from argosy.tables.sources.rows_declared import Description

#: A preview looks into so many pages at most.
_MOST_PREVIEWED = 5
#: So many names are looked at for what could have been meant.
_MOST_NAMES = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """A collection that a table means.

    `title` is that of the type, `place` the table as people write it, `field` the member of the
    table that says which collection it is. `values` are those its steps read.
    """

    declared: Declared
    collection: Collection
    title: str
    place: str
    field: str
    values: JsonObject = member(default_factory=dict)


class ApiRows:
    """The rows of a declared collection."""

    def __init__(self, chosen: Chosen, session: RowSession, patience: Patience) -> None:
        self._chosen = chosen
        self._session = session
        self._patience = patience
        self._described: Shape | None = None

    @property
    def name(self) -> str:
        """The table as people write it."""
        return self._chosen.place

    def columns(self) -> tuple[PreviewColumn, ...] | None:
        """Return the columns that are known before a row is read."""
        shape = self.shape()
        return None if shape is None else shape.columns()

    def shape(self) -> Shape | None:
        """Return the columns as a shape: those that are described, and those that are declared."""
        with told_at(self.name):
            shape = self._describe(Caller(self._session))
        return shape if shape.members else None

    def pages(self, first: int | None, tally: Tally | None = None) -> Iterator[list[JsonObject]]:
        """Yield rows page by page."""
        tally = Tally() if tally is None else tally
        caller = Caller(self._session, None if first is not None else self._patience, tally)
        with told_at(self.name):
            fields = list(self._describe(caller).members or {})
            pages = pages_from(lambda *at: self._read(caller, first, fields, *at), self.name)
            count = 0
            for rows in cut(pages if first is None else islice(pages, _MOST_PREVIEWED), first):
                count += len(rows)
                self._warn(tally, count)
                yield rows

    def _warn(self, tally: Tally, count: int) -> None:
        one = self._chosen.collection
        if one.warning and count >= one.warn_at and one.warning not in tally.warnings:
            tally.warnings.append(one.warning)

    def _read(
        self, caller: Caller, first: int | None, fields: list[str], cursor: Json, page: int
    ) -> tuple[list[JsonObject], Json]:
        """Read a page; return its rows and the cursor of the next."""
        collection = self._chosen.collection
        most = collection.most
        size = min(most, first) if first is not None and most else most
        step = collection.next_step if page > 1 else collection.step
        if first is not None and collection.preview_step:
            step, size = collection.preview_step, first
        further = {} if cursor is MISSING else {"cursor": cursor}
        if first is not None:
            further["first"] = first
        values = {**self._chosen.values, **further, "size": size, "page": page, "fields": fields}
        called = self._call(caller, step, values)
        rows = collection.extraction.take(called.body, called.answer.body, self.name)
        if step == collection.preview_step:
            return rows, MISSING
        scope = {
            **values,
            "body": called.body,
            "headers": dict(called.answer.headers),
            "count": len(rows),
        }
        try:
            return rows, collection.leads_to(scope)
        except ValueError as error:
            raise self._unreadable(page, str(error)) from None

    def _describe(self, caller: Caller) -> Shape:
        """Return what is known of the columns, asking for it where it can be asked for."""
        if self._described is None:
            collection, found = self._chosen.collection, None
            if collection.describe is not None:
                found = self._found_by(collection.describe, caller)
                if found is None:
                    raise self._is_not_there()
            known = collection.known
            self._described = known if found is None else widen(found, known)
        return self._described

    def _found_by(self, describe: Description, caller: Caller) -> Shape | None:
        """Return the columns that a description tells, on whichever page of a list it stands."""
        lists = next(
            (one for one in self._chosen.declared.collections if one.step == describe.step), None
        )

        def read(cursor: Json, page: int) -> tuple[list[Shape | None], Json]:
            further = {} if cursor is MISSING else {"cursor": cursor}
            called = self._call(caller, describe.step, {**self._chosen.values, **further})
            scope = {**self._chosen.values, "body": called.body, "page": page}
            found = describe.shape(scope)
            if found is not None or lists is None:
                return [found], MISSING
            count = len(lists.extraction.take(called.body, called.answer.body, self.name))
            headers = dict(called.answer.headers)
            return [None] * count, lists.leads_to({**scope, "headers": headers, "count": count})

        pages = pages_from(read, self.name)
        return next((one for found in pages for one in found if one is not None), None)

    def _call(self, caller: Caller, step: str, values: JsonObject) -> Called:
        try:
            return caller.call(step, **values)
        except TableError as error:
            if error.reason == "not_found" and self._chosen.collection.naming is not None:
                raise self._is_not_there() from None
            raise

    def _unreadable(self, page: int, why: str) -> TableError:
        return TableError(
            detail=f"page {page} does not say where the next one is: {why}.",
            remedy="The other system may have changed its API.",
            status="unknown_error",
            reason="unreadable",
            file=self.name,
        )

    def _is_not_there(self) -> TableError:
        """Return the error for a list, catalog or object that is not there, with what there is."""
        chosen, naming = self._chosen, self._chosen.collection.naming
        before, _, _ = chosen.collection.name.partition(NAME)
        name = str(chosen.values.get("name", ""))
        found = listed(chosen.declared, chosen.collection, self._session)
        near = near_misses(name, [one for one, _ in found])
        near = [one for one, title in found if title.casefold() == name.casefold()] or near
        return missing(
            chosen.title,
            f"{naming.word if naming else ''} {name!r}".strip(),
            chosen.field,
            [as_named(before, *one) for one in found],
            [f"{before}{one}" for one in near],
        )


def listed(
    declared: Declared, collection: Collection, session: RowSession
) -> list[tuple[str, str]]:
    """Return the ids and titles of what a collection's `{name}` can be, as far as that is told."""
    naming = collection.naming
    its = declared.find(naming.of) if naming else None
    if naming is None or its is None:
        return []
    source = ApiRows(Chosen(declared, its, "", its.name, ""), session, Patience())
    try:
        rows = [row for page in source.pages(_MOST_NAMES) for row in page]
    except TableError:
        return []  # what could have been meant is a courtesy, and not what is wrong
    return [
        (str(row[naming.id]), str(row.get(naming.title) or "") if naming.title else "")
        for row in rows
        if isinstance(row.get(naming.id), int | str) and row[naming.id] != ""
    ]


def as_named(before: str, name: str, title: str) -> str:
    """Return how a table names a list, and its title in brackets."""
    return f"{before}{name} ({title})" if title else f"{before}{name}"
