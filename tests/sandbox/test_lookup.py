"""The Profiles lookup: what a token may see, JSONP, and its own error object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from tests.sandbox.conftest import Client

PATH = "/cdp/lookup/collect/segments"


def look_up(client: Client, token: str, **query: str) -> requests.Response:
    """Ask without any key."""
    params = {"version": "2", "token": token} | {
        name.replace("key_", "key."): value for name, value in query.items()
    }
    return client.call("GET", PATH, key=None, params=params)


def site(client: Client, name: str = "Site", **attributes: Any) -> str:
    """Make a token that looks up by email, and give its UUID."""
    attributes = {"keyColumn": "email", "attributeColumns": ["first_name", "orders"]} | attributes
    created = client.create_token(name, segments=("301",), **attributes)
    return str(created["attributes"]["token"])


def test_a_profile_is_seen_as_far_as_the_token_allows(client: Client) -> None:
    answer = look_up(client, site(client), key_email="ada@example.com")

    assert answer.status_code == 200
    assert answer.json() == [
        {
            "values": ["301"],
            "attributes": {"first_name": "Ada", "orders": 12},
            "audienceId": "101",
            "key": {"email": "ada@example.com"},
        }
    ]


def test_an_unknown_profile_has_nothing_in_it(client: Client) -> None:
    answer = look_up(client, site(client), key_email="nobody@example.com")

    assert answer.status_code == 200
    assert answer.json() == [
        {
            "values": [],
            "attributes": {},
            "audienceId": "101",
            "key": {"email": "nobody@example.com"},
        }
    ]


def test_several_tokens_give_several_elements(client: Client) -> None:
    by_email = site(client, "A")
    by_id = site(client, "B", keyColumn="td_client_id", attributeColumns=["country"])

    answer = look_up(
        client, f"{by_email},{by_id}", key_email="ada@example.com", key_td_client_id="c-0002"
    )

    assert [one["attributes"] for one in answer.json()] == [
        {"first_name": "Ada", "orders": 12},
        {"country": "JP"},
    ]


@pytest.mark.parametrize(("column", "value"), [("orders", "3"), ("is_member", "true")])
def test_a_key_is_compared_as_a_query_writes_it(client: Client, column: str, value: str) -> None:
    token = site(client, keyColumn=column)

    assert look_up(client, token, **{f"key_{column}": value}).json()[0]["values"] == ["301"]


def test_the_global_id_comes_from_a_cookie(client: Client) -> None:
    client.control(
        "POST",
        "seed",
        {
            "parentSegments": [
                {
                    "id": "101",
                    "name": "Customers",
                    "folders": [{"id": "201", "name": "Customers"}],
                    "profiles": [{"attributes": {"td_global_id": "g-1", "email": "x"}}],
                    "tokens": [
                        {
                            "name": "Site",
                            "token": "0b5a1c8e-1111-4222-8333-444455556666",
                            "attributeColumns": ["email"],
                        }
                    ],
                }
            ]
        },
    )

    answer = client.call(
        "GET",
        f"{PATH}?version=2&token=0B5A1C8E-1111-4222-8333-444455556666",
        key=None,
        headers={"Cookie": "_td_global=g-1"},
    )

    assert answer.json()[0]["attributes"] == {"email": "x"}


@pytest.mark.parametrize("callback", ["cb", "$._cb1", "a.b.c.d", "x" * 64])
def test_a_callback_makes_a_script(client: Client, callback: str) -> None:
    answer = look_up(client, site(client), key_email="x", callback=callback)

    assert answer.headers["Content-Type"].startswith("application/javascript")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.text.startswith(f"/**/{callback}([{{")
    assert answer.text.endswith("}]);")


@pytest.mark.parametrize(
    "callback", ["", "alert(1)", "a b", "1a", "a..b", "a;b", "</script>", "x" * 65, "é", "a\n"]
)
def test_a_callback_that_is_no_function_name_is_refused(client: Client, callback: str) -> None:
    answer = look_up(client, site(client), key_email="x", callback=callback)

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/json"


def test_a_script_has_no_raw_line_separators(client: Client) -> None:
    answer = look_up(client, site(client), key_email="\u2028\u2029", callback="cb")

    assert "\\u2028\\u2029" in answer.text
    assert "\u2028" not in answer.text


def test_an_unknown_token_is_not_found(client: Client) -> None:
    answer = look_up(client, "0b5a1c8e-1111-4222-8333-444455556666", key_email="x")

    assert answer.status_code == 404
    assert answer.json() == {
        "error": "Not Found",
        "message": "There is no token '0b5a1c8e-1111-4222-8333-444455556666'.",
        "status": 404,
    }


@pytest.mark.parametrize(
    "query",
    [
        {"token": ""},
        {"token": ",".join("abcdef")},
        {"version": "1"},
        {"version": ""},
        {"key.email": ""},
        {"key.email": None},
        {"key.email": None, "key.other": "x"},
    ],
)
def test_a_wrong_lookup_is_answered_with_an_error_object(
    client: Client, query: dict[str, Any]
) -> None:
    params = {"version": "2", "token": site(client), "key.email": "x"} | query

    answer = client.call("GET", PATH, key=None, params=params)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "message", "status"}
    assert answer.json()["status"] == 400


def test_a_deleted_token_looks_nothing_up(client: Client) -> None:
    created = client.create_token(keyColumn="email")
    client.call("DELETE", f"/entities/tokens/{created['id']}")

    answer = look_up(client, created["attributes"]["token"], key_email="ada@example.com")

    assert answer.status_code == 404


def test_errors_come_with_200_where_the_settings_say_so(
    start_client: Callable[..., Client],
) -> None:
    answer = look_up(start_client(lookup_errors_as_200=True), "unknown", key_email="x")

    assert answer.status_code == 200
    assert answer.json()["status"] == 404
