"""The pure functions that templates and handlers share."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argosy.sdk.values import as_list, as_object, prefix_keys, with_default, with_integer

OBJECTS = st.dictionaries(st.text(max_size=4), st.none() | st.integers() | st.text(max_size=3))


@given(OBJECTS)
def test_rows_spell_the_object_that_they_were_made_from(value: dict[str, Any]) -> None:
    rows = [{"key": key, "value": member} for key, member in value.items()]

    assert as_object(rows) == value
    assert as_object(value) == value


def test_an_object_is_copied_so_that_inputs_cannot_be_changed() -> None:
    value = {"a": 1}

    assert as_object(value) is not value


def test_two_rows_with_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows have the key 'a'"):
        as_object([{"key": "a", "value": 1}, {"key": "b", "value": 1}, {"key": "a", "value": 2}])


@pytest.mark.parametrize(
    ("member", "integer"),
    [
        ("12", 12),
        ("-3", -3),
        ("+3", 3),
        ("007", 7),
        (4.0, 4),
        (5, 5),
        (True, True),
        ("", ""),
        ("1.0", "1.0"),
        (" 1", " 1"),
        ("1_000", "1_000"),
        ("\u0661", "\u0661"),
        ("1e3", "1e3"),
        (4.5, 4.5),
        (None, None),
        ([1], [1]),
    ],
    ids=repr,
)
def test_only_what_spells_an_integer_becomes_one(member: Any, integer: Any) -> None:
    result = with_integer({"time": member, "a": "1"}, "time")

    assert result == {"time": integer, "a": "1"}
    assert type(result["time"]) is type(integer)


def test_a_member_that_is_not_there_does_not_become_an_integer() -> None:
    assert with_integer({"a": "1"}, "time") == {"a": "1"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [({}, 7), ({"a": None}, 7), ({"a": 0}, 0), ({"a": ""}, ""), ({"a": False}, False)],
)
def test_a_default_stands_in_for_what_is_absent_or_null(
    value: dict[str, Any], expected: Any
) -> None:
    assert with_default(value, "a", 7) == {"a": expected}


def test_a_prefix_goes_before_every_key() -> None:
    assert prefix_keys({"a": 1, "b.c": 2}, "key.") == {"key.a": 1, "key.b.c": 2}


@pytest.mark.parametrize(("value", "items"), [([1], [1]), ("ab", ["ab"]), (None, [None]), ([], [])])
def test_one_thing_is_a_list_of_one(value: Any, items: list[Any]) -> None:
    assert as_list(value) == items
