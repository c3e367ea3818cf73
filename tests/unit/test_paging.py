"""Lists over pages: one page says how it goes on, `all` reads to the end, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argosy import Dispatcher
from argosy.errors import HostRefusedError, InvalidOutputsError, NotFoundError
from tests.drafts import capability
from tests.servers import Received, Say, ScriptedServer

Start = Callable[..., Dispatcher]

CURSOR = {
    "items": "items",
    "next": {"after": "{{ body.next | query_value('page[after]') }}"},
}


def listing(paging: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a capability that lists items, page by page."""
    return capability(
        "list-items",
        inputs={
            "type": "object",
            "properties": {
                "after": {"type": ["string", "integer"]},
                "page": {"type": "integer", "minimum": 1},
                "all": {"type": "boolean"},
                "maxItems": {"type": "integer"},
            },
        },
        request={
            "method": "GET",
            "path": "/items",
            "query": {"page[after]": "{{ inputs.after }}", "page": "{{ inputs.page }}"},
        },
        response={"outputs": {"items": "{{ body.data }}"}},
        outputs={"type": "object", "properties": {"items": {"type": "array"}}},
        paging=paging,
        **more,
    )


def pages(*contents: list[int]) -> list[Say]:
    """Return answers whose `next` is the path of the page that follows."""
    last = len(contents) - 1
    return [
        Say(body={"data": data, "next": None if n == last else f"/items?page%5Bafter%5D=c{n + 1}"})
        for n, data in enumerate(contents)
    ]


class TestOnePage:
    def test_says_that_there_is_more_and_how_to_read_it(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(*pages([1, 2], [3]))
        dispatcher = start(listing(CURSOR))

        first = dispatcher.call("list-items", {}).unwrap()
        second = dispatcher.call("list-items", first["next"]).unwrap()

        assert (first["items"], first["hasMore"], first["next"]) == ([1, 2], True, {"after": "c1"})
        assert (second["items"], second["hasMore"], "next" in second) == ([3], False, False)
        assert server.last.query == [("page[after]", "c1")]

    def test_that_is_empty_leads_on_where_the_vendor_says_so(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(*pages([], [], [1]))

        outputs = start(listing(CURSOR)).call("list-items", {"all": True}).unwrap()

        assert (outputs["items"], outputs["hasMore"], len(server.received)) == ([1], False, 3)

    def test_that_is_empty_and_repeats_its_cursor_is_the_last(
        self, start: Start, server: ScriptedServer
    ) -> None:
        again = {"data": [], "next": "/items?page%5Bafter%5D=x"}
        server.answers(Say(body={**again, "data": [1]}), Say(body=again))

        outputs = start(listing(CURSOR)).call("list-items", {"all": True}).unwrap()

        assert (outputs["items"], outputs["hasMore"], len(server.received)) == ([1], False, 2)

    def test_that_are_empty_for_ever_are_an_error(
        self, start: Start, server: ScriptedServer
    ) -> None:
        def endless(_request: Received) -> Say:
            number = len(server.received)
            return Say(body={"data": [], "next": f"/items?page%5Bafter%5D={number}"})

        server.answers(endless)

        error = start(listing(CURSOR)).call("list-items", {"all": True}).error

        assert isinstance(error, InvalidOutputsError)
        assert "101 pages in a row are empty" in error.problems[0].message

    def test_without_a_list_is_empty_unless_the_outputs_require_one(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(body={"note": "x"}))
        strict = listing(CURSOR)
        strict["outputs"] = {**strict["outputs"], "required": ["items"]}

        dispatcher = start({**listing(CURSOR), "id": "lenient"}, {**strict, "id": "strict"})

        assert dispatcher.call("lenient", {}).unwrap()["items"] == []
        error = dispatcher.call("strict", {}).error
        assert isinstance(error, InvalidOutputsError)
        assert error.problems[0].message == "the page's list is missing"


class TestAllPages:
    def test_are_read_in_order_and_each_once(self, start: Start, server: ScriptedServer) -> None:
        server.answers(*pages([1, 2], [3, 4], [5]))

        result = start(listing(CURSOR)).call("list-items", {"all": True})

        assert result.unwrap()["items"] == [1, 2, 3, 4, 5]
        assert (result.outputs["hasMore"], result.attempts) == (False, 3)
        assert [r.query for r in server.received] == [
            [],
            [("page[after]", "c1")],
            [("page[after]", "c2")],
        ]

    def test_end_at_the_cap_between_two_pages_with_the_way_on(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(*pages([1, 2], [3, 4], [5]))

        outputs = start(listing(CURSOR)).call("list-items", {"all": True, "maxItems": 4}).unwrap()

        assert (outputs["items"], outputs["hasMore"]) == ([1, 2, 3, 4], True)
        assert outputs["next"] == {"after": "c2"}

    def test_end_at_the_cap_within_a_page_without_a_way_that_would_skip_items(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(*pages([1, 2], [3, 4], [5]))

        outputs = start(listing(CURSOR)).call("list-items", {"all": True, "maxItems": 3}).unwrap()

        assert (outputs["items"], outputs["hasMore"]) == ([1, 2, 3], True)
        assert "next" not in outputs

    def test_give_what_was_read_where_one_fails(self, start: Start, server: ScriptedServer) -> None:
        server.answers(*pages([1, 2], [3, 4], [5])[:2], Say(404, {"message": "the cursor is gone"}))

        result = start(listing(CURSOR)).call("list-items", {"all": True})

        assert isinstance(result.error, NotFoundError)
        assert (result.outputs["items"], result.outputs["hasMore"]) == ([1, 2, 3, 4], True)
        assert result.outputs["next"] == {"after": "c2"}

    def test_end_where_the_next_page_is_the_one_just_read(
        self, start: Start, server: ScriptedServer
    ) -> None:
        server.answers(Say(body={"data": [1], "next": "/items?page%5Bafter%5D=c1"}))

        result = start(listing(CURSOR)).call("list-items", {"all": True})

        assert isinstance(result.error, InvalidOutputsError)
        assert "has been read" in result.error.problems[0].message
        assert (result.outputs["items"], len(server.received)) == ([1], 2)

    def test_need_a_list(self, start: Start, server: ScriptedServer) -> None:
        server.answers(Say(body={"data": {"a": 1}}))

        result = start(listing(CURSOR)).call("list-items", {"all": True})

        assert isinstance(result.error, InvalidOutputsError)
        assert result.error.problems[0].message == "the page's list is no list"


class TestOtherWays:
    def test_the_last_items_id_leads_on_until_a_page_is_empty(
        self, start: Start, server: ScriptedServer
    ) -> None:
        by_id = {"items": "items", "next": {"after": "{{ (outputs.items | last).id }}"}}
        server.answers(
            Say(body={"data": [{"id": 1}, {"id": 2}]}),
            Say(body={"data": [{"id": 3}]}),
            Say(body={"data": []}),
        )

        outputs = start(listing(by_id)).call("list-items", {"all": True}).unwrap()

        assert [item["id"] for item in outputs["items"]] == [1, 2, 3]
        assert [r.query for r in server.received][1:] == [
            [("page[after]", "2")],
            [("page[after]", "3")],
        ]

    def test_page_numbers_go_on_while_there_is_more(
        self, start: Start, server: ScriptedServer
    ) -> None:
        numbered = {
            "items": "items",
            "next": {"page": "{{ (inputs.page | default(1)) + 1 }}"},
            "more": "{{ body.type == 'rows' }}",
        }
        server.answers(
            Say(body={"data": [1], "type": "rows"}),
            Say(body={"data": [2], "type": "rows"}),
            Say(body={"data": [], "type": "end"}),
        )

        outputs = start(listing(numbered)).call("list-items", {"all": True}).unwrap()

        assert outputs["items"] == [1, 2]
        assert [r.query for r in server.received] == [[], [("page", "2")], [("page", "3")]]

    def test_a_link_is_followed_with_what_it_holds(
        self, start: Start, server: ScriptedServer
    ) -> None:
        linked = {"items": "items", "link": "{{ headers.link | next_link }}"}
        more = {"Link": '</items?token=t%2F1&page=2>; rel="next", </items>; rel="first"'}
        server.answers(Say(body={"data": [1]}, headers=more), Say(body={"data": [2]}))

        result = start(listing(linked)).call("list-items", {"all": True})

        assert result.outputs["items"] == [1, 2]
        assert server.last.target == "/items?token=t%2F1&page=2"
        assert server.last.headers["x-notes-key"].startswith("Key ")

    @pytest.mark.parametrize("link", ["https://evil.example/items?page=2", "//evil.example/items"])
    def test_a_link_to_another_host_is_refused_and_the_key_stays(
        self, start: Start, server: ScriptedServer, link: str
    ) -> None:
        linked = {"items": "items", "link": "{{ body.next }}"}
        server.answers(Say(body={"data": [1], "next": link}))

        result = start(listing(linked)).call("list-items", {"all": True})

        assert isinstance(result.error, HostRefusedError)
        assert result.outputs["items"] == [1]
        assert len(server.received) == 1

    def test_a_link_to_the_vendor_leads_to_the_endpoint_of_the_connection(
        self, start: Start, server: ScriptedServer
    ) -> None:
        linked = {"items": "items", "link": "{{ body.next }}"}
        vendor = "https://north.notes.example.com/items?page=2"
        server.answers(Say(body={"data": [1], "next": vendor}), Say(body={"data": [2]}))

        outputs = start(listing(linked)).call("list-items", {"all": True}).unwrap()

        assert outputs["items"] == [1, 2]
        assert server.last.target == "/items?page=2"

    def test_a_link_that_is_no_address_is_told(self, start: Start, server: ScriptedServer) -> None:
        linked = {"items": "items", "link": "{{ body.next }}"}
        server.answers(Say(body={"data": [1], "next": "http://[::1/x"}))

        result = start(listing(linked)).call("list-items", {"all": True})

        assert isinstance(result.error, InvalidOutputsError)
        assert "address is none" in result.error.problems[0].message

    def test_a_link_in_a_circle_ends(self, start: Start, server: ScriptedServer) -> None:
        linked = {"items": "items", "link": "{{ body.next }}"}
        server.answers(
            Say(body={"data": [1], "next": "/items?n=2"}),
            Say(body={"data": [2], "next": "/items?n=1"}),
            Say(body={"data": [3], "next": "/items?n=2"}),
        )

        result = start(listing(linked)).call("list-items", {"all": True})

        assert isinstance(result.error, InvalidOutputsError)
        assert len(server.received) == 3


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(total=st.integers(0, 40), size=st.integers(1, 7), most=st.integers(1, 45))
def test_reading_all_is_reading_each_page(
    start: Start, server: ScriptedServer, total: int, size: int, most: int
) -> None:
    """The law: all pages give the first `most` items, each once, and say whether that was all."""
    everything = list(range(total))

    def answer(request: Received) -> Say:
        after = int(dict(request.query).get("page[after]", "0"))
        page = everything[after : after + size]
        more = after + size < total
        following = f"/items?page%5Bafter%5D={after + size}" if more else None
        return Say(body={"data": page, "next": following})

    server.answers(answer)
    outputs = start(listing(CURSOR)).call("list-items", {"all": True, "maxItems": most}).unwrap()

    assert outputs["items"] == everything[:most]
    assert outputs["hasMore"] is (total > most)
