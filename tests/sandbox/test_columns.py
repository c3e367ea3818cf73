"""How values become columns, and how columns widen without losing what they held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.conftest import NOON, SEVERAL

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client


@pytest.mark.parametrize(
    ("value", "column"),
    [
        (5, "BIGINT"),
        (-(2**63), "BIGINT"),
        (2**63 - 1, "BIGINT"),
        (1.5, "DOUBLE"),
        (1e300, "DOUBLE"),
        (True, "BOOLEAN"),
        ("text", "VARCHAR"),
        ("", "VARCHAR"),
        ("a\x00b \U0001f600 \u2028", "VARCHAR"),
        ("{{ 7 * 7 }}", "VARCHAR"),
        ({"a": [1, {"b": None}]}, "JSON"),
        ({"\x00": "\x00"}, "JSON"),
        ([], "JSON"),
        ([1, "x", None], "JSON"),
    ],
)
def test_a_value_comes_back_as_it_went_in(client: Client, value: Any, column: str) -> None:
    client.single({"a": value})

    assert client.types()["a"] == column
    assert client.rows() == [{"time": NOON, "a": value}]


@pytest.mark.parametrize("digits", [str(2**63), str(-(2**63) - 1), str(2**64), "9" * 40])
def test_a_whole_number_beyond_64_bits_keeps_its_digits_as_text(
    client: Client, digits: str
) -> None:
    client.single(f'{{"a":{digits}}}'.encode())

    assert client.types()["a"] == "VARCHAR"
    assert client.rows()[0]["a"] == digits


def test_a_long_number_inside_an_object_keeps_its_digits(client: Client) -> None:
    client.single(b'{"a":{"n":%d}}' % 2**70)

    assert client.rows()[0]["a"] == {"n": 2**70}


@pytest.mark.parametrize(
    ("first", "second", "column", "kept"),
    [
        (1, 2.5, "DOUBLE", [1.0, 2.5]),
        (2.5, 1, "DOUBLE", [2.5, 1.0]),
        (1, "x", "VARCHAR", ["1", "x"]),
        (2.5, "x", "VARCHAR", ["2.5", "x"]),
        (-0.25, "x", "VARCHAR", ["-0.25", "x"]),
        (True, "x", "VARCHAR", ["true", "x"]),
        (True, 1, "VARCHAR", ["true", "1"]),
        (1, False, "VARCHAR", ["1", "false"]),
        ({"a": 1}, "x", "VARCHAR", ['{"a":1}', "x"]),
        ({"a": 1}, 2, "VARCHAR", ['{"a":1}', "2"]),
        ([1], {"a": 1}, "JSON", [[1], {"a": 1}]),
        ("x", [1], "VARCHAR", ["x", "[1]"]),
        ("x", 1.5, "VARCHAR", ["x", "1.5"]),
        ("x", None, "VARCHAR", ["x", None]),
    ],
)
@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_column_widens_and_keeps_every_earlier_value(
    client: Client, first: Any, second: Any, column: str, kept: list[Any], in_one_batch: bool
) -> None:
    records = [{"a": first}, {"a": second}]
    for batch in [records] if in_one_batch else [[record] for record in records]:
        assert client.several(batch).status_code == 200

    assert client.types()["a"] == column
    assert [row["a"] for row in client.rows()] == kept


def test_a_column_widens_twice_over_several_requests(client: Client) -> None:
    for value in (1, 2.5, "x", {"a": True}):
        client.single({"a": value})

    assert [row["a"] for row in client.rows()] == ["1.0", "2.5", "x", '{"a":true}']


def test_null_alone_adds_no_column(client: Client) -> None:
    client.single({"a": None})

    assert client.types() == {"time": "BIGINT"}
    assert client.rows() == [{"time": NOON}]


def test_null_fits_any_column(client: Client) -> None:
    client.several([{"a": 1}, {"a": None}])

    assert client.types()["a"] == "BIGINT"
    assert [row["a"] for row in client.rows()] == [1, None]


def test_a_refused_record_leaves_the_columns_alone(client: Client) -> None:
    client.several([{"a": 1}, {"a": "x", "b": 1, "time": "x"}])

    assert client.types() == {"time": "BIGINT", "a": "BIGINT"}


def test_a_duplicate_leaves_the_columns_alone(client: Client) -> None:
    uuid = client.single({"a": 1}).json()["uuid"]

    client.single({"a": "x", "b": 1, "uuid": uuid})

    assert client.types() == {"time": "BIGINT", "a": "BIGINT"}


@pytest.mark.parametrize("core", [b"1", b"9" * 30])
def test_a_value_nested_too_deep_harms_no_other(client: Client, core: bytes) -> None:
    deep = b"[" * 1010 + core + b"]" * 1010

    answer = client.single(b'{"a":' + deep + b"}")

    assert answer.status_code in {200, 400, 422}  # as deep as this Python can go
    assert client.single({"b": 1}).status_code == 200


def test_a_value_of_many_levels_is_kept(client: Client) -> None:
    client.single(b'{"a":' + b"[" * 300 + b"]" * 300 + b"}")

    shown = client.call("GET", "/_sandbox/rows/shop/customers").text
    assert "[" * 300 + "]" * 300 in shown


def test_a_long_record_may_be_nested_deep_too(client: Client) -> None:
    padding = b'"' + b"x" * (1 << 20) + b'"'
    body = b'{"records":[{"a":' + b"[" * 1010 + b"]" * 1010 + b'},{"b":' + padding + b"}]}"

    answer = client.call("POST", "/shop/customers", body, media_type=SEVERAL)

    assert answer.status_code == 413
