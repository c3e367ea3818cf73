"""The personalization service: who may ask, which events it takes, and which offers it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.contracts import errors, needs_contracts, operation
from tests.sandbox.conftest import NOON, SEED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import requests

    from tests.sandbox.conftest import Client

    Start = Callable[..., Client]

TYPE = "application/vnd.treasuredata.v1+json"
SERVER, BROWSER, AWAY, FOREIGN = (f"{account}/{index}/{index:032x}" for account, index in [
    (1, 1), (1, 2), (1, 3), (9, 4)
])  # fmt: skip
SHOP = {
    "name": "Shop",
    "parentSegment": "101",
    "key": {"event": "visitor", "attribute": "td_client_id"},
    "database": "shop",
    "tables": ["visits", "orders"],
    "tokens": [{"value": SERVER}, {"value": AWAY, "allowedIps": ["203.0.113.0/24"]},
               {"value": FOREIGN}],
    "sections": [
        {"name": "everyone", "payload": {"headline": "Hello"}},
        {"name": "members", "segments": ["301"], "payload": {"discount": 10, "orders": -1},
         "attributes": ["first_name", "orders", "unheard_of"]},
        {"name": "active_sale", "segments": ["302"], "when": {"page": "/sale"},
         "attributes": ["email"]},
    ],
}  # fmt: skip
PAGE = {
    "name": "Page",
    "parentSegment": "101",
    "key": "email",
    "public": True,
    "sensitive": ["country"],
    "tokens": [{"value": BROWSER, "origins": ["https://shop.example.com"]}],
    "sections": [
        {"name": "plain", "attributes": ["country", "first_name"]},
        {"name": "open", "attributes": ["country"], "includeSensitive": True},
    ],
}
HOST = {"Host": "us01.p13n.in.treasuredata.com"}
ORIGIN = {"Origin": "https://shop.example.com"}
UUID = "0b5a7d3e-3c55-4f0e-9d0a-9d6c2f3a1b77"


@pytest.fixture
def shop(client: Client) -> Client:
    """Give a client of a sandbox with two personalizations."""
    client.control("POST", "seed", SEED | {"personalizations": [SHOP, PAGE]})
    return client


def event(**more: Any) -> dict[str, Any]:
    """Make an event as a server sends it."""
    return {"time": NOON, "uuid": UUID, **more}


def ask(
    client: Client,
    body: Any,
    token: str | None = SERVER,
    path: str = "/shop/visits",
    **more: Any,
) -> requests.Response:
    """Ask for offers."""
    headers = ({} if token is None else {"WP13n-Token": token}) | more.pop("headers", {})
    method = more.pop("method", "POST")
    return client.call(method, path, body, media_type=TYPE, headers=headers, **more)


def ask_as_page(client: Client, body: Any, **more: Any) -> requests.Response:
    """Ask for offers as a page does."""
    headers = ORIGIN | more.pop("headers", {})
    token = more.pop("token", BROWSER)
    path = more.pop("path", "/public/shop/visits")
    return ask(client, body, token, path, headers=headers, **more)


def test_a_member_gets_its_offers_and_the_event_is_stored(shop: Client) -> None:
    answer = ask(shop, event(visitor="c-0002", page="/sale"), key="2/sandbox")

    assert answer.status_code == 200
    assert answer.json() == {
        "offers": {
            "everyone": {"attributes": {"headline": "Hello"}, "batch_segments": ["301"]},
            "members": {
                "attributes": {"discount": 10, "orders": 3, "first_name": "Kenji"},
                "batch_segments": ["301"],
            },
        }
    }
    assert shop.rows("shop/visits") == [{"time": NOON, "visitor": "c-0002", "page": "/sale"}]


@pytest.mark.parametrize(
    ("visitor", "page", "sections"),
    [
        ("c-0001", "/sale", ["everyone", "members", "active_sale"]),
        ("c-0001", "/", ["everyone", "members"]),
        ("c-0003", "/sale", ["everyone"]),
        ("nobody", "/sale", ["everyone"]),
        (None, "/sale", ["everyone"]),
        (7, "/sale", ["everyone"]),
    ],
)
def test_segments_and_the_event_decide(
    shop: Client, visitor: Any, page: str, sections: list[str]
) -> None:
    answer = ask(shop, event(visitor=visitor, page=page)).json()

    assert list(answer["offers"]) == sections


def test_an_event_of_another_table_has_no_offers_but_is_stored(shop: Client) -> None:
    answer = ask(shop, event(visitor="c-0001"), path="/shop/other")

    assert answer.json() == {"offers": {}}
    assert len(shop.rows("shop/other")) == 1


def test_an_event_of_another_database_has_no_offers(shop: Client) -> None:
    assert ask(shop, event(visitor="c-0001"), path="/web/visits").json() == {"offers": {}}


def test_a_repeated_event_is_stored_once(shop: Client) -> None:
    for _ in range(2):
        assert ask(shop, event(visitor="c-0001")).status_code == 200

    assert len(shop.rows("shop/visits")) == 1


def test_a_page_sends_neither_time_nor_uuid(shop: Client) -> None:
    answer = ask_as_page(shop, {"email": "ada@example.com"})

    offers = answer.json()["offers"]
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    assert offers["plain"]["attributes"] == {"first_name": "Ada"}
    assert offers["open"]["attributes"] == {"country": "GB"}
    assert shop.rows("shop/visits") == [{"time": NOON, "email": "ada@example.com"}]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (None, 3000),
        ("", 3000),
        ("1/1/" + "f" * 32, 3001),
        (FOREIGN, 3002),
        ("1/sandbox", 3003),
        ("1/1/" + "F" * 32, 3003),
        ("1/1/" + "f" * 33, 3003),
        (AWAY, 3005),
        (BROWSER, 3006),
    ],
)
def test_a_token_that_will_not_do(shop: Client, token: str | None, code: int) -> None:
    answer = ask(shop, event(visitor="c-0001"), token, headers=HOST)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert shop.call("GET", "/_sandbox/rows/shop/visits").status_code == 404


def test_a_token_of_a_server_is_not_for_pages(shop: Client) -> None:
    assert ask_as_page(shop, {}, token=SERVER).json()["code"] == 3006


@pytest.mark.parametrize("origin", ["", "null", "shop", "https://other.example.com"])
def test_a_page_of_an_unknown_origin_is_refused(shop: Client, origin: str) -> None:
    answer = ask_as_page(shop, {}, headers={"Origin": origin})

    assert (answer.status_code, answer.json()["code"]) == (400, 3007)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        {"uuid": UUID},
        {"time": NOON},
        event(time="now"),
        event(time=1.5),
        event(time=True),
        event(time=-1),
        event(time=253_402_300_800),
        event(uuid="7"),
        event(uuid=None),
        event(**{"": 1}),
        event(a="x" * (1 << 20)),
    ],
)
def test_an_event_that_will_not_do(shop: Client, body: Any) -> None:
    answer = ask(shop, body)

    assert (answer.status_code, answer.json()["code"]) == (400, 3004)


@pytest.mark.parametrize("path", ["/Shop/visits", "/sh/visits", f"/shop/{'a' * 129}"])
def test_names_that_cannot_be(shop: Client, path: str) -> None:
    assert ask(shop, event(), path=path).json()["code"] == 3004


def test_a_table_that_may_not_be_made(start_client: Start) -> None:
    client = start_client(auto_create="none", seed=SEED | {"personalizations": [SHOP]})

    assert ask(client, event()).json()["code"] == 3004


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/shop/visits", "/public/shop/visits"])
def test_other_methods_are_not_supported(shop: Client, method: str, path: str) -> None:
    answer = ask(shop, None, path=path, method=method)

    assert (answer.status_code, answer.json()["code"]) == (400, 3009)


@pytest.mark.parametrize("key", [None, "1/wrong"])
def test_an_unknown_api_key(shop: Client, key: str | None) -> None:
    answer = ask(shop, event(), key=key)

    assert (answer.status_code, answer.json()["code"]) == (401, 401)


def test_an_api_key_that_may_not_write(start_client: Start) -> None:
    client = start_client(query_only_keys=("3/reader",), seed=SEED | {"personalizations": [SHOP]})

    assert ask(client, event(), key="3/reader").status_code == 403


def test_without_a_token_the_path_is_the_records_apis(shop: Client) -> None:
    answer = ask(shop, {"records": [event()]}, None)

    assert answer.json()["receipts"][0]["uuid"] == UUID


def test_the_vendors_host_needs_no_token_to_be_known(shop: Client) -> None:
    assert ask(shop, event(visitor="c-0001"), headers=HOST).status_code == 200


SERVICES = "/audiences/101/realtime_personalization_services"


def make_service(shop: Client, *, public: bool, **more: Any) -> tuple[str, dict[str, Any]]:
    """Make a service with a token by the CDP API."""
    made = shop.call("POST", SERVICES, {"name": f"Offers {public}", "public": public}).json()
    one = f"{SERVICES}/{made['id']}"
    answer = shop.call("POST", f"{one}/tokens", {"name": "Site", **more})
    assert answer.status_code == 200, answer.text
    return one, answer.json()


def test_a_services_token_leads_to_what_its_parent_segment_offers(shop: Client) -> None:
    _, token = make_service(shop, public=False)
    _, public = make_service(shop, public=True)

    as_server = ask(shop, event(visitor="c-0002", page="/sale"), token["value"])
    as_page = ask_as_page(shop, {"email": "ada@example.com"}, token=public["value"])

    assert as_server.json() == ask(shop, event(visitor="c-0002", page="/sale")).json()
    assert as_server.json()["offers"]["members"]["attributes"]["first_name"] == "Kenji"
    assert as_page.json() == ask_as_page(shop, {"email": "ada@example.com"}).json()
    assert as_page.json()["offers"]["plain"]["attributes"] == {"first_name": "Ada"}
    assert ask(shop, event(), public["value"]).json()["code"] == 3006
    assert ask_as_page(shop, {}, token=token["value"]).json()["code"] == 3006


def test_of_two_sections_of_one_name_the_older_counts(client: Client) -> None:
    later = SHOP | {"tokens": [], "sections": [{"name": name} for name in ("everyone", "later")]}
    client.control("POST", "seed", SEED | {"personalizations": [SHOP, later]})
    _, token = make_service(client, public=False)

    offers = ask(client, event(), token["value"]).json()["offers"]

    assert list(offers) == ["everyone", "later"]
    assert offers["everyone"]["attributes"] == {"headline": "Hello"}


@pytest.mark.parametrize(
    ("addresses", "status"),
    [([], 200), (["127.0.0.0/8", "::1"], 200), (["203.0.113.10"], 400)],
)
def test_a_services_token_is_for_some_addresses(
    shop: Client, addresses: list[str], status: int
) -> None:
    _, token = make_service(shop, public=False, allowedIps=addresses)

    answer = ask(shop, event(), token["value"])

    assert answer.status_code == status
    assert answer.json().get("code") == (None if status == 200 else 3005)


@pytest.mark.parametrize("gone", ["token", "service", "parent segment"])
def test_a_services_token_that_is_gone_leads_nowhere(shop: Client, gone: str) -> None:
    service, token = make_service(shop, public=False)
    assert ask(shop, event(), token["value"]).status_code == 200

    paths = {
        "token": f"{service}/tokens/{token['id']}",
        "service": service,
        "parent segment": "/audiences/101",
    }
    assert shop.call("DELETE", paths[gone]).status_code == 200

    assert ask(shop, event(), token["value"], headers=HOST).json()["code"] == 3001


def test_a_services_token_is_neither_kept_nor_logged(start_client: Start, tmp_path: Path) -> None:
    client = start_client(data=tmp_path, seed=SEED | {"personalizations": [SHOP]})
    service, token = make_service(client, public=False)
    assert ask(client, event(), token["value"]).status_code == 200
    secret = token["value"].rpartition("/")[2]

    shown = client.call("GET", service).text + client.call("GET", "/_sandbox/requests").text
    client.sandbox.close()

    kept = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert b"Site" in kept
    assert secret not in shown
    assert secret.encode() not in kept


def test_the_token_is_not_in_the_log(shop: Client) -> None:
    ask(shop, event(visitor="c-0001"))

    assert SERVER not in shop.call("GET", "/_sandbox/requests").text


def test_personalizations_outlive_a_restart(start_client: Start, tmp_path: Any) -> None:
    seed = SEED | {"personalizations": [SHOP]}
    first = start_client(data=tmp_path, seed=seed)
    before = ask(first, event(visitor="c-0001")).json()
    first.sandbox.close()

    second = start_client(data=tmp_path, seed={})

    assert before["offers"]["members"]["attributes"]["first_name"] == "Ada"
    assert ask(second, event(visitor="c-0001")).json() == before


@needs_contracts
@pytest.mark.parametrize("token", [None, "x", "1/1/" + "f" * 32, AWAY, BROWSER])
def test_the_answers_fit_the_contract(shop: Client, token: str | None) -> None:
    known = operation("personalization-api", "POST", "/{database}/{table}")
    assert known is not None
    schema = {"$ref": "#/components/schemas/requestErrorResponse"}

    refused = ask(shop, event(), token, headers=HOST)
    taken = ask(shop, event())

    assert {str(refused.status_code), str(taken.status_code)} <= set(known["responses"])
    assert errors("personalization-api", schema, refused.json()) == []
    assert errors("personalization-api", schema, {"code": 1})


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"parentSegment": "999"}, "/personalizations/0/parentSegment"),
        ({"key": {"event": "a"}}, "/personalizations/0/key"),
        ({"key": 7}, "/personalizations/0/key"),
        ({"database": "No"}, "/personalizations/0/database"),
        ({"public": "yes"}, "/personalizations/0/public"),
        ({"sections": []}, "/personalizations/0/sections"),
        ({"sections": [{"name": "a"}, {"name": "a"}]}, "/personalizations/0/sections"),
        ({"sections": [{"name": "a", "when": 1}]}, "/personalizations/0/sections/0/when"),
        ({"tokens": [{"value": "1/1/x"}]}, "/personalizations/0/tokens/0/value"),
        ({"tokens": [{"value": SERVER}] * 2}, "/personalizations/0/tokens/1/value"),
        (
            {"tokens": [{"value": SERVER, "allowedIps": ["home"]}]},
            "/personalizations/0/tokens/0/allowedIps/0",
        ),
        ({"offers": []}, "/personalizations/0"),
    ],
)
def test_a_seed_that_is_wrong_says_where(
    client: Client, change: dict[str, Any], where: str
) -> None:
    answer = client.call(
        "POST", "/_sandbox/seed", SEED | {"personalizations": [SHOP | change]}, key=None
    )

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"{where}: ")
