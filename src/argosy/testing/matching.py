"""Compare JSON values: where two differ, and what of one lacks in the other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.testing.result import ABSENT, Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from argosy.model import Json

Path = tuple[str | int, ...]


def differences(expected: Json, found: Json, path: Path = ()) -> Iterator[Difference]:
    """Yield every place at which `found` is not exactly `expected`.

    Lists of different lengths are laid on each other by their beginnings and ends, so that one
    item more is one difference.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in {**expected, **found}:
            mine, other = expected.get(name, ABSENT), found.get(name, ABSENT)
            yield from differences(mine, other, (*path, name))
    elif isinstance(expected, list) and isinstance(found, list):
        yield from _list_differences(expected, found, path)
    elif not _same_scalar(expected, found):
        yield Difference(path, expected, found)


def is_same(expected: Json, found: Json) -> bool:
    """Tell whether two values are the same JSON; 1 is 1.0, and true is not 1."""
    return next(differences(expected, found), None) is None


def lacking(expected: Json, found: Json, path: Path = ()) -> Iterator[Difference]:
    """Yield every place at which `found` does not hold what `expected` names.

    An object may hold more members. Each item of an expected list needs an item of its own,
    wherever it stands; for one that has none, what the nearest item lacks is told.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        for name, member in expected.items():
            if name in found:
                yield from lacking(member, found[name], (*path, name))
            else:
                yield Difference((*path, name), member, ABSENT)
    elif isinstance(expected, list) and isinstance(found, list):
        for index, nearest in unmatched(expected, found):
            if nearest is None:
                yield Difference((*path, index), expected[index], ABSENT)
            else:
                yield from lacking(expected[index], found[nearest], (*path, nearest))
    elif not _same_scalar(expected, found):
        yield Difference(path, expected, found)


def holds(expected: Json, found: Json) -> bool:
    """Tell whether `found` holds all that `expected` names."""
    return next(lacking(expected, found), None) is None


def unmatched(expected: Sequence[Json], found: Sequence[Json]) -> Iterator[tuple[int, int | None]]:
    """Yield the expected items that have no item of their own in `found`.

    Each comes with the index of the item nearest to it among those that are left over, None where
    none is left.
    """
    fits = [[i for i, item in enumerate(found) if holds(one, item)] for one in expected]
    owner: dict[int, int] = {}
    lone = [index for index in range(len(expected)) if not _assign(index, fits, owner, set())]
    free = [index for index in range(len(found)) if index not in owner]
    for index in lone:
        near = min(free, key=lambda i: _distance(expected[index], found[i]), default=None)
        if near is not None:
            free.remove(near)
        yield index, near


def _assign(index: int, fits: list[list[int]], owner: dict[int, int], seen: set[int]) -> bool:
    """Find an item for an expected one, moving others to what else fits them."""
    for item in fits[index]:
        if item in seen:
            continue
        seen.add(item)
        if item not in owner or _assign(owner[item], fits, owner, seen):
            owner[item] = index
            return True
    return False


def _distance(expected: Json, found: Json) -> int:
    return sum(_size(one.expected) for one in lacking(expected, found))


def _size(value: Json) -> int:
    """Count the values in a value that are no objects or lists; one that holds none counts 1."""
    if isinstance(value, dict):
        return sum(map(_size, value.values())) or 1
    if isinstance(value, list):
        return sum(map(_size, value)) or 1
    return 1


def _list_differences(expected: list[Json], found: list[Json], path: Path) -> Iterator[Difference]:
    first = last = 0
    if len(expected) != len(found):
        shorter = min(len(expected), len(found))
        while first < shorter and is_same(expected[first], found[first]):
            first += 1
        while last < shorter - first and is_same(expected[-1 - last], found[-1 - last]):
            last += 1
    mine, others = expected[first : len(expected) - last], found[first : len(found) - last]
    for index in range(max(len(mine), len(others))):
        one = mine[index] if index < len(mine) else ABSENT
        other = others[index] if index < len(others) else ABSENT
        yield from differences(one, other, (*path, first + index))


def _same_scalar(expected: Json, found: Json) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, dict | list) or isinstance(found, dict | list):
        return False
    return bool(expected == found)
