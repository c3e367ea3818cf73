"""The laws of comparing JSON values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.testing.matching import differences, holds, is_same, lacking
from argosy.testing.result import ABSENT, Difference

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_is_the_same_as_itself_and_holds_itself(value: Any) -> None:
    assert list(differences(value, value)) == []
    assert list(lacking(value, value)) == []


@given(VALUES, VALUES)
def test_to_be_the_same_has_no_direction(one: Any, other: Any) -> None:
    assert is_same(one, other) == is_same(other, one)


@given(VALUES, VALUES)
def test_what_is_the_same_is_also_held(one: Any, other: Any) -> None:
    assert not is_same(one, other) or holds(one, other)


@given(VALUES, VALUES)
def test_every_difference_is_at_its_path(one: Any, other: Any) -> None:
    for found in differences(one, other):
        assert not is_same(found.expected, found.found)


@given(st.lists(VALUES, max_size=5), st.randoms(use_true_random=False))
def test_items_are_held_in_any_order_and_among_others(items: list[Any], random: Any) -> None:
    shuffled = [*items, "more"]
    random.shuffle(shuffled)

    assert holds(items, shuffled)


@given(st.lists(VALUES, max_size=5))
def test_each_item_needs_an_item_of_its_own(items: list[Any]) -> None:
    assert not holds([*items, "c"], items)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (1, 1.0, []),
        (1, True, [Difference((), 1, True)]),
        (0, False, [Difference((), 0, False)]),
        ({}, [], [Difference((), {}, [])]),
        (None, ABSENT, [Difference((), None, ABSENT)]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [1, 3]}}, [Difference(("a", "b", 1), 2, 3)]),
        ({"a": 1}, {"b": 1}, [Difference(("a",), 1, ABSENT), Difference(("b",), ABSENT, 1)]),
        ([1, 2, 3], [1, 9, 2, 3], [Difference((1,), ABSENT, 9)]),
        ([1, 2, 3], [2, 3], [Difference((0,), 1, ABSENT)]),
    ],
)
def test_only_what_differs_is_told(one: Any, other: Any, found: list[Difference]) -> None:
    assert list(differences(one, other)) == found


def test_an_item_that_fits_two_is_given_to_the_one_that_fits_nothing_else() -> None:
    assert holds([{"a": 1}, {"a": 1, "b": 2}], [{"a": 1, "b": 2}, {"a": 1}])


def test_of_an_item_that_is_lacking_the_nearest_is_told() -> None:
    found = list(lacking([{"a": 1, "b": 2}], [{"c": 1}, {"a": 1, "b": 3}]))

    assert found == [Difference((1, "b"), 2, 3)]
