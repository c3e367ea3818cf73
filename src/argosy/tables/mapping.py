"""Which column of the source becomes which field of the resource.

A mapping goes from the field to the column: `{"user_id": "customerID", "age": "customer.age"}`.
A name is first looked for as it stands among the columns, since a flat file may have a column
`customer.age`; then as a path into objects. What is not mapped keeps its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from argosy.errors import TableError
from argosy.tables.formats.csv_header import likely_delimiter
from argosy.validation.sentences import list_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from argosy.tables.formats.reading import PreviewColumn

FIELD = "resource_params.columns_mapping"
#: What a row of each resource cannot be without; of names in one entry, one is enough.
REQUIRED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "item": (("item_id",),),
    "user": (("user_id",),),
    "rating": (("user_id",), ("item_id",), ("rating",)),
    "interaction": (("user_id", "session_id"), ("item_id",), ("interaction_type",), ("timestamp",)),
    "user_id": (("user_id",),),
    "user_to_items_reco": (("user_id",), ("items_id",)),
    "item_to_items_reco": (("item_id",), ("items_id",)),
    "analytics_report": (),
}
#: Numbers and dates, which columns are seldom named by.
_VALUE = re.compile(r"[-+]?[0-9][0-9.,:T/ -]*Z?")
_MOST_TOLD = 1_000
_MOST_PATHS = 10_000


@dataclass(frozen=True, slots=True)
class Selection:
    """A field of the delivered rows: the column that it comes from, and the way into it."""

    field: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping that fits its source.

    `selections` are the fields of the delivered rows: the mapped ones, then the columns that keep
    their names. `filled` is the mapping with what the source made plain.
    """

    selections: tuple[Selection, ...]
    filled: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    def paths(self) -> frozenset[tuple[str, ...]]:
        """Return the ways to the columns that are mapped on purpose."""
        return frozenset(one.path for one in self.selections if one.field in self.filled)


def map_columns(
    columns: Sequence[PreviewColumn],
    mapping: Mapping[str, str],
    resource: str,
    *,
    is_csv: bool = False,
) -> Mapped:
    """Hold a mapping against the columns of a source.

    An id that is not mapped is taken from the column of its name, with a warning. Raises
    TableError for a column that is not there, and for a field that a row cannot be without; of
    columns of CSV it names the option that may be wrong.
    """
    by_name = {column.name: column for column in columns}
    chosen = [
        Selection(field, _find(field, name, by_name, is_csv)) for field, name in mapping.items()
    ]
    filled, warnings = dict(mapping), list[str]()
    for names in REQUIRED.get(resource, ()):
        if any(name in filled for name in names):
            continue
        same = next((name for name in names if name in by_name), None)
        if same is None:
            raise _missing(names, resource, by_name, is_csv)
        filled[same] = same
        chosen.append(Selection(same, (same,)))
        warnings.append(f"The field {same} is taken from the column of the same name.")
    fields = {one.field for one in chosen}
    taken = {one.path[0] for one in chosen if len(one.path) == 1}
    rest = [name for name in by_name if name not in taken]
    hidden = [name for name in rest if name in fields]
    if hidden:
        told = list_words(hidden[:_MOST_TOLD])
        warnings.append(f"Left out, since another column is mapped to the name: {told}.")
    chosen += [Selection(name, (name,)) for name in rest if name not in fields]
    return Mapped(tuple(chosen), filled, tuple(warnings))


def _find(
    field: str, name: str, by_name: Mapping[str, PreviewColumn], is_csv: bool
) -> tuple[str, ...]:
    """Return the way to a column. Raises TableError with near misses and all there is."""
    path = _way(name, by_name)
    if path is not None:
        return path
    available = list(islice(_paths(by_name.values()), _MOST_PATHS))
    near = _near(name, available)
    unsplit, headless = _advice(by_name) if is_csv else ("", "")
    meant = unsplit or (f" Is it {near[0]!r}?" if near else "")
    raise TableError(
        detail=f"the field {field!r} is mapped to the column {name!r}, which is not there.",
        remedy=f"There is {_listed(by_name, available, name)}.{meant or headless}",
        reason="missing_column",
        field=f"{FIELD}.{field}",
        available=available[:_MOST_TOLD],
    )


def _way(name: str, by_name: Mapping[str, PreviewColumn]) -> tuple[str, ...] | None:
    """Return the way from the columns to a name: the longest column's name that begins it."""
    if name in by_name:
        return (name,)
    for cut in (place for place in range(len(name) - 1, 0, -1) if name[place] == "."):
        outer = by_name.get(name[:cut])
        if outer is not None:
            inner = _way(name[cut + 1 :], {one.name: one for one in outer.members})
            if inner is not None:
                return (outer.name, *inner)
    return None


def _paths(columns: Iterable[PreviewColumn], above: str = "") -> Iterator[str]:
    for column in columns:
        yield f"{above}{column.name}"
        yield from _paths(column.members, f"{above}{column.name}.")


def _listed(by_name: Mapping[str, PreviewColumn], available: Sequence[str], name: str) -> str:
    """List those of the columns that are nearest to a name."""
    if not available:
        return "no column at all"
    count = sum(1 for _ in _paths(by_name.values()))
    return list_words(available[:_MOST_TOLD], name, count=count)


def _advice(by_name: Mapping[str, PreviewColumn]) -> tuple[str, str]:
    """Return what to do where the only column of a CSV file seems to be a whole line of it.

    And where names of columns seem to be values of a first row. Each is empty where it is not so.
    """
    unsplit = headless = ""
    if likely := likely_delimiter(by_name):
        so = f"so the delimiter is likely {likely!r}: set options.delimiter."
        unsplit = f" A whole line is one column, {so}"
    if value := next(filter(_VALUE.fullmatch, by_name), ""):
        headless = f" If {value!r} is no name but a value, set options.has_header to false."
    return unsplit, headless


def _near(name: str, available: Sequence[str]) -> list[str]:
    same = [one for one in available if one.casefold() == name.casefold()]
    return same or get_close_matches(name[:200], available, n=1)


def _missing(
    names: tuple[str, ...], resource: str, by_name: Mapping[str, PreviewColumn], is_csv: bool
) -> TableError:
    field = names[0]
    wanted = " or ".join(repr(name) for name in names)
    available = list(islice(_paths(by_name.values()), _MOST_PATHS))
    near = _near(field, available) or _near(field.removesuffix("_id"), available)
    example = near[0] if near else (available[0] if available else "column")
    listed = _listed(by_name, available, field)
    unsplit, headless = _advice(by_name) if is_csv else ("", "")
    return TableError(
        detail=f"a row of the resource {resource} needs {wanted}, and no column gives it.",
        remedy=(
            f"There is {listed}.{unsplit}"
            if unsplit
            else f"Map it, as {{{field!r}: {example!r}}}; there is {listed}.{headless}"
        ),
        reason="missing_field",
        field=f"{FIELD}.{field}",
        available=available[:_MOST_TOLD],
    )
