"""What changed since a table was last good."""

from __future__ import annotations

import json
from typing import Any

import pytest

from argosy.errors import TableError
from argosy.tables.drift import compare, fingerprint, judge
from argosy.tables.formats.reading import PreviewColumn


def columns(**types: str) -> tuple[PreviewColumn, ...]:
    return tuple(PreviewColumn(name, type_) for name, type_ in types.items())


BEFORE = fingerprint(columns(id="integer", name="text", age="integer"), {}, 1_700_000_000.0)


def test_nothing_is_compared_the_first_time() -> None:
    assert not compare(None, columns(id="text"))
    assert not compare({}, columns(id="text"))


def test_the_same_columns_in_another_order_are_the_same() -> None:
    assert not compare(BEFORE, columns(age="integer", name="text", id="integer"))


def test_columns_that_came_went_and_changed_are_told() -> None:
    drift = compare(BEFORE, columns(id="text", age="integer", city="text"))

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
    assert not compare(BEFORE, columns(id="integer", name="text", age=type_))


def test_a_column_without_values_keeps_the_type_that_it_had() -> None:
    empty = columns(id="integer", name="null", age="null")
    known = fingerprint(empty, {}, 1_700_000_100.0, known=BEFORE)

    drift = compare(known, columns(id="integer", name="text", age="text"))

    assert drift.retyped == {("age",): ("integer", "text")}


def test_a_column_that_never_had_a_value_may_become_anything() -> None:
    known = fingerprint(columns(id="null"), {}, 1.0, known=fingerprint(columns(id="null"), {}, 0.5))

    assert not compare(known, columns(id="text"))


def test_a_mapped_column_of_another_type_is_another_table() -> None:
    drift = compare(BEFORE, columns(id="text", name="text", age="integer"))

    judge(drift, {("name",)})
    with pytest.raises(TableError) as caught:
        judge(drift, {("id",)})

    assert caught.value.message == (
        "column 'id': it was integer at 2023-11-14 22:13 UTC and is text now. "
        "Set the table again to take the columns as they are now, or mend the source."
    )
    assert caught.value.status == "wrong_specification"
    assert caught.value.facts["drift"]["retyped"]


def nested(age: str) -> tuple[PreviewColumn, ...]:
    members = (PreviewColumn("age", age), PreviewColumn("x", "text"))
    return (*columns(id="integer"), PreviewColumn("c", "object", members=members))


def test_a_mapped_column_within_an_object_is_held_against_what_it_was() -> None:
    known = json.loads(json.dumps(fingerprint(nested("integer"), {}, 0.0, mapped=[("c", "age")])))

    drift = compare(known, nested("text"))

    assert not compare(known, nested("number"))
    assert drift.to_json()["retyped"] == [{"name": "c.age", "from": "integer", "to": "text"}]
    with pytest.raises(TableError, match=r"^column 'c\.age': it was integer"):
        judge(drift, {("c", "age")})


def test_a_column_whose_own_name_has_a_dot_is_another_than_one_within_an_object() -> None:
    known = fingerprint(nested("integer"), {}, 0.0, mapped=[("c", "age")])

    drift = compare(known, (*nested("integer"), PreviewColumn("c.age", "text")))

    assert (drift.added, drift.removed, drift.retyped) == (("c.age",), (), {})


def test_a_fingerprint_of_an_earlier_release_is_still_read() -> None:
    known: Any = {"columns": [["id", "integer"], ["c", "object"]], "files": {}, "at": 1.0}

    assert not compare(known, nested("text"))


def test_a_fingerprint_comes_back_from_json() -> None:
    known = json.loads(json.dumps(BEFORE))

    assert not compare(known, columns(id="integer", name="text", age="integer"))
