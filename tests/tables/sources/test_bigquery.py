"""BigQuery's tables, views and queries, before a fake of the routes that are called.

The fake stands for bqemulator, which is not installed: it asks for no credentials, and wants more
of this machine than a test of seven routes should.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from argosy.errors import TableError
from argosy.tables.formats.reading import PreviewColumn
from argosy.tables.sources.bigquery_values import row_reader, shape_of_schema
from tests.connections.fakes.google import Answered, google_error
from tests.connections.fakes.world import World
from tests.servers import Received, Say, Scripted
from tests.tables.sources.rows_world import Reading, running_world

NAMED = {"name": "first", "type": "STRING", "mode": "NULLABLE"}
FIELDS: list[dict[str, Any]] = [
    {"name": "user_id", "type": "STRING", "mode": "REQUIRED"},
    {"name": "visits", "type": "INTEGER"},
    {"name": "score", "type": "FLOAT"},
    {"name": "spent", "type": "NUMERIC"},
    {"name": "is_active", "type": "BOOLEAN"},
    {"name": "seen", "type": "TIMESTAMP"},
    {"name": "born", "type": "DATE"},
    {"name": "local", "type": "DATETIME"},
    {"name": "photo", "type": "BYTES"},
    {"name": "home", "type": "GEOGRAPHY"},
    {"name": "about", "type": "RECORD", "fields": [NAMED, {"name": "at", "type": "TIMESTAMP"}]},
    {"name": "tags", "type": "STRING", "mode": "REPEATED"},
    {"name": "pets", "type": "RECORD", "mode": "REPEATED", "fields": [NAMED]},
]
WIRE: dict[str, Any] = {
    "user_id": "00501",
    "visits": "9007199254740993",
    "score": "1.5",
    "spent": "12.50",
    "is_active": "true",
    "seen": "1.40845209522E9",
    "born": "1990-01-01",
    "local": "2024-05-01T10:00:00",
    "photo": "aGk=",
    "home": "POINT(1 2)",
    "about": {"f": [{"v": "Anna"}, {"v": "0.0"}]},
    "tags": [{"v": "a"}, {"v": "b"}],
    "pets": [{"v": {"f": [{"v": "Rex"}]}}],
}
ROW = {
    "user_id": "00501",
    "visits": 9007199254740993,
    "score": 1.5,
    "spent": "12.50",
    "is_active": True,
    "seen": "2014-08-19T12:41:35.220000Z",
    "born": "1990-01-01",
    "local": "2024-05-01T10:00:00",
    "photo": "aGk=",
    "home": "POINT(1 2)",
    "about": {"first": "Anna", "at": "1970-01-01T00:00:00Z"},
    "tags": ["a", "b"],
    "pets": [{"first": "Rex"}],
}
EMPTY: dict[str, Any] = {name: [] if name in {"tags", "pets"} else None for name in ROW} | {
    "user_id": "x"
}


def cells(**values: Any) -> dict[str, Any]:
    return {"f": [{"v": values.get(one["name"])} for one in FIELDS]}


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[World, str]]:
    with running_world() as running:
        yield running


@pytest.fixture
def reading(running: tuple[World, str]) -> Reading:
    reading = Reading(*running)
    fake = reading.vendors.bigquery
    empty = cells(user_id="x", tags=[], pets=[])
    fake.tables = {
        "shop.users": {"type": "TABLE", "schema": {"fields": FIELDS}},
        "shop.active": {"type": "VIEW", "schema": {"fields": FIELDS}},
        "shop.none": {"type": "TABLE", "schema": {"fields": [NAMED]}},
    }
    fake.rows = {"shop.users": [cells(**WIRE), *[empty] * 2_499], "shop.none": []}
    fake.queries = {
        "SELECT * FROM `example-project.shop.active`": Answered(FIELDS, [cells(**WIRE)] * 30),
        "SELECT first FROM shop.none": Answered([NAMED], [{"f": [{"v": "Anna"}]}] * 2_500),
        "SELECT slow": Answered([NAMED], [{"f": [{"v": "Anna"}]}], polls=3),
        "SELECT dear": Answered([NAMED], [], bytes=3 * 1024**4),
        "DELETE FROM shop.users WHERE true": Answered([], [], kind="DELETE"),
        "SELECT 1; DROP TABLE shop.users": Answered([], [], kind="SCRIPT"),
    }
    return reading


def words(columns: tuple[PreviewColumn, ...]) -> dict[str, str]:
    return {one.name: one.type for one in columns}


class TestTables:
    def test_a_preview_has_typed_rows_and_costs_nothing(self, reading: Reading) -> None:
        seen = reading.preview("BIGQUERY", dataset="shop", table="users")

        assert seen.rows[0] == {**ROW, "visits": "9007199254740993"}
        assert seen.rows[1] == EMPTY
        assert (len(seen.rows), seen.is_whole) == (20, False)
        assert words(seen.columns) == {
            "user_id": "text", "visits": "integer", "score": "number", "spent": "number",
            "is_active": "boolean", "seen": "timestamp", "born": "date", "local": "timestamp",
            "photo": "binary", "home": "text", "about": "object", "tags": "list", "pets": "list",
        }  # fmt: skip
        by_name = {one.name: one for one in seen.columns}
        assert by_name["user_id"].nullable is False
        assert by_name["visits"].nullable is True
        assert words(by_name["about"].members) == {"first": "text", "at": "timestamp"}
        assert [call.rpartition("/")[2] for call in reading.world.calls] == [
            "token", "users", "data",
        ]  # fmt: skip
        assert dict(reading.world.received[-1].query) == {"maxResults": "21"}
        assert reading.tally.warnings == []

    def test_all_rows_come_page_by_page(self, reading: Reading) -> None:
        batches = reading.batches("BIGQUERY", dataset="shop", table="users")

        rows = [row for batch in batches for row in batch.to_pylist()]
        assert len(rows) == reading.tally.rows_read == 2_500
        assert rows[0] == ROW
        assert len(reading.world.calls) == 5
        schema = batches[0].schema
        assert schema.field("visits").type == pa.int64()
        assert schema.field("spent").type == pa.string()
        assert schema.field("pets").type == pa.list_(pa.struct([pa.field("first", pa.string())]))

    @pytest.mark.parametrize(
        ("named", "params"),
        [
            ("users", {"dataset": "shop"}),
            ("shop.users", {}),
            ("example-project.shop.users", {}),
            ("any", {"table": "`example-project.shop.users`"}),
            ("any", {"object": "users", "dataset": "shop"}),
        ],
    )
    def test_a_table_can_be_named_in_several_ways(
        self, reading: Reading, named: str, params: dict[str, Any]
    ) -> None:
        source = reading.open("BIGQUERY", named, **params)

        assert source.name == "bigquery://example-project/shop/users"

    def test_the_dataset_of_the_connection_is_the_usual_one(self, reading: Reading) -> None:
        reading.terms["credentials"] = {"dataset": "shop"}

        assert reading.preview("BIGQUERY", table="none").rows == ()

    def test_a_table_without_rows_has_its_columns(self, reading: Reading) -> None:
        seen = reading.preview("BIGQUERY", dataset="shop", table="none")

        assert (words(seen.columns), seen.rows, seen.is_whole) == ({"first": "text"}, (), True)


class TestQueries:
    def test_a_view_is_read_by_a_query_that_is_checked_first(self, reading: Reading) -> None:
        seen = reading.preview("BIGQUERY", dataset="shop", table="active")

        assert seen.rows[0]["user_id"] == "00501"
        assert (len(seen.rows), seen.is_whole) == (20, False)
        assert reading.tally.warnings == [
            "Each reading processes 1.43 MiB, for which BigQuery may charge."
        ]
        check, run = (one.json for one in reading.world.received[-2:])
        assert check["configuration"]["dryRun"] is True
        assert run["query"] == "SELECT * FROM `example-project.shop.active` LIMIT 21"
        assert run["maximumBytesBilled"] == str(10 * 1024**3)
        assert run["location"] == check["jobReference"]["location"] == "EU"
        assert run["useLegacySql"] is False
        assert reading.rows("BIGQUERY", dataset="shop", table="active")[29] == ROW

    def test_a_query_of_ones_own_is_read_whole(self, reading: Reading) -> None:
        rows = reading.rows("BIGQUERY", query="SELECT first FROM shop.none")

        assert rows == [{"first": "Anna"}] * 2_500
        assert reading.vendors.bigquery.requests == {"request-1"}
        assert [call.split(" ")[0] for call in reading.world.calls] == [
            "POST", "POST", "POST", "GET", "GET",
        ]  # fmt: skip

    def test_a_query_that_takes_longer_is_waited_for(self, reading: Reading) -> None:
        assert reading.rows("BIGQUERY", query="SELECT slow") == [{"first": "Anna"}]
        assert reading.vendors.bigquery.polled == 3

    def test_a_preview_does_not_wait_for_it(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", query="SELECT slow")

        assert (error.reason, error.status, error.passes) == ("timed_out", "unknown_error", True)
        assert error.message == (
            "bigquery://example-project/query: the query has not ended in time. Try again later, "
            "or write one that needs less."
        )

    @pytest.mark.parametrize(
        ("sql", "kind"),
        [
            ("DELETE FROM shop.users WHERE true", "DELETE"),
            ("SELECT 1; DROP TABLE shop.users", "SCRIPT"),
        ],
    )
    def test_what_is_no_select_is_never_run(self, reading: Reading, sql: str, kind: str) -> None:
        error = reading.failure("BIGQUERY", query=sql)

        assert error.message == (
            f"bigquery://example-project/query: it is a statement of the type {kind}, and a table "
            "is read by SELECT only. Write one SELECT."
        )
        assert error.status == "wrong_specification"
        assert not [call for call in reading.world.calls if call.endswith("/queries")]

    def test_a_query_above_the_cap_is_never_run(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", query="SELECT dear")

        assert error.message == (
            "bigquery://example-project/query: it would process 3 TiB, and 10 GiB is the most. "
            "Read fewer columns or partitions, or let the operator of this server raise the cap "
            "of queries."
        )
        assert (error.reason, error.field) == ("too_large", "connection_table_params.query")
        assert not [call for call in reading.world.calls if call.endswith("/queries")]

    def test_the_cap_can_be_raised(self, reading: Reading) -> None:
        reading.terms["query_bytes"] = 4 * 1024**4

        assert reading.preview("BIGQUERY", query="SELECT dear").rows == ()

    def test_a_wrong_query_is_told_in_bigquerys_words(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", query="SELEC 1")

        assert error.message == (
            'BigQuery does not take the query: "Syntax error: Unexpected end at [1:8]". '
            "Mend the query."
        )
        assert (error.reason, error.status) == ("invalid_query", "wrong_specification")

    def test_another_location_is_told(self, reading: Reading) -> None:
        reading.terms["credentials"] = {"location": "US"}

        error = reading.failure("BIGQUERY", query="SELECT first FROM shop.none")

        assert error.message == (
            'BigQuery does not find what the query reads: "Not found: Table shop.gone in location '
            'US". Check the names in the query, and location.'
        )
        assert error.status == "resource_not_found"

    def test_query_and_table_exclude_each_other(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", query="SELECT 1", table="users")

        assert error.message == "Query and table exclude each other. Give one."


class TestNames:
    def test_a_table_that_is_not_there(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", dataset="shop", table="user")

        assert error.message == (
            "BigQuery has no table 'user' in the dataset shop. There is users, none, active. Is "
            "it 'users'?"
        )
        assert (error.status, error.field) == (
            "resource_not_found", "connection_table_params.table",
        )  # fmt: skip

    def test_a_dataset_that_is_not_there(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", dataset="shopp", table="users")

        assert error.message == (
            "BigQuery has no dataset 'shopp' in the project example-project. There is shop. Is it "
            "'shop'?"
        )
        assert error.field == "connection_table_params.dataset"

    def test_an_empty_dataset_is_there(self, reading: Reading) -> None:
        reading.vendors.bigquery.tables = {}

        error = reading.failure("BIGQUERY", dataset="shop", table="users")

        assert error.message == (
            "BigQuery has no table 'users' in the dataset shop. Check the name."
        )

    def test_a_table_without_a_dataset(self, reading: Reading) -> None:
        error = reading.failure("BIGQUERY", table="users")

        assert error.message == "The table's dataset is not named. Name it. There is shop."
        assert error.field == "connection_table_params.dataset"

    @pytest.mark.parametrize(
        "params",
        [
            {"dataset": "shop", "table": "users`; DROP"},
            {"dataset": "../shop", "table": "users"},
            {"dataset": "shop", "table": "a/b"},
            {"table": "EVIL PROJECT.shop.users"},
        ],
    )
    def test_what_cannot_be_a_name_is_never_a_part_of_a_call(
        self, reading: Reading, params: dict[str, str]
    ) -> None:
        error = reading.failure("BIGQUERY", **params)

        assert "cannot be a part of a table's name in BigQuery" in error.message
        assert reading.world.calls == []


class TestRefusals:
    def test_reading_needs_a_permission(self, reading: Reading) -> None:
        reading.vendors.bigquery.permissions = {"tables"}

        error = reading.failure("BIGQUERY", dataset="shop", table="users")

        assert error.message == (
            'The service account may not read this: "Access Denied: no permission". Give it the '
            "roles BigQuery Data Viewer on the dataset and, for views and queries, BigQuery Job "
            "User in the project."
        )
        assert error.status == "wrong_credentials"

    @pytest.mark.parametrize(
        ("answer", "slept"),
        [
            (google_error(403, "rateLimitExceeded"), [1]),
            (google_error(503, "backendError"), [1]),
            (Say(429, {"error": {}}, {"Retry-After": "9"}), [9]),
        ],
    )
    def test_limits_are_waited_for(self, reading: Reading, answer: Say, slept: list[float]) -> None:
        reading.interrupt(4, answer)

        assert len(reading.rows("BIGQUERY", dataset="shop", table="users")) == 2_500
        assert reading.slept == slept

    def test_a_preview_is_told_of_limits(self, reading: Reading) -> None:
        reading.interrupt(3, google_error(403, "quotaExceeded"))

        error = reading.failure("BIGQUERY", dataset="shop", table="users")

        assert error.message == (
            "BigQuery has been called too often (quotaExceeded). Try again in a minute."
        )

    def test_a_token_that_ends_during_a_reading_is_renewed(
        self, reading: Reading, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        another = "ya29.another-access-token-0123456789"

        def end(request: Received) -> Scripted:
            if len(reading.world.received) == 4:
                monkeypatch.setattr("tests.connections.fakes.google.TOKEN", another)
            return reading.usual(request)

        reading.world.fault = end

        assert len(reading.rows("BIGQUERY", dataset="shop", table="users")) == 2_500
        assert [call for call in reading.world.calls if call.endswith("/token")] == [
            "POST oauth2.googleapis.com/token"
        ] * 2

    def test_a_cell_of_another_type_is_told(self, reading: Reading) -> None:
        reading.vendors.bigquery.rows["shop.users"] = [cells(**(WIRE | {"visits": "many"}))]

        error = reading.failure("BIGQUERY", dataset="shop", table="users")

        assert error.message == (
            "bigquery://example-project/shop/users, column 'visits': BigQuery gives \"many\" for a "
            "value of the type INTEGER."
        )


class TestValues:
    @pytest.mark.parametrize(
        ("type_", "text", "value"),
        [
            ("INT64", "-5", -5),
            ("FLOAT64", "Infinity", math.inf),
            ("FLOAT64", "-Infinity", -math.inf),
            ("BOOL", "false", False),
            ("BIGNUMERIC", "0.1" + "0" * 30 + "1", "0.1" + "0" * 30 + "1"),
            ("TIMESTAMP", "-6.21355968E10", "0001-01-01T00:00:00Z"),
            ("TIMESTAMP", "2.53402300799999999E11", "9999-12-31T23:59:59.999999Z"),
            ("TIMESTAMP", "1714557600.000001", "2024-05-01T10:00:00.000001Z"),
            ("DATETIME", "2024-05-01 10:00:00.5", "2024-05-01T10:00:00.5"),
            ("TIME", "10:00:00", "10:00:00"),
            ("JSON", '{"a":1}', '{"a":1}'),
            ("STRUCT", {"f": []}, {}),
            ("UNHEARD_OF", "x", "x"),
        ],
    )
    def test_a_cell_becomes_json(self, type_: str, text: Any, value: Any) -> None:
        field = {"name": "a", "type": type_, "fields": []}

        assert row_reader([field])({"f": [{"v": text}]}) == {"a": value}

    def test_what_is_no_number_is_none_that_is_seen(self) -> None:
        (value,) = row_reader([{"name": "a", "type": "FLOAT"}])({"f": [{"v": "NaN"}]}).values()

        assert math.isnan(value)

    def test_records_within_lists_within_records(self) -> None:
        inner = {"name": "b", "type": "RECORD", "mode": "REPEATED", "fields": [NAMED]}
        field = {"name": "a", "type": "RECORD", "fields": [inner]}
        wire = {"f": [{"v": {"f": [{"v": [{"v": {"f": [{"v": "x"}]}}]}]}}]}

        assert row_reader([field])(wire) == {"a": {"b": [{"first": "x"}]}}
        assert shape_of_schema([field]).columns()[0].members[0].type == "list"

    def test_a_row_of_another_length_is_not_guessed_at(self) -> None:
        with pytest.raises(TableError, match="a row of 0 cells for 1 columns"):
            row_reader([NAMED])({"f": []})
