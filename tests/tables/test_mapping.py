"""Columns become fields: by name, by path, by default; what does not fit is told."""

from __future__ import annotations

from typing import Any

import pytest

from argosy.errors import TableError
from argosy.tables.formats.csv_header import Header
from argosy.tables.formats.reading import PreviewColumn
from argosy.tables.mapping import REQUIRED, map_columns


def columns(*names: str) -> list[PreviewColumn]:
    return [PreviewColumn(name, "text") for name in names]


CUSTOMER = PreviewColumn(
    "customer",
    "object",
    members=(
        PreviewColumn("id", "integer"),
        PreviewColumn("age", "integer"),
        PreviewColumn("address", "object", members=(PreviewColumn("zip.code", "text"),)),
    ),
)


def selected(found: object) -> dict[str, tuple[str, ...]]:
    return {one.field: one.path for one in found.selections}  # type: ignore[attr-defined]


def test_a_mapping_goes_from_the_field_to_the_column() -> None:
    found = map_columns(columns("customerID", "age"), {"user_id": "customerID"}, "user")

    assert selected(found) == {"user_id": ("customerID",), "age": ("age",)}
    assert found.filled == {"user_id": "customerID"}
    assert found.warnings == ()
    assert found.paths() == {("customerID",)}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("customer.age", ("customer", "age")),
        ("customer.address.zip.code", ("customer", "address", "zip.code")),
        ("customer", ("customer",)),
    ],
)
def test_a_path_leads_into_objects(name: str, path: tuple[str, ...]) -> None:
    found = map_columns([CUSTOMER], {"user_id": "customer.id", "x": name}, "user")

    assert selected(found)["x"] == path


def test_a_column_whose_own_name_has_dots_comes_before_the_path() -> None:
    found = map_columns(
        [CUSTOMER, *columns("customer.age")],
        {"user_id": "customer.id", "x": "customer.age"},
        "user",
    )

    assert selected(found)["x"] == ("customer.age",)


def test_two_fields_may_come_from_one_column() -> None:
    found = map_columns(columns("id"), {"user_id": "id", "item_id": "id", "rating": "id"}, "rating")

    assert selected(found) == {"user_id": ("id",), "item_id": ("id",), "rating": ("id",)}


def test_an_id_that_is_not_mapped_is_taken_from_the_column_of_its_name() -> None:
    found = map_columns(columns("item_id", "title"), {}, "item")

    assert found.filled == {"item_id": "item_id"}
    assert found.warnings == ("The field item_id is taken from the column of the same name.",)
    assert selected(found) == {"item_id": ("item_id",), "title": ("title",)}


def test_of_two_names_one_is_enough() -> None:
    given = columns("session_id", "item_id", "interaction_type", "timestamp")

    assert "session_id" in map_columns(given, {}, "interaction").filled


def test_a_column_that_a_field_hides_is_left_out_and_told() -> None:
    found = map_columns(columns("user_id", "other"), {"user_id": "other"}, "user")

    assert selected(found) == {"user_id": ("other",)}
    assert found.warnings == ("Left out, since another column is mapped to the name: user_id.",)


def refused(*given: object) -> TableError:
    with pytest.raises(TableError) as caught:
        map_columns(*given)  # type: ignore[arg-type]
    return caught.value


def test_a_column_that_is_not_there_is_told_with_those_that_are() -> None:
    error = refused(columns("user_id", "Customer_Age"), {"age": "customer_age"}, "user")

    assert error.message == (
        "The field 'age' is mapped to the column 'customer_age', which is not there. "
        "There is Customer_Age, user_id. Is it 'Customer_Age'?"
    )
    assert error.status == "wrong_specification"
    assert error.field == "resource_params.columns_mapping.age"
    assert error.facts["available"] == ["user_id", "Customer_Age"]


def test_a_path_that_is_not_there_is_told_with_the_paths_there_are() -> None:
    error = refused([CUSTOMER], {"user_id": "customer.idd"}, "user")

    assert error.message == (
        "The field 'user_id' is mapped to the column 'customer.idd', which is not there. "
        "There is customer.id, customer, customer.address, customer.age, "
        "customer.address.zip.code. Is it 'customer.id'?"
    )


def test_a_field_that_a_row_needs_is_asked_for() -> None:
    error = refused(columns("id", "name"), {}, "user")

    assert error.message == (
        "A row of the resource user needs 'user_id', and no column gives it. "
        "Map it, as {'user_id': 'id'}; there is id, name."
    )
    assert error.field == "resource_params.columns_mapping.user_id"


def test_without_any_column_that_is_said() -> None:
    assert refused([], {}, "item").remedy.endswith("there is no column at all.")


def test_a_report_needs_nothing() -> None:
    assert map_columns(columns("x"), {}, "analytics_report").filled == {}


def test_every_resource_has_its_fields() -> None:
    from argosy.connections.table_document import resources

    assert set(REQUIRED) == set(resources())


def test_thousands_of_columns_are_looked_through_quickly() -> None:
    many = columns(*(f"column_{number}" for number in range(2000)))

    error = refused(many, {"user_id": "column_2000"}, "user")

    assert "Is it 'column_200'?" in error.message


def test_what_is_there_is_counted_in_full() -> None:
    many = columns(*(f"c{number}" for number in range(2_000)))

    with pytest.raises(TableError, match=r" and 1,993 more\."):
        map_columns(many, {"user_id": "customer"}, "user")
    with pytest.raises(TableError, match=r" and 1,993 more\."):
        map_columns(many, {}, "user")


@pytest.mark.parametrize(
    ("line", "likely"),
    [
        ("id;name", "';'"),
        ("id\tname", r"'\t'"),
        ("id|a,b|c", "'|'"),
        ("id,b", "','"),
        ("a,b,c;d", "','"),
    ],
)
@pytest.mark.parametrize("mapping", [{"user_id": "id"}, {}])
def test_a_line_that_was_not_divided_says_so(line: str, likely: str, mapping: Any) -> None:
    with pytest.raises(TableError) as caught:
        map_columns(columns(line), mapping, "user", is_csv=True)

    assert caught.value.remedy.endswith(
        f"A whole line is one column, so the delimiter is likely {likely}: set options.delimiter."
    )
    assert "Is it" not in caught.value.remedy


def test_a_name_with_a_semicolon_among_others_is_a_name() -> None:
    with pytest.raises(TableError) as caught:
        map_columns(columns("id;name", "b"), {"user_id": "id"}, "user", is_csv=True)

    assert "delimiter" not in caught.value.message


@pytest.mark.parametrize("mapping", [{"user_id": "id"}, {}])
def test_names_that_seem_to_be_values_say_that_there_may_be_no_header(mapping: Any) -> None:
    with pytest.raises(TableError) as caught:
        map_columns(columns("Ada", "1815-12-10"), mapping, "user", is_csv=True)

    assert caught.value.remedy.endswith(
        "If '1815-12-10' is no name but a value, set options.has_header to false."
    )


@pytest.mark.parametrize("name", ["id;name", "2023"])
@pytest.mark.parametrize("mapping", [{"user_id": "id"}, {}])
def test_what_is_no_csv_has_no_options_to_set(name: str, mapping: Any) -> None:
    assert "options" not in refused(columns(name), mapping, "user").message


def test_the_mapping_and_the_header_name_the_same_delimiter() -> None:
    assert Header(("a,b,c;d",), "the header").likely_delimiter == ","
