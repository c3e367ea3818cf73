"""What goes wrong while rows are read: limits, expired tokens, circles, web pages, odd values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from argosy.errors import TableError
from argosy.tables.content import Limits
from tests.connections.fakes.world import World
from tests.servers import Received, Reset, Say, Scripted
from tests.tables.sources.rows_world import Reading, limited, running_world


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[World, str]]:
    with running_world() as running:
        yield running


@pytest.fixture
def reading(running: tuple[World, str]) -> Reading:
    return Reading(*running)


def contacts(*rows: dict[str, Any], further: bool = False) -> Say:
    link = "https://api.sendlane.com/v2/contacts?page=2" if further else None
    return Say(200, {"data": list(rows), "links": {"next": link}})


class TestPatience:
    def test_a_full_reading_waits_as_long_as_it_is_asked_to_and_loses_nothing(
        self, reading: Reading
    ) -> None:
        reading.interrupt(2, limited("7"), limited("3"))

        rows = reading.rows("SENDLANE", object="contacts")

        assert [row["id"] for row in rows] == list(range(205))
        assert reading.slept == [7, 3]

    def test_a_preview_does_not_wait(self, reading: Reading) -> None:
        reading.interrupt(1, limited())

        error = reading.failure("SENDLANE", object="contacts")

        assert (error.status, error.reason, error.passes) == ("unknown_error", "rate_limited", True)
        assert error.message == ("Sendlane has been called too often. Wait 7 s and try again.")
        assert reading.slept == []

    def test_what_passes_is_tried_again_with_longer_and_longer_pauses(
        self, reading: Reading
    ) -> None:
        reading.interrupt(1, Say(503, "busy"), Reset(), Say(502, "<html>"))

        assert len(reading.rows("SENDLANE", object="contacts")) == 205
        assert reading.slept == [1, 2, 4]

    def test_it_gives_up_after_six_attempts(self, reading: Reading) -> None:
        reading.world.fault = Say(503, "busy")

        with pytest.raises(TableError, match="not available at the moment: it answered 503"):
            reading.rows("SENDLANE", object="contacts")

        assert reading.slept == [1, 2, 4, 8, 16]

    @pytest.mark.parametrize(
        ("patience", "asked"),
        [
            ({}, "121"),
            ({"total": 10.0}, "11"),
            ({"attempts": 1}, "1"),
            ({"left": lambda: 5.0}, "6"),
        ],
    )
    def test_it_does_not_wait_longer_than_it_may(
        self, reading: Reading, patience: dict[str, Any], asked: str
    ) -> None:
        reading.terms["patience"] = patience
        reading.interrupt(1, limited(asked))

        with pytest.raises(TableError, match="too often"):
            reading.rows("SENDLANE", object="contacts")

        assert reading.slept == []

    def test_throttling_by_graphql_is_waited_for_too(self, reading: Reading) -> None:
        throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        reading.interrupt(2, Say(200, {"errors": [throttled]}))

        assert len(reading.rows("SHOPIFY", object="products")) == 130
        assert reading.slept == [1]

    def test_what_does_not_pass_is_not_tried_again(self, reading: Reading) -> None:
        reading.interrupt(2, Say(403, {"message": "no"}))

        with pytest.raises(TableError) as caught:
            reading.rows("SENDLANE", object="contacts")

        assert caught.value.reason == "forbidden"
        assert len(reading.world.calls) == 2

    def test_what_describes_the_columns_is_waited_for_too(self, reading: Reading) -> None:
        reading.interrupt(2, Say(503, "busy"))

        assert len(reading.rows("SALESFORCE", object="Contact")) == 5
        assert reading.slept == [1]


class TestExpiredTokens:
    def test_a_token_that_expires_during_a_reading_is_renewed(self, reading: Reading) -> None:
        reading.vendors.salesforce.batch = 2

        def expire(request: Received) -> Scripted:
            if len(reading.world.received) == 4:
                reading.vendors.salesforce.token = "00Dxx0000000001!AQcAQanother0123456789"
            return reading.usual(request)

        reading.world.fault = expire

        rows = reading.rows("SALESFORCE", object="Contact")

        assert len(rows) == 5
        paths = [call.rpartition("/")[2] for call in reading.world.calls]
        assert paths == [
            "token", "describe", "query", "01gContact-2", "token", "01gContact-2", "01gContact-4",
        ]  # fmt: skip

    def test_a_token_that_is_refused_from_the_beginning_is_not(self, reading: Reading) -> None:
        reading.vendors.salesforce.has_api_scope = False

        error = reading.failure("SALESFORCE", object="Contact")

        assert (error.status, error.reason) == ("wrong_credentials", "refused")
        assert "does not take the token (INVALID_SESSION_ID)" in error.message
        assert len(reading.world.calls) == 2


class TestOddPages:
    def test_a_page_that_leads_back_ends_the_reading(self, reading: Reading) -> None:
        link = "https://a.klaviyo.com/api/profiles/?page%5Bcursor%5D=abc"
        reading.world.fault = Say(200, {"data": [{"id": "1"}], "links": {"next": link}})

        with pytest.raises(TableError) as caught:
            reading.rows("KLAVIYO", object="profiles")

        assert caught.value.message == (
            "klaviyo://profiles: page 2 leads back to a page that was read before. Reading has "
            "ended here; it is the other system's fault. Try again later."
        )
        assert caught.value.status == "unknown_error"
        assert len(reading.world.calls) == 2

    def test_empty_pages_do_not_lead_on_forever(self, reading: Reading) -> None:
        def empty(request: Received) -> Say:
            return contacts(further=bool(request.path))

        reading.world.fault = empty

        with pytest.raises(TableError, match="100 pages in a row are empty"):
            reading.rows("SENDLANE", object="contacts")

        assert len(reading.world.calls) == 101

    def test_a_link_to_elsewhere_is_never_followed(self, reading: Reading) -> None:
        elsewhere = {"nextRecordsUrl": "https://evil.example.com/services/data/v60.0/query/01g"}
        reading.interrupt(3, Say(200, {"records": [{"Id": "1"}], **elsewhere}))

        with pytest.raises(TableError) as caught:
            reading.rows("SALESFORCE", object="Contact")

        assert caught.value.message == (
            "salesforce://Contact: page 1 does not say where the next one is: the other system "
            "names the next page in a form that is not known. The other system may have changed "
            "its API."
        )
        assert not any("evil" in call for call in reading.world.calls)

    def test_a_cursor_that_is_a_host_stays_a_parameter(self, reading: Reading) -> None:
        link = "https://evil.example.com/api/profiles/?page%5Bcursor%5D=//evil.example.com/"
        page = {"data": [{"id": "1"}], "links": {"next": link}}
        reading.interrupt(1, Say(200, page), Say(200, {"data": []}))

        reading.rows("KLAVIYO", object="profiles")

        assert {call.split("/")[0] for call in reading.world.calls} == {"GET a.klaviyo.com"}

    def test_a_very_long_cursor_is_not_sent(self, reading: Reading) -> None:
        link = f"https://a.klaviyo.com/?page%5Bcursor%5D={'a' * 9000}"
        reading.world.fault = Say(200, {"data": [{"id": "1"}], "links": {"next": link}})

        with pytest.raises(TableError, match="names the next one in more than 8 KiB"):
            reading.rows("KLAVIYO", object="profiles")

    @pytest.mark.parametrize("status", [200, 403])
    def test_a_web_page_in_place_of_data_is_told(self, reading: Reading, status: int) -> None:
        page = "<!DOCTYPE html><html>Sign in</html>"
        reading.world.fault = Say(status, page, {"Content-Type": "text/html"})

        error = reading.failure("SENDLANE", object="contacts")

        if status == 200:
            assert error.message.startswith(
                "api.sendlane.com answered with a web page in place of data."
            )
            assert (error.status, error.reason) == ("unknown_error", "unreadable")
        else:
            assert error.reason == "forbidden"

    @pytest.mark.parametrize("body", ["<html>", '{"msg": "no"}', b"\xff\xfe"])
    def test_what_is_no_list_of_users_is_told(self, reading: Reading, body: Any) -> None:
        reading.world.fault = Say(200, body)

        error = reading.failure("ITERABLE", object="lists/34")

        assert error.message == (
            "iterable://lists/34: the answer is no plain text with a value in each line. A proxy "
            "or a sign-in page may stand in between."
        )

    @pytest.mark.parametrize(
        ("type_", "named", "at", "answer"),
        [
            ("KLAVIYO", "profiles", 1, {"data": [{"id": "1"}], "links": {"next": "/?page=2"}}),
            ("SALESFORCE", "Contact", 3, {"records": [{"Id": "1"}], "done": False}),
            (
                "SHOPIFY",
                "products",
                1,
                {
                    "data": {
                        "products": {
                            "nodes": [{"id": "1"}],
                            "pageInfo": {"hasNextPage": True, "endCursor": None},
                        }
                    }
                },
            ),
        ],
    )
    def test_more_rows_that_cannot_be_asked_for_are_told(
        self, reading: Reading, type_: str, named: str, at: int, answer: Any
    ) -> None:
        reading.interrupt(at, Say(200, answer))

        with pytest.raises(TableError, match="page 1 does not say where the next one is") as caught:
            reading.rows(type_, object=named)

        assert "it says that there are more rows, and not how to ask for them" in str(caught.value)

    def test_a_link_header_that_leads_nowhere_is_told(self, reading: Reading) -> None:
        link = {"Link": '</catalogs?x=1>; rel="next"'}
        reading.interrupt(1, Say(200, {"catalogs": [{"name": "a"}]}, link))

        with pytest.raises(TableError, match="there are more rows, and not how to ask for them"):
            reading.rows("BRAZE", object="catalogs")

    def test_a_catalog_on_a_later_page_is_found(self, reading: Reading) -> None:
        fields = [{"name": "id", "type": "string"}, {"name": "n", "type": "number"}]
        link = {"Link": '</catalogs?cursor=abc>; rel="next"'}
        reading.interrupt(
            1,
            Say(200, {"catalogs": [{"name": "other", "fields": fields}]}, link),
            Say(200, {"catalogs": [{"name": "shoes", "fields": fields}]}),
            Say(200, {"items": [{"id": "1", "n": 2}]}),
        )

        assert reading.rows("BRAZE", object="catalogs/shoes") == [{"id": "1", "n": 2.0}]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_only_line_ends_part_a_list_of_texts(self, reading: Reading, end: str) -> None:
        users = ["a\u2028b@example.com", "c\x0bd@example.com"]
        reading.world.fault = Say(200, end.join(["", *users, ""]).encode())

        found = reading.rows("ITERABLE", object="lists/34")

        assert [next(iter(row.values())) for row in found] == users

    @pytest.mark.parametrize(
        ("type_", "named", "at", "answers"),
        [
            ("BIGQUERY", "shop.users", 2, [{"schema": {"fields": [{}]}}]),
            (
                "BIGQUERY",
                "shop.users",
                2,
                [
                    {"schema": {"fields": [{"name": "a", "type": "INT64"}]}},
                    {"rows": [{"f": [5]}]},
                ],
            ),
            ("BRAZE", "catalogs/x", 1, [{"catalogs": 5}]),
        ],
    )
    def test_an_answer_of_another_form_is_told(
        self,
        reading: Reading,
        type_: str,
        named: str,
        at: int,
        answers: Any,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        reading.interrupt(at, *(Say(200, answer) for answer in answers))

        with pytest.raises(TableError) as caught:
            reading.rows(type_, object=named)

        assert "an answer is not of the form that it should have" in caught.value.message
        assert (caught.value.status, caught.value.reason) == ("unknown_error", "unreadable")
        logged = next(one for one in caplog.messages if one.startswith("reading an answer"))
        assert "argosy/tables/sources/" in logged

    def test_names_that_cannot_be_read_do_not_hide_what_is_wrong(self, reading: Reading) -> None:
        odd = Say(200, {"catalogs": [{"name": {"a": [1]}}, {"name": None}]})
        reading.interrupt(1, odd, odd)

        error = reading.failure("BRAZE", object="catalogs/shoes")

        assert (error.status, error.reason) == ("resource_not_found", "not_found")


class TestOddValues:
    def test_a_later_value_of_another_type_names_page_row_and_column(
        self, reading: Reading
    ) -> None:
        reading.interrupt(
            1,
            contacts({"id": 1, "email": "a@example.com"}, further=True),
            contacts({"id": 2, "email": "b@example.com"}, {"id": "three", "email": None}),
        )

        with pytest.raises(TableError) as caught:
            reading.rows("SENDLANE", object="contacts")

        error = caught.value
        assert error.message == (
            "sendlane://contacts, column 'id': row 2 of page 2 has \"three\" in place of whole "
            "numbers. The first page decides the types. Mend the value in the other system, or "
            "leave the column out with a query."
        )
        assert (error.status, error.reason) == ("wrong_specification", "wrong_value")
        assert (error.facts["page"], error.facts["row"]) == (2, 2)

    def test_a_value_within_an_object_is_named_by_its_path(self, reading: Reading) -> None:
        reading.interrupt(
            1,
            contacts({"id": 1, "home": {"zip": "00501"}}, further=True),
            contacts({"id": 2, "home": {"zip": 501}}),
        )

        with pytest.raises(TableError, match=r"column 'home\.zip': row 1 of page 2 has 501 in"):
            reading.rows("SENDLANE", object="contacts")

    def test_what_differs_within_the_first_page_is_text(self, reading: Reading) -> None:
        mixed: list[dict[str, Any]] = [
            {"id": 1, "note": 5},
            {"id": 2, "note": "five"},
            {"id": 3, "note": {"a": [1]}},
        ]
        reading.interrupt(1, contacts(*mixed, further=True), contacts({"id": 4, "note": True}))

        rows = reading.rows("SENDLANE", object="contacts")

        assert [row["note"] for row in rows] == ["5", "five", '{"a":[1]}', "true"]

    def test_whole_and_other_numbers_are_numbers_and_lists_keep_their_items(
        self, reading: Reading
    ) -> None:
        odd: list[dict[str, Any]] = [
            {"id": 1, "n": 1, "l": [1, None]},
            {"id": 2, "n": 1.5, "l": [2.5]},
            {"id": 3, "l": []},
        ]
        reading.interrupt(1, contacts(*odd))

        rows = reading.rows("SENDLANE", object="contacts")

        assert [row["n"] for row in rows] == [1.0, 1.5, None]
        assert [row["l"] for row in rows] == [[1.0, None], [2.5], []]

    def test_a_number_that_no_column_holds_is_text(self, reading: Reading) -> None:
        reading.interrupt(1, contacts({"id": 1, "n": 2**63}))

        assert reading.rows("SENDLANE", object="contacts")[0]["n"] in {str(2**63), float(2**63)}

    def test_members_that_come_later_are_told_and_left_out(self, reading: Reading) -> None:
        later = {"id": 2, "home": {"zip": "2", "city": "B"}, "new": 1}
        reading.interrupt(
            1, contacts({"id": 1, "home": {"zip": "1"}}, further=True), contacts(later, later)
        )

        rows = reading.rows("SENDLANE", object="contacts")

        assert rows[1]["home"] == {"zip": "2"}
        assert reading.tally.warnings == [
            "home.city first came after the first page and is left out.",
            "new first came after the first page and is left out.",
        ]

    def test_many_such_members_are_told_together(self, reading: Reading) -> None:
        later = {"id": 2} | {f"x{at}": at for at in range(50)}
        reading.interrupt(1, contacts({"id": 1}, further=True), contacts(later))

        reading.rows("SENDLANE", object="contacts")

        assert len(reading.tally.warnings) == 21
        assert reading.tally.warnings[-1] == (
            "Further members came after the first page and are left out."
        )

    def test_too_many_columns_are_refused(self, reading: Reading) -> None:
        wide = {f"x{at}": at for at in range(2_001)}
        reading.interrupt(1, contacts(wide), contacts(wide))

        assert reading.failure("SENDLANE", object="contacts").message == (
            "sendlane://contacts: it has 2013 columns, and 2000 are the most. Leave some out, "
            "with a query for instance."
        )
        with pytest.raises(TableError, match="2013 columns"):
            reading.rows("SENDLANE", object="contacts")

    def test_deep_nesting_is_kept_as_text(self, reading: Reading) -> None:
        deep: Any = 1
        for _ in range(200):
            deep = {"a": deep}
        reading.interrupt(1, contacts({"id": 1, "deep": deep}))

        assert '{"a":{"a":' in str(reading.rows("SENDLANE", object="contacts")[0]["deep"])

    def test_a_preview_shortens_what_is_long_and_says_large_numbers_as_text(
        self, reading: Reading
    ) -> None:
        reading.interrupt(1, contacts({"id": 2**60, "note": "x" * 2000, "list": ["y" * 2000]}))

        (row,) = reading.preview("SENDLANE", object="contacts").rows

        assert row["id"] == str(2**60)
        assert row["note"] == "x" * 1000 + "…"
        assert row["list"] == ["y" * 1000 + "…"]

    def test_a_preview_shows_the_beginning_of_a_long_list(self, reading: Reading) -> None:
        reading.interrupt(1, contacts({"id": 1, "list": [*range(5_000)]}))

        (row,) = reading.preview("SENDLANE", object="contacts").rows

        assert row["list"] == [*range(100), "…"]

    def test_rows_read_are_counted_as_far_as_they_came(self, reading: Reading) -> None:
        reading.interrupt(3, Say(403, {"message": "no"}))

        with pytest.raises(TableError):
            reading.rows("SENDLANE", Limits(batch_rows=100), object="contacts")

        assert reading.tally.rows_read == 200


class TestQueries:
    def test_a_query_that_is_none_is_told_in_the_vendors_words(self, reading: Reading) -> None:
        error = reading.failure("SALESFORCE", query="SELEC Id FROM Contact")

        assert error.message == (
            "Salesforce does not take the query: \"unexpected token: 'SELEC'\". Mend the query, or "
            "name another object."
        )
        assert (error.status, error.reason) == ("wrong_specification", "invalid_query")
        assert error.field == "connection_table_params.query"

    def test_a_column_that_is_not_there_is_named(self, reading: Reading) -> None:
        error = reading.failure("SALESFORCE", query="SELECT Id, Emial FROM Contact")

        assert "No such column 'Emial' on entity 'Contact'." in error.message

    @pytest.mark.parametrize(
        ("answer", "reason", "word"),
        [
            (Say(414, "too long"), "invalid_query", "too long for an address"),
            (Say(400, [{"errorCode": "QUERY_TIMEOUT"}]), "timed_out", "took too long"),
            (Say(403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}]), "rate_limited", "today"),
            (Say(403, [{"errorCode": "OTHER"}]), "forbidden", "may not read this (OTHER)"),
        ],
    )
    def test_what_else_can_happen(
        self, reading: Reading, answer: Say, reason: str, word: str
    ) -> None:
        reading.interrupt(2, answer)

        error = reading.failure("SALESFORCE", query="SELECT Id FROM Contact")

        assert error.reason == reason
        assert word in error.message

    @pytest.mark.parametrize("name", ["Contact;DROP", "../limits", "Contact FROM User", "1abc", ""])
    def test_a_name_that_is_no_name_is_never_a_part_of_a_query(
        self, reading: Reading, name: str
    ) -> None:
        params = {"object": name} if name else {}

        error = reading.failure("SALESFORCE", **params)

        assert error.status == "resource_not_found"
        assert not [call for call in reading.world.calls if "query" in call]
