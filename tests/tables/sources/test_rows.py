"""What each vendor's collections give: previews, all pages, columns, and what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from argosy.connections.probing.plan import PLACEHOLDER
from argosy.connections.types import ConnectionType, load_types
from argosy.rendering import compile_template
from argosy.tables.content import Limits
from argosy.tables.formats.reading import PreviewColumn
from argosy.tables.sources import paging
from argosy.tables.sources.rows import no_rows
from tests.connections.fakes.world import World
from tests.connections.probing.test_declarations import texts
from tests.servers import Received, Say, Scripted
from tests.tables.sources.rows_world import Reading, running_world


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[World, str]]:
    with running_world() as running:
        yield running


@pytest.fixture
def reading(running: tuple[World, str]) -> Reading:
    return Reading(*running)


def types_of(columns: tuple[PreviewColumn, ...]) -> dict[str, str]:
    return {one.name: one.type for one in columns}


#: Every collection that is declared, how a table names it, and how many rows the fakes have.
COLLECTIONS: list[tuple[str, str, int]] = [
    ("BRAZE", "campaigns", 130),
    ("BRAZE", "catalogs", 2),
    ("BRAZE", "catalogs/empty", 0),
    ("BRAZE", "catalogs/restaurants", 120),
    ("BRAZE", "segments", 100),
    ("ITERABLE", "catalogs", 2),
    ("ITERABLE", "catalogs/hotels", 0),
    ("ITERABLE", "catalogs/restaurants", 250),
    ("ITERABLE", "lists", 2),
    ("ITERABLE", "lists/34", 50),
    ("KLAVIYO", "catalog-items", 1),
    ("KLAVIYO", "catalog-variants", 1),
    ("KLAVIYO", "events", 3),
    ("KLAVIYO", "lists", 12),
    ("KLAVIYO", "lists/L1", 3),
    ("KLAVIYO", "metrics", 1),
    ("KLAVIYO", "profiles", 230),
    ("KLAVIYO", "segments", 1),
    ("KLAVIYO", "segments/S1", 2),
    ("SAILTHRU", "content", 30),
    ("SAILTHRU", "lists", 3),
    ("SALESFORCE", "Contact", 5),
    ("SALESFORCE", "Order__c", 0),
    ("SALESFORCE", "objects", 2),
    ("SENDLANE", "contacts", 205),
    ("SENDLANE", "lists", 2),
    ("SENDLANE", "lists/7", 1),
    ("SENDLANE", "tags", 1),
    ("SENDLANE", "tags/3", 1),
    ("SHOPIFY", "collections", 1),
    ("SHOPIFY", "customers", 3),
    ("SHOPIFY", "orders", 2),
    ("SHOPIFY", "products", 130),
    ("SHOPIFY", "variants", 2),
]


@pytest.mark.parametrize(
    ("type_", "name", "count"), COLLECTIONS, ids=[f"{a}-{b}" for a, b, _ in COLLECTIONS]
)
class TestEveryCollection:
    def test_it_is_read_whole(self, reading: Reading, type_: str, name: str, count: int) -> None:
        rows = reading.rows(type_, object=name)

        assert len(rows) == count
        assert reading.tally.rows_read == reading.tally.rows_delivered == count
        assert reading.tally.bytes_read > 0
        assert reading.slept == []

    def test_a_preview_shows_its_first_rows_and_the_columns_of_all(
        self, reading: Reading, type_: str, name: str, count: int
    ) -> None:
        seen = reading.preview(type_, object=name)
        calls = len(reading.world.calls)
        (batch, *_) = [*reading.batches(type_, object=name), None]

        assert len(seen.rows) == min(20, count)
        assert seen.is_whole is (count <= 20)
        assert reading.tally.rows_read == count
        assert calls <= 4
        assert seen.columns
        if batch is not None:
            assert [one.name for one in seen.columns] == batch.schema.names


def test_every_collection_that_is_declared_is_read_here() -> None:
    declared = {
        (type_.id, one["name"])
        for type_ in load_types().values()
        for one in type_.tables.get("rows", {}).get("collections", ())
    }
    patterns = {(type_, name.split("/")[0] + "/{name}") for type_, name, _ in COLLECTIONS}
    named = {(type_, name) for type_, name, _ in COLLECTIONS} | patterns

    assert declared - named == {("SALESFORCE", "query"), ("SALESFORCE", "{name}")}


#: What a step reads that a reader gives.
GIVEN = {
    "name", "size", "cursor", "page", "first", "fields", "query", "project", "dataset", "location",
    "most", "request", "job",
}  # fmt: skip
ROWS = [one for one in load_types().values() if "rows" in one.tables and "steps" in one.tables]


@pytest.mark.parametrize("type_", ROWS, ids=lambda one: one.id)
class TestDeclarations:
    def test_its_templates_read_what_there_is(self, type_: ConnectionType) -> None:
        usual = {"credentials", "vars", "answers", "body", "headers", "code", "host", "title"}
        for step in type_.tables["steps"]:
            for text in texts(step):
                named = [found[2].split(".")[0] for found in PLACEHOLDER.finditer(text)]
                read = [] if text.startswith("query($") else compile_template(text).paths
                assert {*named, *(path[0] for path in read)} <= usual | GIVEN, text

    def test_its_collections_name_steps_and_collections_that_there_are(
        self, type_: ConnectionType
    ) -> None:
        steps = {step["name"] for step in type_.tables["steps"]}
        collections = type_.tables["rows"].get("collections", ())
        used: set[str] = set()
        for one in collections:
            used |= {one[name] for name in ("step", "nextStep", "previewStep") if name in one}
            used |= {one["describe"]["step"]} if "describe" in one else set()
            assert one["description"].endswith(".")
            assert ("{name}" in one["name"]) is ("names" in one)
            listed = [of for of in collections if of["name"] == one.get("names", {}).get("of")]
            if "names" in one:
                assert {one["names"]["id"], one["names"].get("title", one["names"]["id"])} <= set(
                    listed[0]["columns"]
                )
        assert used == steps or not collections
        assert len({one["name"] for one in collections}) == len(collections)

    def test_its_steps_only_read(self, type_: ConnectionType) -> None:
        for step in type_.tables["steps"]:
            is_query = "graphql" in step["url"] or type_.id == "BIGQUERY"
            assert step.get("method", "GET") == "GET" or is_query


class TestColumns:
    def test_attributes_stand_beside_the_id_and_names_that_are_taken_are_told_apart(
        self, reading: Reading
    ) -> None:
        (row, *_) = reading.preview("KLAVIYO", object="profiles").rows

        assert row["id"] == "01H0001"
        assert row["email"] == "user1@example.com"
        assert set(row) & {"attributes", "links", "relationships", "type"} == set()
        item = reading.preview("ITERABLE", object="catalogs/restaurants").rows[1]
        assert item == {
            "catalogName": "restaurants", "itemId": "r1", "size": 12,
            "name": "Bar", "seats": 1, "value.size": "small",
        }  # fmt: skip

    def test_a_column_that_is_null_in_the_first_rows_has_its_declared_type(
        self, reading: Reading
    ) -> None:
        found = types_of(reading.preview("KLAVIYO", object="profiles").columns)

        assert found["first_name"] == "text"
        assert found["created"] == "timestamp"
        assert found["location"] == found["properties"] == "object"

    def test_a_price_that_happens_to_be_whole_is_a_number(self, reading: Reading) -> None:
        assert types_of(reading.preview("KLAVIYO", object="catalog-items").columns)["price"] == (
            "number"
        )
        assert reading.rows("KLAVIYO", object="catalog-items")[0]["price"] == 5.0

    def test_what_people_put_into_loose_objects_is_text_and_never_ends_a_reading(
        self, reading: Reading
    ) -> None:
        rows = reading.rows("KLAVIYO", object="profiles")

        assert rows[0]["properties"] == {"size": "1", "type": "vip"}
        assert rows[1]["properties"] == {"size": "L", "type": "vip"}
        assert rows[0]["location"] == {"city": "Berlin", "zip": "00501"}

    def test_events_name_their_profile_and_metric(self, reading: Reading) -> None:
        row = reading.rows("KLAVIYO", object="events")[0]

        assert (row["profile_id"], row["metric_id"]) == ("01H0001", "MPlaced")
        assert row["event_properties"] == {"$value": "1.5"}

    def test_an_object_is_described_and_its_records_are_typed(self, reading: Reading) -> None:
        seen = reading.preview("SALESFORCE", object="Contact")

        assert types_of(seen.columns) == {
            "Id": "text", "Email": "text", "Age__c": "number", "Visits__c": "integer",
            "Active__c": "boolean", "Birthdate": "date", "CreatedDate": "timestamp",
        }  # fmt: skip
        assert [one.nullable for one in seen.columns[:2]] == [False, True]
        assert "attributes" not in seen.rows[0]
        query = dict(reading.world.received[-1].query)["q"]
        assert query == (
            "SELECT Id, Email, Age__c, Visits__c, Active__c, Birthdate, CreatedDate "
            "FROM Contact LIMIT 21"
        )

    def test_a_catalog_without_items_has_its_columns_all_the_same(self, reading: Reading) -> None:
        assert types_of(reading.preview("BRAZE", object="catalogs/empty").columns) == {"id": "text"}
        found = types_of(reading.preview("BRAZE", object="catalogs/restaurants").columns)
        assert found == {
            "id": "text",
            "Rating": "number",
            "Open_Time": "timestamp",
            "Geo": "object",
        }

    def test_a_catalog_is_found_on_whichever_page_it_stands(
        self, reading: Reading, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(paging, "_MOST_EMPTY", 1)
        others = [{"name": f"c{at}", "fields": []} for at in range(3)]
        pages = [*others, reading.vendors.braze.catalogs[0]]

        def paged(request: Received) -> Scripted:
            if request.path != "/catalogs":
                return reading.usual(request)
            at = int(dict(request.query).get("cursor", 0))
            link = {} if at == 3 else {"Link": f'</catalogs?cursor={at + 1}>; rel="next"'}
            return Say(200, {"catalogs": [pages[at]], "message": "success"}, link)

        reading.world.fault = paged

        columns = reading.preview("BRAZE", object="catalogs/restaurants").columns

        assert types_of(columns)["Rating"] == "number"

    def test_lines_are_rows_with_one_column(self, reading: Reading) -> None:
        assert reading.rows("ITERABLE", object="lists/34")[:2] == [
            {"user": "user0@example.com"},
            {"user": "user1@example.com"},
        ]
        assert reading.world.calls == ["GET api.iterable.com/api/lists/getUsers"]

    def test_a_preview_of_a_list_asks_for_a_few_users_only(self, reading: Reading) -> None:
        reading.preview("ITERABLE", object="lists/34")

        assert reading.world.calls == ["GET api.iterable.com/api/lists/previewUsers"]
        assert dict(reading.world.received[-1].query)["size"] == "21"


class TestPaging:
    @pytest.mark.parametrize(
        ("type_", "name", "pages"),
        [
            ("KLAVIYO", "profiles", 3),
            ("KLAVIYO", "lists", 2),
            ("SENDLANE", "contacts", 3),
            ("ITERABLE", "catalogs/restaurants", 3),
            ("BRAZE", "catalogs/restaurants", 4),  # one for the fields
            ("BRAZE", "campaigns", 2),
            ("BRAZE", "segments", 2),  # a full page may not be the last
            ("SHOPIFY", "products", 2),
        ],
    )
    def test_each_page_is_read_once(
        self, reading: Reading, type_: str, name: str, pages: int
    ) -> None:
        reading.rows(type_, object=name)

        assert len(reading.world.calls) == pages
        assert len({(one.target, one.body) for one in reading.world.received}) == pages

    def test_records_go_on_where_the_vendor_says(self, reading: Reading) -> None:
        reading.vendors.salesforce.batch = 2

        rows = reading.rows("SALESFORCE", object="Contact")

        assert [row["Id"] for row in rows] == ["0030", "0031", "0032", "0033", "0034"]
        assert reading.world.calls[-2:] == [
            "GET acme.my.salesforce.com/services/data/v60.0/query/01gContact-2",
            "GET acme.my.salesforce.com/services/data/v60.0/query/01gContact-4",
        ]

    def test_a_preview_asks_for_no_more_rows_than_it_shows(self, reading: Reading) -> None:
        reading.preview("KLAVIYO", object="profiles")
        reading.preview("SHOPIFY", object="products")

        assert dict(reading.world.received[0].query) == {"page[size]": "21"}
        assert reading.world.received[-1].json["variables"] == {"first": 21}
        assert len(reading.world.calls) == 2

    def test_batches_are_of_the_size_that_is_asked_for(self, reading: Reading) -> None:
        batches = reading.batches("KLAVIYO", Limits(batch_rows=100), object="profiles")

        assert [batch.num_rows for batch in batches] == [100, 100, 30]

    def test_a_query_is_read_by_its_own_words(self, reading: Reading) -> None:
        rows = reading.rows("SALESFORCE", query="SELECT Id, Email FROM Contact")

        assert rows[0] == {"Id": "0030", "Email": "user0@example.com"}

    def test_the_most_that_a_vendor_gives_is_told(self, reading: Reading) -> None:
        item = {"url": "https://shop.example.com/1"}
        reading.vendors.sailthru.content = [item] * 20_000

        reading.rows("SAILTHRU", object="content")

        assert reading.tally.warnings == [
            "Sailthru gives 20,000 items at most; older ones are not read."
        ]
        reading.rows("SAILTHRU", object="lists")
        assert reading.tally.warnings == []
        reading.rows("SHOPIFY", object="orders")
        assert "60 days" in reading.tally.warnings[0]


class TestNames:
    def test_a_collection_may_be_named_by_the_table_itself(self, reading: Reading) -> None:
        assert reading.open("KLAVIYO", "profiles").name == "klaviyo://profiles"

    @pytest.mark.parametrize(
        ("type_", "params", "detail", "remedy"),
        [
            (
                "KLAVIYO", {"object": "profile"}, "Klaviyo has no 'profile'.",
                "There is profiles, metrics, catalog-items, lists, events, segments, "
                "catalog-variants and 15 more. Is it 'profiles'?",
            ),
            (
                "KLAVIYO", {"object": "Newsletter"}, "Klaviyo has no 'Newsletter'.",
                "There is profiles, lists, lists/NAME, segments, segments/NAME, events, metrics "
                "and 15 more.",
            ),
            (
                "KLAVIYO", {"object": "lists/l1"}, "Klaviyo has no list 'l1'.",
                "There is lists/L1 (List 1), lists/L10 (List 10), lists/L11 (List 11), "
                "lists/L12 (List 12), lists/L2 (List 2), lists/L3 (List 3), lists/L4 (List 4) "
                "and 5 more. Is it 'lists/L1'?",
            ),
            (
                "ITERABLE", {"object": "lists/99"}, "Iterable has no list '99'.",
                "There is lists/34 (Newsletter), lists/35 (all).",
            ),
            (
                "ITERABLE", {"object": "lists/newsletter"}, "Iterable has no 'lists/newsletter'.",
                "There is lists, lists/NAME, lists/35 (all), lists/34 (Newsletter), catalogs/NAME, "
                "catalogs/restaurants, catalogs/hotels and 1 more. Is it 'lists/34'?",
            ),
            (
                "ITERABLE", {"object": "newsletter"}, "Iterable has no 'newsletter'.",
                "There is lists, lists/NAME, lists/35 (all), lists/34 (Newsletter), catalogs/NAME, "
                "catalogs/restaurants, catalogs/hotels and 1 more. Is it 'lists/34'?",
            ),
            (
                "ITERABLE", {"object": "catalogs/hotel"}, "Iterable has no catalog 'hotel'.",
                "There is catalogs/hotels, catalogs/restaurants. Is it 'catalogs/hotels'?",
            ),
            (
                "BRAZE", {"object": "restaurants"}, "Braze has no 'restaurants'.",
                "There is catalogs/restaurants, catalogs/empty, catalogs, catalogs/NAME, "
                "segments, campaigns. Is it 'catalogs/restaurants'?",
            ),
            (
                "BRAZE", {"object": "catalogs/restaurant"}, "Braze has no catalog 'restaurant'.",
                "There is catalogs/restaurants, catalogs/empty. Is it 'catalogs/restaurants'?",
            ),
            (
                "SALESFORCE", {"object": "Contacts"}, "Salesforce has no object 'Contacts'.",
                "There is Contact (Contacts), Order__c (Order__cs). Is it 'Contact'?",
            ),
            (
                "SENDLANE", {"object": "tags/4"}, "Sendlane has no tag '4'.",
                "There is tags/3 (vip).",
            ),
            (
                "SHOPIFY", {"object": "Orders"}, "Shopify has no 'Orders'.",
                "There is orders, customers, products, collections, variants. Is it 'orders'?",
            ),
        ],
    )  # fmt: skip
    def test_what_is_not_there_is_told_with_what_there_is(
        self, reading: Reading, type_: str, params: Any, detail: str, remedy: str
    ) -> None:
        error = reading.failure(type_, **params)

        assert (error.status, error.reason) == ("resource_not_found", "not_found")
        assert error.field == "connection_table_params.object"
        assert error.finding == detail
        assert error.remedy == remedy
        assert reading.slept == []

    def test_what_could_have_been_meant_is_a_courtesy(self, reading: Reading) -> None:
        reading.vendors.klaviyo.scopes = {"profiles"}

        error = reading.failure("KLAVIYO", object="profil")

        assert error.remedy.endswith("Is it 'profiles'?")

    @pytest.mark.parametrize(
        ("type_", "params", "text"),
        [
            (
                "SAILTHRU", {"object": "lists/!! a/b"},
                "'lists/!! a/b' cannot be read: Sailthru gives the members of a list by an export "
                "job only, which takes minutes and writes a CSV file. Start the job "
                "export_list_data in Sailthru, put its file into a store like S3, and make a "
                "table of it.",
            ),
            (
                "BRAZE", {"object": "segments/abc"},
                "'segments/abc' cannot be read: Braze writes the users of a segment to a file of "
                "yours only. Let it export them to S3 or Cloud Storage, and make a table of that "
                "file.",
            ),
            (
                "KLAVIYO", {"query": "SELECT 1"},
                "Klaviyo is not read by queries. Name a collection by "
                "connection_table_params.object: profiles, lists, lists/NAME, segments, "
                "segments/NAME, events, metrics and 2 more.",
            ),
            (
                "SALESFORCE", {"query": "SELECT Id FROM Contact", "object": "Contact"},
                "Query and object exclude each other. Give one of them.",
            ),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_told_with_what_to_do_instead(
        self, reading: Reading, type_: str, params: Any, text: str
    ) -> None:
        error = reading.failure(type_, **params)

        assert error.message == text
        assert error.status == "wrong_specification"
        assert reading.world.calls == []


@pytest.mark.parametrize("type_", ["ITERABLE_FEED", "MOVABLE_INK", "M_PARTICLE", "SEGMENT"])
def test_a_table_of_what_is_pushed_holds_metadata_and_says_how_to_read(type_: str) -> None:
    error = no_rows(load_types()[type_])

    assert (error.status, error.reason) == ("available", "unsupported")
    assert "holds metadata only" in error.finding
    assert "table" in error.remedy
    assert "its rows" in error.message or "its content" in error.message


def test_a_table_of_treasure_data_is_read_by_a_flow() -> None:
    error = no_rows(load_types()["TREASURE_DATA"])

    assert error.status == "unknown_error"
    assert error.remedy == "Read it in a flow, with the capability run-query."


def test_an_answer_of_another_form_names_where_rows_were_expected(reading: Reading) -> None:
    reading.world.fault = Say(200, {"data": "none", "links": {}})

    error = reading.failure("SENDLANE", object="contacts")

    assert error.message == (
        "sendlane://contacts: the answer has no list of objects at /data. The other system may "
        "have changed its API, or a proxy stands in between."
    )
    assert (error.status, error.reason) == ("unknown_error", "unreadable")
