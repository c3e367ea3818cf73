"""Profiles API tokens as REST has them, and lookups that rules decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.cdp.conftest import JAPAN

if TYPE_CHECKING:
    from tests.sandbox.conftest import Client

TOKENS = "/audiences/101/tokens"
UUID = "0b5a1c8e-1111-4222-8333-444455556666"


def create(shop: Client, **more: Any) -> Any:
    """Make a token."""
    body = {"keyColumn": "email", "attributeColumns": ["plan", "tags"]} | more
    answer = shop.call("POST", TOKENS, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def look_up(shop: Client, token: str, email: str) -> Any:
    """Look a profile up."""
    path = f"/cdp/lookup/collect/segments?version=2&token={token}&key.email={email}"
    return shop.call("GET", path, key=None).json()[0]


def test_a_token_is_made_changed_and_deleted(shop: Client) -> None:
    made = create(shop, token=UUID.upper(), description="Old", segments=[{"id": 301}])
    path = f"{TOKENS}/{made['id']}"

    changed = shop.call("PUT", path, {"keyColumn": "email", "attributeColumns": []}).json()
    deleted = shop.call("DELETE", path).json()

    assert (made["token"], made["v2"], [one["id"] for one in made["segments"]]) == (
        UUID,
        True,
        [301],
    )
    assert (changed["attributeColumns"], changed["description"]) == ([], "Old")
    assert changed["segments"] == made["segments"]
    assert deleted == changed
    assert shop.call("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/keyColumn", "CANNOT_BE_BLANK"),
        (
            {"keyColumn": "a", "attributeColumns": list("abcdef")},
            "/attributeColumns",
            "IS_TOO_LONG",
        ),
        (
            {"keyColumn": "a", "attributeColumns": [], "segments": [{"id": 9}]},
            "/segments/0",
            "INVALID_FORMAT_OR_ASSOCIATION",
        ),
        (
            {"keyColumn": "a", "attributeColumns": [], "token": "x"},
            "/token",
            "INVALID_FORMAT_OR_ASSOCIATION",
        ),
    ],
)
def test_a_wrong_token_is_refused(shop: Client, body: Any, pointer: str, code: str) -> None:
    answer = shop.call("POST", TOKENS, body)

    assert answer.status_code == 400
    assert (answer.json()["pointer"], answer.json()["validationCode"]) == (pointer, code)


def test_a_lookup_answers_from_what_is_built_and_what_rules_take(shop: Client) -> None:
    made = create(shop, segments=[{"id": 301}, {"id": 302}])

    ada = look_up(shop, made["token"], "ada@example.com")
    marta = look_up(shop, made["token"], "marta@example.com")

    assert ada["values"] == ["301", "302"]
    assert ada["attributes"] == {"plan": "gold", "tags": ["new", "vip"]}
    assert marta["values"] == ["302"]


def test_a_lookup_sees_new_rows_after_the_next_run(shop: Client) -> None:
    made = create(shop, segments=[{"id": 301}])
    shop.single(
        {"customer_id": "c9", "email": "new@example.com", "country": "JP"}, "shop/customers"
    )

    before = look_up(shop, made["token"], "new@example.com")
    shop.call("POST", "/audiences/101/run")
    after = look_up(shop, made["token"], "new@example.com")

    assert (before["values"], after["values"]) == ([], ["301"])


def test_given_members_stay_members_over_runs(client: Client) -> None:
    shop = client
    created = shop.create_token(keyColumn="email", segments=("301", "302"))
    shop.call("POST", "/audiences/101/run")

    found = look_up(shop, created["attributes"]["token"], "ada@example.com")

    assert found["values"] == ["301", "302"]
    listed = shop.call("GET", "/audiences/101/segments").json()
    assert [one["population"] for one in listed] == [2, 1]


def test_a_rule_replaces_given_members(client: Client) -> None:
    changed = client.call("PUT", "/audiences/101/segments/301", {"rule": JAPAN}).json()

    assert changed["population"] == 1
