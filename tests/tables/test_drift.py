"""What changed since a table was last good."""

from __future__ import annotations

import json

import pytest

from argosy.errors import TableError
from argosy.tables.drift import compare, fingerprint, judge

BEFORE = fingerprint([("id", "integer"), ("name", "text"), ("age", "integer")], {}, 1_700_000_000.0)


def test_nothing_is_compared_the_first_time() -> None:
    assert not compare(None, [("id", "text")])
    assert not compare({}, [("id", "text")])


def test_the_same_columns_in_another_order_are_the_same() -> None:
    assert not compare(BEFORE, [("age", "integer"), ("name", "text"), ("id", "integer")])


def test_columns_that_came_went_and_changed_are_told() -> None:
    drift = compare(BEFORE, [("id", "text"), ("age", "integer"), ("city", "text")])

    assert drift.to_json() == {
        "added": ["city"],
        "removed": ["name"],
        "retyped": [{"name": "id", "from": "integer", "to": "text"}],
        "since_timestamp": 1_700_000_000,
    }
    assert drift.warnings() == (
        "New since 2023-11-14 22:13 UTC: city.",
        "Gone since 2023-11-14 22:13 UTC: name.",
        "Of another type since 2023-11-14 22:13 UTC: id (integer before, text now).",
    )


@pytest.mark.parametrize("type_", ["number", "null"])
def test_a_wider_type_and_no_value_at_all_are_no_change(type_: str) -> None:
    assert not compare(BEFORE, [("id", "integer"), ("name", "text"), ("age", type_)])


def test_a_mapped_column_of_another_type_is_another_table() -> None:
    drift = compare(BEFORE, [("id", "text"), ("name", "text"), ("age", "integer")])

    judge(drift, {"name"})
    with pytest.raises(TableError) as caught:
        judge(drift, {"id"})

    assert caught.value.message == (
        "column 'id': it was integer at 2023-11-14 22:13 UTC and is text now. "
        "Set the table again to take the columns as they are now, or mend the source."
    )
    assert caught.value.status == "wrong_specification"
    assert caught.value.facts["drift"]["retyped"]


def test_a_fingerprint_comes_back_from_json() -> None:
    known = json.loads(json.dumps(BEFORE))

    assert not compare(known, [("id", "integer"), ("name", "text"), ("age", "integer")])
